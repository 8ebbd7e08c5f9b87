"""A listing is what S3 defines it to be, however the engine cuts its pages."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bushel.service.listing import fold, successor

KEYS = st.sets(st.text(alphabet="ab/\u00e9", min_size=1, max_size=6), max_size=30)


def naive(keys: list[bytes], prefix: bytes, delimiter: bytes, after: bytes) -> list[tuple[str, bytes]]:
    """Every key and common prefix in order, each common prefix once, by the words of the API reference."""
    listed: list[tuple[str, bytes]] = []
    stem = after.removesuffix(delimiter) if delimiter else after
    after_is_prefix = stem != after and after.startswith(prefix) and delimiter not in stem[len(prefix) :]
    after_is_prefix = after_is_prefix and len(after) - len(delimiter) >= len(prefix)
    for key in sorted(keys):
        if not key.startswith(prefix) or key <= after or (after_is_prefix and key.startswith(after)):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        item = ("key", key) if end < 0 else ("prefix", key[: end + len(delimiter)])
        if item not in listed:
            listed.append(item)
    return listed


def scanner(keys: list[bytes], page: int):
    """A scan over ``keys`` that returns at most ``page`` of them, and now and then an empty page."""
    turn = 0

    async def scan(start: bytes, stop: bytes | None, limit: int):
        nonlocal turn
        turn += 1
        found = sorted(key for key in keys if key >= start and (stop is None or key < stop))
        size = 0 if turn % 3 == 0 else min(page, limit)
        return found[:size], found[:size], found[size] if len(found) > size else None

    return scan


def in_order(piece):
    listed = [("key", key) for key in piece.keys] + [("prefix", each) for each in piece.prefixes]
    return sorted(listed, key=lambda item: item[1])


@given(
    KEYS,
    st.sampled_from(["", "a", "a/", "b", "/"]),
    st.sampled_from(["", "/", "b", "a/"]),
    st.text(alphabet="ab/", max_size=4),
    st.integers(0, 12),
    st.integers(1, 40),
)
def test_a_piece_is_the_first_of_all_there_is(keys, prefix, delimiter, after, max_keys, page):
    raw = [key.encode() for key in keys]
    everything = naive(raw, prefix.encode(), delimiter.encode(), after.encode())

    piece = asyncio.run(fold(scanner(raw, page), prefix.encode(), delimiter.encode(), after.encode(), max_keys))

    listed = sorted(
        [("key", key) for key in piece.keys] + [("prefix", each) for each in piece.prefixes], key=lambda i: i[1]
    )
    assert everything[:max_keys] == listed
    assert (len(everything) > max_keys > 0) == piece.truncated
    if piece.truncated:
        assert everything[max_keys - 1][1] == piece.last


@given(KEYS, st.sampled_from(["", "a", "/"]), st.sampled_from(["", "/", "b"]), st.integers(1, 5), st.integers(1, 7))
def test_pieces_one_after_another_are_the_whole_listing(keys, prefix, delimiter, max_keys, page):
    raw = [key.encode() for key in keys]

    async def walk():
        found, after = [], b""
        while True:
            piece = await fold(scanner(raw, page), prefix.encode(), delimiter.encode(), after, max_keys)
            found += in_order(piece)
            if not piece.truncated:
                return found
            after = piece.last

    whole = naive(raw, prefix.encode(), delimiter.encode(), b"")

    assert whole == asyncio.run(walk())


def test_a_million_folded_keys_cost_a_few_seeks():
    """A folder's keys are skipped by seeking, not by walking through them."""
    raw = sorted(f"folder{folder}/{number:06d}".encode() for folder in range(3) for number in range(20_000))
    calls = []

    async def scan(start: bytes, stop: bytes | None, limit: int):
        from bisect import bisect_left

        calls.append(limit)
        at = bisect_left(raw, start)
        return raw[at : at + limit], raw[at : at + limit], raw[at + limit] if at + limit < len(raw) else None

    piece = asyncio.run(fold(scan, b"", b"/", b"", 1000))

    assert piece.prefixes == [b"folder0/", b"folder1/", b"folder2/"]
    assert sum(calls) < 1000


def test_the_successor_of_a_prefix_is_the_first_key_beyond_it():
    assert successor(b"a/") == b"a0"
    assert successor(b"a\xff\xff") == b"b"
    assert successor(b"\xff") is None
    assert successor(b"") is None
