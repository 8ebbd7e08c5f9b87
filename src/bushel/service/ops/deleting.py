"""Objects deleted: one, or up to a thousand in one request."""

import asyncio
import contextlib
from typing import Final

from bushel.catalog.history import order_of
from bushel.catalog.objects import Condition
from bushel.catalog.records import MARKER, BucketRecord, ObjectEntry
from bushel.protocol.address import MAX_KEY_BYTES
from bushel.protocol.conditions import DeleteConditions, check_delete
from bushel.protocol.errors import S3Error
from bushel.protocol.etags import ANY
from bushel.protocol.operations import DELETE_OBJECT, DELETE_OBJECTS
from bushel.protocol.shapes.object import (
    DeletedObject,
    DeleteObjectInput,
    DeleteObjectOutput,
    DeleteObjectsInput,
    DeleteObjectsOutput,
    Error,
    ObjectIdentifier,
)
from bushel.service.authz import READ, deletion, denied, may_object, missing_object
from bushel.service.context import Context
from bushel.service.faults import as_s3_error
from bushel.service.locks import bypasses_governance
from bushel.service.registry import implements
from bushel.service.versions import NULL, check_version_id

MAX_OBJECTS: Final = 1000

_NO_CONDITIONS: Final = DeleteConditions(None, None, None)


@implements(DELETE_OBJECT)
async def delete_object(ctx: Context, request: DeleteObjectInput) -> DeleteObjectOutput:
    """Remove what the key holds, or put a delete marker on top; a version that is named goes for good.

    Deleting what is not there succeeds, as in S3.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    version_id = request.version_id
    permission = deletion(ctx, bucket, request.key, version_id)
    check_version_id(version_id)
    wanted = DeleteConditions(request.if_match, request.if_match_size, request.if_match_last_modified_time)
    bypass = bypasses_governance(bucket, request.bypass_governance_retention)
    entry = await _delete(ctx, bucket, request.key, version_id, permission, wanted, bypass=bypass)
    if version_id is None and not bucket.versioning:
        return DeleteObjectOutput()
    return DeleteObjectOutput(
        delete_marker=True if entry is not None and entry.storage == MARKER else None,
        version_id=version_id or (None if entry is None else entry.version_id),
    )


async def _delete(
    ctx: Context,
    bucket: BucketRecord,
    key: str,
    version_id: str | None,
    permission: Condition | None,
    wanted: DeleteConditions,
    *,
    bypass: bool,
) -> ObjectEntry | None:
    """What was removed for good, or the delete marker that was put.

    Raises:
        S3Error: What the permission and the conditions refuse; NotImplemented for conditions on a version that is
            named, because they are about the current one.
        Locked: What would go for good must stay.
    """
    objects = ctx.catalog.objects
    if wanted == _NO_CONDITIONS:
        if version_id is None:
            return await objects.delete(bucket, key, ctx.caller.user_id, permission)
        return await objects.delete_version(bucket, key, version_id, permission, bypass_governance=bypass)
    if version_id is not None:
        raise S3Error("NotImplemented.VersionCondition")
    about_tag = wanted.if_match not in {None, ANY}
    known: int | None = None

    def condition(current: ObjectEntry | None) -> None:
        if permission is not None:
            permission(current)
        if about_tag and (None if current is None else current.order) != known:
            raise _OverwrittenMeanwhile
        found = None if current is None else (current.etag, current.size, current.last_modified)
        check_delete(key, found, wanted)

    try:
        while True:
            if about_tag:
                known = await _of_known_tag(ctx, bucket, key)
            with contextlib.suppress(_OverwrittenMeanwhile):
                return await objects.delete(bucket, key, ctx.caller.user_id, condition)
    except S3Error as error:
        newest = await objects.newest(bucket, key) if error.code == "NoSuchKey" and bucket.versioning else None
        if newest is not None and newest.storage == MARKER:
            raise S3Error("PreconditionFailed", Condition="If-Match") from None
        raise


class _OverwrittenMeanwhile(Exception):
    """The object is not the one that the caller was allowed to ask about."""


async def _of_known_tag(ctx: Context, bucket: BucketRecord, key: str) -> int | None:
    """The order of the current object, which the caller may read; ``None`` where there is none.

    Who asks whether a tag is right learns something of the object.

    Raises:
        S3Error: AccessDenied.
    """
    entry = await ctx.catalog.objects.head(bucket, key)
    if entry is None:
        error = missing_object(ctx, bucket, key)
        if error.code != "NoSuchKey":
            raise error
    elif not may_object(ctx, bucket, key, entry, READ, "s3:GetObject"):
        raise denied(ctx, "conditions on its tag are for those who may read the object", "s3:GetObject")
    return None if entry is None else entry.order


@implements(DELETE_OBJECTS)
async def delete_objects(ctx: Context, request: DeleteObjectsInput) -> DeleteObjectsOutput:
    """Remove up to a thousand objects; each is its own atom and has its own outcome."""
    _require_digest(ctx)
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    objects = request.delete.objects
    if not 1 <= len(objects) <= MAX_OBJECTS:
        raise S3Error("MalformedXML")
    if not (ctx.access or ctx.caller.policies):
        deletion(ctx, bucket, "")  # without policies all keys are alike: who may delete none is told once
    bypass = bypasses_governance(bucket, request.bypass_governance_retention)
    outcomes = await asyncio.gather(*(_delete_one(ctx, bucket, each, bypass=bypass) for each in objects))
    quiet = bool(request.delete.quiet)
    return DeleteObjectsOutput(
        deleted=[each for each in outcomes if isinstance(each, DeletedObject) and not quiet],
        errors=[each for each in outcomes if isinstance(each, Error)],
    )


async def _delete_one(
    ctx: Context, bucket: BucketRecord, each: ObjectIdentifier, *, bypass: bool
) -> DeletedObject | Error:
    try:
        if not each.key:
            raise S3Error("UserKeyMustBeSpecified")
        if len(each.key.encode()) > MAX_KEY_BYTES:
            raise S3Error("KeyTooLongError")
        version_id = each.version_id or None
        permission = deletion(ctx, bucket, each.key, version_id)
        if version_id not in {None, NULL} and order_of(version_id) is None:
            raise S3Error("NoSuchVersion")
        wanted = DeleteConditions(each.e_tag, each.size, each.last_modified_time)
        entry = await _delete(ctx, bucket, each.key, version_id, permission, wanted, bypass=bypass)
    except Exception as error:  # noqa: BLE001 - one key's failure must not hide the others' outcomes
        failure = as_s3_error(error)
        if failure.code == "AccessDenied" and not failure.logged:
            denied(ctx, f"{each.key!a} is another user's")
        return Error(key=each.key, version_id=each.version_id, code=failure.code, message=failure.message)
    if entry is None or entry.storage != MARKER:
        return DeletedObject(key=each.key, version_id=version_id)
    return DeletedObject(
        key=each.key, version_id=version_id, delete_marker=True, delete_marker_version_id=entry.version_id
    )


_DIGEST_HEADERS: Final = ("content-md5", "x-amz-trailer")


def _require_digest(ctx: Context) -> None:
    """S3 demands a digest of the document: a damaged list would delete the wrong objects."""
    headers = ctx.headers
    if any(name in headers for name in _DIGEST_HEADERS) or any(name.startswith("x-amz-checksum-") for name in headers):
        return
    raise S3Error("InvalidRequest.MissingDigest")
