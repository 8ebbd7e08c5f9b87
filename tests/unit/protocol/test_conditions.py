"""Conditional reads, copies and writes hold or fail as RFC 9110 and S3 say."""

from email.utils import formatdate
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bushel.protocol.conditions import (
    NOT_MODIFIED_HEADERS,
    check_copy_source,
    check_write,
    check_write_headers,
    is_not_modified,
    parse_http_date,
    range_applies,
)
from bushel.protocol.errors import S3Error

TAG = "900150983cd24fb0d6963f7d28e17f72"
MODIFIED = 1_700_000_000_789
NOW = MODIFIED + 3_600_000
BEFORE = MODIFIED - 60_000
SAME_SECOND = 1_700_000_000_000
AFTER = MODIFIED + 60_000
FUTURE = NOW + 60_000


def outcome(**conditions):
    try:
        return 304 if is_not_modified(TAG, MODIFIED, NOW, **conditions) else 200
    except S3Error as error:
        return error.status, error.detail["Condition"]


def test_a_condition_that_fails_is_told():
    with pytest.raises(S3Error) as caught:
        is_not_modified(TAG, MODIFIED, NOW, if_match="other")

    assert (caught.value.code, caught.value.status) == ("PreconditionFailed", 412)
    assert caught.value.message == "At least one of the pre-conditions you specified did not hold"


def test_a_read_without_conditions_is_answered():
    assert outcome() == 200


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"if_match": f'"{TAG}"'}, 200),
        ({"if_match": TAG}, 200),
        ({"if_match": "*"}, 200),
        ({"if_match": '"other"'}, (412, "If-Match")),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": f'"{TAG}"'}, 304),
        ({"if_none_match": f'W/"{TAG}"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_modified_since": BEFORE}, 200),
        ({"if_modified_since": SAME_SECOND}, 304),
        ({"if_modified_since": AFTER}, 304),
        ({"if_modified_since": FUTURE}, 200),
        ({"if_unmodified_since": AFTER}, 200),
        ({"if_unmodified_since": SAME_SECOND}, 200),
        ({"if_unmodified_since": BEFORE}, (412, "If-Unmodified-Since")),
    ],
)
def test_one_condition(conditions, expected):
    assert outcome(**conditions) == expected


MATCH = {"holds": TAG, "fails": "other", None: None}
NONE_MATCH = {"holds": "other", "fails": TAG, None: None}
MODIFIED_SINCE = {"holds": BEFORE, "fails": AFTER, None: None}
UNMODIFIED_SINCE = {"holds": AFTER, "fails": BEFORE, None: None}


@pytest.mark.parametrize(
    ("match", "none_match", "modified", "unmodified"), list(product(("holds", "fails", None), repeat=4)), ids=str
)
def test_several_conditions_follow_the_order_of_rfc_9110_section_13_2_2(match, none_match, modified, unmodified):
    def expected():
        if match == "fails":
            return 412, "If-Match"
        if match is None and unmodified == "fails":
            return 412, "If-Unmodified-Since"
        if none_match == "fails":
            return 304
        if none_match is None and modified == "fails":
            return 304
        return 200

    assert (
        outcome(
            if_match=MATCH[match],
            if_none_match=NONE_MATCH[none_match],
            if_modified_since=MODIFIED_SINCE[modified],
            if_unmodified_since=UNMODIFIED_SINCE[unmodified],
        )
        == expected()
    )


