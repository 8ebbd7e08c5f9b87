"""Uploads in progress and their parts, listed."""

from typing import Final

from bushel.catalog.records import UploadRecord
from bushel.catalog.uploads import NoSuchUpload, is_upload_id
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import LIST_MULTIPART_UPLOADS, LIST_PARTS
from bushel.protocol.shapes.listing import CommonPrefix
from bushel.protocol.shapes.members import Owner
from bushel.protocol.shapes.multipart import (
    Initiator,
    ListMultipartUploadsInput,
    ListMultipartUploadsOutput,
    ListPartsInput,
    ListPartsOutput,
    MultipartUpload,
    Part,
)
from bushel.service.authz import READ, require_bucket, require_initiator
from bushel.service.checksums import checksum_member, checksum_of_upload, upload_members
from bushel.service.context import Context
from bushel.service.encryption.unlocking import check_upload_key
from bushel.service.lifecycle import abortion_of
from bushel.service.listing import successor
from bushel.service.ops.listing import encoder
from bushel.service.registry import implements

MAX_LISTED: Final = 1000
"""Most uploads or parts in one answer (S3 API Reference)."""


@implements(LIST_MULTIPART_UPLOADS)
async def list_multipart_uploads(ctx: Context, request: ListMultipartUploadsInput) -> ListMultipartUploadsOutput:
    """Uploads in progress by key, and of one key by the time they began."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ)
    wanted = MAX_LISTED if request.max_uploads is None else min(request.max_uploads, MAX_LISTED)
    prefix = (request.prefix or "").encode()
    delimiter = (request.delimiter or "").encode()
    key_marker = (request.key_marker or "").encode()
    id_marker = (request.upload_id_marker or "").encode() if key_marker else b""  # alone it means nothing
    if id_marker and not is_upload_id(id_marker.decode()):
        raise S3Error(
            "InvalidArgument.UploadIdMarker", ArgumentName="upload-id-marker", ArgumentValue=id_marker.decode()
        )
    position: tuple[bytes, bytes] | None = _first(key_marker, id_marker, prefix, delimiter)
    stop = successor(prefix)
    uploads: list[tuple[bytes, UploadRecord]] = []
    prefixes: list[bytes] = []
    last = (b"", "")
    truncated = False
    while position is not None and not truncated and wanted:
        found = await ctx.catalog.uploads.scan(bucket, position, stop, wanted + 1)
        position = found.next
        for key, upload in found.uploads:
            if prefixes and key.startswith(prefixes[-1]):
                continue
            if len(uploads) + len(prefixes) == wanted:
                truncated = True
                break
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                uploads.append((key, upload))
                last = (key, upload.upload_id)
            else:
                prefixes.append(key[: end + len(delimiter)])
                last = (prefixes[-1], "")
        if position is not None and prefixes and position[0].startswith(prefixes[-1]):
            beyond = successor(prefixes[-1])
            position = None if beyond is None else (beyond, b"")
    encode = encoder(request.encoding_type)
    return ListMultipartUploadsOutput(
        bucket=bucket.name,
        key_marker=encode(request.key_marker or ""),
        upload_id_marker=id_marker.decode(),
        next_key_marker=encode(last[0].decode()) if truncated else None,
        next_upload_id_marker=last[1] if truncated else None,
        prefix=encode(request.prefix or ""),
        delimiter=encode(request.delimiter) if request.delimiter else None,
        max_uploads=wanted,
        is_truncated=truncated,
        uploads=[await _told(ctx, encode(key.decode()), upload) for key, upload in uploads],
        common_prefixes=[CommonPrefix(prefix=encode(each.decode())) for each in prefixes],
        encoding_type=request.encoding_type,
    )


@implements(LIST_PARTS)
async def list_parts(ctx: Context, request: ListPartsInput) -> ListPartsOutput:
    """The parts of an upload that are stored, by number."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    upload = await ctx.catalog.uploads.get(bucket, request.key, request.upload_id)
    if upload is None:
        require_bucket(ctx, bucket, READ)
        raise NoSuchUpload(request.upload_id)
    require_initiator(ctx, bucket, upload)
    check_upload_key(ctx, upload, request)
    wanted = MAX_LISTED if request.max_parts is None else min(request.max_parts, MAX_LISTED)
    marker = min(request.part_number_marker or 0, _MAX_MARKER)
    _, parts = await ctx.catalog.uploads.parts(bucket, request.key, request.upload_id, marker, wanted + 1)
    truncated = len(parts) > wanted > 0
    parts = parts[:wanted]
    kept = checksum_of_upload(upload)
    return ListPartsOutput(
        bucket=bucket.name,
        key=request.key,
        upload_id=upload.upload_id,
        part_number_marker=marker,
        next_part_number_marker=parts[-1].number if parts else 0,
        max_parts=wanted,
        is_truncated=truncated,
        **(await abortion_of(ctx, bucket, request.key, upload) if bucket.configured else {}),
        parts=[
            Part(
                part_number=part.number,
                last_modified=part.last_modified,
                e_tag=f'"{part.md5.hex()}"',
                size=part.size,
                **(
                    checksum_member(part.checksum.algorithm, part.checksum.digest)
                    if part.checksum is not None and kept.named
                    else {}
                ),
            )
            for part in parts
        ],
        initiator=Initiator(id=upload.initiator, display_name=await ctx.display_name(upload.initiator)),
        owner=Owner(id=upload.owner, display_name=await ctx.display_name(upload.owner)),
        storage_class="STANDARD",
        **upload_members(kept),
    )


_MAX_MARKER: Final = 65535


def _first(key_marker: bytes, id_marker: bytes, prefix: bytes, delimiter: bytes) -> tuple[bytes, bytes]:
    """Where a listing starts: after the upload that the markers name, or after all uploads of the marker's key."""
    if not key_marker:
        return prefix, b""
    if id_marker:
        return max((prefix, b""), (key_marker, id_marker + b"\0"))
    if delimiter and key_marker.startswith(prefix) and key_marker.endswith(delimiter):
        return max((prefix, b""), (successor(key_marker) or key_marker + b"\0", b""))
    return max((prefix, b""), (key_marker + b"\0", b""))


async def _told(ctx: Context, key: str, upload: UploadRecord) -> MultipartUpload:
    kept = checksum_of_upload(upload)
    return MultipartUpload(
        upload_id=upload.upload_id,
        key=key,
        initiated=upload.initiated,
        storage_class="STANDARD",
        owner=Owner(id=upload.owner, display_name=await ctx.display_name(upload.owner)),
        initiator=Initiator(id=upload.initiator, display_name=await ctx.display_name(upload.initiator)),
        **upload_members(kept),
    )
