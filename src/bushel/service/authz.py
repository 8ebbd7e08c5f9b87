"""Who may do what: policies, ownership, ACLs (S3 User Guide, "How Amazon S3 authorizes a request").

In this order, for each action that a request needs:

1. A statement of the caller's policies or of the bucket's policy that denies: refused. The operator is denied by the
   policies of buckets too, but can always read, replace and delete them, so that none locks everybody out. So can the
   bucket's owner, unless the policy was put with ``x-amz-confirm-remove-self-bucket-access``.
2. The operator: allowed.
3. A statement of the caller's policies that allows: allowed.
4. A statement of the bucket's policy that allows: allowed, unless the public access block restricts the policy, or the
   object that is there belongs to somebody else than the bucket's owner.
5. Rights: the owner's, and what ACLs grant. Where objects are BucketOwnerEnforced, ACLs count for nothing and the
   bucket's owner owns every object; where the block says so, public grants do not count. For a user that has policies
   these take the place of an owner's rights.
6. Refused.

Every refusal is AccessDenied, and one line of the log says who was refused what, and why. A request to a bucket that
has neither policy nor block nor ownership controls, from a user without policies, meets rule 5 alone.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bushel.catalog.objects import Condition
from bushel.catalog.records import BucketRecord, Grants, ObjectEntry, UploadRecord
from bushel.protocol.acl import allowed, without_public, without_user
from bushel.protocol.errors import S3Error
from bushel.protocol.policy import Question
from bushel.protocol.policy.actions import OBJECT, RESOURCE_OF, SERVICE, of_a_version
from bushel.protocol.policy.document import ARN_PREFIX
from bushel.protocol.policy.evaluate import DENY
from bushel.service.access import NOTHING_SAID, BucketAccess
from bushel.service.circumstances import Circumstances
from bushel.service.context import Caller, Context
from bushel.service.principals import principal_of

READ: Final = "READ"
WRITE: Final = "WRITE"
READ_ACP: Final = "READ_ACP"
WRITE_ACP: Final = "WRITE_ACP"

LIST_BUCKET: Final = "s3:ListBucket"
BYPASS: Final = "s3:BypassGovernanceRetention"

_REPAIRS: Final = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
"""What a bucket's policy cannot deny to the operator, nor to the owner who has not agreed to it."""

_ASKED_BESIDE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "s3:PutObject": (
        ("acl", "s3:PutObjectAcl"),
        ("grant_full_control", "s3:PutObjectAcl"),
        ("grant_read", "s3:PutObjectAcl"),
        ("grant_read_acp", "s3:PutObjectAcl"),
        ("grant_write_acp", "s3:PutObjectAcl"),
        ("tagging", "s3:PutObjectTagging"),
        ("object_lock_mode", "s3:PutObjectRetention"),
        ("object_lock_retain_until_date", "s3:PutObjectRetention"),
        ("object_lock_legal_hold_status", "s3:PutObjectLegalHold"),
    ),
    "s3:CreateBucket": (
        ("acl", "s3:PutBucketAcl"),
        ("grant_full_control", "s3:PutBucketAcl"),
        ("grant_read", "s3:PutBucketAcl"),
        ("grant_read_acp", "s3:PutBucketAcl"),
        ("grant_write", "s3:PutBucketAcl"),
        ("grant_write_acp", "s3:PutBucketAcl"),
        ("object_ownership", "s3:PutBucketOwnershipControls"),
        ("object_lock_enabled_for_bucket", "s3:PutBucketObjectLockConfiguration"),
        ("object_lock_enabled_for_bucket", "s3:PutBucketVersioning"),
    ),
}
"""Members of an input that need an action beside the operation's own (S3 API Reference, "Permissions" of each)."""

_log: Final = logging.getLogger(__name__)


def may_bucket(ctx: Context, bucket: BucketRecord, permission: str, action: str = "") -> bool:
    """Whether the caller may do the operation's action, or ``action``, to the bucket itself."""
    if not (ctx.access or ctx.caller.policies):
        return _has_right(ctx, bucket, bucket.grants, permission)
    wanted = action or ctx.operation.action
    return _refusal(ctx, bucket, wanted, ctx.key, lambda: _bucket_right(ctx, bucket, permission)) is None


