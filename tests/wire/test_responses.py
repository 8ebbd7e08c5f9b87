"""Bodies that are made while they are sent, and clients that take their time."""

import asyncio
import socket
import threading

import pytest

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Response
from bushel.server.http import Limits

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
PIECE = bytes(range(256)) * 1024


class Pieces:
    """A body that remembers how far it was taken."""

    def __init__(self, *pieces: bytes | Exception, wait: bool = False) -> None:
        self.pieces = pieces
        self.wait = wait
        self.taken = 0
        self.closed = threading.Event()

    async def __call__(self):
        try:
            for piece in self.pieces:
                if self.wait:
                    await asyncio.sleep(0)
                if isinstance(piece, Exception):
                    raise piece
                self.taken += 1
                yield piece
        finally:
            self.closed.set()


def answering(pieces: Pieces, length: int | None = None, **options):
    async def application(request):
        headers = [] if length is None else [("Content-Length", str(length))]
        return Response(200, headers, pieces(), **options)

    return application


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_a_streamed_body(serve, wait, count):
    pieces = Pieces(*[PIECE] * count, wait=wait)
    peer = serve(answering(pieces, count * len(PIECE))).connect()

    for _ in range(2):
        assert peer.send(GET).answer().body == PIECE * count
    assert pieces.closed.is_set()


@pytest.mark.parametrize("wait", [False, True])
def test_a_body_of_unknown_length_is_sent_in_chunks(serve, wait):
    peer = serve(answering(Pieces(b" ", b"", b"hello", wait=wait))).connect()

    for _ in range(2):
        answer = peer.send(GET).answer()
        assert answer.body == b" hello"
        assert "content-length" not in answer.headers


def test_http_1_0_gets_a_body_of_unknown_length_until_the_end(serve):
    peer = serve(answering(Pieces(b"a", b"b"))).connect().send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = peer.answer()

    assert answer.body == b"ab"
    assert answer.closes


def test_head_does_not_touch_the_body(serve):
    pieces = Pieces(PIECE)
    answer = serve(answering(pieces, len(PIECE))).connect().send(GET.replace(b"GET", b"HEAD")).answer("HEAD")

    assert answer.headers["content-length"] == str(len(PIECE))
    assert pieces.taken == 0


@pytest.mark.parametrize(
    ("error", "code"), [(S3Error("NoSuchKey"), "NoSuchKey"), (ValueError("secret"), "InternalError")]
)
@pytest.mark.parametrize("wait", [False, True])
def test_what_fails_before_the_first_piece_is_answered(serve, caplog, wait, error, code):
    peer = serve(answering(Pieces(error, wait=wait), 5)).connect()

    assert peer.send(GET).answer().code == code
    assert peer.send(GET).answer().code == code


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize(
    ("pieces", "length"),
    [
        ([b"hello", ValueError("torn")], 10),
        ([b"hello", S3Error("InternalError")], None),
        ([b"hello"], 6),
        ([b"hello", b"world"], 9),
        ([b""], 1),
        ([], 1),
    ],
)
def test_what_fails_later_closes_the_connection(serve, caplog, wait, pieces, length):
    """The client sees that it has not got all."""
    served = serve(answering(Pieces(*pieces, wait=wait), length))
    peer = served.connect().send(GET + GET)

    with pytest.raises((AssertionError, ConnectionResetError, ValueError)):
        peer.answer()
    assert "broke off" in caplog.text
    assert served.connect().send(GET.replace(b"GET", b"HEAD")).answer("HEAD").status == 200


def test_a_slow_reader_holds_the_body_back(serve):
    """Pieces are made as they are taken: some are on their way, and never all."""
    pieces = Pieces(*[PIECE] * 60, wait=True)
    peer = serve(answering(pieces, 60 * len(PIECE))).connect(receive_bytes=65536).send(GET)
    seen = -1
    while seen != pieces.taken:
        seen = pieces.taken
        threading.Event().wait(0.3)

    assert pieces.taken < 30
    assert peer.answer().body == PIECE * 60


def test_a_slow_reader_of_a_large_body_of_bytes(serve):
    body = PIECE * 30

    async def application(request):
        return Response(200, [], body)

    peer = serve(application).connect(receive_bytes=65536).send(GET + GET)
    threading.Event().wait(0.3)

    assert peer.answer().body == body
    assert peer.answer().body == body


def test_a_reader_that_stops_is_given_up(serve, quick):
    pieces = Pieces(*[PIECE] * 200, wait=True)
    peer = serve(answering(pieces, 200 * len(PIECE)), limits=quick).connect(receive_bytes=4096).send(GET)

    assert pieces.closed.wait(10)
    with pytest.raises((AssertionError, ConnectionResetError)):
        peer.answer()


def test_a_reader_that_stops_after_the_last_byte_was_written_is_given_up(serve, quick):
    async def application(request):
        return Response(200, [], PIECE * 3)

    served = serve(application, limits=quick)
    peer = served.connect(receive_bytes=4096).send(GET * 50)
    assert peer.sock.recv(1, socket.MSG_PEEK)
    while served.http.connections:
        threading.Event().wait(0.02)


def test_a_reader_that_is_slow_but_steady_is_not_given_up(serve):
    """Whatever it takes counts, also while the system's own buffers are not empty enough to take more of ours."""
    size = 12_000_000
    body = b"x" * size

    async def application(request):
        return Response(200, [], body)

    limits = Limits(write_seconds=1, tick_seconds=0.05)
    peer = serve(application, limits=limits).connect(receive_bytes=65536).send(GET)
    while peer.file.readline() != b"\r\n":
        pass
    for _ in range(15):
        threading.Event().wait(0.2)
        assert peer.file.read(40_000) == body[:40_000]
    assert len(peer.file.read(size - 15 * 40_000)) == size - 15 * 40_000


@pytest.mark.parametrize("wait", [False, True])
def test_a_reader_that_goes_away_ends_the_body(serve, caplog, wait):
    pieces = Pieces(*[PIECE] * 2000, wait=wait)
    served = serve(answering(pieces, 2000 * len(PIECE)))
    peer = served.connect(receive_bytes=4096).send(GET)
    peer.sock.recv(1)
    peer.close()

    assert pieces.closed.wait(10)
    assert pieces.taken < 2000
    while served.http.in_flight:
        threading.Event().wait(0.01)
    assert caplog.records == []
