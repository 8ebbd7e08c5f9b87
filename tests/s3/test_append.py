"""PutObject with ``x-amz-write-offset-bytes`` over a real port.

Source: S3 User Guide, "Appending data to objects in directory buckets"; S3 API Reference, "PutObject".
"""

import base64
import concurrent.futures
import hashlib
import zlib

import pytest

from live.expect import refused

MIB = 1024 * 1024


@pytest.fixture
def append(s3, bucket):
    def put(offset, body, key="key", **members):
        return s3.put_object(Bucket=bucket, Key=key, Body=body, WriteOffsetBytes=offset, **members)

    return put


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def test_what_is_appended_is_at_the_end_and_the_answer_tells_the_size(s3, bucket, read, append):
    first = append(0, b"one, ", ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=v")
    assert "Size" not in first
    second = append(5, b"two, ")
    third = append(10, b"three")
    assert (second["Size"], third["Size"]) == (10, 15)
    assert len({first["ETag"], second["ETag"], third["ETag"]}) == 3
    assert read("key") == b"one, two, three"
    head = s3.head_object(Bucket=bucket, Key="key")
    assert (head["ETag"], head["ContentLength"], head["ContentType"]) == (third["ETag"], 15, "text/plain")
    assert (head["Metadata"], head["TagCount"]) == ({"a": "b"}, 1)
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Size"] == 15
    answer = s3.get_object(Bucket=bucket, Key="key", Range="bytes=3-11")
    assert answer["Body"].read() == b", two, th"


@pytest.mark.parametrize("sizes", [(0, 5), (5, 50_000), (50_000, 5), (300_000, 700_000), (13_000, 0)], ids=str)
def test_pieces_of_any_size_make_one_object(s3, bucket, read, append, sizes):
    bodies = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    whole = b"".join(bodies)
    append(0, bodies[0])
    append(sizes[0], bodies[1])
    append(len(whole), b"end")
    whole += b"end"
    assert read("key") == whole
    answer = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={max(sizes[0] - 3, 0)}-{sizes[0] + 2}")
    assert answer["Body"].read() == whole[max(sizes[0] - 3, 0) : sizes[0] + 3]


def test_another_offset_than_the_size_is_refused_and_changes_nothing(s3, bucket, put, read, append):
    for offset in (1, 5):
        with refused("InvalidWriteOffset", 400):
            append(offset, b"x")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    etag = put("key", b"12345")["ETag"]
    for offset in (0, 4, 6):
        with refused("InvalidWriteOffset", 400):
            append(offset, b"x")
    with refused("InvalidArgument", 400):
        append(-1, b"x")
    assert read("key") == b"12345"
    assert s3.head_object(Bucket=bucket, Key="key")["ETag"] == etag


def test_of_racing_appends_one_wins_at_each_offset(s3, bucket, read, append):
    """S3: no append is lost and none is there twice."""
    append(0, b"")

    def writer(letter):
        done = 0
        while done < 6:
            size = s3.head_object(Bucket=bucket, Key="key")["ContentLength"]
            try:
                append(size, letter * 1000)
            except s3.exceptions.InvalidWriteOffset:
                continue
            done += 1

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(writer, (b"a", b"b", b"c", b"d")))
    body = read("key")
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    assert all(len(set(piece)) == 1 for piece in pieces)
    assert sorted(piece[:1] for piece in pieces) == sorted([b"a", b"b", b"c", b"d"] * 6)


def test_of_racing_creations_one_wins(s3, append):
    def create(number):
        try:
            append(0, b"%d" % number, "new")
        except s3.exceptions.InvalidWriteOffset:
            return 0
        return 1

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(8))) == 1


def test_conditions_speak_of_the_object_before(s3, put, read, append):
    etag = put("key", b"1")["ETag"]
    with refused("PreconditionFailed", 412):
        append(1, b"2", IfMatch='"other"')
    with refused("PreconditionFailed", 412):
        append(1, b"2", IfNoneMatch="*")
    later = append(1, b"2", IfMatch=etag)["ETag"]
    append(2, b"3", IfMatch=later)
    assert read("key") == b"123"
    append(0, b"x", "new", IfNoneMatch="*")
    with refused("NoSuchKey", 404):
        append(0, b"x", "newer", IfMatch=etag)


