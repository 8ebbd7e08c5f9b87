"""Connections by origin: made, kept, given back, timed; and the transport that requests go through.

What must not be here: trying again (``session``), what a request means.
"""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bushel.client.errors import CannotConnect, CertificateError, ConnectionLost, TransportError
from bushel.client.http.connection import Body, Connection, Origin, Reply
from bushel.client.http.proxies import Proxy, proxy_for

if TYPE_CHECKING:
    import ssl

_TICK_SECONDS: Final = 0.5
_CLOSING_TURNS: Final = 3


class Answer(Protocol):
    """An answer whose body is still to be read.

    Attributes:
        headers: By lower-case name.
    """

    status: int
    headers: dict[str, str]

    async def read(self) -> bytes:
        """The next piece of the body, ``b""`` at its end. Raises TransportError."""

    def discard(self) -> None:
        """Read no further. Must be called, or the body read to its end."""


class Transport(Protocol):
    """What brings requests to a server."""

    async def send(
        self, origin: Origin, method: str, target: str, headers: Mapping[str, str], body: Body, *, expect: bool = False
    ) -> Answer:
        """Send a request; returns with the head of its answer. ``host`` is among the headers.

        Args:
            origin: Where to.
            method: Upper case.
            target: Path and query, encoded.
            headers: By lower-case name.
            body: Pieces that are here, or that come.
            expect: Have the server say that it wants the body before it is sent.

        Raises:
            TransportError: No answer came.
        """

    async def close(self) -> None:
        """Close what is open."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long things may take.

    Attributes:
        connect_seconds: For a connection, TLS and proxy included.
        stall_seconds: Without a byte from the server, or a byte taken by it.
        idle_seconds: That a connection is kept for another request. Less than servers do (AWS closes after 20 s or so).
    """

    connect_seconds: float = 10
    stall_seconds: float = 60
    idle_seconds: float = 15


