"""Keys with versions: the pure transitions of one row that has, or begins to have, a history.

Every version and delete marker has its entry in VERSIONS, newest first. The newest, unless it is a delete marker, has a
copy in CURRENT and its other cells where those of an object without versions are, so that it is read and listed as
cheaply; it moves aside when something newer comes. No version goes past its lock: ``destroyed`` alone makes the records
that let go of its bytes. What must not be here: the engine, S3's errors, access rules.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.annotated import Annotation, annotating, unannotating
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
    NO_CURRENT,
    NULL,
    NULL_CELL,
    NULL_VERSION,
    OBJECTS_COUNTER,
    VERSIONS,
    order_suffix,
)
from bushel.catalog.locks import UNLOCKED, require_allowed, require_removable
from bushel.catalog.records import (
    BLOB,
    INLINE,
    MARKER,
    MAX_ENTRY_BYTES,
    MULTIPART,
    NULL_ID,
    Lock,
    ObjectEntry,
    decode_entry,
    decode_extra,
    encode,
)
from bushel.core.clock import whole_seconds
from bushel.engine.api import Cell, Change, Corrupt, Delete, Put, Range, Read, Write

Condition = Callable[[ObjectEntry | None], None]
"""Looks at the current entry (``None`` where the key holds nothing) and raises to refuse the write."""

TOKEN_BYTES: Final = 12
"""Random bytes of a version id: nobody finds a version by guessing."""

_ID_LENGTH: Final = 32


class HistoryBegun(Exception):
    """The row has versions, which a writer to a bucket without versions does not expect."""


# --- version ids --------------------------------------------------------------------------------------------------


def make_version_id(order: int, token: bytes) -> str:
    """The id of a version: its order, so that it is found by one look, and random bytes. Opaque to clients."""
    return base64.b32hexencode(order.to_bytes(8, "big") + token).decode().lower()


def order_of(version_id: str) -> int | None:
    """The order of the version that can have this id; ``None`` for what is no id of ours (nor ``null``)."""
    if len(version_id) != _ID_LENGTH or not version_id.isascii() or version_id != version_id.lower():
        return None
    try:
        return int.from_bytes(base64.b32hexdecode(version_id.upper())[:8], "big")
    except binascii.Error:
        return None


def position_after(key: bytes, order: int) -> tuple[bytes, bytes]:
    """Where a walk over versions goes on after the version of this order."""
    return key, order_suffix(order) + b"\0"


# --- a row --------------------------------------------------------------------------------------------------------

READS: Final[tuple[Read, ...]] = (
    CURRENT_CELL,
    DATA_CELL,
    MANIFEST_CELL,
    EXTRA_CELL,
    NULL_CELL,
    Cell(MANIFEST, NULL_VERSION),
    Range(VERSIONS, limit=1),
)


class _Row:
    """A row before the change, and the change as it grows."""

    def __init__(self, values: Sequence[Any]) -> None:
        raw, self.data, self.manifest, self.extra, raw_null, self.null_manifest, newest = values
        self.current = None if raw is None else decode_entry(raw)
        self.null = None if raw_null is None else decode_entry(raw_null)
        self.newest = decode_entry(newest[0][1]) if newest else None
        self.writes: list[Write] = []
        self.journal: list[bytes] = []
        self.objects = 0
        self.bytes = 0

    def next_order(self, now_ns: int) -> int:
        newest = max(
            self.current.order if self.current is not None else 0, self.newest.order if self.newest is not None else 0
        )
        return max(now_ns, newest + 1)

    def set_current_aside(self) -> None:
        """The current version becomes an older one."""
        entry = self.current
        if entry is None:
            return
        suffix = order_suffix(entry.order)
        if is_null(entry):
            entry = msgspec.structs.replace(entry, version_id=NULL_ID)
            raw = encode(entry)
            self.writes += (Put(VERSIONS, suffix, raw), Put(NULL, b"", raw))
            suffix = NULL_VERSION
        self._take_away()
        for space, value in ((DATA, self.data), (EXTRA, self.extra)):
            if value is not None:
                self.writes.append(Put(space, suffix, value))
        if entry.storage == MULTIPART and self.manifest is not None:
            self.writes.append(Put(MANIFEST, suffix, self.manifest))

    def drop_null(self, now_ns: int) -> None:
        """The null version, where there is one, goes for good.

        Raises:
            Locked: It must stay.
        """
        entry = self.current
        if entry is not None and is_null(entry):
            self._take_away()
            manifest = self.manifest
        elif self.null is not None:
            entry, manifest = self.null, self.null_manifest
            self.writes += _removed(entry, NULL_VERSION)
            self.writes.append(Delete(NULL))
        else:
            return
        if entry.version_id:
            self.writes.append(Delete(VERSIONS, order_suffix(entry.order)))
        self._count_out(entry, manifest, now_ns)

    def _take_away(self) -> None:
        assert self.current is not None
        self.writes += (Delete(CURRENT), *_removed(self.current, b""))

    def _count_out(self, entry: ObjectEntry, manifest: bytes | None, now_ns: int) -> None:
        self.journal += destroyed(entry, manifest, now_ns)
        if entry.annotations is not None:
            self.writes += unannotating(entry.order)
        if entry.storage != MARKER:
            self.objects -= 1
            self.bytes -= entry.counted_bytes

    def change(self, result: Any) -> Change:
        counters = {OBJECTS_COUNTER: self.objects, BYTES_COUNTER: self.bytes}
        return Change(self.writes, self.journal, {name: by for name, by in counters.items() if by}, result)


class Content(NamedTuple):
    """What a version is made of beside its entry: the cells of the current version."""

    data: bytes | None
    manifest: bytes | None
    annotations: Sequence[Annotation] = ()


def add(
    values: Sequence[Any],
    make: Callable[[int, str], ObjectEntry],
    content: Content,
    now_ns: int,
    condition: Condition | None,
    token: bytes | None,
) -> Change:
    """The change that makes a new current version; its result is the entry.

    Args:
        values: Of READS.
        make: Entry of an order and a version id.
        content: Its inline bytes or manifest.
        now_ns: The time.
        condition: Of the write.
        token: Random bytes for the version's id; ``None`` makes the null version, in place of the one there is.
    """
    row = _Row(values)
    if condition is not None:
        condition(row.current)
    order = row.next_order(now_ns)
    if token is None:
        row.drop_null(now_ns)
    if row.current is not None and not (token is None and is_null(row.current)):
        row.set_current_aside()
    elif row.manifest == NO_CURRENT:
        row.writes.append(Delete(MANIFEST))
    entry = make(order, NULL_ID if token is None else make_version_id(order, token))
    raw, extra = encoded(entry)
    row.writes += (Put(VERSIONS, order_suffix(order), raw), Put(CURRENT, b"", raw))
    if extra is not None:
        row.writes.append(Put(EXTRA, b"", extra))
    if content.annotations:
        row.writes += annotating(order, content.annotations)
    if content.data is not None:
        row.writes.append(Put(DATA, b"", content.data))
    elif content.manifest is not None:
        row.writes.append(Put(MANIFEST, b"", content.manifest))
    row.objects += 1
    row.bytes += entry.counted_bytes
    return row.change(entry)


def mark(values: Sequence[Any], owner: str, now_ns: int, condition: Condition | None, token: bytes | None) -> Change:
    """The change that puts a delete marker on top; its result is the marker's entry. Arguments as of ``add``."""
    row = _Row(values)
    if condition is not None:
        condition(row.current)
    order = row.next_order(now_ns)
    if token is None:
        row.drop_null(now_ns)
    if row.current is not None and not (token is None and is_null(row.current)):
        row.set_current_aside()
    version_id = NULL_ID if token is None else make_version_id(order, token)
    marker = ObjectEntry(order, version_id, whole_seconds(order), 0, "", owner, MARKER)
    raw = encode(marker)
    row.writes += (Put(VERSIONS, order_suffix(order), raw), Put(MANIFEST, b"", NO_CURRENT))
    if token is None:
        row.writes.append(Put(NULL, b"", raw))
    return row.change(marker)


