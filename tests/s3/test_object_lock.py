"""Object Lock: what protects a version, from whom, and what it does not keep from happening.

Source: S3 User Guide, "Locking objects with Object Lock"; S3 API Reference, the page of each operation. What is not
documented there is S3's recorded answer.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from live.expect import assert_refused, refused
from live.forms import post_form
from live.policies import allow, deny, document, user
from live.wire import content_md5

MIB = 1024 * 1024
PROTECTED = "Access Denied because object protected by object lock."


def ahead(days=1.0, **more):
    """An instant to come, of whole seconds, as boto3 names it."""
    return (datetime.now(UTC) + timedelta(days=days, **more)).replace(microsecond=0)


def retention(mode="GOVERNANCE", until=None):
    return {"Mode": mode, "RetainUntilDate": until or ahead()}


def release(s3, bucket):
    """Take away what can be taken away, so that the bucket can be emptied."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in page.get("Versions", []):
            named = {"Bucket": bucket, "Key": item["Key"], "VersionId": item["VersionId"]}
            s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
            s3.delete_object(**named, BypassGovernanceRetention=True)


@pytest.fixture
def locking(s3, bucket_names):
    """A bucket of root's that takes locks; what GOVERNANCE and holds protect at the end goes all the same."""
    name = bucket_names()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    yield name
    s3.delete_bucket_policy(Bucket=name)
    release(s3, name)


@pytest.fixture
def kept(s3, worker_id):
    """The same for what COMPLIANCE protects: nobody empties it while the server lives."""
    name = f"kept-{worker_id}-{threading.get_native_id()}-{datetime.now(UTC).timestamp():.6f}".replace(".", "-")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def put(s3, locking):
    def put_object(key="key", body=b"hello", **members):
        return s3.put_object(Bucket=locking, Key=key, Body=body, **members)["VersionId"]

    return put_object


def named(bucket, version, key="key"):
    return {"Bucket": bucket, "Key": key, "VersionId": version}


def is_there(s3, bucket, version, key="key"):
    return s3.get_object(**named(bucket, version, key))["Body"].read() == b"hello"


# --- buckets ------------------------------------------------------------------------------------------------------


def test_a_bucket_made_with_object_lock_has_versions_for_ever(s3, locking):
    assert s3.get_bucket_versioning(Bucket=locking)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled"
    }
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=locking, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_versioning(Bucket=locking, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=locking)["Status"] == "Enabled"


def test_a_bucket_made_without_it_has_none(s3, bucket_names):
    name = bucket_names()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=False)
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    with refused("ObjectLockConfigurationNotFoundError", 404, BucketName=name):
        s3.get_object_lock_configuration(Bucket=name)


