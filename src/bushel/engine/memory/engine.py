"""The reference engine: everything in memory, granting the contract and nothing more.

Whatever the contract leaves open happens here, drawn from a seeded generator so that a failing run can be repeated:
pages end early or empty, other tasks run between and inside calls, a transition is called again and its first answer
thrown away, journal sequences have gaps, blob names are in no order. Code that passes its tests on this engine leans on
no favour of another one. What must not be here: powers beyond the contract.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.engine.api import (
    MAX_PARTITION_BYTES,
    MAX_SCAN_CELLS,
    BlobReader,
    BlobWriter,
    Capabilities,
    Change,
    Closed,
    Gone,
    JournalRecord,
    Page,
    PairTransition,
    PendingBlob,
    Read,
    ScannedCell,
    Transition,
    Value,
)
from bushel.engine.memory.blobs import Blobs, MemoryBlobReader, MemoryBlobWriter
from bushel.engine.memory.partition import Journal, Partition, check_change, check_row

_CAPABILITIES = Capabilities(durable=False, shared=False, cheap_clone=True, pairs=True)


class ImpureTransition(Exception):
    """A transition answered differently when it was asked again with the same values: a mistake in the caller."""


class MemoryEngine:
    """An ``Engine`` for tests and ``serve memory:``. Gone with the process.

    Args:
        clock: Stamps journal records.
        randomness: Makes blob names.
        seed: Of the generator that decides what the contract leaves open.
    """

    def __init__(self, *, clock: Clock, randomness: Randomness, seed: int = 0) -> None:
        self._clock = clock
        self._randomness = randomness
        self._chance = random.Random(seed)  # noqa: S311 - decides nothing that has to be secret
        self._partitions: dict[bytes, Partition] = {}
        self._journals: dict[bytes, Journal] = {}
        self._blobs = Blobs(randomness)
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def close(self) -> None:
        self._closed = True

    def after_kill(self) -> "MemoryEngine":
        """What a process finds that starts after this engine's was killed. This one is closed by it.

        Everything committed and sealed is there; blobs that were neither settled nor deleted are ``pending_blobs``.
        """
        self._closed = True
        heir = MemoryEngine(clock=self._clock, randomness=self._randomness, seed=self._chance.getrandbits(32))
        heir._partitions = self._partitions
        heir._journals = self._journals
        heir._blobs = self._blobs.after_kill()
        return heir

    # partitions

    async def create_partition(self, partition: bytes) -> None:
        await self._let_others_run()
        if not 1 <= len(partition) <= MAX_PARTITION_BYTES or b"\0" in partition:
            raise ValueError(f"a partition name has 1 to {MAX_PARTITION_BYTES} bytes and no NUL")
        self._partitions.setdefault(partition, Partition())

    async def drop_if_empty(self, partition: bytes) -> bool:
        await self._let_others_run()
        found = self._partitions.get(partition)
        if found is None:
            return True
        if not found.is_empty():
            return False
        del self._partitions[partition]
        return True

    # index

    async def read(self, partition: bytes, row: bytes, reads: Sequence[Read]) -> list[Value]:
        await self._let_others_run()
        check_row(row)
        found = self._partitions.get(partition)
        return (found or Partition()).read(row, reads)

    async def scan(
        self,
        partition: bytes,
        space: int,
        start: tuple[bytes, bytes] = (b"", b""),
        stop: bytes | None = None,
        limit: int = MAX_SCAN_CELLS,
    ) -> Page:
        self._check_open()
        await asyncio.sleep(0)  # always: a scan is not a snapshot, and nobody shall get used to one
        self._check_open()
        found = self._partitions.get(partition)
        cells = found.spaces.get(space) if found else None
        if cells is None:
            return Page([], None)
        page: list[ScannedCell] = []
        limit = self._page_length(min(limit, MAX_SCAN_CELLS))
        for row, suffix in cells.names_from(start):
            if stop is not None and row >= stop:
                break
            if len(page) == limit:
                return Page(page, self._resume_at(page, start, (row, suffix)))
            page.append(ScannedCell(row, suffix, cells.values[row, suffix]))
        return Page(page, None)

    def _page_length(self, limit: int) -> int:
        """One page in three is cut short, as if the partition had been split there."""
        return self._chance.randint(0, limit) if self._chance.random() < 1 / 3 else limit

    def _resume_at(
        self, page: list[ScannedCell], start: tuple[bytes, bytes], following: tuple[bytes, bytes]
    ) -> tuple[bytes, bytes]:
        """Either the following cell or the least name after the last one: a ``next`` need not name a cell."""
        if self._chance.random() < 1 / 2:
            return following
        return (page[-1].row, page[-1].suffix + b"\0") if page else start

    async def commit(
        self,
        partition: bytes,
        row: bytes,
        reads: Sequence[Read],
        transition: Transition,
        *,
        reclaims: bool = False,  # noqa: ARG002 - memory keeps no reserve
    ) -> Any:
        await self._let_others_run()
        check_row(row)
        earlier: tuple[list[Value], Change | Exception] | None = None
        if self._chance.random() < 1 / 2:
            found = self._partition(partition)
            earlier = found.read(row, reads), _attempt(transition, found.read(row, reads))
            await asyncio.sleep(0)  # others may win the race; then the transition is asked anew
            self._check_open()
        found = self._partition(partition)
        outcome = _attempt(transition, found.read(row, reads))
        if earlier and earlier[0] == found.read(row, reads) and not _same(earlier[1], outcome):
            raise ImpureTransition(f"{transition!r} answered {earlier[1]!r}, then {outcome!r}")
        if isinstance(outcome, Exception):
            raise outcome
        check_change(outcome)
        self._apply(partition, row, outcome)
        return outcome.result

    async def commit_pair(
        self,
        partition: bytes,
        rows: tuple[bytes, bytes],
        reads: tuple[Sequence[Read], Sequence[Read]],
        transition: PairTransition,
    ) -> Any:
        await self._let_others_run()
        if rows[0] == rows[1]:
            raise ValueError("a pair is two different rows")
        for row in rows:
            check_row(row)
        for _ in range(self._chance.randint(1, 2)):  # a pure transition does not mind to be asked twice
            found = self._partition(partition)
            changes = transition(found.read(rows[0], reads[0]), found.read(rows[1], reads[1]))
        for change in changes:
            check_change(change)
        for row, change in zip(rows, changes, strict=True):
            self._apply(partition, row, change)
        return changes[1].result

    def _apply(self, partition: bytes, row: bytes, change: Change) -> None:
        self._partition(partition).apply(row, change)
        if change.journal:
            journal = self._journals.setdefault(partition, Journal())
            for payload in change.journal:
                journal.append(self._chance.randint(1, 3), self._clock.now_ns(), payload)

    def _partition(self, partition: bytes) -> Partition:
        try:
            return self._partitions[partition]
        except KeyError:
            raise Gone(partition.decode("latin-1")) from None

    # journal and counters

    async def journals(self) -> list[bytes]:
        await self._let_others_run()
        return [name for name, journal in self._journals.items() if journal.records]

    async def read_journal(self, partition: bytes, after: int = 0, limit: int = MAX_SCAN_CELLS) -> list[JournalRecord]:
        await self._let_others_run()
        journal = self._journals.get(partition)
        return journal.after(after, min(limit, MAX_SCAN_CELLS)) if journal else []

    async def trim_journal(self, partition: bytes, through: int) -> None:
        await self._let_others_run()
        journal = self._journals.get(partition)
        if journal:
            journal.trim(through)

    async def counters(self, partition: bytes) -> dict[bytes, int]:
        await self._let_others_run()
        found = self._partitions.get(partition)
        return dict(found.counters) if found else {}

    # blobs

    async def create_blob(self, back_pointer: bytes) -> BlobWriter:
        await self._let_others_run()
        return MemoryBlobWriter(self._blobs, back_pointer)

    async def clone_blob(self, blob: bytes, back_pointer: bytes) -> bytes:
        await self._let_others_run()
        content = self._blobs.content(blob)
        clone = self._blobs.new_name(back_pointer)
        self._blobs.seal(clone, content, back_pointer)
        return clone

    async def open_blob(self, blob: bytes) -> BlobReader:
        await self._let_others_run()
        return MemoryBlobReader(self._blobs.content(blob))

    def settle(self, blobs: Sequence[bytes]) -> None:
        self._check_open()
        for blob in blobs:
            self._blobs.settle(blob)

    async def delete_blob(self, blob: bytes) -> None:
        await self._let_others_run()
        self._blobs.delete(blob)

    async def pending_blobs(self) -> list[PendingBlob]:
        await self._let_others_run()
        return self._blobs.left_behind()

    async def list_blobs(self, after: bytes = b"", limit: int = MAX_SCAN_CELLS) -> list[bytes]:
        await self._let_others_run()
        return sorted(blob for blob in self._blobs.sealed if blob > after)[:limit]

    # what the contract leaves open

    async def _let_others_run(self) -> None:
        self._check_open()
        if self._chance.random() < 1 / 4:
            await asyncio.sleep(0)
            self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("the engine was closed")


def _attempt(transition: Transition, values: Sequence[Value]) -> Change | Exception:
    try:
        return transition(values)
    except Exception as refusal:  # noqa: BLE001 - whatever it raises is its answer
        return refusal


def _same(one: Change | Exception, other: Change | Exception) -> bool:
    """Whether two answers do the same. Results are not compared: they may have no equality."""
    if isinstance(one, Change) and isinstance(other, Change):
        return (
            list(one.writes) == list(other.writes)
            and list(one.journal) == list(other.journal)
            and dict(one.counters) == dict(other.counters)
        )
    return type(one) is type(other)
