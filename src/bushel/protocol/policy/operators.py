"""Condition operators: one element of a Condition block, compiled to a test of a request.

Values of one key are joined by "or", keys and operators by "and"; a negated operator wants none of its values. Where a
request has no value for the key, an operator is false, a negated one true, and ``…IfExists`` true. Of a key with
several values ``ForAnyValue`` wants one that passes, ``ForAllValues`` that all do (none at all does too).

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys".
"""

import base64
import binascii
import math
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bushel.protocol.policy.wildcards import (
    Lookup,
    Matches,
    Pattern,
    has_variables,
    literal,
    matcher,
    read_pattern,
    split,
    with_variables,
)

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Test = Callable[[str], bool]
"""Whether a value of the request is one that the policy means."""

Condition = Callable[[Lookup], bool]

IP_ADDRESS: Final = "IpAddress"
_FOR_ALL: Final = "ForAllValues:"
_FOR_ANY: Final = "ForAnyValue:"
_IF_EXISTS: Final = "IfExists"


class BadValue(ValueError):
    """A value that the operator cannot compare with."""


class _Kind(NamedTuple):
    """How an operator compares.

    Attributes:
        base: The operator without its negation.
        negated: Whether none of the values is wanted.
        compile: From one value of the policy to its test; raises ValueError.
        variables: Whether values may have policy variables.
    """

    base: str
    negated: bool
    compile: Callable[[Pattern], Test]
    variables: bool = False


def _exactly(pattern: Pattern) -> Test:
    wanted = literal(pattern)
    return lambda value: value == wanted


def _in_any_case(pattern: Pattern) -> Test:
    wanted = literal(pattern).casefold()
    return lambda value: value.casefold() == wanted


def _like_arn(pattern: Pattern) -> Test:
    # Each of the six parts is compared on its own: a star does not reach over a colon but in the last.
    parts = split(pattern, ":", 5)
    if len(parts) != 6:
        return matcher(pattern)
    tests = [matcher(part) for part in parts]

    def matches(value: str) -> bool:
        found = value.split(":", 5)
        return len(found) == 6 and all(test(part) for test, part in zip(tests, found, strict=True))

    return matches


