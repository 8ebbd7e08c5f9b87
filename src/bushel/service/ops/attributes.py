"""What is known of an object, asked for by name: GetObjectAttributes."""

from typing import Final

from bushel.catalog.records import MULTIPART, BucketRecord, ManifestPart, ObjectEntry
from bushel.protocol.checksums import COMPOSITE
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import GET_OBJECT_ATTRIBUTES
from bushel.protocol.shapes.attributes import (
    Checksum,
    GetObjectAttributesInput,
    GetObjectAttributesOutput,
    GetObjectAttributesParts,
    ObjectPart,
)
from bushel.service.authz import READ, require_object
from bushel.service.checksums import checksum_member
from bushel.service.content import manifest_of
from bushel.service.context import Context
from bushel.service.encryption.unlocking import unlock
from bushel.service.registry import implements
from bushel.service.versions import find_version, told_version

MAX_PARTS: Final = 1000
"""Most parts of one answer, and how many there are where the request does not say."""


@implements(GET_OBJECT_ATTRIBUTES)
async def get_object_attributes(ctx: Context, request: GetObjectAttributesInput) -> GetObjectAttributesOutput:
    """The attributes of an object that the request names."""
    wanted = request.object_attributes
    if not wanted:
        raise S3Error("InvalidRequest.ObjectAttributes")
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_object(ctx, entry, READ)
    unlock(ctx, bucket, request.key, entry, request)
    return GetObjectAttributesOutput(
        last_modified=entry.last_modified,
        version_id=told_version(bucket, entry),
        e_tag=entry.etag if "ETag" in wanted else None,
        checksum=_checksum(entry) if "Checksum" in wanted else None,
        object_parts=await _parts(ctx, bucket, request, entry) if "ObjectParts" in wanted else None,
        storage_class="STANDARD" if "StorageClass" in wanted else None,
        object_size=entry.size if "ObjectSize" in wanted else None,
    )


def _checksum(entry: ObjectEntry) -> Checksum | None:
    """The object's checksum. A composite one is told without its number of parts here, unlike anywhere else."""
    kept = entry.checksum
    return Checksum(checksum_type=kept.type, **checksum_member(kept.algorithm, kept.digest)) if kept else None


async def _parts(
    ctx: Context, bucket: BucketRecord, request: GetObjectAttributesInput, entry: ObjectEntry
) -> GetObjectAttributesParts | None:
    """The parts of a multipart object. S3 lists them where their checksums are needed to check the object's."""
    if entry.storage != MULTIPART:
        return None
    kept = entry.checksum
    if kept is None or kept.type != COMPOSITE:
        return GetObjectAttributesParts(total_parts_count=entry.parts)
    most = MAX_PARTS if request.max_parts is None else min(request.max_parts, MAX_PARTS)
    marker = request.part_number_marker or 0
    parts = (await manifest_of(ctx, bucket, request.key, entry)).parts
    after = [part for part in parts if part.number > marker]
    page = after[:most]
    return GetObjectAttributesParts(
        total_parts_count=entry.parts,
        part_number_marker=marker,
        next_part_number_marker=page[-1].number if page else 0,
        max_parts=most,
        is_truncated=len(after) > len(page) > 0,
        parts=[_told(part, kept.algorithm) for part in page],
    )


def _told(part: ManifestPart, algorithm: str) -> ObjectPart:
    checksum = checksum_member(algorithm, part.checksum) if part.checksum else {}
    return ObjectPart(part_number=part.number, size=part.size, **checksum)