# --- one version, looked up and changed ---------------------------------------------------------------------------


class Found(NamedTuple):
    """A version as ``find`` found it: its entry without metadata that are too large for it, and its other cells."""

    entry: ObjectEntry
    is_current: bool
    data: bytes | None
    extra: bytes | None

    def whole(self) -> ObjectEntry:
        """The entry with its metadata.

        Raises:
            Corrupt: They are missing.
        """
        if self.entry.metadata is not None:
            return self.entry
        if self.extra is None:
            raise Corrupt("an object's metadata record is missing")
        return msgspec.structs.replace(self.entry, metadata=decode_extra(self.extra))


_FIND_CURRENT: Final = (CURRENT_CELL, DATA_CELL, EXTRA_CELL)


def find_reads(version_id: str | None) -> tuple[Read, ...]:
    """What ``find`` reads for a version; ``None`` for the current one, ``null`` for the null version."""
    if version_id is None:
        return _FIND_CURRENT
    order = order_of(version_id)
    suffix = NULL_VERSION if order is None else order_suffix(order)
    entry = NULL_CELL if order is None else Cell(VERSIONS, suffix)
    return (*_FIND_CURRENT, entry, Cell(DATA, suffix), Cell(EXTRA, suffix))


def find(values: Sequence[Any], version_id: str | None) -> Found | None:
    """The version among the values of ``find_reads``; it may be a delete marker."""
    raw, data, extra, *aside = values
    if raw is not None:
        current = decode_entry(raw)
        if version_id is None or (is_null(current) if version_id == NULL_ID else current.version_id == version_id):
            return Found(current, True, data, extra)
    if not aside or aside[0] is None:
        return None
    entry = decode_entry(aside[0])
    return Found(entry, False, aside[1], aside[2]) if entry.version_id == version_id else None


