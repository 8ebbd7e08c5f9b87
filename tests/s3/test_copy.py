"""CopyObject. Sources: S3 API Reference, CopyObject; User Guide, "Copying, moving, and renaming objects"."""

import hashlib
import random

import pytest

from live.expect import refused
from live.wire import NAMESPACE

SIZES = [0, 100, 12 * 1024 + 1, 700_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_is_an_object_of_its_own(s3, bucket, put, read, size):
    data = random.randbytes(size)
    put("source", data, Metadata={"m": "1"}, ContentType="text/x", CacheControl="no-cache")
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "source"})
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert answer["CopyObjectResult"]["LastModified"] == head["LastModified"]
    assert (head["Metadata"], head["ContentType"], head["CacheControl"]) == ({"m": "1"}, "text/x", "no-cache")
    s3.delete_object(Bucket=bucket, Key="source")
    assert read("copy") == data
    s3.copy_object(Bucket=bucket, Key="copy of copy", CopySource=f"{bucket}/copy")
    put("copy", b"overwritten")
    assert read("copy of copy") == data


def test_the_answer_is_a_copy_object_result(wire, bucket, put):
    put("source", b"x")
    answer = wire.signed("PUT", f"/{bucket}/copy", {"x-amz-copy-source": f"/{bucket}/source"})
    assert answer.status == 200
    assert answer.xml.tag == NAMESPACE + "CopyObjectResult"
    assert answer.text("LastModified").endswith("Z")


def test_metadata_is_copied_or_replaced_as_a_whole(s3, bucket, put):
    put("source", b"x", Metadata={"old": "1"}, ContentType="text/x", ContentLanguage="de")
    source = {"Bucket": bucket, "Key": "source"}
    s3.copy_object(Bucket=bucket, Key="a", CopySource=source, Metadata={"new": "2"}, MetadataDirective="COPY")
    assert s3.head_object(Bucket=bucket, Key="a")["Metadata"] == {"old": "1"}
    s3.copy_object(
        Bucket=bucket, Key="b", CopySource=source, Metadata={"new": "2"}, MetadataDirective="REPLACE", CacheControl="c"
    )
    head = s3.head_object(Bucket=bucket, Key="b")
    assert (head["Metadata"], head["CacheControl"], head["ContentType"]) == ({"new": "2"}, "c", "binary/octet-stream")
    assert "ContentLanguage" not in head
    with refused("InvalidArgument", 400):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="SOME")


