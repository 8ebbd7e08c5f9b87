"""One ordered map from keys of any length to values, inside one LMDB transaction.

LMDB keys end at 511 bytes. A key of up to 510 bytes is stored as it is. A longer one *spills*: its first 511 bytes are
a **head**, a key of exactly 511 bytes whose value names a sub-tree, and the rest is a key in that sub-tree (``s``, the
sub-tree's number, the tail), where the same rule applies again. No stored key of up to 510 bytes can be mistaken for a
head, and a head stands exactly where all keys that share it belong, so order is kept. A sub-tree whose last key goes
takes its head with it.

What must not be here: what keys and values mean.
"""

from typing import Final, TypeAlias

import lmdb

from bushel.engine.api import Corrupt
from bushel.engine.embedded.keys import SUBTREE_KEY

DIRECT_BYTES: Final = 510
"""Longest key that is stored as it is."""

HEAD_BYTES: Final = DIRECT_BYTES + 1

_SUBTREE_BYTES: Final = 8

Transaction: TypeAlias = "lmdb.Transaction[bytes]"
Pair = tuple[bytes, bytes]


def get(transaction: Transaction, key: bytes) -> bytes | None:
    """The value at a key."""
    while len(key) > DIRECT_BYTES:
        subtree = transaction.get(key[:HEAD_BYTES])
        if subtree is None:
            return None
        key = _subtree_prefix(subtree) + key[HEAD_BYTES:]
    return transaction.get(key)


def put(transaction: Transaction, key: bytes, value: bytes) -> None:
    """Set the value at a key."""
    while len(key) > DIRECT_BYTES:
        head = key[:HEAD_BYTES]
        subtree = transaction.get(head)
        if subtree is None:
            subtree = _new_subtree(transaction)
            transaction.put(head, subtree)
        key = _subtree_prefix(subtree) + key[HEAD_BYTES:]
    transaction.put(key, value)


def delete(transaction: Transaction, key: bytes) -> None:
    """Remove a key; it need not exist."""
    if len(key) <= DIRECT_BYTES:
        transaction.delete(key)
        return
    heads: list[tuple[bytes, bytes]] = []
    while len(key) > DIRECT_BYTES:
        head = key[:HEAD_BYTES]
        subtree = transaction.get(head)
        if subtree is None:
            return
        prefix = _subtree_prefix(subtree)
        heads.append((head, prefix))
        key = prefix + key[HEAD_BYTES:]
    transaction.delete(key)
    cursor = transaction.cursor()
    for head, prefix in reversed(heads):
        if cursor.set_range(prefix) and cursor.key().startswith(prefix):
            return
        transaction.delete(head)


def walk(transaction: Transaction, start: bytes, stop: bytes, limit: int) -> list[Pair]:
    """At most ``limit`` (key, value) from ``start`` (inclusive) to ``stop`` (exclusive), in order."""
    found: list[Pair] = []
    cursor = transaction.cursor()
    if limit <= 0 or not cursor.set_range(start[:HEAD_BYTES]):
        return found
    append = found.append
    left = limit
    for pair in cursor.iternext():
        key = pair[0]
        if key >= stop:
            break
        if len(key) > DIRECT_BYTES:
            _walk_subtree(transaction, pair, start, stop, limit, found)
            left = limit - len(found)
        else:
            append(pair)
            left -= 1
        if left <= 0:
            break
    return found


def _walk_subtree(
    transaction: Transaction, pair: Pair, start: bytes, stop: bytes, limit: int, found: list[Pair]
) -> None:
    """Append what ``walk`` is to find behind the head ``pair[0]``. All keys here are whole ones, not stored ones."""
    head, subtree = pair
    prefix = _subtree_prefix(subtree)
    first = prefix + start[len(head) :] if start.startswith(head) else prefix
    cursor = transaction.cursor()
    if not cursor.set_range(first[:HEAD_BYTES]):
        return
    for stored, value in cursor.iternext():
        if not stored.startswith(prefix):
            return
        key = head + stored[len(prefix) :]
        if key >= stop:
            return
        if len(stored) > DIRECT_BYTES:
            _walk_subtree(transaction, (key, value), start, stop, limit, found)
        else:
            found.append((key, value))
        if len(found) >= limit:
            return


def _subtree_prefix(subtree: bytes) -> bytes:
    if len(subtree) != _SUBTREE_BYTES:
        raise Corrupt("the head of a long key does not name a sub-tree")
    return b"s" + subtree


def _new_subtree(transaction: Transaction) -> bytes:
    """A number that no sub-tree ever had: numbers are not reused, so a stale one can never name another's keys."""
    last = transaction.get(SUBTREE_KEY)
    number = 1 if last is None else int.from_bytes(last, "big") + 1
    subtree = number.to_bytes(_SUBTREE_BYTES, "big")
    transaction.put(SUBTREE_KEY, subtree)
    return subtree
