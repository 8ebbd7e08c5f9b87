"""The head of a response, read strictly, and the framing that it announces. No I/O.

Strict about what decides where the body ends (RFC 9112 section 6.3): a peer that is ambiguous there is not read on.
"""

from typing import Final, NamedTuple

from bushel.client.errors import BadAnswer

MAX_HEAD_BYTES: Final = 64 * 1024
"""AWS bounds user metadata at 2 KiB; everything else of a head is smaller. Proxies add their own."""

_BODILESS: Final = frozenset({204, 304})


class Head(NamedTuple):
    """What came before the body.

    Attributes:
        headers: By lower-case name, octets as ISO 8859-1; fields sent more than once are joined with ``", "``.
        length: Bytes of the body; ``None``: until the connection closes, or chunked.
        chunked: The body is in the chunked transfer coding.
        keep: The connection can be used again afterwards.
    """

    status: int
    headers: dict[str, str]
    length: int | None
    chunked: bool
    keep: bool


def parse_head(raw: bytes, method: str) -> Head:
    """Read a head, without the empty line that ends it.

    Args:
        raw: The octets.
        method: Of the request, since HEAD and CONNECT are answered without a body.

    Raises:
        BadAnswer: It is malformed, or does not say where the body ends.
    """
    lines = raw.decode("latin-1").split("\r\n")
    status_line = lines[0]
    if status_line[:7] != "HTTP/1." or status_line[8:9] != " " or not status_line[9:12].isdecimal():
        raise BadAnswer(f"not an HTTP answer: {status_line[:60]!r}")
    status = int(status_line[9:12])
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name[-1] in " \t" or name[0] in " \t" or "\n" in line or "\r" in line:
            raise BadAnswer(f"malformed field in an answer: {line[:60]!r}")
        name = name.lower()
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    keep = status_line[7] == "1" and "close" not in headers.get("connection", "").lower()
    coding = headers.get("transfer-encoding")
    if method in {"HEAD", "CONNECT"} or status in _BODILESS or status < 200:
        return Head(status, headers, 0, chunked=False, keep=keep)
    if coding is not None:
        if coding.lower() != "chunked":
            raise BadAnswer(f"unknown transfer coding {coding[:40]!r}")
        # A length beside the coding is ignored, and the connection not trusted any further.
        return Head(status, headers, None, chunked=True, keep=keep and "content-length" not in headers)
    length = headers.get("content-length")
    if length is None:
        return Head(status, headers, None, chunked=False, keep=False)
    if not (length.isascii() and length.isdecimal() and len(length) < 20):
        first, *others = (each.strip() for each in length.split(","))
        if not (first.isascii() and first.isdecimal() and len(first) < 20) or any(each != first for each in others):
            raise BadAnswer(f"malformed Content-Length {length[:40]!r}")
        length = first
    return Head(status, headers, int(length), chunked=False, keep=keep)


class ChunkedReader:
    """Takes the chunked transfer coding off (RFC 9112 section 7.1), in whatever pieces it arrives.

    Attributes:
        ended: The last chunk and the trailer were read.
    """

    __slots__ = ("_data_end", "_left", "_line", "_trailer", "ended")

    _MAX_LINE: Final = 16 * 1024

    def __init__(self) -> None:
        self._left = 0
        self._line = b""
        self._data_end = False
        self._trailer = False
        self.ended = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What the data holds of the body, and what came after the body's end.

        Raises:
            BadAnswer: The coding is malformed.
        """
        content: list[bytes] = []
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                piece = data[at : at + self._left]
                content.append(piece)
                at += len(piece)
                self._left -= len(piece)
                self._data_end = not self._left
                continue
            end = data.find(b"\n", at)
            self._line += data[at : end + 1 if end >= 0 else len(data)]
            if len(self._line) > self._MAX_LINE:
                raise BadAnswer("a line of the chunked coding does not end")
            if end < 0:
                at = len(data)
                break
            at = end + 1
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n"):
                raise BadAnswer("malformed chunked coding")
            self._take(line[:-2])
        return b"".join(content), data[at:]

    def _take(self, line: bytes) -> None:
        if self._data_end:
            if line:
                raise BadAnswer("a chunk is longer than it says")
            self._data_end = False
        elif self._trailer:
            self.ended = not line
        else:
            digits = line.partition(b";")[0].strip(b" \t")
            if not digits or len(digits) > 15 or digits.translate(None, b"0123456789abcdefABCDEF"):
                raise BadAnswer("malformed size of a chunk")
            self._left = int(digits, 16)
            self._trailer = not self._left