def require_bucket(ctx: Context, bucket: BucketRecord, permission: str) -> None:
    """Raises S3Error AccessDenied unless the caller may do what the operation does to the bucket, or to a key of it.

    Args:
        ctx: The request.
        bucket: Its bucket.
        permission: The permission of the bucket's ACL that allows it.
    """
    if not (ctx.access or ctx.caller.policies):
        if not _has_right(ctx, bucket, bucket.grants, permission):
            raise denied(ctx, _NOTHING)
        return
    for action in _actions(ctx):
        _require(ctx, bucket, action, ctx.key, lambda: _bucket_right(ctx, bucket, permission))


def require_owner(ctx: Context, bucket: BucketRecord) -> None:
    """Raises S3Error AccessDenied unless the caller owns the bucket, or a policy allows what the operation does."""
    if not (ctx.access or ctx.caller.policies):
        if not _owns(ctx.caller, bucket.owner):
            raise denied(ctx, _NOTHING)
        return
    _require(ctx, bucket, ctx.operation.action, ctx.key, lambda: _owner_right(ctx, bucket))


def require_owner_for(
    ctx: Context,
    bucket: BucketRecord,
    actions: Sequence[str] = (),
    *,
    entry: ObjectEntry | None = None,
    version_id: str | None = None,
) -> None:
    """As ``require_owner``, for what no ACL grants on an object: its locks.

    Args:
        ctx: The request.
        bucket: Its bucket.
        actions: What is to be allowed; all that the operation needs unless told.
        entry: The object that is there.
        version_id: The version that is asked for.

    Raises:
        S3Error: AccessDenied.
    """
    if not (ctx.access or ctx.caller.policies):
        if not _owns(ctx.caller, bucket.owner):
            raise denied(ctx, _NOTHING)
        return
    for action in actions or _actions(ctx):
        right = partial(_owner_right, ctx, bucket)
        _require(ctx, bucket, action, ctx.key, right, entry=entry, version_id=version_id)


def require_account(ctx: Context, bucket: BucketRecord) -> None:
    """As ``require_owner``, for what no bucket's policy can allow to others (S3 API Reference, PutBucketPolicy).

    Raises:
        S3Error: AccessDenied, MethodNotAllowed where the bucket's policy alone allows it.
    """
    if not (ctx.access or ctx.caller.policies):
        require_owner(ctx, bucket)
        return
    action = ctx.operation.action
    if _refusal(ctx, bucket, action, None, lambda: _owner_right(ctx, bucket), by_bucket_policy=False) is not None:
        _require(ctx, bucket, action, None, lambda: _owner_right(ctx, bucket))
        raise S3Error("MethodNotAllowed", Method=ctx.request.method)


def require_user(ctx: Context) -> None:
    """Raises S3Error AccessDenied for anonymous callers, and for users whose policies do not allow the operation."""
    caller = ctx.caller
    if caller.anonymous:
        raise denied(ctx, "anonymous callers may not")
    if caller.policies:
        for action in _actions(ctx):
            _require(ctx, None, action, None, _never)


async def visible_buckets(ctx: Context) -> list[BucketRecord]:
    """The caller's buckets in order of their names; of a user with policies, also those that these let them list."""
    caller, buckets = ctx.caller, ctx.catalog.buckets
    if not caller.policies:
        return await buckets.owned_by(caller.user_id)
    return [
        bucket
        for bucket in await buckets.all()
        if bucket.owner == caller.user_id or _refusal(ctx, bucket, LIST_BUCKET, None, _never) is None
    ]


def require_object(
    ctx: Context,
    entry: ObjectEntry,
    permission: str,
    *,
    bucket: BucketRecord | None = None,
    key: str | None = None,
    action: str | None = None,
    version_id: str | None = None,
) -> None:
    """Raises S3Error AccessDenied unless the caller may do what the operation does to an object that is there.

    Args:
        ctx: The request.
        entry: The object, with its metadata.
        permission: The permission of the object's ACL that allows it.
        bucket: Its bucket, where it is not that of the request's path (the source of a copy).
        key: Its key, in that case.
        action: The action, in that case.
        version_id: The version that is asked for, in that case.
    """
    if not (ctx.access or ctx.caller.policies):
        metadata = entry.metadata
        if not ctx.caller.root and not allowed(
            metadata.grants if metadata is not None else (), entry.owner, _id(ctx.caller), permission
        ):
            raise denied(ctx, _NOTHING)
        return
    if bucket is None:
        bucket, key = ctx.bucket_record, ctx.key
        assert bucket is not None
        actions = _actions(ctx)
        version_id = getattr(ctx.input, "version_id", None)
    else:
        assert action is not None
        actions = [action if version_id is None else of_a_version(action)]
    path_bucket = bucket

    def right() -> bool:
        return _object_right(ctx, path_bucket, entry, permission)

    for each in actions:
        _require(ctx, bucket, each, key, right, entry=entry, version_id=version_id)
    if ctx.operation.name in {"CopyObject", "RenameObject"}:
        target = ctx.bucket_record
        assert target is not None
        for each in _copied_along(ctx, entry):
            _require(ctx, target, each, ctx.key, lambda: _bucket_right(ctx, target, WRITE))


