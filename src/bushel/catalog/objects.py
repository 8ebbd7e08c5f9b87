"""Objects: what a key holds, and the atomic transitions that change it.

Every method is one read or one commit of one row. Conditions are functions of the current entry that raise to refuse;
they run inside the transition, so that of racing writers one wins. What must not be here: S3's errors and texts, access
rules.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from xxhash import xxh3_64_intdigest

from bushel.catalog import history
from bushel.catalog.annotated import Annotation, annotating, summed, unannotating
from bushel.catalog.history import Condition, HistoryBegun
from bushel.catalog.layout import (
    BYTES_COUNTER,
    CURRENT,
    CURRENT_CELL,
    DATA,
    DATA_CELL,
    EXTRA,
    MANIFEST,
    MANIFEST_CELL,
    OBJECTS_COUNTER,
    VERSIONS,
)
from bushel.catalog.records import (
    BLOB,
    INLINE,
    MULTIPART,
    NULL_ID,
    BackPointer,
    BucketRecord,
    Checksum,
    Encryption,
    Lock,
    Manifest,
    Metadata,
    ObjectEntry,
    decode_entry,
    decode_manifest,
    encode,
)
from bushel.core.clock import Clock, whole_seconds
from bushel.core.ids import Randomness
from bushel.engine.api import (
    BlobReader,
    BlobWriter,
    Cell,
    Change,
    Corrupt,
    Delete,
    Engine,
    Page,
    Put,
    Range,
    Read,
    Transition,
    Unavailable,
    Write,
)

__all__ = ["Condition", "Draft", "Listed", "Objects", "Step", "Stored", "Version", "VersionsListed"]

T = TypeVar("T")

_WRITE_READS: Final = (CURRENT_CELL, MANIFEST_CELL)
_GET_READS: Final = (CURRENT_CELL, DATA_CELL)
_HEAD_READS: Final = (CURRENT_CELL,)

ENABLED: Final = "Enabled"
SUSPENDED: Final = "Suspended"
"""``BucketRecord.versioning``; empty where versioning never began. Of a bucket that has either, it never ends."""


class Stored(NamedTuple):
    """What a key holds: its entry with the metadata in it, and the inline bytes (already verified) of an INLINE one."""

    entry: ObjectEntry
    data: bytes | None


class Draft(NamedTuple):
    """An object about to be stored; order and time are set by the commit.

    ``data`` for inline bytes, ``blob`` for a sealed blob, ``manifest`` for the parts of an upload: exactly one of them.
    With ``encryption`` the bytes are encrypted already; ``size`` is that of the plain ones. An object that only gets
    another key keeps its ``last_modified``; ``renamed`` is as of the entry.
    """

    size: int
    etag: str
    owner: str
    metadata: Metadata
    checksum: Checksum | None = None
    data: bytes | None = None
    blob: bytes = b""
    manifest: Manifest | None = None
    annotations: Sequence[Annotation] = ()
    encryption: Encryption | None = None
    lock: Lock | None = None
    last_modified: int = 0
    renamed: bytes | None = None


class Step(NamedTuple):
    """What a commit reads and makes of it; ``otherwise`` makes the step for a row whose history it did not expect.

    A bucket's status may change while a request is under way. One that began before versioning did adds a null version
    then, and loses nothing of what has a version id.
    """

    reads: Sequence[Read]
    transition: Transition
    otherwise: Callable[[], "Step"] | None = None


class Version(NamedTuple):
    """One version or delete marker in a listing; ``key`` as stored."""

    key: bytes
    entry: ObjectEntry
    is_latest: bool


class VersionsListed(NamedTuple):
    """A piece of a listing of versions: by key, newest first; ``next`` as of ``Engine.scan``."""

    versions: list[Version]
    next: tuple[bytes, bytes] | None


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

    def __init__(self, engine: Engine, clock: Clock, randomness: Randomness) -> None:
        self._engine = engine
        self._clock = clock
        self._randomness = randomness

    # reading

    async def get(self, bucket: BucketRecord, key: str, version_id: str | None = None) -> Stored | None:
        """An object with its inline bytes: the current one, or the version named, which may be a delete marker.

        Raises:
            Corrupt: The inline bytes do not match their checksum.
        """
        if version_id is not None:
            return await self._find(bucket, key, version_id)
        raw, data = await self._engine.read(bucket.partition, key.encode(), _GET_READS)
        if raw is None:
            return None
        entry = decode_entry(raw)
        if entry.metadata is None:
            return await self._find(bucket, key, None)
        return Stored(entry, _verified(entry, data))

    async def head(self, bucket: BucketRecord, key: str, version_id: str | None = None) -> ObjectEntry | None:
        """The entry with its metadata of the current object, or of the version named (a delete marker, perhaps)."""
        if version_id is not None:
            found = await self._find(bucket, key, version_id, verify=False)
            return None if found is None else found.entry
        (raw,) = await self._engine.read(bucket.partition, key.encode(), _HEAD_READS)
        if raw is None:
            return None
        entry = decode_entry(raw)
        if entry.metadata is not None:
            return entry
        stored = await self._find(bucket, key, None, verify=False)
        return None if stored is None else stored.entry

    async def newest(self, bucket: BucketRecord, key: str) -> ObjectEntry | None:
        """The newest version or delete marker of a key with versions; ``None`` where it has none."""
        (found,) = await self._engine.read(bucket.partition, key.encode(), (Range(VERSIONS, limit=1),))
        return decode_entry(found[0][1]) if found else None

    async def manifest(self, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Manifest | None:
        """The parts of the multipart object that was found as ``entry``; ``None`` where it is gone."""
        suffix = history.suffix_of(entry)
        reads = (CURRENT_CELL, MANIFEST_CELL, history.entry_cell(entry), Cell(MANIFEST, suffix))
        raw, raw_manifest, raw_aside, manifest_aside = await self._engine.read(bucket.partition, key.encode(), reads)
        for raw_entry, parts in ((raw, raw_manifest), (raw_aside, manifest_aside)):
            if raw_entry is not None and parts is not None and decode_entry(raw_entry).order == entry.order:
                found = decode_manifest(parts)
                # What was appended since the entry was read is not the reader's.
                return Manifest(found.upload_id, found.parts[: entry.parts])
        return None

    # writing

    async def put(
        self, bucket: BucketRecord, key: str, draft: Draft, condition: Condition | None = None
    ) -> ObjectEntry:
        """Store an object: a new version, or in place of what the key holds. A blob of the draft is settled or deleted.

        Raises:
            Gone: The bucket was deleted.
            Full: No space.
            Locked: It would take the place of a null version that must stay.
            Exception: What the condition raised.
        """
        step = self.replacing(bucket, draft, condition)
        if draft.blob:
            entry: ObjectEntry = await self.naming([draft.blob], bucket, key, step)
        else:
            entry = await self._commit(bucket.partition, key.encode(), step)
        return entry

    def replacing(self, bucket: BucketRecord, draft: Draft, condition: Condition | None) -> Step:
        """The step that stores ``draft``; its result is the new entry."""
        now_ns = self._clock.now_ns()

        def adding() -> Step:
            return Step(history.READS, partial(_add, draft, now_ns, condition, self._token(bucket)))

        return (
            adding() if bucket.versioning else Step(_WRITE_READS, partial(_replace, draft, now_ns, condition), adding)
        )

    async def delete(
        self, bucket: BucketRecord, key: str, owner: str = "", condition: Condition | None = None
    ) -> ObjectEntry | None:
        """Remove what the key holds, or put a delete marker of ``owner`` on top; returns what it removed or put.

        Raises:
            Gone: The bucket was deleted.
            Locked: What would go for good must stay.
            Exception: What the condition raised.
        """
        step = self.deleting(bucket, owner, condition)
        entry: ObjectEntry | None = await self.reclaim(bucket, key, step)
        return entry

    def deleting(self, bucket: BucketRecord, owner: str, condition: Condition | None) -> Step:
        """The step of ``delete``. The first cell that it reads is that of the current version."""
        now_ns = self._clock.now_ns()

        def marking() -> Step:
            token = self._token(bucket)
            return Step(history.READS, lambda values: history.mark(values, owner, now_ns, condition, token))

        return marking() if bucket.versioning else Step(_WRITE_READS, partial(_remove, condition, now_ns), marking)

    async def delete_version(
        self,
        bucket: BucketRecord,
        key: str,
        version_id: str,
        condition: Condition | None = None,
        *,
        bypass_governance: bool = False,
    ) -> ObjectEntry | None:
        """Remove one version or delete marker for good; returns it, ``None`` where there is none.

        Args:
            bucket: Where.
            key: Which key.
            version_id: ``null``, or an id that ``history.order_of`` knows.
            condition: Looks at that version.
            bypass_governance: Whether its retention does not count if it is GOVERNANCE.

        Raises:
            Gone: The bucket was deleted.
            Locked: It must stay.
            Exception: What the condition raised.
        """
        step = self.removing(version_id, condition, bypass_governance=bypass_governance)
        entry: ObjectEntry | None = await self.reclaim(bucket, key, step)
        return entry

    def removing(self, version_id: str, condition: Condition | None, *, bypass_governance: bool = False) -> Step:
        """The step of ``delete_version``."""
        now_ns = self._clock.now_ns()

        def transition(values: Sequence[Any]) -> Change:
            return history.remove(values, version_id, condition, now_ns, bypass_governance=bypass_governance)

        return Step(history.removal_reads(history.order_of(version_id)), transition)

    async def reclaim(self, bucket: BucketRecord, key: str, step: Step) -> Any:
        """Commit a step that removes something; returns its result."""
        return await self._commit(bucket.partition, key.encode(), step, reclaims=True)

    async def change_metadata(
        self,
        bucket: BucketRecord,
        key: str,
        change: Callable[[ObjectEntry], Metadata],
        version_id: str | None = None,
    ) -> ObjectEntry | None:
        """Replace an object's metadata (its ACL, for example); everything else stays, its time too."""
        return await self.change_entry(
            bucket, key, lambda entry: msgspec.structs.replace(entry, metadata=change(entry)), version_id
        )

    async def change_entry(
        self,
        bucket: BucketRecord,
        key: str,
        change: Callable[[ObjectEntry], ObjectEntry],
        version_id: str | None = None,
    ) -> ObjectEntry | None:
        """Replace the entry of the current object or of the version named; order, size and bytes must stay.

        Returns the new entry, ``None`` where there is no such version. ``change`` is given the entry with its metadata
        (a delete marker, perhaps) and may raise to refuse.
        """
        step = Step(history.find_reads(version_id), lambda values: history.change(values, version_id, change))
        entry: ObjectEntry | None = await self._commit(bucket.partition, key.encode(), step)
        return entry

    async def change_lock(
        self,
        bucket: BucketRecord,
        key: str,
        version: ObjectEntry,
        change: Callable[[Lock], Lock],
        *,
        bypass_governance: bool = False,
    ) -> ObjectEntry | None:
        """Replace the lock of a version by what ``change`` makes of it as it is now.

        Returns the new entry, ``None`` where the version is gone.

        Raises:
            Gone: The bucket was deleted.
            Locked: The lock would become weaker than it may.
        """
        now_ns = self._clock.now_ns()

        def transition(values: Sequence[Any]) -> Change:
            return history.relock(values, version, change, now_ns, bypass_governance=bypass_governance)

        step = Step(history.find_reads(version.version_id or NULL_ID), transition)
        entry: ObjectEntry | None = await self._commit(bucket.partition, key.encode(), step)
        return entry

    def _token(self, bucket: BucketRecord) -> bytes | None:
        return self._randomness.token(history.TOKEN_BYTES) if bucket.versioning == ENABLED else None

    # listing

    async def scan(self, bucket: BucketRecord, start: bytes, stop: bytes | None, limit: int) -> Listed:
        """Current entries of keys from ``start`` (inclusive) to ``stop`` (exclusive)."""
        page = await self._engine.scan(bucket.partition, CURRENT, (start, b""), stop, limit)
        cells = page.cells
        return Listed([cell.row for cell in cells], [cell.value for cell in cells], _following(page))

    async def scan_versions(
        self, bucket: BucketRecord, start: tuple[bytes, bytes], stop: bytes | None, limit: int, begun: bytes = b""
    ) -> VersionsListed:
        """Versions and delete markers from ``start`` (key, suffix; inclusive) to the key ``stop`` (exclusive).

        Keys that were never written with versions are in CURRENT alone, all others with all that they have in VERSIONS.
        Since a key goes from the one to the other and never back, and CURRENT is walked first, none is missed.

        Args:
            bucket: Where.
            start: Where to begin, as ``next`` of the piece before, or ``history.position_after``.
            stop: Where to end.
            limit: Of either walk.
            begun: A key whose newest version was listed before.
        """
        row, suffix = start
        first = row + b"\0" if suffix else row  # a key in the midst of which this begins is in VERSIONS
        singles = await self._engine.scan(bucket.partition, CURRENT, (first, b""), stop, limit)
        several = await self._engine.scan(bucket.partition, VERSIONS, start, stop, limit)
        end_of_singles, end_of_several = _following(singles), several.next
        rows = {row for row, _, _ in several.cells} | {begun}
        found = []
        for row, _, value in singles.cells:
            if end_of_several is not None and row >= end_of_several[0]:
                break
            if row not in rows:
                entry = decode_entry(value)
                if not entry.version_id:
                    found.append(Version(row, entry, True))
        before = begun
        for row, _, value in several.cells:
            if end_of_singles is not None and row >= end_of_singles:
                break
            found.append(Version(row, decode_entry(value), row != before))
            before = row
        found.sort(key=lambda version: (version.key, -version.entry.order))
        ends = [] if end_of_singles is None else [(end_of_singles, b"")]
        if end_of_several is not None:
            ends.append(end_of_several)
        return VersionsListed(found, min(ends, default=None))

    async def any(self, bucket: BucketRecord) -> bool:
        """Whether the bucket has any object, version or delete marker."""
        for space in (CURRENT, VERSIONS):
            start: tuple[bytes, bytes] | None = (b"", b"")
            while start is not None:
                found = await self._engine.scan(bucket.partition, space, start, None, 1)
                if found.cells:
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

    async def naming(self, blobs: Sequence[bytes], bucket: BucketRecord, key: str, step: Step) -> Any:
        """Commit something that names sealed blobs, then settle them; a refusal deletes them.

        The work goes on when the caller is cancelled (its client went away): whether the index names a blob is known
        only once the commit has returned.
        """
        return await self.settling(blobs, lambda: self._commit(bucket.partition, key.encode(), step))

    async def settling(self, blobs: Sequence[bytes], commit: Callable[[], Awaitable[Any]]) -> Any:
        """The same for any commit that names them."""
        return await _unbroken(self._commit_and_settle(blobs, commit))

    async def _commit_and_settle(self, blobs: Sequence[bytes], commit: Callable[[], Awaitable[Any]]) -> Any:
        try:
            result = await commit()
        except Unavailable:
            # The outcome is unknown: the blobs stay pending, and recovery asks the index.
            raise
        except Exception:
            for blob in blobs:
                await self._engine.delete_blob(blob)
            raise
        self._engine.settle(blobs)
        return result

    async def _commit(self, partition: bytes, row: bytes, step: Step, *, reclaims: bool = False) -> Any:
        try:
            return await self._engine.commit(partition, row, step.reads, step.transition, reclaims=reclaims)
        except HistoryBegun:
            assert step.otherwise is not None
            return await self._commit(partition, row, step.otherwise(), reclaims=reclaims)

    async def _find(
        self, bucket: BucketRecord, key: str, version_id: str | None, *, verify: bool = True
    ) -> Stored | None:
        values = await self._engine.read(bucket.partition, key.encode(), history.find_reads(version_id))
        found = history.find(values, version_id)
        if found is None:
            return None
        return Stored(found.whole(), _verified(found.entry, found.data) if verify else None)


