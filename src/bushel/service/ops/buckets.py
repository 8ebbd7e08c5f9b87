"""Buckets: list, create, look at, delete, tell where they are."""

import base64
import binascii
import contextlib
from typing import Final

import msgspec

from bushel.catalog.buckets import BucketExists, BucketNotEmpty, TooManyBuckets
from bushel.catalog.objects import ENABLED
from bushel.catalog.records import BucketRecord, Grants
from bushel.catalog.uploads import NoSuchUpload
from bushel.engine.api import MAX_SCAN_CELLS
from bushel.protocol.acl import is_public
from bushel.protocol.address import check_bucket_name
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import CREATE_BUCKET, DELETE_BUCKET, GET_BUCKET_LOCATION, HEAD_BUCKET, LIST_BUCKETS
from bushel.protocol.shapes.bucket import (
    Bucket,
    CreateBucketInput,
    CreateBucketOutput,
    DeleteBucketInput,
    GetBucketLocationInput,
    GetBucketLocationOutput,
    HeadBucketInput,
    HeadBucketOutput,
    ListBucketsInput,
    ListBucketsOutput,
)
from bushel.protocol.shapes.members import Owner
from bushel.protocol.shapes.tagging import Tagging
from bushel.protocol.tags import check_bucket_tags
from bushel.service.access import BLOCK, BLOCK_ALL, ENFORCED
from bushel.service.authz import READ, may_bucket, require_bucket, require_owner, require_user, visible_buckets
from bushel.service.context import Context, is_owner
from bushel.service.grants import bucket_grants, check_public
from bushel.service.locks import ENABLED as LOCK_ENABLED
from bushel.service.locks import OBJECT_LOCK
from bushel.service.ops.tagging import TAGGING
from bushel.service.registry import implements

DEFAULT_REGION: Final = "us-east-1"
"""The region whose name S3 writes as an empty LocationConstraint."""

ANY_REGION: Final = "any"

MAX_LISTED: Final = 10_000
"""Buckets in one answer to a request that names a prefix, a region or a token, but no number."""


@implements(LIST_BUCKETS)
async def list_buckets(ctx: Context, request: ListBucketsInput) -> ListBucketsOutput:
    """The caller's buckets in order of their names; paged where ``max-buckets`` asks for it."""
    require_user(ctx)
    after = _token_name(request.continuation_token)
    prefix = request.prefix or ""
    owned = [
        bucket
        for bucket in await visible_buckets(ctx)
        if bucket.name.startswith(prefix) and bucket.name > after and request.bucket_region in {None, bucket.region}
    ]
    with_region = request.bucket_region is not None or request.max_buckets is not None or request.prefix is not None
    paged = with_region or request.continuation_token is not None
    page = owned[: request.max_buckets or MAX_LISTED] if paged else owned
    more = len(owned) > len(page)
    return ListBucketsOutput(
        buckets=[
            Bucket(
                name=bucket.name,
                creation_date=bucket.created,
                bucket_region=bucket.region if with_region else None,
            )
            for bucket in page
        ],
        owner=Owner(id=ctx.caller.user_id, display_name=ctx.caller.display_name),
        continuation_token=base64.urlsafe_b64encode(page[-1].name.encode()).decode() if more else None,
        prefix=request.prefix,
    )


@implements(CREATE_BUCKET)
async def create_bucket(ctx: Context, request: CreateBucketInput) -> CreateBucketOutput:
    """Make a bucket. In us-east-1 its owner may make it again, which resets the ACL (S3: CreateBucket);
    with tags or Object Lock it is a new bucket that is asked for.
    """
    require_user(ctx)
    service = ctx.service
    check_bucket_name(request.bucket, service.reserved_bucket_names)
    configuration = request.create_bucket_configuration
    region = _region(service.rules.region, configuration.location_constraint if configuration else None)
    owner = ctx.caller.user_id
    grants = await bucket_grants(ctx, request, owner)
    as_aws = service.rules.new_bucket_defaults == "aws"
    ownership = request.object_ownership or (ENFORCED if as_aws else "")
    if grants and ownership == ENFORCED:
        raise S3Error("InvalidBucketAclWithObjectOwnership", BucketName=request.bucket)
    if as_aws and is_public(grants):
        raise S3Error("InvalidBucketAclWithBlockPublicAccessError", BucketName=request.bucket)
    documents = {BLOCK.kind: BLOCK.document(BLOCK_ALL)} if as_aws else {}
    tags = configuration.tags if configuration else ()
    if tags:
        check_bucket_tags(tags)
        documents[TAGGING.kind] = TAGGING.document(Tagging(tag_set=tags))
    with_lock = bool(request.object_lock_enabled_for_bucket)
    if with_lock:
        documents[OBJECT_LOCK.kind] = OBJECT_LOCK.document(LOCK_ENABLED)
    try:
        made = await ctx.catalog.buckets.create(
            request.bucket,
            owner,
            region,
            grants=grants,
            ownership=ownership,
            documents=documents,
            versioning=ENABLED if with_lock else "",
            limit=service.rules.max_buckets_per_user,
        )
        # A bucket has no object yet, so it is soon enough for the owner's quota to come after it.
        await ctx.catalog.quotas.take_over(made, await ctx.catalog.users.by_id(owner))
    except TooManyBuckets:
        raise S3Error("TooManyBuckets") from None
    except BucketExists as error:
        existing = error.record
        if existing.owner != owner:
            raise S3Error("BucketAlreadyExists", BucketName=request.bucket) from None
        if existing.region != DEFAULT_REGION or region != DEFAULT_REGION or tags or with_lock:
            raise S3Error("BucketAlreadyOwnedByYou", BucketName=request.bucket) from None
        await _reset_acl(ctx, request, grants)
    return CreateBucketOutput(location=f"/{request.bucket}")


