"""A server with an application of the test's own, and clients that say exactly what the test wants said.

The server's event loop runs in a thread.
"""

import asyncio
import contextlib
import re
import socket
import threading
from typing import NamedTuple

import uvloop

from bushel.core.clock import SystemClock
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.server.http import Application, HttpServer

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.SelectorEventLoop}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """S3's error code."""
        found = re.search(rb"<Code>(\w+)</Code>", self.body)
        assert found, self
        return found[1].decode()

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


class Peer:
    """A client's end of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(20)
        self.file = sock.makefile("rb")

    def send(self, data: bytes, *, bytewise: bool = False) -> "Peer":
        """Send; a server that hangs up early is not the client's mistake."""
        try:
            if bytewise:
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for octet in data:
                    self.sock.sendall(bytes([octet]))
            else:
                self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def finish(self) -> "Peer":
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def answer(self, method: str = "GET") -> Answer:
        status_line = self.file.readline()
        assert re.fullmatch(rb"HTTP/1\.1 \d{3} [\x20-\x7e]*\r\n", status_line), status_line
        status = int(status_line[9:12])
        headers: dict[str, str] = {}
        while (line := self.file.readline()) != b"\r\n":
            name, _, value = line.decode("latin-1").removesuffix("\r\n").partition(": ")
            assert name.lower() not in headers, f"{name} is sent twice"
            headers[name.lower()] = value
        if status < 200 or status in {204, 304} or method == "HEAD":
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        if "content-length" in headers:
            length = int(headers["content-length"])
            body = self.file.read(length)
            assert len(body) == length, "the body broke off"
        else:
            body = self.file.read()
        return Answer(status, headers, body)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.file.readline(), 16):
            piece = self.file.read(size)
            assert len(piece) == size, "the body broke off"
            assert self.file.readline() == b"\r\n"
            body += piece
        assert self.file.readline() == b"\r\n"
        return body

    def at_end(self) -> bool:
        """The server closed the connection, having said nothing more."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.file.close()
        self.sock.close()


class Served:
    """A server that runs."""

    def __init__(self, application: Application, loop: str, **options) -> None:
        self.application = application
        self._loop_name = loop
        self._options = options
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="served")
        self._peers: list[Peer] = []
        self._thread.start()
        assert self._started.wait(20)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=LOOPS[self._loop_name]) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        sock = socket.create_server(("127.0.0.1", 0))
        self.address = sock.getsockname()
        tls = self._options.pop("tls", None)
        self.drain_seconds = self._options.pop("drain_seconds", 5)
        self.http = HttpServer(self.application, render_error, SystemClock(), **self._options)
        await self.http.listen(sock, tls)
        self._started.set()
        await self.stopping.wait()
        await self.http.drain(self.drain_seconds)

    def connect(self, *, receive_bytes: int | None = None) -> Peer:
        sock = socket.socket()
        if receive_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.connect(self.address)
        self._peers.append(Peer(sock))
        return self._peers[-1]

    def ask(self, data: bytes, *, bytewise: bool = False) -> Answer:
        return self.connect().send(data, bytewise=bytewise).answer()

    def stop(self) -> None:
        """As SIGTERM does it."""
        with contextlib.suppress(RuntimeError):  # it has stopped, and closed its loop
            self.loop.call_soon_threadsafe(self.stopping.set)

    def end(self) -> None:
        for peer in self._peers:
            peer.close()
        if self._thread.is_alive():
            self.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()


def render_error(error: S3Error, request: Request | None) -> Response:
    body = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>".encode()
    return Response(error.status, [("Content-Type", "application/xml"), *error.headers], body)


class Told:
    """An application that says what it was asked, and keeps it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []

    async def __call__(self, request: Request) -> Response:
        body = b""
        while piece := await request.body.read():
            body += piece
        self.requests.append(request)
        self.bodies.append(body)
        text = f"{request.method} {request.path}?{request.query} {len(body)}"
        return Response(200, [("Content-Type", "text/plain")], text.encode())
