"""A server of sockets that follows a script: what it answers, when it hangs up, what it says that is not HTTP.

Each element of the script serves one request, on whichever connection it comes. What must not be here: S3.
"""

import socket
import threading
import time
from typing import NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What is sent for a request.

    Attributes:
        raw: The octets.
        close: Hang up afterwards.
        reset: Hang up without ceremony, so that the peer sees a reset.
        before_body: Answer as soon as the head is there, and read no body.
        silent_seconds: Wait so long before anything is sent, or until the server ends.
        early: Sent before the rest, then a pause in which the rest is awaited (100 Continue).
    """

    raw: bytes = b""
    close: bool = False
    reset: bool = False
    before_body: bool = False
    silent_seconds: float = 0


def reply(status: int, body: bytes = b"", close: bool = False, before_body: bool = False, **headers: str) -> Answer:
    """A well-formed answer."""
    fields = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return Answer(head.encode("latin-1") + b"\r\n" + body, close=close, before_body=before_body)


def refusal(status: int, code: str, message: str = "No.", *, detail: str = "", **headers: str) -> Answer:
    """An S3 error."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message>{detail}<RequestId>R1</RequestId></Error>"
    return reply(status, body.encode(), content_type="application/xml", **headers)


class ScriptedServer:
    """Serves the script on a port of 127.0.0.1; after its end every request is answered 500.

    Attributes:
        asked: The requests that came, in order.
        connections: How many were made.
    """

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.asked: list[Asked] = []
        self.connections = 0
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        for each in self._open:
            _hang_up(each)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            held = b""
            while True:
                while b"\r\n\r\n" not in held:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    held += piece
                head, _, held = held.partition(b"\r\n\r\n")
                line, *fields = head.decode("latin-1").split("\r\n")
                method, target, _ = line.split(" ")
                headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
                with self._lock:
                    answer = self._answers.pop(0) if self._answers else reply(500)
                body = b""
                if not answer.before_body:
                    if headers.get("expect") == "100-continue":
                        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    length = int(headers.get("content-length", "0"))
                    while len(held) < length:
                        piece = connection.recv(1 << 20)
                        if not piece:
                            return
                        held += piece
                    body, held = held[:length], held[length:]
                with self._lock:
                    self.asked.append(Asked(method, target, headers, body))
                if answer.silent_seconds:
                    self._stopped.wait(answer.silent_seconds)
                if answer.reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    connection.close()
                    return
                connection.sendall(answer.raw)
                if answer.close or answer.before_body:
                    connection.shutdown(socket.SHUT_WR)
                    time.sleep(0)
                    while connection.recv(1 << 20):
                        pass
                    return
        except OSError:
            return
        finally:
            connection.close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
