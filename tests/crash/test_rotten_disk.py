"""What is read is what was written: bytes that changed on the disk are an error, never data (SEMANTICS.md, S5)."""

import random
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError

from live.expect import refused
from live.server import Server
from live.wire import Wire

pytestmark = pytest.mark.crash

SEGMENT = 256 * 1024
BODY = random.Random(3).randbytes(3 * SEGMENT + 1000)


@pytest.fixture
def disk(start_server) -> Server:
    return start_server(workers=2)


@pytest.fixture
def s3(disk, clients):
    client = clients(disk)
    client.create_bucket(Bucket="bucket")
    return client


def blob_files(disk: Server) -> list[Path]:
    assert disk.data is not None
    return [path for path in (disk.data / "blobs").rglob("*") if path.is_file()]


def spoil(disk: Server, position: int) -> None:
    """Turn one bit of the only blob."""
    [path] = blob_files(disk)
    with path.open("r+b") as blob:
        blob.seek(position)
        byte = blob.read(1)
        blob.seek(position)
        blob.write(bytes([byte[0] ^ 1]))


def position_of(disk: Server, offset: int) -> int:
    """Where a byte of the body lies in the file."""
    [path] = blob_files(disk)
    return path.read_bytes().index(BODY[:1000]) + offset


@pytest.mark.parametrize("segment", [0, 1, 3])
def test_a_spoilt_segment_is_never_sent(disk, s3, segment):
    s3.put_object(Bucket="bucket", Key="key", Body=BODY)
    spoil(disk, position_of(disk, segment * SEGMENT + 500))
    got = b""
    with pytest.raises((ClientError, ResponseStreamingError)):
        got = s3.get_object(Bucket="bucket", Key="key")["Body"].read()
    assert got == b""
    wire = Wire(disk.endpoint, disk.access_key, disk.secret_key)
    for part in range(4):
        last = min((part + 1) * SEGMENT, len(BODY)) - 1
        answer = wire.signed("GET", "/bucket/key", {"Range": f"bytes={part * SEGMENT + 10}-{last}"})
        if part == segment:
            assert (answer.status, answer.code) == (500, "InternalError")
        else:
            assert (answer.status, answer.body) == (206, BODY[part * SEGMENT + 10 : last + 1])
    assert f"bucket/key: segment {segment}" in disk.log_text()  # whoever runs the server learns what is damaged


def test_a_spoilt_object_is_not_copied_into_a_sound_one(disk, s3):
    """A copy that makes new checksums of rotten bytes would hide the rot."""
    s3.put_object(Bucket="bucket", Key="key", Body=BODY)
    spoil(disk, position_of(disk, 700))
    with refused("InternalError", 500):
        s3.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/key", ChecksumAlgorithm="SHA256")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    with refused("InternalError", 500):
        s3.upload_part_copy(Bucket="bucket", Key="parts", UploadId=upload, PartNumber=1, CopySource="bucket/key")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["key"]


@pytest.mark.parametrize("size", [0, 100, len(BODY) // 2])
def test_a_blob_cut_short_is_an_error(disk, s3, size):
    s3.put_object(Bucket="bucket", Key="key", Body=BODY)
    [path] = blob_files(disk)
    with path.open("r+b") as blob:
        blob.truncate(size)
    with pytest.raises((ClientError, ResponseStreamingError)):
        s3.get_object(Bucket="bucket", Key="key")["Body"].read()
    assert "damaged: bucket/key: " in disk.log_text()


def test_a_lost_blob_is_an_error_and_not_a_missing_key(disk, s3):
    s3.put_object(Bucket="bucket", Key="key", Body=BODY)
    [path] = blob_files(disk)
    path.unlink()
    with refused("InternalError", 500):
        s3.get_object(Bucket="bucket", Key="key")
    s3.delete_object(Bucket="bucket", Key="key")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="bucket", Key="key")


def test_a_spoilt_inline_object_is_an_error(disk, s3):
    """Bytes that live in the index have a checksum of their own."""
    small = random.Random(4).randbytes(9000)
    s3.put_object(Bucket="bucket", Key="key", Body=small)
    assert disk.data is not None
    index = next(path for path in (disk.data / "index").rglob("*") if path.is_file() and "lock" not in path.name)
    disk.stop()
    raw = index.read_bytes()
    assert small[4096:4200] in raw
    places = [at for at in range(len(raw)) if raw.startswith(small[100:140], at)] if len(raw) < 1 << 20 else []
    places = places or [raw.index(small[100:140])]
    with index.open("r+b") as file:
        for at in places:  # an old page may hold a copy
            file.seek(at)
            file.write(bytes([raw[at] ^ 1]))
    disk.listen = f"127.0.0.1:{disk.port}"
    disk.start()
    with refused("InternalError", 500):
        s3.get_object(Bucket="bucket", Key="key")
    s3.put_object(Bucket="bucket", Key="key", Body=b"new")
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"new"
