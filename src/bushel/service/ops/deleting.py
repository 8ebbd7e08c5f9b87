"""Objects deleted: one, or up to a thousand in one request."""

import asyncio
from typing import Final

from bushel.catalog.history import order_of
from bushel.catalog.objects import Condition
from bushel.catalog.records import MARKER, BucketRecord, ObjectEntry
from bushel.protocol.address import MAX_KEY_BYTES
from bushel.protocol.errors import S3Error
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
from bushel.service.authz import deletion, denied
from bushel.service.context import Context
from bushel.service.faults import as_s3_error
from bushel.service.registry import implements
from bushel.service.versions import NULL, check_version_id

MAX_OBJECTS: Final = 1000


@implements(DELETE_OBJECT)
async def delete_object(ctx: Context, request: DeleteObjectInput) -> DeleteObjectOutput:
    """Remove what the key holds, or put a delete marker on top; a version that is named goes for good.

    Deleting what is not there succeeds, as in S3.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    condition = deletion(ctx, bucket, request.key, request.version_id)
    version_id = request.version_id
    check_version_id(version_id)
    entry = await _delete(ctx, bucket, request.key, version_id, condition)
    if version_id is None and not bucket.versioning:
        return DeleteObjectOutput()
    return DeleteObjectOutput(
        delete_marker=True if entry is not None and entry.storage == MARKER else None,
        version_id=version_id or (None if entry is None else entry.version_id),
    )


async def _delete(
    ctx: Context, bucket: BucketRecord, key: str, version_id: str | None, condition: Condition | None
) -> ObjectEntry | None:
    """What was removed for good, or the delete marker that was put."""
    if version_id is None:
        return await ctx.catalog.objects.delete(bucket, key, ctx.caller.user_id, condition)
    return await ctx.catalog.objects.delete_version(bucket, key, version_id, condition)


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
    outcomes = await asyncio.gather(*(_delete_one(ctx, bucket, each) for each in objects))
    quiet = bool(request.delete.quiet)
    return DeleteObjectsOutput(
        deleted=[each for each in outcomes if isinstance(each, DeletedObject) and not quiet],
        errors=[each for each in outcomes if isinstance(each, Error)],
    )


async def _delete_one(ctx: Context, bucket: BucketRecord, each: ObjectIdentifier) -> DeletedObject | Error:
    try:
        if not each.key:
            raise S3Error("UserKeyMustBeSpecified")
        if len(each.key.encode()) > MAX_KEY_BYTES:
            raise S3Error("KeyTooLongError")
        version_id = each.version_id or None
        condition = deletion(ctx, bucket, each.key, version_id)
        if version_id not in {None, NULL} and order_of(version_id) is None:
            raise S3Error("NoSuchVersion")
        entry = await _delete(ctx, bucket, each.key, version_id, condition)
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
