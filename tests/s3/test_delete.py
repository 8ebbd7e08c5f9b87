"""DeleteObject and DeleteObjects. Sources: S3 API Reference; User Guide, "How to perform conditional deletes"."""

import base64
import hashlib

import pytest

from live.expect import assert_refused, refused
from live.wire import NAMESPACE, content_md5


def delete_body(*objects: str, quiet: bool = False) -> bytes:
    """A Delete document; each object is the inside of an ``<Object>``."""
    inner = "".join(f"<Object>{item}</Object>" for item in objects)
    mode = "<Quiet>true</Quiet>" if quiet else ""
    return f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{mode}{inner}</Delete>'.encode()


def test_delete_answers_204_whether_the_key_was_there_or_not(wire, bucket, put):
    put("key", b"x")
    for _ in range(2):
        answer = wire.signed("DELETE", f"/{bucket}/key")
        assert (answer.status, answer.body) == (204, b"")
        assert "x-amz-delete-marker" not in answer.headers
    assert wire.signed("GET", f"/{bucket}/key").status == 404


def test_delete_in_a_missing_bucket_says_so(s3):
    with refused("NoSuchBucket", 404):
        s3.delete_object(Bucket="no-such-bucket", Key="k")


def test_the_null_version_is_the_only_one(s3, bucket, put, read):
    put("key", b"x")
    assert read("key", VersionId="null") == b"x"
    for call in (s3.delete_object, s3.get_object):  # S3 says InvalidArgument of an id that it cannot have made
        with refused("InvalidArgument", 400, ArgumentName="versionId"):
            call(Bucket=bucket, Key="key", VersionId="HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")
    assert read("key") == b"x"
    s3.delete_object(Bucket=bucket, Key="key", VersionId="null")
    with refused("NoSuchKey", 404):
        read("key")


def test_bulk_delete_reports_every_key(s3, bucket, put):
    for key in ("a", "b&<c>", "d"):
        put(key, b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in ("a", "b&<c>", "absent")]})
    assert sorted(item["Key"] for item in answer["Deleted"]) == ["a", "absent", "b&<c>"]
    assert "Errors" not in answer
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["d"]


def test_quiet_bulk_delete_reports_errors_only(s3, bucket, put):
    put("a", b"x")
    put("b", b"x")
    answer = s3.delete_objects(
        Bucket=bucket,
        Delete={
            "Quiet": True,
            "Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"}],
        },
    )
    assert "Deleted" not in answer
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [("b", "NoSuchVersion")]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["b"]


def test_bulk_delete_takes_a_thousand_keys(s3, bucket, put):
    for number in range(20):
        put(f"k{number:04}", b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{n:04}"} for n in range(1000)]})
    assert len(answer["Deleted"]) == 1000
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_bulk_delete_of_1001_keys_is_refused(s3, bucket, put):
    put("k0000", b"x")
    with refused("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{n:04}"} for n in range(1001)]})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_bulk_delete_needs_an_integrity_check(wire, bucket, put):
    """API Reference: Content-MD5 or an x-amz-checksum header is required for DeleteObjects."""
    put("key", b"x")
    body = delete_body("<Key>key</Key>")
    assert_refused(wire.signed("POST", f"/{bucket}?delete", body=body), "InvalidRequest", 400)
    assert_refused(
        wire.signed("POST", f"/{bucket}?delete", {"Content-MD5": content_md5(b"other")}, body), "BadDigest", 400
    )
    sha = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert_refused(wire.signed("POST", f"/{bucket}?delete", {"x-amz-checksum-sha256": sha}, body), "BadDigest", 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 200
    answer = wire.signed("POST", f"/{bucket}?delete", {"Content-MD5": content_md5(body)}, body)
    assert answer.status == 200
    assert answer.xml.tag == NAMESPACE + "DeleteResult"
    assert answer.text("Deleted/Key") == "key"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete>",
        b"<Delete></Delete>",
        b"<Delete><Object></Object></Delete>",
        b"<Wrong><Object><Key>key</Key></Object></Wrong>",
        b'<!DOCTYPE d [<!ENTITY e "key">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b"\xff\xfe\x00",
    ],
)
def test_a_malformed_bulk_delete_deletes_nothing(wire, bucket, put, body):
    put("key", b"x")
    answer = wire.signed("POST", f"/{bucket}?delete", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "MalformedXML" if body else "MissingRequestBodyError", 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 200


def test_bypass_of_a_lock_that_is_not_there_is_refused(s3, bucket, put):
    put("key", b"x")
    with refused("InvalidArgument", 400, ArgumentName="x-amz-bypass-governance-retention"):
        s3.delete_object(Bucket=bucket, Key="key", BypassGovernanceRetention=True)
