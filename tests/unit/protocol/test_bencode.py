"""Bencoding: what is written is read again, and nothing else is (BEP 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.bencode import MAX_DEPTH, Malformed, decode, encode

VALUES = st.recursive(
    st.integers(-(10**18), 10**18) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.binary(max_size=10), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read(value):
    assert decode(encode(value)) == value


@given(st.binary(max_size=60) | st.text("ilde0123456789:-ab", max_size=30).map(str.encode))
def test_any_bytes_are_read_as_the_one_value_that_they_are_written_for_or_refused(raw):
    try:
        value = decode(raw)
    except Malformed:
        return
    assert encode(value) == raw


@given(VALUES, st.data())
def test_a_value_that_is_cut_off_or_goes_on_is_refused(value, data):
    raw = encode(value)
    with pytest.raises(Malformed):
        decode(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(Malformed):
        decode(raw + b"e")


def test_the_examples_of_the_standard():
    assert encode(b"spam") == b"4:spam"
    assert encode([b"spam", b"eggs"]) == b"l4:spam4:eggse"
    assert encode({b"spam": b"eggs", b"cow": b"moo"}) == b"d3:cow3:moo4:spam4:eggse"
    assert encode({b"spam": [b"a", b"b"]}) == b"d4:spaml1:a1:bee"
    assert (encode(3), encode(-3), encode(0)) == (b"i3e", b"i-3e", b"i0e")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"i-0e",
        b"i03e",
        b"ie",
        b"i 3e",
        b"i+3e",
        b"i1",
        b"01:a",
        b"-1:a",
        b"5:abc",
        b"x",
        b"l",
        b"d1:a",
        b"di1e1:ae",
    ],
)
def test_what_is_not_written_so_is_refused(raw):
    with pytest.raises(Malformed):
        decode(raw)


@pytest.mark.parametrize("raw", [b"d1:bi1e1:ai1ee", b"d1:ai1e1:ai2ee"], ids=["out of order", "twice"])
def test_keys_come_once_and_in_order(raw):
    with pytest.raises(Malformed, match="out of order"):
        decode(raw)


@pytest.mark.parametrize("raw", [b"l" * 100_000, b"d1:a" * 100_000, b"9" * 100_000, b"i" + b"9" * 100_000 + b"e"])
def test_hostile_bytes_cost_little(raw):
    with pytest.raises(Malformed):
        decode(raw)


def test_the_depth_that_is_allowed():
    assert decode(b"l" * MAX_DEPTH + b"e" * MAX_DEPTH) != []
    with pytest.raises(Malformed, match="levels"):
        decode(b"l" * (MAX_DEPTH + 1) + b"e" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("value", ["text", True, 1.5, None, {"text": 1}, {1: 1}, [None]], ids=repr)
def test_what_has_no_bencoding_is_refused(value):
    with pytest.raises(TypeError):
        encode(value)
