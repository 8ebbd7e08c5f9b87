"""Policy documents: JSON to a compiled policy, or the refusal with S3's words.

Source: IAM User Guide, "Grammar of the IAM JSON policy language"; S3 API Reference, PutBucketPolicy.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from bushel.protocol.errors import S3Error
from bushel.protocol.policy.actions import BUCKET, OBJECT, RESOURCE_OF, expand, expand_all
from bushel.protocol.policy.evaluate import ALLOW, DENY, ConditionRecord, Policy, Statement
from bushel.protocol.policy.keys import actions_with
from bushel.protocol.policy.operators import (
    IP_ADDRESS,
    BadValue,
    Operator,
    compile_condition,
    condition_values,
    read_operator,
)
from bushel.protocol.policy.principals import Principals, read_principals
from bushel.protocol.policy.wildcards import (
    Pattern,
    Variable,
    Wild,
    has_wildcards,
    matcher,
    read_pattern,
    split,
)

MAX_BUCKET_POLICY_BYTES: Final = 20_480
MAX_USER_POLICY_BYTES: Final = 6_144
"""Without white space between the elements (S3 User Guide, "Bucket policies"; IAM User Guide, "IAM and STS quotas")."""

ARN_PREFIX: Final = "arn:aws:s3:::"

_VARIABLES_SINCE: Final = "2012-10-17"
_VERSIONS: Final = frozenset({"2008-10-17", _VARIABLES_SINCE})
_SYNTAX: Final = "Invalid policy syntax."


def read_policy(document: bytes | str, bucket: str | None = None) -> Policy:
    """Read a policy.

    Args:
        document: JSON.
        bucket: The bucket whose policy it is; empty for any bucket's, where what fits the bucket was checked before;
            ``None`` for a user's, which has no Principal and may speak of any bucket and of other services.

    Raises:
        S3Error: MalformedPolicy with the reason.
    """
    content, size = _load(document)
    limit = MAX_USER_POLICY_BYTES if bucket is None else MAX_BUCKET_POLICY_BYTES
    if size > limit:
        _refuse(f"Normalized policy document exceeds the maximum allowed size of {limit} bytes")
    _check_fields(content, frozenset({"Version", "Id", "Statement"}))
    version = content.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in _VERSIONS:
        _refuse("The policy must contain a valid version string")
    if not isinstance(content.get("Id", ""), str):
        _refuse(_SYNTAX)
    if "Statement" not in content:
        _refuse("Missing required field Statement")
    elements = content["Statement"]
    if isinstance(elements, dict):
        elements = [elements]
    if not isinstance(elements, list):
        _refuse(_SYNTAX)
    if not elements:
        _refuse("Could not parse the policy: Statement is empty!")
    read = _Reader(bucket, variables=version == _VARIABLES_SINCE).statement
    statements = [read(element) for element in elements]
    sids = [statement.sid for statement in statements if statement.sid]
    if len(sids) != len(set(sids)):
        _refuse("Statement IDs (SID) in a single policy must be unique.")
    return Policy(statements)


def _refuse(message: str) -> NoReturn:
    raise S3Error("MalformedPolicy", message=message)


def _load(document: bytes | str) -> tuple[dict[str, Any], int]:
    """The document, and its size in bytes without white space between the elements."""
    import json  # noqa: PLC0415 - most processes read no policy

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) != len(pairs):
            raise ValueError("a name comes twice")
        return content

    def no_number(text: str) -> NoReturn:
        raise ValueError(text)

    try:
        text = document if isinstance(document, str) else document.decode()
        if text[:1] != "{":
            _refuse("Policies must be valid JSON and the first byte must be '{'")
        content = json.loads(text, object_pairs_hook=once, parse_constant=no_number)
        # Half a surrogate pair is JSON, but no text.
        size = len(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        _refuse("This policy contains invalid Json")
    assert isinstance(content, dict)
    return content, size


def _check_fields(element: Mapping[str, Any], known: frozenset[str]) -> None:
    for field in element:
        if field not in known:
            _refuse(f"Unknown field {field}")


class _Reader:
    """Reads the statements of one document."""

    def __init__(self, bucket: str | None, *, variables: bool) -> None:
        self._bucket = bucket
        self._variables = variables

    def statement(self, element: Any) -> Statement:
        if not isinstance(element, dict):
            _refuse(_SYNTAX)
        _check_fields(element, _STATEMENT_FIELDS if self._bucket is not None else _STATEMENT_FIELDS - _PRINCIPALS)
        sid = element.get("Sid", "")
        if not isinstance(sid, str):
            _refuse(_SYNTAX)
        if "Effect" not in element:
            _refuse("Missing required field Effect")
        effect = element["Effect"]
        if effect not in (ALLOW, DENY):
            _refuse(f"Invalid effect: {effect}")
        principals, but_principals = self._principals(element)
        names, but_actions = _one_of(element, "Action", "NotAction")
        patterns = [self._action(name) for name in _texts(names, "Policy has invalid action")]
        listed, but_resources = _one_of(element, "Resource", "NotResource")
        resources = [self._resource(text) for text in _texts(listed, "Policy has invalid resource")]
        named = expand_all(patterns)
        actions = frozenset(RESOURCE_OF) - named if but_actions else named
        if self._bucket and not but_actions and not but_resources:
            self._check_that_actions_apply(patterns, resources)
        conditions = self._conditions(element.get("Condition", {}))
        if self._bucket:
            _check_that_conditions_apply(conditions, [actions] if but_actions else [expand(each) for each in patterns])
        return Statement(
            sid,
            effect,
            principals,
            actions,
            resources,
            conditions,
            but_principals=but_principals,
            but_resources=but_resources,
        )

    def _principals(self, element: Mapping[str, Any]) -> tuple[Principals | None, bool]:
        if self._bucket is None:
            return None, False
        said, negated = _one_of(element, "Principal", "NotPrincipal")
        try:
            return read_principals(said), negated
        except ValueError:
            _refuse("Invalid principal in policy")

    def _action(self, name: str) -> str:
        vendor, colon, _ = name.partition(":")
        if self._bucket is None:
            # A user's policy may speak of other services, which are not here.
            if name != "*" and (not colon or not vendor):
                _refuse("Policy has invalid action")
        elif not expand(name):
            _refuse("Policy has invalid action")
        return name

    def _resource(self, text: str) -> Pattern:
        try:
            pattern = read_pattern(text, variables=self._variables)
        except ValueError:
            _refuse("Policy has invalid resource")
        if self._bucket:
            if text != "*" and not (text.startswith(ARN_PREFIX) and self._is_of_bucket(pattern)):
                _refuse("Policy has invalid resource")
        elif self._bucket is None and text != "*" and not text.startswith("arn:") and not text.startswith("*"):
            _refuse("Policy has invalid resource")
        return pattern

    def _is_of_bucket(self, pattern: Pattern) -> bool:
        bucket = split(_with_stars_for_variables(pattern), "/", 1)[0]
        return matcher(bucket)(f"{ARN_PREFIX}{self._bucket}")

    def _check_that_actions_apply(self, patterns: Sequence[str], resources: Sequence[Pattern]) -> None:
        arn = f"{ARN_PREFIX}{self._bucket}"
        kinds = set()
        for pattern in resources:
            stars = _with_stars_for_variables(pattern)
            if matcher(stars)(arn):
                kinds.add(BUCKET)
            if has_wildcards(stars) or len(split(stars, "/", 1)) > 1:
                kinds.add(OBJECT)
        for name in patterns:
            if not any(RESOURCE_OF[action] in kinds for action in expand(name)):
                _refuse("Action does not apply to any resource(s) in statement")

    def _conditions(self, element: Any) -> list[ConditionRecord]:
        if not isinstance(element, dict):
            _refuse(_SYNTAX)
        found: list[ConditionRecord] = []
        for name, keys in element.items():
            operator = read_operator(name)
            if operator is None:
                _refuse(f"Invalid Condition type : {name}")
            if not isinstance(keys, dict):
                _refuse(_SYNTAX)
            found += [self._condition(operator, key, said) for key, said in keys.items()]
        return found

    def _condition(self, operator: Operator, written: str, said: Any) -> ConditionRecord:
        key = written.lower()
        known = actions_with(key)
        if known is None and (self._bucket is not None or ":" not in key):
            _refuse("Policy has an invalid condition key")
        try:
            values = condition_values(said)
            holds = compile_condition(operator, key, values, variables=self._variables)
        except BadValue:
            if operator.name != "Null" and operator.base == IP_ADDRESS:
                _refuse("Invalid IP address in Conditions")
            _refuse(f"Invalid value in Conditions for {written}")
        return ConditionRecord(operator, key, tuple(values), holds)


_PRINCIPALS: Final = frozenset({"Principal", "NotPrincipal"})
_STATEMENT_FIELDS: Final = _PRINCIPALS | {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


def _one_of(element: Mapping[str, Any], plain: str, negated: str) -> tuple[Any, bool]:
    """The one of two elements that a statement has, and whether it is the negated one."""
    if plain in element and negated in element:
        _refuse(_SYNTAX)
    if plain not in element and negated not in element:
        _refuse(f"Missing required field {plain}")
    return (element[negated], True) if negated in element else (element[plain], False)


def _texts(element: Any, problem: str) -> list[str]:
    texts = element if isinstance(element, list) else [element]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        _refuse(problem)
    return texts


def _check_that_conditions_apply(conditions: Sequence[ConditionRecord], actions: Sequence[frozenset[str]]) -> None:
    for condition in conditions:
        able = actions_with(condition.key) or frozenset()
        if any(able.isdisjoint(each) for each in actions):
            _refuse("Conditions do not apply to combination of actions and resources in statement")


def _with_stars_for_variables(pattern: Pattern) -> Pattern:
    return tuple(Wild("*") if isinstance(piece, Variable) else piece for piece in pattern)