def test_a_bucket_that_is_there_does_not_come_by_object_lock_when_made_again(s3, bucket):
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_a_bucket_with_versions_may_begin_to_take_locks(s3, bucket):
    configuration = {"ObjectLockEnabled": "Enabled"}
    for status in (None, "Suspended"):
        if status:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        with refused("InvalidBucketState", 409):
            s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
        with refused("ObjectLockConfigurationNotFoundError", 404):
            s3.get_object_lock_configuration(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == configuration
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


@pytest.mark.parametrize("period", [{"Days": 1}, {"Days": 36_500}, {"Years": 1}, {"Years": 100}], ids=str)
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_default_retention_is_told_as_it_was_put_and_may_go(s3, locking, mode, period):
    rule = {"DefaultRetention": {"Mode": mode, **period}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == configuration
    configuration = {"ObjectLockEnabled": "Enabled"}
    s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == configuration


ENABLED = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>"


def rule_of(inner):
    return f"{ENABLED}<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("", "MalformedXML"),
        ("<ObjectLockEnabled>Disabled</ObjectLockEnabled>", "MalformedXML"),
        ("<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>", "MalformedXML"),
        (f"{ENABLED}<Rule/>", "MalformedXML"),
        (rule_of(""), "MalformedXML"),
        (rule_of("<Days>1</Days>"), "MalformedXML"),
        (rule_of("<Mode>GOVERNANCE</Mode>"), "MalformedXML"),
        (rule_of("<Mode>governance</Mode><Days>1</Days>"), "MalformedXML"),
        (rule_of("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"), "MalformedXML"),
        (rule_of("<Mode>GOVERNANCE</Mode><Days>one</Days>"), "MalformedXML"),
        (rule_of("<Mode>GOVERNANCE</Mode><Days>0</Days>"), "InvalidRetentionPeriod"),
        (rule_of("<Mode>COMPLIANCE</Mode><Years>-1</Years>"), "InvalidRetentionPeriod"),
        (rule_of("<Mode>GOVERNANCE</Mode><Days>36501</Days>"), "InvalidArgument"),
        (rule_of("<Mode>GOVERNANCE</Mode><Years>101</Years>"), "InvalidArgument"),
    ],
)
def test_what_is_no_configuration_changes_nothing(wire, s3, locking, inner, code):
    before = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}}
    s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=before)
    body = f"<ObjectLockConfiguration>{inner}</ObjectLockConfiguration>".encode()
    answer = wire.signed("PUT", f"/{locking}?object-lock", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == before


@pytest.mark.parametrize("target", ["?object-lock", "/key?retention", "/key?legal-hold"])
def test_a_document_is_wanted(wire, locking, put, target):
    put()
    assert_refused(wire.signed("PUT", f"/{locking}{target}"), "MissingRequestBodyError", 400)


def test_event_holds_are_refused_by_name(wire, locking, put):
    version = put()
    body = b"<Retention><EventHold>ON</EventHold></Retention>"
    answer = wire.signed("PUT", f"/{locking}/key?retention", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "NotImplemented", 501)
    answer = wire.signed("PUT", f"/{locking}/key", {"x-amz-object-lock-event-hold": "ON"}, b"x")
    assert_refused(answer, "NotImplemented", 501)
    assert wire.signed("GET", f"/{locking}/key").headers["x-amz-version-id"] == version


def test_a_bucket_with_locked_versions_is_not_deleted(s3, locking, put):
    put(ObjectLockLegalHoldStatus="ON")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=locking)


# --- locks that come with a write ---------------------------------------------------------------------------------


def _write(s3, bucket, how, **lock):
    """The version that a write of some kind makes."""
    if how == "put":
        return s3.put_object(Bucket=bucket, Key="key", Body=b"hello", **lock)["VersionId"]
    if how == "copy":
        s3.put_object(Bucket=bucket, Key="source", Body=b"hello")
        return s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/source", **lock)["VersionId"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", **lock)["UploadId"]
    named = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    part = s3.upload_part(**named, PartNumber=1, Body=b"hello")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return s3.complete_multipart_upload(**named, MultipartUpload=parts)["VersionId"]


WRITES = ["put", "copy", "multipart"]


@pytest.mark.parametrize("how", WRITES)
def test_a_write_brings_its_lock(s3, locking, how):
    until = ahead()
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until, "ObjectLockLegalHoldStatus": "ON"}
    version = _write(s3, locking, how, **lock)
    for call in (s3.get_object, s3.head_object):
        got = call(**named(locking, version))
        assert {name: got[name] for name in lock} == lock
    assert s3.get_object_retention(**named(locking, version))["Retention"] == retention(until=until)
    assert s3.get_object_legal_hold(**named(locking, version))["LegalHold"] == {"Status": "ON"}
    with refused("AccessDenied", 403) as refusal:
        s3.delete_object(**named(locking, version))
    assert refusal.message == PROTECTED
    assert is_there(s3, locking, version)


