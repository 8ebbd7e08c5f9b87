"""Access control lists: canned and explicit grants, enforced for users, groups and the anonymous.

Source: S3 User Guide, "Access control list (ACL) overview", tables of permissions and of canned ACLs. New buckets are
as with ObjectWriter: the writer owns the object. Private unless said otherwise (SEMANTICS.md, S6).
"""

import itertools

import pytest

from live.expect import assert_refused, refused
from live.wire import NAMESPACE

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def grants(answer):
    """``{(grantee, permission)}``."""
    return {(grant["Grantee"].get("URI") or grant["Grantee"]["ID"], grant["Permission"]) for grant in answer["Grants"]}


@pytest.fixture
def root_id(s3):
    return s3.list_buckets()["Owner"]["ID"]


def test_the_default_is_private(s3, bucket, put, root_id):
    put("key")
    for answer in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="key")):
        assert answer["Owner"]["ID"] == root_id
        assert grants(answer) == {(root_id, "FULL_CONTROL")}
        assert answer["Grants"][0]["Grantee"]["Type"] == "CanonicalUser"


CANNED = {
    "private": set(),
    "public-read": {(ALL_USERS, "READ")},
    "public-read-write": {(ALL_USERS, "READ"), (ALL_USERS, "WRITE")},
    "authenticated-read": {(AUTHENTICATED, "READ")},
}


@pytest.mark.parametrize("canned", CANNED)
def test_canned_acls_of_buckets(s3, bucket_names, root_id, canned):
    expected = CANNED[canned]
    created = bucket_names()
    s3.create_bucket(Bucket=created, ACL=canned)
    assert grants(s3.get_bucket_acl(Bucket=created)) == expected | {(root_id, "FULL_CONTROL")}
    s3.put_bucket_acl(Bucket=created, ACL="private")
    assert grants(s3.get_bucket_acl(Bucket=created)) == {(root_id, "FULL_CONTROL")}
    s3.put_bucket_acl(Bucket=created, ACL=canned)
    assert grants(s3.get_bucket_acl(Bucket=created)) == expected | {(root_id, "FULL_CONTROL")}


@pytest.mark.parametrize("canned", [*CANNED, "bucket-owner-read", "bucket-owner-full-control"])
def test_canned_acls_of_objects(s3, bucket, put, root_id, canned):
    expected = CANNED.get(canned, set())
    put("key", ACL=canned)
    assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == expected | {(root_id, "FULL_CONTROL")}
    put("other")
    s3.put_object_acl(Bucket=bucket, Key="other", ACL=canned)
    assert grants(s3.get_object_acl(Bucket=bucket, Key="other")) == expected | {(root_id, "FULL_CONTROL")}


def test_a_canned_acl_that_is_none(wire, bucket):
    assert_refused(wire.signed("PUT", f"/{bucket}/key", {"x-amz-acl": "open"}, b"x"), "InvalidArgument", 400)
    assert_refused(wire.signed("PUT", f"/{bucket}?acl", {"x-amz-acl": "open"}), "InvalidArgument", 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_a_multipart_upload_carries_its_acl(s3, anonymous, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", ACL="public-read")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(
        Bucket=bucket, Key="key", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    assert anonymous.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_a_new_put_resets_the_acl(anonymous, bucket, put):
    put("key", ACL="public-read")
    anonymous.get_object(Bucket=bucket, Key="key")["Body"].read()
    put("key")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="key")


# --- enforcement: who may do what ----------------------------------------------------------------------------------


def test_the_anonymous_may_do_nothing_by_default(anonymous, bucket, put):
    put("key")
    for call in (
        anonymous.list_buckets,
        lambda: anonymous.get_object(Bucket=bucket, Key="key"),
        lambda: anonymous.get_object(Bucket=bucket, Key="absent"),
        lambda: anonymous.put_object(Bucket=bucket, Key="key", Body=b"x"),
        lambda: anonymous.delete_object(Bucket=bucket, Key="key"),
        lambda: anonymous.list_objects_v2(Bucket=bucket),
        lambda: anonymous.get_bucket_acl(Bucket=bucket),
        lambda: anonymous.get_object_acl(Bucket=bucket, Key="key"),
        lambda: anonymous.create_bucket(Bucket="anonymous-bucket"),
        lambda: anonymous.delete_bucket(Bucket=bucket),
        lambda: anonymous.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "key"}]}),
    ):
        with refused("AccessDenied", 403):
            call()
    with refused("403", 403):
        anonymous.head_object(Bucket=bucket, Key="key")


