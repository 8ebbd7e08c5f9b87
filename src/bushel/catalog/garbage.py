"""Blobs that the index names no more, and blobs that it never came to name.

A commit that drops a blob appends a garbage record to its partition's journal in the same atom; ``sweep`` deletes the
blobs of records that are older than any read still going on. ``recover`` looks at the blobs that a dead writer left
pending and asks the index, which is the truth, about each.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from bushel.catalog.layout import CURRENT, CURRENT_CELL, MANIFEST, NO_CURRENT, PARTS, VERSIONS
from bushel.catalog.records import (
    BackPointer,
    Manifest,
    decode_back_pointer,
    decode_entry,
    decode_manifest,
    decode_part,
    encode,
)
from bushel.engine.api import Change, Corrupt, Engine, Gone, Range


class Dropped(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=100):
    """Journal record: these blobs were dropped."""

    blobs: list[bytes]


_decode: Final = msgspec.msgpack.Decoder(Dropped | Manifest).decode


def dropped(blobs: Sequence[bytes]) -> bytes:
    """Journal payload for some blobs. A dropped manifest is its own payload: it names its blobs."""
    return encode(Dropped(list(blobs)))


def blobs_of(payload: bytes) -> list[bytes]:
    """The blobs that a garbage record names.

    Raises:
        Corrupt: The payload is none.
    """
    try:
        record = _decode(payload)
    except msgspec.DecodeError as error:
        raise Corrupt(f"a garbage record cannot be read: {error}") from error
    return record.blobs if isinstance(record, Dropped) else [part.blob for part in record.parts]


async def sweep(engine: Engine, before_ns: int) -> int:
    """Delete the blobs of garbage records committed before ``before_ns``; returns how many blobs.

    A record is trimmed after its blobs are gone, so a crash repeats deletions, which is harmless.
    """
    deleted = 0
    for partition in await engine.journals():
        done = False
        while not done:
            records = await engine.read_journal(partition)
            due = [record for record in records if record.time_ns < before_ns]
            for record in due:
                for blob in blobs_of(record.payload):
                    await engine.delete_blob(blob)
                    deleted += 1
            if due:
                await engine.trim_journal(partition, due[-1].sequence)
            done = not due or len(due) < len(records)
    return deleted


async def recover(engine: Engine) -> int:
    """Settle the blobs of dead writers; those that the index does not name become garbage. Returns how many did.

    Not deleted at once: a dead writer may have stored an object with such a blob, it may have been overwritten since,
    and somebody may still be reading it.
    """
    unnamed = 0
    for pending in await engine.pending_blobs():
        pointer = decode_back_pointer(pending.back_pointer)
        if await is_named(engine, pointer, pending.blob):
            engine.settle([pending.blob])
            continue
        unnamed += 1
        garbage = Change(journal=(dropped((pending.blob,)),))
        try:
            await engine.commit(pointer.partition, pointer.row, (), partial(_always, garbage), reclaims=True)
        except Gone:
            # The bucket was deleted, so the row named nothing, and nobody can have begun to read since.
            await engine.delete_blob(pending.blob)
        else:
            engine.settle([pending.blob])
    return unnamed


def _always(change: Change, _: Sequence[Any]) -> Change:
    return change


async def is_named(engine: Engine, pointer: BackPointer, blob: bytes) -> bool:
    """Whether the row that a blob was written for names it."""
    return blob in await blobs_of_row(engine, pointer.partition, pointer.row)


async def blobs_of_row(engine: Engine, partition: bytes, row: bytes) -> set[bytes]:
    """Every blob that a row names: current and older versions, manifests, parts of uploads."""
    everything = 1 << 30
    # One read, one moment: a completion between two reads would move the parts from where the second looks to where
    # the first has looked.
    reads = (
        CURRENT_CELL,
        Range(VERSIONS, limit=everything),
        Range(MANIFEST, limit=everything),
        Range(PARTS, limit=everything),
    )
    current, versions, manifests, parts = await engine.read(partition, row, reads)
    named = {decode_entry(raw).blob for raw in ([current] if current else []) + [raw for _, raw in versions]}
    for _, raw in manifests:
        if raw == NO_CURRENT:
            continue
        named.update(part.blob for part in decode_manifest(raw).parts)
    named.update(decode_part(raw).blob for _, raw in parts)
    return named - {b""}


async def named_blobs(engine: Engine, partition: bytes) -> set[bytes]:
    """Every blob that a partition's rows name (checks and tests; a walk over everything)."""
    rows: set[bytes] = set()
    for space in (CURRENT, VERSIONS, PARTS):
        start: tuple[bytes, bytes] | None = (b"", b"")
        while start is not None:
            page = await engine.scan(partition, space, start)
            rows.update(cell.row for cell in page.cells)
            start = page.next
    named: set[bytes] = set()
    for row in rows:
        named |= await blobs_of_row(engine, partition, row)
    return named
