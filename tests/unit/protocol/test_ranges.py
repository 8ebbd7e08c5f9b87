"""Ranges are served, ignored or refused as S3 does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.ranges import byte_range, content_range, copy_source_range, part_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=99-99", (99, 100)),
        ("bytes=50-", (50, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=0-99", (0, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-20", (80, 100)),
        ("bytes=-100", (0, 100)),
        ("bytes=-150", (0, 100)),
        ("bytes=007-008", (7, 9)),
        (f"bytes=5-{'9' * 5000}", (5, 100)),
        (f"bytes=-{'9' * 5000}", (0, 100)),
    ],
)
def test_a_range_within_an_object_of_100_bytes(header, expected):
    assert byte_range(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "invalid",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=invalid-range",
        "bytes=33-10",
        "bytes=3000-10",
        "bytes=1-0",
        "bytes=0-1,5-6",
        "bytes=0-1-2",
        "bytes=--5",
        "bytes=+1-5",
        "bytes=1_0-20",
        "bytes= 1-5",
        "bytes=\u0661-\u0662",
        "items=0-5",
        "bytes:0-5",
        "bytes==0-5",
    ],
)
def test_what_is_no_single_range_is_ignored(header):
    assert byte_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 30}-"])
def test_a_range_with_no_byte_of_the_object_is_refused(header):
    with pytest.raises(S3Error) as caught:
        byte_range(header, 100)

    error = caught.value
    assert (error.code, error.status, error.message) == ("InvalidRange", 416, "The requested range is not satisfiable")
    assert error.detail == {"RangeRequested": header, "ActualObjectSize": "100"}
    assert error.headers == [("Content-Range", "bytes */100")]


def test_an_empty_object_has_no_first_byte_and_all_of_its_last_ones():
    with pytest.raises(S3Error, match="InvalidRange"):
        byte_range("bytes=0-0", 0)
    with pytest.raises(S3Error, match="InvalidRange"):
        byte_range("bytes=0-", 0)
    assert byte_range("bytes=-5", 0) is None


@given(header=st.from_regex(r"(bytes=)?[0-9]{0,4}-?[0-9]{0,4}", fullmatch=True), size=st.integers(0, 9999))
@example(header="bytes=0-0", size=0)
def test_a_range_always_holds_bytes_of_the_object(header, size):
    try:
        found = byte_range(header, size)
    except S3Error as error:
        found = error.code

    assert found in {None, "InvalidRange"} or 0 <= found[0] < found[1] <= size


def test_content_range_names_the_last_byte():
    assert content_range(0, 10, 100) == "bytes 0-9/100"
    assert content_range(99, 100, 100) == "bytes 99-99/100"


def test_a_copy_takes_a_closed_range_within_the_source():
    assert copy_source_range("bytes=0-99", 100) == (0, 100)
    assert copy_source_range("bytes=5-5", 100) == (5, 6)


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ("bytes=5-100", "InvalidArgument", "Range specified is not valid for source object of size: 100"),
        ("bytes=100-100", "InvalidRequest", "The specified copy range is invalid for the source object size"),
    ],
)
def test_a_copy_beyond_the_source_is_refused(header, code, message):
    with pytest.raises(S3Error) as caught:
        copy_source_range(header, 100)

    assert (caught.value.code, caught.value.status, caught.value.message) == (code, 400, message)


@pytest.mark.parametrize(
    "header", ["", "0-5", "bytes=5-", "bytes=-5", "bytes=5-1", "bytes=a-b", "bytes=0-1,3-4", "b=0-1"]
)
def test_a_copy_range_of_another_form_is_refused(header):
    with pytest.raises(S3Error) as caught:
        copy_source_range(header, 100)

    assert caught.value.code == "InvalidArgument"
    assert caught.value.message.startswith("The x-amz-copy-source-range value must be of the form bytes=first-last")
    assert caught.value.detail == {"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": header}


def test_a_part_is_where_the_parts_before_it_end():
    assert [part_range(number, [5, 7, 2]) for number in (1, 2, 3)] == [(0, 5), (5, 12), (12, 14)]


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(S3Error) as caught:
        part_range(4, [5, 7, 2])

    assert (caught.value.code, caught.value.status) == ("InvalidPartNumber", 416)
    assert caught.value.detail == {"ActualPartCount": "3", "PartNumberRequested": "4"}
