"""Request bodies: asked for, received with bounded memory, broken off, and left unread."""

import asyncio
import contextlib
import threading

import pytest

from bushel.protocol.errors import S3Error
from bushel.protocol.message import BytesBody, Response
from bushel.server.body import HIGH_WATER_BYTES
from wire.served import Peer

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
PUT = b"PUT /b/k HTTP/1.1\r\nHost: h\r\n"
EXPECT = PUT + b"Expect: 100-continue\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


async def refuse(request):
    if request.method == "GET":
        return Response(200)
    raise S3Error("AccessDenied")


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 5_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_of_all_sizes(serve, told, size, chunked):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    if chunked:
        pieces = [body[at : at + 70_001] for at in range(0, size, 70_001)]
        data = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        data = b"Content-Length: %d\r\n\r\n" % size + body
    peer = serve(told).connect()
    sender = threading.Thread(target=peer.send, args=(PUT + data + GET,))
    sender.start()

    assert peer.answer().status == 200
    assert peer.answer().status == 200
    sender.join()
    assert told.bodies == [body, b""]
    assert told.requests[0].body.length == (None if chunked else size)


def test_a_small_body_is_there_before_the_application_is_asked(serve):
    """However slowly it came: the application never waits for it, and never sees half of it."""
    bodies = []

    async def application(request):
        bodies.append(type(request.body))
        return Response(200, [], await request.body.read())

    peer = serve(application).connect().send(PUT + b"Content-Length: 5\r\n\r\nhello", bytewise=True)

    assert peer.answer().body == b"hello"
    assert bodies == [BytesBody]


@pytest.mark.parametrize("framing", [b"Content-Length: 5\r\n\r\n", CHUNKED])
def test_100_continue_is_sent_when_the_body_is_first_read(serve, framing):
    asked = threading.Event()

    async def application(request):
        await asyncio.get_running_loop().run_in_executor(None, asked.wait)
        body = b""
        while piece := await request.body.read():
            body += piece
        return Response(200, [], body)

    peer = serve(application).connect().send(EXPECT + framing)
    peer.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        peer.sock.recv(1)
    peer.sock.settimeout(20)
    asked.set()
    assert peer.answer().status == 100
    peer.send(b"hello" if framing != CHUNKED else b"5\r\nhello\r\n0\r\n\r\n")
    assert peer.answer().body == b"hello"
    assert peer.send(GET).answer().status == 200


@pytest.mark.parametrize("framing", [b"Content-Length: 0\r\n\r\n", b"\r\n"])
@pytest.mark.parametrize("reads", [False, True])
def test_100_continue_is_sent_for_an_empty_body_too(serve, framing, reads):
    """boto3 takes an answer without it for the answer to come, and hangs on its next request."""

    async def application(request):
        if reads:
            assert await request.body.read() == b""
        return Response(200)

    peer = serve(application).connect().send(EXPECT + framing)

    assert [peer.answer().status, peer.answer().status] == [100, 200]
    assert peer.send(GET).answer().status == 200


def test_a_refusal_is_sent_instead_of_100_continue(serve):
    """And the connection closed: whether the body follows is the client's to decide, and nobody could tell."""
    peer = serve(refuse).connect().send(EXPECT + b"Content-Length: 5\r\n\r\n")
    answer = peer.answer()

    assert answer.code == "AccessDenied"
    assert answer.closes
    assert peer.at_end()


def test_a_refusal_with_an_empty_body_expected_keeps_the_connection(serve):
    peer = serve(refuse).connect().send(EXPECT + b"Content-Length: 0\r\n\r\n")

    assert peer.answer().code == "AccessDenied"
    assert peer.send(GET).answer().status == 200


def test_a_client_that_does_not_wait_for_100_continue(serve, told):
    peer = serve(told).connect().send(EXPECT + b"Content-Length: 5\r\n\r\nhello")

    assert [peer.answer().status, peer.answer().status] == [100, 200]
    assert told.bodies == [b"hello"]


