"""Objects: what a key holds, and the atomic transitions that change it.

Every method is one read or one commit of one row. Conditions are functions of the current entry that raise to refuse;
they run inside the transition, so that of racing writers one wins. What must not be here: S3's errors and texts, access
rules.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from xxhash import xxh3_64_intdigest

from bushel.catalog.garbage import dropped
from bushel.catalog.layout import (
    BYTES_COUNTER,
    CURRENT,
    CURRENT_CELL,
    DATA,
    DATA_CELL,
    EXTRA,
    EXTRA_CELL,
    MANIFEST,
    MANIFEST_CELL,
    OBJECTS_COUNTER,
)
from bushel.catalog.records import (
    BLOB,
    INLINE,
    MAX_ENTRY_BYTES,
    MULTIPART,
    BackPointer,
    BucketRecord,
    Checksum,
    Encryption,
    Manifest,
    Metadata,
    ObjectEntry,
    decode_entry,
    decode_extra,
    decode_manifest,
    encode,
)
from bushel.core.clock import Clock, whole_seconds
from bushel.engine.api import BlobReader, BlobWriter, Change, Corrupt, Delete, Engine, Put, Unavailable, Write

Condition = Callable[[ObjectEntry | None], None]
"""Looks at the current entry (``None`` where the key holds nothing) and raises to refuse the write."""

T = TypeVar("T")

_WRITE_READS: Final = (CURRENT_CELL, MANIFEST_CELL)
_GET_READS: Final = (CURRENT_CELL, DATA_CELL)
_HEAD_READS: Final = (CURRENT_CELL,)


class Stored(NamedTuple):
    """What a key holds: its entry with the metadata in it, and the inline bytes (already verified) of an INLINE one."""

    entry: ObjectEntry
    data: bytes | None


class Draft(NamedTuple):
    """An object about to be stored; order and time are set by the commit.

    ``data`` for inline bytes, ``blob`` for a sealed blob, ``manifest`` for the parts of an upload: exactly one of them.
    With ``encryption`` the bytes are encrypted already; ``size`` is that of the plain ones.
    """

    size: int
    etag: str
    owner: str
    metadata: Metadata
    checksum: Checksum | None = None
    data: bytes | None = None
    blob: bytes = b""
    manifest: Manifest | None = None
    encryption: Encryption | None = None


class Listed(NamedTuple):
    """A piece of a listing.

    Attributes:
        keys: As stored (UTF-8), in order.
        raw: Their entries; ``decode_entry`` those that are wanted (a listing with a delimiter skips most).
        next: The key to go on from; ``None`` at the end.
    """

    keys: list[bytes]
    raw: list[bytes]
    next: bytes | None


class Objects:
    """The objects of all buckets."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def get(self, bucket: BucketRecord, key: str) -> Stored | None:
        """The current object with its inline bytes.

        Raises:
            Corrupt: The inline bytes do not match their checksum.
        """
        raw, data = await self._engine.read(bucket.partition, key.encode(), _GET_READS)
        if raw is None:
            return None
        entry = decode_entry(raw)
        if entry.metadata is None:
            return await self._get_with_extra(bucket, key)
        return Stored(entry, _verified(entry, data))

    async def head(self, bucket: BucketRecord, key: str) -> ObjectEntry | None:
        """The current entry with its metadata."""
        (raw,) = await self._engine.read(bucket.partition, key.encode(), _HEAD_READS)
        if raw is None:
            return None
        entry = decode_entry(raw)
        if entry.metadata is not None:
            return entry
        stored = await self._get_with_extra(bucket, key)
        return None if stored is None else stored.entry

    async def manifest(self, bucket: BucketRecord, key: str) -> tuple[ObjectEntry, Manifest] | None:
        """Entry and parts of the current object at one moment; ``None`` unless it is a multipart object."""
        raw, raw_manifest = await self._engine.read(bucket.partition, key.encode(), _WRITE_READS)
        if raw is None or raw_manifest is None:
            return None
        return decode_entry(raw), decode_manifest(raw_manifest)

    async def put(
        self, bucket: BucketRecord, key: str, draft: Draft, condition: Condition | None = None
    ) -> ObjectEntry:
        """Store an object in place of what the key holds. A blob of the draft is settled or deleted by this call.

        Raises:
            Gone: The bucket was deleted.
            Full: No space.
            Exception: What the condition raised.
        """
        now_ns = self._clock.now_ns()

        def transition(values: Sequence[Any]) -> Change:
            return replacement(values, draft, now_ns, condition)

        if draft.blob:
            entry: ObjectEntry = await self.naming([draft.blob], bucket, key, _WRITE_READS, transition)
        else:
            entry = await self._engine.commit(bucket.partition, key.encode(), _WRITE_READS, transition)
        return entry

    async def delete(self, bucket: BucketRecord, key: str, condition: Condition | None = None) -> ObjectEntry | None:
        """Remove what the key holds; returns what it was.

        Raises:
            Gone: The bucket was deleted.
            Exception: What the condition raised.
        """

        def transition(values: Sequence[Any]) -> Change:
            raw, raw_manifest = values
            current = None if raw is None else decode_entry(raw)
            if condition is not None:
                condition(current)
            if current is None:
                return Change()
            writes: list[Write] = [Delete(CURRENT)]
            journal = _drop(current, raw_manifest, None, writes)
            counters = {OBJECTS_COUNTER: -1, BYTES_COUNTER: -current.size}
            return Change(writes, journal, counters, current)

        entry: ObjectEntry | None = await self._engine.commit(
            bucket.partition, key.encode(), _WRITE_READS, transition, reclaims=True
        )
        return entry

    async def change_metadata(
        self, bucket: BucketRecord, key: str, change: Callable[[ObjectEntry], Metadata]
    ) -> ObjectEntry | None:
        """Replace the current object's metadata (its ACL, for example); everything else stays, its time too."""

        def transition(values: Sequence[Any]) -> Change:
            raw, raw_extra = values
            if raw is None:
                return Change()
            current = _with_extra(decode_entry(raw), raw_extra)
            changed = msgspec.structs.replace(current, metadata=change(current))
            writes: list[Write] = [Delete(EXTRA)] if raw_extra is not None else []
            _write_entry(changed, writes)
            return Change(writes, result=changed)

        entry: ObjectEntry | None = await self._engine.commit(
            bucket.partition, key.encode(), (CURRENT_CELL, EXTRA_CELL), transition
        )
        return entry

    async def scan(self, bucket: BucketRecord, start: bytes, stop: bytes | None, limit: int) -> Listed:
        """Current entries of keys from ``start`` (inclusive) to ``stop`` (exclusive)."""
        page = await self._engine.scan(bucket.partition, CURRENT, (start, b""), stop, limit)
        cells = page.cells
        following = None
        if page.next is not None:
            row, suffix = page.next
            following = row + b"\0" if suffix else row  # a row has one cell here: past its suffix is past the row
        return Listed([cell.row for cell in cells], [cell.value for cell in cells], following)

    async def any(self, bucket: BucketRecord) -> bool:
        """Whether the bucket has any object."""
        start: bytes | None = b""
        while start is not None:
            found = await self.scan(bucket, start, None, 1)
            if found.keys:
                return True
            start = found.next
        return False

    # bytes

    async def write_blob(self, bucket: BucketRecord, key: str) -> BlobWriter:
        """Start a blob that will belong to this key."""
        return await self._engine.create_blob(encode(BackPointer(bucket.partition, key.encode())))

    async def clone_blob(self, blob: bytes, bucket: BucketRecord, key: str) -> bytes:
        """A name of its own for a blob's bytes, for this key."""
        return await self._engine.clone_blob(blob, encode(BackPointer(bucket.partition, key.encode())))

    async def open_blob(self, blob: bytes) -> BlobReader:
        return await self._engine.open_blob(blob)

    async def discard_blob(self, blob: bytes) -> None:
        """Delete a sealed blob that no commit came to name."""
        await self._engine.delete_blob(blob)

    async def naming(
        self,
        blobs: Sequence[bytes],
        bucket: BucketRecord,
        key: str,
        reads: Sequence[Any],
        transition: Callable[[Sequence[Any]], Change],
    ) -> Any:
        """Commit something that names sealed blobs, then settle them; a refusal deletes them.

        The work goes on when the caller is cancelled (its client went away): whether the index names a blob is known
        only once the commit has returned.
        """
        return await _unbroken(self._commit_and_settle(blobs, bucket.partition, key.encode(), reads, transition))

    async def _commit_and_settle(
        self,
        blobs: Sequence[bytes],
        partition: bytes,
        row: bytes,
        reads: Sequence[Any],
        transition: Callable[[Sequence[Any]], Change],
    ) -> Any:
        try:
            result = await self._engine.commit(partition, row, reads, transition)
        except Unavailable:
            # The outcome is unknown: the blobs stay pending, and recovery asks the index.
            raise
        except Exception:
            for blob in blobs:
                await self._engine.delete_blob(blob)
            raise
        self._engine.settle(blobs)
        return result

    async def _get_with_extra(self, bucket: BucketRecord, key: str) -> Stored | None:
        reads = (CURRENT_CELL, DATA_CELL, EXTRA_CELL)
        raw, data, extra = await self._engine.read(bucket.partition, key.encode(), reads)
        if raw is None:
            return None
        entry = _with_extra(decode_entry(raw), extra)
        return Stored(entry, _verified(entry, data))


