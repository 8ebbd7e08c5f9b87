"""An engine that fails or stops where a test says, around any other engine.

``engine.fail("commit", Full())`` makes the next commit fail before it does anything; with ``after=True`` it is carried
out first, which is what an ``Unavailable`` cluster may do. ``engine.hold("commit")`` stops the next commit until the
test lets go, so that two calls can be interleaved exactly. What must not be here: chance.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bushel.engine.api import (
    MAX_SCAN_CELLS,
    BlobReader,
    BlobWriter,
    Capabilities,
    Engine,
    JournalRecord,
    Page,
    PairTransition,
    PendingBlob,
    Read,
    Transition,
    Value,
)

_Answer = TypeVar("_Answer")

CALLS: Final = frozenset(
    {
        "create_partition",
        "drop_if_empty",
        "read",
        "scan",
        "commit",
        "commit_pair",
        "journals",
        "read_journal",
        "trim_journal",
        "counters",
        "create_blob",
        "clone_blob",
        "open_blob",
        "settle",
        "delete_blob",
        "pending_blobs",
        "list_blobs",
        "BlobWriter.write",
        "BlobWriter.seal",
        "BlobWriter.discard",
        "BlobReader.read",
    }
)
"""What can fail or be held: the contract's calls, those of writers and readers with their class before them."""


