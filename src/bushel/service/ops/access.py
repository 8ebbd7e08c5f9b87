"""Policies of buckets, public access block, ownership controls: put, read, deleted. Others act on them (``authz``)."""

import msgspec

from bushel.catalog.records import BucketRecord
from bushel.protocol.acl import FULL_CONTROL, USER
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import (
    DELETE_BUCKET_OWNERSHIP_CONTROLS,
    DELETE_BUCKET_POLICY,
    DELETE_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_OWNERSHIP_CONTROLS,
    GET_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_PUBLIC_ACCESS_BLOCK,
    PUT_BUCKET_OWNERSHIP_CONTROLS,
    PUT_BUCKET_POLICY,
    PUT_PUBLIC_ACCESS_BLOCK,
)
from bushel.protocol.policy import account_of, user_arn
from bushel.protocol.policy.principals import ACCOUNT, CANONICAL, Named
from bushel.protocol.shapes.access import (
    DeleteBucketAccessInput,
    GetBucketOwnershipControlsOutput,
    GetBucketPolicyOutput,
    GetBucketPolicyStatusOutput,
    GetPublicAccessBlockOutput,
    OwnershipControls,
    OwnershipControlsRule,
    PolicyStatus,
    PublicAccessBlockConfiguration,
    PutBucketOwnershipControlsInput,
    PutBucketPolicyInput,
    PutPublicAccessBlockInput,
)
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.service.access import BLOCK, ENFORCED, POLICY, POLICY_BINDS_OWNER, BucketPolicy, read_bucket_policy
from bushel.service.authz import denied, require_account, require_owner
from bushel.service.context import Context
from bushel.service.registry import implements


@implements(GET_BUCKET_POLICY)
async def get_bucket_policy(ctx: Context, request: BucketConfigurationInput) -> GetBucketPolicyOutput:
    """The policy as it was put."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_account(ctx, bucket)
    return GetBucketPolicyOutput(policy=(await _policy(ctx, bucket)).document.decode())


@implements(PUT_BUCKET_POLICY)
async def put_bucket_policy(ctx: Context, request: PutBucketPolicyInput) -> None:
    """Replace the policy. Whom it names must exist, as in S3, so that nobody can later become who was meant."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_account(ctx, bucket)
    policy = read_bucket_policy(request.policy.encode(), bucket.name)
    await _check_named(ctx, policy)
    access = ctx.access.get(bucket.name)
    if policy.public and access is not None and access.blocks_public_policy:
        raise denied(ctx, "the public access block refuses public policies")
    binds_owner = bool(request.confirm_remove_self_bucket_access)

    def bind(record: BucketRecord) -> BucketRecord:
        kinds = record.configured - {POLICY_BINDS_OWNER}
        return msgspec.structs.replace(record, configured=kinds | {POLICY_BINDS_OWNER} if binds_owner else kinds)

    await POLICY.put(ctx.catalog.buckets, bucket, policy, bind)


