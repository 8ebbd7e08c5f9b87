"""``bushel key``: the keys that objects are encrypted under, in a file outside the data folder.

A server reads the file again when it has changed. No secret is shown: it is in the file and nowhere else. What must not
be here: what a key wraps, and how.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from bushel.assemble import open_catalog
from bushel.catalog import Catalog
from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.core.settings import SETTINGS
from bushel.engine.api import EngineError
from bushel.service.encryption.keyring import MASTER, Key, Keyring, KeyringError, KeyVersion, check_name, read_keyring
from bushel.service.encryption.rewrapping import rewrap, versions_in_use
from bushel.service.encryption.segments import KEY_BYTES

_Result = TypeVar("_Result")

_FILE: Final = click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar=SETTINGS["sse_master_key_file"].variable,
    required=True,
    help=f"The file of keys. Default: what {SETTINGS['sse_master_key_file'].variable} names.",
)
_DATA: Final = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    multiple=True,
    help="A folder that is encrypted under these keys; name all of them.",
)
_MASTER_NAME: Final = "(master)"


@click.group("key", short_help="Manage the keys that objects are encrypted under.")
def command() -> None:
    """Manage the keys that objects are encrypted under, also while they are used.

    Without a NAME, the master key of SSE-S3 is meant; with one, a key of SSE-KMS.
    """


@command.command("create", short_help="Make a key.")
@click.argument("name", default=MASTER)
@click.option("--default", is_flag=True, help="Have SSE-KMS use it where a request names no key; the first one is.")
@_FILE
def create(name: str, default: bool, file: Path) -> None:
    """Make the master key, or the key NAME. The file is made, mode 0600, if it is not there."""
    keyring = _read(file) if file.exists() else Keyring()
    if keyring.key(name) is not None:
        raise click.ClickException(f"{file} has the key {name or _MASTER_NAME} already; `bushel key rotate` renews it")
    if default and not name:
        raise click.UsageError("--default is for a key with a NAME", click.get_current_context())
    key = Key(name, (_new_version(),))
    if name:
        _checked(name)
        chosen = name if default or not keyring.default else keyring.default
        keyring = Keyring(keyring.master, keyring.keys | {name: key}, chosen)
    else:
        keyring = Keyring(key, keyring.keys, keyring.default)
    _write(file, keyring)
    _print([key], keyring)


@command.command("rotate", short_help="Give a key a new version.")
@click.argument("name", default=MASTER)
@_FILE
def rotate(name: str, file: Path) -> None:
    """Give the master key, or the key NAME, a new version, under which keys are wrapped from now on.

    The older ones go on opening what they have wrapped: `bushel key rewrap` and `bushel key forget` let them go.
    """
    keyring = _read(file)
    key = _key(keyring, name, file)
    renewed = Key(name, (_new_version(), *key.versions), enabled=key.enabled)
    keyring = _with(keyring, renewed)
    _write(file, keyring)
    _print([renewed], keyring)


@command.command("list", short_help="List the keys.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_FILE
def list_keys(as_json: bool, file: Path) -> None:
    """List the versions of all keys, the newest of each first. Secrets are not shown."""
    keyring = _read(file)
    keys = [*([] if keyring.master is None else [keyring.master]), *keyring.keys.values()]
    if not as_json:
        _print(keys, keyring)
        return
    for key in keys:
        for facts in _facts(key, keyring):
            print(msgspec.json.encode(facts).decode())


@command.command("disable", short_help="Keep a key from being used.")
@click.argument("name")
@_FILE
def disable(name: str, file: Path) -> None:
    """Refuse to encrypt with the key NAME, and to read what is encrypted with it."""
    _set_enabled(name, file, enabled=False)


@command.command("enable", short_help="Let a key be used again.")
@click.argument("name")
@_FILE
def enable(name: str, file: Path) -> None:
    """Let the key NAME be used again."""
    _set_enabled(name, file, enabled=True)


@command.command("rewrap", short_help="Wrap the keys of all objects under the newest versions.")
@_FILE
@_DATA
def rewrap_all(file: Path, data: tuple[Path, ...]) -> None:
    """Wrap the keys of all objects in DIR under the newest versions of the keys in FILE; no object is read.

    Servers may run meanwhile. Where it is cut short, begin again.
    """
    keyring = _read(file)
    lost = []
    for folder in data:
        outcome = _with_catalog(folder, lambda catalog: rewrap(catalog, keyring, SystemRandomness()))
        print(f"{folder}: {outcome.rewrapped} wrapped anew, {outcome.kept} were already")
        lost += [f"{folder}: {place}" for place in outcome.lost]
    for place in lost:
        print(f"{place}: its key cannot be opened with the keys of {file}", file=sys.stderr)
    if lost:
        raise click.ClickException(f"{len(lost)} objects are under keys that are not in {file}")


@command.command("forget", short_help="Remove the old versions of a key.")
@click.argument("name", default=MASTER)
@_FILE
@_DATA
def forget(name: str, file: Path, data: tuple[Path, ...]) -> None:
    """Remove all versions but the newest of the master key, or of the key NAME, unless an object in DIR needs one.

    What only a folder that is not named needs would be lost.
    """
    keyring = _read(file)
    key = _key(keyring, name, file)
    used = set()
    for folder in data:
        used |= _with_catalog(folder, versions_in_use)
    needed = [each for each in key.versions[1:] if (name, each.id) in used]
    if needed:
        raise click.ClickException(
            f"version {needed[0].id.hex()} still opens objects; run `bushel key rewrap` before, with the same folders"
        )
    _write(file, _with(keyring, Key(name, key.versions[:1], enabled=key.enabled)))
    print(f"{len(key.versions) - 1} old versions removed")


def _set_enabled(name: str, file: Path, *, enabled: bool) -> None:
    keyring = _read(file)
    key = _key(keyring, name, file)
    _write(file, _with(keyring, Key(name, key.versions, enabled=enabled)))


def _with(keyring: Keyring, key: Key) -> Keyring:
    if key.name:
        return Keyring(keyring.master, keyring.keys | {key.name: key}, keyring.default)
    return Keyring(key, keyring.keys, keyring.default)


def _key(keyring: Keyring, name: str, file: Path) -> Key:
    key = keyring.key(name)
    if key is None:
        raise click.ClickException(f"{file} has no key {name or _MASTER_NAME}")
    return key


def _new_version() -> KeyVersion:
    made = datetime.fromtimestamp(SystemClock().now_ns() // 1_000_000_000, UTC)
    return KeyVersion(SystemRandomness().token(KEY_BYTES), f"{made:%Y-%m-%dT%H:%M:%SZ}")


def _checked(name: str) -> None:
    try:
        check_name(name)
    except KeyringError as problem:
        raise click.ClickException(str(problem)) from None


def _read(file: Path) -> Keyring:
    try:
        return read_keyring(file)
    except KeyringError as problem:
        raise click.ClickException(str(problem)) from None


def _write(file: Path, keyring: Keyring) -> None:
    """Put a new file in the place of the old one: whole, durable, and never readable by others."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(keyring.dump())
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(file)
        except BaseException:
            with suppress(FileNotFoundError):
                draft.unlink()
            raise
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as problem:
        raise click.ClickException(f"{file}: {problem.strerror}") from None


def _facts(key: Key, keyring: Keyring) -> list[dict[str, str]]:
    state = "enabled" if key.enabled else "disabled"
    if key.name and key.name == keyring.default:
        state += ", default"
    return [
        {
            "key": key.name or _MASTER_NAME,
            "version": version.id.hex(),
            "created": version.created,
            "state": state if version is key.current else "opens only",
        }
        for version in key.versions
    ]


def _print(keys: list[Key], keyring: Keyring) -> None:
    rows = [("KEY", "VERSION", "CREATED", "STATE")]
    rows += [tuple(facts.values()) for key in keys for facts in _facts(key, keyring)]  # type: ignore[misc]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _with_catalog(data: Path, work: Callable[[Catalog], Coroutine[Any, Any, _Result]]) -> _Result:
    async def run() -> _Result:
        async with open_catalog(data) as catalog:
            return await work(catalog)

    try:
        return asyncio.run(run())
    except EngineError as problem:
        raise click.ClickException(str(problem)) from None
