"""Objects copied: CopyObject. UploadPartCopy is with the multipart operations.

A copy has one part, whatever the source had, and the ETag and checksum of its bytes. Where those of the source say the
same, its blob gets a second name and no byte is read.
"""

from typing import Final

import msgspec

from bushel.catalog.objects import Draft
from bushel.catalog.records import BLOB, BucketRecord, Checksum, Metadata, ObjectEntry
from bushel.protocol.checksums import ALGORITHMS, DEFAULT, FULL_OBJECT, Algorithm
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import COPY_OBJECT
from bushel.protocol.shapes.copy import CopyObjectInput, CopyObjectOutput, CopyObjectResult
from bushel.service.annotations import copied_annotations, sealed_annotations
from bushel.service.authz import WRITE, require_bucket
from bushel.service.checksums import checksum_member
from bushel.service.content import open_content
from bushel.service.context import Context
from bushel.service.encryption.choosing import object_sealing
from bushel.service.encryption.sealing import ObjectSealing
from bushel.service.grants import object_grants, object_owner
from bushel.service.lifecycle import expiration_of
from bushel.service.locks import locking_of
from bushel.service.metadata import copied_headers, metadata_of
from bushel.service.ops.writing import write_condition
from bushel.service.quotas import require_room
from bushel.service.registry import implements
from bushel.service.rewriting import rewrite
from bushel.service.sources import Source, copy_source
from bushel.service.tags import copied_tags
from bushel.service.versions import told_version

MAX_COPY_BYTES: Final = 5 * 1024**3
"""Largest source of one CopyObject (S3 API Reference); larger ones are copied in parts."""


@implements(COPY_OBJECT)
async def copy_object(ctx: Context, request: CopyObjectInput) -> CopyObjectOutput:
    """Copy an object, with its metadata and tags or with those of the request; the ACL is always the request's.

    A lock stays with the version that has it: the copy has what the request asks for, or the bucket's default.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    if ctx.caller.anonymous:
        raise S3Error("AccessDenied.AnonymousCopy")
    condition = write_condition(request.key, request.if_match, request.if_none_match)
    if condition is not None:
        condition(await ctx.catalog.objects.head(bucket, request.key))
    source = await copy_source(ctx, request)
    entry = source.stored.entry
    replace = request.metadata_directive == "REPLACE"
    sealing = await object_sealing(ctx, bucket, request.key, request)
    # A new form at rest is a change; naming a class or a redirect is one too, be it the same one.
    changed = (
        replace
        or sealing is not None
        or entry.encryption is not None
        or request.storage_class is not None
        or request.website_redirect_location is not None
    )
    onto_itself = source.bucket.instance == bucket.instance and source.key == request.key
    if onto_itself and not changed and not source.named:
        raise S3Error("InvalidRequest.CopyToItself")
    if entry.size > MAX_COPY_BYTES:
        raise S3Error(
            "InvalidRequest",
            message="The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{MAX_COPY_BYTES}",
        )
    owner = object_owner(ctx, request, bucket)
    grants = await object_grants(ctx, request, bucket, owner)
    assert entry.metadata is not None
    if replace:
        metadata = metadata_of(request, grants)
    else:
        headers = copied_headers(entry.metadata.headers, request.website_redirect_location)
        metadata = msgspec.structs.replace(entry.metadata, headers=headers, grants=grants)
    metadata = msgspec.structs.replace(metadata, tags=copied_tags(ctx, request, source))
    annotations = await copied_annotations(ctx, request, source, sealing)
    locking = await locking_of(ctx, bucket, request)
    if bucket.configured:
        await require_room(ctx, bucket, entry.size + sum(record.size for record, _ in annotations))
    draft = await _draft(ctx, source, bucket, request, owner, metadata, sealing)
    if annotations:
        draft = draft._replace(annotations=await sealed_annotations(annotations, sealing))
    if locking is not None:
        draft = draft._replace(lock=locking.lock(ctx.service.clock.now_ns()))
    stored = await ctx.catalog.objects.put(bucket, request.key, draft, condition)
    checksum = stored.checksum
    assert checksum is not None
    return CopyObjectOutput(
        expiration=await expiration_of(ctx, bucket, request.key, stored) if bucket.configured else None,
        copy_source_version_id=told_version(source.bucket, entry),
        version_id=stored.version_id or None,
        copy_object_result=CopyObjectResult(
            e_tag=f'"{stored.etag}"',
            last_modified=stored.last_modified,
            checksum_type=checksum.type,
            **checksum_member(checksum.algorithm, checksum.digest),
        ),
        **({} if sealing is None else sealing.told),
    )


async def _draft(
    ctx: Context,
    source: Source,
    bucket: BucketRecord,
    request: CopyObjectInput,
    owner: str,
    metadata: Metadata,
    sealing: ObjectSealing | None,
) -> Draft:
    entry, data = source.stored
    algorithm = _algorithm(request, entry)
    stays = entry.encryption is None if sealing is None else sealing.takes_over(entry.encryption)
    if stays and entry.storage == BLOB and entry.checksum is not None and entry.checksum.algorithm == algorithm.name:
        blob = await _clone(ctx, entry, bucket, request.key)
        draft = Draft(entry.size, entry.etag, owner, metadata, entry.checksum, None, blob)
        if sealing is None:
            return draft
        assert source.unlocked.key is not None
        sealing.take_over(source.unlocked.key)
        return draft._replace(encryption=sealing.record())
    content = await open_content(ctx, source.bucket, source.key, entry, data, 0, entry.size, source.unlocked.key)
    limit = ctx.service.rules.inline_limit_bytes
    copied = await rewrite(ctx, content, bucket, request.key, algorithm, limit, sealing)
    checksum = Checksum(algorithm.name, FULL_OBJECT, copied.digest)
    draft = Draft(copied.size, copied.md5.hex(), owner, metadata, checksum, copied.data, copied.blob)
    if sealing is None:
        return draft
    return draft._replace(etag=sealing.tag(copied.md5).hex(), encryption=sealing.record())


async def _clone(ctx: Context, entry: ObjectEntry, bucket: BucketRecord, key: str) -> bytes:
    ticket = ctx.service.reads.begin(ctx.service.clock.now_ns())
    try:
        return await ctx.catalog.objects.clone_blob(entry.blob, bucket, key)
    finally:
        ctx.service.reads.end(ticket)


def _algorithm(request: CopyObjectInput, entry: ObjectEntry) -> Algorithm:
    """The copy's checksum algorithm: the one asked for, else the source's, else S3's default."""
    if request.checksum_algorithm is not None:
        return ALGORITHMS[request.checksum_algorithm]
    return ALGORITHMS[entry.checksum.algorithm] if entry.checksum is not None else DEFAULT