@pytest.mark.parametrize("how", WRITES)
def test_a_write_gets_the_buckets_default(s3, locking, how):
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
    s3.put_object_lock_configuration(
        Bucket=locking, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    begun = ahead(2)
    version = _write(s3, locking, how)
    found = s3.get_object_retention(**named(locking, version))["Retention"]
    assert found["Mode"] == "GOVERNANCE"
    assert begun <= found["RetainUntilDate"] <= ahead(2, seconds=1)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_legal_hold(**named(locking, version))
    held = _write(s3, locking, how, ObjectLockLegalHoldStatus="ON")
    assert s3.head_object(**named(locking, held))["ObjectLockMode"] == "GOVERNANCE"
    own = ahead(0, hours=1)
    other = _write(s3, locking, how, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=own)
    assert s3.get_object_retention(**named(locking, other))["Retention"] == retention(until=own)


def test_years_of_a_default_retention_are_those_of_the_calendar(s3, locking):
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 10}}
    s3.put_object_lock_configuration(
        Bucket=locking, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    before = datetime.now(UTC)
    version = _write(s3, locking, "put")
    until = s3.get_object_retention(**named(locking, version))["Retention"]["RetainUntilDate"]
    assert until.year == before.year + 10
    assert timedelta(days=3651) < until - before < timedelta(days=3654)


def test_a_configuration_does_not_touch_what_is_there(s3, locking, put):
    version = put()
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=locking, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    with refused("NoSuchObjectLockConfiguration", 404, Key="key"):
        s3.get_object_retention(**named(locking, version))
    assert "ObjectLockMode" not in s3.head_object(**named(locking, version))
    s3.delete_object(**named(locking, version))


def test_the_lock_of_a_source_stays_with_it(s3, locking, put):
    put("source", ObjectLockLegalHoldStatus="ON")
    version = s3.copy_object(Bucket=locking, Key="key", CopySource=f"{locking}/source")["VersionId"]
    assert "ObjectLockLegalHoldStatus" not in s3.head_object(**named(locking, version))


def test_a_form_brings_a_lock(wire, s3, locking):
    s3.put_bucket_policy(
        Bucket=locking,
        Policy=document(locking, allow(["s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"], "/*")),
    )
    until = ahead().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = {
        "key": "key",
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": until,
        "x-amz-object-lock-legal-hold": "ON",
    }
    assert_refused(post_form(wire, f"/{locking}", fields, b"hello"), "InvalidRequest", 400)
    answer = post_form(wire, f"/{locking}", fields | {"Content-MD5": content_md5(b"hello")}, b"hello")
    assert answer.status == 204, answer.body
    head = s3.head_object(Bucket=locking, Key="key")
    assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")


LATER = "2099-01-01T00:00:00Z"
MODE, DATE, HOLD = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold"


@pytest.mark.parametrize(
    ("headers", "argument"),
    [
        ({MODE: "GOVERNANCE"}, DATE),
        ({DATE: LATER}, MODE),
        ({MODE: "governance", DATE: LATER}, MODE),
        ({MODE: "GOVERNANCE", DATE: "2001-01-01T00:00:00Z"}, DATE),
        ({MODE: "GOVERNANCE", DATE: "tomorrow"}, DATE),
        ({HOLD: "on"}, HOLD),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", WRITES)
def test_what_is_no_lock_is_refused_with_the_write(wire, s3, locking, put, headers, argument, how):
    put("source")
    if how == "put":
        answer = wire.signed("PUT", f"/{locking}/key", headers | {"Content-MD5": content_md5(b"x")}, b"x")
    elif how == "copy":
        answer = wire.signed("PUT", f"/{locking}/key", headers | {"x-amz-copy-source": f"{locking}/source"})
    else:
        answer = wire.signed("POST", f"/{locking}/key?uploads", headers)
    assert_refused(answer, "InvalidArgument", 400, ArgumentName=argument)
    assert s3.list_objects_v2(Bucket=locking)["KeyCount"] == 1
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=locking)


@pytest.mark.parametrize("headers", [{MODE: "GOVERNANCE", DATE: LATER}, {HOLD: "ON"}, {HOLD: "OFF"}], ids=str)
def test_a_bucket_without_object_lock_takes_no_locks(wire, s3, bucket, headers):
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    for method, target, more in (
        ("PUT", "key", {"Content-MD5": content_md5(b"")}),
        ("PUT", "key", {"x-amz-copy-source": f"{bucket}/source"}),
        ("POST", "key?uploads", {}),
    ):
        answer = wire.signed(method, f"/{bucket}/{target}", headers | more)
        assert_refused(answer, "InvalidRequest", 400, Message="Bucket is missing Object Lock Configuration")
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_bytes_that_will_be_locked_come_with_a_digest(wire, s3, locking):
    """Be the lock the request's or the bucket's; the digest that a signature covers is not enough."""
    lock = {HOLD: "ON"}
    answer = wire.signed("PUT", f"/{locking}/key", lock, b"hello")
    assert_refused(answer, "InvalidRequest", 400)
    assert "Put Object requests with Object Lock parameters" in answer.error["Message"]
    upload = s3.create_multipart_upload(Bucket=locking, Key="key", ObjectLockLegalHoldStatus="ON")["UploadId"]
    answer = wire.signed("PUT", f"/{locking}/key?uploadId={upload}&partNumber=1", {}, b"hello")
    assert_refused(answer, "InvalidRequest", 400)
    assert "Put Part requests with Object Lock parameters" in answer.error["Message"]
    assert wire.signed("PUT", f"/{locking}/key", {}, b"hello").status == 200
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=locking, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    assert_refused(wire.signed("PUT", f"/{locking}/key", {}, b"hello"), "InvalidRequest", 400)
    for digest in ({"Content-MD5": content_md5(b"hello")}, {"x-amz-checksum-crc32": "NhCmhg=="}):
        answer = wire.signed("PUT", f"/{locking}/key", digest, b"hello")
        assert answer.status == 200, answer.body


# --- retention ----------------------------------------------------------------------------------------------------


def test_governance_holds_until_somebody_bypasses_it(s3, locking, put):
    version = put()
    s3.put_object_retention(**named(locking, version), Retention=retention())
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, version))
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, version), BypassGovernanceRetention=False)
    assert is_there(s3, locking, version)
    s3.delete_object(**named(locking, version), BypassGovernanceRetention=True)
    with refused("NoSuchVersion", 404):
        s3.get_object(**named(locking, version))


