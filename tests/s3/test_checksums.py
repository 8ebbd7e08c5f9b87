"""Checksums of whole objects: headers, trailers, defaults, refusals.

Sources: S3 User Guide, "Checking object integrity in Amazon S3"; API Reference, PutObject, GetObject, HeadObject.
"""

import random

import pytest

from live.expect import assert_refused, refused
from live.sums import ALGORITHMS, checksum

SIZES = [0, 9, 11_000, 300_000]


def test_the_sums_of_this_file_are_the_published_ones():
    """Check values of the catalogue of parametrised CRC algorithms, for ``123456789``."""
    from live.sums import raw_checksum

    assert raw_checksum("CRC32", b"123456789").hex() == "cbf43926"
    assert raw_checksum("CRC32C", b"123456789").hex() == "e3069283"
    assert raw_checksum("CRC64NVME", b"123456789").hex() == "ae8b14860a799888"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_in_a_header_is_checked_kept_and_told(s3, bucket, put, algorithm, size):
    data = random.randbytes(size)
    member, value = f"Checksum{algorithm}", checksum(algorithm, data)
    stored = put("key", data, **{member: value})
    assert (stored[member], stored["ChecksumType"]) == (value, "FULL_OBJECT")
    for call in (s3.get_object, s3.head_object):
        got = call(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
        assert (got[member], got["ChecksumType"]) == (value, "FULL_OBJECT")
        others = {f"Checksum{other}" for other in ALGORITHMS} - {member}
        assert not others & set(got)
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], "FULL_OBJECT")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_wrong_checksum_stores_nothing(wire, bucket, put, read, algorithm, size):
    put("key", b"before")
    name = f"x-amz-checksum-{algorithm.lower()}"
    answer = wire.signed(
        "PUT", f"/{bucket}/key", {name: checksum(algorithm, b"something else")}, random.randbytes(size)
    )
    assert_refused(answer, "BadDigest", 400)
    assert read("key") == b"before"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("value", ["", "AAAA", "not base64!", "AAAAAAAA" * 9])