class HttpTransport:
    """Requests over TCP and TLS. Belongs to the event loop that first sends.

    Args:
        environ: Where proxies are named.
        connections: Most at once; further requests wait.
        timeouts: How long things may take.
        verify: Check certificates.
        ca_bundle: File of the certificates to trust instead of the system's.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        connections: int = 64,
        timeouts: Timeouts | None = None,
        verify: bool = True,
        ca_bundle: str | None = None,
    ) -> None:
        self._environ = environ
        self._timeouts = timeouts or Timeouts()
        self._verify = verify
        self._ca_bundle = ca_bundle
        self._tls: ssl.SSLContext | None = None
        self._idle: dict[Origin, list[Connection]] = {}
        self._busy: set[Connection] = set()
        self._free = connections
        self._waiting: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._proxies: dict[Origin, Proxy | None] = {}
        self._closed = False

    async def send(
        self, origin: Origin, method: str, target: str, headers: Mapping[str, str], body: Body, *, expect: bool = False
    ) -> Reply:
        proxy = self._proxy(origin)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        if proxy is not None and origin.scheme == "http":
            target = f"http://{origin.authority}{target}"
            if proxy.authorization is not None:
                lines.append(f"proxy-authorization: {proxy.authorization}")
        if expect:
            lines.append("expect: 100-continue")
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or "\0" in text:
            raise ValueError("a header field has a line break in it")
        raw = f"{method} {target} HTTP/1.1\r\n{text}\r\n\r\n".encode("latin-1")
        connection = await self._acquire(origin, proxy)
        fresh = not connection.used
        connection.on_end = self._give_back
        try:
            return await connection.exchange(method, raw, body, expect=expect)
        except ConnectionLost as problem:
            if not fresh:
                problem.safe = True  # closed by the server while it was idle, almost always
            raise

    async def close(self) -> None:
        self._closed = True
        connections = [each for kept in self._idle.values() for each in kept] + list(self._busy)
        self._idle.clear()
        for connection in connections:
            connection.fail(TransportError("the client was closed"))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # For the event loop to close the sockets: it is told in one turn, does it in the next, and tells in a third.
        for _ in range(_CLOSING_TURNS):
            await asyncio.sleep(0)

    # --- which connection -----------------------------------------------------------------------------------------

    async def _acquire(self, origin: Origin, proxy: Proxy | None) -> Connection:
        if self._closed:
            raise TransportError("the client is closed", safe=True)
        loop = asyncio.get_running_loop()
        while not self._free:
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                await turn
            except BaseException:
                if turn.done() and not turn.cancelled():
                    self._wake()
                raise
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        self._free -= 1
        kept = self._idle.get(origin)
        while kept:
            connection = kept.pop()
            if connection.usable and loop.time() - connection.idle_since < self._timeouts.idle_seconds:
                self._busy.add(connection)
                return connection
            connection.close()
        try:
            connection = await self._connect(loop, origin, proxy)
        except BaseException:
            self._free += 1
            self._wake()
            raise
        self._busy.add(connection)
        if self._timer is None:
            self._timer = loop.call_later(_TICK_SECONDS, self._tick, loop)
        return connection

    def _give_back(self, connection: Connection) -> None:
        self._free += 1
        self._busy.discard(connection)
        origin = connection.origin
        if connection.usable and not self._closed:
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.close()
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self._free:
            turn = self._waiting.pop(0)
            if not turn.done():
                turn.set_result(None)
                return

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [each for each in self._busy if each.deadline <= now]:
            connection.expire()
        for kept in self._idle.values():
            for connection in [each for each in kept if now - each.idle_since >= self._timeouts.idle_seconds]:
                kept.remove(connection)
                connection.close()
        alive = self._busy or any(self._idle.values())
        self._timer = loop.call_later(_TICK_SECONDS, self._tick, loop) if alive else None

    # --- making one -----------------------------------------------------------------------------------------------

    def _proxy(self, origin: Origin) -> Proxy | None:
        if origin not in self._proxies:
            self._proxies[origin] = proxy_for(origin.scheme, origin.host, self._environ)
        return self._proxies[origin]

    async def _connect(self, loop: asyncio.AbstractEventLoop, origin: Origin, proxy: Proxy | None) -> Connection:
        host, port = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
        try:
            async with asyncio.timeout(self._timeouts.connect_seconds):
                if proxy is not None and origin.scheme == "https":
                    return await self._tunnel(loop, origin, proxy)
                tls = self._tls_context() if origin.scheme == "https" else None
                _, connection = await loop.create_connection(
                    lambda: self._connection(loop, origin),
                    host,
                    port,
                    ssl=tls,
                    server_hostname=origin.host if tls is not None else None,
                )
                return connection
        except TimeoutError:
            seconds = self._timeouts.connect_seconds
            raise CannotConnect(f"{host}:{port} did not answer within {seconds:g} s", safe=True) from None
        except OSError as problem:
            raise _connect_problem(problem, host, port) from problem

    def _connection(self, loop: asyncio.AbstractEventLoop, origin: Origin) -> Connection:
        return Connection(loop, origin, self._timeouts.stall_seconds)

    async def _tunnel(self, loop: asyncio.AbstractEventLoop, origin: Origin, proxy: Proxy) -> Connection:
        """A connection through a proxy that only sees where it goes (RFC 9110 section 9.3.6)."""
        _, outer = await loop.create_connection(lambda: self._connection(loop, origin), proxy.host, proxy.port)
        name = f"[{origin.host}]" if ":" in origin.host else origin.host
        lines = [f"CONNECT {name}:{origin.port} HTTP/1.1", f"host: {name}:{origin.port}"]
        if proxy.authorization is not None:
            lines.append(f"proxy-authorization: {proxy.authorization}")
        try:
            head = await outer.exchange(
                "CONNECT", ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), (), expect=False
            )
            if head.status != 200:
                raise CannotConnect(f"the proxy {proxy.host}:{proxy.port} answered {head.status}", safe=True)
            return await outer.start_tls(self._tls_context(), origin.host)
        except BaseException:
            outer.close()
            raise

    def _tls_context(self) -> "ssl.SSLContext":
        if self._tls is None:
            import ssl  # noqa: PLC0415 - takes 10 ms, and plain HTTP needs none of it

            try:
                context = ssl.create_default_context(cafile=self._ca_bundle)
            except (OSError, ssl.SSLError) as problem:
                raise CertificateError(f"{self._ca_bundle}: {problem}", safe=True) from None
            if not self._verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._tls = context
        return self._tls


def _connect_problem(problem: OSError, host: str, port: int) -> TransportError:
    if type(problem).__module__ == "ssl":
        if type(problem).__name__ == "SSLCertVerificationError":
            reason = getattr(problem, "verify_message", "") or str(problem)
            return CertificateError(f"the certificate of {host}:{port} is not trusted: {reason}", safe=True)
        return CannotConnect(f"no TLS with {host}:{port}: {getattr(problem, 'reason', None) or problem}", safe=True)
    if isinstance(problem, socket.gaierror):
        return CannotConnect(f"there is no host {host}: {problem.strerror}", safe=True)
    return CannotConnect(f"cannot connect to {host}:{port}: {problem.strerror or problem}", safe=True)


__all__ = ["Answer", "HttpTransport", "Origin", "Timeouts", "Transport"]
