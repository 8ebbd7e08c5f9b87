"""One connection: a request out, an answer in, one after the other; memory bounded both ways.

What must not be here: which connection to take (``pool``), when to try again, S3.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Self, cast

from bushel.client.errors import BadAnswer, ConnectionLost, TimedOut, TransportError
from bushel.client.http.answer import MAX_HEAD_BYTES, ChunkedReader, Head, parse_head

if TYPE_CHECKING:
    import ssl


class Origin(NamedTuple):
    """Where connections go to."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """What the Host field says: without the scheme's own port."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.scheme == "https" else 80) else f"{name}:{self.port}"


Buffer = bytes | bytearray | memoryview
Body = Sequence[Buffer] | AsyncIterator[Buffer]

HIGH_WATER_BYTES: Final = 1 << 20
LOW_WATER_BYTES: Final = 256 << 10
_SLICE_BYTES: Final = 512 << 10
"""Written at once: between two slices an early answer is seen."""

_JOIN_BYTES: Final = 64 << 10
"""A body up to this is copied behind its head, which takes less than a second write."""

_CONTINUE_SECONDS: Final = 1.0
"""How long a ``100 Continue`` is waited for, since a server may not know of it (RFC 9110 section 10.1.1)."""


class Reply:
    """The answer to one request: its head, and its body as it arrives.

    Outlives its use of the connection: what arrived can be read when the connection already serves another request.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
    """

    __slots__ = ("_connection", "_ended", "_failure", "_held_bytes", "_pieces", "_reader", "headers", "status")

    def __init__(self, connection: "Connection", head: Head) -> None:
        self.status = head.status
        self.headers = head.headers
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._ended = False
        self._failure: TransportError | None = None
        self._reader: asyncio.Future[None] | None = None

    def feed(self, piece: bytes) -> bool:
        """Take a piece of the body. Whether there is room for more."""
        self._pieces.append(piece)
        self._held_bytes += len(piece)
        _settle(self._reader)
        return self._held_bytes <= HIGH_WATER_BYTES

    def end(self, failure: TransportError | None = None) -> None:
        """No more will come."""
        if not self._ended:
            self._ended = True
            self._failure = failure
            _settle(self._reader)

    async def read(self) -> bytes:
        """The next piece of the body, ``b""`` at its end.

        Raises:
            TransportError: The body ended before it should have.
        """
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return b""
            self._reader = self._connection.await_body()
            try:
                await self._reader
            finally:
                self._reader = None
        piece = self._pieces.popleft()
        self._held_bytes -= len(piece)
        if not self._ended and self._held_bytes <= LOW_WATER_BYTES:
            self._connection.go_on()
        return piece

    def discard(self) -> None:
        """Read no further. The connection is given up if the body has not arrived already."""
        self._pieces.clear()
        self._held_bytes = 0
        if not self._ended:
            self._connection.fail(ConnectionLost("the answer was not wanted any more"))


