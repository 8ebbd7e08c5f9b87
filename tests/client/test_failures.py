"""Servers and networks that misbehave: what is tried again, what is told, and what is never believed."""

import hashlib
import socket
import threading
import time
import zlib
from base64 import b64encode
from email.utils import formatdate

import pytest

import bushel
from bushel.client import Retries, Timeouts, TransferOptions, errors
from bushel.core.clock import SystemClock
from live.scripted import Answer, refusal, reply

HELLO = reply(200, b"hello", ETag='"e"')


@pytest.mark.parametrize(
    "failure",
    [
        refusal(500, "InternalError"),
        refusal(503, "SlowDown"),
        refusal(503, "ServiceUnavailable"),
        refusal(400, "RequestTimeout"),
        refusal(429, "TooManyRequests"),
        reply(502, b"<html>a proxy's page</html>"),
        Answer(b"", close=True),
        Answer(reset=True),
        Answer(b"HTTP/1.1 200 OK\r\ncontent-le", close=True),
    ],
)
def test_what_may_end_otherwise_is_tried_again(make_scripted_client, failure):
    server, client = make_scripted_client(failure, failure, HELLO)

    assert client.bucket("b").get("k") == b"hello"
    assert len(server.asked) == 3
    assert server.asked[0].target == "/b/k"


@pytest.mark.parametrize(
    ("failure", "family", "code"),
    [
        (refusal(403, "AccessDenied"), errors.AccessDenied, "AccessDenied"),
        (refusal(403, "SignatureDoesNotMatch"), errors.WrongKeys, "SignatureDoesNotMatch"),
        (refusal(404, "NoSuchBucket"), errors.NoSuchBucket, "NoSuchBucket"),
        (refusal(409, "SomethingNew"), errors.Conflict, "SomethingNew"),
        (refusal(501, "NotImplemented"), errors.NotSupported, "NotImplemented"),
        (refusal(507, "InsufficientStorage"), errors.NoSpace, "InsufficientStorage"),
        (refusal(418, "Teapot"), errors.ResponseError, "Teapot"),
        (reply(404, b"<html>not S3</html>"), errors.NoSuchKey, "NoSuchKey"),
        (reply(418, b""), errors.ResponseError, "HTTP418"),
    ],
)
def test_what_cannot_end_otherwise_is_told_at_once(make_scripted_client, failure, family, code):
    server, client = make_scripted_client(failure)
    with pytest.raises(family) as caught:
        client.bucket("b").get("k")

    assert type(caught.value) is family
    assert caught.value.code == code
    assert len(server.asked) == 1


def test_a_server_that_stays_ill_is_told_of_in_the_end(make_scripted_client):
    server, client = make_scripted_client(*[refusal(503, "SlowDown")] * 9)
    with pytest.raises(errors.ResponseError) as caught:
        client.bucket("b").get("k")

    assert len(server.asked) == 4
    assert caught.value.attempts == 4
    assert caught.value.request_id == "R1"


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
    ],
)
def test_garbage_is_no_answer(make_scripted_client, garbage):
    _, client = make_scripted_client(*[Answer(garbage, close=True)] * 4)
    with pytest.raises((errors.BadAnswer, errors.ConnectionLost)):
        client.list_buckets()


@pytest.mark.parametrize("document", [b"<html/>", b"<ListAllMyBucketsResult><Buckets>", b"\0", b"<!DOCTYPE x><a/>"])
def test_a_document_that_is_not_s3s_is_no_answer(make_scripted_client, document):
    _, client = make_scripted_client(*[reply(200, document)] * 4)
    with pytest.raises(errors.BadAnswer):
        client.list_buckets()


def test_a_chunked_answer_is_read(make_scripted_client):
    document = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>abc</Name></Bucket></Buckets></ListAllMyBucketsResult>"
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw += b"%x;ext=1\r\n%b\r\n%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (9, document[:9], len(document) - 9, document[9:])
    server, client = make_scripted_client(Answer(raw), Answer(raw))

    assert [each.name for each in client.buckets()] == ["abc"]
    assert [each.name for each in client.buckets()] == ["abc"]
    assert server.connections == 1


