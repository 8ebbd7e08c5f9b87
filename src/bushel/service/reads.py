"""Reads that are going on, so that the sweeper never deletes bytes under a reader's feet.

Each worker process publishes the start of its oldest read in its slot of a table that all of them share; the sweeper
leaves alone all garbage younger than the oldest start. A slot is one aligned 8-byte word, written whole.
"""

import struct
from typing import Final

_WORD: Final = struct.Struct("=Q")
SLOT_BYTES: Final = _WORD.size


class ActiveReads:
    """The reads of this process, published in one slot of ``table`` (writable, ``SLOT_BYTES`` for each process)."""

    def __init__(self, table: memoryview, slot: int) -> None:
        self._table = table
        self._offset = slot * SLOT_BYTES
        self._starts: dict[int, int] = {}
        self._next = 0
        self._publish()

    def begin(self, now_ns: int) -> int:
        """A read of blobs starts; returns its ticket for ``end``."""
        ticket = self._next = self._next + 1
        self._starts[ticket] = now_ns
        if len(self._starts) == 1:
            self._publish()
        return ticket

    def end(self, ticket: int) -> None:
        """The read is over. Harmless when called twice."""
        if self._starts.pop(ticket, None) is not None:
            self._publish()

    def oldest_ns(self) -> int | None:
        """When the oldest read of any process began; ``None`` when there is none."""
        starts = [start for (start,) in _WORD.iter_unpack(self._table) if start]
        return min(starts, default=None)

    def _publish(self) -> None:
        # Reads begin in the order of their tickets, so the first one in the dictionary is the oldest.
        _WORD.pack_into(self._table, self._offset, next(iter(self._starts.values()), 0))
