"""Tags of buckets.

Source: S3 API Reference, PutBucketTagging; S3 User Guide, "Using cost allocation S3 bucket tags".
"""

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5


def _tags(count=1, **tags):
    pairs = tags or {f"k{number}": "v" for number in range(count)}
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs.items()]}


def test_what_was_put_is_what_is_read_until_it_is_deleted(s3, bucket):
    s3.put_bucket_tagging(Bucket=bucket, Tagging=_tags(team="green", cost=""))
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert tags == [{"Key": "team", "Value": "green"}, {"Key": "cost", "Value": ""}]

    s3.put_bucket_tagging(Bucket=bucket, Tagging=_tags(50))
    assert len(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]) == 50

    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    s3.delete_bucket_tagging(Bucket=bucket)


def test_a_bucket_is_made_with_tags(s3, bucket_names):
    name = bucket_names()
    with refused("InvalidTag", 400):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": _tags(**{"a!": "1"})["TagSet"]})
    with refused("NoSuchBucket", 404):
        s3.get_bucket_tagging(Bucket=name)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": _tags(team="green")["TagSet"]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "green"}]
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": _tags(team="blue")["TagSet"]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "green"}]


def test_they_go_with_the_bucket(s3, bucket_names):
    name = bucket_names()
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging=_tags())
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=name)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"k" * 129: "v"}, "InvalidTag"),
        ({"k": "v" * 257}, "InvalidTag"),
        ({"k!": "v"}, "InvalidTag"),
        ({"k": "v#"}, "InvalidTag"),
        ({"aws:k": "v"}, "InvalidTag"),
        ({f"k{number}": "v" for number in range(51)}, "BadRequest"),
    ],
    ids=range(6),
)
def test_what_is_no_set_of_tags_leaves_what_there_was(s3, bucket, tags, code):
    s3.put_bucket_tagging(Bucket=bucket, Tagging=_tags(kept="yes"))
    with refused(code, 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging=_tags(**tags))
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "kept", "Value": "yes"}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"),
        (b"<Tagging/>", "MalformedXML"),
        (b"<Tags/>", "MalformedXML"),
        (b"not xml", "MalformedXML"),
        (b"", "MissingRequestBodyError"),
        (
            b"<Tagging><TagSet>" + 2 * b"<Tag><Key>a</Key><Value>b</Value></Tag>" + b"</TagSet></Tagging>",
            "InvalidTag",
        ),
    ],
    ids=range(6),
)
def test_malformed_documents_have_s3s_codes(wire, bucket, body, code):
    answer = wire.signed("PUT", f"/{bucket}?tagging", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)


def test_a_digest_is_demanded_and_compared(wire, bucket):
    body = b"<Tagging><TagSet></TagSet></Tagging>"
    assert_refused(wire.signed("PUT", f"/{bucket}?tagging", {"Content-MD5": content_md5(b"x")}, body), "BadDigest", 400)


def test_it_is_nobody_elses_business(second, bucket):
    for method in ("GET", "PUT", "DELETE"):
        body = b"<Tagging><TagSet></TagSet></Tagging>" if method == "PUT" else b""
        headers = {"Content-MD5": content_md5(body)} if body else {}
        assert_refused(second.wire.signed(method, f"/{bucket}?tagging", headers, body), "AccessDenied", 403)