class Connection(asyncio.Protocol):
    """A connection to one origin.

    Attributes:
        origin: What it is a connection to.
        used: Answers that came over it.
        idle_since: Loop time of the last answer's end.
        deadline: Loop time by which something must be heard; ``inf`` where nothing is waited for.
        stall_seconds: How long nothing may be heard.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: Origin, stall_seconds: float) -> None:
        self.loop = loop
        self.origin = origin
        self.stall_seconds = stall_seconds
        self.used = 0
        self.idle_since = 0.0
        self.deadline = float("inf")
        self.on_end: Callable[[Connection], None] | None = None
        self._method = ""
        self._transport: asyncio.Transport | None = None
        self._lost: TransportError | None = None
        self._buffer = b""
        self._awaited: asyncio.Future[Reply] | None = None
        self._reply: Reply | None = None
        self._continued: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._write_paused = False
        self._read_paused = False
        self._left: int | None = 0
        self._coding: ChunkedReader | None = None
        self._sending = False
        self._keep = True
        self._failed = False

    @property
    def usable(self) -> bool:
        """Another request can go over it."""
        idle = self._awaited is None and self._reply is None and not self._sending
        return idle and self._keep and self._lost is None and self._transport is not None

    # --- what asyncio calls ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, problem: Exception | None) -> None:
        if self._lost is None:
            why = f": {problem}" if problem is not None and str(problem) else ""
            self._lost = ConnectionLost(f"the server closed the connection{why}")
        self._transport = None
        self.deadline = float("inf")
        awaited, self._awaited = self._awaited, None
        if awaited is not None and not awaited.done():
            awaited.set_exception(self._lost)
        if self._reply is not None:
            whole = self._left is None and self._coding is None and problem is None and not self._failed
            self._end(None if whole else self._lost)
        _settle(self._continued)
        _settle(self._writable)

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def eof_received(self) -> bool:
        return False

    def data_received(self, data: bytes) -> None:
        self.deadline = self.loop.time() + self.stall_seconds
        try:
            if self._awaited is not None:
                self._feed_head(data)
            elif self._reply is not None:
                self._feed_body(self._reply, data)
            else:
                raise BadAnswer("the server sent something that nobody asked for")
        except BadAnswer as problem:
            self.fail(problem)

    # --- what the pool calls --------------------------------------------------------------------------------------

    def fail(self, problem: TransportError) -> None:
        """End the connection for this reason; whoever waits on it is told."""
        if self._lost is None:
            self._lost = problem
        self._failed = True
        self._keep = False
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        self.connection_lost(None)

    def expire(self) -> None:
        self.fail(TimedOut(f"nothing was heard from the server for {self.stall_seconds:g} s"))

    def close(self) -> None:
        self._keep = False
        if self._transport is not None:
            self._transport.close()

    async def start_tls(self, context: "ssl.SSLContext", host: str) -> Self:
        """Speak TLS from now on: the answer of a proxy opened the way to the origin.

        Raises:
            OSError: As of ``ssl``.
        """
        if self._transport is None:
            raise ConnectionLost("the proxy closed the connection", safe=True)
        secured = await self.loop.start_tls(self._transport, self, context, server_hostname=host)
        self._transport = cast(asyncio.Transport, secured)
        self.used = 0
        return self

    # --- a request ------------------------------------------------------------------------------------------------

    async def exchange(self, method: str, head: bytes, body: Body, *, expect: bool) -> Reply:
        """Send a request and wait for the head of its answer.

        Args:
            method: Of the request.
            head: All of it, with the empty line.
            body: What follows.
            expect: The head has ``Expect: 100-continue``.

        Raises:
            TransportError: No head came.
        """
        if self._lost is not None or self._transport is None:
            self._give_back()
            raise ConnectionLost("the connection was closed", safe=True)
        self._method = method
        self._awaited = answer = self.loop.create_future()
        self.deadline = self.loop.time() + self.stall_seconds
        try:
            if isinstance(body, Sequence) and not expect and sum(map(len, body)) <= _JOIN_BYTES:
                self._transport.write(b"".join((head, *body)) if body else head)
            else:
                await self._send_slowly(head, body, answer, expect=expect)
            reply: Reply = await answer
        except BaseException:
            if self._sending or not answer.done() or answer.cancelled() or answer.exception() is not None:
                self.fail(ConnectionLost("the request was given up"))
                self._sending = False
                self._give_back()
            else:
                answer.result().discard()  # the connection may be somebody else's already
            raise
        return reply

    async def _send_slowly(self, head: bytes, body: Body, answer: asyncio.Future[Reply], *, expect: bool) -> None:
        assert self._transport is not None
        self._sending = True
        self._transport.write(head)
        if not expect or await self._told_to_continue(answer):
            await (self._send_pieces(body, answer) if isinstance(body, Sequence) else self._stream(body, answer))
        self._sending = False
        if answer.done() and self._reply is None:
            self._give_back()  # it came to its end while the request was on its way

    async def _told_to_continue(self, answer: asyncio.Future[Reply]) -> bool:
        self._continued = self.loop.create_future()
        timer = self.loop.call_later(_CONTINUE_SECONDS, _settle, self._continued)
        try:
            await self._continued
        finally:
            timer.cancel()
            self._continued = None
        if answer.done():
            self._keep = False  # the body was announced and will not come
            return False
        return True

    async def _send_pieces(self, pieces: Sequence[Buffer], answer: asyncio.Future[Reply]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            for start in range(0, len(view), _SLICE_BYTES):
                if not await self._send(view[start : start + _SLICE_BYTES], answer):
                    return

    async def _stream(self, stream: AsyncIterator[Buffer], answer: asyncio.Future[Reply]) -> None:
        async for piece in stream:
            view = memoryview(piece)
            for start in range(0, len(view), _SLICE_BYTES):
                if not await self._send(view[start : start + _SLICE_BYTES], answer):
                    return
            # Whoever makes the pieces may take his time.
            self.deadline = self.loop.time() + self.stall_seconds

    async def _send(self, piece: memoryview, answer: asyncio.Future[Reply]) -> bool:
        """Whether to go on: not where the answer came before the end of the request."""
        if answer.done() or self._transport is None:
            self._keep = False
            return False
        self._transport.write(piece)
        if self._write_paused:
            self._writable = self.loop.create_future()
            self.deadline = self.loop.time() + self.stall_seconds
            try:
                await self._writable
            finally:
                self._writable = None
        return True

    # --- its answer -----------------------------------------------------------------------------------------------

    def _feed_head(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        while True:
            end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
            if end < 0:
                if len(data) >= MAX_HEAD_BYTES:
                    raise BadAnswer("the head of the answer does not end")
                if len(data) >= 5 and not data.startswith(b"HTTP/"):
                    raise BadAnswer(f"not an HTTP answer: {data[:40]!r}")
                self._buffer = data
                return
            head = parse_head(data[:end], self._method)
            data = data[end + 4 :]
            if head.status >= 200:
                break
            if head.status == 101:
                raise BadAnswer("the server changes to a protocol that nobody asked for")
            if head.status == 100:
                _settle(self._continued)
        awaited, self._awaited = self._awaited, None
        self._keep = self._keep and head.keep and not self._sending
        self._left = head.length
        self._coding = ChunkedReader() if head.chunked else None
        reply = self._reply = Reply(self, head)
        if awaited is not None and not awaited.done():
            awaited.set_result(reply)
        _settle(self._continued)
        _settle(self._writable)
        if self._left == 0:
            self._keep = self._keep and not data
            self._end()
        elif data:
            self._feed_body(reply, data)

    def _feed_body(self, reply: Reply, data: bytes) -> None:
        ended = False
        if self._coding is not None:
            data, rest = self._coding.feed(data)
            ended = self._coding.ended
            self._keep = self._keep and not rest
        elif self._left is not None:
            if len(data) > self._left:
                data = data[: self._left]
                self._keep = False
            self._left -= len(data)
            ended = not self._left
        if data and not reply.feed(data) and not ended and not self._read_paused and self._transport is not None:
            self._read_paused = True
            self._transport.pause_reading()
            self.deadline = float("inf")
        if ended:
            self._end()

    def _end(self, failure: TransportError | None = None) -> None:
        """The answer has arrived, or never will."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.end(failure)
        self.used += 1
        self.deadline = float("inf")
        self.idle_since = self.loop.time()
        if not self._sending:
            self._give_back()  # whoever still sends, does it

    def _give_back(self) -> None:
        callback, self.on_end = self.on_end, None
        if callback is not None:
            callback(self)

    # --- what the answer calls ------------------------------------------------------------------------------------

    def await_body(self) -> asyncio.Future[None]:
        """Somebody waits for the server to send: watch the time."""
        self.deadline = self.loop.time() + self.stall_seconds
        self.go_on()
        return self.loop.create_future()

    def go_on(self) -> None:
        """There is room again."""
        if self._read_paused and self._transport is not None:
            self._read_paused = False
            self._transport.resume_reading()


def _settle(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
