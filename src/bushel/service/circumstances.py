"""The values of condition keys for one request: what policies may ask about it.

Each value is worked out when a policy asks. A key without a value is ``None``: the request says nothing of it.

Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for
Amazon S3".
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from bushel.catalog.records import BucketRecord
from bushel.protocol import sigv4
from bushel.protocol.credentials import second_of
from bushel.protocol.policy import account_of
from bushel.service.context import Context
from bushel.service.principals import principal_of

Values = Sequence[str] | None

_DAY_MS: Final = 86_400_000


class Circumstances:
    """Answers for one request and one of its resources.

    Args:
        ctx: The request.
        bucket: Whose resource it is; ``None`` for the service and for a bucket that is to be made.
        tags: Of the object that is there; ``None`` where it is not known.
        version_id: The version that is asked for.
    """

    __slots__ = ("_bucket", "_ctx", "_tags", "_version_id")

    def __init__(
        self,
        ctx: Context,
        bucket: BucketRecord | None = None,
        tags: Mapping[str, str] | None = None,
        version_id: str | None = None,
    ) -> None:
        self._ctx = ctx
        self._bucket = bucket
        self._tags = tags
        self._version_id = version_id

    def lookup(self, key: str) -> Values:
        """The values of a condition key, given in lower case."""
        find = _KEYS.get(key)
        if find is not None:
            return find(self._ctx)
        field = _FIELDS.get(key)
        if field is not None:
            return _text(getattr(self._ctx.input, field, None))
        if key in {"s3:resourceaccount", "aws:resourceaccount"}:
            return None if self._bucket is None else (account_of(self._bucket.owner),)
        if key == "s3:versionid":
            return _text(self._version_id)
        start, slash, tag = key.partition("/")
        if slash and start == "s3:existingobjecttag":
            return _tag(self._tags, tag)
        if slash and start == "s3:requestobjecttag":
            return _tag(_request_tags(self._ctx), tag)
        return None


def _text(value: Any) -> Values:
    if value is None:
        return None
    return ("true" if value is True else "false" if value is False else str(value),)


def _tag(tags: Mapping[str, str] | None, wanted: str) -> Values:
    for key, value in (tags or {}).items():
        if key.lower() == wanted:
            return (value,)
    return None


def _request_tags(ctx: Context) -> Mapping[str, str] | None:
    tagging = getattr(ctx.input, "tagging", None)
    if tagging is None:
        return None
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True))
    return {tag.key: tag.value for tag in tagging.tag_set}


def _request_tag_keys(ctx: Context) -> Values:
    tags = _request_tags(ctx)
    return tuple(tags) if tags else None


def _now_ms(ctx: Context) -> int:
    return ctx.service.clock.now_ns() // 1_000_000


def _iso8601(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signature_age(ctx: Context) -> Values:
    claim = ctx.claim or ctx.form_claim
    date = getattr(claim, "amz_date", "")
    if not date:
        return None
    return (str(_now_ms(ctx) - second_of(date) * 1000),)


def _signature_version(ctx: Context) -> Values:
    claim = ctx.claim
    if ctx.form_claim is not None:
        return (sigv4.ALGORITHM if ctx.form_claim.scope else "AWS",)
    if claim is None:
        return None if ctx.caller.anonymous else ("AWS",)  # of a SOAP message: HMAC-SHA1, as version 2 is
    return (sigv4.ALGORITHM if isinstance(claim, sigv4.Claim) else "AWS",)


def _auth_type(ctx: Context) -> Values:
    claim = ctx.claim
    if ctx.form_claim is not None:
        return ("POST",)
    if claim is None:
        return None
    return ("REST-QUERY-STRING" if claim.presigned else "REST-HEADER",)


def _content_sha256(ctx: Context) -> Values:
    claim = ctx.claim
    signed = claim.content_sha256 if claim is not None else None
    return _text(signed or ctx.headers.get("x-amz-content-sha256"))


def _principal_type(ctx: Context) -> Values:
    caller = ctx.caller
    return ("Anonymous" if caller.anonymous else "Account" if caller.root else "User",)


def _retention(ctx: Context, field: str) -> Any:
    """A member of the retention that a request sets: in a header, or in the document of PutObjectRetention."""
    value = getattr(ctx.input, f"object_lock_{field}", None)
    return value if value is not None else getattr(getattr(ctx.input, "retention", None), field, None)


def _retain_until(ctx: Context) -> Values:
    until = _retention(ctx, "retain_until_date")
    return None if until is None else (_iso8601(until),)


def _remaining_days(ctx: Context) -> Values:
    until = _retention(ctx, "retain_until_date")
    return None if until is None else (str(max(0, -((_now_ms(ctx) - until) // _DAY_MS))),)


def _legal_hold(ctx: Context) -> Values:
    status = getattr(ctx.input, "object_lock_legal_hold_status", None)
    return _text(status if status is not None else getattr(getattr(ctx.input, "legal_hold", None), "status", None))


def _location(ctx: Context) -> Values:
    configuration = getattr(ctx.input, "create_bucket_configuration", None)
    return _text(getattr(configuration, "location_constraint", None))


def _copied_from(ctx: Context) -> Values:
    source = getattr(ctx.input, "copy_source", None)
    return None if source is None else (source.removeprefix("/"),)


def _creates(ctx: Context) -> Values:
    if ctx.operation.action != "s3:PutObject":
        return None
    return _text(ctx.operation.name in {"PutObject", "CopyObject", "CompleteMultipartUpload"})


_KEYS: Final[Mapping[str, Callable[[Context], Values]]] = {
    "aws:currenttime": lambda ctx: (_iso8601(_now_ms(ctx)),),
    "aws:epochtime": lambda ctx: (str(_now_ms(ctx) // 1000),),
    "aws:principalaccount": lambda ctx: None if ctx.caller.anonymous else (account_of(ctx.caller.user_id),),
    "aws:principalarn": lambda ctx: _text(getattr(principal_of(ctx.caller), "arn", None)),
    "aws:principalisawsservice": lambda _: ("false",),
    "aws:principaltype": _principal_type,
    "aws:referer": lambda ctx: _text(ctx.headers.get("referer")),
    "aws:requestedregion": lambda ctx: _text(None if ctx.service.rules.region == "any" else ctx.service.rules.region),
    "aws:securetransport": lambda ctx: _text(ctx.request.secure),
    "aws:sourceip": lambda ctx: _text(ctx.request.peer or None),
    "aws:useragent": lambda ctx: _text(ctx.headers.get("user-agent")),
    "aws:userid": lambda ctx: ("anonymous" if ctx.caller.anonymous else ctx.caller.user_id,),
    "aws:username": lambda ctx: _text(ctx.caller.name or None),
    "aws:viaawsservice": lambda _: ("false",),
    "s3:authtype": _auth_type,
    "s3:locationconstraint": _location,
    "s3:object-lock-legal-hold": _legal_hold,
    "s3:object-lock-mode": lambda ctx: _text(_retention(ctx, "mode")),
    "s3:object-lock-remaining-retention-days": _remaining_days,
    "s3:object-lock-retain-until-date": _retain_until,
    "s3:objectcreationoperation": _creates,
    "s3:requestobjecttagkeys": _request_tag_keys,
    "s3:signatureage": _signature_age,
    "s3:signatureversion": _signature_version,
    "s3:tlsversion": lambda ctx: _text(getattr(ctx.request, "tls_version", None)),
    "s3:x-amz-content-sha256": _content_sha256,
    "s3:x-amz-copy-source": _copied_from,
}

_FIELDS: Final[Mapping[str, str]] = {
    "s3:delimiter": "delimiter",
    "s3:if-match": "if_match",
    "s3:if-none-match": "if_none_match",
    "s3:max-keys": "max_keys",
    "s3:prefix": "prefix",
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write": "grant_write",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
    "s3:x-amz-metadata-directive": "metadata_directive",
    "s3:x-amz-object-ownership": "object_ownership",
    "s3:x-amz-server-side-encryption": "server_side_encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "s3:x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
    "s3:x-amz-storage-class": "storage_class",
    "s3:x-amz-website-redirect-location": "website_redirect_location",
}
"""Condition keys that are members of inputs, bound by whatever way they came: header, link or form."""
