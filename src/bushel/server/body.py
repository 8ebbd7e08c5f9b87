"""Request bodies on their way from the socket to whoever reads them: the framing taken off, memory bounded.

The connection feeds, the application reads; between the two lies at most about a mebibyte, and beyond that the socket
is not read. A body that nobody began to read was not asked for either: ``100 Continue`` goes out with the first read.

What must not be here: the chunked coding (``transfer``), when to give up on a body that nobody reads (``connection``).
"""

import asyncio
from collections import deque
from typing import Final, Protocol

from bushel.protocol.errors import S3Error
from bushel.server.transfer import ChunkedDecoder

HIGH_WATER_BYTES: Final = 1024 * 1024
LOW_WATER_BYTES: Final = 256 * 1024

_PIECE_BYTES: Final = 64
"""What one piece costs besides its content, so that a million pieces of one byte do not count as a mebibyte."""


class Flow(Protocol):
    """What a body asks of its connection."""

    def send_continue(self) -> None: ...

    def hold_body(self, hold: bool) -> None:
        """Stop reading the socket, or go on."""

    def await_body(self) -> None:
        """Somebody waits for the client to send: watch the time."""


class Gathered:
    """A small body, gathered before anybody asks for it, so that whoever handles the request never waits for it."""

    __slots__ = ("_content", "_length")

    def __init__(self, length: int) -> None:
        self._length = length
        self._content = bytearray()

    @property
    def ended(self) -> bool:
        return len(self._content) == self._length

    def feed(self, data: bytes, start: int) -> int:
        """Take the body's part of ``data`` from ``start`` on; where it ends."""
        end = min(len(data), start + self._length - len(self._content))
        self._content += data[start:end]
        return end

    def take(self) -> bytes:
        return bytes(self._content)


class WireBody:
    """A body that is read while it arrives. Implements ``protocol.message.Body``.

    Attributes:
        length: What ``Content-Length`` said; ``None`` for a chunked body.
        ended: The client sent all of it, read or not.
        missing: Bytes that the client has yet to send; ``None`` where that is not known.
    """

    __slots__ = (
        "_decoder",
        "_dropping",
        "_expected",
        "_failure",
        "_flow",
        "_held_bytes",
        "_holds",
        "_pieces",
        "_waiter",
        "length",
        "missing",
    )

    def __init__(self, flow: Flow, length: int | None, *, expected: bool) -> None:
        self.length = length
        self.missing = length
        self._expected = expected
        self._decoder = ChunkedDecoder() if length is None else None
        self._flow = flow
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._holds = False
        self._dropping = False
        self._failure: str | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def ended(self) -> bool:
        return self.missing == 0

    @property
    def awaited(self) -> bool:
        """Somebody waits for the client to send."""
        return self._waiter is not None

    async def read(self) -> bytes:
        if self._expected:
            self._expected = False
            self._flow.send_continue()
        while not self._pieces:
            if self._failure is not None:
                raise S3Error(self._failure)
            if self.ended:
                return b""
            assert self._waiter is None, "one reader at a time"
            self._flow.await_body()
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = self._pieces.popleft()
        self._held_bytes -= len(piece) + _PIECE_BYTES
        if self._holds and self._held_bytes <= LOW_WATER_BYTES:
            self._holds = False
            self._flow.hold_body(False)
        return piece

    def feed(self, data: bytes, start: int) -> int:
        """Take the body's part of ``data`` from ``start`` on; where it ends.

        Raises:
            S3Error: The coding is malformed.
        """
        if self._decoder is not None:
            content: list[bytes] = []
            end = self._decoder.feed(data, start, content)
            piece = content[0] if len(content) == 1 else b"".join(content)
            if self._decoder.ended:
                self.missing = 0
        else:
            assert self.missing is not None
            end = min(len(data), start + self.missing)
            piece = data[start:end]
            self.missing -= end - start
        if piece and not self._dropping:
            self._pieces.append(piece)
            self._held_bytes += len(piece) + _PIECE_BYTES
            if self._held_bytes > HIGH_WATER_BYTES and not self._holds:
                self._holds = True
                self._flow.hold_body(True)
        if piece or self.ended:
            self._wake()
        return end

    def fail(self, reason: str) -> None:
        """No more will come, for this reason of ``S3Error``; what came before can still be read."""
        if not self.ended and self._failure is None:
            self._failure = reason
            self._wake()

    def drop(self) -> None:
        """Nobody will read on: forget what is here, and what comes."""
        self._dropping = True
        self._pieces.clear()
        self._held_bytes = 0
        if self._holds:
            self._holds = False
            self._flow.hold_body(False)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
