"""Rows in LMDB against rows in a dictionary: any changes, any reads, any scans, rows and suffixes of all lengths."""

import tempfile
from collections.abc import Iterator

import lmdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.engine.api import Cell, Change, Delete, DeletePrefix, Put, Range
from bushel.engine.embedded import records
from bushel.engine.embedded.keys import partition_prefix, row_part
from bushel.engine.embedded.records import WriteBatch
from bushel.engine.memory.partition import Partition

PARTITION = b"bucket-instance"
PREFIX = partition_prefix(PARTITION)


@pytest.fixture(scope="module")
def environment() -> Iterator[lmdb.Environment]:
    with tempfile.TemporaryDirectory() as folder:
        environment = lmdb.open(folder, map_size=1 << 26, sync=False)
        yield environment
        environment.close()


_rows = st.sampled_from(
    [b"a", b"a\0", b"a\0\xff", b"a\1", b"a\1\1", b"a\1\2", b"ab", b"\xff", b"\xff" * 600]
    + [b"k" * length for length in (480, 490, 491, 492, 493, 494, 495, 600, 1024)]
    + [b"\0" * length for length in (240, 250, 1000, 1024)]
)
_suffixes = st.sampled_from(
    [b"", b"\0", b"\0\0", b"\1", b"s", b"st", b"s\xff", b"s\xff\xff", b"\xff", b"\xff" * 128, b"z" * 127]
)
_spaces = st.sampled_from([0, 1, 254])
_writes = st.one_of(
    st.builds(Put, _spaces, _suffixes, st.sampled_from([b"", b"1", b"v" * 3000])),
    st.builds(Delete, _spaces, _suffixes),
    st.builds(DeletePrefix, _spaces, _suffixes),
)
_changes = st.lists(st.tuples(_rows, st.lists(_writes, max_size=6)), max_size=25)
_reads = st.one_of(
    st.builds(Cell, _spaces, _suffixes),
    st.builds(Range, _spaces, _suffixes, st.none() | _suffixes, st.integers(0, 5) | st.just(1024)),
)
_scans = st.tuples(
    _spaces, st.tuples(_rows | st.just(b""), _suffixes), st.none() | _rows, st.integers(0, 6) | st.just(1024)
)


@given(
    changes=_changes,
    asked=st.lists(st.tuples(_rows, st.lists(_reads, max_size=4)), max_size=6),
    scans=st.lists(_scans, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_rows_behave_as_in_a_dictionary(environment, changes, asked, scans):
    reference = Partition()
    transaction = environment.begin(write=True)
    try:
        batch = WriteBatch(transaction, 0)
        batch.create_partition(PARTITION)
        for row, writes in changes:
            change = Change(writes)
            batch.commit(PREFIX, row_part(row), [], lambda _, change=change: change)
            reference.apply(row, change)
        for row, reads in asked:
            assert records.read_row(transaction, PREFIX, row_part(row), reads) == reference.read(row, reads)
        for space, start, stop, limit in scans:
            names = list(reference.spaces[space].names_from(start)) if space in reference.spaces else []
            names = [name for name in names if stop is None or name[0] < stop]
            page = records.scan(transaction, PARTITION, space, start, stop, limit)
            values = [(*name, reference.spaces[space].values[name]) for name in names[:limit]]
            assert page.cells == values
            assert page.next == (names[limit] if len(names) > limit else None)
        assert batch.drop_if_empty(PARTITION) == reference.is_empty()
    finally:
        transaction.abort()
