"""Policies of users, given with ``bushel user policy`` while the server runs.

Source: IAM User Guide, "Policy evaluation logic"; docs/access.md says how users stand to accounts.
"""

import json

import pytest

from live.expect import assert_refused, refused
from live.policies import allow, deny, document
from live.wire import Wire


@pytest.fixture
def employee(person):
    return person("employee")


@pytest.fixture
def policy(server, employee, tmp_path):
    """Give the employee policies: ``policy("readonly")``, or statements of one; they are gone afterwards."""
    given = []
    data = ("--data", str(server.data))

    def give(*statements):
        if isinstance(statements[0], str):
            server.bushel("user", "policy", "attach", "employee", statements[0], *data)
            given.append(statements[0])
            return
        file = tmp_path / "policy.json"
        file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        name = f"own-{len(given)}"
        server.bushel("user", "policy", "put", "employee", name, str(file), *data)
        given.append(name)

    def take():
        while given:
            server.bushel("user", "policy", "remove", "employee", given.pop(), *data)

    give.take = take
    yield give
    take()


def own(effect, actions, resources, **elements):
    listed = resources if isinstance(resources, list) else [resources]
    arns = [each if each == "*" else f"arn:aws:s3:::{each}" for each in listed]
    return {"Effect": effect, "Action": actions, "Resource": arns, **elements}


def test_a_user_may_read_all_and_write_nothing(s3, bucket, put, employee, policy, bucket_names):
    """What they own, too: the policies say what they may do, not ownership."""
    put("key", b"x")
    mine = bucket_names()
    employee.s3.create_bucket(Bucket=mine)
    employee.s3.put_object(Bucket=mine, Key="key", Body=b"x")
    policy("readonly")
    assert employee.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    assert employee.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert {bucket, mine} <= {each["Name"] for each in employee.s3.list_buckets()["Buckets"]}
    for name in (bucket, mine):
        with refused("AccessDenied", 403):
            employee.s3.put_object(Bucket=name, Key="other", Body=b"x")
        with refused("AccessDenied", 403):
            employee.s3.delete_object(Bucket=name, Key="key")
        with refused("AccessDenied", 403):
            employee.s3.put_bucket_acl(Bucket=name, ACL="private")
        with refused("AccessDenied", 403):
            employee.s3.delete_bucket(Bucket=name)
    with refused("AccessDenied", 403):
        employee.s3.create_bucket(Bucket=bucket_names())
    policy.take()
    employee.s3.put_object(Bucket=mine, Key="other", Body=b"x")
    with refused("AccessDenied", 403):
        employee.s3.get_object(Bucket=bucket, Key="key")


