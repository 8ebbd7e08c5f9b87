"""Annotations of objects where other operations touch them: what a copy takes over."""

import asyncio
import hashlib
from typing import Any, Final

import msgspec

from bushel.catalog.annotated import Annotation, stored
from bushel.catalog.annotations import VersionGone
from bushel.catalog.records import SSE_C
from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.errors import S3Error
from bushel.service.authz import denied, may_object
from bushel.service.context import Context
from bushel.service.encryption.annotations import open_annotation
from bushel.service.encryption.sealing import ObjectSealing
from bushel.service.sources import Source, parse_copy_source

PERMISSION: Final = FULL_CONTROL
"""No permission of an ACL speaks of annotations, as none does of tags."""

MAX_COPY_BYTES: Final = 64 * 1024 * 1024
"""The annotations that one CopyObject takes over are in memory, and in one atom with the object."""


async def copied_annotations(
    ctx: Context, request: Any, source: Source, sealing: ObjectSealing | None
) -> list[Annotation]:
    """The annotations of a copy, in plain text: those of the source, unless the request's directive is EXCLUDE.

    Raises:
        S3Error: AccessDenied where the source has annotations that the caller may not read, InvalidRequest where they
            are more than MAX_COPY_BYTES or the copy is to be encrypted with a customer's key, SlowDown where they
            were changed meanwhile.
    """
    bucket, key, entry = source.bucket, source.key, source.stored.entry
    if entry.annotations is None or request.annotation_directive == "EXCLUDE":
        return []
    _, _, version_id = parse_copy_source(request.copy_source)
    if not may_object(ctx, bucket, key, entry, PERMISSION, "s3:GetObjectAnnotation", version_id):
        raise denied(ctx, "the annotations of the source are for those who may read them", "s3:GetObjectAnnotation")
    if entry.annotations[1] > MAX_COPY_BYTES:
        raise S3Error("InvalidRequest.AnnotationsTooLarge")
    if sealing is not None and sealing.kind == SSE_C:
        raise S3Error("InvalidRequest.AnnotationOfCustomer")
    try:
        found = await ctx.catalog.annotations.whole(bucket, key, entry)
    except VersionGone:
        raise S3Error("SlowDown") from None
    return await asyncio.to_thread(_opened, found, source.unlocked.key)


async def sealed_annotations(annotations: list[Annotation], sealing: ObjectSealing | None) -> list[Annotation]:
    """Annotations in plain text as they are to be stored with an object, whose key is known by now."""
    if sealing is None:
        return [stored(*annotation) for annotation in annotations]
    return await asyncio.to_thread(lambda: [sealing.annotation(*annotation) for annotation in annotations])


def _opened(annotations: list[Annotation], object_key: bytes | None) -> list[Annotation]:
    opened = []
    for annotation in annotations:
        payload = open_annotation(annotation, object_key)
        md5 = hashlib.md5(payload, usedforsecurity=False).digest()
        opened.append(Annotation(msgspec.structs.replace(annotation.record, md5=md5, wrapped_key=b""), payload))
    return opened
