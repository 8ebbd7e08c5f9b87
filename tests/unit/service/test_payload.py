"""What a payload gives is what was sent, whole and verified, however it arrives; anything else is S3's error."""

import asyncio
import hashlib
import itertools
import tracemalloc
import zlib
from base64 import b64encode

import boto3
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.protocol import sigv4
from bushel.protocol.checksums import ALGORITHMS, CRC32, CRC64NVME, SHA256, checksum_text
from bushel.protocol.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, ChunkedEncoder
from bushel.protocol.errors import S3Error
from bushel.protocol.message import BytesBody, Request
from bushel.protocol.sigv4 import ChunkSigner
from bushel.service.digests import THREAD_BYTES
from bushel.service.payload import MAX_BYTES, PIECE_BYTES, Payload

DATA = bytes(range(256)) * 4
SECRET = "secret"
LIMIT = 1 << 20


class Pieces:
    """A body that arrives in the pieces given."""

    def __init__(self, pieces, length=None):
        self.pieces = list(pieces)
        self.length = length
        self.reads = 0

    async def read(self):
        self.reads += 1
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        await asyncio.sleep(0)
        return piece


def cut(data, at):
    """``data`` in pieces that end at the places of ``at``."""
    places = sorted({place % (len(data) + 1) for place in at} | {0, len(data)})
    return [data[start:stop] for start, stop in itertools.pairwise(places)]


def plain(data=DATA, headers=None, pieces=None, length=None):
    headers = {"content-length": str(len(data) if length is None else length)} | (headers or {})
    return Payload(
        Request("PUT", "/b/k", headers=headers, body=Pieces(pieces or [data], len(data) if length is None else length))
    )


def chunked(data=DATA, mode=UNSIGNED_TRAILER, algorithm=CRC32, trailer=None, cuts=(), headers=None, chunk=8192):
    """A body in aws-chunked coding as our own client sends it, signed where the mode says so."""
    headers = {"host": "h", "x-amz-decoded-content-length": str(len(data)), "x-amz-content-sha256": mode} | (
        headers or {}
    )
    trailers = {}
    if mode != SIGNED and algorithm is not None:
        headers.setdefault("x-amz-trailer", algorithm.header)
        trailers = {algorithm.header: trailer or checksum_text(algorithm.digest(data))}
    request = Request("PUT", "/b/k", headers=headers)
    claim = sigv4.sign(request, access_key="AK", secret=SECRET, region="r", now_ns=0, content_sha256=mode)
    encoder = ChunkedEncoder(mode, None if mode == UNSIGNED_TRAILER else ChunkSigner(claim, SECRET), chunk)
    body = b"".join([*encoder.encode(data), encoder.finish(trailers)])
    request.body = Pieces(cut(body, cuts), None)
    return Payload(request, claim, SECRET)


async def read_on(payload):
    pieces = []
    while piece := await payload.read():
        pieces.append(piece)
    assert await payload.read() == b""
    return b"".join(pieces)


def run(coroutine):
    return asyncio.run(coroutine)


def both_ways(make):
    """Read two payloads of one making, one in pieces and one whole; what they gave must be the same."""
    streamed, whole = make(), make()
    data = run(read_on(streamed))

    assert run(whole.read_all(LIMIT)) == data
    assert (whole.md5, whole.size, whole.checksum) == (streamed.md5, streamed.size, streamed.checksum)
    return data, whole


def refusal(make):
    """The error of a payload, which must be the same in pieces and whole."""
    with pytest.raises(S3Error) as streamed:
        run(read_on(make()))
    with pytest.raises(S3Error) as whole:
        run(make().read_all(LIMIT))

    assert (whole.value.reason, whole.value.message, whole.value.detail) == (
        streamed.value.reason,
        streamed.value.message,
        streamed.value.detail,
    )
    return whole.value


