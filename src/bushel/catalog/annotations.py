"""Annotations: named payloads that belong to one version of an object, and go when it goes.

Every method is one read or one commit of the object's row. A version is named by the entry that the caller looked at;
where it is gone or another has its place, ``VersionGone`` says so. What must not be here: S3's errors, limits of names.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from xxhash import xxh3_64_intdigest

from bushel.catalog import history
from bushel.catalog.annotated import Annotation, annotating, joined, summed
from bushel.catalog.layout import (
    ANNOTATED,
    ANNOTATIONS,
    BYTES_COUNTER,
    annotation_suffix,
    order_suffix,
)
from bushel.catalog.objects import Condition
from bushel.catalog.records import (
    NULL_ID,
    AnnotationRecord,
    BucketRecord,
    Checksum,
    ObjectEntry,
    decode_annotation,
)
from bushel.core.clock import Clock, whole_seconds
from bushel.engine.api import Cell, Change, Delete, DeletePrefix, Engine, Range, Read, Write

MAX_ANNOTATIONS: Final = 1000
"""Of one version."""

MAX_PIECES: Final = 100
"""Of one annotation: more than the longest payload has."""


class VersionGone(Exception):
    """The version was removed, or is not the one that is there any more."""


class TooManyAnnotations(Exception):
    """The version has as many annotations as it may have."""


class Annotations:
    """The annotations of all objects."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def put(
        self,
        bucket: BucketRecord,
        key: str,
        version: ObjectEntry,
        name: str,
        payload: bytes,
        md5: bytes,
        checksum: Checksum,
        condition: Condition | None = None,
    ) -> AnnotationRecord:
        """Store an annotation in place of what its name holds.

        Raises:
            VersionGone: It was removed meanwhile.
            TooManyAnnotations: The name is new, and there are 1,000.
            Gone: The bucket was deleted.
            Full: No space.
            Exception: What the condition raised.
        """
        now = whole_seconds(self._clock.now_ns())
        record = AnnotationRecord(name, len(payload), md5, now, checksum, xxh3_64_intdigest(payload))

        def transition(values: Sequence[Any]) -> Change:
            entry, old = _looked_at(values, version, condition)
            count, size = entry.annotations or (0, 0)
            if old is None and count >= MAX_ANNOTATIONS:
                raise TooManyAnnotations(name)
            more = record.size - (old.size if old is not None else 0)
            changed = msgspec.structs.replace(entry, annotations=(count + (old is None), size + more))
            writes = [*_rewritten(values, changed), *annotating(version.order, [Annotation(record, payload)])]
            return Change(writes, counters={BYTES_COUNTER: more} if more else {}, result=record)

        reads = _reads(version, annotation_suffix(version.order, name))
        stored: AnnotationRecord = await self._engine.commit(bucket.partition, key.encode(), reads, transition)
        return stored

    async def get(self, bucket: BucketRecord, key: str, version: ObjectEntry, name: str) -> Annotation | None:
        """An annotation with its payload.

        Raises:
            Corrupt: The payload does not match its checksum.
        """
        suffix = annotation_suffix(version.order, name)
        reads = (Cell(ANNOTATIONS, suffix), Range(ANNOTATED, suffix, limit=MAX_PIECES))
        raw, pieces = await self._engine.read(bucket.partition, key.encode(), reads)
        if raw is None:
            return None
        record = decode_annotation(raw)
        return Annotation(record, joined(record, [piece for _, piece in pieces]))

    async def listed(self, bucket: BucketRecord, key: str, version: ObjectEntry) -> list[AnnotationRecord]:
        """A version's annotations in order of their names in UTF-8."""
        reads = (Range(ANNOTATIONS, order_suffix(version.order), limit=MAX_ANNOTATIONS),)
        (found,) = await self._engine.read(bucket.partition, key.encode(), reads)
        return sorted((decode_annotation(raw) for _, raw in found), key=lambda record: record.name.encode())

    async def whole(self, bucket: BucketRecord, key: str, version: ObjectEntry) -> list[Annotation]:
        """A version's annotations with their payloads, as they were at one moment. The caller knows that they fit.

        Raises:
            VersionGone: They are not what the version had when it was looked at.
            Corrupt: A payload does not match its checksum.
        """
        prefix = order_suffix(version.order)
        reads = (
            Range(ANNOTATIONS, prefix, limit=MAX_ANNOTATIONS),
            Range(ANNOTATED, prefix, limit=MAX_ANNOTATIONS * MAX_PIECES),
        )
        found, pieces = await self._engine.read(bucket.partition, key.encode(), reads)
        by_annotation: dict[bytes, list[bytes]] = {suffix: [] for suffix, _ in found}
        for suffix, piece in pieces:
            by_annotation[suffix[:-2]].append(piece)
        records = [(suffix, decode_annotation(raw)) for suffix, raw in found]
        annotations = [Annotation(record, joined(record, by_annotation[suffix])) for suffix, record in records]
        if summed(annotations) != version.annotations:
            raise VersionGone(version.version_id)
        return annotations

    async def delete(
        self, bucket: BucketRecord, key: str, version: ObjectEntry, name: str, condition: Condition | None = None
    ) -> None:
        """Remove an annotation; it need not exist.

        Raises:
            VersionGone: It was removed meanwhile.
            Gone: The bucket was deleted.
            Exception: What the condition raised.
        """
        suffix = annotation_suffix(version.order, name)

        def transition(values: Sequence[Any]) -> Change:
            entry, old = _looked_at(values, version, condition)
            if old is None or entry.annotations is None:
                return Change()
            count, size = entry.annotations
            left = (count - 1, size - old.size) if count > 1 else None
            writes = [
                *_rewritten(values, msgspec.structs.replace(entry, annotations=left)),
                Delete(ANNOTATIONS, suffix),
                DeletePrefix(ANNOTATED, suffix),
            ]
            return Change(writes, counters={BYTES_COUNTER: -old.size})

        reads = _reads(version, suffix)
        await self._engine.commit(bucket.partition, key.encode(), reads, transition, reclaims=True)


def _reads(version: ObjectEntry, suffix: bytes) -> tuple[Read, ...]:
    return (Cell(ANNOTATIONS, suffix), *history.find_reads(version.version_id or NULL_ID))


def _looked_at(
    values: Sequence[Any], version: ObjectEntry, condition: Condition | None
) -> tuple[ObjectEntry, AnnotationRecord | None]:
    """The version's entry as it is now, with its metadata, and what the annotation's name holds."""
    raw_annotation, *row = values
    found = history.find(row, version.version_id or NULL_ID)
    if found is None or found.entry.order != version.order:
        raise VersionGone(version.version_id)
    entry = found.whole()
    if condition is not None:
        condition(entry)
    return entry, None if raw_annotation is None else decode_annotation(raw_annotation)


def _rewritten(values: Sequence[Any], entry: ObjectEntry) -> Sequence[Write]:
    """The entry in its place; metadata that would make it too long go out of it."""
    _, *row = values
    return history.change(row, entry.version_id or NULL_ID, lambda _: entry).writes
