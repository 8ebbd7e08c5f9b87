"""One client's connection: requests off the socket, responses onto it, in order, with bounded memory and time.

One request is handled at a time; what a pipelining client sends meanwhile is shelved, and beyond a shelf's length not
read. Time is counted in the server's ticks: a connection has one deadline, and what it means follows from what the
connection does at that moment.

What must not be here: grammar (``head``, ``transfer``, ``answer``), anything S3 means by a request.
"""

import asyncio
import fcntl
import logging
import sys
import termios
from typing import TYPE_CHECKING, Final, cast

from bushel.protocol.errors import S3Error
from bushel.protocol.message import BytesBody, Request, Response
from bushel.server import eager, sending
from bushel.server.body import Gathered, WireBody
from bushel.server.head import HEAD_END, MAX_HEAD_BYTES, PLAIN, Framing, find_end, parse_head

if TYPE_CHECKING:
    from bushel.server.http import HttpServer

GATHER_BYTES: Final = 64 * 1024
"""Bodies up to this size are received before their request is handled."""

UNREAD_BYTES: Final = 64 * 1024
"""Of a body that nobody read, this much is received and dropped to keep the connection; for more, it is closed."""

LINGER_BYTES: Final = 4 * 1024 * 1024
"""So much of what a client goes on to send after its last answer is received and dropped."""

SHELF_BYTES: Final = 64 * 1024

MAX_TURNS: Final = 32
"""Pipelined requests handled before other connections have their turn."""

WRITE_HIGH_BYTES: Final = 1024 * 1024
WRITE_LOW_BYTES: Final = 256 * 1024