def test_an_answer_without_a_length_ends_with_the_connection(make_scripted_client):
    document = b"<ListAllMyBucketsResult/>"
    _, client = make_scripted_client(Answer(b"HTTP/1.1 200 OK\r\n\r\n" + document, close=True))

    assert list(client.buckets()) == []


def test_the_connection_is_used_again(make_scripted_client):
    server, client = make_scripted_client(*[HELLO] * 5)
    for _ in range(5):
        assert client.bucket("b").get("k") == b"hello"

    assert server.connections == 1


def test_a_connection_that_was_closed_while_idle_is_no_failure(make_scripted_client):
    """Not even for a client that tries everything once... more: the second attempt comes without a pause."""
    slow = Retries(attempts=2, first_seconds=30, longest_seconds=30)
    server, client = make_scripted_client(HELLO._replace(close=True), HELLO, retries=slow)
    began = time.monotonic()

    assert client.bucket("b").get("k") == b"hello"
    assert client.bucket("b").get("k") == b"hello"
    assert time.monotonic() - began < 10
    assert server.connections == 2


# --- bodies -----------------------------------------------------------------------------------------------------------


def test_a_truncated_body_is_gone_on_with_where_it_stopped(make_scripted_client):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "e"\r\n\r\n'
    rest = reply(206, b"56789", ETag='"e"', Content_Range="bytes 5-9/10")
    server, client = make_scripted_client(Answer(head + b"01234", close=True), rest)

    assert client.bucket("b").get("k") == b"0123456789"
    assert server.asked[1].headers["range"] == "bytes=5-9"
    assert server.asked[1].headers["if-match"] == '"e"'


def test_an_object_that_changed_meanwhile_is_never_mixed(make_scripted_client):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "e"\r\n\r\n'
    _, client = make_scripted_client(Answer(head + b"01234", close=True), refusal(412, "PreconditionFailed"))
    with pytest.raises(errors.ObjectChanged):
        client.bucket("b").get("k")


@pytest.mark.parametrize(
    "rest",
    [
        reply(200, b"XXXXXXXXXX", ETag='"e"'),
        reply(206, b"XXXXX", ETag='"other"', Content_Range="bytes 5-9/10"),
        reply(206, b"XXXXX", ETag='"e"', Content_Range="bytes 0-4/10"),
    ],
)
def test_a_server_that_ignores_the_range_or_the_condition_is_not_believed(make_scripted_client, rest):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "e"\r\n\r\n'
    _, client = make_scripted_client(Answer(head + b"01234", close=True), rest)
    with pytest.raises(errors.ObjectChanged):
        client.bucket("b").get("k")


def test_a_body_that_breaks_off_again_and_again_without_a_byte_is_given_up(make_scripted_client):
    first = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "e"\r\n\r\n'
    again = b'HTTP/1.1 206 OK\r\nContent-Length: 10\r\nETag: "e"\r\nContent-Range: bytes 0-9/10\r\n\r\n'
    server, client = make_scripted_client(Answer(first, close=True), *[Answer(again, close=True)] * 20)
    with pytest.raises(errors.ConnectionLost):
        client.bucket("b").get("k")
    assert len(server.asked) == 4


def test_damaged_bytes_are_never_given_as_good(make_scripted_client, tmp_path):
    wrong = b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()
    damaged = reply(200, b"hello", ETag='"e"', x_amz_checksum_crc32=wrong, x_amz_checksum_type="FULL_OBJECT")
    _, client = make_scripted_client(*[damaged] * 5)
    thing = client.bucket("b").object("k")

    with pytest.raises(errors.IntegrityError):
        thing.get()
    with pytest.raises(errors.IntegrityError):
        thing.download(tmp_path / "f")
    assert not list(tmp_path.iterdir())
    with pytest.raises(errors.IntegrityError):
        list(thing.stream())
    with pytest.raises(errors.IntegrityError):
        client.get_object(bucket="b", key="k").body.read()


