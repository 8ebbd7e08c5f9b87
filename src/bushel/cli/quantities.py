"""Sizes and times as people write and read them: ``10M``, ``1.5 GiB``, ``90``, ``7d``."""

import re
import time
from datetime import UTC, datetime
from typing import Any, Final

import click

_UNITS: Final = {
    "": 1, "B": 1,
    "K": 1 << 10, "KB": 1000, "KIB": 1 << 10,
    "M": 1 << 20, "MB": 1000**2, "MIB": 1 << 20,
    "G": 1 << 30, "GB": 1000**3, "GIB": 1 << 30,
    "T": 1 << 40, "TB": 1000**4, "TIB": 1 << 40,
}  # fmt: skip
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_quantity = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)").fullmatch


def parse_size(text: str) -> int:
    """Bytes of ``4096``, ``10K`` (of 1,024), ``10KB`` (of 1,000), ``1.5GiB``. Raises ValueError."""
    found = _quantity(text.strip())
    unit = None if found is None else _UNITS.get(found[2].upper())
    if found is None or unit is None:
        raise ValueError(f"{text!r} is no size; write 4096, 64K, 10MB or 1.5GiB")
    return round(float(found[1]) * unit)


def parse_duration(text: str) -> int:
    """Seconds of ``90``, ``90s``, ``15m``, ``12h``, ``7d``, ``2w``. Raises ValueError."""
    found = _quantity(text.strip())
    unit = None if found is None else _SECONDS.get(found[2].lower())
    if found is None or unit is None:
        raise ValueError(f"{text!r} is no time; write 90 (seconds), 15m, 12h, 7d or 2w")
    return round(float(found[1]) * unit)


def parse_moment(text: str, now: float) -> datetime:
    """``2h`` or ``3d`` ago, ``2026-11-27``, ``2026-11-27T18:00`` (local), ``2026-11-27T18:00Z``. Raises ValueError.

    Args:
        text: As it was written.
        now: Seconds since 1970.
    """
    found = _quantity(text.strip())
    try:
        if found is not None and found[2]:
            return datetime.fromtimestamp(now - parse_duration(text), UTC)
        if "-" in text:
            return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError(f"{text!r} is no moment; write 2h or 3d (ago), 2026-11-27, 2026-11-27T18:00 or 2026-11-27T18:00Z")


def size_text(count: float) -> str:
    """``0 B``, ``1.0 KiB``, ``23.4 MiB``."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"


class SizeType(click.ParamType[Any]):
    """An option's value that is a size."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_size(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class DurationType(click.ParamType[Any]):
    """An option's value that is a time, in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class MomentType(click.ParamType[Any]):
    """An option's value that is a moment."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_moment(value, time.time())  # noqa: TID251 - "ago" is of the machine that asks
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


SIZE: Final = SizeType()
DURATION: Final = DurationType()
MOMENT: Final = MomentType()
