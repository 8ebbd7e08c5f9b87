"""Annotations of objects where other operations touch them: what a copy takes over."""

from typing import Any, Final

from bushel.catalog.annotated import Annotation
from bushel.catalog.annotations import VersionGone
from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.errors import S3Error
from bushel.service.authz import denied, may_object
from bushel.service.context import Context
from bushel.service.sources import Source, parse_copy_source

PERMISSION: Final = FULL_CONTROL
"""No permission of an ACL speaks of annotations, as none does of tags."""

MAX_COPY_BYTES: Final = 64 * 1024 * 1024
"""The annotations that one CopyObject takes over are in memory, and in one atom with the object."""


async def copied_annotations(ctx: Context, request: Any, source: Source) -> list[Annotation]:
    """The annotations of a copy: those of the source, unless the request's directive is EXCLUDE.

    Raises:
        S3Error: AccessDenied where the source has annotations that the caller may not read, InvalidRequest where they
            are more than MAX_COPY_BYTES, SlowDown where they were changed meanwhile.
    """
    bucket, key, entry = source.bucket, source.key, source.stored.entry
    if entry.annotations is None or request.annotation_directive == "EXCLUDE":
        return []
    _, _, version_id = parse_copy_source(request.copy_source)
    if not may_object(ctx, bucket, key, entry, PERMISSION, "s3:GetObjectAnnotation", version_id):
        raise denied(ctx, "the annotations of the source are for those who may read them", "s3:GetObjectAnnotation")
    if entry.annotations[1] > MAX_COPY_BYTES:
        raise S3Error("InvalidRequest.AnnotationsTooLarge")
    try:
        return await ctx.catalog.annotations.whole(bucket, key, entry)
    except VersionGone:
        raise S3Error("SlowDown") from None
