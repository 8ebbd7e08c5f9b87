"""PutObject with ``x-amz-write-offset-bytes``: bytes appended to an object, which becomes one of parts.

S3 has it in directory buckets, which have no versions; here every bucket that never had versioning has it. The tag is
made of the tag before and the MD5 of what was appended. A CRC of the whole follows from that of the object and that of
what was appended; of a hash there is a composite one. Source: S3 User Guide, "Appending data to objects in directory
buckets"; S3 API Reference, "PutObject".
"""

from typing import Any, Final

import msgspec

from bushel.catalog.appending import Appended, OffsetMoved, Replaced
from bushel.catalog.history import HistoryBegun
from bushel.catalog.objects import Condition, Stored
from bushel.catalog.records import BLOB, MULTIPART, BucketRecord, Checksum, Manifest, ManifestPart, ObjectEntry
from bushel.catalog.uploads import MAX_PARTS
from bushel.protocol.checksums import ALGORITHMS, COMPOSITE, FULL_OBJECT, Algorithm
from bushel.protocol.errors import S3Error
from bushel.protocol.etags import appended_etag, multipart_etag
from bushel.protocol.shapes.object import PutObjectInput, PutObjectOutput
from bushel.service.checksums import checksum_member
from bushel.service.content import manifest_of
from bushel.service.context import Context
from bushel.service.encryption.unlocking import appended_sealing
from bushel.service.lifecycle import expiration_of
from bushel.service.quotas import require_room
from bushel.service.receiving import MAX_OBJECT_BYTES, receive_blob

_OF_THE_FIRST: Final = (
    "acl",
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "expires",
    "grant_full_control",
    "grant_read",
    "grant_read_acp",
    "grant_write_acp",
    "metadata",
    "object_lock_legal_hold_status",
    "object_lock_mode",
    "object_lock_retain_until_date",
    "tagging",
    "website_redirect_location",
)
"""Members that say something of an object, and so are for the request that makes it. A content type is not among them:
SDKs send one unasked."""


def nothing_there(condition: Condition | None) -> Condition:
    """The condition of a request that makes the object to which it would append."""

    def nothing(current: ObjectEntry | None) -> None:
        if condition is not None:
            condition(current)
        if current is not None:
            raise S3Error("InvalidWriteOffset")

    return nothing


async def append(
    ctx: Context, request: PutObjectInput, bucket: BucketRecord, condition: Condition | None
) -> PutObjectOutput | None:
    """Append the body to what the key holds; ``None`` where that is nothing and the request may make the object.

    Raises:
        S3Error: InvalidBucketState, InvalidWriteOffset, TooManyParts, EncryptionTypeMismatch; InvalidRequest for what
            only makes sense for a new object; OperationAborted where the object was replaced meanwhile.
    """
    if bucket.versioning:
        raise S3Error("InvalidBucketState.Append")
    stored = await ctx.catalog.objects.get(bucket, request.key)
    if stored is None:
        if request.write_offset_bytes != 0:
            raise S3Error("InvalidWriteOffset")
        return None
    entry = stored.entry
    if condition is not None:
        condition(entry)
    if entry.size != request.write_offset_bytes:
        raise S3Error("InvalidWriteOffset")
    if any(_says(request, member) for member in _OF_THE_FIRST):
        raise S3Error("InvalidRequest.AppendedMetadata")
    try:
        entry, told = await _append(ctx, request, bucket, stored, condition)
    except OffsetMoved:
        raise S3Error("InvalidWriteOffset") from None
    except Replaced:
        raise S3Error("OperationAborted") from None
    except HistoryBegun:
        raise S3Error("InvalidBucketState.Append") from None
    return await _answer(ctx, bucket, request.key, entry, told)