def _following(page: Page) -> bytes | None:
    """The row after a page of CURRENT, where a row has one cell: past its suffix is past the row."""
    if page.next is None:
        return None
    row, suffix = page.next
    return row + b"\0" if suffix else row


def _replace(draft: Draft, now_ns: int, condition: Condition | None, values: Sequence[Any]) -> Change:
    """The change that puts ``draft`` in place of what a row without history holds; its result is the new entry."""
    raw, raw_manifest = values
    current = without_history(raw, raw_manifest)
    if condition is not None:
        condition(current)
    order = now_ns if current is None or now_ns > current.order else current.order + 1
    entry = _entry(draft, order, "")
    raw, extra = history.encoded(entry)
    writes: list[Write] = [Put(CURRENT, b"", raw)]
    if extra is not None:
        writes.append(Put(EXTRA, b"", extra))
    if draft.annotations:
        writes += annotating(order, draft.annotations)
    if draft.data is not None:
        writes.append(Put(DATA, b"", draft.data))
    elif draft.manifest is not None:
        writes.append(Put(MANIFEST, b"", encode(draft.manifest)))
    size = entry.counted_bytes
    if current is None:
        return Change(writes, (), {OBJECTS_COUNTER: 1, BYTES_COUNTER: size}, entry)
    journal = _drop(current, raw_manifest, entry, writes, now_ns)
    return Change(writes, journal, {BYTES_COUNTER: size - current.counted_bytes}, entry)


