"""Policies of buckets: kept, read, and acted upon.

Source: S3 User Guide, "Bucket policies for Amazon S3"; S3 API Reference, PutBucketPolicy, GetBucketPolicyStatus. What
the language means is held by tests/unit/protocol/test_policy_*.py; here is what requests give it to look at.
"""

import json

import pytest

from bushel.protocol.policy import account_of
from live.expect import assert_refused, refused
from live.policies import allow, deny, document, user


@pytest.fixture
def put_policy(s3, bucket):
    """Put a policy of statements on the test's bucket; it is gone when the bucket is to be emptied."""

    def put(*statements, client=s3, **members):
        client.put_bucket_policy(Bucket=bucket, Policy=document(bucket, *statements), **members)

    yield put
    s3.delete_bucket_policy(Bucket=bucket)


# --- kept -----------------------------------------------------------------------------------------------------------


def test_what_was_put_is_what_is_read_until_it_is_deleted(s3, wire, bucket):
    first = document(bucket, allow("s3:GetObject", "/*")).replace(",", " ,\n")
    s3.put_bucket_policy(Bucket=bucket, Policy=first)
    answer = wire.signed("GET", f"/{bucket}?policy")
    assert (answer.body.decode(), answer.headers["content-type"]) == (first, "application/json")

    second = document(bucket, deny("s3:DeleteObject", "/ä*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=second)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == second

    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    for call in (s3.get_bucket_policy, s3.get_bucket_policy_status):
        with refused("NoSuchBucketPolicy", 404):
            call(Bucket=bucket)


def test_what_is_no_policy_leaves_what_there_was(s3, wire, bucket):
    kept = document(bucket, allow("s3:GetObject", "/*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=kept)
    for body, message in (
        (b"x", "Policies must be valid JSON and the first byte must be '{'"),
        (b"{}", "Missing required field Statement"),
        (b"\xff", "This policy contains invalid Json"),
        (document("other", allow("s3:GetObject", "/*")).encode(), "Policy has invalid resource"),
    ):
        assert_refused(wire.signed("PUT", f"/{bucket}?policy", {}, body), "MalformedPolicy", 400, Message=message)
    assert_refused(wire.signed("PUT", f"/{bucket}?policy"), "MissingRequestBodyError", 400)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == kept


def test_it_goes_with_the_bucket(s3, bucket_names):
    name = bucket_names()
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=document(name, allow("s3:GetObject", "/*")))
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=name)


def test_whom_it_names_must_exist(s3, bucket, second):
    """Otherwise somebody could become who was meant."""
    for principal in (
        {"AWS": "123456789012"},
        {"AWS": f"arn:aws:iam::{account_of(second.id)}:user/nobody"},
        {"AWS": "arn:aws:iam::123456789012:user/second"},
        {"CanonicalUser": "nobody"},
    ):
        with refused("MalformedPolicy", 400) as refusal:
            s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/*", principal)))
        assert refusal.message == "Invalid principal in policy"


@pytest.mark.parametrize(
    ("statements", "public"),
    [
        ([allow("s3:GetObject", "/*")], True),
        ([allow("s3:GetObject", "/*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})], False),
        ([deny("s3:GetObject", "/*")], False),
    ],
    ids=["everybody", "from-a-network", "deny"],
)
def test_the_status_tells_the_truth(s3, bucket, put_policy, statements, public):
    put_policy(*statements)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is public


# --- whom it means --------------------------------------------------------------------------------------------------


def test_everybody(bucket, put, put_policy, anonymous):
    put("open/key", b"x")
    put("closed/key", b"x")
    put_policy(allow(["s3:GetObject"], "/open/*"))
    assert anonymous.get_object(Bucket=bucket, Key="open/key")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="closed/key")
    with refused("AccessDenied", 403):
        anonymous.put_object(Bucket=bucket, Key="open/key", Body=b"y")


@pytest.mark.parametrize("kind", ["arn", "account", "account-arn", "canonical"])
def test_one_user_by_any_of_their_names(bucket, put, put_policy, anonymous, second, third, kind):
    put("key", b"x")
    account = account_of(second.id)
    named = {
        "arn": user(second),
        "account": {"AWS": [account]},
        "account-arn": {"AWS": f"arn:aws:iam::{account}:root"},
        "canonical": {"CanonicalUser": second.id},
    }
    put_policy(allow("s3:GetObject", "/*", named[kind]))
    assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    for other in (third.s3, anonymous):
        with refused("AccessDenied", 403):
            other.get_object(Bucket=bucket, Key="key")


def test_everybody_but_one(bucket, put, put_policy, anonymous, second, third):
    put("key", b"x")
    put_policy(
        allow("s3:GetObject", "/*"),
        {"Effect": "Deny", "NotPrincipal": user(second), "Action": "s3:*", "Resource": "/*"},
    )
    assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    for other in (third.s3, anonymous):
        with refused("AccessDenied", 403):
            other.get_object(Bucket=bucket, Key="key")


def test_a_user_made_anew_is_somebody_else(start_server, clients):
    server = start_server()
    keys = ("TEMPORARYUSERKEY0000", "first-secret/of+this/user/0123456789")
    s3, tim = clients(server), clients(server, keys=keys)
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="key", Body=b"x")
    data, add = ("--data", str(server.data)), ("--access-key", keys[0], "--secret-key", "-")
    server.bushel("user", "add", "tim", *add, *data, stdin=keys[1] + "\n")
    arn = json.loads(server.bushel("user", "list", "--json", *data))["arn"]
    s3.put_bucket_policy(Bucket="pictures", Policy=document("pictures", allow("s3:GetObject", "/*", {"AWS": arn})))
    assert tim.get_object(Bucket="pictures", Key="key")["Body"].read() == b"x"
    server.bushel("user", "remove", "tim", *data)
    server.bushel("user", "add", "tim", *add, *data, stdin=keys[1] + "\n")
    with refused("AccessDenied", 403):
        tim.get_object(Bucket="pictures", Key="key")


# --- order of evaluation --------------------------------------------------------------------------------------------


def test_a_deny_outweighs_ownership_acls_and_allows(s3, bucket, put, put_policy, anonymous):
    """The operator, who owns the bucket, is denied too."""
    put("key", b"x", ACL="public-read")
    put_policy(allow("s3:*", "/*"), deny("s3:GetObject", "/*", Sid="no reading"))
    for client in (s3, anonymous):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=bucket, Key="key")
    s3.put_object(Bucket=bucket, Key="key", Body=b"y")


def test_an_acl_still_grants_beside_a_policy(bucket, put, put_policy, anonymous):
    put("key", b"x", ACL="public-read")
    put_policy(allow("s3:PutObject", "/*"))
    assert anonymous.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_the_operator_repairs_a_policy_that_locks_everybody_out(s3, bucket, put, put_policy):
    put("key", b"x")
    put_policy(deny("s3:*", ["", "/*"]), ConfirmRemoveSelfBucketAccess=True)
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        s3.get_bucket_acl(Bucket=bucket)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    put_policy(deny("s3:GetObject", "/*"))
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_an_owner_repairs_it_too_unless_they_gave_that_up(s3, second, bucket_names):
    """S3 API Reference, PutBucketPolicy, ``x-amz-confirm-remove-self-bucket-access``."""
    name = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=name)
    policy = document(name, deny("s3:*", ["", "/*"]))
    second.s3.put_bucket_policy(Bucket=name, Policy=policy)
    with refused("AccessDenied", 403):
        second.s3.list_objects_v2(Bucket=name)
    assert second.s3.get_bucket_policy(Bucket=name)["Policy"] == policy
    second.s3.put_bucket_policy(Bucket=name, Policy=policy, ConfirmRemoveSelfBucketAccess=True)
    for call in (second.s3.get_bucket_policy, second.s3.delete_bucket_policy, second.s3.list_objects_v2):
        with refused("AccessDenied", 403):
            call(Bucket=name)
    with refused("AccessDenied", 403):
        second.s3.put_bucket_policy(Bucket=name, Policy=policy)
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    second.s3.delete_bucket_policy(Bucket=name)


def test_a_bucket_policy_hands_out_no_rights_over_itself(s3, bucket, put_policy, second, anonymous):
    """S3 API Reference, PutBucketPolicy: who is not of the owner's account gets MethodNotAllowed."""
    put_policy(allow("s3:*", ["", "/*"]))
    policy = document(bucket, allow("s3:GetObject", "/*"))
    for client in (second.s3, anonymous):
        with refused("MethodNotAllowed", 405):
            client.get_bucket_policy(Bucket=bucket)
        with refused("MethodNotAllowed", 405):
            client.put_bucket_policy(Bucket=bucket, Policy=policy)
        with refused("MethodNotAllowed", 405):
            client.delete_bucket_policy(Bucket=bucket)
    assert second.s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    s3.delete_bucket_policy(Bucket=bucket)
    with refused("AccessDenied", 403):
        second.s3.get_bucket_policy(Bucket=bucket)


def test_it_does_not_reach_objects_of_other_owners(s3, bucket, put_policy, anonymous, second):
    """S3 User Guide, "Policies and permissions in Amazon S3": the permissions are the owner's to give."""
    put_policy(allow(["s3:GetObject", "s3:PutObject"], "/*"))
    second.s3.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    assert second.s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="theirs")
    second.s3.put_object_acl(Bucket=bucket, Key="theirs", ACL="public-read")
    assert anonymous.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"


def test_a_denial_is_logged_with_its_reason(server, bucket, put, put_policy, second):
    """SEMANTICS.md, S6."""
    put("key")
    put_policy(deny("s3:GetObject", "/*", Sid="no reading"))
    offset = server.log_size()
    with refused("AccessDenied", 403):
        second.s3.get_object(Bucket=bucket, Key="key")
    line = next(line for line in server.log_text(offset).splitlines() if "denied" in line)
    assert "no reading" in line
    assert "s3:GetObject" in line
    assert "user/second" in line


# --- several actions ------------------------------------------------------------------------------------------------


def test_who_may_not_list_does_not_learn_what_is_missing(bucket, put_policy, second, anonymous):
    """S3 API Reference, GetObject: NoSuchKey with s3:ListBucket, AccessDenied without."""
    put_policy(allow("s3:GetObject", "/*"), allow("s3:ListBucket", "", user(second)))
    with refused("NoSuchKey", 404):
        second.s3.get_object(Bucket=bucket, Key="absent")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="absent")
    put_policy(allow("s3:ListBucket", ""), deny("s3:GetObject", "/*"))
    with refused("AccessDenied", 403):
        second.s3.get_object(Bucket=bucket, Key="absent")


def test_an_acl_with_an_object_is_an_action_of_its_own(wire, bucket, put_policy, second):
    put_policy(allow("s3:PutObject", "/*", user(second)))
    second.s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    for members in ({"ACL": "public-read"}, {"GrantRead": f"id={second.id}"}):
        with refused("AccessDenied", 403):
            second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", **members)
        with refused("AccessDenied", 403):
            second.s3.create_multipart_upload(Bucket=bucket, Key="key", **members)
    grant = {"x-amz-grant-write": f"id={second.id}"}
    assert_refused(second.wire.signed("PUT", f"/{bucket}/key", grant, b"x"), "AccessDenied", 403)
    put_policy(allow(["s3:PutObject", "s3:PutObjectAcl"], "/*", user(second)))
    second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", ACL="public-read")


def test_an_acl_in_a_link_is_no_way_around(bucket, put_policy, second):
    """Parameters of a link that stand for header fields ask for the same actions."""
    put_policy(allow("s3:PutObject", "/*", user(second)))
    link = second.s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "key", "ACL": "public-read"})
    target = link.partition(second.wire.netloc)[2]
    assert "x-amz-acl=public-read" in target
    assert_refused(second.wire.send("PUT", target, {}, b"x"), "AccessDenied", 403)


@pytest.mark.parametrize("parameter", ["versionId", "version%49d", "%76ersionId"])
def test_a_version_by_its_id_is_an_action_of_its_own(bucket, put, put_policy, second, parameter):
    put("key", b"x")
    put_policy(allow("s3:GetObject", "/*", user(second)))
    target = f"/{bucket}/key?{parameter}=null"
    assert_refused(second.wire.signed("GET", target), "AccessDenied", 403)
    put_policy(allow("s3:GetObjectVersion", "/*", user(second)))
    assert second.wire.signed("GET", target).body == b"x"
    assert_refused(second.wire.signed("GET", f"/{bucket}/key"), "AccessDenied", 403)


def test_a_copy_reads_its_source_and_writes_its_target(s3, bucket, put, put_policy, second, bucket_names):
    target = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=target)
    put("key", b"x")
    source = f"{bucket}/key"
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=target, Key="copy", CopySource=source)
    put_policy(allow("s3:GetObject", "/key", user(second)))
    second.s3.copy_object(Bucket=target, Key="copy", CopySource=source)
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    put_policy(allow("s3:PutObject", "/copy", user(second)))
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    put_policy(allow("s3:PutObject", "/copy", user(second)), allow("s3:GetObject", "/key", user(second)))
    second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=target, Key="copy", CopySource=f"{bucket}/key?versionId=null")


def test_each_key_of_many_is_decided_on_its_own(s3, bucket, put, put_policy, second):
    for key in ("mine/a", "mine/b", "yours/a"):
        put(key)
    put_policy(allow("s3:DeleteObject", "/mine/*", user(second)), deny("s3:DeleteObject", "/mine/b"))
    keys = [{"Key": key} for key in ("mine/a", "mine/b", "yours/a", "mine/absent")]
    answer = second.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert sorted(each["Key"] for each in answer["Deleted"]) == ["mine/a", "mine/absent"]
    assert {each["Key"]: each["Code"] for each in answer["Errors"]} == {
        "mine/b": "AccessDenied",
        "yours/a": "AccessDenied",
    }
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["mine/b", "yours/a"]
    with refused("AccessDenied", 403):
        second.s3.delete_object(Bucket=bucket, Key="yours/a")
    put_policy(allow("s3:DeleteObject", "/*", user(second)))
    second.s3.delete_object(Bucket=bucket, Key="mine/b")
    with refused("AccessDenied", 403):
        second.s3.delete_object(Bucket=bucket, Key="yours/a", VersionId="null")


def test_uploads_in_parts(s3, bucket, put_policy, second, third):
    put_policy(allow("s3:PutObject", "/*", user(second)))
    upload = second.s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    which = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    etag = second.s3.upload_part(**which, PartNumber=1, Body=b"x")["ETag"]
    second.s3.list_parts(**which)
    for call in (third.s3.list_parts, third.s3.abort_multipart_upload):
        with refused("AccessDenied", 403):
            call(**which)
    with refused("AccessDenied", 403):
        third.s3.upload_part(**which, PartNumber=1, Body=b"y")
    with refused("AccessDenied", 403):
        second.s3.list_multipart_uploads(Bucket=bucket)
    put_policy(
        allow(["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], "/*", user(third)),
        allow("s3:ListBucketMultipartUploads", "", user(third)),
    )
    assert len(third.s3.list_parts(**which)["Parts"]) == 1
    assert len(third.s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    with refused("AccessDenied", 403):
        second.s3.complete_multipart_upload(**which, MultipartUpload=parts)
    third.s3.abort_multipart_upload(**which)


# --- what requests say ----------------------------------------------------------------------------------------------


ALL_USERS = "uri=http://acs.amazonaws.com/groups/global/AllUsers"


def condition(operator, key, value):
    return {"Condition": {operator: {key: value}}}


def test_a_home_for_everybody(s3, bucket, put_policy, second, third):
    """IAM User Guide, "IAM policy elements: Variables and tags"."""
    put_policy(
        allow(["s3:GetObject", "s3:PutObject"], "/home/${aws:username}/*", {"AWS": "*"}),
        allow("s3:ListBucket", "", **condition("StringLike", "s3:prefix", "home/${aws:username}/*")),
    )
    second.s3.put_object(Bucket=bucket, Key="home/second/key", Body=b"x")
    assert second.s3.get_object(Bucket=bucket, Key="home/second/key")["Body"].read() == b"x"
    assert second.s3.list_objects_v2(Bucket=bucket, Prefix="home/second/")["KeyCount"] == 1
    with refused("AccessDenied", 403):
        third.s3.put_object(Bucket=bucket, Key="home/second/key", Body=b"x")
    for prefix in ("home/second/", "home/", ""):
        with refused("AccessDenied", 403):
            third.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)


@pytest.mark.parametrize(
    ("operator", "key", "value", "good", "bad"),
    [
        ("StringEquals", "s3:delimiter", "/", {"Delimiter": "/"}, {"Delimiter": "a"}),
        ("NumericLessThanEquals", "s3:max-keys", "10", {"MaxKeys": 10}, {"MaxKeys": 11}),
        ("StringEquals", "s3:prefix", ["", "a"], {"Prefix": "a"}, {"Prefix": "b"}),
        ("Null", "s3:prefix", "true", {}, {"Prefix": "b"}),
    ],
)
def test_what_a_listing_says(bucket, put_policy, second, operator, key, value, good, bad):
    put_policy(allow("s3:ListBucket", "", user(second), **condition(operator, key, value)))
    second.s3.list_objects_v2(Bucket=bucket, **good)
    second.s3.list_objects(Bucket=bucket, **good)
    with refused("AccessDenied", 403):
        second.s3.list_objects_v2(Bucket=bucket, **bad)


@pytest.mark.parametrize(
    ("operator", "key", "value", "good", "bad"),
    [
        ("StringEquals", "s3:x-amz-acl", "public-read", {"ACL": "public-read"}, {"ACL": "private"}),
        ("StringEquals", "s3:x-amz-acl", "public-read", {"ACL": "public-read"}, {}),
        ("StringLike", "s3:x-amz-grant-read", "*groups*", {"GrantRead": ALL_USERS}, {}),
        ("StringEquals", "s3:x-amz-storage-class", "STANDARD", {"StorageClass": "STANDARD"}, {}),
        ("StringEquals", "s3:if-none-match", "*", {"IfNoneMatch": "*"}, {}),
        ("Null", "s3:if-none-match", "true", {}, {"IfNoneMatch": "*"}),
        ("Bool", "s3:ObjectCreationOperation", "true", {}, None),
    ],
    ids=range(7),
)  # fmt: skip
def test_what_an_upload_says(bucket, put_policy, second, operator, key, value, good, bad):
    actions = ["s3:PutObject", "s3:PutObjectAcl"] if "-acl" in key or "grant" in key else "s3:PutObject"
    put_policy(allow(actions, "/*", user(second), **condition(operator, key, value)))
    second.s3.put_object(Bucket=bucket, Key="key", Body=b"x", **good)
    with refused("AccessDenied", 403):
        if bad is None:
            second.s3.create_multipart_upload(Bucket=bucket, Key="key")
        else:
            second.s3.put_object(Bucket=bucket, Key="other", Body=b"x", **bad)


def test_what_a_copy_says(bucket, put, put_policy, second):
    put("a", b"x")
    put("b", b"x")
    read = allow("s3:GetObject", "/*", user(second))
    only_a = {"StringEquals": {"s3:x-amz-copy-source": f"{bucket}/a", "s3:x-amz-metadata-directive": "REPLACE"}}
    put_policy(read, allow("s3:PutObject", "/*", user(second), Condition=only_a))
    replace = {"MetadataDirective": "REPLACE"}
    second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/a", **replace)
    for source, members in (("a", {}), ("b", replace)):
        with refused("AccessDenied", 403):
            second.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/{source}", **members)
    with refused("AccessDenied", 403):
        second.s3.put_object(Bucket=bucket, Key="copy", Body=b"x")


def test_how_and_whence_a_request_comes(server, s3, bucket, put, put_policy, wire):
    put("key", b"x")
    target = f"/{bucket}/key"
    link = wire.presigned("GET", target)
    for operator, key, value, headers, of_link in (
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", True, True),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24", False, False),
        ("Bool", "aws:SecureTransport", "false", True, True),
        ("Null", "s3:TlsVersion", "true", True, True),
        ("StringEquals", "s3:authType", "REST-QUERY-STRING", False, True),
        ("StringEquals", "s3:authType", "REST-HEADER", True, False),
        ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", True, True),
        ("NumericGreaterThan", "s3:signatureAge", "600000", False, False),
        ("NumericLessThan", "s3:signatureAge", "600000", True, True),
        ("StringEquals", "s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", False, True),
        ("StringLike", "aws:UserAgent", "curl/*", False, False),
        ("StringLike", "aws:Referer", "https://example.org/*", False, False),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", True, True),
        ("NumericLessThan", "aws:EpochTime", "1577836800", False, False),
        ("StringEquals", "aws:PrincipalType", "Account", True, True),
        ("StringEquals", "s3:ResourceAccount", "000000000000", False, False),
        ("Null", "aws:username", "true", True, True),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True, True),
    ):
        put_policy(deny("s3:GetObject", "/*", **condition(operator, key, value)))
        told = (wire.signed("GET", target).status == 403, wire.send("GET", link).status == 403)
        assert told == (headers, of_link), key


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        ("aws:UserAgent", "probe/*", {"User-Agent": "probe/1.0"}),
        ("aws:Referer", "https://example.org/*", {"Referer": "https://example.org/page"}),
    ],
)
def test_what_browsers_say(bucket, put, put_policy, wire, key, value, headers):
    put("key", b"x")
    put_policy(allow("s3:GetObject", "/*", **condition("StringLike", key, value)))
    assert wire.send("GET", f"/{bucket}/key", headers).body == b"x"
    assert_refused(wire.send("GET", f"/{bucket}/key"), "AccessDenied", 403)


def test_who_asks(bucket, put, put_policy, second, third, anonymous):
    put("key", b"x")
    for key, value in (
        ("aws:username", "second"),
        ("aws:userid", second.id),
        ("aws:PrincipalAccount", account_of(second.id)),
        ("aws:PrincipalArn", user(second)["AWS"]),
    ):
        put_policy(allow("s3:GetObject", "/*", **condition("StringEquals", key, value)))
        assert second.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
        for other in (third.s3, anonymous):
            with refused("AccessDenied", 403):
                other.get_object(Bucket=bucket, Key="key")