def test_a_malformed_checksum_is_refused(wire, bucket, algorithm, value):
    answer = wire.signed("PUT", f"/{bucket}/key", {f"x-amz-checksum-{algorithm.lower()}": value}, b"x")
    assert_refused(answer, "InvalidRequest", 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_one_checksum_only(wire, bucket):
    headers = {f"x-amz-checksum-{name.lower()}": checksum(name, b"x") for name in ("CRC32", "SHA256")}
    assert_refused(wire.signed("PUT", f"/{bucket}/key", headers, b"x"), "InvalidRequest", 400)


def test_an_announced_checksum_must_come(wire, bucket):
    headers = {"x-amz-sdk-checksum-algorithm": "CRC32"}
    assert_refused(wire.signed("PUT", f"/{bucket}/key", headers, b"x"), "InvalidRequest", 400)


def test_the_announced_algorithm_must_be_the_one_that_comes(wire, bucket):
    headers = {"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": checksum("CRC32", b"x")}
    assert_refused(wire.signed("PUT", f"/{bucket}/key", headers, b"x"), "InvalidRequest", 400)


def test_an_unknown_algorithm_is_refused(wire, bucket):
    for headers in ({"x-amz-sdk-checksum-algorithm": "ADLER32"}, {"x-amz-checksum-adler32": "AAAAAA=="}):
        answer = wire.signed("PUT", f"/{bucket}/key", headers, b"x")
        assert (answer.status, answer.code) in {(400, "InvalidRequest"), (501, "NotImplemented")}, answer.body


def test_without_a_checksum_s3_makes_crc64nvme(wire, bucket, s3):
    """User Guide: "If no checksum is supplied, Amazon S3 ... CRC64NVME ... full object"."""
    stored = wire.signed("PUT", f"/{bucket}/key", body=b"hello")
    assert stored.headers["x-amz-checksum-crc64nvme"] == checksum("CRC64NVME", b"hello")
    assert stored.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == checksum("CRC64NVME", b"hello")


def test_checksums_are_told_on_request_only(wire, bucket, put):
    put("key", b"hello", ChecksumSHA256=checksum("SHA256", b"hello"))
    plain = wire.signed("GET", f"/{bucket}/key").headers
    assert not [name for name in plain if name.startswith("x-amz-checksum")]
    asked = wire.signed("GET", f"/{bucket}/key", {"x-amz-checksum-mode": "ENABLED"}).headers
    assert asked["x-amz-checksum-sha256"] == checksum("SHA256", b"hello")


def test_a_range_does_not_carry_the_checksum_of_the_whole(s3, bucket, put):
    """boto3 checks what it reads against the checksum that comes with it: a range with the whole's would fail."""
    put("key", b"0123456789", ChecksumCRC32=checksum("CRC32", b"0123456789"))
    got = s3.get_object(Bucket=bucket, Key="key", Range="bytes=2-4", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"234"
    assert "ChecksumCRC32" not in got


# --- trailers -----------------------------------------------------------------------------------------------------


def chunked(data: bytes, trailer: str, *, piece: int = 65536) -> bytes:
    """``aws-chunked`` without signatures."""
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in pieces)
    return body + b"0\r\n" + trailer.encode() + b"\r\n\r\n"


def send_trailer(wire, target, data, trailer, announced, **extra):
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(len(data)),
        "X-Amz-Trailer": announced,
        **extra,
    }
    body = chunked(data, trailer)
    return wire.signed("PUT", target, headers, body, payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_in_a_trailer_is_checked_and_kept(wire, s3, bucket, algorithm, size):
    data = random.randbytes(size)
    name, value = f"x-amz-checksum-{algorithm.lower()}", checksum(algorithm, data)
    answer = send_trailer(wire, f"/{bucket}/key", data, f"{name}:{value}", name)
    assert answer.status == 200, answer.body
    assert answer.headers[name] == value
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert got["Body"].read() == data
    assert got[f"Checksum{algorithm}"] == value
    wrong = send_trailer(wire, f"/{bucket}/other", data, f"{name}:{checksum(algorithm, b'else')}", name)
    assert_refused(wrong, "BadDigest", 400)
    assert wire.signed("HEAD", f"/{bucket}/other").status == 404


@pytest.mark.parametrize(
    ("trailer", "announced"),
    [
        ("", "x-amz-checksum-crc32"),
        ("x-amz-checksum-crc32:AAAA", "x-amz-checksum-crc32"),
        ("x-amz-checksum-sha1:2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "x-amz-checksum-crc32"),
        ("garbage", "x-amz-checksum-crc32"),
    ],
)
def test_a_trailer_that_is_not_what_was_announced_is_refused(wire, bucket, trailer, announced):
    answer = send_trailer(wire, f"/{bucket}/key", b"x", trailer, announced)
    assert answer.status == 400, answer.body
    assert answer.code in {"InvalidRequest", "MalformedTrailerError", "IncompleteBody", "BadDigest"}
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


@pytest.mark.parametrize("told", ["0", "4", "6", "100", "x", "-1", None])
def test_the_decoded_length_must_be_right(wire, bucket, told):
    value = checksum("CRC32", b"hello")
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32"}
    if told is not None:
        headers["X-Amz-Decoded-Content-Length"] = told
    body = chunked(b"hello", f"x-amz-checksum-crc32:{value}")
    answer = wire.signed("PUT", f"/{bucket}/key", headers, body, payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert answer.status in {400, 411}, answer.body
    assert answer.code in {"IncompleteBody", "InvalidArgument", "InvalidRequest", "MissingContentLength"}
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhel",
        b"5\r\nhello\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"x\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5;\r\nhello\r\n0\r\n\r\n" * 2,
        b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"",
        b"\r\n",
        b"5" * 10_000,
    ],
)
def test_malformed_chunks_store_nothing(wire, bucket, body):
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "5"}
    answer = wire.signed("PUT", f"/{bucket}/key", headers, body, payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert 400 <= answer.status < 500, answer.body
    assert answer.code in {"IncompleteBody", "InvalidRequest", "MalformedTrailerError", "InvalidChunkSizeError"}, (
        answer.body
    )
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


# --- copies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [9, 300_000])
def test_a_copy_keeps_the_checksum_or_gets_the_one_asked_for(s3, bucket, put, size):
    data = random.randbytes(size)
    put("source", data, ChecksumSHA1=checksum("SHA1", data))
    kept = s3.copy_object(Bucket=bucket, Key="kept", CopySource=f"{bucket}/source")["CopyObjectResult"]
    assert (kept["ChecksumSHA1"], kept["ChecksumType"]) == (checksum("SHA1", data), "FULL_OBJECT")
    for algorithm in ALGORITHMS:
        made = s3.copy_object(Bucket=bucket, Key=algorithm, CopySource=f"{bucket}/source", ChecksumAlgorithm=algorithm)[
            "CopyObjectResult"
        ]
        assert made[f"Checksum{algorithm}"] == checksum(algorithm, data)
        head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"] == checksum(algorithm, data)
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="x", CopySource=f"{bucket}/source", ChecksumAlgorithm="ADLER32")
