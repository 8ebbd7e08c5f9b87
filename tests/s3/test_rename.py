"""RenameObject over a real port.

Source: S3 API Reference, "RenameObject"; S3 User Guide, "Renaming objects in directory buckets".
"""

import concurrent.futures
import threading
from datetime import timedelta

import pytest

import bushel.testing
from bushel.catalog.renaming import Renaming
from bushel.client import errors
from live.expect import assert_refused, refused
from live.policies import allow as allowing
from live.policies import deny, document, user

MIB = 1024 * 1024


@pytest.fixture
def rename(s3, bucket):
    def rename_object(source, key, **members):
        return s3.rename_object(Bucket=bucket, Key=key, RenameSource=source, **members)

    return rename_object


def keys_of(s3, bucket):
    return [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("size", [0, 5, 100_000], ids=["empty", "inline", "blob"])
def test_an_object_gets_another_key_with_all_that_belongs_to_it(s3, bucket, put, read, rename, size):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    put(
        "old",
        body,
        ContentType="text/x-test",
        CacheControl="no-cache",
        Metadata={"a": "b" * 1500},
        Tagging="t=v",
        ACL="public-read",
        ChecksumAlgorithm="SHA256",
    )
    s3.put_object_annotation(Bucket=bucket, Key="old", AnnotationName="note", AnnotationPayload=b"kept" * 10_000)
    before = s3.head_object(Bucket=bucket, Key="old", ChecksumMode="ENABLED")
    grants = s3.get_object_acl(Bucket=bucket, Key="old")["Grants"]

    rename("/old", "new/key")

    after = s3.head_object(Bucket=bucket, Key="new/key", ChecksumMode="ENABLED")
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert read("new/key") == body
    assert s3.get_object_acl(Bucket=bucket, Key="new/key")["Grants"] == grants
    assert s3.get_object_tagging(Bucket=bucket, Key="new/key")["TagSet"] == [{"Key": "t", "Value": "v"}]
    note = s3.get_object_annotation(Bucket=bucket, Key="new/key", AnnotationName="note")
    assert note["AnnotationPayload"].read() == b"kept" * 10_000
    assert keys_of(s3, bucket) == ["new/key"]
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="old")


def test_a_multipart_object_keeps_its_parts(s3, bucket, read, rename):
    target = {"Bucket": bucket, "Key": "old"}
    target["UploadId"] = s3.create_multipart_upload(**target, ChecksumAlgorithm="CRC32C")["UploadId"]
    parts = []
    for number, size in ((1, 5 * MIB), (2, 7)):
        part = s3.upload_part(**target, PartNumber=number, Body=bytes([number]) * size, ChecksumAlgorithm="CRC32C")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32C": part["ChecksumCRC32C"]})
    etag = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})["ETag"]
    rename("old", "new")
    answer = s3.get_object(Bucket=bucket, Key="new", PartNumber=2)
    assert (answer["ETag"], answer["PartsCount"], answer["Body"].read()) == (etag, 2, b"\2" * 7)
    assert read("new") == b"\1" * 5 * MIB + b"\2" * 7


@pytest.mark.parametrize("encryption", ["AES256", "aws:kms"])
@pytest.mark.parametrize("size", [10, 100_000])
def test_an_encrypted_object_is_opened_under_its_new_key(s3, bucket, put, read, rename, encryption, size):
    put("old", b"x" * size, ServerSideEncryption=encryption)
    s3.put_object_annotation(Bucket=bucket, Key="old", AnnotationName="note", AnnotationPayload=b"secret")
    rename("old", "new")
    assert read("new") == b"x" * size
    assert s3.head_object(Bucket=bucket, Key="new")["ServerSideEncryption"] == encryption
    note = s3.get_object_annotation(Bucket=bucket, Key="new", AnnotationName="note")
    assert note["AnnotationPayload"].read() == b"secret"


