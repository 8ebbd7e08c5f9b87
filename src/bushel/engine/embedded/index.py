"""The index half of the engine contract: LMDB for reading, the committer for writing.

Reads answer at once, in a transaction that begins and ends inside the call: beginning one costs 0.3 us, and a reader
that lived longer would keep the pages of everything deleted meanwhile. What must not be here: blobs.
"""

import asyncio
import os
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import lmdb

from bushel.core.clock import Clock
from bushel.engine.api import MAX_SCAN_CELLS, Closed, JournalRecord, Page, PairTransition, Read, Transition, Value
from bushel.engine.embedded import records
from bushel.engine.embedded.committer import Committer
from bushel.engine.embedded.environment import MAP_BYTES, engine_error, open_environment
from bushel.engine.embedded.keys import checked_partition, journal_prefix, partition_prefix, row_part
from bushel.engine.embedded.records import WriteBatch
from bushel.engine.embedded.space import Space
from bushel.engine.embedded.tree import Transaction

_Found = TypeVar("_Found")

_open_indexes: "weakref.WeakSet[Index]" = weakref.WeakSet()


class Index:
    """An open index. Open it after fork, and once in a process."""

    def __init__(self, folder: Path, *, clock: Clock, space: Space, map_bytes: int = MAP_BYTES) -> None:
        self._folder = folder
        self._map_bytes = map_bytes
        self._environment = open_environment(folder, map_bytes=map_bytes)
        self._committer = Committer(self._environment, clock=clock, space=space, reopen=self._reopen)
        self._closed = False
        _open_indexes.add(self)

    async def close(self) -> None:
        """Finish accepted commits, then let go."""
        if not self._closed:
            self._closed = True
            self._committer.stop()
            await asyncio.to_thread(self._committer.join)
            self._environment.close()

    def close_waiting(self) -> None:
        """``close`` where no event loop runs."""
        if not self._closed:
            self._closed = True
            self._committer.stop()
            self._committer.join()
            self._environment.close()

    def after_fork(self) -> None:
        """In a forked child: closed. The environment is the parent's, and so is the thread, which the child lacks."""
        self._closed = True
        self._committer.after_fork()

    def _reopen(self) -> lmdb.Environment:
        """Close the environment and open it anew, on the event loop: nobody else reads."""
        self._environment.close()
        self._environment = open_environment(self._folder, map_bytes=self._map_bytes)
        return self._environment

    def check_readers(self) -> None:
        """Free the slots of readers whose process was killed: each would pin the pages it saw for ever."""
        self._environment.reader_check()

    # partitions

    async def create_partition(self, partition: bytes) -> None:
        checked_partition(partition)
        # One that is there needs no room: a server has to start on a full disk.
        there = self._find(records.has_partition, partition)

        def work(batch: WriteBatch) -> None:
            batch.create_partition(partition)

        await self._committer.submit(work, reclaims=there)

    async def drop_if_empty(self, partition: bytes) -> bool:
        checked_partition(partition)

        def work(batch: WriteBatch) -> bool:
            return batch.drop_if_empty(partition)

        dropped: bool = await self._committer.submit(work, reclaims=True)
        return dropped

    # rows

    async def read(self, partition: bytes, row: bytes, reads: Sequence[Read]) -> list[Value]:
        transaction = self._begin()
        try:
            return records.read_row(transaction, partition_prefix(partition), row_part(row), reads)
        except lmdb.Error as error:
            raise engine_error(error) from error
        finally:
            transaction.abort()

    async def scan(
        self,
        partition: bytes,
        space: int,
        start: tuple[bytes, bytes] = (b"", b""),
        stop: bytes | None = None,
        limit: int = MAX_SCAN_CELLS,
    ) -> Page:
        return self._find(records.scan, partition, space, start, stop, limit)

    async def commit(
        self, partition: bytes, row: bytes, reads: Sequence[Read], transition: Transition, *, reclaims: bool = False
    ) -> Any:
        prefix = partition_prefix(partition)
        part = row_part(row)

        def work(batch: WriteBatch) -> Any:
            return batch.commit(prefix, part, reads, transition)

        return await self._committer.submit(work, reclaims=reclaims)

    async def commit_pair(
        self,
        partition: bytes,
        rows: tuple[bytes, bytes],
        reads: tuple[Sequence[Read], Sequence[Read]],
        transition: PairTransition,
    ) -> Any:
        if rows[0] == rows[1]:
            raise ValueError("a pair is two different rows")
        prefix = partition_prefix(partition)
        parts = row_part(rows[0]), row_part(rows[1])

        def work(batch: WriteBatch) -> Any:
            return batch.commit_pair(prefix, parts, reads, transition)

        return await self._committer.submit(work, reclaims=False)

    # journal and counters

    async def journals(self) -> list[bytes]:
        return self._find(records.journals)

    async def read_journal(self, partition: bytes, after: int = 0, limit: int = MAX_SCAN_CELLS) -> list[JournalRecord]:
        return self._find(records.read_journal, partition, after, limit)

    async def trim_journal(self, partition: bytes, through: int) -> None:
        journal_prefix(partition)

        def work(batch: WriteBatch) -> bool:
            return batch.trim_journal(partition, through)

        # In pieces, so that commits get in between.
        while await self._committer.submit(work, reclaims=True):
            pass

    async def counters(self, partition: bytes) -> dict[bytes, int]:
        return self._find(records.counters, partition)

    def _find(self, find: Callable[..., _Found], *arguments: Any) -> _Found:
        transaction = self._begin()
        try:
            return find(transaction, *arguments)
        except lmdb.Error as error:
            raise engine_error(error) from error
        finally:
            transaction.abort()

    def _begin(self) -> Transaction:
        if self._closed:
            raise Closed("the index is closed")
        try:
            return self._environment.begin()
        except lmdb.ReadersFullError:
            # Killed processes leave their slots behind until somebody looks.
            self._environment.reader_check()
        except lmdb.Error as error:
            raise engine_error(error) from error
        try:
            return self._environment.begin()
        except lmdb.Error as error:
            raise engine_error(error) from error


def _after_fork() -> None:
    for index in _open_indexes:
        index.after_fork()


os.register_at_fork(after_in_child=_after_fork)
