"""Names of records in the index: how partition, space, row and suffix become LMDB keys, order kept.

The first byte of a key is its family: ``c`` cells, ``j`` journal records, ``m`` facts about the store itself, ``n``
counters, ``p`` partitions, ``s`` tails of keys that are too long for LMDB (``tree.py``). Partition names have no NUL,
so one NUL ends them. Rows may hold any byte: in a cell's key 0x00 is written as 01 01 and 0x01 as 01 02, and 0x00 ends
the row. That is shorter than the usual two-byte terminator for all but the rarest rows, and byte order of keys is the
order of ``(row, suffix)``.

What must not be here: LMDB itself. These are pure functions of bytes.
"""

from typing import Final

from bushel.engine.api import MAX_PARTITION_BYTES, MAX_ROW_BYTES, MAX_SUFFIX_BYTES

MAX_SPACE: Final = 254
"""Highest space number: a space is one byte, and the one after it must exist as an end mark."""

MAX_COUNTER_BYTES: Final = 128
"""Longest counter name; with the partition before it the key stays below LMDB's limit."""

FORMAT_KEY: Final = b"m:format"
SEQUENCE_KEY: Final = b"m:sequence"
SUBTREE_KEY: Final = b"m:subtree"


class _Spaces(dict[int, bytes]):
    def __missing__(self, space: int) -> bytes:
        raise ValueError(f"a space is a number from 0 to {MAX_SPACE}, not {space!r}")


SPACES: Final = _Spaces((number, bytes((0, number))) for number in range(MAX_SPACE + 1))
"""What stands between partition and row. (A table, because every cell read and written needs it.)"""

_SEQUENCE_BYTES: Final = 8


def checked_partition(partition: bytes) -> bytes:
    """The partition's name, if it is one.

    Raises:
        ValueError: Empty, too long, or with a NUL.
    """
    if not 0 < len(partition) <= MAX_PARTITION_BYTES or 0 in partition:
        raise ValueError(f"not a partition name: {partition!r}")
    return partition


_prefixes: dict[bytes, bytes] = {}
_REMEMBERED_PREFIXES: Final = 1024


def partition_prefix(partition: bytes) -> bytes:
    """What the keys of all cells of a partition start with; a space of ``SPACES`` follows."""
    prefix = _prefixes.get(partition)
    if prefix is None:
        prefix = b"c" + checked_partition(partition)
        if len(_prefixes) >= _REMEMBERED_PREFIXES:
            _prefixes.clear()
        _prefixes[partition] = prefix
    return prefix


def row_part(row: bytes) -> bytes:
    """What stands after the space in the keys of all cells of one row; the suffix follows as it is."""
    if 0 < len(row) <= MAX_ROW_BYTES and 0 not in row and 1 not in row:
        return row + b"\0"
    if not 0 < len(row) <= MAX_ROW_BYTES:
        raise ValueError(f"a row has 1 to {MAX_ROW_BYTES} bytes, not {len(row)}")
    return escaped(row) + b"\0"


def space_end(prefix: bytes, space: int) -> bytes:
    """The first key after all cells of one space, given the partition's prefix."""
    return prefix + bytes((0, space + 1))


def row_and_suffix(key: bytes, prefix_bytes: int) -> tuple[bytes, bytes]:
    """What ``row_part`` and a suffix were put together from, behind a prefix of this length."""
    row, _, suffix = key[prefix_bytes:].partition(b"\0")
    return unescaped(row), suffix


def checked_suffix(suffix: bytes) -> bytes:
    """The suffix, if it is not too long."""
    if len(suffix) > MAX_SUFFIX_BYTES:
        raise ValueError(f"a suffix has at most {MAX_SUFFIX_BYTES} bytes, not {len(suffix)}")
    return suffix


def escaped(row: bytes) -> bytes:
    """The row without NUL bytes, order kept."""
    if 0 in row or 1 in row:
        return row.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1")
    return row


def unescaped(row: bytes) -> bytes:
    """The row that ``escaped`` was given."""
    if 1 in row:
        return row.replace(b"\1\1", b"\0").replace(b"\1\2", b"\1")
    return row


def prefix_end(prefix: bytes) -> bytes:
    """The first byte string after all that start with ``prefix``, which has a byte below 0xff."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,))


def partition_key(partition: bytes) -> bytes:
    """The key of the record that says that a partition exists."""
    return b"p" + checked_partition(partition)


def counter_prefix(partition: bytes) -> bytes:
    """What the keys of a partition's counters start with; the name follows."""
    return b"n" + checked_partition(partition) + b"\0"


def journal_prefix(partition: bytes) -> bytes:
    """What the keys of a partition's journal start with; the sequence follows."""
    return b"j" + checked_partition(partition) + b"\0"


def journal_key(prefix: bytes, sequence: int) -> bytes:
    """The key of one journal record."""
    return prefix + sequence.to_bytes(_SEQUENCE_BYTES, "big")


def journal_sequence(key: bytes) -> int:
    """The sequence that ends a journal key."""
    return int.from_bytes(key[-_SEQUENCE_BYTES:], "big")


def journal_partition(key: bytes) -> bytes:
    """The partition that a journal key belongs to."""
    return key[1 : -_SEQUENCE_BYTES - 1]
