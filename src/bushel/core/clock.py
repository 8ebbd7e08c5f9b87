"""Time, handed in. Nothing outside this file reads the system's clocks, so crash and expiry tests are exact."""

import time
from typing import Protocol


class Clock(Protocol):
    def now_ns(self) -> int:
        """Nanoseconds since 1970 UTC. May step backwards."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some moment; never steps backwards."""


class SystemClock:
    def now_ns(self) -> int:
        return time.time_ns()  # noqa: TID251 - the one place

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


def whole_seconds(now_ns: int) -> int:
    """A time in milliseconds, cut to the second: what S3 tells of times has no finer grain (``.000Z``)."""
    return now_ns // 1_000_000_000 * 1000
