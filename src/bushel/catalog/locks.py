"""What locks allow: pure rules, asked by every transition that removes a version or changes its lock.

Nobody is above them: not the operator, not a worker of the server. What must not be here: who may bypass GOVERNANCE
(the caller says whether somebody does), S3's errors and documents.

Source: S3 User Guide, "Locking objects with Object Lock".
"""

from typing import Final

from bushel.catalog.records import COMPLIANCE, GOVERNANCE, Lock, ObjectEntry

UNLOCKED: Final = Lock()


class Locked(Exception):
    """A lock protects the version from what was asked."""


def require_removable(entry: ObjectEntry, now_ns: int, *, bypass_governance: bool = False) -> None:
    """Raises Locked for a version that must stay: under a legal hold, or retained.

    Args:
        entry: The version that is about to go for good.
        now_ns: The time.
        bypass_governance: Whether GOVERNANCE does not count, for somebody who may say so.
    """
    lock = entry.lock
    if lock is None:
        return
    if lock.hold:
        raise Locked(f"version {entry.version_id or 'null'} is under a legal hold")
    if _is_retained(lock, now_ns) and not (bypass_governance and lock.mode == GOVERNANCE):
        raise Locked(f"version {entry.version_id or 'null'} is retained until {lock.until} ms")


def require_allowed(old: Lock, new: Lock, now_ns: int, *, bypass_governance: bool = False) -> None:
    """Raises Locked for a change that takes protection away.

    While COMPLIANCE lasts, it can only be made to last longer. GOVERNANCE can be made to last longer too; anything else
    (even COMPLIANCE in its place) is for who bypasses it. What has ended protects nothing. A legal hold comes and goes.
    """
    if not _is_retained(old, now_ns) or (new.mode == old.mode and new.until >= old.until):
        return
    if old.mode == COMPLIANCE or not bypass_governance:
        raise Locked(f"its retention until {old.until} ms cannot become shorter or weaker")


def _is_retained(lock: Lock, now_ns: int) -> bool:
    return lock.until * 1_000_000 > now_ns
