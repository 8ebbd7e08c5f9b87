"""Which documents are policies, and what is said of those that are not.

Source: S3 API Reference, PutBucketPolicy; IAM User Guide, "Grammar of the IAM JSON policy language".
"""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.operations import TABLE
from bushel.protocol.policy import MAX_BUCKET_POLICY_BYTES, MAX_USER_POLICY_BYTES, account_of, read_policy
from bushel.protocol.policy.actions import RESOURCE_OF, of_a_version
from bushel.protocol.policy.public import is_public

GOOD = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pictures/*"}
ABSENT = object()


def statement(**elements):
    return {name: value for name, value in (GOOD | elements).items() if value is not ABSENT}


def policy(*statements, **elements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **elements})


def refusal(document, bucket="pictures"):
    with pytest.raises(S3Error) as refused:
        read_policy(document, bucket)
    assert (refused.value.code, refused.value.status) == ("MalformedPolicy", 400)
    return refused.value.message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        (" {}", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ('{"Version": NaN}', "This policy contains invalid Json"),
        ('{"Statement": [], "Statement": []}', "This policy contains invalid Json"),
        ('{"Id": "\\ud800"}', "This policy contains invalid Json"),
        ('{"Statement":' + "[" * 100_000, "This policy contains invalid Json"),
        (b'{"Id": "\xff"}', "This policy contains invalid Json"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": 1}', "Invalid policy syntax."),
        ('{"Statement": [1]}', "Invalid policy syntax."),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        (policy(GOOD, Version="2012-10-18"), "The policy must contain a valid version string"),
        (policy(GOOD, Version=2012), "The policy must contain a valid version string"),
        (policy(GOOD, Id=1), "Invalid policy syntax."),
        (policy(GOOD, Statements=[]), "Unknown field Statements"),
    ],
    ids=range(17),
)
def test_what_is_no_policy_is_refused_with_the_reason(document, message):
    assert refusal(document) == message


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({"Sid": 1}, "Invalid policy syntax."),
        ({"Foo": 1}, "Unknown field Foo"),
        ({"Effect": ABSENT}, "Missing required field Effect"),
        ({"Effect": "allow"}, "Invalid effect: allow"),
        ({"Effect": []}, "Invalid effect: []"),
        ({"Principal": ABSENT}, "Missing required field Principal"),
        ({"NotPrincipal": "*"}, "Invalid policy syntax."),
        ({"Principal": "alice"}, "Invalid principal in policy"),
        ({"Principal": {}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": []}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": [1]}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": "1234"}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": "arn:aws:iam::*:user/x"}}, "Invalid principal in policy"),
        ({"Principal": {"Service": "*"}}, "Invalid principal in policy"),
        ({"Principal": {"Everyone": "*"}}, "Invalid principal in policy"),
        ({"Action": ABSENT}, "Missing required field Action"),
        ({"NotAction": "s3:*"}, "Invalid policy syntax."),
        ({"Action": []}, "Policy has invalid action"),
        ({"Action": "s3:GetObjects"}, "Policy has invalid action"),
        ({"Action": "ec2:*"}, "Policy has invalid action"),
        ({"Action": ["s3:GetObject", ""]}, "Policy has invalid action"),
        ({"Resource": ABSENT}, "Missing required field Resource"),
        ({"NotResource": "*"}, "Invalid policy syntax."),
        ({"Resource": 1}, "Policy has invalid resource"),
        ({"Resource": "pictures/*"}, "Policy has invalid resource"),
        ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
        ({"Resource": "arn:aws:s3:::pictures2/*"}, "Policy has invalid resource"),
        ({"Resource": "arn:aws:s3:::pictures/${aws:username"}, "Policy has invalid resource"),
        ({"Resource": "arn:aws:s3:::pictures"}, "Action does not apply to any resource(s) in statement"),
        ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
        ({"Action": ["s3:*", "s3:ListBucket"]}, "Action does not apply to any resource(s) in statement"),
        ({"Action": "s3:ListAllMyBuckets", "Resource": "*"}, "Action does not apply to any resource(s) in statement"),
        ({"Condition": []}, "Invalid policy syntax."),
        ({"Condition": {"StringEquals": []}}, "Invalid policy syntax."),
        ({"Condition": {"StringIs": {}}}, "Invalid Condition type : StringIs"),
        ({"Condition": {"ForAnyValue:Null": {}}}, "Invalid Condition type : ForAnyValue:Null"),
        ({"Condition": {"StringEquals": {"s3:prefixes": "a"}}}, "Policy has an invalid condition key"),
        ({"Condition": {"StringEquals": {"ec2:x": "a"}}}, "Policy has an invalid condition key"),
        (
            {"Condition": {"StringEquals": {"s3:prefix": "a"}}},
            "Conditions do not apply to combination of actions and resources in statement",
        ),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.300"}}}, "Invalid IP address in Conditions"),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": ["::/129"]}}}, "Invalid IP address in Conditions"),
        ({"Condition": {"NumericEquals": {"aws:EpochTime": "x"}}}, "Invalid value in Conditions for aws:EpochTime"),
        ({"Condition": {"NumericEquals": {"aws:EpochTime": "inf"}}}, "Invalid value in Conditions for aws:EpochTime"),
        ({"Condition": {"DateEquals": {"aws:CurrentTime": "soon"}}}, "Invalid value in Conditions for aws:CurrentTime"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "no"}}}, "Invalid value in Conditions for aws:SecureTransport"),
        ({"Condition": {"Null": {"aws:Referer": "no"}}}, "Invalid value in Conditions for aws:Referer"),
        ({"Condition": {"BinaryEquals": {"aws:Referer": "?"}}}, "Invalid value in Conditions for aws:Referer"),
        ({"Condition": {"StringEquals": {"aws:Referer": []}}}, "Invalid value in Conditions for aws:Referer"),
        ({"Condition": {"StringEquals": {"aws:Referer": {}}}}, "Invalid value in Conditions for aws:Referer"),
        ({"Condition": {"StringEquals": {"aws:Referer": "${x"}}}, "Invalid value in Conditions for aws:Referer"),
    ],
    ids=range(51),
)
def test_what_is_no_statement_is_refused_with_the_reason(elements, message):
    assert refusal(policy(statement(**elements))) == message


def test_a_statement_is_named_once():
    assert refusal(policy(statement(Sid="a"), statement(Sid="a"))) == (
        "Statement IDs (SID) in a single policy must be unique."
    )


@pytest.mark.parametrize(("bucket", "limit"), [("pictures", MAX_BUCKET_POLICY_BYTES), (None, MAX_USER_POLICY_BYTES)])
def test_the_limit_does_not_count_white_space_between_the_elements(bucket, limit):
    content = json.loads(policy(GOOD if bucket else statement(Principal=ABSENT), Id=""))
    least = len(json.dumps(content, separators=(",", ":")))
    content["Id"] = "ä" * ((limit - least) // 2) + "a" * ((limit - least) % 2)

    read_policy(json.dumps(content, indent=200, ensure_ascii=False).encode(), bucket)
    content["Id"] += "a"
    assert refusal(json.dumps(content), bucket) == (
        f"Normalized policy document exceeds the maximum allowed size of {limit} bytes"
    )


@pytest.mark.parametrize(
    "elements",
    [
        {"Resource": "*"},
        {"Resource": "arn:aws:s3:::*"},
        {"Resource": "arn:aws:s3:::pict*/x"},
        {"Resource": ["arn:aws:s3:::pictures", "arn:aws:s3:::pictures/*"], "Action": ["s3:ListBucket", "s3:Get*"]},
        {"Resource": "arn:aws:s3:::pictures/${aws:username, 'nobody'}/*"},
        {"Action": "*"},
        {"Action": "S3:getobject"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a"]}},
        {"Principal": {"CanonicalUser": "abc"}},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"Principal": {"Federated": "cognito-identity.amazonaws.com"}},
        {"Principal": ABSENT, "NotPrincipal": {"AWS": "123456789012"}, "Effect": "Deny"},
        {"Condition": {}},
        {"Condition": {"NumericLessThan": {"s3:signatureAge": 60000}, "Bool": {"aws:SecureTransport": True}}},
        {"Condition": {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", "b*"]}}},
        {"Condition": {"StringEquals": {"s3:ExistingObjectTag/Project Name": "x"}}},
        {"Condition": {"StringEquals": {"aws:NeverHeardOf": "x"}}},
        {"Action": ABSENT, "NotAction": "s3:GetObject", "Condition": {"StringLike": {"s3:prefix": "a*"}}},
    ],
    ids=range(19),
)
def test_what_s3_takes_is_taken(elements):
    assert read_policy(policy(statement(**elements)), "pictures").statements


