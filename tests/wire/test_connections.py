"""Connections: kept, pipelined, closed, and how heads and bodies of answers are framed."""

import threading

import pytest

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Response
from bushel.server.connection import MAX_TURNS

GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
PUT = b"PUT /b/k HTTP/1.1\r\nHost: h\r\n"


async def hello(request):
    return Response(200, [("ETag", '"e"')], b"hello")


def test_the_application_gets_what_the_client_sent(serve, told):
    peer = serve(told).connect().send(b"PUT /b/k%20?a=b HTTP/1.1\r\nHost: H:80\r\nContent-Length: 5\r\n\r\nhello")

    assert peer.answer().body == b"PUT /b/k%20?a=b 5"
    request = told.requests[0]
    assert (request.host, request.peer, request.secure) == ("h:80", "127.0.0.1", False)


def test_a_connection_is_kept(serve, told):
    peer = serve(told).connect()
    for number in range(3):
        answer = peer.send(GET % number).answer()
        assert answer.body == b"GET /%d? 0" % number
        assert "connection" not in answer.headers


def test_every_answer_has_a_date_and_a_server(serve):
    headers = serve(hello).ask(GET % 1).headers

    assert headers["server"] == "Bushel"
    assert headers["date"].endswith(" GMT")
    assert headers["content-length"] == "5"


def test_bytes_by_bytes_is_whole(serve, told):
    data = (
        PUT
        + b"Content-Length: 5\r\n\r\nhello"
        + PUT
        + b"Transfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n"
        + GET % 1
    )
    peer = serve(told).connect().send(data, bytewise=True)

    assert [peer.answer().status for _ in range(3)] == [200] * 3
    assert told.bodies == [b"hello", b"world", b""]


@pytest.mark.parametrize("slow", [False, True])
def test_pipelined_requests_are_answered_in_order(serve, slow):
    """More of them than one turn handles, some of which have to wait for something."""
    import asyncio

    async def application(request):
        if slow and int(request.path[1:]) % 3 == 0:
            await asyncio.sleep(0.001)
        return Response(200, [], request.path.encode())

    count = 3 * MAX_TURNS
    peer = serve(application).connect().send(b"".join(GET % number for number in range(count)))

    assert [peer.answer().body for _ in range(count)] == [b"/%d" % number for number in range(count)]


def test_a_pipeline_with_bodies(serve, told):
    small = PUT + b"Content-Length: 5\r\n\r\nhello"
    large = PUT + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000
    peer = serve(told).connect()
    sender = threading.Thread(target=peer.send, args=((small + large + GET % 1) * 3,))
    sender.start()

    assert [peer.answer().body.split()[-1] for _ in range(9)] == [b"5", b"200000", b"0"] * 3
    sender.join()


def test_a_pipeline_nobody_reads_the_answers_of_takes_bounded_memory(serve):
    """Neither are its requests handled, nor is it read on, until answers are read."""
    handled = 0

    async def application(request):
        nonlocal handled
        handled += 1
        return Response(200, [], b"x" * 50_000)

    served = serve(application)
    peer = served.connect(receive_bytes=4096)
    sender = threading.Thread(target=peer.send, args=((GET % 1) * 2000,))
    sender.start()
    seen = -1
    while seen != handled:  # until nothing moves any more
        seen = handled
        threading.Event().wait(0.3)
    assert 0 < handled < 300
    for _ in range(2000):
        assert len(peer.answer().body) == 50_000
    sender.join()
    assert handled == 2000


def test_a_client_that_closes_its_side_gets_its_answers(serve, told):
    peer = serve(told).connect().send(GET % 1 + GET % 2).finish()

    assert [peer.answer().status, peer.answer().status] == [200, 200]
    assert peer.at_end()


def test_a_client_that_closes_its_side_while_its_request_is_handled(serve):
    gate = threading.Event()

    async def application(request):
        import asyncio

        await asyncio.get_running_loop().run_in_executor(None, gate.wait)
        return Response(200, [], b"late")

    peer = serve(application).connect().send(GET % 1 + GET % 2).finish()
    gate.set()

    assert [peer.answer().body, peer.answer().body] == [b"late", b"late"]
    assert peer.at_end()


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", False),
    ],
)
def test_the_client_says_whether_the_connection_is_kept(serve, head, kept):
    peer = serve(hello).connect().send(head)
    answer = peer.answer()

    assert answer.headers["connection"] == ("keep-alive" if kept else "close")
    if kept:
        assert peer.send(head).answer().status == 200
    else:
        assert peer.at_end()


