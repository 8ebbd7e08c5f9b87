"""When a request is sent again, and how long after.

Back-off doubles and is wholly random ("Exponential Backoff And Jitter", AWS Architecture Blog), so that clients which
were refused together do not come back together. A server that says how long to wait (Retry-After) is believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bushel.client.errors import CertificateError, ResponseError, TransportError
from bushel.core.ids import Randomness

_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
_CODES: Final = frozenset(
    {
        "ConditionalRequestConflict",
        "IncompleteBody",
        "InternalError",
        "OperationAborted",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TransientError",
    }
)


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is.

    Attributes:
        attempts: How often a request is sent at most.
        first_seconds: Upper bound of the pause before the second attempt; it doubles with every further one.
        longest_seconds: Upper bound of any pause, also of one that the server asks for.
    """

    attempts: int = 5
    first_seconds: float = 0.2
    longest_seconds: float = 20

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("a request is sent at least once")

    def pause_seconds(self, attempt: int, problem: Exception, randomness: Randomness) -> float:
        """How long to wait after the attempt of this number, from 1 on."""
        if isinstance(problem, TransportError) and problem.safe and attempt == 1:
            return 0
        bound = min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))
        pause = bound * int.from_bytes(randomness.token(4), "big") / 2**32
        return max(pause, min(self.longest_seconds, _asked_for(problem)))


def is_worth_another(problem: Exception) -> bool:
    """Whether the same request may have another end."""
    if isinstance(problem, TransportError):
        return not isinstance(problem, CertificateError)
    if isinstance(problem, ResponseError):
        return problem.status in _STATUSES or problem.code in _CODES
    return False


def _asked_for(problem: Exception) -> float:
    headers: Mapping[str, str] = problem.headers if isinstance(problem, ResponseError) else {}
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