def test_governance_becomes_longer_for_all_and_weaker_for_who_bypasses_it(s3, locking, put):
    version = put()
    first, second = ahead(2), ahead(3)
    of_version = named(locking, version)
    s3.put_object_retention(**of_version, Retention=retention(until=first))
    s3.put_object_retention(**of_version, Retention=retention(until=second))
    for weaker in (retention(until=first), {}, retention("COMPLIANCE", second)):
        with refused("AccessDenied", 403):
            s3.put_object_retention(**of_version, Retention=weaker)
        assert s3.get_object_retention(**of_version)["Retention"] == retention(until=second)
    s3.put_object_retention(**of_version, Retention=retention(until=first), BypassGovernanceRetention=True)
    assert s3.get_object_retention(**of_version)["Retention"] == retention(until=first)
    s3.put_object_retention(**of_version, Retention={}, BypassGovernanceRetention=True)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**of_version)
    s3.delete_object(**of_version)


def test_compliance_is_weakened_and_deleted_by_nobody(s3, kept):
    """``root`` here is the operator, and owns the bucket."""
    until = ahead(2)
    version = s3.put_object(
        Bucket=kept, Key="key", Body=b"hello", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    of_version = named(kept, version)
    for weaker in (retention("COMPLIANCE", ahead(1)), retention("GOVERNANCE", ahead(9)), {}):
        for bypass in (False, True):
            with refused("AccessDenied", 403):
                s3.put_object_retention(**of_version, Retention=weaker, BypassGovernanceRetention=bypass)
    with refused("AccessDenied", 403):
        s3.delete_object(**of_version, BypassGovernanceRetention=True)
    objects = [{"Key": "key", "VersionId": version}]
    answer = s3.delete_objects(Bucket=kept, Delete={"Objects": objects}, BypassGovernanceRetention=True)
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    s3.put_object_tagging(**of_version, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_object_acl(**of_version, ACL="private")
    s3.put_object_lock_configuration(Bucket=kept, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=kept)
    assert s3.get_object_retention(**of_version)["Retention"] == retention("COMPLIANCE", until)
    longer = retention("COMPLIANCE", ahead(3))
    s3.put_object_retention(**of_version, Retention=longer)
    assert s3.get_object_retention(**of_version)["Retention"] == longer
    assert is_there(s3, kept, version)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Retention><Mode>GOVERNANCE</Mode></Retention>", "MalformedXML"),
        (f"<Retention><RetainUntilDate>{LATER}</RetainUntilDate></Retention>", "MalformedXML"),
        (f"<Retention><Mode>none</Mode><RetainUntilDate>{LATER}</RetainUntilDate></Retention>", "MalformedXML"),
        ("<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>", "MalformedXML"),
        (
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2001-01-01T00:00:00Z</RetainUntilDate></Retention>",
            "InvalidArgument",
        ),
        ("<LegalHold/>", "MalformedXML"),
    ],
)
def test_what_is_no_retention_changes_nothing(wire, s3, locking, put, document, code):
    version = put()
    body = document.encode()
    answer = wire.signed("PUT", f"/{locking}/key?retention", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**named(locking, version))


def test_a_retention_is_that_of_the_version_named(s3, locking, put):
    first, second = put(), put()
    s3.put_object_retention(Bucket=locking, Key="key", Retention=retention())
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**named(locking, first))
    assert s3.get_object_retention(**named(locking, second))["Retention"]["Mode"] == "GOVERNANCE"
    s3.delete_object(**named(locking, first))
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, second))