def replacement(values: Sequence[Any], draft: Draft, now_ns: int, condition: Condition | None) -> Change:
    """The change that puts ``draft`` in place of what a row holds; ``values`` are of CURRENT and MANIFEST.

    Its result is the new entry.
    """
    raw, raw_manifest = values
    current = None if raw is None else decode_entry(raw)
    if condition is not None:
        condition(current)
    order = now_ns if current is None or now_ns > current.order else current.order + 1
    entry = _entry(draft, order)
    writes: list[Write] = []
    _write_entry(entry, writes)
    if draft.data is not None:
        writes.append(Put(DATA, b"", draft.data))
    elif draft.manifest is not None:
        writes.append(Put(MANIFEST, b"", encode(draft.manifest)))
    if current is None:
        return Change(writes, (), {OBJECTS_COUNTER: 1, BYTES_COUNTER: draft.size}, entry)
    journal = _drop(current, raw_manifest, entry, writes)
    return Change(writes, journal, {BYTES_COUNTER: draft.size - current.size}, entry)


def _entry(draft: Draft, order: int) -> ObjectEntry:
    if draft.data is not None:
        storage, check = INLINE, xxh3_64_intdigest(draft.data)
    else:
        storage, check = (MULTIPART if draft.manifest is not None else BLOB), 0
    return ObjectEntry(
        order=order,
        version_id="",
        last_modified=whole_seconds(order),
        size=draft.size,
        etag=draft.etag,
        owner=draft.owner,
        storage=storage,
        blob=draft.blob,
        check=check,
        parts=len(draft.manifest.parts) if draft.manifest is not None else 0,
        checksum=draft.checksum,
        metadata=draft.metadata,
        encryption=draft.encryption,
    )


