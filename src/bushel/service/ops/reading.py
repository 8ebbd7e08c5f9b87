"""Objects read: GetObject and HeadObject, which differ in nothing but the bytes."""

from typing import Any, Final

from bushel.catalog.records import MARKER, MULTIPART, BucketRecord, Checksum, ManifestPart, ObjectEntry
from bushel.protocol.conditions import is_not_modified, range_applies
from bushel.protocol.encryption import names_customer_key
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import GET_OBJECT, HEAD_OBJECT
from bushel.protocol.ranges import byte_range, content_range, part_range
from bushel.protocol.shapes.object import GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput
from bushel.service.authz import READ, require_object
from bushel.service.checksums import checksum_member
from bushel.service.content import manifest_of, open_content
from bushel.service.context import Context
from bushel.service.encryption.unlocking import NOT_ENCRYPTED, Unlocked, unlock
from bushel.service.lifecycle import expiration_of
from bushel.service.locks import told_lock
from bushel.service.registry import implements
from bushel.service.tags import may_read_tags
from bushel.service.versions import check_version_id, find_version, marker_named, missing_version, told_version

NOT_MODIFIED: Final = 304
PARTIAL_CONTENT: Final = 206


@implements(GET_OBJECT)
async def get_object(ctx: Context, request: GetObjectInput) -> GetObjectOutput:
    """An object's bytes, or one range or part of them, with its metadata."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    version_id = request.version_id
    if version_id is not None:
        check_version_id(version_id)
    stored = await ctx.catalog.objects.get(bucket, request.key, version_id)
    if stored is None:
        raise await missing_version(ctx, bucket, request.key, version_id)
    entry, data = stored
    if version_id is not None and entry.storage == MARKER:
        raise marker_named(ctx, bucket, request.key, entry)
    require_object(ctx, entry, READ)
    unlocked = NOT_ENCRYPTED
    if entry.encryption is not None or names_customer_key(request):
        unlocked = unlock(ctx, bucket, request.key, entry, request)
    answer = await _describe(ctx, bucket, request, entry, unlocked)
    if ctx.status == NOT_MODIFIED:
        return GetObjectOutput(**answer)
    first, length = answer.pop("first"), answer["content_length"]
    body = await open_content(ctx, bucket, request.key, entry, data, first, length, unlocked.key)
    return GetObjectOutput(body=body, **answer)


@implements(HEAD_OBJECT)
async def head_object(ctx: Context, request: HeadObjectInput) -> HeadObjectOutput:
    """An object's metadata: what GetObject would answer, without the bytes."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_object(ctx, entry, READ)
    unlocked = NOT_ENCRYPTED
    if entry.encryption is not None or names_customer_key(request):
        unlocked = unlock(ctx, bucket, request.key, entry, request)
    answer = await _describe(ctx, bucket, request, entry, unlocked)
    answer.pop("first", None)
    return HeadObjectOutput(**answer)


async def _describe(
    ctx: Context,
    bucket: BucketRecord,
    request: GetObjectInput | HeadObjectInput,
    entry: ObjectEntry,
    unlocked: Unlocked,
) -> dict[str, Any]:
    """The members of the answer, and ``first``: the offset of the first byte wanted. Sets the status."""
    metadata = entry.metadata
    assert metadata is not None
    answer: dict[str, Any] = {
        "accept_ranges": "bytes",
        "last_modified": entry.last_modified,
        "e_tag": f'"{entry.etag}"',
        "content_type": metadata.content_type,
        "metadata": metadata.user,
    }
    if metadata.headers:
        answer.update(metadata.headers)
    if bucket.versioning:
        answer["version_id"] = told_version(bucket, entry)
    if unlocked.told:
        answer.update(unlocked.told)
    if entry.lock is not None:
        answer.update(told_lock(ctx, bucket, request.key, entry, request.version_id))
    if metadata.tags and may_read_tags(ctx, bucket, request.key, entry, request.version_id):
        answer["tag_count"] = len(metadata.tags)
    if _is_not_modified(ctx, request, entry):
        ctx.status = NOT_MODIFIED
        return answer
    _override(ctx, request, answer)
    if bucket.configured and request.version_id is None:
        answer["expiration"] = await expiration_of(ctx, bucket, request.key, entry)
    part: ManifestPart | None = None
    size = entry.size
    wanted: tuple[int, int] | None = None
    if request.part_number is not None:
        wanted, part = await _part(ctx, bucket, request, entry)
        if entry.storage == MULTIPART:
            answer["parts_count"] = entry.parts
    elif request.range is not None and range_applies(ctx.headers.get("if-range"), entry.etag, entry.last_modified):
        wanted = byte_range(request.range, size)
    if wanted is None:
        answer["first"], answer["content_length"] = 0, size
    else:
        first, stop = wanted
        answer["first"], answer["content_length"] = first, stop - first
        if first < stop:
            ctx.status = PARTIAL_CONTENT
            answer["content_range"] = content_range(first, stop, size)
    if request.checksum_mode is not None and entry.checksum is not None:
        _tell_checksum(entry.checksum, wanted, part, answer)
    return answer


def _is_not_modified(ctx: Context, request: GetObjectInput | HeadObjectInput, entry: ObjectEntry) -> bool:
    if (
        request.if_none_match is None
        and request.if_match is None
        and request.if_modified_since is None
        and request.if_unmodified_since is None
    ):
        return False
    return is_not_modified(
        entry.etag,
        entry.last_modified,
        ctx.service.clock.now_ns() // 1_000_000,
        if_match=request.if_match,
        if_none_match=request.if_none_match,
        if_modified_since=request.if_modified_since,
        if_unmodified_since=request.if_unmodified_since,
    )


_OVERRIDES: Final = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "expires",
)


def _override(ctx: Context, request: GetObjectInput | HeadObjectInput, answer: dict[str, Any]) -> None:
    """The response-… parameters, which S3 allows to callers who sign (S3 API Reference, GetObject)."""
    if not ctx.query:
        return
    overridden = {field: value for field in _OVERRIDES if (value := getattr(request, f"response_{field}")) is not None}
    if overridden and ctx.caller.anonymous:
        raise S3Error("InvalidRequest.AnonymousOverride")
    answer.update(overridden)


async def _part(
    ctx: Context, bucket: BucketRecord, request: GetObjectInput | HeadObjectInput, entry: ObjectEntry
) -> tuple[tuple[int, int], ManifestPart | None]:
    """The range of the part that is asked for, and the part itself in a multipart object."""
    number = request.part_number
    assert number is not None
    if request.range is not None:
        raise S3Error("InvalidRequest.RangeAndPartNumber")
    if entry.storage != MULTIPART:
        return part_range(number, [entry.size]), None
    parts = (await manifest_of(ctx, bucket, request.key, entry)).parts
    return part_range(number, [part.size for part in parts]), parts[number - 1]


def _tell_checksum(
    checksum: Checksum, wanted: tuple[int, int] | None, part: ManifestPart | None, answer: dict[str, Any]
) -> None:
    """The checksum of what is sent: of the whole object, or of one part. For other ranges S3 has none."""
    if wanted is None:
        answer.update(checksum_member(checksum.algorithm, checksum.digest, checksum.parts))
    elif part is not None and part.checksum:
        answer.update(checksum_member(checksum.algorithm, part.checksum))
    else:
        return
    answer["checksum_type"] = checksum.type
