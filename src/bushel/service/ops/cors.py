"""Cross-origin rules of buckets: put, read, deleted. ``server.pipeline`` answers browsers by them."""

from bushel.protocol.cors import Cors, check_cors
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import DELETE_BUCKET_CORS, GET_BUCKET_CORS, PUT_BUCKET_CORS
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.cors import DeleteBucketCorsInput, GetBucketCorsOutput, PutBucketCorsInput
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.cors import CORS
from bushel.service.registry import implements


@implements(GET_BUCKET_CORS)
async def get_bucket_cors(ctx: Context, request: BucketConfigurationInput) -> GetBucketCorsOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    cors = await CORS.of(ctx.catalog.buckets, bucket)
    if cors is None:
        raise S3Error("NoSuchCORSConfiguration", BucketName=bucket.name)
    return GetBucketCorsOutput(cors_rules=cors.configuration.cors_rules)


@implements(PUT_BUCKET_CORS)
async def put_bucket_cors(ctx: Context, request: PutBucketCorsInput) -> None:
    """Replace the bucket's rules."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    check_cors(request.cors_configuration)
    await CORS.put(ctx.catalog.buckets, bucket, Cors(request.cors_configuration))


@implements(DELETE_BUCKET_CORS)
async def delete_bucket_cors(ctx: Context, request: DeleteBucketCorsInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await CORS.delete(ctx.catalog.buckets, bucket)
