"""Instants, booleans, integers and header text, both ways."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.codec.scalars import (
    is_header_text,
    read_boolean,
    read_integer,
    read_iso8601,
    read_rfc1123,
    read_words,
    write_iso8601,
    write_rfc1123,
    write_words,
)

INSTANTS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


def milliseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


@given(INSTANTS)
def test_an_instant_is_written_as_the_standard_library_writes_it(at):
    instant = milliseconds(at)

    assert write_iso8601(instant) == at.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{at.microsecond // 1000:03}Z"
    assert write_rfc1123(instant) == format_datetime(at.replace(microsecond=0), usegmt=True)


@given(INSTANTS)
def test_an_instant_survives_its_text(at):
    instant = milliseconds(at)

    assert read_iso8601(write_iso8601(instant)) == instant
    assert read_rfc1123(write_rfc1123(instant)) == instant // 1000 * 1000


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_the_three_forms_of_http_dates_are_read(text):
    assert read_rfc1123(text) == 784111777000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_other_text_is_no_http_date(text):
    with pytest.raises(ValueError):
        read_rfc1123(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01.25Z", 1250),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1970-01-01T00:00:01", 1000),
        ("19700101T000001Z", 1000),
        ("1969-12-31T23:59:59Z", -1000),
    ],
)
def test_iso_8601_is_read_with_and_without_fractions_and_offsets(text, instant):
    assert read_iso8601(text) == instant


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-0", 0), ("007", 7), ("-1", -1), ("0" * 5000, 0), ("9" * 19, 10**19 - 1)]
)
def test_digits_are_integers(text, number):
    assert read_integer(text) == number


@pytest.mark.parametrize(
    "text", ["", "-", "+1", " 1", "1 ", "1.0", "1_0", "0x1", "--1", "٣", "²", "9" * 21, "9" * 5000]
)
def test_nothing_else_is_an_integer(text):
    with pytest.raises(ValueError):
        read_integer(text)


def test_booleans_are_true_and_false_in_any_case():
    assert [read_boolean(text) for text in ("true", "TRUE", "false", "False")] == [True, True, False, False]
    for text in ("", "1", "yes", " true"):
        with pytest.raises(ValueError):
            read_boolean(text)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_user_metadata_survives_its_header(text):
    header = write_words(text)

    assert header.isascii()
    assert is_header_text(header)
    assert read_words(header) == text


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("AMAZONS3", "AMAZONS3"),
        ("=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=", "=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?="),
        ("=?utf-8?q?caf=C3=A9_au_lait?=", "=?UTF-8?B?Y2Fmw6kgYXUgbGFpdA==?="),
        ("=?UTF-8?Q?plain?=", "plain"),
        ("=?UTF-8?B?Y2Fm?= =?UTF-8?B?w6k=?=", "=?UTF-8?B?Y2Fmw6k=?="),
        # The example of the user guide: raw UTF-8 is taken for ISO 8859-1.
        ("ÄMÄZÕÑ S3".encode().decode("latin-1"), "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="),
    ],
)
def test_user_metadata_comes_back_as_the_user_guide_says(sent, told):
    assert write_words(read_words(sent)) == told


@pytest.mark.parametrize(
    "text", ["=?UTF-8?B?***?=", "=?UTF-8?X?abc?=", "=?klingon?B?YQ==?=", "=?UTF-8?Q?=ZZ?=", "=?UTF-8?B?/w==?=", "a =?b"]
)
def test_malformed_encoded_words_stay_as_they_are(text):
    assert read_words(text) == text


def test_header_text_has_no_control_characters_and_nothing_beyond_latin_1():
    assert is_header_text('attachment; filename="café.txt"')
    assert is_header_text("a\tb")
    for text in ("a\r\nSet-Cookie: b", "a\x00", "a\x7f", "\x85", "文"):
        assert is_header_text(text) == (text == "\x85")
