"""Which bytes of an object a request asks for: Range, partNumber, x-amz-copy-source-range.

Ranges are handed about half open: ``(start, stop)``. S3 serves one range; several, and what it cannot read, it ignores
and answers with the whole object (RFC 9110 section 14.2 allows both).
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from bushel.protocol.errors import S3Error

_DIGITS: Final = frozenset("0123456789")
_ENORMOUS: Final = 1 << 63


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """The range that a Range header asks of an object of ``size`` bytes; ``None`` where the header is ignored.

    Raises:
        S3Error: InvalidRange when the range begins behind the last byte, and for the last 0 bytes.
    """
    unit, _, span = header.partition("=")
    first, dash, last = span.partition("-")
    if unit != "bytes" or not dash:
        return None
    stop = _number(last)
    if not first:
        if stop is None or not size > 0 < stop:
            if stop == 0:
                raise _not_satisfiable(header, size)
            return None
        return max(0, size - stop), size
    start = _number(first)
    if start is None or (stop is None and last) or (stop is not None and stop < start):
        return None
    if start >= size:
        raise _not_satisfiable(header, size)
    return start, size if stop is None or stop >= size else stop + 1


def content_range(start: int, stop: int, size: int) -> str:
    """The text of Content-Range for a range that is not empty."""
    return f"bytes {start}-{stop - 1}/{size}"


def copy_source_range(header: str, size: int) -> tuple[int, int]:
    """The range that x-amz-copy-source-range asks of a source of ``size`` bytes. Nothing is ignored or cut here.

    Raises:
        S3Error: InvalidArgument for what is not ``bytes=first-last`` and for an end behind the last byte,
            InvalidRequest for a beginning behind it.
    """
    unit, _, span = header.partition("=")
    first, _, last = span.partition("-")
    start, stop = _number(first), _number(last)
    if unit != "bytes" or start is None or stop is None or stop < start:
        raise _invalid_copy_range(None, header)
    if start >= size:
        raise S3Error("InvalidRequest.CopySourceRange")
    if stop >= size:
        raise _invalid_copy_range(f"Range specified is not valid for source object of size: {size}", header)
    return start, stop + 1


def part_range(number: int, sizes: Sequence[int]) -> tuple[int, int]:
    """The range of the ``number``-th part; an object that was put whole is one part.

    Args:
        number: From 1.
        sizes: Bytes of each part, in order.

    Raises:
        S3Error: InvalidPartNumber when there are fewer parts.
    """
    if number > len(sizes):
        raise S3Error("InvalidPartNumber", ActualPartCount=str(len(sizes)), PartNumberRequested=str(number))
    start = sum(islice(sizes, number - 1))
    return start, start + sizes[number - 1]


def _number(text: str) -> int | None:
    """ASCII digits as a number; nothing else, ``int()`` itself would take signs, spaces, underscores, other scripts."""
    if not text or not _DIGITS.issuperset(text):
        return None
    return int(text) if len(text) < 20 else _ENORMOUS


def _not_satisfiable(header: str, size: int) -> S3Error:
    return S3Error(
        "InvalidRange",
        headers=[("Content-Range", f"bytes */{size}")],
        RangeRequested=header,
        ActualObjectSize=str(size),
    )


def _invalid_copy_range(message: str | None, header: str) -> S3Error:
    return S3Error(
        "InvalidArgument.CopySourceRange", message=message, ArgumentName="x-amz-copy-source-range", ArgumentValue=header
    )
