"""Quotas set with ``bushel quota`` while the server runs (docs/quotas.md)."""

import json

import pytest

from live.expect import refused

MIB = 1024 * 1024

pytestmark = pytest.mark.server_kinds("embedded-1", "embedded-3")


@pytest.fixture
def quota(server):
    def run(*arguments):
        return server.bushel("quota", *arguments, "--data", str(server.data))

    return run


def test_a_bucket_holds_no_more_bytes_than_its_quota(s3, bucket, put, quota):
    put("a", b"x" * 600)
    quota("set", "--bucket", bucket, "--max-size", "1000")
    put("b", b"x" * 400)
    with refused("QuotaExceeded", 403):
        put("c", b"x")
    with refused("QuotaExceeded", 403):
        put("a", b"x" * 600)  # it has to fit beside the one that it replaces
    with refused("QuotaExceeded", 403):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/b")
    with refused("QuotaExceeded", 403):
        s3.put_object_annotation(Bucket=bucket, Key="a", AnnotationName="n", AnnotationPayload=b"x")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a", "b"]
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"x" * 400
    s3.delete_object(Bucket=bucket, Key="a")
    put("c", b"x" * 600)
    quota("clear", "--bucket", bucket)
    put("d", b"x" * 1001)


def test_a_bucket_holds_no_more_objects_than_its_quota(s3, bucket, put, quota):
    quota("set", "--bucket", bucket, "--max-objects", "2")
    put("a")
    put("b")
    with refused("QuotaExceeded", 403):
        put("c")
    with refused("QuotaExceeded", 403):
        s3.create_multipart_upload(Bucket=bucket, Key="c")
    s3.delete_object(Bucket=bucket, Key="a")
    put("c")


def test_an_upload_in_parts_is_held_to_it_part_by_part_and_whole(s3, bucket, put, quota):
    quota("set", "--bucket", bucket, "--max-size", str(6 * MIB))
    target = {"Bucket": bucket, "Key": "key"}
    target["UploadId"] = s3.create_multipart_upload(**target)["UploadId"]
    with refused("QuotaExceeded", 403):
        s3.upload_part(**target, PartNumber=1, Body=bytes(6 * MIB + 1))
    parts = []
    for number in (1, 2):
        answer = s3.upload_part(**target, PartNumber=number, Body=bytes(5 * MIB))
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    with refused("QuotaExceeded", 403):
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts[:1]})
    assert s3.head_object(Bucket=bucket, Key="key")["ContentLength"] == 5 * MIB


def test_the_buckets_of_a_user_hold_no_more_than_the_users_quota_together(s3, second, bucket_names, quota):
    first, later = bucket_names(second.s3), bucket_names(second.s3)
    second.s3.create_bucket(Bucket=first, ACL="public-read-write")
    quota("set", "--user", "second", "--max-size", "1000")
    try:
        second.s3.create_bucket(Bucket=later)
        second.s3.put_object(Bucket=first, Key="a", Body=b"x" * 600)
        second.s3.put_object(Bucket=later, Key="a", Body=b"x" * 400)
        for name in (first, later):
            with refused("QuotaExceeded", 403):
                second.s3.put_object(Bucket=name, Key="b", Body=b"x")
        with refused("QuotaExceeded", 403):
            s3.put_object(Bucket=first, Key="b", Body=b"x")
        used = json.loads(quota("show", "--user", "second", "--json"))
        assert (used["bytes"], used["max_bytes"], used["objects"]) == (1000, 1000, 2)
    finally:
        quota("clear", "--user", "second")
    second.s3.put_object(Bucket=first, Key="b", Body=b"x" * 1001)


def test_the_quota_of_a_bucket_goes_with_it(s3, bucket_names, quota):
    name = bucket_names()
    s3.create_bucket(Bucket=name)
    quota("set", "--bucket", name, "--max-objects", "0")
    with refused("QuotaExceeded", 403):
        s3.put_object(Bucket=name, Key="a", Body=b"x")
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"x")
