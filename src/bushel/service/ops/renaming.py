"""RenameObject: an object gets another key within its bucket, in one step and without a byte of it being moved.

S3 has the operation in directory buckets, which have no versions, ACLs, tags or keys that customers send. Here every
bucket that never had versioning has it, and all that belongs to the object comes along, its time too. Source: S3 API
Reference, "RenameObject"; S3 User Guide, "Renaming objects in directory buckets".
"""

import hashlib

from bushel.catalog.history import HistoryBegun
from bushel.catalog.objects import Condition, Stored
from bushel.catalog.records import BucketRecord, ObjectEntry
from bushel.catalog.renaming import Renamed, SourceChanged
from bushel.protocol.address import decode_path
from bushel.protocol.conditions import check_copy_source, check_rename_target, check_write_headers
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import RENAME_OBJECT
from bushel.protocol.shapes.rename import RenameObjectInput, RenameObjectOutput
from bushel.service.annotations import MAX_COPY_BYTES
from bushel.service.authz import READ, WRITE, deletion, missing_object, require_bucket, require_object
from bushel.service.context import Context
from bushel.service.encryption.unlocking import moved_encryption
from bushel.service.registry import implements

_MAX_TOKEN_LENGTH = 64
_DIGEST_BYTES = 8


@implements(RENAME_OBJECT)
async def rename_object(ctx: Context, request: RenameObjectInput) -> RenameObjectOutput:
    """Give an object another key, in place of what that holds.

    The caller must be allowed what a copy and a deletion take. Where a client token comes with the request, the object
    keeps its digest, so that a repeated request that has succeeded before succeeds again and does nothing.
    """
    bucket = await ctx.bucket(request.bucket)
    require_bucket(ctx, bucket, WRITE)
    token = _token(request)
    check_write_headers(request.destination_if_match, request.destination_if_none_match)
    if not ctx.catalog.renaming.possible:
        raise S3Error("NotImplemented.Rename")
    if bucket.versioning:
        raise S3Error("InvalidBucketState.Rename")
    done = token is not None and await _was_done(ctx, bucket, request.key, token)
    while not done:
        try:
            done = await _attempt(ctx, bucket, request, token)
        except S3Error as error:
            # The same request may have been under way at the same time, and have succeeded since.
            if error.code != "NoSuchKey" or token is None or not await _was_done(ctx, bucket, request.key, token):
                raise
            done = True
    return RenameObjectOutput()


async def _attempt(ctx: Context, bucket: BucketRecord, request: RenameObjectInput, token: bytes | None) -> bool:
    """Look, and rename what was seen. False where it had changed when it was to be renamed."""
    ticket = ctx.service.reads.begin(ctx.service.clock.now_ns())
    try:
        source, stored = await _source(ctx, bucket, request)
        removal = _may_be_renamed(ctx, bucket, request, source, stored.entry)
        keys = source, request.key
        encryption = moved_encryption(ctx, bucket, keys, stored.entry)
        renamed, condition = Renamed(encryption, token), _condition(ctx, request)
        await ctx.catalog.renaming.rename(bucket, keys, stored, renamed, removal, condition)
    except SourceChanged:
        return False
    except HistoryBegun:
        raise S3Error("InvalidBucketState.Rename") from None
    finally:
        ctx.service.reads.end(ticket)
    return True


async def _source(ctx: Context, bucket: BucketRecord, request: RenameObjectInput) -> tuple[str, Stored]:
    """The key that the request names, and what it holds.

    S3's samples have a key, ``/old.txt``; the pattern of the member wants ``bucket/old.txt``. Both are understood.

    Raises:
        S3Error: InvalidArgument, InvalidRequest where both name an object, what ``missing_object`` says.
    """
    said = request.rename_source or ""
    named = decode_path(said).removeprefix("/")
    if not named:
        raise S3Error("InvalidArgument.RenameSource", ArgumentName="x-amz-rename-source", ArgumentValue=said)
    objects = ctx.catalog.objects
    found = [
        (key, stored) for key in _readings(bucket, named) if (stored := await objects.get(bucket, key)) is not None
    ]
    if len(found) > 1:
        raise S3Error("InvalidRequest.AmbiguousRenameSource")
    if not found:
        raise missing_object(ctx, bucket, named)
    return found[0]


