"""The HTTP/1.1 server of one process: its connections, its limits, its clock, and how it stops.

It makes a Request of what clients send, hands it to the application and sends the Response. What must not be here: S3,
sockets' addresses (``listener``), processes (``supervisor``).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from bushel.core.clock import Clock
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.server.answer import stamp
from bushel.server.connection import Connection
from bushel.server.proxy import TrustedProxies

Application = Callable[[Request], Coroutine[Any, Any, Response]]
RenderError = Callable[[S3Error, Request | None], Response]
"""Makes the answer of an error; the request is ``None`` where its head could not be read."""

_SPARE_CONNECTIONS: Final = 64
"""Connections beyond the limit that are still told so, and not just cut."""

_ARRIVAL_SECONDS: Final = 0.01
"""For requests to be read that have arrived already, so that their connections do not count as idle."""

_CANCEL_SECONDS: Final = 5
"""For cancelled requests to clean up behind themselves."""

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much. Times are kept to within ``tick_seconds``.

    Attributes:
        connections: At once, in this process.
        header_seconds: From a head's first byte to its last.
        idle_seconds: Between requests.
        body_seconds: Without a byte of a body that is waited for.
        write_seconds: Without a byte taken by a client that has responses to read.
        linger_seconds: For a client to read the last response after it was sent.
        handshake_seconds: For TLS to begin.
        tick_seconds: Between two looks at the clock.
    """

    connections: int = 4096
    header_seconds: float = 30
    idle_seconds: float = 60
    body_seconds: float = 60
    write_seconds: float = 60
    linger_seconds: float = 2
    handshake_seconds: float = 10
    tick_seconds: float = 1


class Ticks:
    """``Limits`` in ticks, one more each, because the first one is not whole."""

    __slots__ = ("body", "header", "idle", "linger", "write")

    def __init__(self, limits: Limits) -> None:
        self.header, self.idle, self.body, self.write, self.linger = (
            round(seconds / limits.tick_seconds) + 1
            for seconds in (
                limits.header_seconds,
                limits.idle_seconds,
                limits.body_seconds,
                limits.write_seconds,
                limits.linger_seconds,
            )
        )


class HttpServer:
    """Serves an application on sockets that listen. Must be made within a running event loop.

    Attributes:
        in_flight: Requests at work.
        connections: Those that are open.
        ticks: Looks at the clock so far, which is what deadlines are counted in.
        draining: No new connections, and no second request on an old one.
    """

    def __init__(
        self,
        application: Application,
        render_error: RenderError,
        clock: Clock,
        *,
        limits: Limits | None = None,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self.application = application
        self.render_error = render_error
        self.proxies = proxies
        self.loop = asyncio.get_running_loop()
        self.connections: set[Connection] = set()
        self.in_flight = 0
        self.ticks = 0
        self.draining = False
        self._all_limits = limits or Limits()
        self.limits = Ticks(self._all_limits)
        self._clock = clock
        self.stamp = stamp(clock.now_ns())
        self._listening: list[asyncio.Server] = []
        self._gone: asyncio.Event = asyncio.Event()
        self._timer = self.loop.call_later(self._all_limits.tick_seconds, self._tick)

    async def listen(self, sock: socket.socket, tls: ssl.SSLContext | None = None, *, backlog: int = 1024) -> None:
        """Serve the connections of a bound socket, which belongs to the server from now on."""
        handshake_seconds = self._all_limits.handshake_seconds if tls is not None else None
        self._listening.append(
            await self.loop.create_server(
                lambda: Connection(self), sock=sock, ssl=tls, backlog=backlog, ssl_handshake_timeout=handshake_seconds
            )
        )

    def admit(self, connection: Connection) -> None:
        """Take a connection on, or tell it that there is no room; if there is too little even for that, cut it."""
        self.connections.add(connection)
        excess = len(self.connections) - self._all_limits.connections
        if excess > _SPARE_CONNECTIONS:
            connection.abort()
        elif excess > 0:
            connection.refuse(S3Error("SlowDown"))

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._check_gone()

    def finished(self) -> None:
        """A request was answered."""
        self.in_flight -= 1
        if self.draining:
            self._check_gone()

    async def drain(self, seconds: float) -> None:
        """Stop: let requests at work finish for so long, then cancel them and close what is open."""
        self.draining = True
        for listening in self._listening:
            listening.close()
        await asyncio.sleep(_ARRIVAL_SECONDS)
        for connection in list(self.connections):
            connection.retire()
        self._check_gone()
        if not await self._all_gone(seconds):
            _log.warning("%d requests did not finish within %g s", self.in_flight, seconds)
            for connection in list(self.connections):
                connection.cancel()
                connection.abort()
            if not await self._all_gone(_CANCEL_SECONDS):
                _log.error("%d requests could not be cancelled", self.in_flight)
        self._timer.cancel()

    async def _all_gone(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._gone.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _check_gone(self) -> None:
        if self.draining and not self.connections and not self.in_flight:
            self._gone.set()

    def _tick(self) -> None:
        self._timer = self.loop.call_later(self._all_limits.tick_seconds, self._tick)
        self.ticks += 1
        self.stamp = stamp(self._clock.now_ns())
        now = self.ticks
        for connection in [connection for connection in self.connections if connection.deadline <= now]:
            try:
                connection.expire()
            except Exception:  # noqa: BLE001 - one connection must not stop the clock of all
                _log.exception("cannot end a connection in good order")
                connection.abort()