async def _reset_acl(ctx: Context, request: CreateBucketInput, grants: Grants) -> None:
    bucket = await ctx.bucket(request.bucket)
    check_public(ctx, bucket, grants)

    def reset(record: BucketRecord) -> BucketRecord:
        if grants and record.ownership == ENFORCED:
            raise S3Error("InvalidBucketAclWithObjectOwnership", BucketName=record.name)
        return msgspec.structs.replace(record, grants=grants)

    await ctx.catalog.buckets.update(bucket, reset)


@implements(HEAD_BUCKET)
async def head_bucket(ctx: Context, request: HeadBucketInput) -> HeadBucketOutput:
    """Whether the bucket is there and may be listed; its region is told even to those who may not."""
    bucket = await ctx.bucket(request.bucket)
    expected = request.expected_bucket_owner
    if (expected is not None and not is_owner(bucket, expected)) or not may_bucket(ctx, bucket, READ):
        raise S3Error("AccessDenied", headers=[("x-amz-bucket-region", bucket.region)])
    return HeadBucketOutput(bucket_region=bucket.region, access_point_alias=False)


@implements(DELETE_BUCKET)
async def delete_bucket(ctx: Context, request: DeleteBucketInput) -> None:
    """Delete a bucket without objects. Uploads in progress do not keep it: they are given up, as S3 does."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    for _ in range(_DELETE_ATTEMPTS):
        if await ctx.catalog.objects.any(bucket):
            break
        await _abort_uploads(ctx, bucket)
        try:
            await ctx.catalog.buckets.delete(bucket)
        except BucketNotEmpty:
            continue
        return
    reason = "BucketNotEmpty.Versions" if bucket.versioning else "BucketNotEmpty"
    raise S3Error(reason, BucketName=request.bucket)


@implements(GET_BUCKET_LOCATION)
async def get_bucket_location(ctx: Context, request: GetBucketLocationInput) -> GetBucketLocationOutput:
    """The bucket's region; empty for us-east-1."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ)
    return GetBucketLocationOutput(location_constraint=None if bucket.region == DEFAULT_REGION else bucket.region)


_DELETE_ATTEMPTS: Final = 5
"""Uploads may begin while those found are being given up."""


async def _abort_uploads(ctx: Context, bucket: BucketRecord) -> None:
    start: tuple[bytes, bytes] | None = (b"", b"")
    while start is not None:
        found = await ctx.catalog.uploads.scan(bucket, start, None, MAX_SCAN_CELLS)
        for key, upload in found.uploads:
            with contextlib.suppress(NoSuchUpload):
                await ctx.catalog.uploads.abort(bucket, key.decode(), upload.upload_id)
        start = found.next


def _region(ours: str, asked: str | None) -> str:
    """The region of a new bucket: a server of one region makes buckets there only."""
    if ours == ANY_REGION:
        return asked or DEFAULT_REGION
    if asked is None:
        if ours != DEFAULT_REGION:
            raise S3Error("IllegalLocationConstraintException.Unspecified")
        return ours
    if asked != ours:
        raise S3Error(
            "IllegalLocationConstraintException",
            message=f"The {asked} location constraint is incompatible for the region specific endpoint this request "
            "was sent to.",
        )
    return ours


def _token_name(token: str | None) -> str:
    if token is None:
        return ""
    try:
        return base64.b64decode(token.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise S3Error("InvalidArgument.ContinuationToken", ArgumentName="continuation-token") from None