def read_number(text: str) -> float | int:
    """Raises ValueError for what is no finite number."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not math.isfinite(number):
            raise
        return number


def read_moment(text: str) -> float:
    """Seconds since 1970 of a date as ISO 8601 (the W3C's profile) writes it, or of a number of them.

    Raises:
        ValueError: It is neither.
    """
    try:
        return read_number(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _compared(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Callable[[Pattern], Test]:
    def compile_value(pattern: Pattern) -> Test:
        wanted = read(literal(pattern))

        def test(value: str) -> bool:
            try:
                return compare(read(value), wanted)
            except (ValueError, OverflowError):
                return False

        return test

    return compile_value


def _boolean(pattern: Pattern) -> Test:
    lowered = literal(pattern).lower()
    if lowered not in {"true", "false"}:
        raise ValueError(lowered)
    return lambda value: value.lower() == lowered


def _binary(pattern: Pattern) -> Test:
    wanted = literal(pattern)
    try:
        base64.b64decode(wanted, validate=True)
    except (binascii.Error, UnicodeError):
        raise ValueError(wanted) from None
    return lambda value: value == wanted


def read_network(text: str) -> "IPv4Network | IPv6Network":
    """Raises ValueError for what is neither an address nor a network in CIDR notation."""
    from ipaddress import ip_network  # noqa: PLC0415 - few policies ask for addresses, all processes pay for an import

    return ip_network(text, strict=False)


@lru_cache(maxsize=1024)
def _address(text: str) -> "IPv4Address | IPv6Address | None":
    from ipaddress import IPv6Address, ip_address  # noqa: PLC0415 - as above

    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _in_network(pattern: Pattern) -> Test:
    network = read_network(literal(pattern))

    def test(value: str) -> bool:
        address = _address(value)
        return address is not None and address in network

    return test


_TEXTS: Final[dict[str, Callable[[Pattern], Test]]] = {
    "StringEquals": _exactly,
    "StringEqualsIgnoreCase": _in_any_case,
    "StringLike": matcher,
    "ArnEquals": _like_arn,
    "ArnLike": _like_arn,
}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_PLAIN: Final = (
    {name: _Kind(name, False, text, variables=True) for name, text in _TEXTS.items()}
    | {
        vendor + name: _Kind(vendor + name, False, _compared(read, compare))
        for vendor, read in (("Numeric", read_number), ("Date", read_moment))
        for name, compare in _COMPARISONS.items()
    }
    | {
        "Bool": _Kind("Bool", False, _boolean),
        "BinaryEquals": _Kind("BinaryEquals", False, _binary),
        IP_ADDRESS: _Kind(IP_ADDRESS, False, _in_network),
    }
)
_NEGATIONS: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": IP_ADDRESS,
}
_KINDS: Final = _PLAIN | {name: _PLAIN[plain]._replace(negated=True) for name, plain in _NEGATIONS.items()}


class Operator(NamedTuple):
    """An operator as a policy names it, taken apart.

    Attributes:
        name: Without prefix and suffix.
        each: ``ForAllValues:``, ``ForAnyValue:`` or empty.
        if_exists: It has that suffix.
    """

    name: str
    each: str
    if_exists: bool

    @property
    def base(self) -> str:
        """The operator that is negated by this one, or this one."""
        return "Null" if self.name == "Null" else _KINDS[self.name].base

    @property
    def negated(self) -> bool:
        return self.name != "Null" and _KINDS[self.name].negated


def read_operator(text: str) -> Operator | None:
    """Take the name of an operator apart; ``None`` where there is no such operator."""
    each = next((prefix for prefix in (_FOR_ALL, _FOR_ANY) if text.startswith(prefix)), "")
    name = text.removeprefix(each)
    if name == "Null" and not each:
        return Operator(name, "", if_exists=False)
    plain = name.removesuffix(_IF_EXISTS)
    return Operator(plain, each, if_exists=plain != name) if plain in _KINDS else None


def compile_condition(asked: Operator, key: str, values: Sequence[str], *, variables: bool) -> Condition:
    """The test of one key.

    Args:
        asked: From ``read_operator``.
        key: The condition key, lower case.
        values: The policy's values.
        variables: Whether the policy's version has variables.

    Raises:
        BadValue: A value is none for the operator.
    """
    if asked.name == "Null":
        return _null(key, values)
    kind = _KINDS[asked.name]
    matches = _any_of([_test(kind, value, variables=variables) for value in values])
    negated, if_exists = kind.negated, asked.if_exists
    if asked.each:
        for_all = asked.each == _FOR_ALL

        def for_each(lookup: Lookup) -> bool:
            found = lookup(key)
            if found is None:
                return for_all or if_exists
            passing = (matches(each, lookup) is not negated for each in found)
            return all(passing) if for_all else any(passing)

        return for_each

    def condition(lookup: Lookup) -> bool:
        found = lookup(key)
        if found is None:
            return negated or if_exists
        for each in found:
            if matches(each, lookup):
                return not negated
        return negated

    return condition


def _null(key: str, values: Sequence[str]) -> Condition:
    lowered = [value.lower() for value in values]
    if not set(lowered) <= {"true", "false"}:
        raise BadValue(values)
    absent, present = "true" in lowered, "false" in lowered
    return lambda lookup: absent if lookup(key) is None else present


def _any_of(tests: Sequence[Matches]) -> Matches:
    if len(tests) == 1:
        return tests[0]
    return lambda found, lookup: any(test(found, lookup) for test in tests)


def _test(kind: _Kind, value: str, *, variables: bool) -> Matches:
    try:
        pattern = read_pattern(value, variables=variables and kind.variables)
        if has_variables(pattern):
            return with_variables(pattern, kind.compile)
        fixed = kind.compile(pattern)
    except (ValueError, OverflowError) as problem:
        raise BadValue(value) from problem
    return lambda found, _: fixed(found)


def condition_values(element: Any) -> list[str]:
    """The values of a condition key as text: one or a list of strings, numbers and booleans.

    Raises:
        BadValue: It is something else.
    """
    values = element if isinstance(element, list) else [element]
    told = []
    for value in values:
        if isinstance(value, bool):
            told.append("true" if value else "false")
        elif isinstance(value, str | int | float):
            told.append(str(value))
        else:
            raise BadValue(value)
    if not told:
        raise BadValue(element)
    return told
