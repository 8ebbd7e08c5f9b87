"""Multipart uploads: begin, parts sent and copied, complete, give up. Listings of them are in uploads.py."""

from collections.abc import Mapping, Sequence
from typing import Final

from bushel.catalog.objects import Draft
from bushel.catalog.records import (
    BucketRecord,
    Checksum,
    Manifest,
    ManifestPart,
    ObjectEntry,
    PartRecord,
    UploadRecord,
)
from bushel.catalog.uploads import NoSuchUpload, Part, PartsChanged
from bushel.protocol.address import encode_path
from bushel.protocol.checksum_headers import (
    UploadChecksum,
    check_object,
    check_part,
    declared_upload,
    object_checksum,
    part_agrees,
)
from bushel.protocol.checksums import ALGORITHMS, FULL_OBJECT, Algorithm
from bushel.protocol.errors import S3Error
from bushel.protocol.etags import multipart_etag, unquoted
from bushel.protocol.operations import (
    ABORT_MULTIPART_UPLOAD,
    COMPLETE_MULTIPART_UPLOAD,
    CREATE_MULTIPART_UPLOAD,
    UPLOAD_PART,
    UPLOAD_PART_COPY,
)
from bushel.protocol.ranges import copy_source_range
from bushel.protocol.shapes.multipart import (
    AbortMultipartUploadInput,
    AbortMultipartUploadOutput,
    CompletedPart,
    CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput,
    CopyPartResult,
    CreateMultipartUploadInput,
    CreateMultipartUploadOutput,
    UploadPartCopyInput,
    UploadPartCopyOutput,
    UploadPartInput,
    UploadPartOutput,
)
from bushel.service.authz import WRITE, require_bucket, require_initiator
from bushel.service.checksums import checksum_member, checksum_of_upload, upload_members
from bushel.service.content import open_content
from bushel.service.context import Context
from bushel.service.encryption.choosing import object_sealing
from bushel.service.encryption.unlocking import check_upload_key, part_sealing
from bushel.service.encryption.wrappings import told_of
from bushel.service.grants import object_grants, object_owner
from bushel.service.lifecycle import abortion_of, expiration_of
from bushel.service.locks import asked_lock, locking_of_upload, require_digest
from bushel.service.metadata import metadata_of
from bushel.service.ops.writing import write_condition
from bushel.service.quotas import require_room
from bushel.service.receiving import MAX_OBJECT_BYTES, receive
from bushel.service.registry import implements
from bushel.service.rewriting import rewrite
from bushel.service.sources import copy_source
from bushel.service.versions import told_version

MIN_PART_BYTES: Final = 5 * 1024**2
MAX_PART_BYTES: Final = 5 * 1024**3
"""S3 User Guide, "Amazon S3 multipart upload limits"; the last part may be smaller than the least."""


@implements(CREATE_MULTIPART_UPLOAD)
async def create_multipart_upload(ctx: Context, request: CreateMultipartUploadInput) -> CreateMultipartUploadOutput:
    """Begin an upload; metadata, ACL and checksum algorithm of the object are fixed here."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    if ctx.caller.anonymous:
        raise S3Error("AccessDenied.AnonymousUpload")
    owner = object_owner(ctx, request, bucket)
    if bucket.configured:
        await require_room(ctx, bucket, 0)
    asked = declared_upload(request.checksum_algorithm, request.checksum_type)
    metadata = metadata_of(request, await object_grants(ctx, request, bucket, owner))
    lock = asked_lock(ctx, bucket, request)
    sealing = await object_sealing(ctx, bucket, request.key, request)
    upload = await ctx.catalog.uploads.create(
        bucket,
        request.key,
        owner=owner,
        initiator=ctx.caller.user_id,
        metadata=metadata,
        checksum_algorithm=asked.algorithm.name if asked.named else "",
        checksum_type=asked.type if asked.named else "",
        encryption=None if sealing is None else sealing.record(),
        lock=lock,
    )
    return CreateMultipartUploadOutput(
        bucket=bucket.name,
        key=request.key,
        upload_id=upload.upload_id,
        **upload_members(asked),
        **(await abortion_of(ctx, bucket, request.key, upload) if bucket.configured else {}),
        **({} if sealing is None else sealing.told),
    )


@implements(UPLOAD_PART)
async def upload_part(ctx: Context, request: UploadPartInput) -> UploadPartOutput:
    """Store the body as one part, in place of what its number held."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    upload = await _upload(ctx, bucket, request.key, request.upload_id)
    kept = checksum_of_upload(upload)
    sealing = part_sealing(ctx, bucket, request.key, upload, request.part_number, request)
    payload = ctx.payload
    check_part(kept, payload.declaration)
    if bucket.configured:
        await require_room(ctx, bucket, payload.length, objects=0)
        if await locking_of_upload(ctx, bucket, upload.lock) is not None:
            require_digest(ctx, "InvalidRequest.PartLockDigest")
    payload.compute(kept.algorithm)
    _, blob = await receive(ctx, bucket, request.key, inline=False, sealing=sealing)
    digest = payload.digest(kept.algorithm)
    checksum = Checksum(kept.algorithm.name, FULL_OBJECT, digest)
    part = Part(request.part_number, payload.size, payload.md5, blob, checksum)
    if sealing is not None:
        part = part._replace(md5=sealing.tag(part.md5), key=sealing.wrapped_key)
    await ctx.catalog.uploads.put_part(bucket, request.key, request.upload_id, part)
    told = payload.declaration.algorithm or kept.algorithm
    answer = checksum_member(told.name, payload.digest(told))
    if sealing is not None:
        answer.update(sealing.told)
    return UploadPartOutput(e_tag=f'"{part.md5.hex()}"', **answer)


