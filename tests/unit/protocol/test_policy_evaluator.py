"""The compiled evaluator against a naive one: any policy, any question, one answer."""

import base64
import json
import time

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bushel.protocol.policy import Principal, Question, account_of, read_policy, root_arn, user_arn
from bushel.protocol.policy.actions import RESOURCE_OF
from bushel.protocol.policy.wildcards import compile_pattern
from unit.protocol.naive_policy import decide, like

ALICE = Principal(user_arn("a1", "alice"), account_of("a1"), "a1")
BOB = Principal(user_arn("b2", "b*b"), account_of("b2"), "b2")
PEOPLE = [ALICE, BOB, None]

# Few letters, so that patterns and texts meet.
letters = st.text("ab/", max_size=5)
patterns = st.text("ab/*?", max_size=6)
variables = st.sampled_from(
    ["${aws:username}", "${AWS:UserName, 'ab'}", "${s3:prefix}", "${*}", "${?}", "${$}", "${s3:max-keys,'a'}"]
)
with_variables = st.lists(patterns | variables, max_size=3).map("".join)
times = st.sampled_from(["2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z", "1767225600", "1780315200"])
numbers = st.integers(-2, 12).map(str) | st.sampled_from(["1.5", "10.0"])
addresses = st.sampled_from(["10.0.0.1", "10.0.1.9", "192.0.2.7", "2001:db8::1", "2001:db8:1::9"])
networks = addresses | st.sampled_from(["10.0.0.0/24", "10.0.0.0/8", "192.0.2.0/29", "2001:db8::/48", "0.0.0.0/0"])
binaries = st.binary(max_size=1).map(lambda raw: base64.b64encode(raw).decode())
arns = st.sampled_from([ALICE.arn, BOB.arn, root_arn("a1"), "arn:aws:s3:::a", "arn:aws:s3:::b/a"])
ends = st.sampled_from(["", "*", "*:*", "?", "${aws:username}"])
arn_patterns = st.builds(lambda arn, cut, end: arn[:cut] + end, arns, st.integers(0, 40), ends) | st.just(
    "arn:*:iam::*:user/*"
)


def of_texts(*names):
    return st.sampled_from(names)


