"""Web sites of buckets, as configurations; they are served by ``web``."""

from bushel.protocol.errors import S3Error
from bushel.protocol.operations import DELETE_BUCKET_WEBSITE, GET_BUCKET_WEBSITE, PUT_BUCKET_WEBSITE
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.website import DeleteBucketWebsiteInput, GetBucketWebsiteOutput, PutBucketWebsiteInput
from bushel.protocol.website import check_website
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.registry import implements
from bushel.service.websites import WEBSITE


@implements(GET_BUCKET_WEBSITE)
async def get_bucket_website(ctx: Context, request: BucketConfigurationInput) -> GetBucketWebsiteOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    site = await WEBSITE.of(ctx.catalog.buckets, bucket)
    if site is None:
        raise S3Error("NoSuchWebsiteConfiguration", BucketName=bucket.name)
    return GetBucketWebsiteOutput(
        redirect_all_requests_to=site.redirect_all_requests_to,
        index_document=site.index_document,
        error_document=site.error_document,
        routing_rules=site.routing_rules,
    )


@implements(PUT_BUCKET_WEBSITE)
async def put_bucket_website(ctx: Context, request: PutBucketWebsiteInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    check_website(request.website_configuration)
    await WEBSITE.put(ctx.catalog.buckets, bucket, request.website_configuration)


@implements(DELETE_BUCKET_WEBSITE)
async def delete_bucket_website(ctx: Context, request: DeleteBucketWebsiteInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await WEBSITE.delete(ctx.catalog.buckets, bucket)
