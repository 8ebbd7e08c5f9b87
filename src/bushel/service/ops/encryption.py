"""What buckets encrypt their objects with."""

import msgspec

from bushel.protocol.encryption import AES256, KMS
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import DELETE_BUCKET_ENCRYPTION, GET_BUCKET_ENCRYPTION, PUT_BUCKET_ENCRYPTION
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.encryption import (
    DeleteBucketEncryptionInput,
    GetBucketEncryptionOutput,
    PutBucketEncryptionInput,
    ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
)
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.encryption.choosing import master_wrapping
from bushel.service.encryption.defaults import ENCRYPTION, NO_RULE
from bushel.service.registry import implements


@implements(GET_BUCKET_ENCRYPTION)
async def get_bucket_encryption(ctx: Context, request: BucketConfigurationInput) -> GetBucketEncryptionOutput:
    """The configuration. A bucket that has none encrypts nothing, and says so with S3's older answer."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    configured = await ENCRYPTION.of(ctx.catalog.buckets, bucket)
    if configured is None:
        raise S3Error("ServerSideEncryptionConfigurationNotFoundError", BucketName=bucket.name)
    return GetBucketEncryptionOutput(server_side_encryption_configuration=configured)


@implements(PUT_BUCKET_ENCRYPTION)
async def put_bucket_encryption(ctx: Context, request: PutBucketEncryptionInput) -> None:
    """Replace the configuration; it acts on objects that are written from then on.

    As in S3, the named key of SSE-KMS is not looked for: writes are refused until it is there.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    (rule,) = _one_rule(request.server_side_encryption_configuration)
    default = rule.apply_server_side_encryption_by_default
    if default is not None:
        if default.sse_algorithm not in {AES256, KMS}:
            raise S3Error("NotImplemented.Element", Element="SSEAlgorithm")
        if default.sse_algorithm == AES256:
            if default.kms_master_key_id is not None:
                raise S3Error("InvalidArgument.DefaultKey", ArgumentName="ApplyServerSideEncryptionByDefault")
            master_wrapping(ctx)
    if rule.bucket_key_enabled is None:
        rule = msgspec.structs.replace(rule, bucket_key_enabled=False)  # S3 tells it, whoever said it
    await ENCRYPTION.put(ctx.catalog.buckets, bucket, ServerSideEncryptionConfiguration(rules=(rule,)))


@implements(DELETE_BUCKET_ENCRYPTION)
async def delete_bucket_encryption(ctx: Context, request: DeleteBucketEncryptionInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await ENCRYPTION.delete(ctx.catalog.buckets, bucket)


def _one_rule(configuration: ServerSideEncryptionConfiguration) -> tuple[ServerSideEncryptionRule]:
    """S3 takes one rule, which has to say something."""
    rules = tuple(configuration.rules)
    if len(rules) != 1 or rules[0] == NO_RULE:
        raise S3Error("MalformedXML")
    return rules
