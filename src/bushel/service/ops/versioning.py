"""Versions of objects: a bucket's status, and the listing of all that its keys hold or held."""

from typing import Any, NamedTuple

import msgspec

from bushel.catalog.history import order_of, position_after
from bushel.catalog.objects import ENABLED, Version
from bushel.catalog.records import MARKER, BucketRecord
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import GET_BUCKET_VERSIONING, LIST_OBJECT_VERSIONS, PUT_BUCKET_VERSIONING
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.listing import CommonPrefix
from bushel.protocol.shapes.members import Owner
from bushel.protocol.shapes.versioning import (
    DeleteMarkerEntry,
    GetBucketVersioningOutput,
    ListObjectVersionsInput,
    ListObjectVersionsOutput,
    ObjectVersion,
    PutBucketVersioningInput,
)
from bushel.service.authz import READ, require_bucket, require_owner
from bushel.service.context import Context
from bushel.service.listing import MAX_KEYS, successor
from bushel.service.locks import takes_locks
from bushel.service.ops.listing import Encoder, encoder
from bushel.service.registry import implements
from bushel.service.versions import NULL


@implements(GET_BUCKET_VERSIONING)
async def get_bucket_versioning(ctx: Context, request: BucketConfigurationInput) -> GetBucketVersioningOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    status: Any = bucket.versioning or None  # one of the shape's values, since only those are ever stored
    return GetBucketVersioningOutput(status=status)


@implements(PUT_BUCKET_VERSIONING)
async def put_bucket_versioning(ctx: Context, request: PutBucketVersioningInput) -> None:
    """Enable or suspend versioning; a bucket that has been enabled never becomes unversioned again.

    One that takes locks stays enabled.
    """
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    if request.versioning_configuration.mfa_delete == "Enabled":
        raise S3Error("NotImplemented.MfaDelete")
    status = request.versioning_configuration.status
    if status is None:
        raise S3Error("IllegalVersioningConfigurationException")

    def set_status(record: BucketRecord) -> BucketRecord:
        if status != ENABLED and takes_locks(record):
            raise S3Error("InvalidBucketState.ObjectLock")
        return msgspec.structs.replace(record, versioning=status)

    await ctx.catalog.buckets.update(bucket, set_status)