def test_the_application_may_close_the_connection(serve):
    async def application(request):
        return Response(200, [], b"bye", close=True)

    peer = serve(application).connect().send(GET % 1)

    assert peer.answer().closes
    assert peer.at_end()


def test_head_gets_the_head_alone(serve):
    async def application(request):
        return Response(
            200,
            [("Content-Length", "12345")] if request.path == "/1" else [],
            b"" if request.path == "/1" else b"hello",
        )

    peer = serve(application).connect()
    for number, length in ((1, "12345"), (2, "5")):
        answer = peer.send((GET % number).replace(b"GET", b"HEAD")).answer("HEAD")
        assert answer.headers["content-length"] == length


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(serve, status):
    async def application(request):
        return Response(status, [("ETag", '"e"'), ("Content-Length", "5")], b"hello" if request.path == "/1" else b"")

    peer = serve(application).connect()
    for number in (1, 2):
        answer = peer.send(GET % number).answer()
        assert answer.status == status
        assert answer.headers["etag"] == '"e"'
    assert ("content-length" in answer.headers) is (status == 304)


def test_options_about_the_server_as_a_whole(serve, told):
    answer = serve(told).ask(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")

    assert answer.status == 200
    assert "PUT" in answer.headers["allow"]
    assert told.requests == []


def test_absolute_targets_are_served(serve, told):
    assert serve(told).ask(b"GET http://other/b/k?x HTTP/1.1\r\nHost: h\r\n\r\n").body == b"GET /b/k?x 0"
    assert told.requests[0].host == "other"


@pytest.mark.parametrize("bytewise", [False, True])
def test_an_offer_of_http_2_is_ignored_and_the_body_read(serve, told, bytewise):
    """Java's HttpClient sends it with every first request."""
    data = PUT + (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
        b"Content-Length: 5\r\n\r\nhello"
    )
    peer = serve(told).connect().send(data + GET % 1, bytewise=bytewise)

    assert peer.answer().status == 200
    assert peer.answer().status == 200
    assert told.bodies == [b"hello", b""]


def test_errors_of_the_application(serve, caplog):
    async def application(request):
        if request.path == "/1":
            raise S3Error("NoSuchKey", headers=[("x-amz-a", "b")])
        raise ZeroDivisionError("a secret detail")

    peer = serve(application).connect()
    answer = peer.send(GET % 1).answer()
    assert (answer.status, answer.code, answer.headers["x-amz-a"]) == (404, "NoSuchKey", "b")
    assert caplog.records == []

    answer = peer.send(GET % 2).answer()
    assert (answer.status, answer.code) == (500, "InternalError")
    assert b"secret" not in answer.body
    assert "a secret detail" in caplog.text
    assert peer.send(GET % 1).answer().status == 404


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\x00b", "a\x7f", "ключ"])
def test_nothing_in_a_header_can_end_it(serve, caplog, value):
    async def application(request):
        return Response(200, [("x-amz-meta-a", value), ("x-amz-b", "c")], b"hello")

    answer = serve(application).ask(GET % 1)

    assert (answer.status, answer.code) == (500, "InternalError")
    assert "x-amz-meta-a" not in answer.headers


def test_headers_go_out_as_the_octets_they_came_in(serve):
    async def application(request):
        return Response(200, [("x-amz-meta-a", request.headers["x-amz-meta-a"])])

    peer = serve(application).connect().send(b"GET / HTTP/1.1\r\nHost: h\r\nx-amz-meta-a: \xd0\xba\r\n\r\n")

    assert peer.answer().headers["x-amz-meta-a"].encode("latin-1") == b"\xd0\xba"


def test_a_body_of_the_wrong_length_is_not_sent(serve, caplog):
    async def application(request):
        return Response(200, [("Content-Length", "6")], b"hello")

    assert serve(application).ask(GET % 1).code == "InternalError"


def test_an_error_that_cannot_be_rendered(serve, caplog):
    async def application(request):
        raise S3Error("NoSuchKey", headers=[("a", "\n")])

    served = serve(application)
    peer = served.connect().send(GET % 1)

    assert peer.answer().status == 500
    assert peer.at_end()