def test_what_only_a_customer_can_open_stays(s3, bucket, put, rename):
    put("old", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    with refused("InvalidRequest", 400):
        rename("old", "new")
    assert keys_of(s3, bucket) == ["old"]


def test_the_source_may_be_named_with_its_bucket_and_is_percent_encoded(s3, bucket, put, read, rename):
    put("a/ü b", b"1")
    rename("/a/%C3%BC%20b", "b")
    rename(f"{bucket}/b", "c")
    rename(f"/{bucket}/c", "d")
    assert keys_of(s3, bucket) == ["d"]
    put(f"{bucket}/d", b"2")
    with refused("InvalidRequest", 400):
        rename(f"{bucket}/d", "e")
    rename(f"{bucket}/{bucket}/d", "e")
    assert read("e") == b"2"


def test_what_cannot_be_renamed_stays(s3, bucket, put, rename, wire):
    put("a")
    put("dir/")
    for source, key, code, status in (
        ("a", "a", "InvalidRequest", 400),
        ("a", "b/", "InvalidRequest", 400),
        ("dir/", "b", "InvalidRequest", 400),
        ("missing", "b", "NoSuchKey", 404),
        ("elsewhere/a", "b", "NoSuchKey", 404),
        ("/", "b", "InvalidArgument", 400),
    ):
        with refused(code, status):
            rename(source, key)
    assert_refused(wire.signed("PUT", f"/{bucket}/b?renameObject"), "InvalidArgument", 400)
    assert keys_of(s3, bucket) == ["a", "dir/"]


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_buckets_that_have_or_had_versioning_rename_nothing(s3, bucket, put, rename, status):
    put("a")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    with refused("InvalidBucketState", 409):
        rename("a", "b")
    assert keys_of(s3, bucket) == ["a"]


def test_what_the_new_key_held_is_gone_unless_a_condition_speaks_for_it(s3, bucket, put, read, rename):
    put("a", b"1")
    old = put("b", b"2" * 50_000)
    with refused("PreconditionFailed", 412):
        rename("a", "b", DestinationIfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        rename("a", "b", DestinationIfMatch='"other"')
    with refused("NoSuchKey", 404):
        rename("a", "c", DestinationIfMatch=old["ETag"])
    modified = s3.head_object(Bucket=bucket, Key="b")["LastModified"]
    with refused("PreconditionFailed", 412):
        rename("a", "b", DestinationIfModifiedSince=modified)
    with refused("PreconditionFailed", 412):
        rename("a", "c", DestinationIfModifiedSince=modified - timedelta(days=1))
    with refused("PreconditionFailed", 412):
        rename("a", "b", DestinationIfUnmodifiedSince=modified - timedelta(days=1))
    with refused("NotImplemented", 501):
        rename("a", "b", DestinationIfNoneMatch='"tag"')
    assert (read("a"), read("b")) == (b"1", b"2" * 50_000)
    rename("a", "b", DestinationIfMatch=old["ETag"], DestinationIfUnmodifiedSince=modified)
    assert (keys_of(s3, bucket), read("b")) == (["b"], b"1")
    rename("b", "c", DestinationIfNoneMatch="*", DestinationIfUnmodifiedSince=modified)


def test_conditions_on_the_source(s3, bucket, put, rename):
    etag = put("a", b"1")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="a")["LastModified"]
    day = timedelta(days=1)
    for members in (
        {"SourceIfMatch": '"other"'},
        {"SourceIfNoneMatch": etag},
        {"SourceIfNoneMatch": "*"},
        {"SourceIfModifiedSince": modified},
        {"SourceIfUnmodifiedSince": modified - day},
    ):
        with refused("PreconditionFailed", 412):
            rename("a", "b", **members)
    rename("a", "b", SourceIfMatch=etag, SourceIfUnmodifiedSince=modified - day)
    rename("b", "c", SourceIfNoneMatch='"other"')
    rename("c", "d", SourceIfModifiedSince=modified - day, SourceIfUnmodifiedSince=modified)
    assert keys_of(s3, bucket) == ["d"]


def test_a_request_that_succeeded_succeeds_again_by_its_token_and_does_nothing(s3, bucket, put, read, rename):
    put("a", b"1")
    rename("a", "b", ClientToken="token-1")
    rename("a", "b", ClientToken="token-1")
    put("a", b"2")
    rename("a", "b", ClientToken="token-1")
    assert (read("a"), read("b")) == (b"2", b"1")
    with refused("IdempotencyParameterMismatch", 400):
        rename("a", "b", ClientToken="token-1", SourceIfNoneMatch='"x"')
    with refused("IdempotencyParameterMismatch", 400):
        rename("c", "b", ClientToken="token-1")
    for token in ("t" * 65, "a b"):
        with refused("InvalidArgument", 400):
            rename("a", "b", ClientToken=token)
    rename("a", "b", ClientToken="token-2")
    assert read("b") == b"2"
    put("b", b"3")
    with refused("NoSuchKey", 404):
        rename("a", "b", ClientToken="token-2")


def test_who_may_not_write_there_or_delete_here_or_read_it_may_not_rename(second, s3, bucket, put, read):
    put("in/a", Tagging="t=v")
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:RenameObject", "s3:PutObjectTagging"]

    def policy(*statements):
        s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, *statements))

    def rename():
        second.s3.rename_object(Bucket=bucket, Key="out/a", RenameSource="in/a")

    with refused("AccessDenied", 403):
        rename()
    for missing in actions:
        policy(allowing([each for each in actions if each != missing], "/*", user(second)))
        with refused("AccessDenied", 403):
            rename()
    for action, where in (("s3:PutObject", "/out/*"), ("s3:DeleteObject", "/in/*"), ("s3:GetObject", "/in/*")):
        policy(allowing(actions, "/*", user(second)), deny(action, where, user(second)))
        with refused("AccessDenied", 403):
            rename()
    assert keys_of(s3, bucket) == ["in/a"]
    policy(allowing(actions, "/*", user(second)))
    rename()
    assert read("out/a") == b"hello"