def test_an_error_within_200_is_an_error(make_scripted_client):
    late = reply(200, b'<?xml version="1.0"?>\n<Error><Code>InternalError</Code><Message>late</Message></Error>')
    good = reply(200, b"<CopyObjectResult><ETag>x</ETag></CopyObjectResult>")
    server, client = make_scripted_client(late, good)

    assert client.copy_object(bucket="b", key="k", copy_source="b/s").copy_object_result.e_tag == "x"
    assert len(server.asked) == 2


def test_a_body_that_is_gone_cannot_be_sent_again(make_scripted_client):
    server, client = make_scripted_client(refusal(500, "InternalError"), HELLO)
    body = iter([bytes(300_000), bytes(300_000)])
    with pytest.raises(errors.NotRepeatable) as caught:
        client.put_object(bucket="b", key="k", body=body, content_length=600_000)

    assert isinstance(caught.value.__cause__, errors.ResponseError)
    assert len(server.asked) == 1


def test_a_body_that_is_here_is_sent_again_whole(make_scripted_client):
    server, client = make_scripted_client(refusal(500, "InternalError"), reply(200, b"", ETag='"e"'))
    client.bucket("b").put("k", b"x" * 300_000)

    assert [each.body for each in server.asked] == [b"x" * 300_000] * 2


def test_a_large_body_is_not_sent_to_a_server_that_does_not_want_it(make_scripted_client):
    no = refusal(403, "AccessDenied")._replace(before_body=True)
    server, client = make_scripted_client(no)
    with pytest.raises(errors.AccessDenied):
        client.bucket("b").put("k", bytes(4 << 20))

    assert server.asked[0].headers["expect"] == "100-continue"
    assert server.asked[0].body == b""


def test_a_large_body_is_announced_until_the_bucket_took_one(make_scripted_client):
    server, client = make_scripted_client(*[reply(200, b"", ETag='"e"')] * 2)
    for _ in range(2):
        client.bucket("b").put("k", bytes(4 << 20))

    assert ["expect" in each.headers for each in server.asked] == [True, False]
    assert [len(each.body) for each in server.asked] == [4 << 20] * 2