def _write_entry(entry: ObjectEntry, writes: list[Write]) -> None:
    raw = encode(entry)
    if len(raw) > MAX_ENTRY_BYTES:
        writes.append(Put(EXTRA, b"", encode(entry.metadata)))
        raw = encode(msgspec.structs.replace(entry, metadata=None))
    writes.append(Put(CURRENT, b"", raw))


def _drop(old: ObjectEntry, raw_manifest: bytes | None, new: ObjectEntry | None, writes: list[Write]) -> list[bytes]:
    """Add the removal of an old entry's other cells, unless the new one overwrites them; returns garbage records."""
    if old.metadata is None and not any(write.space == EXTRA for write in writes):
        writes.append(Delete(EXTRA))
    if old.storage == INLINE:
        if new is None or new.storage != INLINE:
            writes.append(Delete(DATA))
        return []
    if old.storage == BLOB:
        return [dropped((old.blob,))]
    if new is None or new.storage != MULTIPART:
        writes.append(Delete(MANIFEST))
    return [] if raw_manifest is None else [raw_manifest]


def _with_extra(entry: ObjectEntry, extra: bytes | None) -> ObjectEntry:
    if entry.metadata is not None:
        return entry
    if extra is None:
        raise Corrupt("an object's metadata record is missing")
    return msgspec.structs.replace(entry, metadata=decode_extra(extra))


def _verified(entry: ObjectEntry, data: bytes | None) -> bytes | None:
    if entry.storage != INLINE:
        return None
    if data is None or xxh3_64_intdigest(data) != entry.check:
        raise Corrupt("inline bytes do not match their checksum")
    return data


_running: set[asyncio.Task[Any]] = set()


def _unbroken(work: Coroutine[Any, Any, T]) -> Awaitable[T]:
    """Run to the end even when the caller is cancelled. The set keeps the loop's weak reference alive."""
    task = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return asyncio.shield(task)
