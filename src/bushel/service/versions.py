"""Which version a request means, and what is said where there is none or where it is a delete marker."""

from typing import Final

from bushel.catalog.history import order_of
from bushel.catalog.records import MARKER, NULL_ID, BucketRecord, ObjectEntry
from bushel.protocol.codec.scalars import write_rfc1123
from bushel.protocol.errors import S3Error
from bushel.service.authz import missing_object
from bushel.service.context import Context

NULL: Final = NULL_ID


def check_version_id(version_id: str | None) -> None:
    """Raises S3Error InvalidArgument for a version that cannot exist."""
    if version_id is None or version_id == NULL:
        return
    if not version_id:
        raise S3Error("InvalidArgument.VersionIdEmpty", ArgumentName="versionId", ArgumentValue="")
    if order_of(version_id) is None:
        raise S3Error("InvalidArgument.VersionId", ArgumentName="versionId", ArgumentValue=version_id)


def told_version(bucket: BucketRecord, entry: ObjectEntry) -> str | None:
    """The id to tell of a version: none in buckets that never had versioning."""
    return (entry.version_id or NULL) if bucket.versioning else None


async def find_version(ctx: Context, bucket: BucketRecord, key: str, version_id: str | None) -> ObjectEntry:
    """The entry that a request for an object's metadata means: of the current object, or of the version it names.

    Raises:
        S3Error: InvalidArgument for what is no id, what ``missing_version`` says, MethodNotAllowed for a marker.
    """
    check_version_id(version_id)
    entry = await ctx.catalog.objects.head(bucket, key, version_id)
    if entry is None:
        raise await missing_version(ctx, bucket, key, version_id)
    if entry.storage == MARKER:
        raise marker_named(entry)
    return entry


async def missing_version(ctx: Context, bucket: BucketRecord, key: str, version_id: str | None) -> S3Error:
    """The error where there is no such version, or where the current one is a delete marker (which is told)."""
    error = missing_object(ctx, bucket, key)
    if error.code != "NoSuchKey":
        return error
    if version_id is not None:
        return S3Error("NoSuchVersion", Key=key, VersionId=version_id)
    if bucket.versioning:
        newest = await ctx.catalog.objects.newest(bucket, key)
        if newest is not None and newest.storage == MARKER:
            error.headers += [("x-amz-delete-marker", "true"), ("x-amz-version-id", newest.version_id)]
    return error


def marker_named(marker: ObjectEntry) -> S3Error:
    """The error for a delete marker that is asked for by its id: there is nothing to do with it but remove it."""
    headers = [
        ("x-amz-delete-marker", "true"),
        ("x-amz-version-id", marker.version_id),
        ("Last-Modified", write_rfc1123(marker.last_modified)),
        ("Allow", "DELETE"),
    ]
    return S3Error("MethodNotAllowed", headers=headers, Method="GET", ResourceType="DeleteMarker")