def test_a_copy_to_itself_must_change_something(s3, bucket, put, read):
    put("key", b"x", Metadata={"m": "1"})
    itself = {"Bucket": bucket, "Key": "key", "CopySource": {"Bucket": bucket, "Key": "key"}}
    with refused("InvalidRequest", 400):
        s3.copy_object(**itself)
    s3.copy_object(**itself, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert s3.head_object(Bucket=bucket, Key="key")["Metadata"] == {"m": "2"}
    assert read("key") == b"x"


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_copy_to_itself_keeps_the_bytes(s3, bucket, put, read, size):
    data = random.randbytes(size)
    put("key", data)
    for turn in range(3):
        s3.copy_object(
            Bucket=bucket,
            Key="key",
            CopySource=f"{bucket}/key",
            MetadataDirective="REPLACE",
            Metadata={"turn": str(turn)},
        )
        assert read("key") == data


def test_copies_between_buckets(s3, bucket, put, bucket_names):
    put("source", b"data")
    other = bucket_names()
    s3.create_bucket(Bucket=other)
    s3.copy_object(Bucket=other, Key="copy", CopySource={"Bucket": bucket, "Key": "source"})
    s3.delete_object(Bucket=bucket, Key="source")
    assert s3.get_object(Bucket=other, Key="copy")["Body"].read() == b"data"


def test_a_missing_source_is_told_by_name(s3, bucket):
    with refused("NoSuchKey", 404, Key="absent"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "absent"})
    with refused("NoSuchBucket", 404, BucketName="no-such-bucket"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": "no-such-bucket", "Key": "k"})
    with refused("NoSuchBucket", 404, BucketName="no-such-bucket"):
        s3.copy_object(Bucket="no-such-bucket", Key="copy", CopySource={"Bucket": bucket, "Key": "k"})


@pytest.mark.parametrize("source", ["", "/", "bucket-only", "/bucket-only", "bucket-only/", "%FF/x"])
def test_a_malformed_source_is_refused(wire, bucket, source):
    answer = wire.signed("PUT", f"/{bucket}/copy", {"x-amz-copy-source": source})
    assert answer.status == 400, answer.body
    assert answer.code in {"InvalidArgument", "InvalidURI"}


@pytest.mark.parametrize("key", ["a b", "a+b", "a%20b", "ä/ö", "q?versionId=x", "sl//ash", "a&b=c"])
def test_the_source_is_percent_encoded_once(wire, bucket, put, read, key):
    from urllib.parse import quote

    put(key, b"right")
    for slash in ("", "/"):
        source = slash + quote(f"{bucket}/{key}", safe="/")
        answer = wire.signed("PUT", f"/{bucket}/copy", {"x-amz-copy-source": source})
        assert answer.status == 200, answer.body
        assert read("copy") == b"right"


def test_a_source_version_is_the_null_version(wire, bucket, put, read):
    put("source", b"x")
    ok = wire.signed("PUT", f"/{bucket}/copy", {"x-amz-copy-source": f"{bucket}/source?versionId=null"})
    assert ok.status == 200
    bad = wire.signed(
        "PUT", f"/{bucket}/copy", {"x-amz-copy-source": f"{bucket}/source?versionId=HPniJFCxqTsMuIH9KX8K8w"}
    )
    assert bad.code in {"InvalidArgument", "NoSuchVersion"}, bad.body


def test_the_acl_is_not_copied(s3, anonymous, bucket, put):
    put("source", b"x", ACL="public-read")
    s3.copy_object(Bucket=bucket, Key="private", CopySource=f"{bucket}/source")
    s3.copy_object(Bucket=bucket, Key="public", CopySource=f"{bucket}/source", ACL="public-read")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="private")
    assert anonymous.get_object(Bucket=bucket, Key="public")["Body"].read() == b"x"


def test_copying_needs_leave_to_read_the_source(s3, second, bucket, put, bucket_names):
    put("secret", b"x")
    put("open", b"y", ACL="public-read")
    own = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=own)
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=own, Key="copy", CopySource=f"{bucket}/secret")
    second.s3.copy_object(Bucket=own, Key="copy", CopySource=f"{bucket}/open")
    assert second.s3.get_object(Bucket=own, Key="copy")["Body"].read() == b"y"


def test_a_copy_of_a_multipart_object_is_a_single_part(s3, bucket, read):
    """API Reference, CopyObject: "the object copy will be a single part object"; its ETag is an MD5 again."""
    bodies = [random.randbytes(5 * 1024 * 1024), b"end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="source", Metadata={"m": "1"})["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket=bucket, Key="source", UploadId=upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="source", UploadId=upload, MultipartUpload={"Parts": parts})
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/source")
    data = b"".join(bodies)
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    s3.delete_object(Bucket=bucket, Key="source")
    assert read("copy") == data
    head = s3.head_object(Bucket=bucket, Key="copy", PartNumber=1)
    assert head["ContentLength"] == len(data)
    assert "PartsCount" not in head
    assert head["Metadata"] == {"m": "1"}


def test_naming_a_storage_class_lets_an_object_be_copied_to_itself(s3, bucket, put, read):
    put("key", b"x", Metadata={"m": "1"})
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key", ACL="public-read")
    s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key", StorageClass="STANDARD")
    assert read("key") == b"x"
    assert s3.head_object(Bucket=bucket, Key="key")["Metadata"] == {"m": "1"}


def test_the_anonymous_may_write_but_neither_copy_nor_begin_uploads(s3, anonymous, bucket_names, bucket, put):
    """S3 User Guide, "Uploading and copying objects using multipart upload"."""
    put("open", b"y", ACL="public-read")
    public = bucket_names()
    s3.create_bucket(Bucket=public, ACL="public-read-write")
    anonymous.put_object(Bucket=public, Key="written", Body=b"x")
    with refused("AccessDenied", 403):
        anonymous.copy_object(Bucket=public, Key="copy", CopySource=f"{bucket}/open")
    with refused("AccessDenied", 403):
        anonymous.create_multipart_upload(Bucket=public, Key="uploaded")