def may_object(
    ctx: Context,
    bucket: BucketRecord,
    key: str,
    entry: ObjectEntry,
    permission: str,
    action: str,
    version_id: str | None = None,
    *,
    or_owner: bool = False,
) -> bool:
    """Whether the caller may do something to an object that is there beside what the operation does.

    Args:
        ctx: The request.
        bucket: The object's bucket.
        key: Its key.
        entry: The object, with its metadata.
        permission: The permission of the object's ACL that allows it.
        action: IAM's name, as for the current version.
        version_id: The version that is asked for.
        or_owner: Whether it is for the bucket's owner too, whoever owns the object.
    """
    if not (ctx.access or ctx.caller.policies):
        metadata = entry.metadata
        grants = metadata.grants if metadata is not None else ()
        if or_owner and _owns(ctx.caller, bucket.owner):
            return True
        return ctx.caller.root or allowed(grants, entry.owner, _id(ctx.caller), permission)
    if version_id is not None:
        action = of_a_version(action)

    def right() -> bool:
        return _object_right(ctx, bucket, entry, permission) or (or_owner and _owner_right(ctx, bucket))

    return _refusal(ctx, bucket, action, key, right, entry=entry, version_id=version_id) is None


def missing_object(ctx: Context, bucket: BucketRecord, key: str) -> S3Error:
    """The error for a key that holds nothing: who may not list the bucket does not learn that (S3: GetObject)."""
    if (ctx.access or ctx.caller.policies) and bucket is ctx.bucket_record:
        for action in _actions(ctx):
            reason = _refusal(ctx, bucket, action, ctx.key, _always)
            if reason is not None:
                return denied(ctx, reason, action, _resource(bucket, action, ctx.key))
    if may_bucket(ctx, bucket, READ, LIST_BUCKET):
        return S3Error("NoSuchKey", Key=key)
    return denied(ctx, "there is no such key, which only those learn who may list the bucket")


def deletion(ctx: Context, bucket: BucketRecord, key: str, version_id: str | None = None) -> Condition | None:
    """What must be true of an object for the caller to delete it; ``None`` where nothing must.

    The bucket's owner deletes anything, and so does whom a policy allows it; who may write to the bucket by its ACL
    deletes what is their own, but no version by its id (S3 User Guide, "Access control list (ACL) overview").

    Raises:
        S3Error: AccessDenied.
    """
    caller = ctx.caller
    if not (ctx.access or caller.policies):
        if _owns(caller, bucket.owner):
            return None
        if version_id is not None or not _has_right(ctx, bucket, bucket.grants, WRITE):
            raise denied(ctx, _NOTHING)
        return _is_own(caller)
    if getattr(ctx.input, "bypass_governance_retention", None):
        _require(ctx, bucket, BYPASS, key, lambda: _owner_right(ctx, bucket), version_id=version_id)
    action = "s3:DeleteObject" if version_id is None else "s3:DeleteObjectVersion"
    reason = _refusal(ctx, bucket, action, key, lambda: _owner_right(ctx, bucket), version_id=version_id)
    if reason is None:
        return None
    if version_id is None and _bucket_right(ctx, bucket, WRITE):
        _require(ctx, bucket, action, key, _always)
        return _is_own(caller)
    raise denied(ctx, reason, action, _resource(bucket, action, key))


def require_initiator(ctx: Context, bucket: BucketRecord, upload: UploadRecord) -> None:
    """Raises S3Error AccessDenied unless the caller began the upload, owns the bucket, or a policy allows it."""
    caller = ctx.caller
    is_theirs = not caller.anonymous and caller.user_id in {upload.initiator, bucket.owner}
    if not (ctx.access or caller.policies):
        if not (caller.root or is_theirs):
            raise denied(ctx, _NOTHING)
        return
    _require(ctx, bucket, ctx.operation.action, ctx.key, lambda: is_theirs and not caller.policies)