# What is given.


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_a_plain_body_in_any_pieces_gives_the_same_bytes_md5_and_s3s_default_checksum(data, cuts):
    given_data, payload = both_ways(lambda: plain(data, pieces=cut(data, cuts)))

    assert given_data == data
    assert payload.size == payload.length == len(data)
    assert payload.md5 == hashlib.md5(data).digest()
    assert payload.checksum == ("CRC64NVME", "FULL_OBJECT", CRC64NVME.digest(data), 0)


@given(
    data=st.binary(max_size=400) | st.integers(8000, 20000).map(lambda size: b"x" * size),
    cuts=st.lists(st.integers(0, 20000), max_size=6),
    mode=st.sampled_from([UNSIGNED_TRAILER, SIGNED, SIGNED_TRAILER]),
    algorithm=st.sampled_from(list(ALGORITHMS.values())),
)
@settings(max_examples=60)
def test_a_chunked_body_in_any_pieces_gives_the_same_bytes(data, cuts, mode, algorithm):
    given_data, payload = both_ways(lambda: chunked(data, mode, algorithm, cuts=cuts))

    expected = CRC64NVME if mode == SIGNED else algorithm
    assert given_data == data
    assert payload.checksum == (expected.name, "FULL_OBJECT", expected.digest(data), 0)


def test_a_small_body_that_came_whole_is_read_without_waiting():
    raw = b"400\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (DATA, b64encode(zlib.crc32(DATA).to_bytes(4, "big")))
    headers = {
        "x-amz-content-sha256": UNSIGNED_TRAILER,
        "x-amz-decoded-content-length": "1024",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-length": str(len(raw)),
    }
    coded = Payload(Request("PUT", "/b/k", headers=headers, body=BytesBody(raw)))
    whole = Payload(Request("PUT", "/b/k", headers={"content-length": "1024"}, body=BytesBody(DATA)))

    for payload in (coded, whole):
        with pytest.raises(StopIteration) as done:
            payload.read_all(LIMIT).send(None)
        assert done.value.value == DATA


