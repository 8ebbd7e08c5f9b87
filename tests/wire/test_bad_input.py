"""Whatever is sent (SEMANTICS.md, S7): an S3 error or a closed connection, the same whole as
byte by byte, and the server serves on."""

import asyncio
import contextlib
import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bushel.core.clock import SystemClock
from bushel.server.connection import Connection
from bushel.server.http import HttpServer
from wire.served import Peer, Told, render_error

GET = b"GET /b/k HTTP/1.1\r\nHost: h\r\n\r\n"
PUT = b"PUT /b/k HTTP/1.1\r\nHost: h\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"

BAD = {
    "no request line": (b"rubbish\r\n\r\n", 400, "BadRequest"),
    "two empty lines": (b"\r\n\r\n" + GET, 400, "BadRequest"),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400, "BadRequest"),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTPVersionNotSupported"),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "HTTPVersionNotSupported"),
    "TLS on a port without": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "BadRequest"),
    "CONNECT": (b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 405, "MethodNotAllowed"),
    "fragment": (b"GET /b/k#f HTTP/1.1\r\nHost: h\r\n\r\n", 400, "InvalidURI"),
    "fragment in an absolute target": (b"GET http://h/#f HTTP/1.1\r\nHost: h\r\n\r\n", 400, "InvalidURI"),
    "no path": (b"GET b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "InvalidURI"),
    "space in the target": (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "BadRequest"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "BadRequest"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, "BadRequest"),
    "host with a user": (b"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, "BadRequest"),
    "folded field": (PUT + b"a: b\r\n c\r\n\r\n", 400, "BadRequest"),
    "space before the colon": (PUT + b"Content-Length : 5\r\n\r\nhello", 400, "BadRequest"),
    "no colon": (PUT + b"name\r\n\r\n", 400, "BadRequest"),
    "no name": (PUT + b": value\r\n\r\n", 400, "BadRequest"),
    "NUL": (PUT + b"a: \x00\r\n\r\n", 400, "BadRequest"),
    "control character": (PUT + b"a: \x08\r\n\r\n", 400, "BadRequest"),
    "bare CR": (PUT + b"a: b\rc: d\r\n\r\n", 400, "BadRequest"),
    "bare LF": (b"GET / HTTP/1.1\nHost: h\n\n", 400, "BadRequest"),
    "bare LF once": (PUT + b"a: b\nc: d\r\n\r\n", 400, "BadRequest"),
    "head too long": (PUT + b"a: " + b"b" * 33_000, 400, "RequestHeaderSectionTooLarge"),
    "target too long": (b"GET /" + b"k" * 33_000, 400, "RequestHeaderSectionTooLarge"),
    "too many fields": (PUT + b"a: b\r\n" * 200 + b"\r\n", 400, "RequestHeaderSectionTooLarge"),
    "two lengths": (PUT + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, "BadRequest"),
    "different lengths": (PUT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400, "BadRequest"),
    "list of lengths": (PUT + b"Content-Length: 5,5\r\n\r\nhello", 400, "BadRequest"),
    "negative length": (PUT + b"Content-Length: -1\r\n\r\n", 400, "BadRequest"),
    "length that is none": (PUT + b"Content-Length: five\r\n\r\n", 400, "BadRequest"),
    "length and coding": (PUT + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", 400, "BadRequest"),
    "gzip, chunked": (PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "NotImplemented"),
    "gzip": (PUT + b"Transfer-Encoding: gzip\r\n\r\n", 501, "NotImplemented"),
    "coding in HTTP/1.0": (b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "BadRequest"),
    "other expectation": (PUT + b"Expect: wonders\r\n\r\n", 417, "ExpectationFailed"),
    "chunk size": (CHUNKED + b"x\r\n\r\n", 400, "BadRequest"),
    "chunk size with space": (CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n", 400, "BadRequest"),
    "chunk size beyond all": (CHUNKED + b"fffffffffffffffff\r\n", 400, "BadRequest"),
    "chunk ends elsewhere": (CHUNKED + b"5\r\nhello!\r\n0\r\n\r\n", 400, "BadRequest"),
    "chunk with bare LF": (CHUNKED + b"5\nhello\n0\n\n", 400, "BadRequest"),
    "chunk extension too long": (CHUNKED + b"5;" + b"x" * 300 + b"\r\nhello\r\n0\r\n\r\n", 400, "BadRequest"),
    "trailer that is none": (CHUNKED + b"5\r\nhello\r\n0\r\nx\r\n\r\n", 400, "BadRequest"),
    "trailer too long": (CHUNKED + b"0\r\n" + b"a: b\r\n" * 2000 + b"\r\n", 400, "BadRequest"),
}


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_and_the_connection_closed(serve, told, name, bytewise):
    data, status, code = BAD[name]
    served = serve(told)
    peer = served.connect().send(data + GET, bytewise=bytewise)
    answer = peer.answer()

    assert (answer.status, answer.code) == (status, code)
    assert answer.closes
    assert peer.at_end()
    assert told.bodies == []
    assert served.ask(GET).status == 200


@pytest.mark.parametrize("name", ["fragment", "two lengths", "chunk size"])
def test_requests_before_it_are_answered_first(serve, told, name):
    data, status, _ = BAD[name]
    peer = serve(told).connect().send(GET + GET + data + GET)

    assert [peer.answer().status for _ in range(3)] == [200, 200, status]
    assert peer.at_end()


def test_a_head_that_only_just_fits_is_served(serve, told):
    fields = b"a: " + b"b" * (32 * 1024 - len(PUT) - len(b"a: \r\n\r\n")) + b"\r\n\r\n"

    assert serve(told).ask(PUT + fields).status == 200


def test_a_client_that_sends_on_after_a_refusal_can_read_why(serve, told):
    """A megabyte more than the server would ever read of a head; a reset would lose the answer."""
    peer = serve(told).connect()
    peer.send(b"GET / HTTP/1.1\r\nx: " + b"y" * 2_000_000)

    assert peer.answer().code == "RequestHeaderSectionTooLarge"
    assert peer.at_end()


def test_a_refused_head_request_gets_no_body(serve, told):
    peer = serve(told).connect().send(b"HEAD /#f HTTP/1.1\r\nHost: h\r\n\r\n")

    assert peer.answer("HEAD").status == 400
    assert peer.at_end()


SHORT = st.sampled_from(
    [
        *(
            GET,
            PUT,
            CHUNKED,
            b"\r\n",
            b"\r\n\r\n",
            b"Content-Length: 5\r\n\r\n",
            b"hello",
            b"0\r\n\r\n",
            b"5\r\nhello\r\n",
        ),
        *(b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x00", b"\r", b"\n"),
        *(b"Upgrade: h2c\r\n", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
    ]
)


@pytest.fixture
def watched(serve, told, caplog):
    yield serve(told)
    assert [record for record in caplog.records if record.exc_info] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(SHORT | st.binary(max_size=30) | st.just(70_000), max_size=8), seed=st.integers(0, 1 << 32))
def test_any_bytes_get_answers_or_a_closed_connection(watched, parts, seed):
    """Sent in pieces cut at random, then the client's side is closed: the server answers what there is, and closes."""
    data = b"".join(b"x" * part if isinstance(part, int) else part for part in parts)
    assume(b"HEAD" not in data)  # its answers have no body, which only who knows the question can tell
    peer = watched.connect()
    pieces = random.Random(seed)
    at = 0
    while at < len(data):
        size = pieces.choice([1, 7, 100, 10_000])
        peer.send(data[at : at + size])
        at += size
    finish(peer)
    while peer.file.peek(1):
        assert peer.answer().status in {100, 200, 400, 405, 417, 501, 505}
    peer.close()

    assert watched.ask(GET).status == 200


def finish(peer: Peer) -> None:
    with contextlib.suppress(OSError):  # the server closed already
        peer.finish()


def test_the_application_sees_only_whole_requests(serve):
    """A body that breaks off is an error to whoever reads it, never its end."""
    told = Told()
    served = serve(told)
    for data in (
        PUT + b"Content-Length: 10\r\n\r\nhello",
        PUT + b"Content-Length: 1000000\r\n\r\nhello",
        CHUNKED + b"a\r\nhello",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n",
    ):
        answer = served.connect().send(data).finish().answer()
        assert (answer.status, answer.code) == (400, "IncompleteBody")
    assert told.bodies == []


class Transport:
    """A socket in memory."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> None:
        return None

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


async def converse(data: bytes, cuts: list[int]) -> tuple[bytes, bool, list[bytes]]:
    """What the server says to data in pieces, whether it hangs up, and the bodies that its application saw."""
    told = Told()
    server = HttpServer(told, render_error, SystemClock())
    server.stamp = b""
    connection, transport = Connection(server), Transport()
    connection.connection_made(transport)
    start = 0
    for cut in [*cuts, len(data)]:
        server.loop.call_soon(connection.data_received, data[start:cut])
        start = cut
        for _ in range(8):
            await asyncio.sleep(0)
    connection.connection_lost(None)
    await server.drain(1)
    return transport.written, transport.closed, told.bodies


@settings(max_examples=100, deadline=None)
@given(data=st.lists(SHORT | st.binary(max_size=10), max_size=6).map(b"".join))
def test_a_conversation_byte_by_byte_is_the_conversation_whole(data):
    whole = asyncio.run(converse(data, []))

    assert asyncio.run(converse(data, list(range(len(data))))) == whole