def may_bypass_governance(ctx: Context, bucket: BucketRecord, key: str, version_id: str | None = None) -> bool:
    """Whether the caller may change or delete what GOVERNANCE protects: the bucket's owner, or by a policy."""
    if not (ctx.access or ctx.caller.policies):
        return _owns(ctx.caller, bucket.owner)
    return _refusal(ctx, bucket, BYPASS, key, lambda: _owner_right(ctx, bucket), version_id=version_id) is None


# --- how it is decided ----------------------------------------------------------------------------------------------

_NOTHING: Final = "nothing allows it"


def _require(
    ctx: Context,
    bucket: BucketRecord | None,
    action: str,
    key: str | None,
    right: Callable[[], bool],
    *,
    entry: ObjectEntry | None = None,
    version_id: str | None = None,
) -> None:
    reason = _refusal(ctx, bucket, action, key, right, entry=entry, version_id=version_id)
    if reason is not None:
        raise denied(ctx, reason, action, _resource(bucket, action, key) if bucket is not None else "")


def _refusal(
    ctx: Context,
    bucket: BucketRecord | None,
    action: str,
    key: str | None,
    right: Callable[[], bool],
    *,
    entry: ObjectEntry | None = None,
    version_id: str | None = None,
    by_bucket_policy: bool = True,
) -> str | None:
    """Why an action is refused; ``None`` where it is allowed.

    Args:
        ctx: The request.
        bucket: ``None`` for the service and for a bucket that is to be made.
        action: IAM's name.
        key: Of the object, for actions on objects.
        right: Whether ownership and ACLs allow it (rule 5); asked where no policy decides.
        entry: The object that is there.
        version_id: The version that is asked for.
        by_bucket_policy: Whether it is enough that the bucket's policy allows it.
    """
    caller = ctx.caller
    access = _access(ctx, bucket)
    resource = _resource(bucket, action, key) if bucket is not None else _resource_of_service(ctx, action)
    tags = entry.metadata.tags if entry is not None and entry.metadata is not None else None
    question = Question(action, resource, principal_of(caller), Circumstances(ctx, bucket, tags, version_id).lookup)
    may, reason = caller.root, None
    for policy in caller.policies:
        statement = policy.decide(question)
        if statement is not None:
            if statement.effect == DENY:
                return f"statement {statement.sid!a} of the user's policies denies it"
            may = True
    if access.policy is not None and bucket is not None:
        statement = access.policy.policy.decide(question)
        if statement is not None:
            if statement.effect == DENY:
                if action not in _REPAIRS or not _may_repair(caller, bucket, access):
                    return f"statement {statement.sid!a} of the bucket's policy denies it"
            elif not may and by_bucket_policy:
                reason = _unreached(caller, bucket, access, entry)
                may = reason is None
    return None if may or right() else reason or _NOTHING


def _unreached(caller: Caller, bucket: BucketRecord, access: BucketAccess, entry: ObjectEntry | None) -> str | None:
    """Why a bucket's policy that allows something does not; ``None`` where it does (rule 4)."""
    if access.restricts_policy and caller.user_id != bucket.owner:
        return "the public access block restricts the bucket's policy, which is public, to the owner"
    if entry is not None and entry.owner != bucket.owner and not access.enforced:
        return "the bucket's policy does not reach objects of another owner"
    return None


def _always() -> bool:
    return True


def _never() -> bool:
    return False


def _may_repair(caller: Caller, bucket: BucketRecord, access: BucketAccess) -> bool:
    return caller.root or (_owns(caller, bucket.owner) and not access.binds_owner)


def _access(ctx: Context, bucket: BucketRecord | None) -> BucketAccess:
    return NOTHING_SAID if bucket is None else ctx.access.get(bucket.name, NOTHING_SAID)