@pytest.mark.parametrize("size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + THREAD_BYTES])
@pytest.mark.parametrize("wire", [1000, 65536, 1 << 20])
def test_a_large_body_comes_in_large_pieces(size, wire):
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    pieces = [data[at : at + wire] for at in range(0, size, wire)]
    payload = plain(data, {"x-amz-content-sha256": hashlib.sha256(data).hexdigest()}, pieces)

    async def read():
        found = []
        while piece := await payload.read():
            found.append(piece)
        return found

    found = run(read())

    assert b"".join(found) == data
    assert all(len(piece) >= PIECE_BYTES for piece in found[:-1])
    assert payload.md5 == hashlib.md5(data).digest()
    assert payload.checksum.digest == CRC64NVME.digest(data)


def test_an_empty_body_is_an_empty_object():
    data, payload = both_ways(lambda: plain(b""))

    assert (data, payload.size) == (b"", 0)
    assert payload.md5.hex() == "d41d8cd98f00b204e9800998ecf8427e"


def test_a_second_checksum_is_computed_when_asked_for():
    payload = plain(headers={"x-amz-checksum-crc32": checksum_text(CRC32.digest(DATA))})
    payload.compute(CRC64NVME)
    run(payload.read_all(LIMIT))

    assert payload.declaration.algorithm is CRC32
    assert payload.checksum.algorithm == "CRC32"
    assert (payload.digest(CRC32), payload.digest(CRC64NVME)) == (CRC32.digest(DATA), CRC64NVME.digest(DATA))


def test_the_checksum_asked_for_takes_the_place_of_s3s_default():
    payload = plain()
    payload.compute(SHA256)
    run(read_on(payload))

    assert payload.checksum == ("SHA256", "FULL_OBJECT", SHA256.digest(DATA), 0)
    with pytest.raises(KeyError):
        payload.digest(CRC64NVME)


# What is verified.


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_stated_sha256_in_either_case_is_verified(spelling):
    stated = spelling(hashlib.sha256(DATA).hexdigest())
    data, _ = both_ways(lambda: plain(headers={"x-amz-content-sha256": stated}))

    assert data == DATA


@pytest.mark.parametrize("stated", [hashlib.sha256(b"").hexdigest(), "E3" * 32, "invalid", "unsigned-payload", ""])
def test_another_sha256_is_refused_with_both(stated):
    error = refusal(lambda: plain(headers={"x-amz-content-sha256": stated}))

    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    assert error.message == "The provided 'x-amz-content-sha256' header does not match what was computed."
    assert error.detail == {
        "ClientComputedContentSHA256": stated,
        "S3ComputedContentSHA256": hashlib.sha256(DATA).hexdigest(),
    }


def base64_md5(data):
    return b64encode(hashlib.md5(data).digest()).decode()


def test_a_stated_md5_is_verified():
    data, _ = both_ways(lambda: plain(headers={"content-md5": base64_md5(DATA)}))

    assert data == DATA


def test_another_md5_is_refused_with_both():
    error = refusal(lambda: plain(headers={"content-md5": base64_md5(b"other")}))

    assert (error.code, error.status) == ("BadDigest", 400)
    assert error.message == "The Content-MD5 you specified did not match what we received."
    assert error.detail == {
        "ExpectedDigest": hashlib.md5(b"other").hexdigest(),
        "CalculatedDigest": base64_md5(DATA),
    }


@pytest.mark.parametrize("stated", ["", "invalid", "YWJyYWNhZGFicmE=", "rL0Y20zC+Fzt72VPzMSk2A", "*" * 24])
def test_a_malformed_md5_is_refused_before_the_body_is_asked_for(stated):
    payload = plain(headers={"content-md5": stated, "x-amz-content-sha256": "invalid"})
    error = refusal(lambda: payload)

    assert (error.code, error.status, error.detail) == ("InvalidDigest", 400, {"Content-MD5": stated})
    assert payload._body.reads == 0


def test_a_wrong_checksum_in_a_header_is_refused():
    error = refusal(lambda: plain(headers={"x-amz-checksum-sha256": checksum_text(SHA256.digest(b"other"))}))

    assert (error.code, error.message) == (
        "BadDigest",
        "The SHA256 you specified did not match the calculated checksum.",
    )


@pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED_TRAILER])
@pytest.mark.parametrize("cuts", [(), (7, 500, 1100)])
def test_a_wrong_checksum_in_a_trailer_is_refused(mode, cuts):
    error = refusal(lambda: chunked(mode=mode, trailer=checksum_text(CRC32.digest(b"other")), cuts=cuts))

    assert (error.code, error.message) == (
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )


@pytest.mark.parametrize("cuts", [(), (7, 500, 1100)])
def test_a_malformed_checksum_in_a_trailer_is_refused(cuts):
    error = refusal(lambda: chunked(trailer="not-base-64", cuts=cuts))

    assert (error.code, error.message) == (
        "InvalidRequest",
        "Value for x-amz-checksum-crc32 trailing header is invalid.",
    )


def test_the_sha256_comes_before_md5_and_checksum_and_the_md5_before_the_checksum():
    wrong_checksum = {"x-amz-checksum-crc32": checksum_text(CRC32.digest(b"other"))}
    wrong_md5 = {"content-md5": base64_md5(b"other")}
    wrong_sha256 = {"x-amz-content-sha256": "0" * 64}

    assert refusal(lambda: plain(headers=wrong_checksum | wrong_md5 | wrong_sha256)).code == "XAmzContentSHA256Mismatch"
    assert "ExpectedDigest" in refusal(lambda: plain(headers=wrong_checksum | wrong_md5)).detail


def test_chunks_that_are_signed_with_another_key_are_refused():
    def make():
        payload = chunked(mode=SIGNED)
        payload._secret_key = "another"
        return payload

    assert refusal(make).code == "SignatureDoesNotMatch"


def test_nothing_says_the_end_before_all_is_verified():
    """The bytes may be given before the fault is known; their end must not be."""
    payload = plain(headers={"x-amz-checksum-crc32": checksum_text(CRC32.digest(b"other"))})

    async def read():
        first = await payload.read()
        with pytest.raises(S3Error, match="BadDigest"):
            await payload.read()
        return first

    assert run(read()) == DATA


# What is announced.