def change(values: Sequence[Any], version_id: str | None, make: Callable[[ObjectEntry], ObjectEntry]) -> Change:
    """The change that puts what ``make`` returns in the place of one version's entry (its metadata, for example).

    Size, order and bytes stay. The result is the entry, ``None`` where there is no such version.

    Raises:
        ValueError: ``make`` touched the lock, which ``relock`` alone does.
    """
    found = find(values, version_id)
    if found is None:
        return Change()
    entry = make(found.whole())
    if entry.lock != found.entry.lock:
        raise ValueError("a lock is changed by its own transition")
    return _changed(found, entry)


def relock(
    values: Sequence[Any], version: ObjectEntry, make: Callable[[Lock], Lock], now_ns: int, *, bypass_governance: bool
) -> Change:
    """The change that puts what ``make`` returns in the place of a version's lock.

    The result is the entry, ``None`` where the version is gone.

    Args:
        values: Of ``find_reads`` for its id.
        version: The version as it was looked at; no delete marker.
        make: From its lock as it is now.
        now_ns: The time.
        bypass_governance: As of ``require_allowed``.

    Raises:
        Locked: The lock would become weaker.
    """
    found = find(values, version.version_id or NULL_ID)
    if found is None or found.entry.order != version.order:
        return Change()
    entry = found.whole()
    old = entry.lock or UNLOCKED
    new = make(old)
    require_allowed(old, new, now_ns, bypass_governance=bypass_governance)
    return _changed(found, msgspec.structs.replace(entry, lock=None if new == UNLOCKED else new))


def _changed(found: Found, entry: ObjectEntry) -> Change:
    """The writes that put an entry in the place of the one that was found."""
    raw, extra = encoded(entry)
    suffix = b"" if found.is_current else suffix_of(entry)
    writes: list[Write] = [Delete(EXTRA, suffix)] if found.extra is not None else []
    if extra is not None:
        writes.append(Put(EXTRA, suffix, extra))
    if entry.version_id:
        writes.append(Put(VERSIONS, order_suffix(entry.order), raw))
    if found.is_current:
        writes.append(Put(CURRENT, b"", raw))
    elif suffix == NULL_VERSION:
        writes.append(Put(NULL, b"", raw))
    return Change(writes, result=entry)


# --- removal ------------------------------------------------------------------------------------------------------

_AFTER_CURRENT: Final = (
    Range(DATA, after=b"", limit=1),
    Range(MANIFEST, after=b"", limit=1),
    Range(EXTRA, after=b"", limit=1),
)
_OF_NULL: Final = (Cell(DATA, NULL_VERSION), Cell(MANIFEST, NULL_VERSION), Cell(EXTRA, NULL_VERSION))


def removal_reads(order: int | None) -> tuple[Read, ...]:
    """What ``remove`` reads for the version of this order; ``None`` for the null version.

    When the newest version goes, the second becomes the current one. Since the newest has no cells under a suffix, the
    first cells under one belong to the second, if it has such cells.
    """
    suffix = NULL_VERSION if order is None else order_suffix(order)
    return (
        CURRENT_CELL,
        MANIFEST_CELL,
        NULL_CELL,
        Cell(VERSIONS, suffix),
        Cell(MANIFEST, suffix),
        Range(VERSIONS, limit=2),
        *_AFTER_CURRENT,
        *_OF_NULL,
    )


