"""An object that gets another key, with all that belongs to it, in one atom of two rows.

Its blobs get names of their own for the new key (second names of the same bytes), because recovery asks the row that a
blob was written for whether it is named. So a rename that is cut short at any moment has happened whole or not at all,
and leaves at most second names, which recovery finds. What must not be here: S3's errors, access rules, keys that open.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.annotated import Annotation
from bushel.catalog.annotations import MAX_ANNOTATIONS, Annotations, VersionGone
from bushel.catalog.layout import ANNOTATIONS, EXTRA_CELL, order_suffix
from bushel.catalog.objects import Condition, Draft, Objects, Step, Stored
from bushel.catalog.records import (
    BLOB,
    MULTIPART,
    BucketRecord,
    Encryption,
    Manifest,
    ObjectEntry,
    decode_annotation,
    decode_entry,
    decode_extra,
)
from bushel.engine.api import BlobNotFound, Change, Engine, Range

_AT_ONCE: Final = 16
"""Second names that are made at one time: they share the syncs of the disk."""


class SourceChanged(Exception):
    """The object is gone or not as it was looked at; look again."""


class Renamed(NamedTuple):
    """What is new about an object that gets another key: the records of its encryption and of its renaming."""

    encryption: Encryption | None
    token: bytes | None


class Renaming:
    """Renames within one bucket that never had versions."""

    def __init__(self, engine: Engine, objects: Objects, annotations: Annotations) -> None:
        self._engine = engine
        self._objects = objects
        self._annotations = annotations

    @property
    def possible(self) -> bool:
        """Whether the engine can change two rows in one atom."""
        return self._engine.capabilities.pairs

    async def rename(
        self,
        bucket: BucketRecord,
        keys: tuple[str, str],
        seen: Stored,
        renamed: Renamed,
        removal: Condition | None,
        condition: Condition | None,
    ) -> ObjectEntry:
        """Give an object another key, in place of what that holds; its time stays.

        The caller keeps the sweeper from the object's blobs meanwhile, and knows that its annotations fit in memory.

        Args:
            bucket: Where.
            keys: The one that it has and the one that it gets, which are different.
            seen: The object under the first one, with its metadata and inline bytes.
            renamed: What is new about it.
            removal: Looks at the object under the first key.
            condition: Looks at what the second one holds.

        Raises:
            SourceChanged: It is not what was seen any more.
            HistoryBegun: One of the keys has versions.
            Gone: The bucket was deleted.
            Full: No space.
            Exception: What the conditions raised.
        """
        source, target = keys
        entry = seen.entry
        assert entry.metadata is not None
        annotations = await self._all_annotations(bucket, source, entry)
        manifest = await self._objects.manifest(bucket, source, entry) if entry.storage == MULTIPART else None
        if entry.storage == MULTIPART and manifest is None:
            raise SourceChanged(source)
        old = [entry.blob] if entry.storage == BLOB else [part.blob for part in manifest.parts] if manifest else []
        blobs = await self._second_names(old, bucket, target)
        draft = Draft(
            entry.size,
            entry.etag,
            entry.owner,
            entry.metadata,
            entry.checksum,
            data=seen.data,
            blob=blobs[0] if entry.storage == BLOB else b"",
            manifest=None if manifest is None else _with_blobs(manifest, blobs),
            annotations=annotations,
            encryption=renamed.encryption,
            last_modified=entry.last_modified,
            renamed=renamed.token,
        )
        taking = _if_still(entry, annotations, self._objects.deleting(bucket, entry.owner, removal))
        giving = self._objects.replacing(bucket, draft, condition)

        def transition(first: Sequence[Any], second: Sequence[Any]) -> tuple[Change, Change]:
            return taking.transition(first), giving.transition(second)

        async def commit() -> Any:
            rows = source.encode(), target.encode()
            return await self._engine.commit_pair(bucket.partition, rows, (taking.reads, giving.reads), transition)

        stored: ObjectEntry = await self._objects.settling(blobs, commit)
        return stored

    async def _all_annotations(self, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Sequence[Annotation]:
        if entry.annotations is None:
            return ()
        try:
            return await self._annotations.whole(bucket, key, entry)
        except VersionGone:
            raise SourceChanged(key) from None

    async def _second_names(self, blobs: Sequence[bytes], bucket: BucketRecord, key: str) -> list[bytes]:
        """Names of the same bytes for another key, in the same order.

        Raises:
            SourceChanged: One of the blobs is gone.
        """
        made: list[bytes] = []
        try:
            for first in range(0, len(blobs), _AT_ONCE):
                cloning = [self._objects.clone_blob(blob, bucket, key) for blob in blobs[first : first + _AT_ONCE]]
                outcomes = await asyncio.gather(*cloning, return_exceptions=True)
                made += [outcome for outcome in outcomes if isinstance(outcome, bytes)]
                for outcome in outcomes:
                    if isinstance(outcome, BaseException):
                        raise outcome
        except BaseException as error:
            for blob in made:
                await self._objects.discard_blob(blob)
            if isinstance(error, BlobNotFound):
                raise SourceChanged(key) from error
            raise
        return made


def _if_still(seen: ObjectEntry, annotations: Sequence[Annotation], step: Step) -> Step:
    """The step, if the object is what was seen, to its ACL and its annotations."""

    def transition(values: Sequence[Any]) -> Change:
        extra, annotated, *row = values
        if row[0] is None or _whole(row[0], extra) != seen:
            raise SourceChanged
        if [decode_annotation(raw) for _, raw in annotated] != [annotation.record for annotation in annotations]:
            raise SourceChanged
        return step.transition(row)

    annotated = Range(ANNOTATIONS, order_suffix(seen.order), limit=MAX_ANNOTATIONS)
    return Step((EXTRA_CELL, annotated, *step.reads), transition)


def _with_blobs(manifest: Manifest, blobs: Sequence[bytes]) -> Manifest:
    parts = [msgspec.structs.replace(part, blob=blob) for part, blob in zip(manifest.parts, blobs, strict=True)]
    return Manifest(manifest.upload_id, parts)


def _whole(raw: bytes, extra: bytes | None) -> ObjectEntry:
    entry = decode_entry(raw)
    if entry.metadata is None and extra is not None:
        return msgspec.structs.replace(entry, metadata=decode_extra(extra))
    return entry
