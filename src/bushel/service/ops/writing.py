"""Objects written in one request: PutObject."""

from bushel.catalog.objects import Condition, Draft
from bushel.catalog.records import Checksum, ObjectEntry
from bushel.protocol.conditions import check_write, check_write_headers
from bushel.protocol.encryption import names_encryption
from bushel.protocol.operations import PUT_OBJECT
from bushel.protocol.shapes.object import PutObjectInput, PutObjectOutput
from bushel.service.authz import WRITE, require_bucket
from bushel.service.checksums import checksum_member
from bushel.service.context import Context
from bushel.service.encryption.choosing import object_sealing
from bushel.service.grants import object_grants, object_owner
from bushel.service.lifecycle import expiration_of
from bushel.service.locks import locking_of, names_lock, require_digest
from bushel.service.metadata import metadata_of
from bushel.service.ops.appending import append, nothing_there
from bushel.service.quotas import require_room
from bushel.service.receiving import receive
from bushel.service.registry import implements


@implements(PUT_OBJECT)
async def put_object(ctx: Context, request: PutObjectInput) -> PutObjectOutput:
    """Store the body under the key, in place of what is there.

    All that can be refused without the body is refused before it is read, so that ``Expect: 100-continue`` spares it.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, WRITE)
    condition = write_condition(request.key, request.if_match, request.if_none_match)
    if request.write_offset_bytes is not None:
        appended = await append(ctx, request, bucket, condition)
        if appended is not None:
            return appended
        condition = nothing_there(condition)
    owner = object_owner(ctx, request, bucket)
    metadata = metadata_of(request, await object_grants(ctx, request, bucket, owner))
    if condition is not None:
        condition(await ctx.catalog.objects.head(bucket, request.key))
    sealing = None
    if bucket.configured or names_encryption(request):
        sealing = await object_sealing(ctx, bucket, request.key, request)
    locking = None
    if bucket.configured or names_lock(request):
        locking = await locking_of(ctx, bucket, request)
    payload = ctx.payload
    if bucket.configured:
        await require_room(ctx, bucket, payload.length)
    if locking is not None:
        require_digest(ctx, "InvalidRequest.PutLockDigest")
    data, blob = await receive(ctx, bucket, request.key, sealing=sealing)
    checksum = Checksum(*payload.checksum)
    draft = Draft(payload.size, payload.md5.hex(), owner, metadata, checksum, data, blob)
    if sealing is not None:
        draft = draft._replace(etag=sealing.tag(payload.md5).hex(), encryption=sealing.record())
    if locking is not None:
        draft = draft._replace(lock=locking.lock(ctx.service.clock.now_ns()))
    ctx.written = entry = await ctx.catalog.objects.put(bucket, request.key, draft, condition)
    answer = checksum_member(checksum.algorithm, checksum.digest)
    if sealing is not None:
        answer.update(sealing.told)
    if bucket.configured:
        answer["expiration"] = await expiration_of(ctx, bucket, request.key, entry)
    return PutObjectOutput(
        e_tag=f'"{entry.etag}"', version_id=entry.version_id or None, checksum_type=checksum.type, **answer
    )


def write_condition(key: str, if_match: str | None, if_none_match: str | None) -> Condition | None:
    """The condition of a write as the catalog takes it; ``None`` where the request has none.

    Raises:
        S3Error: NotImplemented for conditions that S3 does not know on writes.
    """
    if if_match is None and if_none_match is None:
        return None
    check_write_headers(if_match, if_none_match)

    def condition(current: ObjectEntry | None) -> None:
        check_write(key, None if current is None else current.etag, if_match, if_none_match)

    return condition