def test_a_users_policy_may_speak_of_any_bucket_and_of_other_services():
    one = {"Effect": "Allow", "Action": ["ec2:*", "s3:Get*"], "Resource": ["arn:aws:ec2:*", "arn:aws:s3:::*"]}

    assert read_policy(policy(one)).statements
    assert refusal(policy(GOOD), None) == "Unknown field Principal"
    assert refusal(policy(one | {"Resource": "b/*"}), None) == "Policy has invalid resource"
    assert refusal(policy(one | {"Action": "GetObject"}), None) == "Policy has invalid action"


names = st.sampled_from(
    [*GOOD, "Statement", "Condition", "AWS", "StringEquals", "Null", "IpAddress", "NumericEquals", "aws:SourceIp"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner))


@given(anything, st.sampled_from(["pictures", None]))
def test_any_json_is_a_policy_or_refused(content, bucket):
    for document in ({"Statement": content}, {"Statement": {**GOOD, "Condition": content}}):
        with contextlib.suppress(S3Error):
            read_policy(json.dumps(document), bucket)


def test_every_operations_action_is_one_that_policies_can_name():
    named = {operation.action for operation in TABLE.values() if operation.action}

    assert named <= set(RESOURCE_OF)
    assert {of_a_version(action) for action in named} <= set(RESOURCE_OF)


def test_an_account_is_twelve_digits_and_stays_the_same():
    assert account_of("a1") == account_of("a1") != account_of("a2")
    assert len(account_of("a1")) == 12
    assert account_of("a1").isdigit()


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, True),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"Principal": ABSENT, "NotPrincipal": {"AWS": "123456789012"}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/1"]}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "2000::/3"}}}, True),
        ({"Condition": {"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
        ({"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Condition": {"StringLike": {"aws:SourceVpc": "vpc-1"}}}, False),
        ({"Condition": {"StringEquals": {"aws:userid": "${aws:username}"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Condition": {"StringEquals": {"aws:Referer": "x"}}}, True),
        (
            {"Condition": {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}},
            False,
        ),
        ({"Condition": {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:x:*:accesspoint/a"}}}, True),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:SourceAccount": "1"}}}, True),
        ({"Condition": {"ForAnyValue:StringEquals": {"aws:SourceAccount": "1"}}}, False),
    ],
    ids=range(21),
)
def test_what_is_public(elements, expected):
    """S3 User Guide, "Blocking public access", "The meaning of 'public'"."""
    assert is_public(read_policy(policy(statement(**elements)), "pictures")) is expected


def test_one_public_statement_makes_a_policy_public():
    private = statement(Principal={"AWS": "123456789012"})

    assert is_public(read_policy(policy(private, GOOD), "pictures"))
    assert not is_public(read_policy(policy(private, statement(Effect="Deny")), "pictures"))