@implements(UPLOAD_PART_COPY)
async def upload_part_copy(ctx: Context, request: UploadPartCopyInput) -> UploadPartCopyOutput:
    """Store a stretch of an object as one part."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    upload = await _upload(ctx, bucket, request.key, request.upload_id)
    kept = checksum_of_upload(upload)
    sealing = part_sealing(ctx, bucket, request.key, upload, request.part_number, request)
    source = await copy_source(ctx, request)
    entry, data = source.stored
    first, stop = 0, entry.size
    if request.copy_source_range is not None:
        first, stop = copy_source_range(request.copy_source_range, entry.size)
    if stop - first > MAX_PART_BYTES:
        raise S3Error(
            "InvalidRequest",
            message="The specified copy source is larger than the maximum allowable size "
            f"for a copy source: {MAX_PART_BYTES}",
        )
    if bucket.configured:
        await require_room(ctx, bucket, stop - first, objects=0)
    unlocked = source.unlocked.key
    content = await open_content(ctx, source.bucket, source.key, entry, data, first, stop - first, unlocked)
    copied = await rewrite(ctx, content, bucket, request.key, kept.algorithm, -1, sealing)
    checksum = Checksum(kept.algorithm.name, FULL_OBJECT, copied.digest)
    part = Part(request.part_number, copied.size, copied.md5, copied.blob, checksum)
    if sealing is not None:
        part = part._replace(md5=sealing.tag(part.md5), key=sealing.wrapped_key)
    stored = await ctx.catalog.uploads.put_part(bucket, request.key, request.upload_id, part)
    told = checksum_member(kept.algorithm.name, copied.digest) if kept.named else {}
    return UploadPartCopyOutput(
        copy_source_version_id=told_version(source.bucket, entry),
        copy_part_result=CopyPartResult(e_tag=f'"{part.md5.hex()}"', last_modified=stored.last_modified, **told),
        **({} if sealing is None else sealing.told),
    )


@implements(COMPLETE_MULTIPART_UPLOAD)
async def complete_multipart_upload(
    ctx: Context, request: CompleteMultipartUploadInput
) -> CompleteMultipartUploadOutput:
    """Make the object of the parts named. Repeating a completed request gets the same answer."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    wanted = request.multipart_upload.parts if request.multipart_upload is not None else ()
    if not wanted:
        raise S3Error("MalformedXML")
    condition = write_condition(request.key, request.if_match, request.if_none_match)
    uploads = ctx.catalog.uploads
    while True:
        try:
            upload, stored = await uploads.parts(bucket, request.key, request.upload_id)
        except NoSuchUpload:
            entry = await uploads.completed(bucket, request.key, request.upload_id)
            if entry is None:
                raise
            break
        check_upload_key(ctx, upload, request)
        draft, unused = _assemble(ctx, request, upload, stored, wanted)
        if bucket.configured:
            await require_room(ctx, bucket, draft.size)
            locking = await locking_of_upload(ctx, bucket, upload.lock)
            if locking is not None:
                draft = draft._replace(lock=locking.lock(ctx.service.clock.now_ns()))
        try:
            entry = await uploads.complete(bucket, request.key, upload, draft, unused, condition)
        except PartsChanged:
            continue
        break
    return await _completed(ctx, bucket, request.key, entry)