async def _append(
    ctx: Context, request: PutObjectInput, bucket: BucketRecord, stored: Stored, condition: Condition | None
) -> tuple[ObjectEntry, dict[str, Any]]:
    """The object as it is then, and what is told of its encryption. Nothing appended changes nothing."""
    entry, key, payload = stored.entry, request.key, ctx.payload
    manifest = await _manifest(ctx, bucket, key, entry)
    number = manifest.parts[-1].number + 1 if manifest.parts else 1
    if len(manifest.parts) >= MAX_PARTS:
        raise S3Error("TooManyParts")
    size = entry.size + payload.length
    if size > MAX_OBJECT_BYTES:
        raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(MAX_OBJECT_BYTES))
    sealing = appended_sealing(ctx, bucket, key, entry, (manifest.upload_id, number), request)
    algorithm = None if entry.checksum is None else ALGORITHMS[entry.checksum.algorithm]
    if algorithm is not None:
        payload.compute(algorithm)
    if bucket.configured:
        await require_room(ctx, bucket, payload.length, objects=0)
    blobs = [await receive_blob(ctx, payload, bucket, key, sealing)]
    try:
        if not payload.size:
            await ctx.catalog.objects.discard_blob(blobs.pop())
            return entry, {} if sealing is None else sealing.told
        digest = b"" if algorithm is None else payload.digest(algorithm)
        part_key = b"" if sealing is None else sealing.wrapped_key
        if entry.size and stored.data is not None:
            blobs.append(await _first_blob(ctx, bucket, key, stored.data))
            first = msgspec.structs.replace(manifest.parts[0], blob=blobs[-1])
            manifest = Manifest(manifest.upload_id, [first])
    except BaseException:
        for blob in blobs:
            await ctx.catalog.objects.discard_blob(blob)
        raise
    part = ManifestPart(number, payload.size, blobs[0], digest, part_key)
    whole = Manifest(manifest.upload_id, [*manifest.parts, part])
    md5 = payload.md5 if sealing is None else sealing.tag(payload.md5)
    etag = appended_etag(entry.etag, md5, len(whole.parts)) if manifest.parts else multipart_etag([md5])
    appended = Appended(whole, etag, _checksum(entry, algorithm, whole))
    grown = await ctx.catalog.appending.append(bucket, key, entry, appended, blobs, condition)
    return grown, {} if sealing is None else sealing.told


async def _manifest(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Manifest:
    """The parts of an object; one in one piece is its own only part (which has no blob yet, if it is inline)."""
    if entry.storage == MULTIPART:
        return await manifest_of(ctx, bucket, key, entry)
    if not entry.size:
        return Manifest("", [])
    digest = b"" if entry.checksum is None else entry.checksum.digest
    return Manifest("", [ManifestPart(1, entry.size, entry.blob if entry.storage == BLOB else b"", digest)])


async def _first_blob(ctx: Context, bucket: BucketRecord, key: str, data: bytes) -> bytes:
    """Inline bytes as a blob, as they are: encrypted bytes have the same form in either place."""
    writer = await ctx.catalog.objects.write_blob(bucket, key)
    try:
        await writer.write(data)
        await writer.seal()
    except BaseException:
        await writer.discard()
        raise
    return writer.blob


def _checksum(entry: ObjectEntry, algorithm: Algorithm | None, whole: Manifest) -> Checksum | None:
    if algorithm is None or entry.checksum is None:
        return None
    last = whole.parts[-1]
    if entry.checksum.type == FULL_OBJECT and FULL_OBJECT in algorithm.types:
        before = [(entry.checksum.digest, entry.size)] if entry.size else []
        return Checksum(algorithm.name, FULL_OBJECT, algorithm.combine([*before, (last.checksum, last.size)]))
    digest = algorithm.composite(part.checksum for part in whole.parts)
    return Checksum(algorithm.name, COMPOSITE, digest, len(whole.parts))


def _says(request: PutObjectInput, member: str) -> bool:
    value = getattr(request, member)
    if member == "content_encoding" and value is not None:
        return any(coding.strip().lower() != "aws-chunked" for coding in value.split(","))
    return bool(value)


async def _answer(
    ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, told: dict[str, Any]
) -> PutObjectOutput:
    answer: dict[str, Any] = {"e_tag": f'"{entry.etag}"', "size": entry.size, **told}
    checksum = entry.checksum
    if checksum is not None:
        answer.update(checksum_member(checksum.algorithm, checksum.digest, checksum.parts), checksum_type=checksum.type)
    if bucket.configured:
        answer["expiration"] = await expiration_of(ctx, bucket, key, entry)
    return PutObjectOutput(**answer)
