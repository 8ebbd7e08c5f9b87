"""Object Lock: a bucket's default retention, retention and legal hold of versions."""

from typing import Final

import msgspec

from bushel.catalog.objects import ENABLED
from bushel.catalog.records import BucketRecord, Lock, ObjectEntry
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import (
    GET_OBJECT_LEGAL_HOLD,
    GET_OBJECT_LOCK_CONFIGURATION,
    GET_OBJECT_RETENTION,
    PUT_OBJECT_LEGAL_HOLD,
    PUT_OBJECT_LOCK_CONFIGURATION,
    PUT_OBJECT_RETENTION,
)
from bushel.protocol.shapes.configuration import BucketConfigurationInput, ObjectConfigurationInput
from bushel.protocol.shapes.object_lock import (
    DefaultRetention,
    GetObjectLegalHoldOutput,
    GetObjectLockConfigurationOutput,
    GetObjectRetentionOutput,
    ObjectLockConfiguration,
    ObjectLockLegalHold,
    ObjectLockRetention,
    PutObjectLegalHoldInput,
    PutObjectLegalHoldOutput,
    PutObjectLockConfigurationInput,
    PutObjectLockConfigurationOutput,
    PutObjectRetentionInput,
    PutObjectRetentionOutput,
)
from bushel.service.authz import denied, require_owner, require_owner_for
from bushel.service.context import Context
from bushel.service.locks import (
    MODE_NAMES,
    MODES,
    OBJECT_LOCK,
    bypasses_governance,
    may_know_lock,
    require_future,
    require_lock_bucket,
)
from bushel.service.registry import implements
from bushel.service.versions import find_version, missing_version

MAX_DAYS: Final = 36_500
MAX_YEARS: Final = 100
"""Of a default retention (S3 User Guide, "Object Lock considerations": at most 100 years)."""


@implements(GET_OBJECT_LOCK_CONFIGURATION)
async def get_object_lock_configuration(
    ctx: Context, request: BucketConfigurationInput
) -> GetObjectLockConfigurationOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    configured = await OBJECT_LOCK.of(ctx.catalog.buckets, bucket)
    if configured is None:
        raise S3Error("ObjectLockConfigurationNotFoundError", BucketName=bucket.name)
    return GetObjectLockConfigurationOutput(object_lock_configuration=configured)


@implements(PUT_OBJECT_LOCK_CONFIGURATION)
async def put_object_lock_configuration(
    ctx: Context, request: PutObjectLockConfigurationInput
) -> PutObjectLockConfigurationOutput:
    """Let a bucket take locks, for ever, and replace its default retention; versions that are there keep theirs.

    Raises:
        S3Error: MalformedXML, InvalidRetentionPeriod and InvalidArgument for what is no default retention;
            InvalidBucketState where versioning is not enabled.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    configuration = request.object_lock_configuration
    if configuration is None:
        raise S3Error("MissingRequestBodyError")
    _check(configuration)

    def require_versions(record: BucketRecord) -> BucketRecord:
        if record.versioning != ENABLED:
            raise S3Error("InvalidBucketState.Versioning")
        return record

    await OBJECT_LOCK.put(ctx.catalog.buckets, bucket, configuration, require_versions)
    return PutObjectLockConfigurationOutput()


@implements(GET_OBJECT_RETENTION)
async def get_object_retention(ctx: Context, request: ObjectConfigurationInput) -> GetObjectRetentionOutput:
    """A version's retention, also when it has ended."""
    lock = await _known_lock(ctx, request)
    if lock is None or not lock.mode:
        raise S3Error("NoSuchObjectLockConfiguration", Key=request.key)
    retention = ObjectLockRetention(mode=MODE_NAMES[lock.mode], retain_until_date=lock.until)
    return GetObjectRetentionOutput(retention=retention)