@pytest.mark.parametrize(
    "members",
    [
        {"Metadata": {"a": "b"}},
        {"Tagging": "a=b"},
        {"ACL": "public-read"},
        {"CacheControl": "no-cache"},
        {"ContentEncoding": "gzip"},
        {"WebsiteRedirectLocation": "/other"},
    ],
    ids=str,
)
def test_what_is_said_of_an_object_is_for_the_request_that_makes_it(put, read, append, members):
    put("key", b"1")
    with refused("InvalidRequest", 400):
        append(1, b"2", **members)
    assert read("key") == b"1"


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_buckets_that_have_or_had_versioning_take_no_appends(s3, bucket, put, read, append, status):
    put("key", b"1")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    with refused("InvalidBucketState", 409):
        append(1, b"2")
    with refused("InvalidBucketState", 409):
        append(0, b"2", "new")
    assert read("key") == b"1"


def test_a_crc_is_that_of_the_whole(s3, bucket, append):
    bodies = [b"one", b"x" * 20_000, b"three"]
    whole = b""
    for body in bodies:
        answer = append(len(whole), body, ChecksumAlgorithm="CRC32")
        whole += body
        assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (crc32(whole), "FULL_OBJECT")
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (crc32(whole), "FULL_OBJECT")


def test_the_object_keeps_its_algorithm_whatever_an_append_sends(s3, bucket, put, read, append):
    put("key", b"one", ChecksumAlgorithm="CRC32")
    answer = append(3, b"two", ChecksumAlgorithm="SHA256")
    assert answer["ChecksumCRC32"] == crc32(b"onetwo")
    assert "ChecksumSHA256" not in answer
    with refused("BadDigest", 400):
        append(6, b"three", ChecksumSHA256=base64.b64encode(hashlib.sha256(b"other").digest()).decode())
    assert read("key") == b"onetwo"


def test_of_a_hash_there_is_a_composite_one(s3, bucket, put, append):
    put("key", b"one", ChecksumAlgorithm="SHA256")
    append(3, b"two")
    answer = append(6, b"three")
    digests = [hashlib.sha256(body).digest() for body in (b"one", b"two", b"three")]
    expected = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode() + "-3"
    assert (answer["ChecksumSHA256"], answer["ChecksumType"]) == (expected, "COMPOSITE")
    parts = s3.get_object_attributes(Bucket=bucket, Key="key", ObjectAttributes=["ObjectParts", "Checksum"])
    assert [part["Size"] for part in parts["ObjectParts"]["Parts"]] == [3, 3, 5]
    assert parts["ObjectParts"]["TotalPartsCount"] == 3
    assert parts["Checksum"]["ChecksumSHA256"] + "-3" in {expected, expected + "-3"}


def test_an_append_is_a_part_and_an_upload_can_be_appended_to(s3, bucket, read, append):
    target = {"Bucket": bucket, "Key": "key"}
    target["UploadId"] = s3.create_multipart_upload(**target)["UploadId"]
    parts = []
    for number, size in ((1, 5 * MIB), (2, 7)):
        etag = s3.upload_part(**target, PartNumber=number, Body=bytes([number]) * size)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
    answer = append(5 * MIB + 7, b"\3" * 20)
    assert answer["ETag"].endswith('-3"')
    assert read("key") == b"\1" * 5 * MIB + b"\2" * 7 + b"\3" * 20
    part = s3.get_object(Bucket=bucket, Key="key", PartNumber=3)
    assert (part["PartsCount"], part["Body"].read()) == (3, b"\3" * 20)


