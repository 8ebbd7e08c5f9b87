"""Time and number: what a client may keep for how long, and how a server stops."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from bushel.protocol.message import Response
from bushel.server.http import Limits

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


async def hello(request):
    return Response(200, [], b"hello")


def wait_until(fact) -> None:
    until = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def is_refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, 5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("data", [b"", GET, GET + b"\r\n"])
def test_an_idle_connection_is_closed_without_a_word(serve, quick, data):
    peer = serve(hello, limits=quick).connect().send(data)
    if data:
        assert peer.answer().status == 200

    assert peer.at_end()


@pytest.mark.parametrize("data", [b"G", GET[:-1], GET + GET[:10]])
def test_a_head_that_does_not_come_to_its_end(serve, quick, data):
    peer = serve(hello, limits=quick).connect().send(data)
    if data.startswith(GET):
        assert peer.answer().status == 200
    answer = peer.answer()

    assert (answer.status, answer.code) == (400, "RequestTimeout")
    assert answer.closes
    assert peer.at_end()


def test_a_head_has_a_time_for_all_of_it(serve, quick):
    """A byte now and then does not prolong it: that is how one client would hold thousands of connections."""
    peer = serve(hello, limits=quick).connect()
    began = time.monotonic()
    while time.monotonic() - began < 10:
        peer.send(b"a")
        peer.sock.settimeout(0.05)
        try:
            if peer.sock.recv(1):
                break
        except TimeoutError:
            continue
    assert time.monotonic() - began < 2


def test_a_request_may_take_longer_than_all_of_these(serve, quick):
    async def application(request):
        await asyncio.sleep(1)
        return Response(200)

    assert serve(application, limits=quick).ask(GET).status == 200


def test_connections_beyond_the_limit_are_told_so(serve):
    served = serve(hello, limits=Limits(connections=2))
    first, second = served.connect().send(GET), served.connect().send(GET)
    assert [first.answer().status, second.answer().status] == [200, 200]

    third = served.connect().send(GET)
    answer = third.answer()
    assert (answer.status, answer.code) == (503, "SlowDown")
    assert answer.closes
    assert third.at_end()

    first.close()
    third.close()
    wait_until(lambda: len(served.http.connections) == 1)
    assert served.ask(GET).status == 200


def test_far_beyond_it_they_are_cut(serve):
    served = serve(hello, limits=Limits(connections=1, linger_seconds=300))
    peers = [served.connect() for _ in range(100)]
    wait_until(lambda: len(served.http.connections) <= 65)

    answers = 0
    for peer in peers:
        peer.send(GET)
        with contextlib.suppress(AssertionError, ConnectionResetError):
            answers += peer.answer().status in {200, 503}
    assert 1 <= answers <= 65


def test_a_client_that_never_reads_its_refusal_is_let_go(serve, quick):
    served = serve(hello, limits=quick)
    peer = served.connect().send(b"rubbish\r\n\r\n")
    assert peer.sock.recv(1, socket.MSG_PEEK)
    wait_until(lambda: not served.http.connections)


def test_stopping_closes_idle_connections_and_takes_no_more(serve):
    served = serve(hello)
    peer = served.connect().send(GET)
    assert peer.answer().status == 200
    served.stop()

    assert peer.at_end()
    wait_until(lambda: is_refused(served.address))


def test_stopping_answers_what_has_arrived(serve):
    """A request that was sent before is not mistaken for an idle connection."""
    served = serve(hello)
    peers = [served.connect() for _ in range(20)]
    for peer in peers:
        assert peer.send(GET).answer().status == 200
    sent = threading.Event()
    served.loop.call_soon_threadsafe(lambda: sent.wait(10) and served.stopping.set())
    for peer in peers:
        peer.send(GET)
    sent.set()  # only now the loop goes on, with the signal first

    assert [peer.answer().status for peer in peers] == [200] * 20
    assert all(peer.at_end() for peer in peers)


def test_stopping_lets_requests_finish_and_closes_their_connections(serve):
    gate, begun = threading.Event(), threading.Event()

    async def application(request):
        begun.set()
        await asyncio.get_running_loop().run_in_executor(None, gate.wait)
        return Response(200, [], b"finished")

    served = serve(application)
    peer = served.connect().send(GET + GET)
    assert begun.wait(10)
    served.stop()
    wait_until(lambda: served.http.draining)
    gate.set()
    answer = peer.answer()

    assert answer.body == b"finished"
    assert answer.closes
    assert peer.at_end()


def test_stopping_lets_bodies_finish_both_ways(serve):
    begun, gate = threading.Event(), threading.Event()

    async def application(request):
        size = len(await request.body.read())
        begun.set()
        while piece := await request.body.read():
            size += len(piece)

        async def pieces():
            for _ in range(100):
                yield b"x" * 100_000

        return Response(200, [("Content-Length", "10000000"), ("x-size", str(size))], pieces())

    served = serve(application)
    peer = served.connect().send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50_000)
    assert begun.wait(10)
    served.stop()
    wait_until(lambda: served.http.draining)
    peer.send(b"x" * 50_000)
    gate.set()
    answer = peer.answer()

    assert answer.headers["x-size"] == "100000"
    assert len(answer.body) == 10_000_000
    assert peer.at_end()


def test_stopping_cancels_what_does_not_finish(serve, caplog):
    seen = []
    begun = threading.Event()

    async def application(request):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            await asyncio.sleep(0)
            seen.append("cleaned up")
            raise

    served = serve(application, drain_seconds=0.2)
    peer = served.connect().send(GET)
    assert begun.wait(10)
    served.end()

    assert seen == ["cancelled", "cleaned up"]
    assert peer.sock.fileno() == -1
    assert "did not finish" in caplog.text