def test_public_read_of_an_object_is_the_object_only(wire, anonymous, bucket, put):
    put("open", b"data", ACL="public-read")
    put("closed")
    plain = wire.send("GET", f"/{bucket}/open")
    assert (plain.status, plain.body) == (200, b"data")
    assert wire.send("GET", f"/{bucket}/open", {"Range": "bytes=1-2"}).body == b"at"
    assert wire.send("HEAD", f"/{bucket}/open").status == 200
    assert wire.send("GET", f"/{bucket}/closed").status == 403
    for call in (
        lambda: anonymous.put_object(Bucket=bucket, Key="open", Body=b"x"),
        lambda: anonymous.delete_object(Bucket=bucket, Key="open"),
        lambda: anonymous.get_object_acl(Bucket=bucket, Key="open"),
        lambda: anonymous.put_object_acl(Bucket=bucket, Key="open", ACL="public-read-write"),
        lambda: anonymous.list_objects_v2(Bucket=bucket),
    ):
        with refused("AccessDenied", 403):
            call()


def test_a_missing_key_is_404_only_to_who_may_list(anonymous, s3, bucket, second):
    """API Reference, GetObject: without ListBucket permission a missing key answers 403."""
    for client in (anonymous, second.s3):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="absent")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    for client in (anonymous, second.s3):
        with refused("NoSuchKey", 404):
            client.get_object(Bucket=bucket, Key="absent")


def test_public_read_of_a_bucket_is_the_listing_only(s3, anonymous, bucket, put):
    put("key")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert [item["Key"] for item in anonymous.list_objects_v2(Bucket=bucket)["Contents"]] == ["key"]
    anonymous.head_bucket(Bucket=bucket)
    for call in (
        lambda: anonymous.get_object(Bucket=bucket, Key="key"),
        lambda: anonymous.put_object(Bucket=bucket, Key="new", Body=b"x"),
        lambda: anonymous.get_bucket_acl(Bucket=bucket),
        lambda: anonymous.put_bucket_acl(Bucket=bucket, ACL="private"),
    ):
        with refused("AccessDenied", 403):
            call()


def test_public_write_of_a_bucket_lets_put_overwrite_and_delete(s3, anonymous, bucket, put):
    put("key", b"old")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    anonymous.put_object(Bucket=bucket, Key="key", Body=b"new")
    anonymous.put_object(Bucket=bucket, Key="other", Body=b"x")
    anonymous.delete_object(Bucket=bucket, Key="other")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["key"]


def test_authenticated_read_wants_any_key_of_ours(anonymous, second, bucket, put):
    put("key", b"x", ACL="authenticated-read")
    assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="key")


def test_another_user_may_do_nothing_by_default(second, bucket, put, read):
    put("key", b"kept")
    other = second.s3
    for call in (
        lambda: other.get_object(Bucket=bucket, Key="key"),
        lambda: other.put_object(Bucket=bucket, Key="key", Body=b"x"),
        lambda: other.delete_object(Bucket=bucket, Key="key"),
        lambda: other.list_objects_v2(Bucket=bucket),
        lambda: other.get_bucket_acl(Bucket=bucket),
        lambda: other.put_bucket_acl(Bucket=bucket, ACL="public-read"),
        lambda: other.get_bucket_location(Bucket=bucket),
        lambda: other.delete_bucket(Bucket=bucket),
        lambda: other.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key"),
    ):
        with refused("AccessDenied", 403):
            call()
    assert read("key") == b"kept"


