"""The values of condition keys for a request.

Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for
Amazon S3". That requests over a socket bring them is held by tests/s3/test_bucket_policies.py.
"""

from types import SimpleNamespace

import pytest

from bushel.protocol import sigv2, sigv4
from bushel.protocol.message import Request
from bushel.protocol.operations import GET_OBJECT, PUT_OBJECT, TABLE
from bushel.protocol.policy import account_of, root_arn, user_arn
from bushel.protocol.policy.keys import _EXACT
from bushel.service.circumstances import _FIELDS, _KEYS, Circumstances
from bushel.service.context import ANONYMOUS, Caller
from bushel.testing.clock import ManualClock

NOON = 1_767_268_800_000  # 2026-01-01T12:00:00Z
DAY = 86_400_000
ALICE = Caller("a1", "Alice", "ALICE", name="alice")
ROOT = Caller("r0", "root", "ROOT", root=True)


def ask(key, *, caller=ALICE, operation=PUT_OBJECT, claim=None, headers=None, secure=False, **members):
    context = SimpleNamespace(
        caller=caller,
        operation=operation,
        claim=claim,
        form_claim=None,
        headers=headers or {},
        input=SimpleNamespace(**members),
        request=Request("PUT", "/b/key", headers=headers, peer="192.0.2.1", secure=secure),
        service=SimpleNamespace(clock=ManualClock(NOON * 1_000_000), rules=SimpleNamespace(region="eu-central-1")),
    )
    bucket = SimpleNamespace(owner="r0")
    tags = {"Project": "x", "empty": ""}
    found = Circumstances(context, bucket, tags, "v1").lookup(key)
    return None if found is None else list(found)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("aws:currenttime", ["2026-01-01T12:00:00Z"]),
        ("aws:epochtime", [str(NOON // 1000)]),
        ("aws:principalaccount", [account_of("a1")]),
        ("aws:principalarn", [user_arn("a1", "alice")]),
        ("aws:principaltype", ["User"]),
        ("aws:userid", ["a1"]),
        ("aws:username", ["alice"]),
        ("aws:sourceip", ["192.0.2.1"]),
        ("aws:securetransport", ["false"]),
        ("aws:requestedregion", ["eu-central-1"]),
        ("aws:resourceaccount", [account_of("r0")]),
        ("s3:resourceaccount", [account_of("r0")]),
        ("s3:versionid", ["v1"]),
        ("s3:existingobjecttag/project", ["x"]),
        ("s3:existingobjecttag/empty", [""]),
        ("s3:existingobjecttag/absent", None),
        ("s3:requestobjecttag/project", None),
        ("s3:requestobjecttagkeys", None),
        ("s3:tlsversion", None),
        ("s3:authtype", None),
        ("s3:signatureage", None),
        ("s3:signatureversion", ["AWS"]),  # who has a name and signed no header signed a SOAP message
        ("aws:neverheardof", None),
    ],
)
def test_what_every_request_says(key, expected):
    assert ask(key) == expected


def test_the_operator_has_no_name_and_the_anonymous_have_nothing():
    assert ask("aws:principalarn", caller=ROOT) == [root_arn("r0")]
    assert ask("aws:principaltype", caller=ROOT) == ["Account"]
    assert ask("aws:username", caller=ROOT) is None
    assert ask("aws:principaltype", caller=ANONYMOUS) == ["Anonymous"]
    assert ask("aws:userid", caller=ANONYMOUS) == ["anonymous"]
    for key in ("aws:principalarn", "aws:principalaccount", "aws:username"):
        assert ask(key, caller=ANONYMOUS) is None


def test_what_a_signature_says():
    plan = sigv4.header_plan("host")
    scope = "20260101/us-east-1/s3/aws4_request"
    link = sigv4.Claim("ALICE", scope, "20260101T115900Z", plan, "", "UNSIGNED-PAYLOAD", {"X-Amz-Signature": ""})
    assert ask("s3:signatureage", claim=link) == ["60000"]
    leap = sigv4.Claim("ALICE", scope, "20260101T115860Z", plan, "", "UNSIGNED-PAYLOAD", {"X-Amz-Signature": ""})
    assert ask("s3:signatureage", claim=leap) == ["60000"], "a leap second is the first of the next minute"
    assert ask("s3:signatureversion", claim=link) == ["AWS4-HMAC-SHA256"]
    assert ask("s3:authtype", claim=link) == ["REST-QUERY-STRING"]
    assert ask("s3:x-amz-content-sha256", claim=link) == ["UNSIGNED-PAYLOAD"]
    old = sigv2.Claim("ALICE", "", "", None, None)
    assert ask("s3:signatureversion", claim=old) == ["AWS"]
    assert ask("s3:authtype", claim=old) == ["REST-HEADER"]
    assert ask("s3:signatureage", claim=old) is None
    assert ask("s3:signatureversion", caller=ANONYMOUS) is None


@pytest.mark.parametrize(
    ("key", "members", "expected"),
    [
        ("s3:requestobjecttag/project", {"tagging": "Project=x%20y&b="}, ["x y"]),
        ("s3:requestobjecttagkeys", {"tagging": "Project=x&b="}, ["Project", "b"]),
        (
            "s3:requestobjecttagkeys",
            {"tagging": SimpleNamespace(tag_set=[SimpleNamespace(key="a", value="1")])},
            ["a"],
        ),
        ("s3:object-lock-mode", {"object_lock_mode": "GOVERNANCE"}, ["GOVERNANCE"]),
        ("s3:object-lock-mode", {"retention": SimpleNamespace(mode="COMPLIANCE")}, ["COMPLIANCE"]),
        ("s3:object-lock-retain-until-date", {"object_lock_retain_until_date": NOON}, ["2026-01-01T12:00:00Z"]),
        ("s3:object-lock-remaining-retention-days", {"object_lock_retain_until_date": NOON + DAY}, ["1"]),
        ("s3:object-lock-remaining-retention-days", {"object_lock_retain_until_date": NOON + DAY + 1}, ["2"]),
        ("s3:object-lock-remaining-retention-days", {"object_lock_retain_until_date": NOON - 1}, ["0"]),
        ("s3:object-lock-remaining-retention-days", {}, None),
        ("s3:object-lock-legal-hold", {"object_lock_legal_hold_status": "ON"}, ["ON"]),
        ("s3:object-lock-legal-hold", {"legal_hold": SimpleNamespace(status="OFF")}, ["OFF"]),
        (
            "s3:locationconstraint",
            {"create_bucket_configuration": SimpleNamespace(location_constraint="eu-west-1")},
            ["eu-west-1"],
        ),
        ("s3:x-amz-copy-source", {"copy_source": "/b/a"}, ["b/a"]),
        ("s3:x-amz-server-side-encryption", {"server_side_encryption": "aws:kms"}, ["aws:kms"]),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", {"ssekms_key_id": "k"}, ["k"]),
        ("s3:max-keys", {"max_keys": 7}, ["7"]),
        ("s3:prefix", {"prefix": ""}, [""]),
        ("s3:objectcreationoperation", {}, ["true"]),
    ],
)
def test_what_an_input_says(key, members, expected):
    assert ask(key, **members) == expected


def test_reading_creates_nothing():
    assert ask("s3:objectcreationoperation", operation=GET_OBJECT) is None


def test_what_an_input_says_is_a_member_of_some_input():
    inputs = [operation.input for operation in TABLE.values() if operation.input is not None]
    members = {field for shape in inputs for field in shape.__struct_fields__}

    assert set(_FIELDS.values()) <= members


def test_every_key_of_s3_is_worked_out_but_those_of_what_is_not_here():
    access_points = {"s3:accesspointnetworkorigin", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"}
    elsewhere = {"s3:resourceaccount", "s3:versionid"}

    assert set(_EXACT) - set(_KEYS) - set(_FIELDS) == access_points | elsewhere
