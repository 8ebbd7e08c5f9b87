"""From what a request says about grants to what is stored: e-mail addresses become users, users must exist.

Here too is what ownership controls and the public access block make of it: who owns a new object, which ACLs a bucket
takes.
"""

from typing import Any

from bushel.catalog.records import BucketRecord, Grants
from bushel.protocol.acl import EMAIL, PRIVATE, is_public, requested, resolved
from bushel.protocol.errors import S3Error
from bushel.service.access import NOTHING_SAID, PREFERRED
from bushel.service.authz import denied
from bushel.service.context import Context

_TO_BUCKET_OWNER = "bucket-owner-full-control"


async def bucket_grants(ctx: Context, request: Any, owner: str) -> Grants:
    """The grants that a request makes for a bucket of ``owner``; private where it says nothing."""
    return await stored_grants(ctx, requested(request, owner, owner, for_bucket=True) or PRIVATE, owner)


async def object_grants(ctx: Context, request: Any, bucket: BucketRecord, owner: str) -> Grants:
    """The grants that a request makes for an object of ``owner``; private where it says nothing.

    Raises:
        S3Error: AccessControlListNotSupported, AccessDenied, and what ACLs can be refused for.
    """
    grants = requested(request, owner, bucket.owner, write=ctx.headers.get("x-amz-grant-write"))
    if ctx.access and grants is not None:
        access = ctx.access.get(bucket.name, NOTHING_SAID)
        if access.enforced:
            # The one list that says what is so anyway.
            if grants != PRIVATE or request.acl == "private":
                raise S3Error("AccessControlListNotSupported")
            return PRIVATE
        check_public(ctx, bucket, grants)
    return await stored_grants(ctx, grants, owner) if grants else PRIVATE


def check_public(ctx: Context, bucket: BucketRecord, grants: Grants) -> None:
    """Raises S3Error AccessDenied for a public ACL where the bucket's public access block refuses those."""
    if ctx.access and is_public(grants) and ctx.access.get(bucket.name, NOTHING_SAID).blocks_public_acls:
        raise denied(ctx, "the public access block refuses public ACLs")


def object_owner(ctx: Context, request: Any, bucket: BucketRecord) -> str:
    """Who owns the object that a request writes (S3 User Guide, "Controlling ownership of objects").

    What users with policies write belongs to the bucket's owner, as what IAM users write belongs to their account.
    """
    if ctx.caller.policies:
        return bucket.owner
    if ctx.access:
        access = ctx.access.get(bucket.name, NOTHING_SAID)
        if access.enforced or (access.ownership == PREFERRED and request.acl == _TO_BUCKET_OWNER):
            return bucket.owner
    return ctx.caller.user_id


async def stored_grants(ctx: Context, grants: Grants, owner: str) -> Grants:
    """The grants in the form that is kept.

    Raises:
        S3Error: UnresolvableGrantByEmailAddress, InvalidArgument for an unknown user.
    """
    if not grants:
        return grants

    async def look_up(kind: str, value: str) -> str | None:
        if kind == EMAIL:
            user = await ctx.catalog.users.by_email(value)
            return None if user is None else user.id
        known = value in {ctx.service.root.user_id, ctx.caller.user_id}
        return value if known or await ctx.catalog.users.by_id(value) is not None else None

    return await resolved(grants, owner, look_up)