PERMISSIONS = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"]


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_permission_of_a_bucket_opens_its_own_door(s3, second, bucket, put, permission):
    put("key")
    s3.put_bucket_acl(
        Bucket=bucket,
        GrantFullControl=f"id={s3.list_buckets()['Owner']['ID']}",
        **_grant(permission, f"id={second.id}"),
    ) if permission != "FULL_CONTROL" else s3.put_bucket_acl(Bucket=bucket, GrantFullControl=f"id={second.id}")
    doors = {
        "READ": lambda: second.s3.list_objects_v2(Bucket=bucket),
        "WRITE": lambda: second.s3.put_object(Bucket=bucket, Key="new", Body=b"x"),
        "READ_ACP": lambda: second.s3.get_bucket_acl(Bucket=bucket),
    }
    for name, door in doors.items():
        if permission in {name, "FULL_CONTROL"}:
            door()
        else:
            with refused("AccessDenied", 403):
                door()
    if permission not in {"WRITE_ACP", "FULL_CONTROL"}:
        with refused("AccessDenied", 403):
            second.s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    else:
        second.s3.put_bucket_acl(Bucket=bucket, GrantRead=f"id={second.id}")
        assert (second.id, "READ") in grants(s3.get_bucket_acl(Bucket=bucket))
    with refused("AccessDenied", 403):
        second.s3.delete_bucket(Bucket=bucket)


def _grant(permission: str, grantee: str) -> dict[str, str]:
    return {"Grant" + {"READ_ACP": "ReadACP", "WRITE_ACP": "WriteACP"}.get(permission, permission.title()): grantee}


@pytest.mark.parametrize("permission", ["READ", "READ_ACP", "WRITE_ACP"])
def test_each_permission_of_an_object_opens_its_own_door(s3, second, bucket, put, root_id, permission):
    put("key", b"x", GrantFullControl=f"id={root_id}", **_grant(permission, f'id="{second.id}"'))
    doors = {
        "READ": lambda: second.s3.get_object(Bucket=bucket, Key="key"),
        "READ_ACP": lambda: second.s3.get_object_acl(Bucket=bucket, Key="key"),
        "WRITE_ACP": lambda: second.s3.put_object_acl(Bucket=bucket, Key="key", ACL="private"),
    }
    for name, door in doors.items():
        if name == permission:
            door()
        else:
            with refused("AccessDenied", 403):
                door()


def test_grants_by_group_mail_and_id(s3, bucket, put, second, root_id):
    put(
        "key",
        GrantRead=f'uri="{ALL_USERS}", id="{second.id}"',
        GrantReadACP='emailAddress="second@example.com"',
        GrantFullControl=f"id={root_id}",
    )
    answer = s3.get_object_acl(Bucket=bucket, Key="key")
    assert grants(answer) == {
        (ALL_USERS, "READ"),
        (second.id, "READ"),
        (second.id, "READ_ACP"),
        (root_id, "FULL_CONTROL"),
    }
    named = [item["Grantee"] for item in answer["Grants"] if item["Grantee"].get("ID") == second.id]
    assert all(grantee["Type"] == "CanonicalUser" for grantee in named)


@pytest.mark.parametrize(
    ("grantee", "code"),
    [
        ("emailAddress=nobody@example.com", "UnresolvableGrantByEmailAddress"),
        ("id=" + "f" * 64, "InvalidArgument"),
        ("uri=http://example.com/group", "InvalidArgument"),
        ("name=x", "InvalidArgument"),
        ("x", "InvalidArgument"),
    ],
)
def test_a_grantee_that_is_none(wire, bucket, grantee, code):
    answer = wire.signed("PUT", f"/{bucket}/key", {"x-amz-grant-read": grantee}, b"x")
    assert_refused(answer, code, 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_canned_and_explicit_exclude_each_other(wire, bucket):
    headers = {"x-amz-acl": "private", "x-amz-grant-read": f"uri={ALL_USERS}"}
    assert_refused(wire.signed("PUT", f"/{bucket}/key", headers, b"x"), "InvalidRequest", 400)
    assert_refused(wire.signed("PUT", f"/{bucket}?acl", headers), "InvalidRequest", 400)


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_goes_round(s3, bucket, put, second, root_id):
    put("key")
    policy = {
        "Owner": {"ID": root_id},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": root_id}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"Type": "Group", "URI": AUTHENTICATED}, "Permission": "READ"},
            {
                "Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "second@example.com"},
                "Permission": "WRITE_ACP",
            },
        ],
    }
    expected = {(root_id, "FULL_CONTROL"), (AUTHENTICATED, "READ"), (second.id, "WRITE_ACP")}
    s3.put_object_acl(Bucket=bucket, Key="key", AccessControlPolicy=policy)
    assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == expected
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == expected
    again = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": again["Owner"], "Grants": again["Grants"]})
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == expected


