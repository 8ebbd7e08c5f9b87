"""The policy of a form upload: who signed it, until when it holds, what a form must be like; and how one is made.

A form is authorised by the policy in it, which is signed with Signature Version 4 or 2, never by the request around it.
Sources: S3 API Reference, "Browser-based uploads using POST" (Signature Version 4 and 2) for the language; the texts
of refusals are S3's own, as clients' trackers and the tests that LocalStack records from S3 show them.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, NoReturn

import msgspec

from bushel.protocol import sigv4
from bushel.protocol.credentials import ANY_REGION
from bushel.protocol.errors import S3Error
from bushel.protocol.post_form import Field

FILENAME: Final = "${filename}"

_V4_FIELDS: Final = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_V2_FIELDS: Final = ("AWSAccessKeyId", "Signature")
# S3 API Reference, "Creating a POST policy": these need no condition, nor what begins with x-ignore-.
_NEED_NO_CONDITION: Final = frozenset({"policy", "x-amz-signature", "signature", "awsaccesskeyid", "file"})
_IGNORED_PREFIX: Final = "x-ignore-"
_LENGTH_RANGE: Final = "content-length-range"
_MAX_LENGTH_DIGITS: Final = 18

_expiration = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII).fullmatch
_amz_date = re.compile(r"\d{8}T\d{6}Z", re.ASCII).fullmatch
_escape = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES_BEYOND_JSON: Final = {"$": "$", "v": "\\u000b"}


class FormClaim(NamedTuple):
    """Who signed a form's policy, by the form's own account.

    Attributes:
        access_key: Whose key it is said to be.
        policy: What is signed: the field as sent.
        scope: ``yyyymmdd/region/s3/aws4_request``; empty with Signature Version 2.
        amz_date: Time of signing, ``yyyymmddThhmmssZ``; empty with Signature Version 2.
    """

    access_key: str
    policy: str
    signature: str
    scope: str
    amz_date: str

    def verify(self, secret: str) -> None:
        """Check the signature.

        Raises:
            S3Error: SignatureDoesNotMatch.
        """
        octets = self.policy.encode()
        if self.scope:
            date, region, _ = self.scope.split("/", 2)
            computed = sigv4.signing_key(secret, date, region).sign(octets.decode("latin-1"))
        else:
            computed = _signature_v2(secret, octets)
        if not self.signature.isascii() or not hmac.compare_digest(computed, self.signature):
            sigv4.refuse_signature(self.access_key, octets.decode("latin-1"), self.signature)


def form_claim(fields: Mapping[str, Field], region: str) -> FormClaim | None:
    """What a form claims; ``None`` for an anonymous one. Its ``verify`` is the next step.

    Args:
        fields: By lower-case name.
        region: The one that credentials must be scoped to; ``any`` accepts all.

    Raises:
        S3Error: InvalidArgument for a claim that lacks a field or has a malformed one.
    """
    if any(name.lower() in fields for name in _V4_FIELDS):
        algorithm, credential, date, signature = [_required(fields, name) for name in _V4_FIELDS]
        policy = _required(fields, "Policy")
        if algorithm == "AWS4-ECDSA-P256-SHA256":
            raise S3Error("NotImplemented.SignatureV4A")
        if algorithm != sigv4.ALGORITHM:
            _refuse_field("X-Amz-Algorithm", algorithm, f'X-Amz-Algorithm only supports "{sigv4.ALGORITHM}"')
        if _amz_date(date) is None:
            _refuse_field("X-Amz-Date", date, "X-Amz-Date must be formated via ISO8601 Long format")
        access_key, scope = _scope(credential, date, region)
        return FormClaim(access_key, policy, signature, scope, date)
    if any(name.lower() in fields for name in _V2_FIELDS):
        access_key, signature = [_required(fields, name) for name in _V2_FIELDS]
        return FormClaim(access_key, _required(fields, "Policy"), signature, "", "")
    return None


def _required(fields: Mapping[str, Field], name: str) -> str:
    field = fields.get(name.lower())
    if field is None:
        raise missing_field(name)
    return field.value


def missing_field(name: str) -> S3Error:
    """The answer to a form that lacks a field, or has it behind the file."""
    return S3Error("InvalidArgument.MissingField", ArgumentName=name, ArgumentValue="")


def _scope(credential: str, date: str, region: str) -> tuple[str, str]:
    """Access key and scope of a credential."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or not credential.isascii():
        expected = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        _refuse_credential(credential, f"the Credential is mal-formed; expecting {expected}")
    access_key, day, scoped_to, service, terminal = parts
    if not access_key:
        _refuse_credential(credential, "a non-empty Access Key (AKID) must be provided in the credential.")
    if region not in (scoped_to, ANY_REGION):
        message = f"the region '{scoped_to}' is wrong; expecting '{region}'"
        _refuse_credential(credential, message, Region=region)
    if service != "s3":
        _refuse_credential(credential, f'incorrect service "{service}". This endpoint belongs to "s3".')
    if terminal != "aws4_request":
        _refuse_credential(credential, f'incorrect terminal "{terminal}". This endpoint uses "aws4_request".')
    if day != date[:8]:
        message = f'Invalid credential date "{day}". This date is not the same as X-Amz-Date: "{date[:8]}".'
        _refuse_credential(credential, message)
    return access_key, credential[len(access_key) + 1 :]