def remove(
    values: Sequence[Any],
    version_id: str,
    condition: Condition | None,
    now_ns: int,
    *,
    bypass_governance: bool = False,
) -> Change:
    """The change that removes one version for good; its result is its entry, ``None`` where there is none.

    Args:
        values: Of ``removal_reads``.
        version_id: Which one; ``null`` for the null version.
        condition: Looks at that version (not at the current one).
        now_ns: The time.
        bypass_governance: As of ``require_removable``.

    Raises:
        Locked: It must stay.
    """
    raw, manifest, raw_null, raw_target, target_manifest, newest, *beside = values
    current = None if raw is None else decode_entry(raw)
    target = _target(version_id, current, raw_null, raw_target)
    if condition is not None:
        condition(target)
    if target is None:
        return Change()
    writes: list[Write] = []
    is_current = current is not None and target.order == current.order
    suffix = b"" if is_current else suffix_of(target)
    writes += _removed(target, suffix)
    if is_current:
        writes.append(Delete(CURRENT))
    elif suffix == NULL_VERSION:
        writes.append(Delete(NULL))
    if target.version_id:
        writes.append(Delete(VERSIONS, order_suffix(target.order)))
        if newest and newest[0][0] == order_suffix(target.order):
            writes += _second_on_top([decode_entry(each) for _, each in newest[1:]], beside)
    if target.annotations is not None:
        writes += unannotating(target.order)
    gone = manifest if is_current else target_manifest
    journal = destroyed(target, gone, now_ns, bypass_governance=bypass_governance)
    counters = {} if target.storage == MARKER else {OBJECTS_COUNTER: -1, BYTES_COUNTER: -target.counted_bytes}
    return Change(writes, journal, counters, target)


def _target(
    version_id: str, current: ObjectEntry | None, raw_null: bytes | None, raw_target: bytes | None
) -> ObjectEntry | None:
    if version_id == NULL_ID:
        if current is not None and is_null(current):
            return current
        return None if raw_null is None else decode_entry(raw_null)
    target = None if raw_target is None else decode_entry(raw_target)
    return target if target is not None and target.version_id == version_id else None


def _second_on_top(second: list[ObjectEntry], beside: Sequence[Any]) -> list[Write]:
    """What becomes of the row when its newest version is gone: nothing, or the second is the newest."""
    if not second:
        return [Delete(MANIFEST)]
    entry = second[0]
    if entry.storage == MARKER:
        return [Put(MANIFEST, b"", NO_CURRENT)]
    suffix = suffix_of(entry)
    writes: list[Write] = [Delete(MANIFEST)]
    if suffix == NULL_VERSION:
        writes.append(Delete(NULL))
    for space, following, of_null in zip((DATA, MANIFEST, EXTRA), beside[:3], beside[3:], strict=True):
        value = of_null if suffix == NULL_VERSION else dict(following).get(suffix)
        if value is not None:
            writes += (Delete(space, suffix), Put(space, b"", value))
    writes.append(Put(CURRENT, b"", encode(entry)))
    return writes


# --- entries ------------------------------------------------------------------------------------------------------


def is_null(entry: ObjectEntry) -> bool:
    return entry.version_id in {"", NULL_ID}


def encoded(entry: ObjectEntry) -> tuple[bytes, bytes | None]:
    """An entry as it is stored, and its metadata where they are too large for it."""
    raw = encode(entry)
    if len(raw) <= MAX_ENTRY_BYTES:
        return raw, None
    return encode(msgspec.structs.replace(entry, metadata=None)), encode(entry.metadata)


def entry_cell(entry: ObjectEntry) -> Cell:
    """Where the entry of a version is that is not the current one."""
    return NULL_CELL if is_null(entry) else Cell(VERSIONS, order_suffix(entry.order))


def suffix_of(entry: ObjectEntry) -> bytes:
    """Where the cells of a version that is not the current one are."""
    return NULL_VERSION if is_null(entry) else order_suffix(entry.order)


def _removed(entry: ObjectEntry, suffix: bytes) -> list[Write]:
    """The removal of the cells that a version has beside its entry."""
    writes: list[Write] = []
    if entry.metadata is None:
        writes.append(Delete(EXTRA, suffix))
    if entry.storage == INLINE:
        writes.append(Delete(DATA, suffix))
    elif entry.storage == MULTIPART:
        writes.append(Delete(MANIFEST, suffix))
    return writes


def destroyed(
    entry: ObjectEntry, manifest: bytes | None, now_ns: int, *, bypass_governance: bool = False
) -> list[bytes]:
    """The garbage records of a version that goes for good; none other lets go of its bytes.

    Raises:
        Locked: It must stay.
    """
    if entry.lock is not None:
        require_removable(entry, now_ns, bypass_governance=bypass_governance)
    if entry.storage == BLOB:
        return [dropped((entry.blob,))]
    return [manifest] if entry.storage == MULTIPART and manifest is not None else []
