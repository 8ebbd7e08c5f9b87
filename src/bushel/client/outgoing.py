"""The body of a request on its way out: how it is hashed, checksummed, coded and, if need be, sent again.

A body that is here gets its checksum in a header. One that comes as a stream gets it in a trailer of the aws-chunked
coding (S3 API Reference, "Including Trailing Headers"), so that it is read once and never held.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

from bushel.client.http.connection import Body
from bushel.client.sources import BufferSource, Source
from bushel.protocol.checksums import Algorithm, Octets, base64_text
from bushel.protocol.chunked import SIGNED_TRAILER, UNSIGNED_TRAILER, ChunkedEncoder, encoded_length
from bushel.protocol.sigv4 import EMPTY_SHA256, UNSIGNED_PAYLOAD, ChunkSigner

_STREAM_PIECE_BYTES: Final = 256 << 10

Signer = ChunkSigner | None


class Buffered:
    """A body that is here, and can be sent any number of times."""

    repeatable = True

    def __init__(self, pieces: Sequence[Octets], algorithm: Algorithm | None) -> None:
        self._pieces = pieces
        self.length = sum(map(len, pieces))
        self.headers: dict[str, str] = {}
        if algorithm is not None:
            hasher = algorithm.hasher()
            for piece in pieces:
                hasher.update(piece)
            self.headers[algorithm.header] = base64_text(hasher.digest())
        self._sha256: str | None = None

    def content_sha256(self, *, signed: bool) -> str:
        """What the signature says of the payload."""
        if not self.length:
            return EMPTY_SHA256
        if not signed:
            return UNSIGNED_PAYLOAD
        if self._sha256 is None:
            digest = hashlib.sha256()
            for piece in self._pieces:
                digest.update(piece)
            self._sha256 = digest.hexdigest()
        return self._sha256

    def open(self, signer: Signer) -> Body:  # noqa: ARG002 - the face of both kinds
        return self._pieces


class Streamed:
    """A body that is read while it is sent, once.

    Args:
        source: Where it comes from.
        length: Bytes of it; S3 wants to know beforehand.
        algorithm: Of the checksum in the trailer; ``None``: no trailer, no coding.
        signed: The payload is signed, chunk by chunk.
    """

    repeatable = False

    def __init__(self, source: Source, length: int, algorithm: Algorithm | None, *, signed: bool) -> None:
        self._source = source
        self._size = length
        self._algorithm = algorithm
        self._mode = SIGNED_TRAILER if signed else UNSIGNED_TRAILER
        self.length = length
        self.headers: dict[str, str] = {}
        if algorithm is not None:
            text = 4 * ((algorithm.digest_bytes + 2) // 3)
            self.length = encoded_length(self._mode, length, {algorithm.header: text})
            self.headers["content-encoding"] = "aws-chunked"
            self.headers["x-amz-decoded-content-length"] = str(length)
            self.headers["x-amz-trailer"] = algorithm.header

    def content_sha256(self, *, signed: bool) -> str:  # noqa: ARG002 - the face of both kinds
        return UNSIGNED_PAYLOAD if self._algorithm is None else self._mode

    def open(self, signer: Signer) -> Body:
        return self._coded(signer)

    async def _coded(self, signer: Signer) -> AsyncIterator[Octets]:
        algorithm = self._algorithm
        encoder = None if algorithm is None else ChunkedEncoder(self._mode, signer)
        hasher = None if algorithm is None else algorithm.hasher()
        left = self._size
        while left:
            piece = await self._source.take(min(left, _STREAM_PIECE_BYTES))
            if not piece:
                raise ValueError(f"the body ended {left} bytes before its content_length of {self._size}")
            left -= len(piece)
            if encoder is None or hasher is None:
                yield piece
                continue
            hasher.update(piece)
            for coded in encoder.encode(bytes(piece)):
                yield coded
        if encoder is not None and hasher is not None and algorithm is not None:
            yield encoder.finish({algorithm.header: base64_text(hasher.digest())})


Outgoing = Buffered | Streamed

EMPTY: Final = Buffered((), None)


async def outgoing(source: Source, length: int | None, algorithm: Algorithm | None, *, signed: bool) -> Outgoing:
    """The body for a source.

    Args:
        source: Where it comes from.
        length: What the caller says of it; ``None``: what the source knows.
        algorithm: Of the checksum to add, if any.
        signed: The payload is signed.

    Raises:
        ValueError: Its length is not known.
    """
    if length is None:
        length = source.length
    if length is None:
        raise ValueError("S3 must be told the length of a body: give content_length, or store it by an Object")
    if isinstance(source, BufferSource) or length <= _STREAM_PIECE_BYTES:
        piece = await source.take(length)
        if len(piece) != length:
            raise ValueError(f"the body ended {length - len(piece)} bytes before its content_length of {length}")
        return Buffered((piece,) if length else (), algorithm)
    return Streamed(source, length, algorithm, signed=signed)
