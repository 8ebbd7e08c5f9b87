"""Policies that look at tags of objects, those that are there and those that a request brings.

Source: S3 User Guide, "Tagging and access control policies".
"""

import pytest

from live.expect import refused
from live.policies import allow, document, user


@pytest.fixture
def put_policy(s3, bucket):
    """Put a policy of statements on the test's bucket; it is gone when the bucket is to be emptied."""

    def put(*statements):
        s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, *statements))

    yield put
    s3.delete_bucket_policy(Bucket=bucket)


def test_what_is_tagged_public_is_public(s3, bucket, put, put_policy, anonymous):
    put("open", b"x", Tagging="access=public")
    put("closed", b"x", Tagging="access=private")
    put("bare", b"x")
    put_policy(
        allow("s3:GetObject", "/*", Condition={"StringEquals": {"s3:ExistingObjectTag/access": "public"}}),
    )
    assert anonymous.get_object(Bucket=bucket, Key="open")["Body"].read() == b"x"
    for key in ("closed", "bare"):
        with refused("AccessDenied", 403):
            anonymous.get_object(Bucket=bucket, Key=key)
    s3.put_object_tagging(Bucket=bucket, Key="bare", Tagging={"TagSet": [{"Key": "access", "Value": "public"}]})
    assert anonymous.get_object(Bucket=bucket, Key="bare")["Body"].read() == b"x"


def test_tags_with_an_upload_are_an_action_and_conditions(bucket, put, put_policy, second):
    put_policy(allow("s3:PutObject", "/*", user(second)))
    with refused("AccessDenied", 403):
        second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", Tagging="project=x")
    only_projects = {
        "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["project", "owner"]},
        "StringEquals": {"s3:RequestObjectTag/project": ["x", "y"]},
    }
    put_policy(allow(["s3:PutObject", "s3:PutObjectTagging"], "/*", user(second), Condition=only_projects))
    second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", Tagging="project=x&owner=me")
    for tagging in ("project=z", "project=x&secret=1", "owner=me"):
        with refused("AccessDenied", 403):
            second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", Tagging=tagging)
    put("not-theirs", b"x")
    tags = {"TagSet": [{"Key": "project", "Value": "y"}]}
    second.s3.put_object_tagging(Bucket=bucket, Key="not-theirs", Tagging=tags)
    with refused("AccessDenied", 403):
        second.s3.put_object_tagging(Bucket=bucket, Key="not-theirs", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})


def test_a_copy_that_brings_tags_reads_and_writes_them(bucket, put, put_policy, second):
    put("key", b"x", Tagging="project=x")
    put("bare", b"x")
    read_and_write = allow(["s3:GetObject", "s3:PutObject"], "/*", user(second))
    put_policy(read_and_write)
    second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/bare")
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key", TaggingDirective="REPLACE")
    put_policy(read_and_write, allow("s3:GetObjectTagging", "/key", user(second)))
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    put_policy(
        read_and_write,
        allow("s3:GetObjectTagging", "/key", user(second)),
        allow("s3:PutObjectTagging", "/copy", user(second)),
    )
    second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