@implements(LIST_OBJECT_VERSIONS)
async def list_object_versions(ctx: Context, request: ListObjectVersionsInput) -> ListObjectVersionsOutput:
    """Versions and delete markers by key, of one key the newest first."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ)
    wanted = MAX_KEYS if request.max_keys is None else min(request.max_keys, MAX_KEYS)
    folded = await _fold(ctx, bucket, request, wanted)
    encode = encoder(request.encoding_type)
    owners = {}
    for user_id in {version.entry.owner for version in folded.versions}:
        owners[user_id] = Owner(id=user_id, display_name=await ctx.display_name(user_id))
    last = folded.last if folded.truncated else None
    return ListObjectVersionsOutput(
        name=bucket.name,
        prefix=encode(request.prefix or ""),
        key_marker=encode(request.key_marker or ""),
        version_id_marker=request.version_id_marker or "",
        next_key_marker=None if last is None else encode(last[0].decode()),
        next_version_id_marker=None if last is None else last[1] or None,
        max_keys=wanted,
        delimiter=encode(request.delimiter) if request.delimiter else None,
        encoding_type=request.encoding_type,
        is_truncated=folded.truncated,
        versions=[_version(each, encode, owners) for each in folded.versions if each.entry.storage != MARKER],
        delete_markers=[_marker(each, encode, owners) for each in folded.versions if each.entry.storage == MARKER],
        common_prefixes=[CommonPrefix(prefix=encode(each.decode())) for each in folded.prefixes],
    )


class _Folded(NamedTuple):
    """A folded piece; ``last`` is the key and version id, or the prefix and nothing, that were listed last."""

    versions: list[Version]
    prefixes: list[bytes]
    truncated: bool
    last: tuple[bytes, str]


class _Start(NamedTuple):
    """Where a listing begins, and the key of which newer versions were listed before."""

    position: tuple[bytes, bytes]
    begun: bytes


async def _fold(ctx: Context, bucket: BucketRecord, request: ListObjectVersionsInput, wanted: int) -> _Folded:
    prefix, delimiter = (request.prefix or "").encode(), (request.delimiter or "").encode()
    start = await _start(ctx, bucket, request, prefix, delimiter)
    stop = successor(prefix)
    versions: list[Version] = []
    prefixes: list[bytes] = []
    last = (b"", "")
    position: tuple[bytes, bytes] | None = start.position
    begun = start.begun
    while position is not None and wanted and (stop is None or position[0] < stop):
        limit = wanted - len(versions) - len(prefixes) + 1
        found = await ctx.catalog.objects.scan_versions(bucket, position, stop, limit, begun)
        position = found.next
        for version in found.versions:
            key = version.key
            if prefixes and key.startswith(prefixes[-1]):
                continue
            if len(versions) + len(prefixes) == wanted:
                return _Folded(versions, prefixes, True, last)
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                versions.append(version)
                last = (key, version.entry.version_id or NULL)
            else:
                prefixes.append(key[: end + len(delimiter)])
                last = (prefixes[-1], "")
        if found.versions:
            begun = found.versions[-1].key
        if position is not None and prefixes and position[0].startswith(prefixes[-1]):
            beyond = successor(prefixes[-1])
            position = None if beyond is None else (beyond, b"")
    return _Folded(versions, prefixes, False, last)


async def _start(
    ctx: Context, bucket: BucketRecord, request: ListObjectVersionsInput, prefix: bytes, delimiter: bytes
) -> _Start:
    """After the version that the markers name, or after all versions of the marker's key.

    Raises:
        S3Error: InvalidArgument for a version marker that none can be, or without a key.
    """
    marker, version_id = request.key_marker or "", request.version_id_marker
    key = marker.encode()
    if version_id is not None:
        if not key:
            raise S3Error(
                "InvalidArgument.VersionIdMarkerAlone", ArgumentName="version-id-marker", ArgumentValue=version_id
            )
        if version_id != NULL and order_of(version_id) is None:
            raise S3Error("InvalidArgument.VersionIdMarker", ArgumentName="version-id-marker", ArgumentValue=version_id)
        if key >= prefix:
            return await _after_version(ctx, bucket, marker, version_id)
    if not key:
        return _Start((prefix, b""), b"")
    after = key + b"\0"
    if delimiter and key.startswith(prefix) and key.endswith(delimiter):
        after = successor(key) or after
    return _Start((max(prefix, after), b""), b"")


async def _after_version(ctx: Context, bucket: BucketRecord, key: str, version_id: str) -> _Start:
    order = order_of(version_id)
    if order is None:
        entry = await ctx.catalog.objects.head(bucket, key, NULL)
        if entry is None:
            # Removed since it was listed: who empties a bucket page by page has removed all newer ones too.
            return _Start((key.encode(), b""), b"")
        if not entry.version_id:
            return _Start((key.encode() + b"\0", b""), b"")
        order = entry.order
    return _Start(position_after(key.encode(), order), key.encode())


def _version(version: Version, encode: Encoder, owners: dict[str, Owner]) -> ObjectVersion:
    entry = version.entry
    checksum = entry.checksum
    algorithm: Any = None if checksum is None else checksum.algorithm
    return ObjectVersion(
        e_tag=f'"{entry.etag}"',
        checksum_algorithm=() if algorithm is None else (algorithm,),
        checksum_type=None if checksum is None else checksum.type,
        size=entry.size,
        storage_class="STANDARD",
        key=encode(version.key.decode()),
        version_id=entry.version_id or NULL,
        is_latest=version.is_latest,
        last_modified=entry.last_modified,
        owner=owners[entry.owner],
    )


def _marker(version: Version, encode: Encoder, owners: dict[str, Owner]) -> DeleteMarkerEntry:
    entry = version.entry
    return DeleteMarkerEntry(
        owner=owners[entry.owner],
        key=encode(version.key.decode()),
        version_id=entry.version_id,
        is_latest=version.is_latest,
        last_modified=entry.last_modified,
    )