BY_KIND = [
    (
        of_texts("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        of_texts("s3:prefix", "aws:UserName", "S3:DELIMITER"),
        with_variables,
    ),
    (of_texts("StringLike", "StringNotLike"), of_texts("s3:prefix", "aws:username"), with_variables),
    (
        st.builds(
            str.__add__,
            of_texts("Numeric"),
            of_texts("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
        ),
        of_texts("s3:max-keys"),
        numbers,
    ),
    (
        st.builds(
            str.__add__,
            of_texts("Date"),
            of_texts("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"),
        ),
        of_texts("aws:CurrentTime", "aws:EpochTime"),
        times,
    ),
    (of_texts("Bool"), of_texts("aws:SecureTransport"), of_texts("true", "false", "True") | st.booleans()),
    (of_texts("BinaryEquals"), of_texts("aws:Blob"), binaries),
    (of_texts("IpAddress", "NotIpAddress"), of_texts("aws:SourceIp"), networks),
    (
        of_texts("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
        of_texts("aws:PrincipalArn", "aws:SourceArn"),
        arn_patterns,
    ),
]


@st.composite
def conditions(draw):
    block = {}
    for _ in range(draw(st.integers(0, 2))):
        operator, key, values = draw(st.sampled_from(BY_KIND))
        name = (
            draw(of_texts("", "", "ForAllValues:", "ForAnyValue:"))
            + draw(operator)
            + draw(of_texts("", "", "IfExists"))
        )
        chosen = draw(values | st.lists(values, min_size=1, max_size=3))
        if draw(st.integers(0, 9)) == 0:
            name, chosen = "Null", draw(of_texts("true", "false") | st.just(["true", "false"]))
        block.setdefault(name, {})[draw(key)] = chosen
    return block


actions = st.sampled_from(["s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "*", "s3:ListBucket", "s3:?utObject"])
resources = st.just("*") | st.builds("arn:aws:s3:::{}".format, with_variables)
principals = (
    st.just("*")
    | st.dictionaries(
        st.just("AWS"), st.lists(st.sampled_from(["*", ALICE.arn, BOB.account, root_arn("b2")]), min_size=1), min_size=1
    )
    | st.just({"CanonicalUser": "a1"})
    | st.just({"Service": "logging.s3.amazonaws.com", "AWS": BOB.arn})
)


@st.composite
def statements(draw, *, of_bucket):
    statement = {"Effect": draw(of_texts("Allow", "Deny"))}
    if of_bucket:
        statement[draw(of_texts("Principal", "Principal", "NotPrincipal"))] = draw(principals)
    statement[draw(of_texts("Action", "Action", "NotAction"))] = draw(actions | st.lists(actions, min_size=1))
    # Actions and conditions must fit the resources of a bucket's policy, which is another test's business.
    listed = st.just("arn:aws:s3:::b*") | st.just(["arn:aws:s3:::b", "arn:aws:s3:::b/${aws:username}*"])
    if not of_bucket:
        listed = resources | st.lists(resources, min_size=1, max_size=3)
    statement[draw(of_texts("Resource", "Resource", "NotResource"))] = draw(listed)
    if not of_bucket:
        statement["Condition"] = draw(conditions())
    return statement


def policies(*, of_bucket):
    one = statements(of_bucket=of_bucket)
    return st.fixed_dictionaries(
        {"Statement": one | st.lists(one, min_size=1, max_size=4)},
        optional={"Version": of_texts("2012-10-17", "2008-10-17")},
    )


contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": letters.map(lambda text: [text]) | st.just(["a*"]),
        "s3:prefix": st.lists(letters, min_size=1, max_size=3),
        "s3:delimiter": st.just(["/"]),
        "s3:max-keys": st.lists(numbers | st.just("x"), min_size=1, max_size=2),
        "aws:currenttime": times.map(lambda text: [text]),
        "aws:epochtime": st.integers(1767225599, 1767225601).map(lambda each: [str(each)]),
        "aws:securetransport": of_texts("true", "false").map(lambda text: [text]),
        "aws:blob": binaries.map(lambda text: [text]),
        "aws:sourceip": addresses.map(lambda text: [text]) | st.just(["somewhere"]),
        "aws:principalarn": arns.map(lambda text: [text]),
        "aws:sourcearn": arns.map(lambda text: [text]),
    },
)


def answer(document, bucket, action, resource, principal, values):
    found = read_policy(json.dumps(document), bucket).decide(Question(action, resource, principal, values.get))
    return found.effect if found is not None else None


@settings(max_examples=300, deadline=None)
@given(
    policies(of_bucket=False),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
    st.just("*") | st.builds("arn:aws:s3:::{}".format, letters),
    contexts,
)
def test_a_users_policy_means_the_same_to_both(document, action, resource, values):
    expected = decide(document, action, resource, ALICE, values)
    event(str(expected))

    assert answer(document, None, action, resource, ALICE, values) == expected


@settings(max_examples=200, deadline=None)
@given(
    policies(of_bucket=True),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket"]),
    st.sampled_from(["arn:aws:s3:::b", "arn:aws:s3:::b/a", "arn:aws:s3:::b/ab/a"]),
    st.sampled_from(PEOPLE),
    contexts,
)
def test_a_buckets_policy_means_the_same_to_both(document, action, resource, principal, values):
    expected = decide(document, action, resource, principal, values)
    event(str(expected))

    assert answer(document, "b", action, resource, principal, values) == expected


@settings(max_examples=800, deadline=None)
@given(st.text("ab*?\n", max_size=12), st.text("ab\n", max_size=12))
def test_wildcards_mean_the_same_to_both(pattern, text):
    assert compile_pattern(pattern)(text) == like([(sign in "*?", sign) for sign in pattern], text)


@pytest.mark.parametrize("pattern", ["*a" * 10_000 + "b", "*a?" * 6_000 + "b", "*?" * 10_000 + "b", "a?" * 10_000])
def test_no_pattern_takes_long(pattern):
    """The owner of a bucket writes the pattern, anybody the key."""
    began = time.process_time()
    matches = compile_pattern(pattern)

    assert not matches("a" * 1024)
    assert not matches("a" * 30_000)
    assert time.process_time() - began < 1


def test_a_value_of_a_variable_is_no_pattern():
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"},
    }

    assert answer(document, None, "s3:GetObject", "arn:aws:s3:::home/b*b/x", BOB, {"aws:username": ["b*b"]}) == "Allow"
    assert answer(document, None, "s3:GetObject", "arn:aws:s3:::home/bob/x", BOB, {"aws:username": ["b*b"]}) is None


def test_an_escaped_wildcard_is_no_wildcard_and_the_other_way_round():
    for pattern, matching, other in (("${?}", "?", "a"), ("?", "a", "ab"), ("${*}", "*", "a"), ("*", "a", None)):
        document = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{pattern}"},
        }
        assert answer(document, None, "s3:ListBucket", f"arn:aws:s3:::{matching}", ALICE, {}) == "Allow"
        assert other is None or answer(document, None, "s3:ListBucket", f"arn:aws:s3:::{other}", ALICE, {}) is None


def test_a_deny_outweighs_an_allow_wherever_it_stands():
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    for order in ([allow, deny], [deny, allow]):
        assert answer({"Statement": order}, None, "s3:DeleteObject", "arn:aws:s3:::b/a", ALICE, {}) == "Deny"
        assert answer({"Statement": order}, None, "s3:GetObject", "arn:aws:s3:::b/a", ALICE, {}) == "Allow"


@pytest.mark.parametrize("action", RESOURCE_OF)
def test_every_action_is_found_by_its_name(action):
    document = {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}

    assert answer(document, None, action, "arn:aws:s3:::b/a", ALICE, {}) == "Allow"
