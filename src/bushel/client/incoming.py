"""The body of an answer on its way in: read in pieces, and checked against what the server said of it."""

from binascii import b2a_base64
from collections.abc import Mapping

from bushel.client.errors import ConnectionLost, IntegrityError
from bushel.client.http.pool import Answer
from bushel.protocol.checksums import ALGORITHMS, Algorithm, Hasher


class Incoming:
    """A stream of bytes that must end as the server announced.

    Attributes:
        length: Bytes of it, if the server said so.
        verified: Name of the checksum that its end is compared with; ``None``: there is none for these bytes.
    """

    __slots__ = ("_answer", "_expected", "_hasher", "_seen", "_what", "length", "verified")

    def __init__(self, answer: Answer, what: str, *, verify: bool) -> None:
        self._answer: Answer | None = answer
        self._what = what
        self._seen = 0
        length = answer.headers.get("content-length", "")
        self.length = int(length) if length.isdecimal() and length.isascii() else None
        algorithm = full_object_checksum(answer.headers) if verify and answer.status == 200 else None
        self.verified = None if algorithm is None else algorithm.name
        self._hasher: Hasher | None = None if algorithm is None else algorithm.hasher()
        self._expected = "" if algorithm is None else answer.headers[algorithm.header]

    async def read(self) -> bytes:
        """The next piece, ``b""`` at the end.

        Raises:
            TransportError: The connection ended first.
            IntegrityError: These are not the bytes that the checksum was made of.
        """
        answer = self._answer
        if answer is None:
            return b""
        piece = await answer.read()
        if piece:
            self._seen += len(piece)
            if self._hasher is not None:
                self._hasher.update(piece)
            return piece
        self._answer = None
        if self.length is not None and self._seen != self.length:
            raise ConnectionLost(f"{self._what}: {self._seen} bytes came of {self.length}")
        if self._hasher is not None and b2a_base64(self._hasher.digest(), newline=False).decode() != self._expected:
            raise IntegrityError(f"{self._what}: what came has another {self.verified} than the server tells")
        return b""

    async def read_all(self) -> bytes:
        """Everything that is left. Raises as ``read``."""
        pieces = []
        while piece := await self.read():
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def take_over(self) -> tuple[Algorithm, str] | None:
        """Leave the comparison to the caller: the algorithm and the Base64 text of what to compare with, if any."""
        if self._hasher is None or self.verified is None:
            return None
        self._hasher = None
        return ALGORITHMS[self.verified], self._expected

    def discard(self) -> None:
        """Read no further. Harmless after the end."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.discard()

    async def close(self) -> None:
        """As ``discard``, for callers outside of the event loop."""
        self.discard()


def full_object_checksum(headers: Mapping[str, str]) -> Algorithm | None:
    """The algorithm of a checksum that was made of the object's bytes; ``None`` if none was told.

    One of part checksums (COMPOSITE, ``-N``) says nothing about bytes whose parts are not known.
    """
    if headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    for algorithm in ALGORITHMS.values():
        value = headers.get(algorithm.header)
        if value is not None and "-" not in value and algorithm.parse(value) is not None:
            return algorithm
    return None