@pytest.mark.parametrize(
    "payload",
    [
        Payload(Request("PUT", "/b/k", headers={"transfer-encoding": "chunked"}, body=Pieces([DATA]))),
        Payload(Request("PUT", "/b/k")),
        plain(headers={"x-amz-content-sha256": UNSIGNED_TRAILER}),
        plain(headers={"x-amz-content-sha256": UNSIGNED_TRAILER, "x-amz-decoded-content-length": "not an int"}),
        plain(headers={"x-amz-content-sha256": UNSIGNED_TRAILER, "x-amz-decoded-content-length": "-1"}),
        plain(headers={"x-amz-content-sha256": UNSIGNED_TRAILER, "x-amz-decoded-content-length": "9" * 20}),
    ],
)
def test_an_object_without_a_length_is_refused(payload):
    with pytest.raises(S3Error) as caught:
        _ = payload.length

    assert (caught.value.code, caught.value.status) == ("MissingContentLength", 411)


def test_more_than_5_gib_are_refused_unread():
    for payload in (plain(length=MAX_BYTES + 1), chunked(headers={"x-amz-decoded-content-length": str(MAX_BYTES + 1)})):
        with pytest.raises(S3Error) as caught:
            _ = payload.length

        assert (caught.value.code, caught.value.status) == ("EntityTooLarge", 400)
        assert caught.value.detail == {"ProposedSize": str(MAX_BYTES + 1), "MaxSizeAllowed": str(MAX_BYTES)}
    assert plain(length=MAX_BYTES).length == MAX_BYTES


def test_reading_all_of_more_than_the_limit_is_refused_unread():
    payload = plain()

    with pytest.raises(S3Error, match="EntityTooLarge"):
        run(payload.read_all(len(DATA) - 1))
    assert payload._body.reads == 0


@pytest.mark.parametrize("sent", [b"", DATA[:-1], DATA + b"more"])
def test_fewer_or_more_bytes_than_announced_are_refused(sent):
    error = refusal(lambda: plain(pieces=[sent], length=len(DATA)))

    assert (error.code, error.status) == ("IncompleteBody", 400)
    assert error.message == "You did not provide the number of bytes specified by the Content-Length HTTP header"
    assert error.detail == {"NumberBytesExpected": "1024", "NumberBytesProvided": str(len(sent))}


def test_chunks_with_another_sum_than_announced_are_refused():
    error = refusal(lambda: chunked(headers={"x-amz-decoded-content-length": "1023"}))

    assert (error.code, error.detail) == (
        "IncompleteBody",
        {"NumberBytesExpected": "1023", "NumberBytesProvided": "1024"},
    )


@pytest.mark.parametrize("stop", [1, 500, 1029, 1031, 1033])
def test_a_chunked_body_that_breaks_off_is_refused(stop):
    def make():
        payload = chunked()
        payload._body.pieces = [payload._body.pieces[0][:stop]]
        return payload

    assert refusal(make).code in {"IncompleteBody", "MalformedTrailerError"}


def test_what_the_connection_says_of_a_broken_body_is_passed_on():
    error = refusal(lambda: plain(pieces=[DATA[:5], S3Error("IncompleteBody")], length=len(DATA)))

    assert error.message == "The request body terminated unexpectedly"


def test_a_trailer_that_was_announced_has_to_come():
    def make():
        payload = chunked(algorithm=None, headers={"x-amz-trailer": "x-amz-checksum-crc32"})
        assert not any(b"checksum" in piece for piece in payload._body.pieces)
        return payload

    assert refusal(make).code == "MalformedTrailerError"


def test_headers_are_refused_before_the_body_is_asked_for():
    payload = plain(headers={"x-amz-checksum-crc32": "bad"})

    with pytest.raises(S3Error, match="x-amz-checksum-crc32"):
        _ = payload.declaration
    assert payload._body.reads == 0


class Rain(Pieces):
    """A body in many pieces of one size, made as they are asked for."""

    def __init__(self, raw, size):
        super().__init__([], None)
        self.raw, self.size, self.at = raw, size, 0

    async def read(self):
        self.at += self.size
        return self.raw[self.at - self.size : self.at]


