"""Range requests and reads by part number. Sources: S3 API Reference, GetObject; RFC 9110 section 14."""

import random

import pytest

from live.expect import assert_refused, refused

SIZE = 600_000
DATA = random.randbytes(SIZE)


@pytest.mark.parametrize("size", [10, 11_000, SIZE])
@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 4), (3, 7), (9, 9), (5, None), (None, 3)])
def test_one_range_gives_206(wire, bucket, put, size, first, last):
    data = DATA[:size]
    put("key", data)
    spec = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    start = size - last if first is None else first
    end = size - 1 if first is None or last is None else last
    answer = wire.signed("GET", f"/{bucket}/key", {"Range": spec})
    assert answer.status == 206
    assert answer.body == data[start : end + 1]
    assert answer.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert answer.headers["content-length"] == str(end + 1 - start)
    head = wire.signed("HEAD", f"/{bucket}/key", {"Range": spec})
    assert (head.status, head.headers["content-range"]) == (206, f"bytes {start}-{end}/{size}")


def test_ranges_across_every_segment_border(s3, bucket, put):
    put("key", DATA)
    for border in (256 * 1024, 512 * 1024):
        for first, last in (
            (border - 1, border),
            (border, border),
            (border - 1, border - 1),
            (border - 250_000, border),
        ):
            got = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={first}-{last}")["Body"].read()
            assert got == DATA[first : last + 1], (first, last)


def test_a_range_past_the_end_is_cut(wire, bucket, put):
    put("key", b"0123456789")
    for spec, body, told in (
        ("bytes=5-100", b"56789", "bytes 5-9/10"),
        ("bytes=-100", b"0123456789", "bytes 0-9/10"),
        ("bytes=0-18446744073709551616", b"0123456789", "bytes 0-9/10"),
    ):
        answer = wire.signed("GET", f"/{bucket}/key", {"Range": spec})
        assert (answer.status, answer.body, answer.headers["content-range"]) == (206, body, told)


@pytest.mark.parametrize("spec", ["bytes=10-", "bytes=10-20", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_the_object_gives_416(wire, bucket, put, spec):
    put("key", b"0123456789")
    answer = wire.signed("GET", f"/{bucket}/key", {"Range": spec})
    assert_refused(answer, "InvalidRange", 416, RangeRequested=spec, ActualObjectSize="10")
    assert wire.signed("HEAD", f"/{bucket}/key", {"Range": spec}).status == 416


@pytest.mark.parametrize(
    "spec",
    [
        "bytes=5-2",
        "bytes=a-b",
        "bytes",
        "bytes=",
        "items=0-1",
        "0-1",
        "bytes=0-1,3-4",
        "bytes=1-2-3",
        "bytes=--1",
        "bytes=-",
    ],
)
def test_what_is_not_one_byte_range_is_ignored(wire, bucket, put, spec):
    """RFC 9110: an invalid ranges-specifier is ignored; S3 serves a set of ranges whole."""
    put("key", b"0123456789")
    answer = wire.signed("GET", f"/{bucket}/key", {"Range": spec})
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert "content-range" not in answer.headers


def test_an_empty_object_has_no_range(wire, bucket, put):
    put("key", b"")
    assert_refused(wire.signed("GET", f"/{bucket}/key", {"Range": "bytes=0-0"}), "InvalidRange", 416)
    assert wire.signed("GET", f"/{bucket}/key").body == b""


def test_part_one_of_a_plain_object_is_all_of_it(s3, bucket, put):
    put("key", b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="key", PartNumber=1)
    assert got["Body"].read() == b"0123456789"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == "bytes 0-9/10"
    assert "PartsCount" not in got
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="key", PartNumber=2)


def test_range_and_part_number_exclude_each_other(s3, bucket, put):
    put("key", b"0123456789")
    with refused("InvalidRequest", 400):
        s3.get_object(Bucket=bucket, Key="key", PartNumber=1, Range="bytes=0-1")


@pytest.mark.parametrize("number", ["0", "-1", "10001", "x", ""])
def test_a_part_number_is_1_to_10000(wire, bucket, put, number):
    put("key", b"0123456789")
    assert_refused(wire.signed("GET", f"/{bucket}/key?partNumber={number}"), "InvalidArgument", 400)


def test_parts_of_a_multipart_object_by_number(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    bodies = [random.randbytes(5 * 1024 * 1024), random.randbytes(5 * 1024 * 1024 + 3), b"end"]
    parts = []
    for number, body in zip((2, 5, 9), bodies, strict=True):
        etag = s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(Bucket=bucket, Key="key", UploadId=upload, MultipartUpload={"Parts": parts})
    whole = b"".join(bodies)
    start = 0
    for number, body in enumerate(bodies, 1):  # parts of a complete object are counted anew
        got = s3.get_object(Bucket=bucket, Key="key", PartNumber=number)
        assert got["Body"].read() == body
        assert got["PartsCount"] == 3
        assert got["ContentRange"] == f"bytes {start}-{start + len(body) - 1}/{len(whole)}"
        head = s3.head_object(Bucket=bucket, Key="key", PartNumber=number)
        assert (head["ContentLength"], head["PartsCount"]) == (len(body), 3)
        start += len(body)
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="key", PartNumber=4)
    border = len(bodies[0])
    got = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={border - 5}-{border + 5}")["Body"].read()
    assert got == whole[border - 5 : border + 6]
    across = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={border - 5}-{len(whole) - 2}")["Body"].read()
    assert across == whole[border - 5 : -1]
