"""The keys that the operator keeps outside the data: the master key of SSE-S3, and the named keys of SSE-KMS.

A key has versions: the newest one wraps, the older ones open what they have wrapped. A version's name is made from its
secret, so that no two lists can disagree about it. The file is JSON, readable by its owner alone:

    {"format": 1,
     "master": [{"secret": "<256 bits in Base64>", "created": "2026-05-04"}],
     "default": "reports",
     "keys": {"reports": {"enabled": true, "versions": [{"secret": "...", "created": "..."}]}}}

It is read again when it has changed, so that a new version is used from the next request on. What must not be here:
what a key is for (``wrappings``), objects.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import stat
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from bushel.service.encryption.segments import KEY_BYTES, aes_gcm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = 1
MASTER: Final = ""
"""Stands for the master key where named keys have their names."""

_ID_BYTES: Final = 8
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")

_log: Final = logging.getLogger(__name__)


class KeyringError(Exception):
    """The keys cannot be read, or not be changed as asked; one line says why. It has no secret in it."""


class _StoredVersion(msgspec.Struct, frozen=True):
    secret: str
    created: str = ""


class _StoredKey(msgspec.Struct, frozen=True):
    versions: list[_StoredVersion]
    enabled: bool = True


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    master: list[_StoredVersion] = []
    default: str = ""
    keys: dict[str, _StoredKey] = {}


class KeyVersion:
    """One secret.

    Attributes:
        secret: 256 bits.
        created: When it was made, ISO 8601; empty where nobody says.
    """

    def __init__(self, secret: bytes, created: str = "") -> None:
        if len(secret) != KEY_BYTES:
            raise KeyringError(f"a key has {len(secret) * 8} bits instead of 256")
        self.secret = secret
        self.created = created

    @cached_property
    def id(self) -> bytes:
        """Its name in records; says nothing of the secret."""
        return hmac.digest(self.secret, b"bushel key id 1", hashlib.sha256)[:_ID_BYTES]

    @cached_property
    def cipher(self) -> "AESGCM":
        return aes_gcm(self.secret)

    def cipher_of_bucket(self, partition: bytes) -> "AESGCM":
        """That of the key made from this one for a bucket (S3 User Guide, "Amazon S3 Bucket Keys")."""
        return aes_gcm(hmac.digest(self.secret, b"bushel bucket key 1" + partition, hashlib.sha256))


class Key:
    """A key with its versions, the newest first."""

    def __init__(self, name: str, versions: tuple[KeyVersion, ...], *, enabled: bool = True) -> None:
        if not versions:
            raise KeyringError(f"the key {name or 'of SSE-S3'} has no version")
        self.name = name
        self.versions = versions
        self.enabled = enabled

    @property
    def current(self) -> KeyVersion:
        return self.versions[0]

    def version(self, version_id: bytes) -> KeyVersion | None:
        for each in self.versions:
            if each.id == version_id:
                return each
        return None


class Keyring:
    """The keys at one moment.

    Attributes:
        master: ``None``: nothing can be encrypted with SSE-S3.
        keys: The named ones.
        default: Name of the one that SSE-KMS means where a request names none; empty: there is none.
    """

    def __init__(self, master: Key | None = None, keys: dict[str, Key] | None = None, default: str = "") -> None:
        self.master = master
        self.keys = keys or {}
        self.default = default

    def key(self, name: str) -> Key | None:
        """A named key, or with MASTER the master key."""
        return self.keys.get(name) if name else self.master

    def dump(self) -> bytes:
        """What the file has to hold."""
        stored = _Stored(
            FORMAT,
            [_stored(each) for each in self.master.versions] if self.master is not None else [],
            self.default,
            {key.name: _StoredKey([_stored(each) for each in key.versions], key.enabled) for key in self.keys.values()},
        )
        return msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n"


class KeySource(Protocol):
    """Where the keys are."""

    def current(self) -> Keyring: ...


class FixedKeys:
    """Keys that stay as they are: those of the settings, or none."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def current(self) -> Keyring:
        return self._keyring


NO_KEYS: Final = FixedKeys(Keyring())


class KeyFile:
    """The keys in a file, as it is now.

    Raises:
        KeyringError: There is no such file, others may read it, or it does not hold keys.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = _look(file)
        self._keyring = read_keyring(file)

    def current(self) -> Keyring:
        """A file that cannot be read any more is told in the log; the keys that were in it are used on."""
        try:
            seen = _look(self._file)
            if seen != self._seen:
                self._seen = seen
                self._keyring = read_keyring(self._file)
        except KeyringError as problem:
            _log.error("%s; the keys that were there before are used", problem)
        return self._keyring


def keys_of(secrets: tuple[str, ...]) -> FixedKeys:
    """The master key as settings have it: its versions in Base64, the newest first.

    Raises:
        KeyringError: One of them is no key.
    """
    return FixedKeys(Keyring(Key(MASTER, tuple([KeyVersion(_decoded(each)) for each in secrets]))))


def read_keyring(file: Path) -> Keyring:
    """The keys in a file.

    Raises:
        KeyringError: There is no such file, others may read it, or it does not hold keys.
    """
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyringError(f"{file}: others may read it (mode {stat.S_IMODE(mode):04o}); chmod 600 {file}")
            raw = stream.read()
    except OSError as problem:
        raise KeyringError(f"{file}: {problem.strerror}") from None
    try:
        return load_keyring(raw)
    except KeyringError as problem:
        raise KeyringError(f"{file}: {problem}") from None


def load_keyring(raw: bytes) -> Keyring:
    """The keys in what a file holds.

    Raises:
        KeyringError: It does not hold keys.
    """
    try:
        stored = msgspec.json.decode(raw, type=_Stored)
    except msgspec.MsgspecError as problem:
        # What the parser says has names of members, and no values.
        raise KeyringError(f"not a file of keys: {problem}") from None
    if stored.format != FORMAT:
        raise KeyringError(f"keys of format {stored.format}, which this version does not know")
    master = Key(MASTER, _versions(stored.master)) if stored.master else None
    keys = {}
    for name, key in stored.keys.items():
        check_name(name)
        keys[name] = Key(name, _versions(key.versions), enabled=key.enabled)
    if stored.default and stored.default not in keys:
        raise KeyringError(f"the default key {stored.default} is not there")
    return Keyring(master, keys, stored.default)


def check_name(name: str) -> None:
    """Raises KeyringError for what cannot be a key's name."""
    if not _NAME.fullmatch(name):
        raise KeyringError(f"{name!r} is no name for a key: 1 to 128 of A-Z a-z 0-9 _ -")


def _versions(stored: list[_StoredVersion]) -> tuple[KeyVersion, ...]:
    return tuple([KeyVersion(_decoded(each.secret), each.created) for each in stored])


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise KeyringError("a key is not in Base64") from None


def _stored(version: KeyVersion) -> _StoredVersion:
    return _StoredVersion(base64.b64encode(version.secret).decode(), version.created)


def _look(file: Path) -> tuple[int, int, int]:
    """What changes with the file. Writers put a new one in its place, so the inode does."""
    try:
        found = file.stat()
    except OSError as problem:
        raise KeyringError(f"{file}: {problem.strerror}") from None
    return found.st_ino, found.st_mtime_ns, found.st_size