def _readings(bucket: BucketRecord, named: str) -> list[str]:
    within = named.removeprefix(f"{bucket.name}/")
    return [named] if within in {named, ""} else [named, within]


def _may_be_renamed(
    ctx: Context, bucket: BucketRecord, request: RenameObjectInput, key: str, entry: ObjectEntry
) -> Condition | None:
    """What must be true of the source when it goes.

    Raises:
        S3Error: AccessDenied, PreconditionFailed, InvalidRequest for what cannot be renamed.
    """
    if key == request.key:
        raise S3Error("InvalidRequest.RenameToItself")
    if key.endswith("/") or request.key.endswith("/"):
        raise S3Error("InvalidRequest.RenameOfDirectory")
    require_object(ctx, entry, READ, bucket=bucket, key=key, action="s3:GetObject")
    removal = deletion(ctx, bucket, key)
    check_copy_source(
        entry.etag,
        entry.last_modified,
        _now(ctx),
        if_match=request.source_if_match,
        if_none_match=request.source_if_none_match,
        if_modified_since=request.source_if_modified_since,
        if_unmodified_since=request.source_if_unmodified_since,
        header="x-amz-rename-source-",
    )
    if entry.annotations is not None and entry.annotations[1] > MAX_COPY_BYTES:
        raise S3Error("InvalidRequest.AnnotationsTooLarge")
    return removal


def _condition(ctx: Context, request: RenameObjectInput) -> Condition | None:
    tags = request.destination_if_match, request.destination_if_none_match
    dates = request.destination_if_modified_since, request.destination_if_unmodified_since
    if (*tags, *dates) == (None, None, None, None):
        return None
    now = _now(ctx)

    def condition(current: ObjectEntry | None) -> None:
        check_rename_target(
            request.key,
            None if current is None else (current.etag, current.last_modified),
            now,
            if_match=tags[0],
            if_none_match=tags[1],
            if_modified_since=dates[0],
            if_unmodified_since=dates[1],
        )

    return condition


async def _was_done(ctx: Context, bucket: BucketRecord, key: str, token: bytes) -> bool:
    """Whether what the key holds came there by this very request.

    Raises:
        S3Error: IdempotencyParameterMismatch where it came there with the token of this request, but by another one.
    """
    current = await ctx.catalog.objects.head(bucket, key)
    if current is None or current.renamed is None or current.renamed[:_DIGEST_BYTES] != token[:_DIGEST_BYTES]:
        return False
    if current.renamed != token:
        raise S3Error("IdempotencyParameterMismatch")
    return True


def _token(request: RenameObjectInput) -> bytes | None:
    """Digests of the request's client token and of all else that it says; ``None`` without a token.

    Raises:
        S3Error: InvalidArgument.
    """
    token = request.client_token
    if token is None:
        return None
    if not 1 <= len(token) <= _MAX_TOKEN_LENGTH or not all("!" <= character <= "~" for character in token):
        raise S3Error("InvalidArgument.ClientToken", ArgumentName="x-amz-client-token", ArgumentValue=token)
    said = repr(
        (
            request.rename_source,
            request.destination_if_match,
            request.destination_if_none_match,
            request.destination_if_modified_since,
            request.destination_if_unmodified_since,
            request.source_if_match,
            request.source_if_none_match,
            request.source_if_modified_since,
            request.source_if_unmodified_since,
        )
    )
    return _digest(token) + _digest(said)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES]


def _now(ctx: Context) -> int:
    return ctx.service.clock.now_ns() // 1_000_000