@implements(PUT_OBJECT_RETENTION)
async def put_object_retention(ctx: Context, request: PutObjectRetentionInput) -> PutObjectRetentionOutput:
    """Replace a version's retention; an empty document removes it.

    Raises:
        S3Error: AccessDenied where that would weaken COMPLIANCE, or GOVERNANCE without the word and the right to;
            MalformedXML, InvalidArgument for a date that is over.
    """
    bucket, version = await _lockable(ctx, request)
    retention = request.retention
    if retention is None:
        raise S3Error("MissingRequestBodyError")
    mode, until = retention.mode, retention.retain_until_date
    if (mode is None) != (until is None):
        raise S3Error("MalformedXML")
    if until is not None:
        require_future(ctx, until, "RetainUntilDate")
    number = MODES[mode] if mode is not None else 0

    def retain(lock: Lock) -> Lock:
        return msgspec.structs.replace(lock, mode=number, until=until or 0)

    bypass = bypasses_governance(bucket, request.bypass_governance_retention)
    changed = await ctx.catalog.objects.change_lock(bucket, request.key, version, retain, bypass_governance=bypass)
    if changed is None:
        raise await missing_version(ctx, bucket, request.key, request.version_id)
    return PutObjectRetentionOutput()


@implements(GET_OBJECT_LEGAL_HOLD)
async def get_object_legal_hold(ctx: Context, request: ObjectConfigurationInput) -> GetObjectLegalHoldOutput:
    """Whether a version is under a legal hold; an error where nobody ever said."""
    lock = await _known_lock(ctx, request)
    if lock is None or lock.hold is None:
        raise S3Error("NoSuchObjectLockConfiguration", Key=request.key)
    return GetObjectLegalHoldOutput(legal_hold=ObjectLockLegalHold(status="ON" if lock.hold else "OFF"))


@implements(PUT_OBJECT_LEGAL_HOLD)
async def put_object_legal_hold(ctx: Context, request: PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput:
    """Put a version under a legal hold, or take it away; its retention stays as it is."""
    bucket, version = await _lockable(ctx, request)
    if request.legal_hold is None:
        raise S3Error("MissingRequestBodyError")
    status = request.legal_hold.status
    if status is None:
        raise S3Error("MalformedXML")

    def hold(lock: Lock) -> Lock:
        return msgspec.structs.replace(lock, hold=status == "ON")

    if await ctx.catalog.objects.change_lock(bucket, request.key, version, hold) is None:
        raise await missing_version(ctx, bucket, request.key, request.version_id)
    return PutObjectLegalHoldOutput()


def _check(configuration: ObjectLockConfiguration) -> None:
    if configuration.object_lock_enabled is None:
        raise S3Error("MalformedXML")
    if configuration.rule is None:
        return
    default = configuration.rule.default_retention
    if default is None or default.mode is None or (default.days is None) == (default.years is None):
        raise S3Error("MalformedXML")
    _check_period(default)


def _check_period(default: DefaultRetention) -> None:
    for name, given, most in (("Days", default.days, MAX_DAYS), ("Years", default.years, MAX_YEARS)):
        if given is None:
            continue
        if given <= 0:
            raise S3Error("InvalidRetentionPeriod")
        if given > most:
            raise S3Error("InvalidArgument.DefaultRetention", ArgumentName=name, ArgumentValue=str(given))


async def _known_lock(ctx: Context, request: ObjectConfigurationInput) -> Lock | None:
    """The lock of the version that is asked for, which the caller may know."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    if not may_know_lock(ctx, bucket, request.key, entry, ctx.operation.action, request.version_id):
        raise denied(ctx, "a lock is told to the owners of bucket and object, or by a policy")
    require_lock_bucket(bucket)
    return entry.lock


async def _lockable(
    ctx: Context, request: PutObjectRetentionInput | PutObjectLegalHoldInput
) -> tuple[BucketRecord, ObjectEntry]:
    """The version that is asked for, whose lock the caller may change."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_owner_for(ctx, bucket, entry=entry, version_id=request.version_id)
    require_lock_bucket(bucket)
    return bucket, entry
