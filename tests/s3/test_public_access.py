"""Public access block and ownership controls: kept, read, and acted upon.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage" and "Controlling ownership of objects and
disabling ACLs for your bucket".
"""

import pytest

from bushel.protocol.policy import account_of
from live.expect import assert_refused, refused
from live.policies import allow, document, user

ALL = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ALL_USERS = "uri=http://acs.amazonaws.com/groups/global/AllUsers"


def block(client, bucket, *settings):
    client.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(settings or ALL, bool(settings))
    )


def own(client, bucket, ownership):
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


def ownership_of(client, bucket):
    return client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]


# --- public access block --------------------------------------------------------------------------------------------


def test_a_block_is_read_as_it_was_put_until_it_is_deleted(s3, bucket):
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)
    block(s3, bucket, "BlockPublicAcls", "RestrictPublicBuckets")
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)


def test_a_block_says_something(s3, wire, bucket):
    with refused("InvalidRequest", 400) as refusal:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})
    assert refusal.message == "Must specify at least one configuration."
    for body in (b"<PublicAccessBlock/>", b"<PublicAccessBlockConfiguration><BlockPublicAcls>x</BlockPublicAcls>"):
        assert_refused(wire.signed("PUT", f"/{bucket}?publicAccessBlock", {}, body), "MalformedXML", 400)


def test_public_acls_are_refused(s3, bucket, put):
    put("kept", ACL="public-read")
    block(s3, bucket, "BlockPublicAcls")
    for members in ({"ACL": "public-read"}, {"ACL": "authenticated-read"}, {"GrantRead": ALL_USERS}):
        with refused("AccessDenied", 403):
            put("key", **members)
        with refused("AccessDenied", 403):
            s3.put_object_acl(Bucket=bucket, Key="kept", **members)
        with refused("AccessDenied", 403):
            s3.put_bucket_acl(Bucket=bucket, **members)
        with refused("AccessDenied", 403):
            s3.create_multipart_upload(Bucket=bucket, Key="key", **members)
        with refused("AccessDenied", 403):
            s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/kept", **members)
    with refused("AccessDenied", 403):
        s3.create_bucket(Bucket=bucket, ACL="public-read")
    put("key", ACL="private")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")


def test_public_acls_of_before_count_until_they_are_ignored(s3, bucket, put, anonymous, second):
    put("key", b"x", ACL="public-read")
    put("named", b"x", GrantRead=f"id={second.id}")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    block(s3, bucket, "BlockPublicAcls")
    assert anonymous.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    block(s3, bucket, "IgnorePublicAcls")
    for client in (anonymous, second.s3):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="key")
        with refused("AccessDenied", 403):
            client.list_objects_v2(Bucket=bucket)
    assert second.s3.get_object(Bucket=bucket, Key="named")["Body"].read() == b"x"
    put("later", b"x", ACL="public-read")  # not refused, and without effect
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="later")
    s3.delete_public_access_block(Bucket=bucket)
    assert anonymous.get_object(Bucket=bucket, Key="later")["Body"].read() == b"x"


