"""Users and their access keys. All users are one row, so that every change of them is one atom.

A user has one access key pair; authentication finds it with one read. Names, ids and e-mail addresses are unique. What
must not be here: the root key pair (it comes from the settings), what policies mean.
"""

import base64
import string
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.layout import ACCESS_KEY, SYSTEM, USER, USER_EMAIL, USER_ID, USERS_ROW
from bushel.catalog.records import AccessKeyRecord, UserRecord, decode_access_key, decode_user, encode
from bushel.core.clock import Clock, whole_seconds
from bushel.core.ids import Randomness
from bushel.engine.api import Cell, Change, Delete, Engine, Put, Range, Write

MAX_NAME_LENGTH: Final = 64

ROOT_ID: Final = "7d4ff4fdf5a7a0a1a2ea5e3a9b1f1f7c2d8c5b0e6a4f3d2c1b0a9f8e7d6c5b4a"
"""Canonical user id of the operator, the same in every store, so that a store can be moved. No user may have it."""


class UserExists(Exception):
    """Name, id, e-mail address or access key are taken; the message says which."""


class NoSuchUser(Exception):
    """No user of that name."""


class NoSuchPolicy(Exception):
    """The user has no policy of that name."""


class KeyPair(NamedTuple):
    """An access key id and its secret."""

    access_key: str
    secret_key: str


def new_key_pair(randomness: Randomness) -> KeyPair:
    """A pair in AWS' form: 20 characters of base32 (``AK`` + 18), 40 characters of base64 without ``+`` and ``/``."""
    access_key = "AK" + base64.b32encode(randomness.token(15)).decode()[:18]
    secret_key = base64.b64encode(randomness.token(30), altchars=b"Az").decode()
    return KeyPair(access_key, secret_key)


