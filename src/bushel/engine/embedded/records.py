"""Records of the index inside one LMDB transaction: rows, scans, journal, counters, partitions.

Functions that take a transaction read; ``WriteBatch`` writes. What must not be here: when transactions begin and end
(``index.py``, ``committer.py``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bushel.engine.api import (
    MAX_SCAN_CELLS,
    Cell,
    Delete,
    DeletePrefix,
    Gone,
    JournalRecord,
    Page,
    PairTransition,
    Put,
    Range,
    Read,
    ScannedCell,
    Transition,
    Value,
    Write,
)
from bushel.engine.embedded import tree
from bushel.engine.embedded.keys import (
    MAX_COUNTER_BYTES,
    SEQUENCE_KEY,
    SPACES,
    checked_suffix,
    counter_prefix,
    escaped,
    journal_key,
    journal_partition,
    journal_prefix,
    journal_sequence,
    partition_key,
    partition_prefix,
    prefix_end,
    row_and_suffix,
    space_end,
    unescaped,
)
from bushel.engine.embedded.tree import DIRECT_BYTES, Transaction

_TIME_BYTES: Final = 8
_COUNTER_BYTES: Final = 16
_TRIM_RECORDS: Final = 4096
_MAX_DELTA: Final = 1 << 63
_MAX_SEQUENCE: Final = (1 << 64) - 1


def read_row(transaction: Transaction, prefix: bytes, part: bytes, reads: Sequence[Read]) -> list[Value]:
    """Values of one row, named by what ``partition_prefix`` and ``row_part`` made."""
    values: list[Value] = []
    for read in reads:
        if read.__class__ is Cell:
            space, suffix = read
            key = prefix + SPACES[space] + part + suffix
            # Spelled out for the keys that nearly all are: a call more is a third of a read.
            values.append(transaction.get(key) if len(key) <= DIRECT_BYTES else tree.get(transaction, key))
            continue
        assert isinstance(read, Range)
        base = prefix + SPACES[read.space] + part
        start = base + read.prefix
        if read.after is not None:
            # The least suffix above it.
            start = max(start, base + read.after + b"\0")
        pairs = tree.walk(transaction, start, prefix_end(base + read.prefix), read.limit)
        skip = len(base)
        values.append([(key[skip:], value) for key, value in pairs])
    return values


def scan(
    transaction: Transaction, partition: bytes, space: int, start: tuple[bytes, bytes], stop: bytes | None, limit: int
) -> Page:
    """Cells of one space in order, and where to go on."""
    prefix = partition_prefix(partition)
    base = prefix + SPACES[space]
    row, suffix = start
    first = base + escaped(row) + b"\0" + suffix
    last = space_end(prefix, space) if stop is None else base + escaped(stop) + b"\0"
    limit = max(0, min(limit, MAX_SCAN_CELLS))
    pairs = tree.walk(transaction, first, last, limit + 1)
    skip = len(base)
    following = None
    if len(pairs) > limit:
        following = row_and_suffix(pairs.pop()[0], skip)
    cells: list[ScannedCell] = []
    new = tuple.__new__  # a third of the cost of the named tuple's own constructor
    for key, value in pairs:
        row, _, suffix = key[skip:].partition(b"\0")
        cells.append(new(ScannedCell, (unescaped(row) if 1 in row else row, suffix, value)))
    return Page(cells, following)


def has_partition(transaction: Transaction, partition: bytes) -> bool:
    """Whether a partition exists."""
    return transaction.get(partition_key(partition)) is not None


def journals(transaction: Transaction) -> list[bytes]:
    """Partitions whose journal has records."""
    found = []
    cursor = transaction.cursor()
    position = b"j"
    while cursor.set_range(position) and cursor.key().startswith(b"j"):
        partition = journal_partition(cursor.key())
        found.append(partition)
        position = prefix_end(journal_prefix(partition))
    return found


def read_journal(transaction: Transaction, partition: bytes, after: int, limit: int) -> list[JournalRecord]:
    """Records above a sequence."""
    prefix = journal_prefix(partition)
    if after >= _MAX_SEQUENCE:
        return []
    start = journal_key(prefix, max(after, -1) + 1)
    return [
        JournalRecord(
            journal_sequence(key), int.from_bytes(value[:_TIME_BYTES], "big", signed=True), value[_TIME_BYTES:]
        )
        for key, value in tree.walk(transaction, start, prefix_end(prefix), min(limit, MAX_SCAN_CELLS))
    ]


def counters(transaction: Transaction, partition: bytes) -> dict[bytes, int]:
    """All counters of a partition."""
    prefix = counter_prefix(partition)
    found = {}
    cursor = transaction.cursor()
    if cursor.set_range(prefix):
        for key, value in cursor.iternext():
            if not key.startswith(prefix):
                break
            found[key[len(prefix) :]] = int.from_bytes(value, "big", signed=True)
    return found


class WriteBatch:
    """One write transaction's worth of work. Counters and the journal's sequence are written once, by ``finish``.

    Attributes:
        writes: Grows with every write, so that a caller sees whether a job that failed had begun to write.
        written_bytes: Bytes written so far, about.
    """

    __slots__ = ("_counters", "_exists", "_now", "_sequence", "transaction", "writes", "written_bytes")

    def __init__(self, transaction: Transaction, now_ns: int) -> None:
        self.transaction = transaction
        self.writes = 0
        self.written_bytes = 0
        self._now = now_ns.to_bytes(_TIME_BYTES, "big", signed=True)
        self._exists: dict[bytes, bool] = {}
        self._counters: dict[bytes, int] = {}
        self._sequence = 0

    def commit(self, prefix: bytes, part: bytes, reads: Sequence[Read], transition: Transition) -> Any:
        """Run a transition on a row and apply its change."""
        partition = prefix[1:]
        if not self._has(partition):
            raise Gone(f"partition {partition!r} does not exist")
        change = transition(read_row(self.transaction, prefix, part, reads))
        # All that can be wrong with a change is found before the first write of it.
        writes = _prepared(prefix, part, change.writes)
        deltas = _checked_deltas(partition, change.counters) if change.counters else ()
        payloads = [self._now + payload for payload in change.journal]
        self._apply(partition, writes, deltas, payloads)
        return change.result

    def commit_pair(
        self,
        prefix: bytes,
        parts: tuple[bytes, bytes],
        reads: tuple[Sequence[Read], Sequence[Read]],
        transition: PairTransition,
    ) -> Any:
        """Run a transition on two rows of a partition and apply its changes."""
        partition = prefix[1:]
        if not self._has(partition):
            raise Gone(f"partition {partition!r} does not exist")
        first, second = (
            read_row(self.transaction, prefix, part, wanted) for part, wanted in zip(parts, reads, strict=True)
        )
        changes = transition(first, second)
        checked = [
            (
                _prepared(prefix, part, change.writes),
                _checked_deltas(partition, change.counters),
                [self._now + payload for payload in change.journal],
            )
            for part, change in zip(parts, changes, strict=True)
        ]
        for writes, deltas, payloads in checked:
            self._apply(partition, writes, deltas, payloads)
        return changes[1].result

    def _apply(
        self,
        partition: bytes,
        writes: list[tuple[bytes, bytes | None, bytes | None]],
        deltas: Sequence[tuple[bytes, int]],
        payloads: list[bytes],
    ) -> None:
        """What a change came to, all of it checked."""
        transaction = self.transaction
        for key, stop, value in writes:
            self.writes += 1
            if value is not None:
                self.written_bytes += len(value)
                if len(key) <= DIRECT_BYTES:
                    transaction.put(key, value)
                else:
                    tree.put(transaction, key, value)
            elif stop is None:
                tree.delete(transaction, key)
            else:
                self._delete_range(key, stop)
        if payloads:
            self._append(partition, payloads)
        if deltas:
            self.writes += 1
            totals = self._counters
            for name, delta in deltas:
                totals[name] = totals.get(name, 0) + delta

    def create_partition(self, partition: bytes) -> None:
        """Make a partition where it does not exist."""
        if not self._has(partition):
            self.writes += 1
            self.transaction.put(partition_key(partition), b"")
            self._exists[partition] = True

    def drop_if_empty(self, partition: bytes) -> bool:
        """Remove a partition that has no cells, with its counters; true where it is gone now."""
        if not self._has(partition):
            return True
        cells = partition_prefix(partition) + b"\0"
        cursor = self.transaction.cursor()
        if cursor.set_range(cells) and cursor.key().startswith(cells):
            return False
        self.writes += 1
        prefix = counter_prefix(partition)
        for name in [name for name in self._counters if name.startswith(prefix)]:
            del self._counters[name]
        self._delete_range(prefix, prefix_end(prefix))
        self.transaction.delete(partition_key(partition))
        self._exists[partition] = False
        return True

    def trim_journal(self, partition: bytes, through: int) -> bool:
        """Forget records up to a sequence; true where some are left to forget, for another batch."""
        prefix = journal_prefix(partition)
        stop = journal_key(prefix, min(through, _MAX_SEQUENCE - 1) + 1) if through >= 0 else prefix
        cursor = self.transaction.cursor()
        more = cursor.set_range(prefix)
        for _ in range(_TRIM_RECORDS):
            if not more or cursor.key() >= stop:
                return False
            self.writes += 1
            more = cursor.delete()
        return more and cursor.key() < stop

    def finish(self) -> None:
        """Write what was gathered."""
        for key, delta in self._counters.items():
            stored = self.transaction.get(key)
            value = delta if stored is None else int.from_bytes(stored, "big", signed=True) + delta
            self.transaction.put(key, value.to_bytes(_COUNTER_BYTES, "big", signed=True))
        if self._sequence:
            self.transaction.put(SEQUENCE_KEY, self._sequence.to_bytes(8, "big"))

    def _has(self, partition: bytes) -> bool:
        exists = self._exists.get(partition)
        if exists is None:
            exists = has_partition(self.transaction, partition)
            self._exists[partition] = exists
        return exists

    def _append(self, partition: bytes, records: list[bytes]) -> None:
        # One sequence for the whole store, kept apart from the records: it goes on growing when a journal was trimmed
        # to nothing, or its partition dropped and made again.
        if not self._sequence:
            stored = self.transaction.get(SEQUENCE_KEY)
            self._sequence = 0 if stored is None else int.from_bytes(stored, "big")
        prefix = journal_prefix(partition)
        for record in records:
            self.writes += 1
            self._sequence += 1
            self.transaction.put(journal_key(prefix, self._sequence), record)
            self.written_bytes += len(record)

    def _delete_range(self, start: bytes, stop: bytes) -> None:
        while pairs := tree.walk(self.transaction, start, stop, MAX_SCAN_CELLS):
            for key, _ in pairs:
                tree.delete(self.transaction, key)


def _prepared(prefix: bytes, part: bytes, writes: Sequence[Write]) -> list[tuple[bytes, bytes | None, bytes | None]]:
    """Each write as (key, end of a range to delete, value to put)."""
    prepared: list[tuple[bytes, bytes | None, bytes | None]] = []
    for write in writes:
        # The second field of each: a suffix, or a prefix of suffixes.
        key = prefix + SPACES[write[0]] + part + checked_suffix(write[1])
        if isinstance(write, Put):
            value = write[2]
            if type(value) is not bytes:
                raise TypeError(f"a cell's value is bytes, not {type(value).__name__}")
            prepared.append((key, None, value))
        elif isinstance(write, Delete):
            prepared.append((key, None, None))
        elif isinstance(write, DeletePrefix):
            prepared.append((key, prefix_end(key), None))
        else:
            raise TypeError(f"not a write: {write!r}")
    return prepared


def _checked_deltas(partition: bytes, counters: Mapping[bytes, int]) -> list[tuple[bytes, int]]:
    prefix = counter_prefix(partition)
    deltas = []
    for name, delta in counters.items():
        if not 0 < len(name) <= MAX_COUNTER_BYTES:
            raise ValueError(f"a counter's name has 1 to {MAX_COUNTER_BYTES} bytes, not {len(name)}")
        if not -_MAX_DELTA <= delta < _MAX_DELTA:
            raise ValueError(f"a counter cannot change by {delta}")
        deltas.append((prefix + name, delta))
    return deltas
