"""Who owns what: objects belong to their writer, and x-amz-expected-bucket-owner holds a request to an owner.

Sources: S3 User Guide, "Controlling ownership of objects" (ObjectWriter) and "Verifying bucket ownership with bucket
owner condition". Private unless said otherwise (SEMANTICS.md, S6).
"""

import pytest

from live.expect import assert_refused, refused


@pytest.fixture
def root_id(s3):
    return s3.list_buckets()["Owner"]["ID"]


def grants(answer):
    """``{(grantee, permission)}``."""
    return {(grant["Grantee"].get("URI") or grant["Grantee"]["ID"], grant["Permission"]) for grant in answer["Grants"]}


def test_the_writer_owns_the_object(s3, second, third, bucket_names):
    """ObjectWriter: the bucket's owner may delete what others wrote, but not read it unless it is granted."""
    bucket = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=bucket)
    second.s3.put_bucket_acl(Bucket=bucket, GrantFullControl=f"id={second.id}", GrantWrite=f"id={third.id}")
    third.s3.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    listed = second.s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]
    assert listed["Owner"]["ID"] == third.id
    with refused("AccessDenied", 403):
        second.s3.get_object(Bucket=bucket, Key="theirs")
    assert third.s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
    assert s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"  # the server's root may do everything
    for canned, permission in (("bucket-owner-read", "READ"), ("bucket-owner-full-control", "FULL_CONTROL")):
        third.s3.put_object(Bucket=bucket, Key="theirs", Body=b"x", ACL=canned)
        assert second.s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
        acl = third.s3.get_object_acl(Bucket=bucket, Key="theirs")
        assert grants(acl) == {(third.id, "FULL_CONTROL"), (second.id, permission)}
    third.s3.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    second.s3.delete_object(Bucket=bucket, Key="theirs")
    assert "Contents" not in second.s3.list_objects_v2(Bucket=bucket)


def test_the_expected_owner_acts_on_every_operation(s3, bucket, put, root_id, second):
    put("key", b"x")
    right = {"Bucket": bucket, "ExpectedBucketOwner": root_id}
    wrong = {"Bucket": bucket, "ExpectedBucketOwner": second.id}
    calls = {
        "head_bucket": {},
        "get_bucket_location": {},
        "get_bucket_acl": {},
        "list_objects": {},
        "list_objects_v2": {},
        "list_multipart_uploads": {},
        "get_object": {"Key": "key"},
        "head_object": {"Key": "key"},
        "get_object_acl": {"Key": "key"},
        "put_object": {"Key": "key", "Body": b"x"},
        "put_object_acl": {"Key": "key", "ACL": "private"},
        "put_bucket_acl": {"ACL": "private"},
        "create_multipart_upload": {"Key": "key"},
        "delete_objects": {"Delete": {"Objects": [{"Key": "other"}]}},
        "delete_object": {"Key": "other"},
    }
    for name, members in calls.items():
        call = getattr(s3, name)
        answer = call(**right, **members)
        if "Body" in answer:
            answer["Body"].read()
        with refused("403" if name.startswith("head") else "AccessDenied", 403):
            call(**wrong, **members)
    source = f"{bucket}/key"
    s3.copy_object(**right, Key="copy", CopySource=source, ExpectedSourceBucketOwner=root_id)
    with refused("AccessDenied", 403):
        s3.copy_object(**right, Key="copy2", CopySource=source, ExpectedSourceBucketOwner=second.id)
    with refused("AccessDenied", 403):
        s3.copy_object(**wrong, Key="copy2", CopySource=source)
    with refused("AccessDenied", 403):
        s3.delete_bucket(**wrong)
    assert sorted(item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]) == ["copy", "key"]


LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def test_canned_acls_that_sdks_do_not_list_for_buckets(wire, s3, bucket_names, root_id):
    """S3 User Guide, "Canned ACL": logs may be delivered to a bucket; those for its owner mean nothing for it."""
    logs = {(root_id, "FULL_CONTROL"), (LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")}
    private = {(root_id, "FULL_CONTROL")}
    expected = {"log-delivery-write": logs, "bucket-owner-read": private, "bucket-owner-full-control": private}
    for canned, kept in expected.items():
        created = bucket_names()
        assert wire.signed("PUT", f"/{created}", {"x-amz-acl": canned}).status == 200
        assert grants(s3.get_bucket_acl(Bucket=created)) == kept
        s3.put_bucket_acl(Bucket=created, ACL="public-read")
        assert wire.signed("PUT", f"/{created}?acl", {"x-amz-acl": canned}).status == 200
        assert grants(s3.get_bucket_acl(Bucket=created)) == kept


def test_write_can_be_granted_in_the_header_of_an_object(wire, s3, bucket, root_id):
    """Nothing comes of the permission, but it is kept, and its grantee is looked at."""
    target = f"/{bucket}/key"
    assert wire.signed("PUT", target, {"x-amz-grant-write": f"id={root_id}"}, b"x").status == 200
    assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == {(root_id, "WRITE")}
    assert_refused(wire.signed("PUT", target, {"x-amz-grant-write": "id=nobody"}, b"y"), "InvalidArgument", 400)
