"""Values as text: instants in the two forms that S3 writes, booleans, integers, and text that headers cannot carry.

Readers raise ValueError; which S3 error that is, the binder knows. Instants are milliseconds since 1970 UTC.
"""

import base64
import binascii
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_LONGEST_INTEGER: Final = 20

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(_MONTHS, 1)}

# A day's text costs 2 us, looking it up 50 ns; a listing has a thousand instants on few days. An instant costs 350 ns,
# and who lists or reads one object again meets the same ones.
_REMEMBERED_DAYS: Final = 4096
_REMEMBERED_INSTANTS: Final = 4096
_iso_days: Final[dict[int, str]] = {}
_http_days: Final[dict[int, str]] = {}
_MINUTES: Final = tuple(f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))
_SECONDS: Final = tuple(f"{second:02}" for second in range(60))
_MILLISECONDS: Final = tuple(f".{milli:03}Z" for milli in range(1000))


@lru_cache(_REMEMBERED_INSTANTS)
def write_iso8601(instant: int) -> str:
    """``2009-10-12T17:50:30.000Z``, the form of XML documents."""
    day = instant // _DAY_MS
    rest = instant - day * _DAY_MS
    minute = rest // _MINUTE_MS
    rest -= minute * _MINUTE_MS
    second = rest // 1000
    date_text = _iso_days.get(day) or _iso_day(day)
    return f"{date_text}{_MINUTES[minute]}{_SECONDS[second]}{_MILLISECONDS[rest - second * 1000]}"


@lru_cache(_REMEMBERED_INSTANTS)
def write_rfc1123(instant: int) -> str:
    """``Mon, 12 Oct 2009 17:50:30 GMT``, the form of header fields (RFC 9110 section 5.6.7)."""
    day = instant // _DAY_MS
    rest = instant - day * _DAY_MS
    minute = rest // _MINUTE_MS
    second = (rest - minute * _MINUTE_MS) // 1000
    return f"{_http_days.get(day) or _http_day(day)}{_MINUTES[minute]}{_SECONDS[second]} GMT"


def _iso_day(day: int) -> str:
    text = date.fromordinal(_EPOCH_ORDINAL + day).isoformat() + "T"
    if len(_iso_days) >= _REMEMBERED_DAYS:
        _iso_days.clear()
    _iso_days[day] = text
    return text


def _http_day(day: int) -> str:
    at = date.fromordinal(_EPOCH_ORDINAL + day)
    text = f"{_WEEKDAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
    if len(_http_days) >= _REMEMBERED_DAYS:
        _http_days.clear()
    _http_days[day] = text
    return text


def read_rfc1123(text: str) -> int:
    """An HTTP date in any of the three forms that recipients must accept (RFC 9110 section 5.6.7).

    Raises:
        ValueError: It is none of them.
    """
    if len(text) == 29 and text.endswith(" GMT") and text[3:5] == ", ":
        month = _MONTH_NUMBERS.get(text[8:11])
        if month is None:
            raise ValueError(text)
        numbers = (text[12:16], text[5:7], text[17:19], text[20:22], text[23:25])
        if not all(each.isascii() and each.isdigit() for each in numbers):
            raise ValueError(text)
        year, day, hour, minute, second = map(int, numbers)
        return _milliseconds(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC))
    for obsolete in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"):
        try:
            return _milliseconds(datetime.strptime(text, obsolete).replace(tzinfo=UTC))
        except ValueError:
            continue
    raise ValueError(text)


def read_iso8601(text: str) -> int:
    """An ISO 8601 instant; UTC where it names no offset.

    Raises:
        ValueError: It is none.
    """
    at = datetime.fromisoformat(text)
    return _milliseconds(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def _milliseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def read_boolean(text: str) -> bool:
    """``true`` or ``false`` in any case.

    Raises:
        ValueError: Neither.
    """
    word = text.lower()
    if word == "true":
        return True
    if word == "false":
        return False
    raise ValueError(text)


def read_integer(text: str) -> int:
    """Digits with or without a minus before them: no white space, no plus, no other script's digits.

    Raises:
        ValueError: Something else, or more digits than any number that S3 speaks of.
    """
    if text.isdecimal() and text.isascii() and len(text) < _LONGEST_INTEGER:
        return int(text)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(text)
    significant = digits.lstrip("0") or "0"
    if len(significant) > _LONGEST_INTEGER:
        raise ValueError("too many digits")
    return -int(significant) if text.startswith("-") else int(significant)


_ENCODED_WORD: Final = re.compile(r"=\?(utf-8|us-ascii|iso-8859-1)\?([bq])\?([^? ]*)\?=", re.IGNORECASE)


def read_words(text: str) -> str:
    """User metadata from a header: encoded words (RFC 2047) decoded, anything else as it is.

    S3 reads the octets of other values as ISO 8859-1 (S3 User Guide, "Working with object metadata", whose example of
    raw UTF-8 comes back doubly encoded), which is how the header arrives here. A value that is not wholly made of
    well-formed words is kept as it is.
    """
    if "=?" not in text:
        return text
    words = []
    for each in text.split():
        word = _ENCODED_WORD.fullmatch(each)
        if word is None:
            return text
        charset, encoding, content = word.groups()
        try:
            octets = base64.b64decode(content, validate=True) if encoding in "bB" else _quoted(content)
            words.append(octets.decode(charset.lower()))
        except ValueError:
            return text
    return "".join(words)


def _quoted(content: str) -> bytes:
    """RFC 2047 section 4.2, the "Q" encoding."""
    first, *rest = content.replace("_", " ").split("=")
    return first.encode("ascii") + b"".join(binascii.unhexlify(each[:2]) + each[2:].encode("ascii") for each in rest)


def write_words(text: str) -> str:
    """User metadata for a header: as it is if that is printable ASCII, else one encoded word, as S3 answers."""
    if text.isascii() and text.replace("\t", " ").isprintable() and text == text.strip() and read_words(text) is text:
        return text
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def is_header_text(text: str) -> bool:
    """Whether a header can carry the text: ISO 8859-1 without control characters other than the tab."""
    if text.isascii() and text.isprintable():
        return True
    return all(each == "\t" or " " <= each <= "~" or "\x80" <= each <= "\xff" for each in text)