def test_public_policies_are_refused(s3, bucket, second):
    block(s3, bucket, "BlockPublicPolicy")
    with refused("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/*")))
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/*", user(second))))


def test_a_public_policy_is_restricted_to_the_owner(s3, bucket, put, anonymous, second):
    """What it grants to others by name goes too; a policy that is not public is not restricted."""
    put("key", b"x")
    by_name = allow("s3:GetObject", "/*", user(second))
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, by_name, allow("s3:GetObject", "/open/*")))
    assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    block(s3, bucket, "RestrictPublicBuckets")
    for client in (anonymous, second.s3):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="key")
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, by_name))
    assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


# --- ownership ------------------------------------------------------------------------------------------------------


def test_a_new_bucket_has_neither_ownership_controls_nor_a_block(s3, bucket, put, anonymous):
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)
    put("key", b"x", ACL="public-read")
    assert anonymous.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


@pytest.mark.parametrize("ownership", ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"])
def test_ownership_is_read_as_it_was_set(s3, bucket, bucket_names, ownership):
    own(s3, bucket, ownership)
    assert ownership_of(s3, bucket) == ownership
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)
    created = bucket_names()
    s3.create_bucket(Bucket=created, ObjectOwnership=ownership)
    assert ownership_of(s3, created) == ownership


@pytest.mark.parametrize(
    "body",
    [
        b"<OwnershipControls/>",
        b"<OwnershipControls><Rule/></OwnershipControls>",
        b"<OwnershipControls><Rule><ObjectOwnership>Me</ObjectOwnership></Rule></OwnershipControls>",
        b"<OwnershipControls>"
        + 2 * b"<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>"
        + b"</OwnershipControls>",
    ],
    ids=range(4),
)
def test_what_is_no_ownership_is_refused(s3, wire, bucket, body):
    assert_refused(wire.signed("PUT", f"/{bucket}?ownershipControls", {}, body), "MalformedXML", 400)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)


def test_where_acls_are_disabled_none_is_taken_and_none_counts(s3, bucket, put, anonymous, second):
    put("open", b"x", ACL="public-read")
    own(s3, bucket, "BucketOwnerEnforced")
    for client in (anonymous, second.s3):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="open")
    for members in ({"ACL": "public-read"}, {"ACL": "private"}, {"GrantRead": ALL_USERS}):
        with refused("AccessControlListNotSupported", 400):
            put("key", **members)
        with refused("AccessControlListNotSupported", 400):
            s3.put_bucket_acl(Bucket=bucket, **members)
        with refused("AccessControlListNotSupported", 400):
            s3.put_object_acl(Bucket=bucket, Key="open", **members)
    put("key", b"y", ACL="bucket-owner-full-control")
    grants = s3.get_object_acl(Bucket=bucket, Key="open")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert anonymous.get_object(Bucket=bucket, Key="open")["Body"].read() == b"x"


def test_acls_are_not_disabled_while_the_buckets_grants_anything(s3, bucket, bucket_names):
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        own(s3, bucket, "BucketOwnerEnforced")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    own(s3, bucket, "BucketOwnerEnforced")
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.create_bucket(Bucket=bucket, ACL="public-read")
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.create_bucket(Bucket=bucket_names(), ACL="public-read", ObjectOwnership="BucketOwnerEnforced")


def test_where_it_is_enforced_the_buckets_owner_owns_every_object(s3, second, third, bucket_names):
    name = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=name)
    second.s3.put_bucket_policy(Bucket=name, Policy=document(name, allow("s3:PutObject", "/*", user(third))))
    third.s3.put_object(Bucket=name, Key="before", Body=b"x")
    with refused("AccessDenied", 403):
        second.s3.get_object(Bucket=name, Key="before")
    own(second.s3, name, "BucketOwnerEnforced")
    third.s3.put_object(Bucket=name, Key="after", Body=b"x")
    listed = second.s3.list_objects_v2(Bucket=name, FetchOwner=True)["Contents"]
    assert {each["Owner"]["ID"] for each in listed} == {second.id}
    for key in ("before", "after"):
        assert second.s3.get_object(Bucket=name, Key=key)["Body"].read() == b"x"
        assert second.s3.get_object_acl(Bucket=name, Key=key)["Owner"]["ID"] == second.id
        with refused("AccessDenied", 403):
            third.s3.get_object(Bucket=name, Key=key)


def test_where_it_is_preferred_the_writer_may_give_it_to_the_buckets_owner(second, third, bucket_names):
    name = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerPreferred")
    second.s3.put_bucket_acl(Bucket=name, GrantFullControl=f"id={second.id}", GrantWrite=f"id={third.id}")
    third.s3.put_object(Bucket=name, Key="kept", Body=b"x")
    third.s3.put_object(Bucket=name, Key="given", Body=b"x", ACL="bucket-owner-full-control")
    upload = third.s3.create_multipart_upload(Bucket=name, Key="parts", ACL="bucket-owner-full-control")["UploadId"]
    which = {"Bucket": name, "Key": "parts", "UploadId": upload}
    etag = third.s3.upload_part(**which, PartNumber=1, Body=b"x")["ETag"]
    third.s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    listed = second.s3.list_objects_v2(Bucket=name, FetchOwner=True)["Contents"]
    assert {each["Key"]: each["Owner"]["ID"] for each in listed} == {
        "given": second.id,
        "kept": third.id,
        "parts": second.id,
    }


def test_it_is_nobody_elses_business(second, bucket):
    for call in ("get_public_access_block", "delete_public_access_block", "get_bucket_ownership_controls"):
        with refused("AccessDenied", 403):
            getattr(second.s3, call)(Bucket=bucket)
    with refused("AccessDenied", 403):
        block(second.s3, bucket)
    with refused("AccessDenied", 403):
        own(second.s3, bucket, "ObjectWriter")


# --- new buckets ----------------------------------------------------------------------------------------------------


def test_new_buckets_can_be_as_aws_makes_them(start_server, clients):
    server = start_server(flags=("--new-bucket-defaults", "aws"))
    s3 = clients(server)
    s3.create_bucket(Bucket="pictures")
    assert ownership_of(s3, "pictures") == "BucketOwnerEnforced"
    blocks = s3.get_public_access_block(Bucket="pictures")["PublicAccessBlockConfiguration"]
    assert blocks == dict.fromkeys(ALL, True)
    with refused("AccessControlListNotSupported", 400):
        s3.put_object(Bucket="pictures", Key="key", Body=b"x", ACL="public-read")
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        s3.create_bucket(Bucket="other", ACL="public-read")
    with refused("InvalidBucketAclWithBlockPublicAccessError", 400):
        s3.create_bucket(Bucket="other", ACL="public-read", ObjectOwnership="ObjectWriter")
    s3.create_bucket(Bucket="other", ACL="private", ObjectOwnership="ObjectWriter")
    assert ownership_of(s3, "other") == "ObjectWriter"
    assert s3.get_public_access_block(Bucket="other")["PublicAccessBlockConfiguration"] == dict.fromkeys(ALL, True)


def test_an_expected_owner_may_be_an_account(s3, bucket):
    account = account_of(s3.list_buckets()["Owner"]["ID"])
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    with refused("403", 403):
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="000000000000")
