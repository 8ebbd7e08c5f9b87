"""Tags of buckets."""

from typing import Final

from bushel.protocol.errors import S3Error
from bushel.protocol.operations import DELETE_BUCKET_TAGGING, GET_BUCKET_TAGGING, PUT_BUCKET_TAGGING
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.tagging import (
    DeleteBucketTaggingInput,
    GetBucketTaggingOutput,
    PutBucketTaggingInput,
    Tagging,
)
from bushel.protocol.tags import check_bucket_tags
from bushel.service.authz import require_owner
from bushel.service.configurations import Configuration, xml_configuration
from bushel.service.context import Context
from bushel.service.registry import implements

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
