"""Bytes appended to an object: its parts and one more, in one atom, and no byte of the old ones written again.

An object that was in one piece becomes one of parts; inline bytes get a blob of their own for that. It stays the same
version: its order, metadata and annotations stay, so a reader of the object as it was reads on. What must not be here:
S3's errors, how tags and checksums are made.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from bushel.catalog import history
from bushel.catalog.garbage import dropped
from bushel.catalog.layout import (
    BYTES_COUNTER,
    CURRENT,
    CURRENT_CELL,
    DATA,
    EXTRA,
    MANIFEST,
    MANIFEST_CELL,
)
from bushel.catalog.objects import Condition, Objects, Step, without_history
from bushel.catalog.records import BLOB, INLINE, MULTIPART, BucketRecord, Checksum, Manifest, ObjectEntry, encode
from bushel.core.clock import Clock, whole_seconds
from bushel.engine.api import Change, Delete, Put, Write


class OffsetMoved(Exception):
    """The object has another size than the one at whose end something was to be appended."""


class Replaced(Exception):
    """Another object of the same size has taken the object's place."""


class Appended(NamedTuple):
    """What becomes of an object: its parts with the new one at the end, its tag and its checksum."""

    manifest: Manifest
    etag: str
    checksum: Checksum | None

    @property
    def size(self) -> int:
        return sum(part.size for part in self.manifest.parts)


class Appending:
    """Appends to objects of buckets that never had versions."""

    def __init__(self, objects: Objects, clock: Clock) -> None:
        self._objects = objects
        self._clock = clock

    async def append(
        self,
        bucket: BucketRecord,
        key: str,
        seen: ObjectEntry,
        appended: Appended,
        blobs: Sequence[bytes],
        condition: Condition | None,
    ) -> ObjectEntry:
        """Put the object with its new part in the place of the one that was seen. The new blobs are settled or deleted.

        Args:
            bucket: Where.
            key: Which key.
            seen: The object.
            appended: What becomes of it.
            blobs: New ones that the manifest names.
            condition: Looks at the object as it is.

        Raises:
            OffsetMoved: It is gone, or has another size.
            Replaced: It is another object of that size.
            HistoryBegun: The key has versions.
            Gone: The bucket was deleted.
            Full: No space.
            Exception: What the condition raised.
        """
        now = whole_seconds(self._clock.now_ns())

        def transition(values: Sequence[Any]) -> Change:
            current = without_history(*values)
            if condition is not None:
                condition(current)
            if current is None or current.size != seen.size:
                raise OffsetMoved
            if current.order != seen.order:
                raise Replaced
            return _grown(current, appended, now)

        step = Step((CURRENT_CELL, MANIFEST_CELL), transition, _never)
        entry: ObjectEntry = await self._objects.naming(blobs, bucket, key, step)
        return entry


def _grown(current: ObjectEntry, appended: Appended, now: int) -> Change:
    entry = msgspec.structs.replace(
        current,
        last_modified=now,
        size=appended.size,
        etag=appended.etag,
        storage=MULTIPART,
        blob=b"",
        check=0,
        parts=len(appended.manifest.parts),
        checksum=appended.checksum,
    )
    writes: list[Write] = [Put(MANIFEST, b"", encode(appended.manifest))]
    if current.metadata is None:
        raw = encode(entry)
    else:
        raw, extra = history.encoded(entry)
        if extra is not None:
            writes.append(Put(EXTRA, b"", extra))
    writes.append(Put(CURRENT, b"", raw))
    if current.storage == INLINE:
        writes.append(Delete(DATA))
    # An empty blob is no part.
    unused = current.storage == BLOB and all(part.blob != current.blob for part in appended.manifest.parts)
    journal = [dropped((current.blob,))] if unused else []
    return Change(writes, journal, {BYTES_COUNTER: entry.size - current.size}, entry)


def _never() -> Step:
    raise history.HistoryBegun
