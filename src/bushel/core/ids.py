"""Randomness, handed in, and the shapes of the names made from it."""

import base64
import os
from typing import Protocol


class Randomness(Protocol):
    def token(self, length: int) -> bytes:
        """``length`` unpredictable bytes."""


class SystemRandomness:
    def token(self, length: int) -> bytes:
        return os.urandom(length)  # noqa: TID251 - the one place


def sortable_id(now_ns: int, randomness: Randomness) -> str:
    """16 characters of base32hex: 48 bits of milliseconds, 32 random bits; later ids sort after earlier ones."""
    raw = (now_ns // 1_000_000).to_bytes(6, "big") + randomness.token(4)
    return base64.b32hexencode(raw).decode().lower()


def milliseconds_of(sortable: str) -> int:
    """The milliseconds since 1970 UTC at which a ``sortable_id`` was made."""
    return int(sortable[:10], 32) >> 2
