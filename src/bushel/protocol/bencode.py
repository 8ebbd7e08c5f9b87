"""Bencoding (BEP 3): integers, byte strings, lists and dictionaries. Reading is strict: one text for each value.

What must not be here: what the values mean (``torrent``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MAX_DEPTH: Final = 32
"""Lists and dictionaries within each other; a torrent file has four."""

_MAX_DIGITS: Final = 20

Value = int | bytes | Sequence[Any] | Mapping[bytes, Any]


class Malformed(ValueError):
    """The bytes are not the bencoding of anything."""


def encode(value: Value) -> bytes:
    """The bytes of a value; the keys of dictionaries go in their order as bytes.

    Raises:
        TypeError: It is none of the four kinds.
    """
    pieces: list[bytes] = []
    _write(value, pieces.append)
    return b"".join(pieces)


def _write(value: Value, add: Any) -> None:
    if isinstance(value, bytes):
        add(b"%d:" % len(value))
        add(value)
    elif isinstance(value, bool | str):
        raise TypeError(f"{value!r} has no bencoding")
    elif isinstance(value, int):
        add(b"i%de" % value)
    elif isinstance(value, Mapping):
        add(b"d")
        for key in sorted(value):
            if not isinstance(key, bytes):
                raise TypeError(f"{key!r} can be no key")
            _write(key, add)
            _write(value[key], add)
        add(b"e")
    elif isinstance(value, Sequence):
        add(b"l")
        for each in value:
            _write(each, add)
        add(b"e")
    else:
        raise TypeError(f"{value!r} has no bencoding")


def decode(raw: bytes) -> Any:
    """The value of some bytes: ``int``, ``bytes``, ``list`` or ``dict``.

    Raises:
        Malformed: They are none, not in the one form that BEP 3 allows, too deep, or something follows.
    """
    value, end = _read(raw, 0, MAX_DEPTH)
    if end != len(raw):
        raise Malformed(f"{len(raw) - end} bytes follow the value")
    return value


def _read(raw: bytes, at: int, depth: int) -> tuple[Any, int]:
    kind = raw[at : at + 1]
    if kind.isdigit():
        return _read_bytes(raw, at)
    if kind == b"i":
        return _number(raw, at + 1, b"e")
    if kind not in {b"l", b"d"}:
        raise Malformed(f"no value begins at {at}")
    if not depth:
        raise Malformed(f"more than {MAX_DEPTH} levels")
    return _read_list(raw, at + 1, depth - 1) if kind == b"l" else _read_dictionary(raw, at + 1, depth - 1)


def _read_list(raw: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    items = []
    while raw[at : at + 1] != b"e":
        value, at = _read(raw, at, depth)
        items.append(value)
    return items, at + 1


def _read_dictionary(raw: bytes, at: int, depth: int) -> tuple[dict[bytes, Any], int]:
    found: dict[bytes, Any] = {}
    before: bytes | None = None
    while raw[at : at + 1] != b"e":
        key, after = _read_bytes(raw, at)
        if before is not None and key <= before:
            raise Malformed(f"the key at {at} is out of order")
        found[key], at = _read(raw, after, depth)
        before = key
    return found, at + 1


def _read_bytes(raw: bytes, at: int) -> tuple[bytes, int]:
    length, begin = _number(raw, at, b":")
    if length < 0 or begin + length > len(raw):
        raise Malformed(f"the string at {at} is longer than what is there")
    return raw[begin : begin + length], begin + length


def _number(raw: bytes, at: int, stop: bytes) -> tuple[int, int]:
    end = raw.find(stop, at, at + _MAX_DIGITS + 1)
    digits = raw[at:end] if end >= 0 else b""
    plain = digits.removeprefix(b"-") if stop == b"e" else digits
    if not plain.isdigit() or (plain[:1] == b"0" and digits != b"0"):
        raise Malformed(f"no number at {at}")
    return int(digits), end + 1