class Users:
    """The users of a store."""

    def __init__(self, engine: Engine, clock: Clock, randomness: Randomness) -> None:
        self._engine = engine
        self._clock = clock
        self._randomness = randomness
        self._decoded: dict[str, tuple[bytes, AccessKeyRecord]] = {}

    async def access_key(self, access_key: str) -> AccessKeyRecord | None:
        """The record of an access key as it is now. Decoding is remembered, reading is not."""
        suffix = access_key.encode()
        if len(suffix) > MAX_ACCESS_KEY_LENGTH:
            return None
        (raw,) = await self._engine.read(SYSTEM, USERS_ROW, (Cell(ACCESS_KEY, suffix),))
        if raw is None:
            return None
        known = self._decoded.get(access_key)
        if known is not None and known[0] == raw:
            return known[1]
        record = decode_access_key(raw)
        if len(self._decoded) >= 1024:
            self._decoded.clear()
        self._decoded[access_key] = (raw, record)
        return record

    async def get(self, name: str) -> UserRecord | None:
        (raw,) = await self._engine.read(SYSTEM, USERS_ROW, (Cell(USER, name.encode()),))
        return None if raw is None else decode_user(raw)

    async def by_id(self, user_id: str) -> UserRecord | None:
        return await self._by_index(Cell(USER_ID, user_id.encode()))

    async def by_email(self, email: str) -> UserRecord | None:
        return await self._by_index(Cell(USER_EMAIL, email.lower().encode()))

    async def all(self) -> list[UserRecord]:
        """All users in order of their names."""
        found: list[UserRecord] = []
        after: bytes | None = None
        while True:
            (cells,) = await self._engine.read(SYSTEM, USERS_ROW, (Range(USER, after=after),))
            if not cells:
                return found
            found += [decode_user(raw) for _, raw in cells]
            after = cells[-1][0]

    async def add(
        self,
        name: str,
        *,
        user_id: str | None = None,
        display_name: str | None = None,
        email: str = "",
        key_pair: KeyPair | None = None,
    ) -> tuple[UserRecord, KeyPair]:
        """Add a user; what is not given is made up.

        Raises:
            UserExists: Something that must be unique is taken.
            ValueError: Something has no valid form; the message says what.
        """
        pair = key_pair or new_key_pair(self._randomness)
        user = UserRecord(
            name=name,
            id=user_id or self._randomness.token(32).hex(),
            display_name=display_name if display_name is not None else name,
            email=email,
            access_key=pair.access_key,
            created=whole_seconds(self._clock.now_ns()),
        )
        check_user(user, pair)
        unique = [
            (Cell(USER, name.encode()), f"user name {name}"),
            (Cell(USER_ID, user.id.encode()), f"user id {user.id}"),
            (Cell(ACCESS_KEY, pair.access_key.encode()), f"access key {pair.access_key}"),
        ]
        if email:
            unique.append((Cell(USER_EMAIL, email.lower().encode()), f"e-mail address {email}"))

        def add(values: Sequence[Any]) -> Change:
            for value, (_, what) in zip(values, unique, strict=True):
                if value is not None:
                    raise UserExists(f"the {what} is taken")
            return Change(writes=_writes(user, pair.secret_key))

        await self._engine.commit(SYSTEM, USERS_ROW, [cell for cell, _ in unique], add)
        return user, pair

    async def rotate(self, name: str, key_pair: KeyPair | None = None) -> KeyPair:
        """Replace a user's key pair; the old one is refused from the next request on.

        Raises:
            NoSuchUser: No user of that name.
            UserExists: The given access key is another user's.
            ValueError: The given pair has no valid form.
        """
        pair = key_pair or new_key_pair(self._randomness)
        check_key_pair(pair)

        def rotate(user: UserRecord, taken: bytes | None, _: str) -> list[Write]:
            if taken is not None and pair.access_key != user.access_key:
                raise UserExists(f"the access key {pair.access_key} is taken")
            changed = msgspec.structs.replace(user, access_key=pair.access_key)
            return [Delete(ACCESS_KEY, user.access_key.encode()), *_writes(changed, pair.secret_key)]

        await self._change(name, rotate, Cell(ACCESS_KEY, pair.access_key.encode()))
        return pair

    async def set_enabled(self, name: str, *, enabled: bool) -> None:
        """Let a user in or keep them out, from the next request on.

        Raises:
            NoSuchUser: No user of that name.
        """

        def set_enabled(user: UserRecord, _: bytes | None, secret_key: str) -> list[Write]:
            return _writes(msgspec.structs.replace(user, enabled=enabled), secret_key)

        await self._change(name, set_enabled)

    async def set_quota(self, name: str, quota: bytes) -> UserRecord:
        """Note the limits of a user's buckets; ``Quotas`` lets them act.

        Raises:
            NoSuchUser: No user of that name.
        """

        def set_quota(user: UserRecord, _: bytes | None, secret_key: str) -> list[Write]:
            return _writes(msgspec.structs.replace(user, quota=quota), secret_key)

        await self._change(name, set_quota)
        user = await self.get(name)
        if user is None:
            raise NoSuchUser(name)
        return user

    async def put_policy(self, name: str, policy: str, document: str) -> None:
        """Give a user a policy, in place of the one of that name, from the next request on.

        Args:
            name: The user.
            policy: Name of the policy.
            document: JSON, checked by the caller; empty for the policy of that name that comes with Bushel.

        Raises:
            NoSuchUser: No user of that name.
            ValueError: The name has no valid form, or the user has as many policies as one may have.
        """
        if not 1 <= len(policy) <= MAX_POLICY_NAME_LENGTH or not _POLICY_NAME_CHARACTERS.issuperset(policy):
            raise ValueError(f"a policy's name has 1 to {MAX_POLICY_NAME_LENGTH} of A-Z a-z 0-9 + = , . @ _ -")

        def put(user: UserRecord, _: bytes | None, secret_key: str) -> list[Write]:
            policies = {**user.policies, policy: document}
            if len(policies) > MAX_POLICIES:
                raise ValueError(f"a user has at most {MAX_POLICIES} policies")
            return _writes(msgspec.structs.replace(user, policies=policies), secret_key)

        await self._change(name, put)

    async def remove_policy(self, name: str, policy: str) -> None:
        """Take a policy from a user, from the next request on.

        Raises:
            NoSuchUser: No user of that name.
            NoSuchPolicy: The user has no such policy.
        """

        def remove(user: UserRecord, _: bytes | None, secret_key: str) -> list[Write]:
            if policy not in user.policies:
                raise NoSuchPolicy(policy)
            policies = {each: document for each, document in user.policies.items() if each != policy}
            return _writes(msgspec.structs.replace(user, policies=policies), secret_key)

        await self._change(name, remove)

    async def remove(self, name: str) -> None:
        """Remove a user. Buckets and objects keep their owner id.

        Raises:
            NoSuchUser: No user of that name.
        """

        def remove(user: UserRecord, _: bytes | None, __: str) -> list[Write]:
            writes: list[Write] = [
                Delete(USER, user.name.encode()),
                Delete(USER_ID, user.id.encode()),
                Delete(ACCESS_KEY, user.access_key.encode()),
            ]
            if user.email:
                writes.append(Delete(USER_EMAIL, user.email.lower().encode()))
            return writes

        await self._change(name, remove)

    async def _by_index(self, cell: Cell) -> UserRecord | None:
        if len(cell.suffix) > MAX_INDEXED_LENGTH:
            return None
        (name,) = await self._engine.read(SYSTEM, USERS_ROW, (cell,))
        return None if name is None else await self.get(name.decode())

    async def _change(
        self, name: str, change: Callable[[UserRecord, bytes | None, str], list[Write]], also: Cell | None = None
    ) -> None:
        """Commit what ``change`` makes of the user, of the value of the cell ``also``, and of the secret key."""
        while True:
            user = await self.get(name)
            if user is None:
                raise NoSuchUser(name)
            key_cell = Cell(ACCESS_KEY, user.access_key.encode())
            reads = (Cell(USER, name.encode()), key_cell, also or key_cell)

            def apply(values: Sequence[Any], expected: str = user.access_key) -> Change:
                raw_user, raw_key, other = values
                if raw_user is None:
                    raise NoSuchUser(name)
                current = decode_user(raw_user)
                if current.access_key != expected:
                    return Change(result=False)
                return Change(writes=change(current, other, decode_access_key(raw_key).secret_key), result=True)

            # What is there is replaced or goes: a user can be kept out while the disk is full.
            if await self._engine.commit(SYSTEM, USERS_ROW, reads, apply, reclaims=True):
                return