def _refuse_credential(credential: str, message: str, **detail: str) -> NoReturn:
    _refuse_field("X-Amz-Credential", credential, message, **detail)


def _refuse_field(name: str, value: str, message: str, **detail: str) -> NoReturn:
    raise S3Error("InvalidArgument", message=message, ArgumentName=name, ArgumentValue=value, headers=None, **detail)


def _signature_v2(secret: str, policy: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), policy, "sha1")).decode()


class Condition(NamedTuple):
    """One condition: ``eq``, ``starts-with`` or ``content-length-range``, what it is about, and what must be."""

    operation: str
    first: Any
    second: Any

    @property
    def text(self) -> str:
        """As S3 repeats it in a refusal."""
        return f"[{', '.join(msgspec.json.encode(each).decode() for each in self)}]"


class LengthRange(NamedTuple):
    """What a policy says of the file's size, in bytes, both bounds allowed; no maximum where it says nothing."""

    minimum: int = 0
    maximum: int | None = None

    def check_maximum(self, size: int) -> None:
        """Raises S3Error EntityTooLarge for a file of this size, or one that has reached it."""
        if self.maximum is not None and size > self.maximum:
            raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(self.maximum))

    def check_minimum(self, size: int) -> None:
        """Raises S3Error EntityTooSmall for a file of this size."""
        if size < self.minimum:
            raise S3Error("EntityTooSmall", ProposedSize=str(size), MinSizeAllowed=str(self.minimum))


class Policy(NamedTuple):
    """A policy: until when it holds (nanoseconds since 1970), and its conditions."""

    expiration_ns: int
    conditions: tuple[Condition, ...]

    def check(self, fields: Mapping[str, Field], bucket: str, now_ns: int) -> LengthRange:
        """Hold a form to the policy; what the file's size must be is the answer.

        Args:
            fields: By lower-case name, the file's name put into their values.
            bucket: To which the form is sent.
            now_ns: The time.

        Raises:
            S3Error: AccessDenied where the policy has expired, a condition fails, or a field has none.
        """
        if now_ns >= self.expiration_ns:
            _deny("Policy expired.")
        values = {name: field.value for name, field in fields.items()} | {"bucket": bucket}
        bounds = LengthRange()
        covered = set()
        for condition in self.conditions:
            if condition.operation == _LENGTH_RANGE:
                bounds = _narrowed(bounds, condition)
                continue
            name = condition.first.lower()
            value = values.get(name[1:]) if name.startswith("$") else None
            if value is None or not _meets(condition, name[1:], value):
                _deny(f"Policy Condition failed: {condition.text}")
            covered.add(name[1:])
        extra = [
            fields[name].name if name in fields else name
            for name in values
            if name not in covered and name not in _NEED_NO_CONDITION and not name.startswith(_IGNORED_PREFIX)
        ]
        if extra:
            _deny(f"Extra input fields: {', '.join(extra)}")
        return bounds


def _meets(condition: Condition, name: str, value: str) -> bool:
    if condition.operation == "eq":
        return value == str(condition.second)
    wanted = str(condition.second)
    if name == "content-type":
        return all(each.strip().startswith(wanted) for each in value.split(","))
    return value.startswith(wanted)


def _narrowed(bounds: LengthRange, condition: Condition) -> LengthRange:
    low, high = _length(condition.first), _length(condition.second)
    if low is None or high is None:
        _deny(f"Policy Condition failed: {condition.text}")
    maximum = high if bounds.maximum is None else min(high, bounds.maximum)
    return LengthRange(max(low, bounds.minimum), maximum)


def _length(bound: int | str) -> int | None:
    """A bound of a range, which S3 takes as text too."""
    text = str(bound)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_LENGTH_DIGITS else None


def _deny(problem: str) -> NoReturn:
    raise S3Error("AccessDenied", message=f"Invalid according to Policy: {problem}")