@implements(ABORT_MULTIPART_UPLOAD)
async def abort_multipart_upload(ctx: Context, request: AbortMultipartUploadInput) -> AbortMultipartUploadOutput:
    """Give an upload up: its parts go."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    upload = await ctx.catalog.uploads.get(bucket, request.key, request.upload_id)
    if upload is None:
        require_bucket(ctx, bucket, WRITE)
        raise NoSuchUpload(request.upload_id)
    require_initiator(ctx, bucket, upload)
    initiated = request.if_match_initiated_time
    if initiated is not None and initiated // 1000 != upload.initiated // 1000:
        raise S3Error("PreconditionFailed", Condition="x-amz-if-match-initiated-time")
    await ctx.catalog.uploads.abort(bucket, request.key, request.upload_id)
    return AbortMultipartUploadOutput()


async def _upload(ctx: Context, bucket: BucketRecord, key: str, upload_id: str) -> UploadRecord:
    upload = await ctx.catalog.uploads.get(bucket, key, upload_id)
    if upload is None:
        raise NoSuchUpload(upload_id)
    return upload


def _assemble(
    ctx: Context,
    request: CompleteMultipartUploadInput,
    upload: UploadRecord,
    stored: list[PartRecord],
    wanted: Sequence[CompletedPart],
) -> tuple[Draft, list[PartRecord]]:
    """The object that the parts make, and the stored parts that it leaves out.

    Raises:
        S3Error: InvalidPart, InvalidPartOrder, EntityTooSmall, EntityTooLarge, and what checksums can be refused for.
    """
    kept = checksum_of_upload(upload)
    by_number = {part.number: part for part in stored}
    chosen = []
    previous = 0
    for each in wanted:
        number = each.part_number
        if number is None:
            raise S3Error("MalformedXML")
        if number <= previous:
            raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
        previous = number
        chosen.append(_chosen(kept, upload, by_number.pop(number, None), each))
    _check_sizes(request, chosen)
    digests = [(part.checksum.digest if part.checksum is not None else b"", part.size) for part in chosen]
    computed = object_checksum(kept, digests)
    check_object(kept, ctx.headers, computed)
    manifest = Manifest(
        upload.upload_id,
        [
            ManifestPart(part.number, part.size, part.blob, digest, part.key)
            for part, (digest, _) in zip(chosen, digests, strict=True)
        ],
    )
    size = sum(part.size for part in chosen)
    etag = multipart_etag(part.md5 for part in chosen)
    checksum = Checksum(*computed)
    encryption = upload.encryption
    draft = Draft(size, etag, upload.owner, upload.metadata, checksum, manifest=manifest, encryption=encryption)
    return draft, list(by_number.values())


def _chosen(kept: UploadChecksum, upload: UploadRecord, part: PartRecord | None, asked: CompletedPart) -> PartRecord:
    digest = part.checksum.digest if part is not None and part.checksum is not None else b""
    if (
        part is None
        or asked.e_tag is None
        or unquoted(asked.e_tag) != part.md5.hex()
        or not part_agrees(kept, part.number, _given(asked), digest)
    ):
        raise S3Error(
            "InvalidPart",
            UploadId=upload.upload_id,
            PartNumber=str(asked.part_number),
            ETag=unquoted(asked.e_tag or ""),
        )
    return part


def _given(asked: CompletedPart) -> Mapping[Algorithm, str]:
    return {each: value for each in ALGORITHMS.values() if (value := getattr(asked, each.field)) is not None}


def _check_sizes(request: CompleteMultipartUploadInput, chosen: list[PartRecord]) -> None:
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise S3Error(
                "EntityTooSmall",
                ProposedSize=str(part.size),
                MinSizeAllowed=str(MIN_PART_BYTES),
                PartNumber=str(part.number),
                ETag=part.md5.hex(),
            )
    size = sum(part.size for part in chosen)
    if size > MAX_OBJECT_BYTES:
        raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(MAX_OBJECT_BYTES))
    if request.mpu_object_size is not None and request.mpu_object_size != size:
        raise S3Error(
            "InvalidRequest",
            message=f"The provided 'x-amz-mp-object-size' header value {request.mpu_object_size} does not match what "
            f"was computed: {size}",
        )


async def _completed(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry) -> CompleteMultipartUploadOutput:
    checksum = entry.checksum
    assert checksum is not None
    return CompleteMultipartUploadOutput(
        location=f"{ctx.endpoint}/{bucket.name}/{encode_path(key)}",
        bucket=bucket.name,
        key=key,
        e_tag=f'"{entry.etag}"',
        version_id=entry.version_id or None,
        expiration=await expiration_of(ctx, bucket, key, entry) if bucket.configured else None,
        checksum_type=checksum.type,
        **checksum_member(checksum.algorithm, checksum.digest, checksum.parts),
        **({} if entry.encryption is None else told_of(bucket, entry.encryption)),
    )