_NEVER: Final = 1 << 62
_LAST_RESORT: Final = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_log: Final = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """What the event loop calls; also ``body.Flow`` and ``sending.Line``.

    Attributes:
        transport: The socket.
        writing_held: The client has to take some of what was written before more is.
        deadline: In the server's ticks; then ``expire`` is called.
    """

    __slots__ = (
        "_backlog",
        "_backlog_holds",
        "_body",
        "_body_holds",
        "_broken",
        "_busy",
        "_closing",
        "_dropped_bytes",
        "_ended",
        "_framing",
        "_gathered",
        "_keep",
        "_lost",
        "_owes_continue",
        "_partial",
        "_peer",
        "_proxied",
        "_reading_held",
        "_request",
        "_secure",
        "_server",
        "_task",
        "_untaken_bytes",
        "_writable",
        "deadline",
        "transport",
        "writing_held",
    )

    def __init__(self, server: "HttpServer") -> None:
        self._server = server
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)  # connection_made comes before all else
        self._peer = ""
        self._secure = self._proxied = False
        self.deadline = _NEVER
        # Read and not used yet: the begin of a head; what lies behind the request at work.
        self._partial: bytearray | None = None
        self._backlog = bytearray()
        # The request at work, or whose body is being gathered, and where its body goes while it arrives.
        self._request: Request | None = None
        self._framing: Framing = PLAIN
        self._gathered: Gathered | None = None
        self._body: WireBody | None = None
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        self._owes_continue = False
        self._keep = True
        # Why reading or writing rests.
        self._body_holds = self._backlog_holds = self._reading_held = self.writing_held = False
        self._writable: asyncio.Future[None] | None = None
        self._untaken_bytes = 0
        # How it ends: the client's framing is broken; it sent its last byte; we sent our last answer; it is gone.
        self._broken = self._ended = self._closing = self._lost = False
        self._dropped_bytes = 0

    # The event loop's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(WRITE_HIGH_BYTES, WRITE_LOW_BYTES)
        server = self._server
        peer = transport.get_extra_info("peername")
        self._peer = peer[0].removeprefix("::ffff:") if peer else ""
        self._secure = transport.get_extra_info("sslcontext") is not None
        self._proxied = server.proxies is not None and server.proxies.trusts(self._peer)
        self._rest()
        server.admit(self)

    def data_received(self, data: bytes) -> None:
        self._consume(data, 0)

    def eof_received(self) -> bool:
        self._ended = True
        if self._gathered is not None:
            self.refuse(S3Error("IncompleteBody.Length"))
        self._fail_body()
        # A client may close its side and wait for the answer; TLS does not know such a thing.
        return (self._busy or bool(self._backlog)) and not self._secure

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the client is gone, whatever the reason
        self._lost = self._closing = True
        self._server.forget(self)
        self._fail_body()
        self.resume_writing()
        self.deadline = _NEVER

    def pause_writing(self) -> None:
        self.writing_held = True
        self._untaken_bytes = self._count_untaken()
        self.deadline = self._server.ticks + self._server.limits.write

    def resume_writing(self) -> None:
        self.writing_held = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if not self._closing:
            if not self._busy:
                self._rest()
                self._advance()
            elif self._body is not None and self._body.awaited:
                self.await_body()
            else:
                self.deadline = _NEVER

    # The server's calls.

    def expire(self) -> None:
        """The deadline has come."""
        untaken_bytes = self._count_untaken()
        if self.writing_held or (self._closing and untaken_bytes):
            if untaken_bytes < self._untaken_bytes:
                self._untaken_bytes = untaken_bytes
                self.deadline = self._server.ticks + self._server.limits.write
            else:
                self.abort()
        elif self._closing:
            self.abort()
        elif self._busy:
            self.deadline = _NEVER
            if self._body is not None and self._body.awaited:
                self._broken = True
                self._body.fail("RequestTimeout")
        elif self._gathered is not None or (self._partial is not None and self._partial.strip()):
            self.refuse(S3Error("RequestTimeout"))
        else:
            self._close(answered=False)

    def refuse(self, error: S3Error, method: str = "GET") -> None:
        """Answer what is no request, or not one that is handled, and close."""
        self._framing = PLAIN
        self._broken = True
        try:
            sending.send(self, method, self._server.render_error(error, self._request))
        except Exception:  # noqa: BLE001 - a client that is at fault must not be answered by a hang
            _log.exception("cannot say %s", error.code)
            self.transport.write(_LAST_RESORT)
        self._close()

    def retire(self) -> None:
        """Close as soon as no request is at work."""
        if not self._busy and self._gathered is None:
            self._close(answered=self._body is not None)

    def abort(self) -> None:
        """Close now, whatever is under way."""
        self._closing = True
        self.transport.abort()

    def cancel(self) -> None:
        """Cancel the request at work."""
        if self._task is not None:
            self._task.cancel()

    # Reading.

    def _consume(self, data: bytes, at: int) -> None:
        turns = 0
        try:
            while at < len(data):
                if self._closing or self._broken:
                    self._drop(len(data) - at)
                    return
                if self._body is not None:
                    at = self._receive(self._body, data, at)
                elif self._gathered is not None:
                    at = self._gather(self._gathered, data, at)
                elif self._busy or self.writing_held or self._backlog or turns == MAX_TURNS:
                    self._shelve(data[at:], again=turns == MAX_TURNS)
                    return
                else:
                    turns += 1
                    at = self._begin(data, at)
        except S3Error as error:
            self.refuse(error)

    def _begin(self, data: bytes, at: int) -> int:
        """Read a head, and begin with its request if that has come whole; where reading stopped."""
        if self._partial is None:
            end = data.find(HEAD_END, at, at + MAX_HEAD_BYTES)
            if end < 0:
                find_end(data, at, 0)  # for what it may have against the part that is here
                self._partial = bytearray(data[at:])
                self.deadline = self._server.ticks + self._server.limits.header
                return len(data)
            raw = data[at:end]
            at = end + 4
        else:
            seen = len(self._partial)
            self._partial += data[at:]
            end = find_end(self._partial, 0, seen)
            if end < 0:
                return len(data)
            raw = bytes(self._partial[:end])
            at += end + 4 - seen
            self._partial = None
        try:
            request, framing = parse_head(raw)
        except S3Error as error:
            self.refuse(error, "HEAD" if raw.startswith(b"HEAD ") else "GET")
            return len(data)
        request.peer = self._peer
        request.secure = self._secure
        if self._secure and not self._proxied:
            request.tls_version = self._tls_version()
        if self._proxied and self._server.proxies is not None:
            self._server.proxies.believe(request)
        self._request = request
        self._framing = framing
        if framing.length == 0 and not framing.expects_continue:
            self._start(request)
            return at
        return self._begin_body(request, framing, data, at)

    def _tls_version(self) -> str:
        """``1.3``, for example."""
        return str(self.transport.get_extra_info("ssl_object").version()).removeprefix("TLSv")

    def _begin_body(self, request: Request, framing: Framing, data: bytes, at: int) -> int:
        length = framing.length
        if length is not None and not framing.expects_continue:
            if length <= len(data) - at:
                request.body = BytesBody(data[at : at + length])
                self._start(request)
                return at + length
            if length <= GATHER_BYTES:
                self._gathered = Gathered(length)
                self.await_body()
                return at
        self._owes_continue = framing.expects_continue
        self._body = request.body = body = WireBody(self, length, expected=framing.expects_continue)
        # What has come is there before anybody asks for it: a body that came with its head needs no waiting.
        if at < len(data) or body.ended:
            at = self._receive(body, data, at)
        self._start(request)
        return at

    def _gather(self, gathered: Gathered, data: bytes, at: int) -> int:
        at = gathered.feed(data, at)
        self.await_body()
        if gathered.ended:
            assert self._request is not None
            self._gathered = None
            self._request.body = BytesBody(gathered.take())
            self._start(self._request)
        return at

    def _receive(self, body: WireBody, data: bytes, at: int) -> int:
        try:
            at = body.feed(data, at)
        except S3Error as error:
            self._broken = True
            body.fail(error.reason)
            if self._request is None:  # it was answered, and only the rest of its body was to be dropped
                self._close()
            return len(data)
        if not self.writing_held:
            self.await_body()
        if body.ended:
            self._body = None
            if self._request is None:
                self._rest()
        return at

    def _shelve(self, data: bytes, *, again: bool) -> None:
        self._backlog += data
        if len(self._backlog) > SHELF_BYTES or again:
            self._backlog_holds = True
            self._steer()
        if again:
            self._server.loop.call_soon(self._advance)

    def _advance(self) -> None:
        """Go on with what was shelved."""
        if self._busy or self._lost or self.writing_held:
            return
        backlog = bytes(self._backlog)
        self._backlog.clear()
        self._backlog_holds = False
        self._steer()
        self._consume(backlog, 0)
        if self._ended and not self._backlog:
            self.retire()

    def _drop(self, count: int) -> None:
        self._dropped_bytes += count
        if self._dropped_bytes > LINGER_BYTES:
            self._backlog_holds = True
            self._steer()

    def _steer(self) -> None:
        hold = self._body_holds or self._backlog_holds
        if hold != self._reading_held and not self.transport.is_closing():
            self._reading_held = hold
            if hold:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _rest(self) -> None:
        limits = self._server.limits
        self.deadline = self._server.ticks + (limits.linger if self._server.draining else limits.idle)

    def _fail_body(self) -> None:
        if self._body is not None:
            self._body.fail("IncompleteBody" if self._body.length is None else "IncompleteBody.Length")

    # What a body asks for (body.Flow).

    def send_continue(self) -> None:
        self._owes_continue = False
        if not self._lost:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def hold_body(self, hold: bool) -> None:
        self._body_holds = hold
        self._steer()

    def await_body(self) -> None:
        self.deadline = self._server.ticks + self._server.limits.body

    # Handling.

    def _start(self, request: Request) -> None:
        self._busy = True
        self._server.in_flight += 1
        self.deadline = _NEVER
        self._task = eager.run(self._handle(request), self._server.loop)

    async def _handle(self, request: Request) -> None:
        method = request.method
        try:
            try:
                response = await self._server.application(request) if request.path != "*" else _options()
                if response.body.__class__ is bytes:
                    sending.send(self, method, response)
                else:
                    await sending.stream(self, method, response, old=self._framing.old)
            except S3Error as error:
                sending.send(self, method, self._server.render_error(error, request))
            except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the reason
                _log.exception("%s %s failed", method, request.path)
                sending.send(self, method, self._server.render_error(S3Error("InternalError"), request))
        except asyncio.CancelledError:
            self.abort()
            raise
        except Exception:  # noqa: BLE001 - as above; it was the answer itself that failed
            _log.exception("cannot answer %s %s", method, request.path)
            self._broken = True
            if not self._lost:
                self.transport.write(_LAST_RESORT)
        finally:
            self._finish()

    def _finish(self) -> None:
        """The request at work was answered, or given up."""
        self._busy = False
        self._task = self._request = None
        self._server.finished()
        if self._lost:
            return
        if self._broken or not self._keep:
            self._close()
        elif self._body is not None:
            self._body.drop()
            self.await_body()
        elif not self.writing_held:
            self._rest()
        if self._backlog or self._ended:
            # Not at once: this may be the request's own task, and the next request must not run within it.
            self._server.loop.call_soon(self._advance)

    # What sending asks for (sending.Line).

    @property
    def stamp(self) -> bytes:
        return self._server.stamp

    def settle(self, response: Response) -> str:
        framing = self._framing
        keep = framing.keep_alive and not (response.close or self._broken or self._server.draining)
        body = self._body
        if self._owes_continue:
            if body is not None:
                keep = False  # the client may send the body or not: what comes next could be read either way
            elif response.status < 300:
                self.send_continue()  # boto3 waits for it even where the body is empty
            self._owes_continue = False
        if body is not None and (body.missing is None or body.missing > UNREAD_BYTES):
            keep = False
        self._keep = keep
        if not keep:
            return "\r\nConnection: close"
        return "\r\nConnection: keep-alive" if framing.old else ""

    def is_lost(self) -> bool:
        # A transport whose send failed says so at once; connection_lost comes when whoever writes pauses.
        return self._lost or self.transport.is_closing()

    async def write_on(self) -> None:
        self._writable = self._server.loop.create_future()
        try:
            await self._writable
        finally:
            self._writable = None

    def _count_untaken(self) -> int:
        """Bytes written that the client's system has not acknowledged.

        The transport's own buffer does not tell: it shrinks only when a third of the system's, often of megabytes, is
        free again, which a slow client needs minutes for.
        """
        count = self.transport.get_write_buffer_size()
        sock = self.transport.get_extra_info("socket")
        try:
            queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        except (AttributeError, OSError, ValueError):  # closed already, or a system that does not say
            return count
        return count + int.from_bytes(queued, sys.byteorder)

    def _close(self, *, answered: bool = True) -> None:
        """Close once everything is written; after an answer, not before the client had time to read it.

        Closing a socket that has unread bytes, or that gets more, resets the connection, and a reset throws away what
        the client has not read yet (RFC 9112 section 9.6). So only our side is closed, and the client closes the other.
        """
        if self._closing:
            return
        self._closing = True
        self._untaken_bytes = self._count_untaken()
        self.deadline = self._server.ticks + self._server.limits.linger
        talks_on = self._broken or self._body is not None or bool(self._backlog)
        if self._ended or not answered or (self._secure and not talks_on):  # TLS cannot close one side
            self.transport.close()
            return
        if self._body is not None:
            self._body.drop()
        self._backlog.clear()
        self._body_holds = self._backlog_holds = False
        self._steer()
        if self.transport.can_write_eof():
            self.transport.write_eof()


def _options() -> Response:
    """``OPTIONS *`` asks about the server as a whole (RFC 9110 section 9.3.7)."""
    return Response(200, [("Allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS")])