def test_of_racing_renames_one_wins_and_readers_get_all_of_it_or_nothing(s3, bucket, put):
    """S3: however many try at once, the object has one key, and its bytes."""
    body = b"x" * 50_000
    put("a", body)
    stop = threading.Event()

    def read():
        found = 0
        while not stop.is_set():
            for key in ("a", "b"):
                try:
                    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
                    found += 1
                except s3.exceptions.NoSuchKey:
                    pass
        return found

    def move(source, key):
        try:
            s3.rename_object(Bucket=bucket, Key=key, RenameSource=source)
        except s3.exceptions.NoSuchKey:
            return 0
        return 1

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        reader = pool.submit(read)
        for _ in range(10):
            assert sum(pool.map(lambda number: move("a", f"b{number}"), range(4))) == 1
            (winner,) = keys_of(s3, bucket)
            assert move(winner, "b") == 1
            assert move("b", "a") == 1
        stop.set()
        assert reader.result() > 0
    assert keys_of(s3, bucket) == ["a"]


def test_a_store_that_cannot_change_two_rows_at_once_says_so(monkeypatch):
    monkeypatch.setattr(Renaming, "possible", False)
    with bushel.testing.server() as server, server.client() as client:
        client.bucket("bucket").create()
        client.bucket("bucket").put("a", b"1")
        with pytest.raises(errors.ResponseError) as caught:
            client.rename_object(bucket="bucket", key="b", rename_source="a")
        assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)
        assert client.bucket("bucket").get("a") == b"1"


def test_what_a_quota_counts_does_not_change(s3, bucket, put, rename, server):
    if server.data is None:
        pytest.skip("quotas are set on a folder")
    put("a", b"x" * 600)
    put("b", b"x" * 300)
    rename("a", "b")
    server.bushel("quota", "set", "--bucket", bucket, "--max-size", "1000", "--data", str(server.data))
    with refused("QuotaExceeded", 403):
        put("c", b"x" * 401)
    put("c", b"x" * 400)
    rename("b", "d")