@dataclass
class Hold:
    """A call that stops. ``reached`` is set when it has come there; it goes on after ``release``."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.released.set()


@dataclass
class _Fault:
    call: str
    after: bool
    skip: int
    times: int
    error: Exception | None = None
    hold: Hold | None = None

    async def strike(self) -> None:
        if self.hold:
            self.hold.reached.set()
            await self.hold.released.wait()
        if self.error:
            raise self.error


class FaultyEngine:
    """An ``Engine`` that hands every call to ``inner``, but for the faults it was told.

    Attributes:
        inner: The engine that does the work.
        calls: How often each call was made, by its name in ``CALLS``.
    """

    def __init__(self, inner: Engine) -> None:
        self.inner = inner
        self.calls: Counter[str] = Counter()
        self._faults: list[_Fault] = []

    def fail(self, call: str, error: Exception, *, after: bool = False, skip: int = 0, times: int = 1) -> None:
        """Make the next ``times`` calls fail, once ``skip`` have passed; ``after`` they were carried out."""
        self._plan(_Fault(call, after, skip, times, error=error))

    def hold(self, call: str, *, after: bool = False, skip: int = 0) -> Hold:
        """Stop the next call before (or ``after``) it is carried out, once ``skip`` have passed. Not for ``settle``."""
        if call == "settle":
            raise ValueError("settle is not a coroutine: it cannot wait")
        hold = Hold()
        self._plan(_Fault(call, after, skip, 1, hold=hold))
        return hold

    def heal(self) -> None:
        """Forget all faults that have not struck."""
        self._faults.clear()

    def _plan(self, fault: _Fault) -> None:
        if fault.call not in CALLS:
            raise ValueError(f"no such call: {fault.call}")
        self._faults.append(fault)

    def _due(self, call: str) -> _Fault | None:
        """The fault that strikes this call, if any; every other fault planned for the call comes nearer by one."""
        due: _Fault | None = None
        for fault in [fault for fault in self._faults if fault.call == call]:
            if fault.skip:
                fault.skip -= 1
            elif due is None:
                due = fault
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
        return due

    async def through(self, call: str, work: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Make one call, with the fault that is due."""
        self.calls[call] += 1
        fault = self._due(call)
        if fault and not fault.after:
            await fault.strike()
        answer = await work()
        if fault and fault.after:
            await fault.strike()
        return answer

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def close(self) -> None:
        await self.inner.close()

    # partitions

    async def create_partition(self, partition: bytes) -> None:
        await self.through("create_partition", lambda: self.inner.create_partition(partition))

    async def drop_if_empty(self, partition: bytes) -> bool:
        return await self.through("drop_if_empty", lambda: self.inner.drop_if_empty(partition))

    # index

    async def read(self, partition: bytes, row: bytes, reads: Sequence[Read]) -> list[Value]:
        return await self.through("read", lambda: self.inner.read(partition, row, reads))

    async def scan(
        self,
        partition: bytes,
        space: int,
        start: tuple[bytes, bytes] = (b"", b""),
        stop: bytes | None = None,
        limit: int = MAX_SCAN_CELLS,
    ) -> Page:
        return await self.through("scan", lambda: self.inner.scan(partition, space, start, stop, limit))

    async def commit(
        self, partition: bytes, row: bytes, reads: Sequence[Read], transition: Transition, *, reclaims: bool = False
    ) -> Any:
        return await self.through(
            "commit", lambda: self.inner.commit(partition, row, reads, transition, reclaims=reclaims)
        )

    async def commit_pair(
        self,
        partition: bytes,
        rows: tuple[bytes, bytes],
        reads: tuple[Sequence[Read], Sequence[Read]],
        transition: PairTransition,
    ) -> Any:
        return await self.through("commit_pair", lambda: self.inner.commit_pair(partition, rows, reads, transition))

    # journal and counters

    async def journals(self) -> list[bytes]:
        return await self.through("journals", self.inner.journals)

    async def read_journal(self, partition: bytes, after: int = 0, limit: int = MAX_SCAN_CELLS) -> list[JournalRecord]:
        return await self.through("read_journal", lambda: self.inner.read_journal(partition, after, limit))

    async def trim_journal(self, partition: bytes, through: int) -> None:
        await self.through("trim_journal", lambda: self.inner.trim_journal(partition, through))

    async def counters(self, partition: bytes) -> dict[bytes, int]:
        return await self.through("counters", lambda: self.inner.counters(partition))

    # blobs

    async def create_blob(self, back_pointer: bytes) -> BlobWriter:
        return _FaultyWriter(self, await self.through("create_blob", lambda: self.inner.create_blob(back_pointer)))

    async def clone_blob(self, blob: bytes, back_pointer: bytes) -> bytes:
        return await self.through("clone_blob", lambda: self.inner.clone_blob(blob, back_pointer))

    async def open_blob(self, blob: bytes) -> BlobReader:
        return _FaultyReader(self, await self.through("open_blob", lambda: self.inner.open_blob(blob)))

    def settle(self, blobs: Sequence[bytes]) -> None:
        self.calls["settle"] += 1
        fault = self._due("settle")
        if fault and fault.error and not fault.after:
            raise fault.error
        self.inner.settle(blobs)
        if fault and fault.error:
            raise fault.error

    async def delete_blob(self, blob: bytes) -> None:
        await self.through("delete_blob", lambda: self.inner.delete_blob(blob))

    async def pending_blobs(self) -> list[PendingBlob]:
        return await self.through("pending_blobs", self.inner.pending_blobs)

    async def list_blobs(self, after: bytes = b"", limit: int = MAX_SCAN_CELLS) -> list[bytes]:
        return await self.through("list_blobs", lambda: self.inner.list_blobs(after, limit))


class _FaultyWriter:
    def __init__(self, engine: FaultyEngine, inner: BlobWriter) -> None:
        self._engine = engine
        self._inner = inner

    @property
    def blob(self) -> bytes:
        return self._inner.blob

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self._engine.through("BlobWriter.write", lambda: self._inner.write(data))

    async def seal(self) -> int:
        return await self._engine.through("BlobWriter.seal", self._inner.seal)

    async def discard(self) -> None:
        await self._engine.through("BlobWriter.discard", self._inner.discard)


class _FaultyReader:
    def __init__(self, engine: FaultyEngine, inner: BlobReader) -> None:
        self._engine = engine
        self._inner = inner

    @property
    def size_bytes(self) -> int:
        return self._inner.size_bytes

    async def read(self, offset: int, length: int) -> bytes:
        return await self._engine.through("BlobReader.read", lambda: self._inner.read(offset, length))

    async def close(self) -> None:
        await self._inner.close()