def test_what_is_locked_is_covered_by_markers_and_newer_versions(s3, locking, put):
    version = put(ObjectLockLegalHoldStatus="ON")
    newer = s3.put_object(Bucket=locking, Key="key", Body=b"newer")["VersionId"]
    marker = s3.delete_object(Bucket=locking, Key="key")
    assert marker["DeleteMarker"]
    answer = s3.delete_objects(Bucket=locking, Delete={"Objects": [{"Key": "key"}]})
    assert answer["Deleted"][0]["DeleteMarker"]
    assert is_there(s3, locking, version)
    s3.delete_object(**named(locking, newer))
    s3.delete_object(**named(locking, marker["VersionId"]))
    assert is_there(s3, locking, version)


def test_a_marker_has_no_lock(s3, locking, put):
    put()
    marker = s3.delete_object(Bucket=locking, Key="key")["VersionId"]
    for call, members in (
        (s3.put_object_retention, {"Retention": retention()}),
        (s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
        (s3.get_object_retention, {}),
    ):
        with refused("MethodNotAllowed", 405):
            call(**named(locking, marker), **members)
        with refused("NoSuchKey", 404):
            call(Bucket=locking, Key="key", **members)
        with refused("NoSuchVersion", 404):
            call(**named(locking, "0" * 32), **members)


def test_the_null_version_of_before_is_protected_too(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"hello")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    s3.put_object_legal_hold(Bucket=bucket, Key="key", LegalHold={"Status": "ON"})
    newer = s3.put_object(Bucket=bucket, Key="key", Body=b"newer")["VersionId"]
    with refused("AccessDenied", 403):
        s3.delete_object(**named(bucket, "null"))
    assert s3.head_object(**named(bucket, "null"))["ObjectLockLegalHoldStatus"] == "ON"
    s3.delete_object(**named(bucket, newer))
    assert is_there(s3, bucket, "null")
    release(s3, bucket)


def test_many_deletions_tell_what_is_protected_and_remove_the_rest(s3, locking, put):
    free, governed = put("free"), put("governed", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=ahead())
    held = put("held", ObjectLockLegalHoldStatus="ON")
    versions = {"free": free, "governed": governed, "held": held}
    objects = [{"Key": key, "VersionId": version} for key, version in versions.items()]
    answer = s3.delete_objects(Bucket=locking, Delete={"Objects": objects})
    assert {each["Key"]: (each["Code"], each["Message"]) for each in answer["Errors"]} == {
        "governed": ("AccessDenied", PROTECTED),
        "held": ("AccessDenied", PROTECTED),
    }
    assert [each["Key"] for each in answer["Deleted"]] == ["free"]
    answer = s3.delete_objects(Bucket=locking, Delete={"Objects": objects[1:]}, BypassGovernanceRetention=True)
    assert [each["Key"] for each in answer["Errors"]] == ["held"]
    assert [each["Key"] for each in answer["Deleted"]] == ["governed"]


def test_a_bypass_is_for_buckets_that_take_locks(wire, s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    for said in ("true", "false"):
        header = {"x-amz-bypass-governance-retention": said}
        answer = wire.signed("DELETE", f"/{bucket}/key", header)
        assert_refused(answer, "InvalidArgument", 400, ArgumentName="x-amz-bypass-governance-retention")
        body = b"<Delete><Object><Key>key</Key></Object></Delete>"
        answer = wire.signed("POST", f"/{bucket}?delete", header | {"Content-MD5": content_md5(body)}, body)
        assert_refused(answer, "InvalidArgument", 400, ArgumentName="x-amz-bypass-governance-retention")
    assert wire.signed("HEAD", f"/{bucket}/key").status == 200


def test_an_object_of_a_bucket_without_object_lock_has_no_lock_to_speak_of(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    for call, members in (
        (s3.put_object_retention, {"Retention": retention()}),
        (s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
        (s3.get_object_retention, {}),
        (s3.get_object_legal_hold, {}),
    ):
        with refused("InvalidRequest", 400, Message="Bucket is missing Object Lock Configuration"):
            call(Bucket=bucket, Key="key", **members)


# --- legal holds --------------------------------------------------------------------------------------------------


def test_a_legal_hold_lasts_until_it_is_taken_away(s3, locking, put):
    version = put()
    of_version = named(locking, version)
    with refused("NoSuchObjectLockConfiguration", 404, Key="key"):
        s3.get_object_legal_hold(**of_version)
    s3.put_object_legal_hold(**of_version, LegalHold={"Status": "ON"})
    s3.put_object_legal_hold(**of_version, LegalHold={"Status": "ON"})
    with refused("AccessDenied", 403):
        s3.delete_object(**of_version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**of_version, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**of_version)["LegalHold"] == {"Status": "OFF"}
    assert s3.head_object(**of_version)["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**of_version)


def test_a_hold_and_a_retention_know_nothing_of_each_other(s3, locking, put):
    version = put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=ahead(), ObjectLockLegalHoldStatus="ON")
    s3.put_object_legal_hold(**named(locking, version), LegalHold={"Status": "OFF"})
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, version))
    s3.put_object_legal_hold(**named(locking, version), LegalHold={"Status": "ON"})
    s3.put_object_retention(**named(locking, version), Retention={}, BypassGovernanceRetention=True)
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, version), BypassGovernanceRetention=True)


