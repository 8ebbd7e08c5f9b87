"""The head of a response, as bytes. Nothing that a header holds can end a line: that is checked here, once for all.

What must not be here: when a connection is closed, how a body is sent.
"""

import time
from collections.abc import Sequence
from typing import Final

_REASONS: Final = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
    507: "Insufficient Storage",
}

BODILESS: Final = frozenset({204, 304})
"""Statuses whose responses end with their head (RFC 9110 section 6.4.1)."""

_STATUS_LINES: Final = {status: f"HTTP/1.1 {status} {reason}".encode() for status, reason in _REASONS.items()}
# Visible characters, space, tab, obs-text: what is left of a good head are the line breaks that were put in.
_OCTETS: Final = bytes(octet for octet in range(256) if (octet >= 0x20 and octet != 0x7F) or octet == 0x09)
_BREAKS: Final = tuple(b"\r\n" * count for count in range(64))
_LENGTH: Final = "\r\nContent-Length: "

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def stamp(now_ns: int) -> bytes:
    """The fields that every response has. They change once a second, so the caller keeps them."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(now_ns // 1_000_000_000)
    date = f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} {hour:02d}:{minute:02d}:{second:02d} GMT"
    return f"\r\nDate: {date}\r\nServer: Bushel".encode()


def encode_fields(headers: Sequence[tuple[str, str]]) -> str:
    # Two joins in C: a loop over the dozen headers of an object takes four times as long.
    return "\r\n" + "\r\n".join(map(": ".join, headers)) if headers else ""


def announced_length(fields: str) -> str | None:
    """The value of ``Content-Length`` among encoded fields. The name must be spelled so."""
    start = fields.find(_LENGTH)
    if start < 0:
        return None
    start += len(_LENGTH)
    end = fields.find("\r", start)
    return fields[start:] if end < 0 else fields[start:end]


def without_length(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [field for field in headers if field[0] != "Content-Length"]


def encode_head(status: int, stamped: bytes, fields: str, count: int, ending: str, body: bytes = b"") -> bytes:
    """Put a head together, and a small body behind it.

    Args:
        status: Any from 200 on.
        stamped: From ``stamp``.
        fields: From ``encode_fields``.
        count: Number of fields in it.
        ending: Further fields, known to be good.
        body: What is worth copying to be sent in one piece with the head.

    Raises:
        ValueError: A header holds a control character, or one that ISO 8859-1 does not have.
    """
    raw = fields.encode("latin-1")
    if raw.translate(None, _OCTETS) != (_BREAKS[count] if count < 64 else b"\r\n" * count):
        raise ValueError("control character in a response header")
    line = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} Status".encode()
    return b"".join((line, stamped, raw, ending.encode(), b"\r\n\r\n", body))
