"""The embedded engine: an LMDB index and blob files in one data folder, put together to the contract.

What must not be here: how either half works.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.engine.api import (
    MAX_SCAN_CELLS,
    BlobReader,
    BlobWriter,
    Capabilities,
    Closed,
    PendingBlob,
)
from bushel.engine.embedded.blobs import BlobStore
from bushel.engine.embedded.environment import MAP_BYTES
from bushel.engine.embedded.folder import BLOBS, INDEX, FolderError, prepare_folder
from bushel.engine.embedded.index import Index
from bushel.engine.embedded.space import FLOOR_BYTES, RESERVE_BYTES, Space

_CAPABILITIES: Final = Capabilities(durable=True, shared=True, cheap_clone=True, pairs=True)
_BLOB_THREADS: Final = 16
"""Threads that wait for the disk: enough to keep a drive's queue busy, few enough to cost no memory when idle."""


class EmbeddedEngine:
    """An ``Engine`` over a data folder. Several processes may have it open at once, each opening it after fork."""

    def __init__(
        self, index: Index, space: Space, blobs: BlobStore | None, executor: ThreadPoolExecutor | None
    ) -> None:
        self._index = index
        self._space = space
        self._blobs = blobs
        self._executor = executor
        # The index half answers for itself: one call less on the hot path.
        self.create_partition = index.create_partition
        self.drop_if_empty = index.drop_if_empty
        self.read = index.read
        self.scan = index.scan
        self.commit = index.commit
        self.commit_pair = index.commit_pair
        self.journals = index.journals
        self.read_journal = index.read_journal
        self.trim_journal = index.trim_journal
        self.counters = index.counters

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        clock: Clock,
        randomness: Randomness,
        index_only: bool = False,
        map_bytes: int = MAP_BYTES,
        floor_bytes: int = FLOOR_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> Self:
        """Open a data folder, making one of a missing or empty folder.

        Args:
            path: The folder.
            clock: Stamps journal records.
            randomness: Makes blob names.
            index_only: Leave the blobs alone and be no writer of them (the command line beside a running server);
                the blob methods then raise ``Closed``.
            map_bytes: Most that the index can grow to; the same in every process.
            floor_bytes: Free space below which what grows the store is refused.
            reserve_bytes: Space set aside for what frees space on a full disk.

        Raises:
            FolderError: It cannot be: not a data folder, a newer format, no permission. Nothing was changed then.
        """
        folder = prepare_folder(path)
        _refuse_blobs_without_index(folder)
        space = Space(folder, floor_bytes=floor_bytes, reserve_bytes=reserve_bytes)
        space.restore_reserve()
        index = Index(folder / INDEX, clock=clock, space=space, map_bytes=map_bytes)
        try:
            index.check_readers()
            if index_only:
                return cls(index, space, None, None)
            executor = ThreadPoolExecutor(_BLOB_THREADS, thread_name_prefix="bushel-blob")
            blobs = BlobStore(folder, randomness=randomness, executor=executor, has_room=space.has_room)
        except BaseException:
            index.close_waiting()
            raise
        return cls(index, space, blobs, executor)

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def close(self) -> None:
        blobs, self._blobs = self._blobs, None
        executor, self._executor = self._executor, None
        await self._index.close()
        if blobs is not None:
            await blobs.close()
        if executor is not None:
            await asyncio.to_thread(executor.shutdown)

    async def housekeeping(self) -> None:
        """What every process does once a minute: free the slots of killed readers, make the reserve again."""
        await asyncio.to_thread(self._keep_house)

    def _keep_house(self) -> None:
        self._index.check_readers()
        self._space.restore_reserve()

    # blobs

    async def create_blob(self, back_pointer: bytes) -> BlobWriter:
        return await self._store().create_blob(back_pointer)

    async def clone_blob(self, blob: bytes, back_pointer: bytes) -> bytes:
        return await self._store().clone_blob(blob, back_pointer)

    async def open_blob(self, blob: bytes) -> BlobReader:
        return await self._store().open_blob(blob)

    def settle(self, blobs: Sequence[bytes]) -> None:
        self._store().settle(blobs)

    async def delete_blob(self, blob: bytes) -> None:
        await self._store().delete_blob(blob)

    async def pending_blobs(self) -> list[PendingBlob]:
        return await self._store().pending_blobs()

    async def list_blobs(self, after: bytes = b"", limit: int = MAX_SCAN_CELLS) -> list[bytes]:
        return await self._store().list_blobs(after, limit)

    def _store(self) -> BlobStore:
        if self._blobs is None:
            raise Closed("the engine is closed, or was opened for the index only")
        return self._blobs


def _refuse_blobs_without_index(folder: Path) -> None:
    """An index that was lost must not be mistaken for one that was never there."""
    data = folder / INDEX / "data.mdb"
    if not (data.exists() and data.stat().st_size) and any((folder / BLOBS).iterdir()):
        raise FolderError(f"{folder} has blobs but no index: put {data} back")