@implements(DELETE_BUCKET_POLICY)
async def delete_bucket_policy(ctx: Context, request: DeleteBucketAccessInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_account(ctx, bucket)

    def unbind(record: BucketRecord) -> BucketRecord:
        return msgspec.structs.replace(record, configured=record.configured - {POLICY_BINDS_OWNER})

    if POLICY.kind in bucket.configured:
        await POLICY.delete(ctx.catalog.buckets, bucket, unbind)


@implements(GET_BUCKET_POLICY_STATUS)
async def get_bucket_policy_status(ctx: Context, request: BucketConfigurationInput) -> GetBucketPolicyStatusOutput:
    """Whether the policy is public, whatever the public access block makes of it."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    policy = await _policy(ctx, bucket)
    return GetBucketPolicyStatusOutput(policy_status=PolicyStatus(is_public=policy.public))


async def _policy(ctx: Context, bucket: BucketRecord) -> BucketPolicy:
    policy = await POLICY.of(ctx.catalog.buckets, bucket)
    if policy is None:
        raise S3Error("NoSuchBucketPolicy", BucketName=bucket.name)
    return policy


async def _check_named(ctx: Context, policy: BucketPolicy) -> None:
    accounts: set[str] | None = None
    for named in policy.policy.named:
        if named.kind == ACCOUNT:
            if accounts is None:
                accounts = {account_of(user.id) for user in await ctx.catalog.users.all()}
                accounts.add(account_of(ctx.service.root.user_id))
            known = named.value in accounts
        else:
            known = await _is_known(ctx, named)
        if not known:
            raise S3Error("MalformedPolicy", message="Invalid principal in policy", Detail=named.value)


async def _is_known(ctx: Context, named: Named) -> bool:
    users = ctx.catalog.users
    if named.kind == CANONICAL:
        return named.value == ctx.service.root.user_id or await users.by_id(named.value) is not None
    user = await users.get(named.value.partition(":user/")[2])
    return user is not None and user_arn(user.id, user.name) == named.value


@implements(GET_PUBLIC_ACCESS_BLOCK)
async def get_public_access_block(ctx: Context, request: BucketConfigurationInput) -> GetPublicAccessBlockOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    block = await BLOCK.of(ctx.catalog.buckets, bucket)
    if block is None:
        raise S3Error("NoSuchPublicAccessBlockConfiguration", BucketName=bucket.name)
    return GetPublicAccessBlockOutput(public_access_block_configuration=block)


@implements(PUT_PUBLIC_ACCESS_BLOCK)
async def put_public_access_block(ctx: Context, request: PutPublicAccessBlockInput) -> None:
    """Replace the block; what the request does not name is off."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    asked = msgspec.structs.asdict(request.public_access_block_configuration)
    if all(value is None for value in asked.values()):
        raise S3Error("InvalidRequest.NoPublicAccessBlock")
    block = PublicAccessBlockConfiguration(**{field: bool(value) for field, value in asked.items()})
    await BLOCK.put(ctx.catalog.buckets, bucket, block)


@implements(DELETE_PUBLIC_ACCESS_BLOCK)
async def delete_public_access_block(ctx: Context, request: DeleteBucketAccessInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await BLOCK.delete(ctx.catalog.buckets, bucket)


@implements(GET_BUCKET_OWNERSHIP_CONTROLS)
async def get_bucket_ownership_controls(
    ctx: Context, request: BucketConfigurationInput
) -> GetBucketOwnershipControlsOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    ownership = bucket.ownership
    if not ownership:
        raise S3Error("OwnershipControlsNotFoundError", BucketName=bucket.name)
    rule = msgspec.convert({"object_ownership": ownership}, OwnershipControlsRule)
    return GetBucketOwnershipControlsOutput(ownership_controls=OwnershipControls(rules=(rule,)))


@implements(PUT_BUCKET_OWNERSHIP_CONTROLS)
async def put_bucket_ownership_controls(ctx: Context, request: PutBucketOwnershipControlsInput) -> None:
    """Set who owns what is written. An ACL that grants anything to others stands in the way of BucketOwnerEnforced."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    rules = request.ownership_controls.rules
    if len(rules) != 1:
        raise S3Error("MalformedXML")
    ownership = rules[0].object_ownership

    def own(record: BucketRecord) -> BucketRecord:
        if ownership == ENFORCED and any(grant != (USER, record.owner, FULL_CONTROL) for grant in record.grants):
            raise S3Error("InvalidBucketAclWithObjectOwnership", BucketName=record.name)
        return msgspec.structs.replace(record, ownership=ownership)

    await ctx.catalog.buckets.update(bucket, own)


@implements(DELETE_BUCKET_OWNERSHIP_CONTROLS)
async def delete_bucket_ownership_controls(ctx: Context, request: DeleteBucketAccessInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    await ctx.catalog.buckets.update(bucket, lambda record: msgspec.structs.replace(record, ownership=""))
