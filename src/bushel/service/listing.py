"""Folding a walk over keys into a listing: prefix, delimiter, common prefixes, where to go on.

Works on keys as bytes, in which UTF-8 order is S3's order. What must not be here: wire forms, tokens, access rules.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from bushel.engine.api import MAX_SCAN_CELLS

MAX_KEYS: Final = 1000
"""Most keys and common prefixes in one answer (S3 API Reference, ListObjectsV2)."""

_FIRST_FOLDED_PAGE: Final = 64

Scan = Callable[[bytes, bytes | None, int], Awaitable[tuple[list[bytes], list[bytes], bytes | None]]]
"""``scan(start, stop, limit)`` -> keys, values, where to go on: ``Objects.scan`` of one bucket."""


class Listing(NamedTuple):
    """A folded piece of a bucket.

    Attributes:
        keys: Keys that are not folded, in order.
        values: Their entries, not decoded.
        prefixes: Common prefixes, in order.
        truncated: Whether something follows.
        last: The last key or common prefix listed (in order of both): where the next piece goes on after.
    """

    keys: list[bytes]
    values: list[bytes]
    prefixes: list[bytes]
    truncated: bool
    last: bytes


def successor(prefix: bytes) -> bytes | None:
    """The first key after all keys that start with ``prefix``; ``None`` where there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None


async def fold(scan: Scan, prefix: bytes, delimiter: bytes, after: bytes, max_keys: int) -> Listing:
    """The first ``max_keys`` keys and common prefixes after ``after`` among those that start with ``prefix``.

    ``after`` is exclusive; empty for the beginning. A common prefix counts as one, and stands for all its keys: going
    on after it goes on after the last of them.
    """
    keys: list[bytes] = []
    values: list[bytes] = []
    prefixes: list[bytes] = []
    last = b""
    stop = successor(prefix)
    start: bytes | None = max(prefix, _start_after(after, prefix, delimiter))
    room = max_keys
    limit = min(room + 1, _FIRST_FOLDED_PAGE if delimiter else MAX_SCAN_CELLS)
    while start is not None and room and (stop is None or start < stop):
        found, raw, following = await scan(start, stop, limit)
        start = following
        if not delimiter:
            take = found[:room]
            keys += take
            values += raw[:room]
            room -= len(take)
            if len(found) > len(take):
                return Listing(keys, values, prefixes, True, keys[-1])
            last = keys[-1] if keys else b""
            limit = min(room + 1, MAX_SCAN_CELLS)
            continue
        at = 0
        while at < len(found):
            if not room:
                return Listing(keys, values, prefixes, True, last)
            key = found[at]
            end = key.find(delimiter, len(prefix))
            room -= 1
            if end < 0:
                keys.append(key)
                values.append(raw[at])
                last = key
                at += 1
                continue
            last = key[: end + len(delimiter)]
            prefixes.append(last)
            beyond = successor(last)
            at = len(found) if beyond is None else bisect_left(found, beyond, at)
            if at == len(found) and start is not None:
                # All the rest of the page is folded: seek instead of walking through what may be a million keys.
                start = None if beyond is None else max(start, beyond)
                limit = _FIRST_FOLDED_PAGE // 4
        limit = min(limit * 4, MAX_SCAN_CELLS)
    truncated = bool(max_keys and not room and start is not None) and await _anything(scan, start, stop)
    return Listing(keys, values, prefixes, truncated, last)


async def _anything(scan: Scan, start: bytes | None, stop: bytes | None) -> bool:
    while start is not None and (stop is None or start < stop):
        keys, _, start = await scan(start, stop, 1)
        if keys:
            return True
    return False


def _start_after(after: bytes, prefix: bytes, delimiter: bytes) -> bytes:
    if not after:
        return b""
    end = after.find(delimiter, len(prefix)) if delimiter and after.startswith(prefix) else -1
    if end >= 0 and end + len(delimiter) == len(after):
        # Exactly a common prefix: it stands for all its keys.
        return successor(after) or after + b"\0"
    return after + b"\0"
