"""Lifecycle rules of buckets: put, read, deleted. ``background.lifecycle`` carries them out."""

import msgspec

from bushel.protocol.errors import S3Error
from bushel.protocol.lifecycle import Lifecycle, check_rules
from bushel.protocol.operations import (
    DELETE_BUCKET_LIFECYCLE,
    GET_BUCKET_LIFECYCLE_CONFIGURATION,
    PUT_BUCKET_LIFECYCLE_CONFIGURATION,
)
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.lifecycle import (
    DeleteBucketLifecycleInput,
    GetBucketLifecycleConfigurationOutput,
    PutBucketLifecycleConfigurationInput,
    PutBucketLifecycleConfigurationOutput,
)
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.lifecycle import LIFECYCLE, Rules
from bushel.service.registry import implements


@implements(GET_BUCKET_LIFECYCLE_CONFIGURATION)
async def get_bucket_lifecycle_configuration(
    ctx: Context, request: BucketConfigurationInput
) -> GetBucketLifecycleConfigurationOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    rules = await LIFECYCLE.of(ctx.catalog.buckets, bucket)
    if rules is None:
        raise S3Error("NoSuchLifecycleConfiguration", BucketName=bucket.name)
    return GetBucketLifecycleConfigurationOutput(
        rules=rules.lifecycle.rules, transition_default_minimum_object_size=rules.minimum_object_size
    )


@implements(PUT_BUCKET_LIFECYCLE_CONFIGURATION)
async def put_bucket_lifecycle_configuration(
    ctx: Context, request: PutBucketLifecycleConfigurationInput
) -> PutBucketLifecycleConfigurationOutput:
    """Replace the bucket's rules. One without an id gets one, as in S3.

    The least size of what is moved to other storage classes is kept and told; nothing is moved.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    if request.lifecycle_configuration is None:
        raise S3Error("MissingRequestBodyError")
    rules = request.lifecycle_configuration.rules
    check_rules(rules)
    named = [
        rule if rule.id else msgspec.structs.replace(rule, id=ctx.service.randomness.token(18).hex()) for rule in rules
    ]
    minimum = request.transition_default_minimum_object_size or "all_storage_classes_128K"
    await LIFECYCLE.put(ctx.catalog.buckets, bucket, Rules(Lifecycle(named), minimum))
    return PutBucketLifecycleConfigurationOutput(transition_default_minimum_object_size=minimum)


@implements(DELETE_BUCKET_LIFECYCLE)
async def delete_bucket_lifecycle(ctx: Context, request: DeleteBucketLifecycleInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await LIFECYCLE.delete(ctx.catalog.buckets, bucket)