@pytest.mark.parametrize("inner", ["", "<Status/>", "<Status>on</Status>", "<Status>MAYBE</Status>"])
def test_what_is_no_hold_changes_nothing(wire, s3, locking, put, inner):
    version = put()
    body = f"<LegalHold>{inner}</LegalHold>".encode()
    answer = wire.signed("PUT", f"/{locking}/key?legal-hold", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "MalformedXML", 400)
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_legal_hold(**named(locking, version))


# --- who may ------------------------------------------------------------------------------------------------------


def test_locks_are_the_business_of_the_buckets_owner(s3, locking, put, second):
    """Who may write by the bucket's ACL may not lock: what nobody can delete is the owner's to pay for."""
    version = put(ACL="public-read", ObjectLockLegalHoldStatus="ON")
    s3.put_bucket_acl(Bucket=locking, GrantWrite=f"id={second.id}", GrantRead=f"id={second.id}")
    of_version = named(locking, version)
    second.s3.put_object(Bucket=locking, Key="theirs", Body=b"hello")
    for call in (
        lambda: second.s3.put_object(Bucket=locking, Key="theirs", Body=b"x", ObjectLockLegalHoldStatus="ON"),
        lambda: second.s3.put_object_retention(**of_version, Retention=retention()),
        lambda: second.s3.put_object_legal_hold(**of_version, LegalHold={"Status": "OFF"}),
        lambda: second.s3.put_object_legal_hold(Bucket=locking, Key="theirs", LegalHold={"Status": "ON"}),
        lambda: second.s3.get_object_legal_hold(**of_version),
        lambda: second.s3.get_object_retention(**of_version),
        lambda: second.s3.get_object_lock_configuration(Bucket=locking),
        lambda: second.s3.put_object_lock_configuration(
            Bucket=locking, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        ),
    ):
        with refused("AccessDenied", 403):
            call()
    assert "ObjectLockLegalHoldStatus" not in second.s3.get_object(**of_version)
    s3.put_object_legal_hold(Bucket=locking, Key="theirs", LegalHold={"Status": "ON"})
    assert second.s3.head_object(Bucket=locking, Key="theirs")["ObjectLockLegalHoldStatus"] == "ON"
    s3.put_bucket_acl(Bucket=locking, ACL="private")


def test_each_action_is_allowed_by_its_name(s3, locking, put, second):
    until = ahead()
    version = put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    of_version = named(locking, version)

    def policy(*actions):
        s3.put_bucket_policy(Bucket=locking, Policy=document(locking, allow(list(actions), "/*", user(second))))

    policy("s3:GetObjectVersion", "s3:GetObjectRetention", "s3:PutObjectRetention", "s3:DeleteObjectVersion")
    assert second.s3.head_object(**of_version)["ObjectLockMode"] == "GOVERNANCE"
    assert second.s3.get_object_retention(**of_version)["Retention"] == retention(until=until)
    with refused("AccessDenied", 403):
        second.s3.get_object_legal_hold(**of_version)
    with refused("AccessDenied", 403):
        second.s3.put_object_legal_hold(**of_version, LegalHold={"Status": "ON"})
    second.s3.put_object_retention(**of_version, Retention=retention(until=ahead(2)))
    for bypassing in (
        lambda: second.s3.put_object_retention(**of_version, Retention={}, BypassGovernanceRetention=True),
        lambda: second.s3.delete_object(**of_version, BypassGovernanceRetention=True),
    ):
        with refused("AccessDenied", 403):
            bypassing()
    policy("s3:GetObjectLegalHold", "s3:PutObjectLegalHold")
    second.s3.put_object_legal_hold(**of_version, LegalHold={"Status": "ON"})
    assert second.s3.get_object_legal_hold(**of_version)["LegalHold"] == {"Status": "ON"}
    second.s3.put_object_legal_hold(**of_version, LegalHold={"Status": "OFF"})
    policy("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention")
    second.s3.delete_object(**of_version, BypassGovernanceRetention=True)
    s3.put_bucket_policy(
        Bucket=locking,
        Policy=document(
            locking,
            allow(["s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"], "", user(second)),
        ),
    )
    found = second.s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"]
    second.s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=found)


