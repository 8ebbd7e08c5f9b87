"""Who may do what: ownership and ACLs (S3 User Guide, "Access control list (ACL) overview").

The operator may do everything. A bucket's owner may do everything to the bucket and delete what is in it; an object's
owner may do everything to the object. Everybody else needs a grant. Every refusal is AccessDenied.
"""

from typing import Final

from bushel.catalog.records import BucketRecord, ObjectEntry
from bushel.protocol.acl import allowed
from bushel.protocol.errors import S3Error
from bushel.service.context import Caller, Context

READ: Final = "READ"
WRITE: Final = "WRITE"
READ_ACP: Final = "READ_ACP"
WRITE_ACP: Final = "WRITE_ACP"


def may_bucket(caller: Caller, bucket: BucketRecord, permission: str) -> bool:
    """Whether the caller has a permission on the bucket itself."""
    return caller.root or allowed(bucket.grants, bucket.owner, _id(caller), permission)


def require_bucket(ctx: Context, bucket: BucketRecord, permission: str) -> None:
    """Raises S3Error AccessDenied unless the caller has the permission on the bucket itself."""
    if not may_bucket(ctx.caller, bucket, permission):
        raise S3Error("AccessDenied")


def require_owner(ctx: Context, bucket: BucketRecord) -> None:
    """Raises S3Error AccessDenied unless the caller owns the bucket."""
    if not (ctx.caller.root or ctx.caller.user_id == bucket.owner) or ctx.caller.anonymous:
        raise S3Error("AccessDenied")


def require_user(ctx: Context) -> None:
    """Raises S3Error AccessDenied for anonymous callers."""
    if ctx.caller.anonymous:
        raise S3Error("AccessDenied")


def require_object(ctx: Context, entry: ObjectEntry, permission: str) -> None:
    """Raises S3Error AccessDenied unless the caller has the permission on the object; the entry has its metadata."""
    caller = ctx.caller
    if caller.root:
        return
    metadata = entry.metadata
    if not allowed(metadata.grants if metadata is not None else (), entry.owner, _id(caller), permission):
        raise S3Error("AccessDenied")


def may_object(ctx: Context, entry: ObjectEntry, permission: str) -> bool:
    """Whether the caller has the permission on the object; the entry has its metadata."""
    metadata = entry.metadata
    grants = metadata.grants if metadata is not None else ()
    return ctx.caller.root or allowed(grants, entry.owner, _id(ctx.caller), permission)


def missing_object(ctx: Context, bucket: BucketRecord, key: str) -> S3Error:
    """The error for a key that holds nothing: who may not list the bucket does not learn that (S3: GetObject)."""
    if may_bucket(ctx.caller, bucket, READ):
        return S3Error("NoSuchKey", Key=key)
    return S3Error("AccessDenied")


def _id(caller: Caller) -> str | None:
    return None if caller.anonymous else caller.user_id
