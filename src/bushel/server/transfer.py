"""The chunked transfer coding of requests (RFC 9112 section 7.1), strict and without I/O.

Chunk extensions and trailer fields are checked, bounded and dropped: S3 gives neither a meaning (``aws-chunked``, whose
trailers carry checksums, is a coding within the content). What must not be here: waiting, flow control.
"""

from enum import Enum, auto
from typing import Final

from bushel.protocol.errors import S3Error
from bushel.server.head import is_field_line, is_field_value

MAX_LINE_BYTES: Final = 256
"""A chunk's size with its extensions. Senders of extensions are not known; 256 is as generous as it is harmless."""

MAX_TRAILER_BYTES: Final = 8 * 1024

_HEX: Final = b"0123456789ABCDEFabcdef"
_MOST_DIGITS: Final = 15


class _Awaits(Enum):
    SIZE = auto()
    DATA = auto()
    CR = auto()
    LF = auto()
    TRAILER = auto()
    NOTHING = auto()


class ChunkedDecoder:
    """Takes the coding off, in whatever pieces it arrives.

    Attributes:
        ended: The last chunk and the trailer were read.
    """

    __slots__ = ("_awaits", "_left", "_line", "_trailer_bytes", "ended")

    def __init__(self) -> None:
        self._awaits = _Awaits.SIZE
        self._left = 0
        self._line = bytearray()
        self._trailer_bytes = 0
        self.ended = False

    def feed(self, data: bytes, start: int, content: list[bytes]) -> int:
        """Read ``data`` from ``start`` on and append what it holds to ``content``.

        Returns:
            Where reading stopped: at the end of ``data``, or just behind the body.

        Raises:
            S3Error: The coding is malformed.
        """
        at = start
        while at < len(data) and not self.ended:
            match self._awaits:
                case _Awaits.DATA:
                    end = min(len(data), at + self._left)
                    content.append(data[at:end])
                    self._left -= end - at
                    at = end
                    if not self._left:
                        self._awaits = _Awaits.CR
                case _Awaits.CR | _Awaits.LF:
                    at = self._read_break(data, at)
                case _:
                    at = self._read_line(data, at)
        return at

    def _read_break(self, data: bytes, at: int) -> int:
        if self._awaits is _Awaits.CR and data.startswith(b"\r\n", at):
            self._awaits = _Awaits.SIZE
            return at + 2
        wanted, after = (0x0D, _Awaits.LF) if self._awaits is _Awaits.CR else (0x0A, _Awaits.SIZE)
        if data[at] != wanted:
            raise S3Error("BadRequest")
        self._awaits = after
        return at + 1

    def _read_line(self, data: bytes, at: int) -> int:
        room = (MAX_LINE_BYTES if self._awaits is _Awaits.SIZE else MAX_TRAILER_BYTES - self._trailer_bytes) + 2
        end = data.find(b"\n", at, at + room)
        self._line += data[at : end + 1 if end >= 0 else at + room]
        if len(self._line) > room or (end < 0 and len(self._line) == room):
            raise S3Error("BadRequest")
        if end < 0:
            return len(data)
        line = bytes(self._line)
        self._line.clear()
        if not line.endswith(b"\r\n"):
            raise S3Error("BadRequest")
        if self._awaits is _Awaits.SIZE:
            self._start_chunk(line[:-2])
        elif line == b"\r\n":
            self.ended = True
        else:
            self._trailer_bytes += len(line)
            if not is_field_line(line[:-2]):
                raise S3Error("BadRequest")
        return end + 1

    def _start_chunk(self, line: bytes) -> None:
        # No white space around the size: RFC 9112 allows it before extensions, and recipients have differed over it.
        digits, semicolon, extension = line.partition(b";")
        if not digits or len(digits) > _MOST_DIGITS or digits.translate(None, _HEX):
            raise S3Error("BadRequest")
        if semicolon and not (extension and is_field_value(extension)):
            raise S3Error("BadRequest")
        self._left = int(digits, 16)
        self._awaits = _Awaits.DATA if self._left else _Awaits.TRAILER
