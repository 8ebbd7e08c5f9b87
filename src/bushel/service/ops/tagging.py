"""Tags of buckets and objects."""

from typing import Final

import msgspec

from bushel.catalog.records import BucketRecord, Metadata, ObjectEntry
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import (
    DELETE_BUCKET_TAGGING,
    DELETE_OBJECT_TAGGING,
    GET_BUCKET_TAGGING,
    GET_OBJECT_TAGGING,
    PUT_BUCKET_TAGGING,
    PUT_OBJECT_TAGGING,
)
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.tagging import (
    DeleteBucketTaggingInput,
    DeleteObjectTaggingInput,
    DeleteObjectTaggingOutput,
    GetBucketTaggingOutput,
    GetObjectTaggingInput,
    GetObjectTaggingOutput,
    PutBucketTaggingInput,
    PutObjectTaggingInput,
    PutObjectTaggingOutput,
    Tag,
    Tagging,
)
from bushel.protocol.tags import check_bucket_tags, check_object_tags
from bushel.service.authz import require_object, require_owner
from bushel.service.configurations import Configuration, xml_configuration
from bushel.service.context import Context
from bushel.service.registry import implements
from bushel.service.tags import PERMISSION
from bushel.service.versions import find_version, missing_version, told_version

TAGGING: Final[Configuration[Tagging]] = xml_configuration("tagging", Tagging, "Tagging")


@implements(GET_BUCKET_TAGGING)
async def get_bucket_tagging(ctx: Context, request: BucketConfigurationInput) -> GetBucketTaggingOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    tagging = await TAGGING.of(ctx.catalog.buckets, bucket)
    if tagging is None:
        raise S3Error("NoSuchTagSet", BucketName=bucket.name)
    return GetBucketTaggingOutput(tag_set=tagging.tag_set)


@implements(PUT_BUCKET_TAGGING)
async def put_bucket_tagging(ctx: Context, request: PutBucketTaggingInput) -> None:
    """Replace the bucket's tags; an empty set removes them."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    check_bucket_tags(request.tagging.tag_set)
    if request.tagging.tag_set:
        await TAGGING.put(ctx.catalog.buckets, bucket, request.tagging)
    else:
        await TAGGING.delete(ctx.catalog.buckets, bucket)


@implements(DELETE_BUCKET_TAGGING)
async def delete_bucket_tagging(ctx: Context, request: DeleteBucketTaggingInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await TAGGING.delete(ctx.catalog.buckets, bucket)


@implements(GET_OBJECT_TAGGING)
async def get_object_tagging(ctx: Context, request: GetObjectTaggingInput) -> GetObjectTaggingOutput:
    """An object's tags; an empty set where it has none."""
    bucket, entry = await _object(ctx, request)
    assert entry.metadata is not None
    tags = entry.metadata.tags
    return GetObjectTaggingOutput(
        version_id=told_version(bucket, entry), tag_set=[Tag(key=key, value=value) for key, value in tags.items()]
    )


@implements(PUT_OBJECT_TAGGING)
async def put_object_tagging(ctx: Context, request: PutObjectTaggingInput) -> PutObjectTaggingOutput:
    """Replace an object's tags; an empty set removes them."""
    check_object_tags(request.tagging.tag_set)
    bucket, entry = await _object(ctx, request)
    tags = {tag.key: tag.value for tag in request.tagging.tag_set}
    await _replace(ctx, bucket, request.key, request.version_id, entry, tags)
    return PutObjectTaggingOutput(version_id=told_version(bucket, entry))


@implements(DELETE_OBJECT_TAGGING)
async def delete_object_tagging(ctx: Context, request: DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput:
    """Remove an object's tags; it need not have any."""
    bucket, entry = await _object(ctx, request)
    await _replace(ctx, bucket, request.key, request.version_id, entry, {})
    return DeleteObjectTaggingOutput(version_id=told_version(bucket, entry))


async def _object(
    ctx: Context, request: GetObjectTaggingInput | PutObjectTaggingInput | DeleteObjectTaggingInput
) -> tuple[BucketRecord, ObjectEntry]:
    """The object whose tags are meant, which the caller may read and change."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_object(ctx, entry, PERMISSION)
    return bucket, entry


async def _replace(
    ctx: Context, bucket: BucketRecord, key: str, version_id: str | None, entry: ObjectEntry, tags: dict[str, str]
) -> None:
    def replace_tags(current: ObjectEntry) -> Metadata:
        if current.owner != entry.owner:
            # Overwritten by somebody else since the permission was looked at.
            raise S3Error("OperationAborted")
        assert current.metadata is not None
        return msgspec.structs.replace(current.metadata, tags=tags)

    if await ctx.catalog.objects.change_metadata(bucket, key, replace_tags, version_id) is None:
        raise await missing_version(ctx, bucket, key, version_id)
