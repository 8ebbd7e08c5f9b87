"""What S3 calls a public policy.

A policy is public unless everything that it allows is allowed to fixed values alone: principals, or conditions that
tie the request to networks, accounts, sources or users, without wildcards and variables.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of 'public'".
"""

from typing import Final

from bushel.protocol.policy.evaluate import ALLOW, ConditionRecord, Policy, Statement
from bushel.protocol.policy.operators import IP_ADDRESS, read_network

_FIXING_KEYS: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_FIXING_OPERATORS: Final = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"})
_SHORTEST_PREFIX: Final = {4: 8, 6: 32}
"""Networks that are larger are "very broad", so a policy that names one is public, unless it is a private network."""


def is_public(policy: Policy) -> bool:
    """Whether a bucket policy is public."""
    return any(_is_public(statement) for statement in policy.statements)


def _is_public(statement: Statement) -> bool:
    if statement.effect != ALLOW:
        return False
    principals = statement.principals
    if principals is not None and not principals.everyone and not statement.but_principals:
        return False
    return not any(_fixes(condition) for condition in statement.conditions)


def _fixes(condition: ConditionRecord) -> bool:
    operator = condition.operator
    if operator.negated or operator.if_exists or operator.each.startswith("ForAll"):
        return False  # holds for requests that say nothing of the key
    if operator.name == IP_ADDRESS:
        return condition.key == "aws:sourceip" and all(_is_narrow(value) for value in condition.values)
    if operator.name not in _FIXING_OPERATORS or condition.key not in _FIXING_KEYS:
        return False
    if condition.key == "s3:dataaccesspointarn":
        # The name of an access point may be a wildcard, its account may not.
        return all(_is_fixed(value.partition(":accesspoint")[0]) for value in condition.values)
    return all(_is_fixed(value) for value in condition.values)


def _is_fixed(value: str) -> bool:
    return not any(sign in value for sign in ("*", "?", "${"))


def _is_narrow(value: str) -> bool:
    network = read_network(value)
    return network.prefixlen >= _SHORTEST_PREFIX[network.version] or network.is_private
