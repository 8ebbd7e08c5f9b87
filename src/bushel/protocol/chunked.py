"""The aws-chunked coding of payloads as a state machine without I/O: decoder for the server, encoder for the client.

Each chunk is a line with its size in hex (and its signature), the data, and CRLF; a chunk of size 0 ends the data, and
trailer lines may follow. Source: S3 API Reference, "Transferring Payload in Multiple Chunks (Chunked Upload)" and
"Including Trailing Headers".

Bytes are handed on as they come, before the signature of their chunk can be checked: S3 sets no limit to the size of a
chunk, and holding one back would cost as much memory. So **nothing decoded may be acted upon before** ``finish``
**returned**; an upload that is committed at its end has this for free.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NoReturn

from bushel.protocol.errors import S3Error
from bushel.protocol.sigv4 import ChunkSigner

UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
MIN_CHUNK_BYTES = 8192

# S3 tells no limits for lines. A size line is some 90 bytes, a trailer line at most some 200.
_MAX_LINE_BYTES = 1024
_MAX_TRAILER_BYTES = 8192
_MAX_SIZE_DIGITS = 16
_HEX = b"0123456789abcdefABCDEF"
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


# What the decoder expects next. Plain numbers: looking up a member of an Enum takes longer than the comparison.
_SIZE = 0
_DATA = 1
_DATA_END = 2
_TRAILER = 3
_LAST_LINE = 4
_NOTHING = 5


class ChunkedDecoder:
    """Takes an aws-chunked body in pieces of any size and gives the payload in pieces.

    What comes after the end of the coding is dropped, as S3 does; it never reaches the payload.

    Args:
        mode: One of ``UNSIGNED_TRAILER``, ``SIGNED``, ``SIGNED_TRAILER``.
        decoded_length: Bytes of payload that were announced; there must be exactly as many.
        trailer_names: Trailers that were announced, in lower case; each must come, no other may.
        signer: Of the request, for the signed modes.

    Attributes:
        trailers: Name to value, complete when ``finish`` returned. Of a trailer that was sent twice, the last.
    """

    __slots__ = (
        "_chunk", "_declared", "_expect", "_given", "_hash", "_last_size", "_left", "_length", "_partial", "_signature",
        "_signer", "_total", "_trailer_lines", "_trailer_mode", "trailers",
    )  # fmt: skip

    def __init__(
        self, mode: str, decoded_length: int, trailer_names: Iterable[str] = (), signer: ChunkSigner | None = None
    ) -> None:
        assert (signer is None) == (mode == UNSIGNED_TRAILER)
        self.trailers: dict[str, str] = {}
        self._trailer_mode = mode != SIGNED
        self._declared = frozenset(trailer_names)
        self._length = decoded_length
        self._signer = signer
        self._expect = _SIZE
        self._partial = b""
        self._hash = None if signer is None else hashlib.sha256()
        self._signature = ""
        self._chunk = 0
        self._left = 0
        self._last_size = MIN_CHUNK_BYTES
        self._total = 0
        self._given = 0
        self._trailer_lines: list[str] = []

    def feed(self, data: bytes) -> list[memoryview]:
        """Take the next piece of the body; gives what it holds of the payload, without copying.

        Raises:
            S3Error: ``IncompleteBody`` for a malformed coding and for more or less data than announced;
                ``InvalidChunkSizeError``; ``SignatureDoesNotMatch``; ``MalformedTrailerError``.
        """
        payload: list[memoryview] = []
        view = memoryview(data)
        at = 0
        while at < len(data):
            expect = self._expect
            if expect == _DATA:
                piece = view[at : at + self._left]
                at += len(piece)
                payload.append(piece)
                self._take(piece)
            elif expect == _NOTHING:
                break
            else:
                end = self._line_end(data, at)
                if end < 0:
                    self._keep(data, at)
                    break
                line = self._partial + data[at : end - 2] if end - at >= 2 else self._partial[: end - at - 2]
                self._partial = b""
                at = end
                self._line(line)
        return payload

    def finish(self) -> None:
        """Say that the body has ended. Only when this returned is the payload whole and as it was signed.

        Raises:
            S3Error: As ``feed``.
        """
        if self._partial or self._expect in (_SIZE, _DATA, _DATA_END):
            raise S3Error("IncompleteBody")
        if self._expect == _TRAILER:
            # S3 asks for no empty line after the last trailer.
            self._end_of_trailers()

    def _line_end(self, data: bytes, at: int) -> int:
        """Where the line that begins at ``at`` (or was begun before) ends, its CRLF included; -1 if not yet."""
        if self._partial.endswith(b"\r") and data[at] == 0x0A:
            return at + 1
        found = data.find(b"\r\n", at, at + _MAX_LINE_BYTES - len(self._partial))
        return found + 2 if found >= 0 else -1

    def _keep(self, data: bytes, at: int) -> None:
        self._partial += data[at : at + _MAX_LINE_BYTES - len(self._partial)]
        if len(self._partial) >= _MAX_LINE_BYTES:
            raise S3Error("IncompleteBody")

    def _line(self, line: bytes) -> None:
        if self._expect == _SIZE:
            self._size_line(line)
        elif self._expect == _TRAILER:
            self._trailer_line(line)
        else:
            # The empty line after a chunk's data, after the last chunk where no trailers follow, after the trailers.
            if line:
                raise S3Error("IncompleteBody")
            self._expect = _SIZE if self._expect == _DATA_END else _NOTHING

    def _size_line(self, line: bytes) -> None:
        digits, semicolon, extension = line.partition(b";")
        digits = digits.strip(b" \t")
        if not digits or len(digits) > _MAX_SIZE_DIGITS or digits.translate(None, _HEX):
            raise S3Error("IncompleteBody")
        size = int(digits, 16)
        self._chunk += 1
        if self._signer is not None:
            self._signature = _chunk_signature(extension)
        elif semicolon:
            raise S3Error("IncompleteBody")
        if size == 0:
            self._end_of_data()
            return
        if self._last_size < MIN_CHUNK_BYTES:
            raise S3Error("InvalidChunkSizeError", Chunk=str(self._chunk), BadChunkSize=str(self._last_size))
        self._last_size = self._left = size
        self._total += size
        if self._total > self._length:
            self._refuse_length()
        self._expect = _DATA

    def _take(self, piece: memoryview) -> None:
        if self._hash is not None:
            self._hash.update(piece)
        self._left -= len(piece)
        if self._left == 0:
            self._check_chunk()
            self._expect = _DATA_END

    def _check_chunk(self) -> None:
        signer = self._signer
        if signer is not None and self._hash is not None:
            signer.verify(signer.chunk_text(self._hash.hexdigest()), self._signature)
            self._hash = hashlib.sha256()

    def _end_of_data(self) -> None:
        self._check_chunk()
        if self._total != self._length:
            self._refuse_length()
        self._expect = _TRAILER if self._trailer_mode else _LAST_LINE

    def _refuse_length(self) -> NoReturn:
        raise S3Error(
            "IncompleteBody.Length", NumberBytesExpected=str(self._length), NumberBytesProvided=str(self._total)
        )

    def _trailer_line(self, line: bytes) -> None:
        if not line:
            self._end_of_trailers()
            return
        self._given += len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or self._given > _MAX_TRAILER_BYTES:
            raise S3Error("IncompleteBody")
        name, value = name.strip().lower(), value.strip()
        if self._signer is None:
            self.trailers[name] = value
        elif name != _TRAILER_SIGNATURE:
            self.trailers[name] = value
            self._trailer_lines.append(f"{name}:{value}\n")
        else:
            self._check_trailers(self._signer, value)

    def _check_trailers(self, signer: ChunkSigner, signature: str) -> None:
        if not self._trailer_lines:
            raise S3Error("IncompleteBody")
        digest = hashlib.sha256("".join(self._trailer_lines).encode("latin-1")).hexdigest()
        signer.verify(signer.trailer_text(digest), signature)
        self._check_names()
        self._expect = _LAST_LINE

    def _end_of_trailers(self) -> None:
        if self._signer is not None:
            raise S3Error("IncompleteBody")  # the signature of the trailers has not come
        self._check_names()
        self._expect = _NOTHING

    def _check_names(self) -> None:
        if self.trailers.keys() != self._declared:
            raise S3Error("MalformedTrailerError")


def _chunk_signature(extension: bytes) -> str:
    """The signature in what stands after the semicolon of a size line; white space around the parts is no matter to S3.

    A parameter of another name in its place is taken for a wrong signature, as S3 does.
    """
    name, _, value = extension.partition(b"=")
    signature, semicolon, _ = value.partition(b";")
    signature = signature.strip(b" \t")
    if not signature:
        raise S3Error("IncompleteBody")
    if name.strip(b" \t") != b"chunk-signature":
        return extension.decode("latin-1")
    if semicolon:
        raise S3Error("IncompleteBody")
    return signature.decode("latin-1")


class ChunkedEncoder:
    """Puts a payload into aws-chunked coding, in chunks of one size whatever the pieces it is given in.

    Args:
        mode: One of ``UNSIGNED_TRAILER``, ``SIGNED``, ``SIGNED_TRAILER``.
        signer: Of the request, for the signed modes.
        chunk_bytes: Size of every chunk but the last; at least ``MIN_CHUNK_BYTES``.
    """

    __slots__ = ("_chunk_bytes", "_held", "_signer", "_trailer_mode")

    def __init__(self, mode: str, signer: ChunkSigner | None = None, chunk_bytes: int = 65_536) -> None:
        assert (signer is None) == (mode == UNSIGNED_TRAILER)
        assert chunk_bytes >= MIN_CHUNK_BYTES
        self._signer = signer
        self._trailer_mode = mode != SIGNED
        self._chunk_bytes = chunk_bytes
        self._held = bytearray()

    def encode(self, data: bytes) -> list[bytes | memoryview]:
        """What can be sent once this piece of the payload is known."""
        coded: list[bytes | memoryview] = []
        view = memoryview(data)
        if self._held:
            missing = self._chunk_bytes - len(self._held)
            self._held += view[:missing]
            view = view[missing:]
            if len(self._held) < self._chunk_bytes:
                return coded
            coded += self._framed(bytes(self._held))
            self._held.clear()
        while len(view) >= self._chunk_bytes:
            coded += self._framed(view[: self._chunk_bytes])
            view = view[self._chunk_bytes :]
        self._held += view
        return coded

    def finish(self, trailers: Mapping[str, str] | None = None) -> bytes:
        """The rest: the last of the payload, the end of it, the trailers."""
        coded = b"".join(self._framed(bytes(self._held))) if self._held else b""
        coded += self._size_line(b"")
        if self._trailer_mode:
            lines = [f"{name}:{value}" for name, value in (trailers or {}).items()]
            if self._signer is not None:
                digest = hashlib.sha256("".join([line + "\n" for line in lines]).encode()).hexdigest()
                lines.append(f"{_TRAILER_SIGNATURE}:{self._signer.sign(self._signer.trailer_text(digest))}")
            coded += "".join([line + "\r\n" for line in lines]).encode()
        return coded + b"\r\n"

    def _framed(self, piece: bytes | memoryview) -> tuple[bytes, bytes | memoryview, bytes]:
        return self._size_line(piece), piece, b"\r\n"

    def _size_line(self, piece: bytes | memoryview) -> bytes:
        if self._signer is None:
            return b"%x\r\n" % len(piece)
        signature = self._signer.sign(self._signer.chunk_text(hashlib.sha256(piece).hexdigest()))
        return f"{len(piece):x};chunk-signature={signature}\r\n".encode()


def encoded_length(
    mode: str, decoded_length: int, trailers: Mapping[str, int] | None = None, chunk_bytes: int = 65_536
) -> int:
    """Bytes that ``ChunkedEncoder`` makes of a payload, for Content-Length.

    Args:
        mode: As for the encoder.
        decoded_length: Bytes of payload.
        trailers: Name to length of value.
        chunk_bytes: As for the encoder.
    """
    extension = 0 if mode == UNSIGNED_TRAILER else len(";chunk-signature=") + 64

    def framed(size: int) -> int:
        return len(f"{size:x}") + extension + 2 + size + 2

    whole, rest = divmod(decoded_length, chunk_bytes)
    total = whole * framed(chunk_bytes) + (framed(rest) if rest else 0) + framed(0)
    if mode != SIGNED:
        total += sum(len(name) + 1 + length + 2 for name, length in (trailers or {}).items())
        if mode == SIGNED_TRAILER:
            total += len(_TRAILER_SIGNATURE) + 1 + 64 + 2
    return total
