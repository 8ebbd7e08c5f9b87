"""A clock that a test moves by hand."""

_SECOND_NS = 1_000_000_000


class ManualClock:
    """A ``core.clock.Clock`` that stands still until it is told otherwise.

    Args:
        now_ns: The first answer of ``now_ns``; 2024-01-02 03:04:05 UTC unless told.
    """

    def __init__(self, now_ns: int = 1_704_164_645 * _SECOND_NS) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = 0

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Time passes."""
        if seconds < 0:
            raise ValueError("time does not pass backwards; step() sets the clock back")
        self._now_ns += round(seconds * _SECOND_NS)
        self._monotonic_ns += round(seconds * _SECOND_NS)

    def step(self, seconds: float) -> None:
        """Somebody sets the clock, forwards or back: no time passes."""
        self._now_ns += round(seconds * _SECOND_NS)