def test_http_1_0_is_never_sent_100_continue(serve, told):
    peer = serve(told).connect().send(b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")

    assert peer.answer().status == 200


@pytest.mark.parametrize("framing", [b"Content-Length: 100000000\r\n\r\n", CHUNKED])
def test_an_early_refusal_closes_the_connection_and_can_be_read(serve, framing):
    """The client goes on sending into a connection that nobody reads; it finds its answer all the same."""
    peer = serve(refuse).connect().send(PUT + framing)
    sender = threading.Thread(target=lambda: [peer.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n") for _ in range(300)])
    sender.start()
    answer = peer.answer()

    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.closes
    assert peer.at_end()
    peer.sock.shutdown(2)
    sender.join()


@pytest.mark.parametrize("sent", [0, 10_000, 70_000])
def test_what_little_is_left_of_an_unread_body_is_dropped(serve, sent):
    """A body of which 64 KiB or less are still to come does not cost the connection."""
    size = 65_536 + 30_000
    peer = serve(refuse).connect().send(PUT + b"Content-Length: %d\r\n\r\n" % size + b"x" * sent)
    # The application runs when the first bytes are there, which may be fewer than were sent.
    answer = peer.answer()

    assert answer.code == "AccessDenied"
    if answer.closes:
        assert peer.at_end()
    else:
        assert peer.send(b"x" * (size - sent) + GET).answer().status == 200


def test_a_chunked_body_left_unread_that_breaks_closes_the_connection(serve):
    first = threading.Event()

    async def application(request):
        await request.body.read()
        first.set()
        raise S3Error("AccessDenied")

    peer = serve(application).connect().send(PUT + CHUNKED + b"5\r\nhello\r\n")
    answer = peer.answer()
    assert answer.closes
    peer.send(b"nonsense\r\n")
    assert peer.at_end()


def send_until_it_stands_still(peer: Peer, size: int) -> int:
    sent = 0
    peer.sock.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while sent < size:
            sent += peer.sock.send(b"x" * 100_000)
    peer.sock.settimeout(20)
    return sent


def test_a_body_that_nobody_reads_is_not_received(serve):
    """What an application does not take stays with the client: about a mebibyte is held, and no more."""
    gate = threading.Event()
    held = []

    async def application(request):
        await asyncio.get_running_loop().run_in_executor(None, gate.wait)
        held.append(request.body._held_bytes)
        size = 0
        while piece := await request.body.read():
            size += len(piece)
        return Response(200, [], b"%d" % size)

    size = 50_000_000
    peer = serve(application).connect()
    peer.send(PUT + b"Content-Length: %d\r\n\r\n" % size)
    sent = send_until_it_stands_still(peer, size)
    assert sent < size
    gate.set()
    sender = threading.Thread(target=peer.send, args=(b"x" * (size - sent),))
    sender.start()
    assert peer.answer().body == b"%d" % size
    sender.join()
    assert HIGH_WATER_BYTES < held[0] < 2 * HIGH_WATER_BYTES


@pytest.mark.parametrize(
    "data",
    [
        PUT + b"Content-Length: 5\r\n\r\nhel",
        PUT + b"Content-Length: 500000\r\n\r\nhel",
        PUT + CHUNKED + b"5\r\nhel",
        PUT + CHUNKED + b"5\r\nhello\r\n0\r",
        EXPECT + b"Content-Length: 5\r\n\r\n",
    ],
)
def test_a_body_that_stalls_is_given_up(serve, told, quick, data):
    peer = serve(told, limits=quick).connect().send(data)
    answer = peer.answer()
    if answer.status == 100:
        answer = peer.answer()

    assert (answer.status, answer.code) == (400, "RequestTimeout")
    assert answer.closes
    assert peer.at_end()
    assert told.bodies == []


def test_a_slow_body_is_not_given_up(serve, told, quick):
    """Time is counted from byte to byte."""
    peer = serve(told, limits=quick).connect().send(PUT + b"Content-Length: 100000\r\n\r\n")
    for _ in range(10):
        threading.Event().wait(0.08)
        peer.send(b"x" * 10_000)

    assert peer.answer().status == 200


def test_a_slow_application_is_not_the_clients_fault(serve, quick):
    async def application(request):
        await request.body.read()
        await asyncio.sleep(1)
        return Response(200, [], b"%d" % len(await request.body.read()))

    peer = serve(application, limits=quick).connect().send(PUT + b"Content-Length: 100000\r\n\r\n" + b"x" * 50_000)
    threading.Event().wait(0.5)
    peer.send(b"x" * 50_000)

    assert peer.answer().status == 200


@pytest.mark.parametrize("data", [PUT + b"Content-Length: 500000\r\n\r\nhello", PUT + CHUNKED + b"5\r\nhel"])
def test_a_client_that_goes_away_is_an_error_to_who_reads(serve, data):
    seen = []
    done = threading.Event()

    async def application(request):
        try:
            while await request.body.read():
                pass
        except S3Error as error:
            seen.append(error.code)
            with pytest.raises(S3Error):
                await request.body.read()
            raise
        finally:
            done.set()
        return Response(200)

    peer = serve(application).connect().send(data)
    peer.close()

    assert done.wait(10)
    assert seen == ["IncompleteBody"]


def test_a_client_that_goes_away_does_not_disturb_what_has_begun(serve):
    """A request that has its body runs to its end: a commit is not torn because nobody waits for its answer."""
    begun, gone, done = threading.Event(), threading.Event(), threading.Event()

    async def application(request):
        loop = asyncio.get_running_loop()
        begun.set()
        await loop.run_in_executor(None, gone.wait)
        await asyncio.sleep(0.05)
        done.set()
        return Response(200, [], b"nobody reads this")

    served = serve(application)
    peer = served.connect().send(GET)
    assert begun.wait(10)
    peer.close()
    gone.set()

    assert done.wait(10)
    assert served.ask(GET).status == 200


def test_in_flight_requests_are_counted(serve):
    gate = threading.Event()

    async def application(request):
        await asyncio.get_running_loop().run_in_executor(None, gate.wait)
        return Response(200)

    served = serve(application)
    peers = [served.connect().send(GET) for _ in range(3)]
    while served.http.in_flight < 3:
        threading.Event().wait(0.01)
    gate.set()
    assert [peer.answer().status for peer in peers] == [200] * 3
    while served.http.in_flight:
        threading.Event().wait(0.01)
