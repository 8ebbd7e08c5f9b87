"""Multipart uploads: beginning, parts, completion, giving up.

An upload and its parts live in the row of their key, so that completing one is an atom with the object that it becomes.
Complete moves no data: the manifest takes over the parts' blobs.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from bushel.catalog.garbage import dropped
from bushel.catalog.layout import (
    CURRENT_CELL,
    MANIFEST_CELL,
    NO_CURRENT,
    PARTS,
    UPLOAD_ID_LENGTH,
    UPLOADS,
    part_suffix,
)
from bushel.catalog.objects import Condition, Draft, Objects, Step
from bushel.catalog.records import (
    BucketRecord,
    Checksum,
    Encryption,
    Lock,
    Metadata,
    ObjectEntry,
    PartRecord,
    UploadRecord,
    decode_entry,
    decode_manifest,
    decode_part,
    decode_upload,
    encode,
)
from bushel.core.clock import Clock, whole_seconds
from bushel.core.ids import Randomness, sortable_id
from bushel.engine.api import Cell, Change, Delete, DeletePrefix, Engine, Put, Range

MAX_PARTS: Final = 10_000

_ABORT_BATCH: Final = 1000


class NoSuchUpload(Exception):
    """The upload does not exist: never begun, completed, or given up."""


class PartsChanged(Exception):
    """A part was stored after the parts were looked at."""


class Part(NamedTuple):
    """A part about to be recorded; its blob is sealed. ``key`` is its wrapped key, if it is encrypted."""

    number: int
    size: int
    md5: bytes
    blob: bytes
    checksum: Checksum | None
    key: bytes = b""


class ListedUploads(NamedTuple):
    """A piece of a listing: keys (as stored) with uploads in order, and where to go on (``None`` at the end)."""

    uploads: list[tuple[bytes, UploadRecord]]
    next: tuple[bytes, bytes] | None


class Uploads:
    """The uploads in progress of all buckets."""

    def __init__(self, engine: Engine, objects: Objects, clock: Clock, randomness: Randomness) -> None:
        self._engine = engine
        self._objects = objects
        self._clock = clock
        self._randomness = randomness

    async def create(
        self,
        bucket: BucketRecord,
        key: str,
        *,
        owner: str,
        initiator: str,
        metadata: Metadata,
        checksum_algorithm: str = "",
        checksum_type: Literal["FULL_OBJECT", "COMPOSITE", ""] = "",
        encryption: Encryption | None = None,
        lock: Lock | None = None,
    ) -> UploadRecord:
        """Begin an upload. Ids sort by the time they were made.

        Raises:
            Gone: The bucket was deleted.
        """
        now_ns = self._clock.now_ns()
        upload_id = sortable_id(now_ns, self._randomness) + self._randomness.token(8).hex()
        record = UploadRecord(
            upload_id,
            whole_seconds(now_ns),
            owner,
            initiator,
            metadata,
            checksum_algorithm,
            checksum_type,
            encryption=encryption,
            lock=lock,
        )
        change = Change(writes=(Put(UPLOADS, upload_id.encode(), encode(record)),))
        await self._engine.commit(bucket.partition, key.encode(), (), lambda _: change)
        return record

    async def get(self, bucket: BucketRecord, key: str, upload_id: str) -> UploadRecord | None:
        if not is_upload_id(upload_id):
            return None
        (raw,) = await self._engine.read(bucket.partition, key.encode(), (Cell(UPLOADS, upload_id.encode()),))
        return None if raw is None else decode_upload(raw)

    async def put_part(self, bucket: BucketRecord, key: str, upload_id: str, part: Part) -> PartRecord:
        """Record a part in place of what its number held. Its blob is settled or deleted by this call.

        Raises:
            NoSuchUpload: The upload is gone.
            Full: No space.
        """
        suffix = part_suffix(upload_id, part.number)
        last_modified = whole_seconds(self._clock.now_ns())
        record = PartRecord(part.number, part.size, part.md5, last_modified, part.blob, part.checksum, part.key)

        def transition(values: Sequence[Any]) -> Change:
            raw_upload, raw_old = values
            if raw_upload is None:
                raise NoSuchUpload(upload_id)
            upload = decode_upload(raw_upload)
            revised = msgspec.structs.replace(upload, revision=upload.revision + 1)
            writes = (Put(PARTS, suffix, encode(record)), Put(UPLOADS, upload_id.encode(), encode(revised)))
            journal = () if raw_old is None else (dropped((decode_part(raw_old).blob,)),)
            return Change(writes, journal, result=record)

        reads = (Cell(UPLOADS, upload_id.encode()), Cell(PARTS, suffix))
        stored: PartRecord = await self._objects.naming([part.blob], bucket, key, Step(reads, transition))
        return stored

    async def parts(
        self, bucket: BucketRecord, key: str, upload_id: str, after: int = 0, limit: int = MAX_PARTS
    ) -> tuple[UploadRecord, list[PartRecord]]:
        """The upload and its parts with numbers above ``after``, in order, at one moment.

        Raises:
            NoSuchUpload: The upload is gone.
        """
        if not is_upload_id(upload_id):
            raise NoSuchUpload(upload_id)
        prefix = upload_id.encode()
        reads = (Cell(UPLOADS, prefix), Range(PARTS, prefix, part_suffix(upload_id, after), limit))
        raw, cells = await self._engine.read(bucket.partition, key.encode(), reads)
        if raw is None:
            raise NoSuchUpload(upload_id)
        return decode_upload(raw), [decode_part(value) for _, value in cells]

    async def complete(
        self,
        bucket: BucketRecord,
        key: str,
        upload: UploadRecord,
        draft: Draft,
        unused: Sequence[PartRecord],
        condition: Condition | None = None,
    ) -> ObjectEntry:
        """Turn an upload into the object ``draft`` describes (its manifest names the parts).

        Args:
            upload: As it was when the parts were looked at.
            unused: Parts of the upload that the manifest does not name; their blobs become garbage.

        Raises:
            NoSuchUpload: The upload is gone.
            PartsChanged: A part was stored meanwhile; look again.
            Exception: What the condition raised.
        """
        upload_id = upload.upload_id.encode()

        def completing(step: Step) -> Step:
            def transition(values: Sequence[Any]) -> Change:
                raw_upload, *row = values
                if raw_upload is None:
                    raise NoSuchUpload(upload.upload_id)
                if decode_upload(raw_upload).revision != upload.revision:
                    raise PartsChanged(upload.upload_id)
                change = step.transition(row)
                writes = [*change.writes, DeletePrefix(PARTS, upload_id), Delete(UPLOADS, upload_id)]
                journal = list(change.journal)
                if unused:
                    journal.append(dropped([part.blob for part in unused]))
                return Change(writes, journal, change.counters, change.result)

            after = step.otherwise
            otherwise = None if after is None else lambda: completing(after())
            return Step((Cell(UPLOADS, upload_id), *step.reads), transition, otherwise)

        step = completing(self._objects.replacing(bucket, draft, condition))
        entry: ObjectEntry = await self._objects.naming((), bucket, key, step)
        return entry

    async def completed(self, bucket: BucketRecord, key: str, upload_id: str) -> ObjectEntry | None:
        """The current object if it was made by completing this upload: a repeated Complete is answered with it."""
        reads = (CURRENT_CELL, MANIFEST_CELL)
        raw, raw_manifest = await self._engine.read(bucket.partition, key.encode(), reads)
        if raw is None or raw_manifest is None or raw_manifest == NO_CURRENT:
            return None
        return decode_entry(raw) if decode_manifest(raw_manifest).upload_id == upload_id else None

    async def abort(self, bucket: BucketRecord, key: str, upload_id: str) -> None:
        """Give an upload up. Many parts go in several atoms, the upload itself with the last of them.

        Raises:
            NoSuchUpload: The upload is gone.
        """
        if not is_upload_id(upload_id):
            raise NoSuchUpload(upload_id)
        prefix = upload_id.encode()
        reads = (Cell(UPLOADS, prefix), Range(PARTS, prefix, limit=_ABORT_BATCH))

        def transition(values: Sequence[Any]) -> Change:
            raw, parts = values
            if raw is None:
                raise NoSuchUpload(upload_id)
            last = len(parts) < _ABORT_BATCH
            upload = decode_upload(raw)
            revised = msgspec.structs.replace(upload, revision=upload.revision + 1)
            writes = [Delete(PARTS, suffix) for suffix, _ in parts]
            ending = Delete(UPLOADS, prefix) if last else Put(UPLOADS, prefix, encode(revised))
            journal = [dropped([decode_part(value).blob for _, value in parts])] if parts else []
            return Change([*writes, ending], journal, result=last)

        while not await self._engine.commit(bucket.partition, key.encode(), reads, transition, reclaims=True):
            pass

    async def scan(
        self, bucket: BucketRecord, start: tuple[bytes, bytes], stop: bytes | None, limit: int
    ) -> ListedUploads:
        """Uploads from ``start`` (key, upload id; inclusive) to the key ``stop`` (exclusive)."""
        page = await self._engine.scan(bucket.partition, UPLOADS, start, stop, limit)
        return ListedUploads([(row, decode_upload(value)) for row, _, value in page.cells], page.next)


def is_upload_id(text: str) -> bool:
    """Whether an upload can have this id."""
    return len(text) == UPLOAD_ID_LENGTH and text.isascii()