def test_the_grantee_says_its_type(wire, bucket):
    answer = wire.signed("GET", f"/{bucket}?acl")
    assert answer.xml.tag == NAMESPACE + "AccessControlPolicy"
    [grantee] = answer.xml.iter(NAMESPACE + "Grantee")
    assert grantee.attrib["{http://www.w3.org/2001/XMLSchema-instance}type"] == "CanonicalUser"


def _policy(owner: str, *items: str) -> bytes:
    return (
        '<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Owner><ID>{owner}</ID></Owner>'
        f"<AccessControlList>{''.join(items)}</AccessControlList></AccessControlPolicy>"
    ).encode()


def _item(user_id: str, permission: str) -> str:
    return (
        f'<Grant><Grantee xsi:type="CanonicalUser"><ID>{user_id}</ID></Grantee>'
        f"<Permission>{permission}</Permission></Grant>"
    )


def test_documents_that_are_refused_change_nothing(wire, s3, bucket, root_id):
    for body, code in (
        (b"", "MissingSecurityHeader"),
        (b"<AccessControlPolicy>", "MalformedACLError"),
        (b"<Wrong/>", "MalformedACLError"),
        (_policy(root_id, _item(root_id, "EVERYTHING")), "MalformedACLError"),
        (_policy(root_id, _item("f" * 64, "READ")), "InvalidArgument"),
        (_policy(root_id, *[_item(root_id, "READ")] * 101), "MalformedACLError"),
    ):
        answer = wire.signed("PUT", f"/{bucket}?acl", body=body)
        assert answer.status == 400, (body, answer.body)
        assert answer.code in {code, "MalformedXML", "MissingRequestBodyError", "InvalidRequest"}, (body, answer.body)
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == {(root_id, "FULL_CONTROL")}


def test_the_owner_in_the_document_must_be_the_owner(wire, bucket, second, root_id):
    answer = wire.signed("PUT", f"/{bucket}?acl", body=_policy(second.id, _item(root_id, "FULL_CONTROL")))
    assert_refused(answer, "AccessDenied", 403)


def test_the_owner_is_never_locked_out(s3, bucket, put, second, root_id):
    """User Guide: an owner can always read and write the ACL, whatever it says."""
    put("key")
    s3.put_object_acl(Bucket=bucket, Key="key", GrantRead=f"id={second.id}")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == {(second.id, "READ")}
    s3.put_object_acl(Bucket=bucket, Key="key", ACL="private")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == {(root_id, "FULL_CONTROL")}


def test_the_acl_of_nothing(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.get_object_acl(Bucket=bucket, Key="absent")
    with refused("NoSuchKey", 404):
        s3.put_object_acl(Bucket=bucket, Key="absent", ACL="private")
    with refused("NoSuchBucket", 404):
        s3.get_bucket_acl(Bucket="no-such-bucket")


def test_every_combination_of_two_headers_is_kept(s3, bucket, put, root_id):
    names = ["GrantRead", "GrantReadACP", "GrantWriteACP", "GrantFullControl"]
    words = {
        "GrantRead": "READ",
        "GrantReadACP": "READ_ACP",
        "GrantWriteACP": "WRITE_ACP",
        "GrantFullControl": "FULL_CONTROL",
    }
    for one, two in itertools.combinations(names, 2):
        put("key", **{one: f"id={root_id}", two: f"uri={AUTHENTICATED}"})
        expected = {(root_id, words[one]), (AUTHENTICATED, words[two])}
        assert grants(s3.get_object_acl(Bucket=bucket, Key="key")) == expected
