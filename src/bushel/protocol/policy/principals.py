"""Principals: who asks, as policies name them, and the Principal element.

Each user is an account with one user in it. The account's number is made from the canonical user id, so that both name
the same owner everywhere, and a user that is made anew under an old name is somebody else::

    user      arn:aws:iam::123456789012:user/alice
    operator  arn:aws:iam::123456789012:root

Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS JSON policy elements: NotPrincipal".
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

ACCOUNT: Final = "account"
USER: Final = "user"
CANONICAL: Final = "canonical"

_is_account: Final = re.compile(r"[0-9]{12}").fullmatch
_read_arn: Final = re.compile(r"arn:aws:iam::([0-9]{12}):(root|user/.+)", re.DOTALL).fullmatch
_is_service: Final = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?").fullmatch


class Principal(NamedTuple):
    """Who asks. Anonymous callers have none.

    Attributes:
        arn: As above.
        account: Twelve digits.
        canonical_id: Canonical user id.
    """

    arn: str
    account: str
    canonical_id: str


@lru_cache(maxsize=4096)
def account_of(canonical_id: str) -> str:
    """The account number of a canonical user id."""
    digest = hashlib.sha256(b"account of " + canonical_id.encode()).digest()
    return f"{int.from_bytes(digest[:16], 'big') % 10**12:012d}"


def user_arn(canonical_id: str, name: str) -> str:
    return f"arn:aws:iam::{account_of(canonical_id)}:user/{name}"


def root_arn(canonical_id: str) -> str:
    return f"arn:aws:iam::{account_of(canonical_id)}:root"


class Named(NamedTuple):
    """A principal that a policy names, and that must exist: an account, a user or a canonical user id.

    Attributes:
        kind: ACCOUNT, USER or CANONICAL.
        value: Account number, ARN or canonical user id.
    """

    kind: str
    value: str


class Principals:
    """The Principal element of a statement, or what NotPrincipal leaves out.

    Attributes:
        everyone: It says ``*``: everybody, anonymous callers too.
        named: Those that it names and that could ask here; services and federated identities never do.
    """

    __slots__ = ("_accounts", "_arns", "_ids", "everyone", "named")

    def __init__(self, named: Iterable[Named], *, everyone: bool) -> None:
        self.everyone = everyone
        self.named = frozenset(named)
        self._accounts, self._arns, self._ids = (
            frozenset(each.value for each in self.named if each.kind == kind) for kind in (ACCOUNT, USER, CANONICAL)
        )

    def include(self, principal: Principal | None) -> bool:
        """Whether the element means this caller; ``None`` is an anonymous one."""
        if self.everyone:
            return True
        if principal is None:
            return False
        return principal.account in self._accounts or principal.arn in self._arns or principal.canonical_id in self._ids


def read_principals(element: Any) -> Principals:
    """Read a Principal or NotPrincipal element.

    Raises:
        ValueError: It is none.
    """
    if element == "*":
        return Principals((), everyone=True)
    if not isinstance(element, dict) or not element:
        raise ValueError(element)
    everyone = False
    named: list[Named] = []
    for kind, listed in element.items():
        values = listed if isinstance(listed, list) else [listed]
        if not values:
            raise ValueError(element)
        for value in values:
            if kind == "AWS" and value == "*":
                everyone = True
            else:
                named += _named(kind, value if isinstance(value, str) else "")
    return Principals(named, everyone=everyone)


def _named(kind: str, value: str) -> list[Named]:
    if kind == "AWS":
        if _is_account(value):
            return [Named(ACCOUNT, value)]
        found = _read_arn(value)
        if found is None:
            raise ValueError(value)
        return [Named(ACCOUNT, found[1]) if found[2] == "root" else Named(USER, value)]
    if kind == "CanonicalUser" and value and "*" not in value:
        return [Named(CANONICAL, value)]
    if (kind == "Service" and _is_service(value)) or (kind == "Federated" and value and "*" not in value):
        return []
    raise ValueError(value)