def _add(draft: Draft, now_ns: int, condition: Condition | None, token: bytes | None, values: Sequence[Any]) -> Change:
    manifest = None if draft.manifest is None else encode(draft.manifest)
    content = history.Content(draft.data, manifest, draft.annotations)
    return history.add(values, partial(_entry, draft), content, now_ns, condition, token)


def _remove(condition: Condition | None, now_ns: int, values: Sequence[Any]) -> Change:
    raw, raw_manifest = values
    current = without_history(raw, raw_manifest)
    if condition is not None:
        condition(current)
    if current is None:
        return Change()
    writes: list[Write] = [Delete(CURRENT)]
    journal = _drop(current, raw_manifest, None, writes, now_ns)
    return Change(writes, journal, {OBJECTS_COUNTER: -1, BYTES_COUNTER: -current.counted_bytes}, current)


def without_history(raw: bytes | None, raw_manifest: bytes | None) -> ObjectEntry | None:
    """The object of a row that has no versions, of its entry and its manifest.

    Raises:
        HistoryBegun: It has.
    """
    if raw is None:
        if raw_manifest is not None:
            raise HistoryBegun
        return None
    entry = decode_entry(raw)
    if entry.version_id:
        raise HistoryBegun
    return entry


def _entry(draft: Draft, order: int, version_id: str) -> ObjectEntry:
    if draft.data is not None:
        storage, check = INLINE, xxh3_64_intdigest(draft.data)
    else:
        storage, check = (MULTIPART if draft.manifest is not None else BLOB), 0
    return ObjectEntry(
        order=order,
        version_id=version_id,
        last_modified=draft.last_modified or whole_seconds(order),
        size=draft.size,
        etag=draft.etag,
        owner=draft.owner,
        storage=storage,
        blob=draft.blob,
        check=check,
        parts=len(draft.manifest.parts) if draft.manifest is not None else 0,
        checksum=draft.checksum,
        metadata=draft.metadata,
        annotations=summed(draft.annotations) if draft.annotations else None,
        encryption=draft.encryption,
        lock=draft.lock,
        renamed=draft.renamed,
    )


def _drop(
    old: ObjectEntry, raw_manifest: bytes | None, new: ObjectEntry | None, writes: list[Write], now_ns: int
) -> list[bytes]:
    """Add the removal of an old entry's other cells, unless the new one overwrites them; returns garbage records.

    Raises:
        Locked: The old one must stay.
    """
    garbage = history.destroyed(old, raw_manifest, now_ns)
    if old.annotations is not None:
        writes += unannotating(old.order)
    if old.metadata is None and not any(write.space == EXTRA for write in writes):
        writes.append(Delete(EXTRA))
    if old.storage == INLINE:
        if new is None or new.storage != INLINE:
            writes.append(Delete(DATA))
    elif old.storage == MULTIPART and (new is None or new.storage != MULTIPART):
        writes.append(Delete(MANIFEST))
    return garbage


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
