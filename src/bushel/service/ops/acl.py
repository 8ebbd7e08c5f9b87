"""Access control lists of buckets and objects, read and replaced."""

from typing import Any

import msgspec

from bushel.catalog.records import BucketRecord, Grants, Metadata, ObjectEntry
from bushel.protocol.acl import GROUP, PRIVATE, expanded, from_document, requested
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import GET_BUCKET_ACL, GET_OBJECT_ACL, PUT_BUCKET_ACL, PUT_OBJECT_ACL
from bushel.protocol.shapes.acl import (
    GetBucketAclInput,
    GetBucketAclOutput,
    GetObjectAclInput,
    GetObjectAclOutput,
    Grant,
    Grantee,
    PutBucketAclInput,
    PutObjectAclInput,
    PutObjectAclOutput,
)
from bushel.protocol.shapes.members import Owner
from bushel.service.access import ENFORCED
from bushel.service.authz import READ_ACP, WRITE_ACP, require_bucket, require_object
from bushel.service.context import Context
from bushel.service.grants import check_public, stored_grants
from bushel.service.registry import implements
from bushel.service.versions import find_version, missing_version


@implements(GET_BUCKET_ACL)
async def get_bucket_acl(ctx: Context, request: GetBucketAclInput) -> GetBucketAclOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ_ACP)
    return GetBucketAclOutput(
        owner=Owner(id=bucket.owner, display_name=await ctx.display_name(bucket.owner)),
        grants=await _told(ctx, bucket.grants, bucket.owner),
    )


@implements(PUT_BUCKET_ACL)
async def put_bucket_acl(ctx: Context, request: PutBucketAclInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE_ACP)
    grants = await _asked(ctx, request, bucket.owner, bucket, for_bucket=True)

    def replace_grants(record: BucketRecord) -> BucketRecord:
        if record.ownership == ENFORCED:
            raise S3Error("AccessControlListNotSupported")
        return msgspec.structs.replace(record, grants=grants)

    await ctx.catalog.buckets.update(bucket, replace_grants)


@implements(GET_OBJECT_ACL)
async def get_object_acl(ctx: Context, request: GetObjectAclInput) -> GetObjectAclOutput:
    bucket, entry = await _object(ctx, request)
    require_object(ctx, entry, READ_ACP)
    assert entry.metadata is not None
    owner, grants = entry.owner, entry.metadata.grants
    if bucket.ownership == ENFORCED:
        owner, grants = bucket.owner, PRIVATE
    return GetObjectAclOutput(
        owner=Owner(id=owner, display_name=await ctx.display_name(owner)), grants=await _told(ctx, grants, owner)
    )


@implements(PUT_OBJECT_ACL)
async def put_object_acl(ctx: Context, request: PutObjectAclInput) -> PutObjectAclOutput:
    bucket, entry = await _object(ctx, request)
    require_object(ctx, entry, WRITE_ACP)
    grants = await _asked(ctx, request, entry.owner, bucket)

    def replace_grants(current: ObjectEntry) -> Metadata:
        if current.owner != entry.owner:
            # Overwritten by somebody else since the permission was looked at.
            raise S3Error("OperationAborted")
        assert current.metadata is not None
        return msgspec.structs.replace(current.metadata, grants=grants)

    changed = await ctx.catalog.objects.change_metadata(bucket, request.key, replace_grants, request.version_id)
    if changed is None:
        raise await missing_version(ctx, bucket, request.key, request.version_id)
    return PutObjectAclOutput()


async def _object(ctx: Context, request: GetObjectAclInput | PutObjectAclInput) -> tuple[BucketRecord, ObjectEntry]:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    return bucket, await find_version(ctx, bucket, request.key, request.version_id)


async def _asked(ctx: Context, request: Any, owner: str, bucket: BucketRecord, *, for_bucket: bool = False) -> Grants:
    """The grants that a Put…Acl request asks for: by headers or by a document, never both."""
    if bucket.ownership == ENFORCED:
        raise S3Error("AccessControlListNotSupported")
    by_headers = requested(request, owner, bucket.owner, for_bucket=for_bucket)
    document = request.access_control_policy
    if by_headers is None:
        if document is None:
            raise S3Error("MissingSecurityHeader")
        grants = from_document(document, owner)
    elif document is not None:
        raise S3Error("UnexpectedContent")
    else:
        grants = by_headers
    check_public(ctx, bucket, grants)
    return await stored_grants(ctx, grants, owner)


async def _told(ctx: Context, grants: Grants, owner: str) -> list[Grant]:
    told = []
    permission: Any  # one of the shape's values, since only those are ever stored
    for kind, grantee, permission in expanded(grants, owner):
        if kind == GROUP:
            who = Grantee(type="Group", uri=grantee)
        else:
            who = Grantee(type="CanonicalUser", id=grantee, display_name=await ctx.display_name(grantee))
        told.append(Grant(grantee=who, permission=permission))
    return told