def test_two_pieces_have_the_tag_of_two_parts(put, append):
    put("key", b"one")
    parts = hashlib.md5(b"one").digest() + hashlib.md5(b"two").digest()
    assert append(3, b"two")["ETag"] == f'"{hashlib.md5(parts).hexdigest()}-2"'


def test_what_was_appended_to_is_copied_renamed_and_overwritten_like_any_other(s3, bucket, put, read, append):
    put("key", b"one")
    append(3, b"two" * 10_000)
    whole = b"one" + b"two" * 10_000
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    s3.rename_object(Bucket=bucket, Key="moved", RenameSource="key")
    append(len(whole), b"!", "moved")
    assert (read("copy"), read("moved")) == (whole, whole + b"!")
    put("moved", b"new")
    append(3, b"er", "moved")
    assert read("moved") == b"newer"


@pytest.mark.parametrize("encryption", ["AES256", "aws:kms"])
@pytest.mark.parametrize("sizes", [(3, 5), (3, 50_000), (100_000, 70_000), (0, 5)], ids=str)
def test_an_encrypted_object_is_appended_to_in_its_own_encryption(s3, bucket, put, read, append, encryption, sizes):
    bodies = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    put("key", bodies[0], ServerSideEncryption=encryption)
    s3.put_object_annotation(Bucket=bucket, Key="key", AnnotationName="note", AnnotationPayload=b"secret")
    assert append(sizes[0], bodies[1])["ServerSideEncryption"] == encryption
    whole = b"".join(bodies)
    append(len(whole), b"end", ServerSideEncryption=encryption)
    s3.rename_object(Bucket=bucket, Key="moved", RenameSource="key")
    append(len(whole) + 3, b"!", "moved")
    assert read("moved") == whole + b"end!"
    answer = s3.get_object(Bucket=bucket, Key="moved", Range=f"bytes={max(len(whole) - 2, 0)}-")
    assert answer["Body"].read() == (whole + b"end!")[max(len(whole) - 2, 0) :]
    assert answer["ServerSideEncryption"] == encryption
    note = s3.get_object_annotation(Bucket=bucket, Key="moved", AnnotationName="note")
    assert note["AnnotationPayload"].read() == b"secret"


def test_another_encryption_than_the_objects_is_refused(put, read, append):
    put("plain", b"1")
    put("sealed", b"1", ServerSideEncryption="AES256")
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    for key, members in (
        ("plain", {"ServerSideEncryption": "AES256"}),
        ("plain", customer),
        ("sealed", {"ServerSideEncryption": "aws:kms"}),
        ("sealed", customer),
    ):
        with refused("EncryptionTypeMismatch", 400):
            append(1, b"2", key, **members)
    assert (read("plain"), read("sealed")) == (b"1", b"1")


def test_a_customers_key_comes_with_each_append(s3, bucket, put, read, append):
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    put("key", b"one" * 10_000, **customer)
    with refused("InvalidRequest", 400):
        append(30_000, b"two")
    with refused("AccessDenied", 403):
        append(30_000, b"two", SSECustomerAlgorithm="AES256", SSECustomerKey="o" * 32)
    answer = append(30_000, b"two", **customer)
    assert answer["SSECustomerAlgorithm"] == "AES256"
    assert read("key", **customer) == b"one" * 10_000 + b"two"


def test_an_append_has_to_fit_the_quota(s3, bucket, put, append, server):
    if server.data is None:
        pytest.skip("quotas are set on a folder")
    put("key", b"x" * 600)
    server.bushel("quota", "set", "--bucket", bucket, "--max-size", "1000", "--data", str(server.data))
    with refused("QuotaExceeded", 403):
        append(600, b"x" * 401)
    append(600, b"x" * 400)
    with refused("QuotaExceeded", 403):
        append(1000, b"x")


def test_nothing_appended_changes_nothing(s3, bucket, put, append):
    etag = put("key", b"1")["ETag"]
    answer = append(1, b"")
    assert (answer["ETag"], answer["Size"]) == (etag, 1)
    assert s3.head_object(Bucket=bucket, Key="key")["ETag"] == etag