LAST_MODIFIED = formatdate(MODIFIED // 1000, usegmt=True)


@pytest.mark.parametrize("if_range", [None, TAG, f'"{TAG}"', LAST_MODIFIED])
def test_a_range_of_the_same_object_is_served(if_range):
    assert range_applies(if_range, TAG, MODIFIED)


@pytest.mark.parametrize(
    "if_range", ["", '"other"', f'W/"{TAG}"', "*", formatdate(0, usegmt=True), formatdate(NOW // 1000, usegmt=True)]
)
def test_a_range_of_another_object_is_not_served(if_range):
    assert not range_applies(if_range, TAG, MODIFIED)


def copy_outcome(**conditions):
    try:
        check_copy_source(TAG, MODIFIED, NOW, **conditions)
    except S3Error as error:
        return error.detail["Condition"] if error.status == 412 else error.code
    return None


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        ({}, None),
        ({"if_match": TAG}, None),
        ({"if_match": "other"}, "x-amz-copy-source-If-Match"),
        ({"if_none_match": "other"}, None),
        ({"if_none_match": TAG}, "x-amz-copy-source-If-None-Match"),
        ({"if_modified_since": BEFORE}, None),
        ({"if_modified_since": SAME_SECOND}, "x-amz-copy-source-If-Modified-Since"),
        ({"if_modified_since": FUTURE}, None),
        ({"if_unmodified_since": SAME_SECOND}, None),
        ({"if_unmodified_since": BEFORE}, "x-amz-copy-source-If-Unmodified-Since"),
        # The two combinations that the page of CopyObject states.
        ({"if_match": TAG, "if_unmodified_since": BEFORE}, None),
        ({"if_none_match": TAG, "if_modified_since": BEFORE}, "x-amz-copy-source-If-None-Match"),
        # All wrong at once: the order in which S3 complains.
        (
            {"if_match": "other", "if_none_match": TAG, "if_modified_since": AFTER, "if_unmodified_since": BEFORE},
            "x-amz-copy-source-If-Match",
        ),
        (
            {"if_none_match": TAG, "if_modified_since": AFTER, "if_unmodified_since": BEFORE},
            "x-amz-copy-source-If-Unmodified-Since",
        ),
        ({"if_none_match": TAG, "if_modified_since": AFTER}, "x-amz-copy-source-If-None-Match"),
        (
            {"if_match": TAG, "if_none_match": "other", "if_modified_since": BEFORE, "if_unmodified_since": AFTER},
            None,
        ),
    ],
)
def test_conditions_on_a_copy_source_hold_or_fail_the_copy(conditions, failed):
    assert copy_outcome(**conditions) == failed


@pytest.mark.parametrize(("if_match", "if_none_match"), [(None, None), (None, "*"), (f'"{TAG}"', None), (TAG, None)])
def test_writes_know_one_tag_or_none_at_all(if_match, if_none_match):
    check_write_headers(if_match, if_none_match)


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "header", "reason"),
    [
        (TAG, "*", "If-Match,If-None-Match", "Multiple conditional request headers present in the request"),
        ("*", None, "If-Match", "We don't accept the provided value of If-Match header for this API"),
        (None, TAG, "If-None-Match", "We don't accept the provided value of If-None-Match header for this API"),
        (None, "", "If-None-Match", "We don't accept the provided value of If-None-Match header for this API"),
    ],
)
def test_other_conditions_on_writes_are_not_implemented(if_match, if_none_match, header, reason):
    with pytest.raises(S3Error) as caught:
        check_write_headers(if_match, if_none_match)

    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)
    assert caught.value.detail == {"Header": header, "additionalMessage": reason}


def test_a_write_is_let_through_when_its_condition_holds():
    check_write("k", None, None, None)
    check_write("k", TAG, None, None)
    check_write("k", None, None, "*")
    check_write("k", TAG, f'"{TAG}"', None)


@pytest.mark.parametrize(
    ("etag", "if_match", "if_none_match", "code", "status", "detail"),
    [
        (TAG, None, "*", "PreconditionFailed", 412, {"Condition": "If-None-Match"}),
        (TAG, "other", None, "PreconditionFailed", 412, {"Condition": "If-Match"}),
        (None, TAG, None, "NoSuchKey", 404, {"Key": "k"}),
    ],
)
def test_a_write_is_refused_when_its_condition_fails(etag, if_match, if_none_match, code, status, detail):
    with pytest.raises(S3Error) as caught:
        check_write("k", etag, if_match, if_none_match)

    assert (caught.value.code, caught.value.status, caught.value.detail) == (code, status, detail)


def test_an_answer_304_keeps_validators_and_caching_and_drops_what_describes_a_body():
    assert {"etag", "last-modified", "cache-control", "expires", "vary"} <= NOT_MODIFIED_HEADERS
    assert not {"content-length", "content-type", "content-encoding", "x-amz-checksum-crc32"} & NOT_MODIFIED_HEADERS


RFC_EXAMPLE = 784_111_777_000


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
    ],
)
def test_every_form_of_an_http_date_is_read(text):
    assert parse_http_date(text) == RFC_EXAMPLE


def test_two_digits_of_a_year_are_of_the_nearer_century():
    assert parse_http_date("Friday, 31-Dec-99 23:59:59 GMT") == 946_684_799_000
    assert parse_http_date("Saturday, 01-Jan-00 00:00:00 GMT") == 946_684_800_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:4_9:37 GMT",
        "Sun, \u0660\u0666 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_what_is_no_http_date_is_none(text):
    assert parse_http_date(text) is None


@given(seconds=st.integers(0, 7_000_000_000))
def test_dates_as_the_standard_library_writes_them_are_read(seconds):
    assert parse_http_date(formatdate(seconds, usegmt=True)) == seconds * 1000


@given(text=st.text(alphabet="SunNov 0123456789:,-GMT+", max_size=40))
@example(text="Sun, 06 Nov 1994 08:49:60 GMT")
def test_any_text_is_a_date_or_none(text):
    read = parse_http_date(text)

    assert read is None or read % 1000 == 0