@pytest.mark.parametrize("coded", [False, True])
def test_a_body_in_tiny_pieces_costs_no_more_memory_than_another(coded):
    data = bytes(200_000)
    payload = chunked(data, chunk=len(data)) if coded else plain(data)
    payload._body = Rain(payload._body.pieces[0], 2)
    payload._body.length = None if coded else len(data)

    async def peak():
        tracemalloc.start()
        assert await payload.read() == data
        return tracemalloc.get_traced_memory()[1]

    try:
        assert run(peak()) < 2_000_000
    finally:
        tracemalloc.stop()


def test_bytes_behind_the_end_of_the_coding_are_ignored_but_not_for_ever():
    def make(times):
        payload = chunked()
        payload._body.pieces += [b"junk" * 1024] * times
        return payload

    assert run(make(3).read_all(LIMIT)) == DATA
    endless = make(10_000)
    with pytest.raises(S3Error, match="IncompleteBody"):
        run(endless.read_all(LIMIT))
    assert endless._body.reads < 300


# Whose coding is taken off.


def streaming(mode, claim):
    raw = b"400\r\n%s\r\n0\r\n\r\n" % DATA
    headers = {"x-amz-content-sha256": mode, "x-amz-decoded-content-length": "1024", "content-length": str(len(raw))}
    request = Request("PUT", "/b/k", headers=headers, body=Pieces([raw], len(raw)))
    return Payload(request, claim, SECRET)


def test_anonymous_requests_may_be_chunked_but_not_signed():
    assert run(streaming(UNSIGNED_TRAILER, None).read_all(LIMIT)) == DATA
    error = refusal(lambda: streaming(SIGNED, None))

    assert (error.code, error.message) == (
        "InvalidRequest",
        (
            "Anonymous requests don't support this x-amz-content-sha256 value. "
            "Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."
        ),
    )


class ClaimInQuery:
    """A claim of Signature Version 2, which says nothing of the payload."""

    version = 2
    content_sha256 = None
    presigned = True


@pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED])
def test_under_another_signature_the_word_is_a_hash_like_any_other(mode):
    error = refusal(lambda: streaming(mode, ClaimInQuery()))
    assert (error.code, error.detail) == (
        "IncompleteBody",
        {"NumberBytesExpected": "1024", "NumberBytesProvided": str(len(DATA) + 12)},
    )

    headers = {"x-amz-content-sha256": mode, "x-amz-decoded-content-length": "1024", "content-length": "1024"}
    error = refusal(
        lambda: Payload(Request("PUT", "/b/k", headers=headers, body=Pieces([DATA], 1024)), ClaimInQuery(), SECRET)
    )
    assert (error.code, error.detail["ClientComputedContentSHA256"]) == ("XAmzContentSHA256Mismatch", mode)


def test_chunks_signed_with_version_4a_are_not_implemented():
    error = refusal(lambda: streaming("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", None))

    assert (error.code, error.status) == ("NotImplemented", 501)


# Documents.


def test_a_document_is_read_whole_and_verified():
    payload = plain(
        headers={
            "content-md5": base64_md5(DATA),
            "x-amz-content-sha256": hashlib.sha256(DATA).hexdigest(),
            "x-amz-checksum-crc32": checksum_text(CRC32.digest(DATA)),
        },
        pieces=cut(DATA, [5, 500]),
    )

    assert run(payload.read_document(LIMIT)) == DATA


def test_a_document_may_come_without_a_length_and_may_be_empty():
    request = Request("POST", "/b", body=Pieces([DATA, DATA]))

    assert run(Payload(request).read_document(LIMIT)) == DATA + DATA
    assert run(Payload(Request("POST", "/b")).read_document(LIMIT)) == b""


@pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED, SIGNED_TRAILER])
def test_a_document_may_be_chunked(mode):
    assert run(chunked(mode=mode, cuts=(5, 600)).read_document(LIMIT)) == DATA
    with pytest.raises(S3Error, match="MaxMessageLengthExceeded"):
        run(chunked(mode=mode).read_document(len(DATA) - 1))