def _actions(ctx: Context) -> list[str]:
    """All that a request needs to be allowed on what its path names."""
    action, request = ctx.operation.action, ctx.input
    found = [action if getattr(request, "version_id", None) is None else of_a_version(action)]
    if action == "s3:PutObject" and "x-amz-grant-write" in ctx.headers:  # no member: SDKs do not offer it for objects
        found.append("s3:PutObjectAcl")
    for member, beside in _ASKED_BESIDE.get(action, ()):
        if beside not in found and _is_said(getattr(request, member, None)):
            found.append(beside)
    if action == "s3:CreateBucket" and getattr(request.create_bucket_configuration, "tags", None):
        found.append("s3:PutBucketTagging")
    if getattr(request, "bypass_governance_retention", None):
        found.append(BYPASS)
    if ctx.operation.name == "RenameObject":
        found.append("s3:PutObject")  # what may not be written to a key may not get it either
    if ctx.operation.name == "GetObjectAttributes":
        found.append("s3:GetObject" if request.version_id is None else "s3:GetObjectVersion")
    return found


def _copied_along(ctx: Context, source: ObjectEntry) -> list[str]:
    """What a copy needs to be allowed on its target beside s3:PutObject, for what comes along with the bytes.

    With an object that is renamed everything comes along.
    """
    found = []
    directive = getattr(ctx.input, "tagging_directive", None)
    if source.metadata is not None and source.metadata.tags and directive != "REPLACE":
        found.append("s3:PutObjectTagging")
    if source.annotations is not None and getattr(ctx.input, "annotation_directive", None) != "EXCLUDE":
        found.append("s3:PutObjectAnnotation")
    return found


def _is_said(value: Any) -> bool:
    return value is not None and value is not False


def _resource(bucket: BucketRecord, action: str, key: str | None) -> str:
    return f"{ARN_PREFIX}{bucket.name}/{key}" if RESOURCE_OF[action] == OBJECT else f"{ARN_PREFIX}{bucket.name}"


def _resource_of_service(ctx: Context, action: str) -> str:
    return "*" if RESOURCE_OF[action] == SERVICE else f"{ARN_PREFIX}{ctx.input.bucket}"


# --- rights: ownership and ACLs -------------------------------------------------------------------------------------


def _id(caller: Caller) -> str | None:
    return None if caller.anonymous else caller.user_id


def _owns(caller: Caller, owner: str) -> bool:
    return caller.root or (caller.user_id == owner and not caller.anonymous)


def _has_right(ctx: Context, bucket: BucketRecord, grants: Grants, permission: str) -> bool:
    return ctx.caller.root or allowed(grants, bucket.owner, _id(ctx.caller), permission)


def _owner_right(ctx: Context, bucket: BucketRecord) -> bool:
    return _owns(ctx.caller, bucket.owner) and not ctx.caller.policies


def _bucket_right(ctx: Context, bucket: BucketRecord, permission: str) -> bool:
    return _right(ctx, _access(ctx, bucket), bucket.grants, bucket.owner, permission)


def _object_right(ctx: Context, bucket: BucketRecord, entry: ObjectEntry, permission: str) -> bool:
    access = _access(ctx, bucket)
    owner = bucket.owner if access.enforced else entry.owner
    return _right(ctx, access, entry.metadata.grants if entry.metadata is not None else (), owner, permission)


def _right(ctx: Context, access: BucketAccess, grants: Grants, owner: str, permission: str) -> bool:
    caller = ctx.caller
    caller_id = _id(caller)
    if access.enforced:
        grants = ()
    elif access.ignores_public_acls:
        grants = without_public(grants)
    if caller.policies and caller_id == owner:
        grants, owner = without_user(grants, owner), ""
    return allowed(grants, owner, caller_id, permission)


def _is_own(caller: Caller) -> Condition:
    def is_own(current: ObjectEntry | None) -> None:
        if current is not None and current.owner != caller.user_id:
            raise S3Error("AccessDenied")

    return is_own


def denied(ctx: Context, reason: str, action: str = "", resource: str = "") -> S3Error:
    """AccessDenied, with its line in the log.

    Args:
        ctx: The request.
        reason: For the log: nobody is told why but the operator.
        action: What was denied, if it is not the operation's action.
        resource: ARN, where the request's path does not say it.
    """
    request, principal = ctx.request, principal_of(ctx.caller)
    _log.info(
        "denied: %s %s from %s, %a may not %s%s: %s",
        request.method,
        request.path,
        request.peer,
        "an anonymous caller" if principal is None else principal.arn,
        action or ctx.operation.action,
        f" on {resource!a}" if resource else "",
        reason,
    )
    error = S3Error("AccessDenied")
    error.logged = True
    return error
