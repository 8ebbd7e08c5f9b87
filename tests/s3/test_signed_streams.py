"""Bodies in signed chunks (``aws-chunked``), with and without a signed trailer.

Source: S3 API Reference, "Signature calculations for the Authorization header: transferring payload in multiple
chunks".
"""

import random

import pytest

from live.expect import assert_refused
from live.streaming import SIGNED, Stream
from live.sums import checksum

PIECES = [random.randbytes(65536), random.randbytes(65536), random.randbytes(1000)]


@pytest.mark.parametrize("pieces", [[], [b"x"], [b"h" * 8192, b" world"], PIECES], ids=len)
def test_signed_chunks(wire, bucket, pieces):
    stream = Stream(wire, f"/{bucket}/key", pieces)
    answer = wire.send("PUT", f"/{bucket}/key", stream.headers, stream.body)
    assert answer.status == 200, answer.body
    got = wire.signed("GET", f"/{bucket}/key")
    assert got.body == b"".join(pieces)
    assert "content-encoding" not in got.headers


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256", "CRC64NVME"])
def test_signed_chunks_with_a_signed_trailer(wire, bucket, algorithm):
    name = f"x-amz-checksum-{algorithm.lower()}"
    stream = Stream(wire, f"/{bucket}/key", PIECES, trailer={name: checksum(algorithm, b"".join(PIECES))})
    answer = wire.send("PUT", f"/{bucket}/key", stream.headers, stream.body)
    assert answer.status == 200, answer.body
    assert wire.signed("GET", f"/{bucket}/key").body == b"".join(PIECES)
    wrong = Stream(wire, f"/{bucket}/other", PIECES, trailer={name: checksum(algorithm, b"else")})
    assert_refused(wire.send("PUT", f"/{bucket}/other", wrong.headers, wrong.body), "BadDigest", 400)
    assert wire.signed("HEAD", f"/{bucket}/other").status == 404


@pytest.mark.parametrize("spoiled", [0, 1, 2, 3, -1])
def test_every_chunk_signature_counts(wire, bucket, spoiled):
    """Also that of the last, empty chunk and that of the trailer."""

    def tamper(number, signature):
        return signature[:-1] + ("0" if signature[-1] != "0" else "1") if number == spoiled else signature

    trailer = {"x-amz-checksum-crc32": checksum("CRC32", b"".join(PIECES))}
    stream = Stream(wire, f"/{bucket}/key", PIECES, trailer=trailer, tamper=tamper)
    answer = wire.send("PUT", f"/{bucket}/key", stream.headers, stream.body)
    assert_refused(answer, "SignatureDoesNotMatch", 403)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_chunks_changed_or_left_out_are_noticed(wire, bucket):
    whole = Stream(wire, f"/{bucket}/key", [b"1" * 8192, b"2" * 8192, b"third"])
    changed = whole.body.replace(b"22", b"23", 1)
    assert_refused(wire.send("PUT", f"/{bucket}/key", whole.headers, changed), "SignatureDoesNotMatch", 403)
    lines = whole.body.split(b"\r\n")
    without_second = b"\r\n".join(lines[:2] + lines[4:])
    answer = wire.send("PUT", f"/{bucket}/key", whole.headers, without_second)
    assert answer.status in {400, 403}
    cut = b"\r\n".join(lines[:6]) + b"\r\n"
    assert wire.send("PUT", f"/{bucket}/key", whole.headers, cut).status in {400, 403}
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


@pytest.mark.parametrize("length", [0, 8192, 8196, 10_000])
def test_the_decoded_length_is_held_against_the_chunks(wire, bucket, length):
    stream = Stream(wire, f"/{bucket}/key", [b"1" * 8192, b"third"], decoded_length=length)
    answer = wire.send("PUT", f"/{bucket}/key", stream.headers, stream.body)
    assert_refused(answer, "IncompleteBody", 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_only_the_last_chunk_may_be_small(wire, bucket):
    """API Reference: each chunk but the last has at least 8 KiB; S3 answers InvalidChunkSizeError."""
    stream = Stream(wire, f"/{bucket}/key", [b"small", b"first"])
    assert_refused(wire.send("PUT", f"/{bucket}/key", stream.headers, stream.body), "InvalidChunkSizeError", 403)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_an_unsigned_body_does_not_pass_for_a_signed_stream(wire, bucket):
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "5"}
    answer = wire.signed("PUT", f"/{bucket}/key", headers, b"5\r\nhello\r\n0\r\n\r\n", payload_hash=SIGNED)
    assert 400 <= answer.status < 500
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404
