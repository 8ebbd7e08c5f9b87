"""Torrents that were issued: the piece hashes of one version of an object, and which version an info-hash names.

They lie in a partition of their own, in rows that are named by the version, so that storing and reading objects does
not know of them; ``sweep`` removes those whose version is gone. Two rows belong to a torrent: what it is
(TORRENT and HASHES), and what its info-hash names (ISSUED), which is written first and removed last, so that whatever a
crash leaves is a name of nothing. What must not be here: how torrents are written for clients, who may have them.
"""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from bushel.catalog.buckets import Buckets
from bushel.catalog.layout import HASHES, ISSUED, TORRENT, TORRENTS
from bushel.catalog.objects import Objects
from bushel.catalog.records import (
    NULL_ID,
    BucketRecord,
    IssuedRecord,
    ObjectEntry,
    TorrentRecord,
    decode_issued,
    decode_torrent,
    encode,
)
from bushel.core.clock import Clock
from bushel.engine.api import Cell, Change, Delete, DeletePrefix, Engine, Put, Range

_PIECE_BYTES: Final = 12 * 1024
_MOST_PIECES: Final = 16
_SWEPT_AT_ONCE: Final = 256
_UNFINISHED_SECONDS: Final = 3600
"""A name of nothing that is so old is no torrent being stored."""


class Torrent(NamedTuple):
    """A torrent with the hashes of its pieces, one after the other."""

    record: TorrentRecord
    hashes: bytes


def row_of(bucket: BucketRecord, key: str, order: int) -> bytes:
    """The row of a version's torrent."""
    return _row(bucket.instance, key, order)


def _row(instance: str, key: str, order: int) -> bytes:
    return hashlib.sha256(f"{instance}/{order}/{key}".encode()).digest()


class Torrents:
    """The torrents of all buckets."""

    def __init__(self, engine: Engine, clock: Clock, buckets: Buckets, objects: Objects) -> None:
        self._engine = engine
        self._clock = clock
        self._buckets = buckets
        self._objects = objects

    async def of(self, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Torrent | None:
        """The torrent of a version; ``None`` where none was made."""
        reads = (Cell(TORRENT), Range(HASHES, limit=_MOST_PIECES))
        raw, pieces = await self._engine.read(TORRENTS, row_of(bucket, key, entry.order), reads)
        return None if raw is None else Torrent(decode_torrent(raw), b"".join(piece for _, piece in pieces))

    async def issued(self, info_hash: bytes) -> TorrentRecord | None:
        """The torrent that an info-hash names; ``None`` where it names none of ours."""
        (raw,) = await self._engine.read(TORRENTS, info_hash, (Cell(ISSUED),))
        if raw is None:
            return None
        (raw,) = await self._engine.read(TORRENTS, decode_issued(raw).row, (Cell(TORRENT),))
        return None if raw is None else decode_torrent(raw)

    async def put(self, torrent: Torrent) -> None:
        """Store the torrent of a version.

        Raises:
            Full: No space.
        """
        record, hashes = torrent
        row = _row(record.instance, record.key, record.order)
        await self._engine.create_partition(TORRENTS)
        await self._write(record.info_hash, [Put(ISSUED, b"", encode(IssuedRecord(row, record.made)))])
        writes: list[Any] = [Put(TORRENT, b"", encode(record)), DeletePrefix(HASHES)]
        for number, first in enumerate(range(0, len(hashes), _PIECE_BYTES)):
            writes.append(Put(HASHES, number.to_bytes(1, "big"), hashes[first : first + _PIECE_BYTES]))
        await self._write(row, writes)

    async def sweep(self, start: tuple[bytes, bytes]) -> tuple[int, tuple[bytes, bytes] | None]:
        """Remove some torrents of versions that are gone; returns how many, and where to go on (``None``: the end)."""
        removed = 0
        page = await self._engine.scan(TORRENTS, ISSUED, start, limit=_SWEPT_AT_ONCE)
        for info_hash, _, value in page.cells:
            issued = decode_issued(value)
            (raw,) = await self._engine.read(TORRENTS, issued.row, (Cell(TORRENT),))
            if raw is None:
                if issued.made > self._clock.now_ns() // 1_000_000 - _UNFINISHED_SECONDS * 1000:
                    continue
            elif await self._lives(decode_torrent(raw)):
                continue
            else:
                await self._write(issued.row, [Delete(TORRENT), DeletePrefix(HASHES)], reclaims=True)
                removed += 1
            await self._write(info_hash, [Delete(ISSUED)], reclaims=True)
        return removed, page.next

    async def _lives(self, record: TorrentRecord) -> bool:
        bucket = await self._buckets.get(record.bucket)
        if bucket is None or bucket.instance != record.instance:
            return False
        entry = await self._objects.head(bucket, record.key, record.version_id or NULL_ID)
        return entry is not None and entry.order == record.order

    async def _write(self, row: bytes, writes: Sequence[Any], *, reclaims: bool = False) -> None:
        await self._engine.commit(TORRENTS, row, (), partial(_always, Change(writes)), reclaims=reclaims)


def _always(change: Change, _: Sequence[Any]) -> Change:
    return change
