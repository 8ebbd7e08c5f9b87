"""The cells, the journal and the counters of one partition in memory. No asynchrony, no blobs, no chance."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bushel.engine.api import (
    MAX_ROW_BYTES,
    MAX_SUFFIX_BYTES,
    Cell,
    Change,
    Delete,
    DeletePrefix,
    JournalRecord,
    Put,
    Read,
    Value,
    Write,
)

Name = tuple[bytes, bytes]
"""(row, suffix)"""


class Space:
    """One family of cells: a sorted list of names beside a dictionary of values."""

    __slots__ = ("names", "values")

    def __init__(self) -> None:
        self.names: list[Name] = []
        self.values: dict[Name, bytes] = {}

    def put(self, name: Name, value: bytes) -> None:
        if name not in self.values:
            self.names.insert(bisect_left(self.names, name), name)
        self.values[name] = value

    def delete(self, name: Name) -> None:
        if self.values.pop(name, None) is not None:
            del self.names[bisect_left(self.names, name)]

    def names_from(self, start: Name) -> Iterator[Name]:
        for at in range(bisect_left(self.names, start), len(self.names)):
            yield self.names[at]

    def suffixes(self, row: bytes, prefix: bytes, after: bytes | None) -> Iterator[bytes]:
        """Suffixes of one row that start with ``prefix``, in order, those up to ``after`` left out."""
        at = bisect_left(self.names, (row, prefix if after is None else max(prefix, after)))
        while at < len(self.names):
            found, suffix = self.names[at]
            if found != row or not suffix.startswith(prefix):
                return
            if suffix != after:
                yield suffix
            at += 1


class Partition:
    """The rows of one partition and its counters; the journal outlives it and is kept by the engine."""

    __slots__ = ("counters", "spaces")

    def __init__(self) -> None:
        self.spaces: dict[int, Space] = {}
        self.counters: dict[bytes, int] = {}

    def is_empty(self) -> bool:
        return not any(space.names for space in self.spaces.values())

    def read(self, row: bytes, reads: Sequence[Read]) -> list[Value]:
        return [self._read_one(row, one) for one in reads]

    def _read_one(self, row: bytes, read: Read) -> Value:
        space = self.spaces.get(read.space)
        if isinstance(read, Cell):
            return space.values.get((row, read.suffix)) if space else None
        found: list[tuple[bytes, bytes]] = []
        if space:
            limit = read.limit
            for suffix in space.suffixes(row, read.prefix, read.after):
                if len(found) >= limit:
                    break
                found.append((suffix, space.values[row, suffix]))
        return found

    def apply(self, row: bytes, change: Change) -> None:
        for write in change.writes:
            self._apply_one(row, write)
        for name, amount in change.counters.items():
            self.counters[name] = self.counters.get(name, 0) + amount

    def _apply_one(self, row: bytes, write: Write) -> None:
        space = self.spaces.setdefault(write.space, Space())
        if isinstance(write, Put):
            space.put((row, write.suffix), bytes(write.value))
        elif isinstance(write, Delete):
            space.delete((row, write.suffix))
        else:
            for suffix in list(space.suffixes(row, write.prefix, None)):
                space.delete((row, suffix))


class Journal:
    """Records in order. Sequences have gaps and never come back, also after everything was trimmed."""

    __slots__ = ("last", "records")

    def __init__(self) -> None:
        self.last = 0
        self.records: list[JournalRecord] = []

    def append(self, gap: int, time_ns: int, payload: bytes) -> None:
        self.last += gap
        self.records.append(JournalRecord(self.last, time_ns, bytes(payload)))

    def after(self, sequence: int, limit: int) -> list[JournalRecord]:
        at = bisect_left(self.records, sequence + 1, key=lambda record: record.sequence)
        return self.records[at : at + limit]

    def trim(self, through: int) -> None:
        del self.records[: bisect_left(self.records, through + 1, key=lambda record: record.sequence)]


def check_row(row: bytes) -> None:
    """Callers keep S3's own limits; a row beyond the engine's is a mistake in the caller."""
    if not 1 <= len(row) <= MAX_ROW_BYTES:
        raise ValueError(f"a row has 1 to {MAX_ROW_BYTES} bytes, not {len(row)}")


def check_change(change: Change) -> None:
    """Before anything is applied, so that a bad change writes nothing."""
    for write in change.writes:
        name = write.prefix if isinstance(write, DeletePrefix) else write.suffix
        if len(name) > MAX_SUFFIX_BYTES:
            raise ValueError(f"a suffix has at most {MAX_SUFFIX_BYTES} bytes, not {len(name)}")