@pytest.mark.parametrize(
    ("headers", "code", "detail"),
    [
        (
            {"content-md5": base64_md5(b"other")},
            "BadDigest",
            {"ExpectedDigest": base64_md5(b"other"), "CalculatedDigest": base64_md5(DATA)},
        ),
        (
            {"x-amz-content-sha256": "0" * 64},
            "XAmzContentSHA256Mismatch",
            {"ClientComputedContentSHA256": "0" * 64, "S3ComputedContentSHA256": hashlib.sha256(DATA).hexdigest()},
        ),
        ({"x-amz-checksum-crc32": checksum_text(CRC32.digest(b"other"))}, "BadDigest", {}),
        ({"content-md5": "invalid"}, "InvalidDigest", {"Content-MD5": "invalid"}),
    ],
)
def test_a_document_with_another_digest_is_refused(headers, code, detail):
    with pytest.raises(S3Error) as caught:
        run(plain(headers=headers).read_document(LIMIT))

    assert (caught.value.code, caught.value.detail) == (code, detail)


def test_checksum_headers_that_speak_of_an_object_are_not_held_against_the_document():
    payload = plain(headers={"x-amz-checksum-crc32": "AAAAAA==-3", "x-amz-content-sha256": SHA256.digest(DATA).hex()})

    assert run(payload.read_document(LIMIT, checksum_of_object=True)) == DATA


def test_a_document_beyond_the_limit_is_refused_before_it_fills_the_memory():
    announced = plain()
    with pytest.raises(S3Error) as caught:
        run(announced.read_document(len(DATA) - 1))
    assert (caught.value.code, caught.value.detail) == ("MaxMessageLengthExceeded", {"MaxMessageLengthBytes": "1023"})
    assert announced._body.reads == 0

    endless = Pieces([bytes(LIMIT)] * 100)
    with pytest.raises(S3Error, match="MaxMessageLengthExceeded"):
        run(Payload(Request("POST", "/b", body=endless)).read_document(LIMIT))
    assert endless.reads <= 2


# botocore as the sender.


def sent_by_botocore(scheme, **parameters):
    """The request that boto3's client would send, headers and body as on the wire."""
    client = boto3.client(
        "s3",
        endpoint_url=f"{scheme}://127.0.0.1:1",
        aws_access_key_id="AK",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    sent = {}

    def keep(request, **_):
        body = request.body
        raw = body if isinstance(body, bytes) else b"".join(iter(lambda: body.read(1 << 16), b"")) if body else b""
        headers = {
            name.lower(): value if isinstance(value, str) else value.decode() for name, value in request.headers.items()
        }
        chunked_framing = headers.get("transfer-encoding") == "chunked"
        sent["request"] = Request(
            "PUT", "/b/k", headers=headers, body=Pieces([raw], None if chunked_framing else len(raw))
        )
        raise RuntimeError("kept")

    client.meta.events.register("before-send.s3.PutObject", keep)
    with pytest.raises(RuntimeError, match="kept"):
        client.put_object(Bucket="b", Key="k", **parameters)
    return sent["request"]


@pytest.mark.parametrize("scheme", ["http", "https"])
# Botocore computes every algorithm but MD5.
@pytest.mark.parametrize("algorithm", [None, *(name for name in ALGORITHMS if name != "MD5")])
@pytest.mark.parametrize("data", [b"", DATA, DATA * 300])
def test_what_boto3_sends_is_taken_with_its_checksum(scheme, algorithm, data):
    named = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    request = sent_by_botocore(scheme, Body=data, **named)
    claim = sigv4.Claim("AK", "", "", None, "", request.headers["x-amz-content-sha256"], None)
    payload = Payload(request, claim, SECRET)

    assert run(read_on(payload)) == data
    expected = ALGORITHMS[algorithm or "CRC32"]
    assert payload.checksum == (expected.name, "FULL_OBJECT", expected.digest(data), 0)
    assert payload.declaration.trailer == (scheme == "https")
