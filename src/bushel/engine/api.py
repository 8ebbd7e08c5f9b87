"""The engine contract: ordered keys and immutable blobs. This file is the whole of it.

An engine stores bytes and knows nothing of S3. The weaker engine wrote this contract (a RADOS cluster, not LMDB), so it
grants only what a set of independent objects with compare-and-set can grant:

* A **partition** holds **rows**; a row is all **cells** of one key. A cell is named by ``(space, row, suffix)``: a
  space is a small number that separates key families (a scan of one never touches another), the suffix tells the cells
  of one row in one space apart.
* **The atom is one row.** ``read`` sees one row at one moment, ``commit`` changes one row at one moment, and commits to
  one row happen one after the other. Nothing spans rows or partitions: cross-row work is a series of steps, each prefix
  of which is a valid state. (One optional power, ``commit_pair``, is for what no series of steps can do.)
* A scan is ordered by ``(row, suffix)`` as bytes and is not a snapshot.
* Blobs are immutable byte strings, durable before a commit names them. **The index entry is the truth.**

Methods are ``async``; an engine that can answer at once does so without suspending (an LMDB get takes 0.7 us, a hop
through an executor 70).

What must not be here: anything of S3, anything of one particular engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

MAX_PARTITION_BYTES: Final = 24
"""Longest partition name. A name has at least one byte and no NUL."""

MAX_ROW_BYTES: Final = 1024
"""Longest row key, in bytes. Any byte value may occur in it. A row has at least one byte."""

MAX_SUFFIX_BYTES: Final = 128
"""Longest suffix, in bytes. Any byte value may occur in it; the empty suffix sorts first."""

MAX_SCAN_CELLS: Final = 1024
"""Most cells that one scan returns (RADOS cuts there silently, so everybody does)."""

SEGMENT_BYTES: Final = 256 * 1024
"""A blob carries one checksum for each segment of this size; reads are verified by whole segments."""


# --- errors -------------------------------------------------------------------------------------------------------


class EngineError(Exception):
    """Base of all that an engine raises on purpose. The service maps the family to S3 errors in one place."""


class Gone(EngineError):
    """The partition does not exist (never created, or dropped)."""


class BlobNotFound(EngineError):
    """No blob with that name."""


class Corrupt(EngineError):
    """Stored bytes do not match their checksum, or a record cannot be what was written."""


class Full(EngineError):
    """No space left for data that grows the store. What reclaims space still works."""


class Unavailable(EngineError):
    """Cannot answer now (cluster down, time-out); the outcome of a commit is unknown. A retry may succeed."""


class Closed(EngineError):
    """The engine was closed."""


# --- what a commit reads and writes -------------------------------------------------------------------------------


class Cell(NamedTuple):
    """Read one cell of the row: ``bytes``, or ``None`` where it does not exist."""

    space: int
    suffix: bytes = b""


class Range(NamedTuple):
    """Read cells of the row in one space: a list of ``(suffix, value)`` in order, at most ``limit``.

    ``prefix`` bounds the suffixes; ``after`` (exclusive) continues. The limit may exceed MAX_SCAN_CELLS: the
    10,000 parts of an upload are read at one moment.
    """

    space: int
    prefix: bytes = b""
    after: bytes | None = None
    limit: int = MAX_SCAN_CELLS


Read = Cell | Range
Value = Any
"""``bytes | None`` for a Cell, ``list[tuple[bytes, bytes]]`` for a Range, in the order of the reads."""


class Put(NamedTuple):
    """Set one cell."""

    space: int
    suffix: bytes
    value: bytes


class Delete(NamedTuple):
    """Remove one cell; it need not exist."""

    space: int
    suffix: bytes = b""


class DeletePrefix(NamedTuple):
    """Remove all cells of the row in one space whose suffix starts with ``prefix`` (one range removal on RADOS)."""

    space: int
    prefix: bytes = b""


Write = Put | Delete | DeletePrefix


_NO_COUNTERS: Final[Mapping[bytes, int]] = MappingProxyType({})


class Change(NamedTuple):
    """What a transition wants done, all in one atom.

    Attributes:
        writes: Applied in order.
        journal: Payloads appended to the partition's journal in this order.
        counters: Added to the partition's named counters (commutative, so they never conflict).
        result: Handed back by ``commit``.
    """

    writes: Sequence[Write] = ()
    journal: Sequence[bytes] = ()
    counters: Mapping[bytes, int] = _NO_COUNTERS
    result: Any = None


Transition = Callable[[Sequence[Value]], Change]
"""A pure synchronous function of the values read. The engine may call it any number of times (on RADOS after each lost
race), on any thread. An exception is a refusal: nothing is written, and it reaches the caller of ``commit`` as is."""

PairTransition = Callable[[Sequence[Value], Sequence[Value]], tuple[Change, Change]]
"""The same of the values of two rows: a change for either. The result is that of the second."""


class ScannedCell(NamedTuple):
    row: bytes
    suffix: bytes
    value: bytes


class Page(NamedTuple):
    """One answer of a scan.

    ``next`` is the ``(row, suffix)`` to start the following call at, or ``None`` when nothing follows. A page may be
    shorter than the limit, even empty, and still have a ``next``: only ``next`` tells the end.
    """

    cells: list[ScannedCell]
    next: tuple[bytes, bytes] | None


class JournalRecord(NamedTuple):
    """``sequence`` grows along the journal; ``time_ns`` is the engine clock's time of the commit."""

    sequence: int
    time_ns: int
    payload: bytes


