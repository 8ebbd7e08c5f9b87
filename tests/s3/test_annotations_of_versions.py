"""Annotations belong to one version: they stay with it whatever comes above it, and go when it goes."""

import pytest

from live.expect import refused


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def names(s3, bucket, **version):
    listed = s3.list_object_annotations(Bucket=bucket, Key="k", **version)
    return [each["AnnotationName"] for each in listed.get("Annotations", [])]


def annotate(s3, bucket, name, **version):
    return s3.put_object_annotation(
        Bucket=bucket, Key="k", AnnotationName=name, AnnotationPayload=name.encode(), **version
    )


def test_each_version_has_its_own(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    assert annotate(s3, versioned, "of-first")["ObjectVersionId"] == first
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    annotate(s3, versioned, "of-second")
    annotate(s3, versioned, "later", VersionId=first)

    assert names(s3, versioned) == ["of-second"]
    assert names(s3, versioned, VersionId=first) == ["later", "of-first"]
    assert names(s3, versioned, VersionId=second) == ["of-second"]

    s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert names(s3, versioned) == ["later", "of-first"]
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"


def test_a_null_version_keeps_its_own_below_others(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    annotate(s3, bucket, "of-null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert names(s3, bucket) == []
    assert names(s3, bucket, VersionId="null") == ["of-null"]

    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert names(s3, bucket, VersionId="null") == []


def test_a_delete_marker_has_none(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    annotate(s3, versioned, "kept")
    s3.delete_object(Bucket=versioned, Key="k")
    with refused("NoSuchKey", 404):
        annotate(s3, versioned, "new")
    assert names(s3, versioned, VersionId=first) == ["kept"]


def test_nothing_of_them_is_left_when_all_versions_are_gone(s3, versioned):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    annotate(s3, versioned, "large")
    s3.delete_object(Bucket=versioned, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=versioned)  # which needs every cell of it to be gone
    s3.create_bucket(Bucket=versioned)