MAX_ACCESS_KEY_LENGTH: Final = 128
_ACCESS_KEY_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "_.-")
MAX_INDEXED_LENGTH: Final = 128
MAX_POLICIES: Final = 10
MAX_POLICY_NAME_LENGTH: Final = 128
"""As IAM has them (IAM User Guide, "IAM and AWS STS quotas")."""
_POLICY_NAME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "+=,.@_-")


def check_key_pair(pair: KeyPair) -> None:
    """Raises ValueError unless the pair has a form that signatures can carry (3 to 128, 8 to 128 characters)."""
    access_key, secret_key = pair
    # A credential is split at "/" (Signature V4), ":" (V2), and "," and "=" (the Authorization header's list).
    if not 3 <= len(access_key) <= MAX_ACCESS_KEY_LENGTH or not _ACCESS_KEY_CHARACTERS.issuperset(access_key):
        raise ValueError("an access key has 3 to 128 of A-Z a-z 0-9 _ . -")
    if not 8 <= len(secret_key) <= 128 or not secret_key.isascii() or not secret_key.isprintable():
        raise ValueError("a secret key has 8 to 128 printable ASCII characters")


def check_user(user: UserRecord, pair: KeyPair) -> None:
    """Raises ValueError, saying what is wrong, unless every part of a new user has a valid form."""
    check_key_pair(pair)
    if not 1 <= len(user.name) <= MAX_NAME_LENGTH or not user.name.isprintable() or len(user.name.encode()) > 128:
        raise ValueError(f"a user name has 1 to {MAX_NAME_LENGTH} printable characters")
    if not 1 <= len(user.id) <= 64 or not user.id.isascii() or not user.id.isalnum():
        raise ValueError("a user id has 1 to 64 letters and digits")
    if user.id == ROOT_ID:
        raise ValueError("this user id is the operator's")
    if len(user.display_name) > 128 or not user.display_name.isprintable():
        raise ValueError("a display name has at most 128 printable characters")
    if user.email and ("@" not in user.email or len(user.email.encode()) > 128 or not user.email.isprintable()):
        raise ValueError(f"{user.email!r} is not an e-mail address")


def _writes(user: UserRecord, secret_key: str) -> list[Write]:
    key = AccessKeyRecord(secret_key, user.name, user.id, user.display_name, user.enabled, user.policies)
    writes: list[Write] = [
        Put(USER, user.name.encode(), encode(user)),
        Put(USER_ID, user.id.encode(), user.name.encode()),
        Put(ACCESS_KEY, user.access_key.encode(), encode(key)),
    ]
    if user.email:
        writes.append(Put(USER_EMAIL, user.email.lower().encode(), user.name.encode()))
    return writes