class PendingBlob(NamedTuple):
    """A blob whose writer died before it said whether the index names it."""

    blob: bytes
    back_pointer: bytes


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Optional powers. Callers ask here, never by ``isinstance``.

    Attributes:
        durable: What is committed survives the process (``memory`` says no).
        shared: Several processes may have the store open at once.
        cheap_clone: ``clone_blob`` copies no bytes (hard link or reflink).
        pairs: Two rows of a partition can be changed in one atom (``commit_pair``).
    """

    durable: bool
    shared: bool
    cheap_clone: bool
    pairs: bool


# --- the contract -------------------------------------------------------------------------------------------------


class BlobWriter(Protocol):
    """A blob being written. Its name is known from the start; nobody can read it before ``seal`` returns."""

    @property
    def blob(self) -> bytes:
        """The blob's name: 1 to 64 bytes, never used for another blob."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append. The engine is done with ``data`` when this returns.

        Raises:
            Full: No space; the writer is then good for ``discard`` only.
        """

    async def seal(self) -> int:
        """Make the blob durable and readable; returns its size in bytes.

        It is still *pending*: ``settle`` it once a commit names it, or ``delete_blob`` it.
        """

    async def discard(self) -> None:
        """Give up: nothing remains. Harmless after ``seal`` has failed, and when called twice."""


class BlobReader(Protocol):
    """An open blob. The bytes stay readable until ``close``, also when the blob is deleted meanwhile."""

    @property
    def size_bytes(self) -> int: ...

    async def read(self, offset: int, length: int) -> bytes:
        """Bytes ``[offset, offset + length)``, cut at the blob's end, every touched segment verified first.

        Callers read at most a few segments at a time: the engine holds ``length`` bytes in memory.

        Raises:
            Corrupt: A segment does not match its checksum; none of its bytes are returned.
        """

    async def close(self) -> None: ...


class Engine(Protocol):
    """Ordered keys and immutable blobs."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def close(self) -> None:
        """Finish what was accepted and let go of everything. Later calls raise ``Closed``."""

    # partitions

    async def create_partition(self, partition: bytes) -> None:
        """Make an empty partition; harmless where it exists. Durable when it returns."""

    async def drop_if_empty(self, partition: bytes) -> bool:
        """Drop a partition that has no cell in any space; later commits there fail ``Gone``. Durable when it returns.

        False where a cell exists. True where it was dropped or is already gone. The journal stays until it is trimmed;
        the counters go.
        """

    # index

    async def read(self, partition: bytes, row: bytes, reads: Sequence[Read]) -> list[Value]:
        """Values of one row at one moment. A partition that is gone reads as empty."""

    async def scan(
        self,
        partition: bytes,
        space: int,
        start: tuple[bytes, bytes] = (b"", b""),
        stop: bytes | None = None,
        limit: int = MAX_SCAN_CELLS,
    ) -> Page:
        """Cells of one space from ``start`` (row, suffix; inclusive) up to row ``stop`` (exclusive), in order."""

    async def commit(
        self, partition: bytes, row: bytes, reads: Sequence[Read], transition: Transition, *, reclaims: bool = False
    ) -> Any:
        """Run ``transition`` on the values read and apply its change as one atom; returns its ``result``.

        Durable when it returns, and seen by every reader anywhere at once. ``reclaims`` marks work that frees space
        (deletions): it may use reserved space when the store is full.

        Raises:
            Gone: The partition does not exist.
            Full: No space (never for ``reclaims`` while the reserve lasts).
            Exception: Whatever the transition raised.
        """

    async def commit_pair(
        self,
        partition: bytes,
        rows: tuple[bytes, bytes],
        reads: tuple[Sequence[Read], Sequence[Read]],
        transition: PairTransition,
    ) -> Any:
        """``commit`` for two different rows of a partition: their values are of one moment, both change or neither.

        Only where ``capabilities.pairs``. A scan is no snapshot: it may see the one as it was and the other as it is.

        Raises:
            Gone: The partition does not exist.
            Full: No space.
            Exception: Whatever the transition raised.
        """

    # journal and counters

    async def journals(self) -> list[bytes]:
        """Partitions (dropped ones included) whose journal has records."""

    async def read_journal(self, partition: bytes, after: int = 0, limit: int = MAX_SCAN_CELLS) -> list[JournalRecord]:
        """Records with a sequence above ``after``, oldest first."""

    async def trim_journal(self, partition: bytes, through: int) -> None:
        """Forget records up to and including this sequence."""

    async def counters(self, partition: bytes) -> dict[bytes, int]:
        """The partition's counters; empty where it is gone."""

    # blobs

    async def create_blob(self, back_pointer: bytes) -> BlobWriter:
        """Start a blob. ``back_pointer`` (at most 4 KiB) says which row will name it; it is stored with the bytes.

        Raises:
            Full: No space.
        """

    async def clone_blob(self, blob: bytes, back_pointer: bytes) -> bytes:
        """A second, independent name for the same bytes, durable and pending like a sealed blob.

        The engine may store the back pointer or keep the one of the original (a hard link shares its trailer); the
        pending record always has the new one.

        Raises:
            BlobNotFound: No such blob.
            Full: No space.
        """

    async def open_blob(self, blob: bytes) -> BlobReader:
        """Open for reading.

        Raises:
            BlobNotFound: No such blob.
            Corrupt: The trailer is damaged.
        """

    def settle(self, blobs: Sequence[bytes]) -> None:
        """These pending blobs of ours are now named by the index (or deleted): forget that they were pending."""

    async def delete_blob(self, blob: bytes) -> None:
        """Remove; harmless where it does not exist. A pending blob of ours is settled by it."""

    async def pending_blobs(self) -> list[PendingBlob]:
        """Blobs pending under writers that are dead. Recovery deletes or settles each by what the index says."""

    async def list_blobs(self, after: bytes = b"", limit: int = MAX_SCAN_CELLS) -> list[bytes]:
        """Names of sealed blobs above ``after``, in order (scrubbing, tests). Empty at the end."""
