"""Keys of any length over LMDB: the same answers as a sorted dictionary."""

import tempfile
from collections.abc import Iterator

import lmdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.engine.api import MAX_ROW_BYTES, MAX_SUFFIX_BYTES
from bushel.engine.embedded import tree
from bushel.engine.embedded.keys import SPACES, SUBTREE_KEY, partition_prefix, prefix_end, row_and_suffix, row_part


@pytest.fixture(scope="module")
def environment() -> Iterator[lmdb.Environment]:
    with tempfile.TemporaryDirectory() as folder:
        environment = lmdb.open(folder, map_size=1 << 26, sync=False)
        yield environment
        environment.close()


# Few letters and long runs, so that keys share prefixes far beyond 511 bytes; both ends of the byte range.
_pieces = st.sampled_from(
    [b"\0", b"\1", b"a", b"b", b"\xff", b"a" * 255, b"a" * 510, b"a" * 511, b"b" * 500, b"\0" * 502]
)
_keys = st.lists(_pieces, min_size=1, max_size=6).map(lambda pieces: b"c" + b"".join(pieces))


@given(
    steps=st.lists(st.tuples(st.booleans(), _keys), max_size=30),
    ranges=st.lists(st.tuples(_keys, _keys, st.integers(0, 12)), max_size=6),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_tree_is_a_sorted_dictionary(environment, steps, ranges):
    expected: dict[bytes, bytes] = {}
    transaction = environment.begin(write=True)
    try:
        for number, (puts, key) in enumerate(steps):
            if puts:
                expected[key] = b"%d" % number
                tree.put(transaction, key, expected[key])
            else:
                expected.pop(key, None)
                tree.delete(transaction, key)
        in_order = sorted(expected.items())
        assert tree.walk(transaction, b"c", b"d", 1000) == in_order
        for key in [key for _, key in steps]:
            assert tree.get(transaction, key) == expected.get(key)
        for start, stop, limit in ranges:
            found = tree.walk(transaction, start, stop, limit)
            assert found == [pair for pair in in_order if start <= pair[0] < stop][:limit]
            one_prefix = tree.walk(transaction, start, prefix_end(start), 1000)
            assert one_prefix == [pair for pair in in_order if pair[0].startswith(start)]
        for key in expected:
            tree.delete(transaction, key)
        left = [key for key, _ in transaction.cursor()]
        assert left in ([], [SUBTREE_KEY]), "sub-trees vanish with their last key"
    finally:
        transaction.abort()


_rows = st.lists(_pieces, min_size=1, max_size=5).map(lambda pieces: b"".join(pieces)[:MAX_ROW_BYTES])
_suffixes = st.lists(st.sampled_from([b"\0", b"\1", b"\xff", b"s"]), max_size=4).map(b"".join)


@given(cells=st.lists(st.tuples(st.integers(0, 2), _rows | st.binary(min_size=1, max_size=9), _suffixes), max_size=30))
@settings(max_examples=300, deadline=None)
def test_encoded_names_sort_as_space_row_and_suffix_do(cells):
    prefix = partition_prefix(b"bucket")
    encoded = {prefix + SPACES[space] + row_part(row) + suffix: (space, row, suffix) for space, row, suffix in cells}
    assert len(encoded) == len(set(cells)), "no two names have one key"
    assert [encoded[key] for key in sorted(encoded)] == sorted(set(cells))
    for key, (_, row, suffix) in encoded.items():
        assert row_and_suffix(key, len(prefix) + 2) == (row, suffix)


def test_the_longest_names_fit(environment):
    row = b"\0" * MAX_ROW_BYTES
    suffix = b"\xff" * MAX_SUFFIX_BYTES
    key = partition_prefix(b"p" * 24) + SPACES[254] + row_part(row) + suffix
    with environment.begin(write=True) as transaction:
        tree.put(transaction, key, b"value")
        assert tree.get(transaction, key) == b"value"
        assert tree.walk(transaction, b"c", b"d", 9) == [(key, b"value")]
        tree.delete(transaction, key)
        assert tree.walk(transaction, b"", b"\xff", 9) == [(SUBTREE_KEY, transaction.get(SUBTREE_KEY))]


@pytest.mark.parametrize("row", [b"", b"r" * (MAX_ROW_BYTES + 1)])
def test_a_row_has_1_to_1024_bytes(row):
    with pytest.raises(ValueError, match="row"):
        row_part(row)


@pytest.mark.parametrize("partition", [b"", b"p" * 25, b"a\0b"])
def test_a_partition_name_has_1_to_24_bytes_and_no_nul(partition):
    with pytest.raises(ValueError, match="partition"):
        partition_prefix(partition)


@pytest.mark.parametrize("space", [-1, 255, 1000])
def test_a_space_is_one_byte_below_255(space):
    with pytest.raises(ValueError, match="space"):
        SPACES[space]
