"""The source of a copy: what ``x-amz-copy-source`` names, whether the caller may read it, whether it is as expected."""

from typing import Any, NamedTuple

from bushel.catalog.objects import Stored
from bushel.catalog.records import MARKER, BucketRecord
from bushel.protocol.address import decode_path
from bushel.protocol.conditions import check_copy_source
from bushel.protocol.errors import S3Error
from bushel.service.authz import READ, require_object
from bushel.service.context import Context
from bushel.service.encryption.unlocking import Unlocked, unlock_source
from bushel.service.versions import check_version_id, missing_version


class Source(NamedTuple):
    """What a copy reads; ``named``: the request names the version, which may be copied onto its own key."""

    bucket: BucketRecord
    key: str
    stored: Stored
    named: bool
    unlocked: Unlocked


async def copy_source(ctx: Context, request: Any) -> Source:
    """The object that a CopyObject or UploadPartCopy request names.

    Raises:
        S3Error: InvalidArgument for a malformed source or version, NoSuchBucket, NoSuchKey, NoSuchVersion,
            InvalidRequest for a delete marker, AccessDenied, PreconditionFailed; InvalidRequest and others for an
            encrypted source without its key.
    """
    name, key, version_id = parse_copy_source(request.copy_source)
    bucket = await ctx.bucket(name, request.expected_source_bucket_owner)
    check_version_id(version_id)
    stored = await ctx.catalog.objects.get(bucket, key, version_id)
    if stored is None:
        raise await missing_version(ctx, bucket, key, version_id)
    entry = stored.entry
    if entry.storage == MARKER:
        raise S3Error("InvalidRequest.CopyOfMarker")
    require_object(ctx, entry, READ, bucket=bucket, key=key, action="s3:GetObject", version_id=version_id)
    unlocked = unlock_source(ctx, bucket, key, entry, request)
    check_copy_source(
        entry.etag,
        entry.last_modified,
        ctx.service.clock.now_ns() // 1_000_000,
        if_match=request.copy_source_if_match,
        if_none_match=request.copy_source_if_none_match,
        if_modified_since=request.copy_source_if_modified_since,
        if_unmodified_since=request.copy_source_if_unmodified_since,
    )
    return Source(bucket, key, stored, bool(bucket.versioning) and version_id is not None, unlocked)


def parse_copy_source(text: str) -> tuple[str, str, str | None]:
    """``[/]bucket/key[?versionId=id]``, percent-encoded, to bucket, key and version id.

    Raises:
        S3Error: InvalidArgument.
    """
    path, mark, query = text.partition("?versionId=")
    name, slash, key = decode_path(path).removeprefix("/").partition("/")
    if not slash or not name or not key:
        raise S3Error("InvalidArgument.CopySource", ArgumentName="x-amz-copy-source", ArgumentValue=text)
    return name, key, decode_path(query) if mark else None
