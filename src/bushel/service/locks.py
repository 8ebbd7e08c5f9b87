"""Object Lock where other operations touch it: what locks a new version, who may, and what is told of a lock.

A bucket takes locks once it has a configuration of this kind, which cannot be removed. What must not be here: what a
lock keeps from happening (``catalog.locks``).

Source: S3 User Guide, "Locking objects with Object Lock" and "Object Lock considerations".
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.locks import UNLOCKED
from bushel.catalog.records import COMPLIANCE, GOVERNANCE, BucketRecord, Lock, ObjectEntry
from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.object_lock import DefaultRetention, ObjectLockConfiguration
from bushel.service.authz import may_object, require_owner_for
from bushel.service.configurations import Configuration, xml_configuration
from bushel.service.context import Context

OBJECT_LOCK: Final[Configuration[ObjectLockConfiguration]] = xml_configuration(
    "object-lock", ObjectLockConfiguration, "ObjectLockConfiguration"
)

ENABLED: Final = ObjectLockConfiguration(object_lock_enabled="Enabled")

BYPASS_HEADER: Final = "x-amz-bypass-governance-retention"

MODES: Final[Mapping[str, int]] = {"GOVERNANCE": GOVERNANCE, "COMPLIANCE": COMPLIANCE}
MODE_NAMES: Final[Mapping[int, Any]] = {number: name for name, number in MODES.items()}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MODE: Final = "x-amz-object-lock-mode"
_DATE: Final = "x-amz-object-lock-retain-until-date"


def takes_locks(bucket: BucketRecord) -> bool:
    return OBJECT_LOCK.kind in bucket.configured


def require_lock_bucket(bucket: BucketRecord) -> None:
    """Raises S3Error InvalidRequest for a bucket that takes no locks."""
    if not takes_locks(bucket):
        raise S3Error("InvalidRequest.NoObjectLock")


class Locking(NamedTuple):
    """What locks the version that a request writes.

    Attributes:
        asked: By the request; ``None`` where it says nothing.
        default: The bucket's; ``None`` where it has none.
    """

    asked: Lock | None
    default: DefaultRetention | None

    def lock(self, now_ns: int) -> Lock | None:
        """The lock of a version that is made now: what the request asks for, or the bucket's default retention."""
        if self.default is None or (self.asked is not None and self.asked.mode):
            return self.asked
        until = _end(self.default, now_ns // 1_000_000)
        assert self.default.mode is not None
        return msgspec.structs.replace(self.asked or UNLOCKED, mode=MODES[self.default.mode], until=until)


def names_lock(request: Any) -> bool:
    """Whether a request that writes has any header about locks."""
    return (
        request.object_lock_mode is not None
        or request.object_lock_retain_until_date is not None
        or request.object_lock_legal_hold_status is not None
    )


async def locking_of(ctx: Context, bucket: BucketRecord, request: Any) -> Locking | None:
    """What locks the version that a request writes; ``None`` where nothing does.

    Raises:
        S3Error: As ``asked_lock``.
    """
    return _locking(asked_lock(ctx, bucket, request), await _default(ctx, bucket))


async def locking_of_upload(ctx: Context, bucket: BucketRecord, asked: Lock | None) -> Locking | None:
    """The same for the parts of an upload, and for the object that it becomes."""
    return _locking(asked, await _default(ctx, bucket))


def asked_lock(ctx: Context, bucket: BucketRecord, request: Any) -> Lock | None:
    """The lock that a request asks for in its headers; ``None`` where it says nothing.

    Raises:
        S3Error: InvalidRequest where the bucket takes no locks, InvalidArgument for a mode without a date, a date
            without a mode, and a date that is over; AccessDenied.
    """
    if not names_lock(request):
        return None
    require_lock_bucket(bucket)
    mode, until, hold = (
        request.object_lock_mode,
        request.object_lock_retain_until_date,
        request.object_lock_legal_hold_status,
    )
    if (mode is None) != (until is None):
        raise S3Error("InvalidArgument.ModeAndDate", ArgumentName=_MODE if mode is None else _DATE)
    actions = []
    if mode is not None:
        require_future(ctx, until, _DATE)
        actions.append("s3:PutObjectRetention")
    if hold is not None:
        actions.append("s3:PutObjectLegalHold")
    require_owner_for(ctx, bucket, actions)
    return Lock(MODES[mode] if mode is not None else 0, until or 0, None if hold is None else hold == "ON")


def require_future(ctx: Context, until: int, argument: str) -> None:
    """Raises S3Error InvalidArgument for a date that is over."""
    if until * 1_000_000 <= ctx.service.clock.now_ns():
        value = datetime.fromtimestamp(until // 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
        raise S3Error("InvalidArgument.RetainUntilDate", ArgumentName=argument, ArgumentValue=value)


def require_digest(ctx: Context, reason: str) -> None:
    """What is locked cannot be put right again, so S3 demands a digest of its bytes.

    Raises:
        S3Error: ``reason``, an InvalidRequest.
    """
    if ctx.payload.declaration.algorithm is None and "content-md5" not in ctx.headers:
        raise S3Error(reason)


def bypasses_governance(bucket: BucketRecord, asked: bool | None) -> bool:
    """Whether a request asks that GOVERNANCE shall not count; the permission is asked with the action.

    Raises:
        S3Error: InvalidArgument where the bucket takes no locks, even if it is not to be bypassed.
    """
    if asked is None:
        return False
    if not takes_locks(bucket):
        raise S3Error("InvalidArgument.BypassGovernance", ArgumentName=BYPASS_HEADER)
    return asked


def told_lock(
    ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, version_id: str | None
) -> dict[str, Any]:
    """The members of an answer that tell an object's lock, to those who may know."""
    lock = entry.lock
    told: dict[str, Any] = {}
    if lock is None:
        return told
    if lock.mode and may_know_lock(ctx, bucket, key, entry, "s3:GetObjectRetention", version_id):
        told["object_lock_mode"] = MODE_NAMES[lock.mode]
        told["object_lock_retain_until_date"] = lock.until
    if lock.hold is not None and may_know_lock(ctx, bucket, key, entry, "s3:GetObjectLegalHold", version_id):
        told["object_lock_legal_hold_status"] = "ON" if lock.hold else "OFF"
    return told


def may_know_lock(
    ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, action: str, version_id: str | None
) -> bool:
    """Whether the caller may know a version's lock: who owns the bucket or the object, or by a policy."""
    return may_object(ctx, bucket, key, entry, FULL_CONTROL, action, version_id, or_owner=True)


async def _default(ctx: Context, bucket: BucketRecord) -> DefaultRetention | None:
    if not takes_locks(bucket):
        return None
    configured = await OBJECT_LOCK.of(ctx.catalog.buckets, bucket)
    return None if configured is None or configured.rule is None else configured.rule.default_retention


def _locking(asked: Lock | None, default: DefaultRetention | None) -> Locking | None:
    return None if asked is None and default is None else Locking(asked, default)


def _end(default: DefaultRetention, now_ms: int) -> int:
    """When a default retention that begins now ends: days of 24 hours, years by the calendar."""
    if default.days is not None:
        return now_ms + default.days * 86_400_000
    assert default.years is not None
    begin = _EPOCH + timedelta(milliseconds=now_ms)
    try:
        end = begin.replace(year=begin.year + default.years)
    except ValueError:  # the 29th of February
        end = begin.replace(year=begin.year + default.years, month=3, day=1)
    return (end - _EPOCH) // timedelta(milliseconds=1)
