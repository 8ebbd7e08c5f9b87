"""Archived objects fetched back: none is archived, so each request is answered as S3 answers for STANDARD."""

from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import RESTORE_OBJECT
from bushel.protocol.shapes.restore import RestoreObjectInput, RestoreObjectOutput
from bushel.service.authz import require_object
from bushel.service.context import Context
from bushel.service.registry import implements
from bushel.service.versions import find_version


@implements(RESTORE_OBJECT)
async def restore_object(ctx: Context, request: RestoreObjectInput) -> RestoreObjectOutput:
    """Refuse to restore what is not archived.

    Raises:
        S3Error: InvalidObjectState for every object that there is.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_object(ctx, entry, FULL_CONTROL)
    raise S3Error("InvalidObjectState", StorageClass="STANDARD")
