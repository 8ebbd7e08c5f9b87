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