def read_policy(encoded: str) -> Policy:
    """The policy of a form from its field.

    Raises:
        S3Error: InvalidPolicyDocument.
    """
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        _invalid("Invalid Base64 encoding.")
    try:
        document = msgspec.json.decode(_escape.sub(_in_json, text))
    except (msgspec.DecodeError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _invalid("Invalid JSON.")
    for name in document:
        if name not in {"expiration", "conditions"}:
            _invalid(f"Unexpected: '{name.lower()}'")
    for name in ("expiration", "conditions"):
        if name not in document:
            _invalid(f"Policy missing {name}.")
    if not isinstance(document["conditions"], list):
        _invalid("Invalid 'conditions' value: must be a List.")
    return Policy(_instant_ns(document["expiration"]), tuple(map(_condition, document["conditions"])))


def _in_json(escape: re.Match[str]) -> str:
    """Two escapes of policies that JSON does not have (S3 API Reference, "Character escaping")."""
    return _ESCAPES_BEYOND_JSON.get(escape[1], escape[0])


def _instant_ns(value: Any) -> int:
    found = _expiration(value) if isinstance(value, str) else None
    if found is None:
        _refuse_expiration(value)
    try:
        at = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        _refuse_expiration(value)
    return int(at.timestamp()) * 10**9 + int((found[2] or "0").ljust(9, "0"))


def _refuse_expiration(value: Any) -> NoReturn:
    _invalid(f"Invalid 'expiration' value: '{value}'")


def _condition(value: Any) -> Condition:
    if isinstance(value, dict):
        if len(value) != 1:
            _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
        ((name, wanted),) = value.items()
        if not isinstance(wanted, str):
            _invalid("Invalid Simple-Condition: value must be a string.")
        return Condition("eq", f"${name}", wanted)
    if not isinstance(value, list):
        _invalid("Invalid condition test: must be a List or Object.")
    if not value or not isinstance(value[0], str):
        _invalid("Invalid Condition: missing operation identifier.")
    operation = value[0].lower()
    if operation not in {"eq", "starts-with", _LENGTH_RANGE}:
        _invalid(f"Invalid Condition: unknown operation '{value[0]}'.")
    if len(value) != 3:
        _invalid(f"Invalid {operation}: wrong number of arguments.")
    for each in value[1:]:
        is_bound = operation == _LENGTH_RANGE and type(each) is int and each >= 0
        if not (isinstance(each, str) or is_bound):
            _invalid("Invalid JSON.")
    return Condition(operation, value[1], value[2])


def _invalid(problem: str) -> NoReturn:
    raise S3Error("InvalidPolicyDocument", message=f"Invalid Policy: {problem}")


def presigned_post(
    bucket: str,
    key: str,
    *,
    access_key: str,
    secret: str,
    region: str,
    now_ns: int,
    expires_seconds: int,
    fields: Mapping[str, str] | None = None,
    conditions: Iterable[Mapping[str, str] | Sequence[str | int]] = (),
) -> dict[str, str]:
    """The fields of a form that may upload to a bucket until a time, policy and signature among them.

    The form has these fields and then one named ``file``, and is sent to the bucket's URL.

    Args:
        bucket: To which it may upload.
        key: Under which; one that ends in ``${filename}`` lets the form's file name stand for that.
        access_key: Of the signer, who owns what is uploaded.
        secret: Of the signer.
        region: Of the bucket.
        now_ns: From when on it is valid.
        expires_seconds: For how long.
        fields: Further fields, each of which must have exactly this value.
        conditions: Further conditions, for fields that the form may fill in and for the file's size:
            ``["starts-with", "$Content-Type", "image/"]``, ``["content-length-range", 1, 10485760]``.
    """
    date = sigv4.amz_date(now_ns)
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    signing = {
        "x-amz-algorithm": sigv4.ALGORITHM,
        "x-amz-credential": f"{access_key}/{scope}",
        "x-amz-date": date,
    }
    given = dict(fields or {})
    key_condition: Any = {"key": key}
    if key.endswith(FILENAME):
        key_condition = ["starts-with", "$key", key.removesuffix(FILENAME)]
    until = datetime.fromtimestamp(now_ns // 10**9 + expires_seconds, UTC)
    document = {
        "expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": [
            {"bucket": bucket},
            key_condition,
            *[{name: value} for name, value in (given | signing).items()],
            *conditions,
        ],
    }
    policy = base64.b64encode(msgspec.json.encode(document)).decode()
    signature = sigv4.signing_key(secret, date[:8], region).sign(policy)
    return {"key": key, **given, **signing, "policy": policy, "x-amz-signature": signature}