def test_a_lost_answer_to_the_completion_is_found_out(make_scripted_client):
    """The first attempt made the object; its repetition finds no upload."""
    e_tags = [hashlib.md5(str(number).encode()).hexdigest() for number in range(3)]
    parts = [reply(200, b"", ETag=f'"{each}"') for each in e_tags]
    whole = hashlib.md5(b"".join(map(bytes.fromhex, e_tags))).hexdigest()
    head = Answer(f'HTTP/1.1 200 OK\r\ncontent-length: {11 << 20}\r\netag: "{whole}-3"\r\n\r\n'.encode())
    begun = reply(200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
    one_by_one = TransferOptions(part_bytes=5 << 20, concurrency=1, memory_bytes=5 << 20)
    server, client = make_scripted_client(
        begun, *parts, Answer(b"", close=True), refusal(404, "NoSuchUpload"), head, transfers=one_by_one
    )
    stored = client.bucket("b").put("k", bytes(11 << 20))

    assert stored.e_tag == f'"{whole}-3"'
    assert [each.method for each in server.asked] == ["POST", "PUT", "PUT", "PUT", "POST", "POST", "HEAD"]


# --- clocks, regions, redirections ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_wrong_clock_is_mended(make_scripted_client, method):
    theirs = formatdate(SystemClock().now_ns() // 10**9 + 7200, usegmt=True)
    skewed = refusal(403, "RequestTimeTooSkewed", Date=theirs)
    if method == "HEAD":
        skewed = Answer(f"HTTP/1.1 403 Forbidden\r\nDate: {theirs}\r\ncontent-length: 0\r\n\r\n".encode())
    server, client = make_scripted_client(skewed, HELLO._replace(raw=HELLO.raw[: -5 * (method == "HEAD") or None]))
    thing = client.bucket("b").object("k")
    if method == "GET":
        assert thing.get() == b"hello"
    else:
        assert thing.head().size == 5

    stamps = [each.headers["x-amz-date"] for each in server.asked]
    assert stamps[1] > stamps[0]
    assert abs(client.session.skew_ns / 1e9 - 7200) < 60


def test_a_clock_is_mended_once(make_scripted_client):
    theirs = formatdate(SystemClock().now_ns() // 10**9 + 7200, usegmt=True)
    server, client = make_scripted_client(*[refusal(403, "RequestTimeTooSkewed", Date=theirs)] * 5)
    with pytest.raises(errors.ResponseError) as caught:
        client.bucket("b").get("k")
    assert caught.value.code == "RequestTimeTooSkewed"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "misplaced",
    [
        refusal(400, "AuthorizationHeaderMalformed", detail="<Region>eu-west-1</Region>"),
        refusal(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"),
    ],
)
def test_a_bucket_elsewhere_is_found_and_remembered(make_scripted_client, misplaced):
    server, client = make_scripted_client(misplaced, HELLO, HELLO)

    assert client.bucket("b").get("k") == b"hello"
    assert client.bucket("b").get("k") == b"hello"
    regions = [each.headers["authorization"].split("/")[2] for each in server.asked]
    assert regions == ["us-east-1", "eu-west-1", "eu-west-1"]


def test_a_redirection_to_a_stranger_is_not_followed(make_scripted_client, scripted):
    stranger = scripted(HELLO)
    port = stranger.endpoint.rpartition(":")[2]
    away = refusal(307, "TemporaryRedirect", Location=f"http://localhost:{port}/b/k")
    _, client = make_scripted_client(away, session_token="secret")
    with pytest.raises(errors.ResponseError):
        client.bucket("b").get("k")

    assert not stranger.asked


def test_a_redirection_within_the_service_is_followed(make_scripted_client, scripted):
    other = scripted(HELLO)
    away = refusal(307, "TemporaryRedirect", Location=f"{other.endpoint}/b/k")
    _, client = make_scripted_client(away)

    assert client.bucket("b").get("k") == b"hello"
    assert other.asked[0].target == "/b/k"


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_not_waited_for_longer_than_agreed(make_scripted_client):
    server, client = make_scripted_client(
        Answer(silent_seconds=60), HELLO, timeouts=Timeouts(stall_seconds=0.5), retries=Retries(2, 0.001)
    )

    assert client.bucket("b").get("k") == b"hello"
    assert len(server.asked) == 2


def test_a_stall_within_a_body_is_not_waited_for_either(make_scripted_client):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "e"\r\n\r\n01234'
    rest = reply(206, b"56789", ETag='"e"', Content_Range="bytes 5-9/10")
    _, client = make_scripted_client(Answer(head), rest, timeouts=Timeouts(stall_seconds=0.5))

    assert client.bucket("b").get("k") == b"0123456789"


def test_nobody_at_the_endpoint_is_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        bushel.Client(f"http://127.0.0.1:{port}", anonymous=True, environ={}, retries=Retries(2, 0.001)) as client,
        pytest.raises(errors.CannotConnect, match=f"127.0.0.1:{port}") as caught,
    ):
        client.list_buckets()
    assert "\n" not in str(caught.value)


def test_requests_wait_for_a_connection_where_there_are_few(make_scripted_client):
    server, client = make_scripted_client(*[HELLO] * 40, connections=2)
    threads = [threading.Thread(target=client.bucket("b").get, args=("k",)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.asked) == 40
    assert server.connections <= 2


def test_line_breaks_cannot_be_smuggled_into_headers(make_scripted_client):
    server, client = make_scripted_client(HELLO)
    with pytest.raises(ValueError, match="line break"):
        client.put_object(bucket="b", key="k", body=b"", content_type="a/b\r\nx-amz-acl: public-read")
    assert not server.asked
