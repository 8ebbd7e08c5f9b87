"""From what a request says about grants to what is stored: e-mail addresses become users, users must exist."""

from typing import Any

from bushel.catalog.records import BucketRecord, Grants
from bushel.protocol.acl import EMAIL, PRIVATE, requested, resolved
from bushel.service.context import Context


async def bucket_grants(ctx: Context, request: Any, owner: str) -> Grants:
    """The grants that a request makes for a bucket of ``owner``; private where it says nothing."""
    return await stored_grants(ctx, requested(request, owner, owner, for_bucket=True) or PRIVATE, owner)


async def object_grants(ctx: Context, request: Any, bucket: BucketRecord, owner: str) -> Grants:
    """The grants that a request makes for an object of ``owner``; private where it says nothing."""
    grants = requested(request, owner, bucket.owner, write=ctx.headers.get("x-amz-grant-write"))
    return await stored_grants(ctx, grants, owner) if grants else PRIVATE


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