def test_what_they_write_belongs_to_the_buckets_owner(s3, bucket, employee, policy, anonymous):
    """As what IAM users write belongs to their account, so that the bucket's policy reaches it."""
    policy("readwrite")
    employee.s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    employee.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    upload = employee.s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    which = {"Bucket": bucket, "Key": "parts", "UploadId": upload}
    etag = employee.s3.upload_part(**which, PartNumber=1, Body=b"x")["ETag"]
    assert employee.s3.list_parts(**which)["Initiator"]["ID"] == employee.id
    employee.s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    root = s3.list_buckets()["Owner"]["ID"]
    assert {each["Owner"]["ID"] for each in s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]} == {root}
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/*")))
    for key in ("key", "copy", "parts"):
        assert anonymous.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    answer = employee.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "key"}, {"Key": "copy"}]})
    assert len(answer["Deleted"]) == 2


def test_a_user_may_write_and_not_read(bucket, employee, policy):
    policy("writeonly")
    employee.s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    for call in (employee.s3.get_object, employee.s3.head_object, employee.s3.delete_object):
        with refused("403" if call == employee.s3.head_object else "AccessDenied", 403):
            call(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        employee.s3.list_objects_v2(Bucket=bucket)


def test_a_deny_outweighs_what_others_allow(s3, bucket, put, employee, policy, bucket_names):
    put("open", b"x", ACL="public-read")
    mine = bucket_names()
    employee.s3.create_bucket(Bucket=mine)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:*", ["", "/*"])))
    policy("readwrite")
    policy(own("Deny", "s3:GetObject", "*"))
    employee.s3.put_object(Bucket=mine, Key="key", Body=b"x")
    for name, key in ((bucket, "open"), (mine, "key")):
        with refused("AccessDenied", 403):
            employee.s3.get_object(Bucket=name, Key=key)


def test_a_buckets_deny_outweighs_what_the_user_may(s3, bucket, put, employee, policy):
    put("key", b"x")
    policy("readwrite")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, deny("s3:GetObject", "/key")))
    with refused("AccessDenied", 403):
        employee.s3.get_object(Bucket=bucket, Key="key")
    assert json.loads(employee.s3.get_bucket_policy(Bucket=bucket)["Policy"])["Version"]
    employee.s3.delete_bucket_policy(Bucket=bucket)
    assert employee.s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_bucket_policies_and_acls_grant_beside_the_users_policies(s3, bucket, put, employee, policy):
    put("open", b"x", ACL="public-read")
    put("named", b"x", GrantRead=f"id={employee.id}")
    put("by-policy", b"x")
    put("closed", b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/by-policy")))
    policy(own("Allow", "s3:ListAllMyBuckets", "*"))
    for key in ("open", "named", "by-policy"):
        assert employee.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        employee.s3.get_object(Bucket=bucket, Key="closed")


def test_buckets_are_made_and_listed_by_policy(employee, policy, bucket_names):
    name = bucket_names()
    policy(own("Allow", "s3:CreateBucket", f"{name}"))
    with refused("AccessDenied", 403):
        employee.s3.list_buckets()
    with refused("AccessDenied", 403):
        employee.s3.create_bucket(Bucket=f"{name}-other")
    with refused("AccessDenied", 403):
        employee.s3.create_bucket(Bucket=name, ACL="public-read")
    with refused("AccessDenied", 403):
        employee.s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    employee.s3.create_bucket(Bucket=name)
    with refused("AccessDenied", 403):
        employee.s3.list_objects_v2(Bucket=name)
    policy(own("Allow", "s3:ListAllMyBuckets", "*"))
    assert name in [each["Name"] for each in employee.s3.list_buckets()["Buckets"]]


def test_buckets_that_policies_let_them_list_are_listed(s3, bucket, employee, policy, bucket_names):
    other, mine = bucket_names(), bucket_names()
    s3.create_bucket(Bucket=other)
    employee.s3.create_bucket(Bucket=mine)
    assert not {bucket, other} & {each["Name"] for each in employee.s3.list_buckets()["Buckets"]}
    policy(own("Allow", "s3:ListAllMyBuckets", "*"), own("Allow", "s3:ListBucket", bucket))
    seen = [each["Name"] for each in employee.s3.list_buckets()["Buckets"]]
    assert {bucket, mine} <= set(seen)
    assert other not in seen
    assert seen == sorted(seen)


def test_conditions_and_variables(bucket, employee, policy):
    policy(
        own("Allow", ["s3:PutObject", "s3:GetObject"], f"{bucket}/home/${{aws:username}}/*"),
        own("Allow", "s3:ListBucket", bucket, Condition={"StringEquals": {"s3:prefix": "home/${aws:username}/"}}),
        own("Allow", "s3:CreateBucket", "*", Condition={"StringEquals": {"s3:LocationConstraint": "mars"}}),
    )
    employee.s3.put_object(Bucket=bucket, Key="home/employee/key", Body=b"x")
    assert employee.s3.list_objects_v2(Bucket=bucket, Prefix="home/employee/")["KeyCount"] == 1
    with refused("AccessDenied", 403):
        employee.s3.put_object(Bucket=bucket, Key="home/other/key", Body=b"x")
    with refused("AccessDenied", 403):
        employee.s3.list_objects_v2(Bucket=bucket)
    with refused("AccessDenied", 403):
        employee.s3.create_bucket(Bucket=f"{bucket}-other")


def test_a_policy_acts_on_the_next_request_of_every_worker(start_server, tmp_path):
    server = start_server(workers=3)
    keys = ("TEMPORARYUSERKEY0000", "first-secret/of+this/user/0123456789")
    server.add_user("tim", *keys)
    root, tim = Wire(server.endpoint, server.access_key, server.secret_key), Wire(server.endpoint, *keys)
    data = ("--data", str(server.data))
    assert root.signed("PUT", "/pictures").status == 200

    def answers():
        return {tim.signed("GET", "/pictures").status for _ in range(12)}  # enough to meet every worker

    assert answers() == {403}
    server.bushel("user", "policy", "attach", "tim", "readonly", *data)
    assert answers() == {200}
    server.bushel("user", "rotate", "tim", "--access-key", keys[0], "--secret-key", "-", *data, stdin=keys[1] + "\n")
    assert answers() == {200}
    server.bushel("user", "policy", "remove", "tim", "readonly", *data)
    assert answers() == {403}


def test_a_denial_is_logged_with_its_reason(server, bucket, put, employee, policy):
    """SEMANTICS.md, S6."""
    put("key")
    policy(own("Deny", "s3:GetObject", "*", Sid="NoReading"))
    offset = server.log_size()
    assert_refused(employee.wire.signed("GET", f"/{bucket}/key"), "AccessDenied", 403)
    line = next(line for line in server.log_text(offset).splitlines() if "denied" in line)
    assert "NoReading" in line
    assert "the user's policies" in line