def test_a_deny_is_above_the_owner(s3, locking, put):
    version = put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=ahead())
    s3.put_bucket_policy(
        Bucket=locking, Policy=document(locking, deny(["s3:BypassGovernanceRetention", "s3:GetObjectRetention"], "/*"))
    )
    with refused("AccessDenied", 403):
        s3.delete_object(**named(locking, version), BypassGovernanceRetention=True)
    assert "ObjectLockMode" not in s3.head_object(**named(locking, version))


def test_a_policy_bounds_retentions(s3, locking, put, second):
    version = put()
    conditions = {
        "NumericLessThanEquals": {"s3:object-lock-remaining-retention-days": "10"},
        "StringEquals": {"s3:object-lock-mode": "GOVERNANCE"},
    }
    s3.put_bucket_policy(
        Bucket=locking,
        Policy=document(
            locking, allow(["s3:PutObjectRetention", "s3:PutObject"], "/*", user(second), Condition=conditions)
        ),
    )
    for forbidden in (retention(until=ahead(11)), retention("COMPLIANCE")):
        with refused("AccessDenied", 403):
            second.s3.put_object_retention(**named(locking, version), Retention=forbidden)
        with refused("AccessDenied", 403):
            second.s3.put_object(
                Bucket=locking,
                Key="key",
                Body=b"x",
                ObjectLockMode=forbidden["Mode"],
                ObjectLockRetainUntilDate=forbidden["RetainUntilDate"],
            )
    second.s3.put_object_retention(**named(locking, version), Retention=retention(until=ahead(9)))
    second.s3.put_object(
        Bucket=locking, Key="key", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=ahead(9)
    )


# --- races --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ["retention", "hold"])
def test_of_a_lock_and_a_deletion_at_once_one_happens(s3, locking, put, lock):
    """SEMANTICS.md, S10: never both. (Neither would be a bug too.)"""
    rounds = 25
    outcomes = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            version = named(locking, put())
            barrier = threading.Barrier(2)

            def protect(version=version, barrier=barrier):
                barrier.wait()
                if lock == "hold":
                    s3.put_object_legal_hold(**version, LegalHold={"Status": "ON"})
                else:
                    s3.put_object_retention(**version, Retention=retention())

            def delete(version=version, barrier=barrier):
                barrier.wait()
                s3.delete_object(**version)

            protecting, deleting = pool.submit(protect), pool.submit(delete)
            failures = [each.exception() for each in (protecting, deleting)]
            codes = [each and each.response["Error"]["Code"] for each in failures]
            assert codes in ([None, "AccessDenied"], ["NoSuchVersion", None]), codes
            outcomes.append(codes[0] is None)
            if codes[0] is None:
                s3.head_object(**version)
            else:
                with pytest.raises(ClientError):
                    s3.head_object(**version)
    assert len(outcomes) == rounds


def test_of_many_who_shorten_and_lengthen_none_ends_with_less_than_compliance_promised(s3, kept):
    version = named(kept, s3.put_object(Bucket=kept, Key="key", Body=b"hello")["VersionId"])
    dates = [ahead(day) for day in range(1, 17)]

    def retain(until):
        try:
            s3.put_object_retention(**version, Retention=retention("COMPLIANCE", until))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"  # noqa: PT017 - some of them must fail
            return None
        return until

    with ThreadPoolExecutor(8) as pool:
        promised = [each for each in pool.map(retain, dates) if each is not None]
    assert s3.get_object_retention(**version)["Retention"]["RetainUntilDate"] == max(promised) == dates[-1]
