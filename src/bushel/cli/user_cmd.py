"""``bushel user``: who may use a store. Works beside a running server, which acts on it from the next request on.

A secret is shown on a terminal or put into a file of its own (``--secret-file``); it never goes into a pipe, where it
would end in a log. What must not be here: what a valid user is (the catalog knows).
"""

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from bushel.catalog.records import UserRecord
from bushel.catalog.users import ROOT_ID, KeyPair, NoSuchUser, Users, new_key_pair
from bushel.cli import user_policy_cmd
from bushel.cli.users import DATA, with_users
from bushel.core.credentials import write_credentials
from bushel.core.ids import SystemRandomness
from bushel.protocol.policy import account_of, user_arn

_SECRET_FILE: Final = click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Put the key pair into this new file (mode 0600, AWS' shared credentials) instead of on the screen.",
)


def _own_keys(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--secret-key", metavar="SECRET|-", help="Its secret; - reads a line of standard input.")(
        command
    )
    return click.option("--access-key", metavar="KEY", help="Use this access key; needs --secret-key.")(command)


@click.group("user", short_help="Manage who may use a store.")
def command() -> None:
    """Manage who may use a store, also while it is served: a change acts on the next request."""


command.add_command(user_policy_cmd.command)


@command.command("add", short_help="Add a user.")
@click.argument("name")
@click.option("--id", "user_id", metavar="ID", help="Canonical user id. Default: 64 random hexadecimal digits.")
@click.option("--display-name", metavar="NAME", help="Name in listings and ACLs. Default: NAME.")
@click.option("--email", metavar="ADDRESS", default="", help="Address by which ACLs may name the user.")
@_own_keys
@_SECRET_FILE
@DATA
def add(
    name: str,
    user_id: str | None,
    display_name: str | None,
    email: str,
    access_key: str | None,
    secret_key: str | None,
    secret_file: Path | None,
    data: Path,
) -> None:
    """Add the user NAME. Without --access-key and --secret-key a pair is made and shown once."""

    async def work(users: Users, pair: KeyPair) -> UserRecord:
        chosen = user_id or SystemRandomness().token(32).hex()
        for known in [ROOT_ID, *(user.id for user in await users.all())]:
            # Policies would mean both. Of a million million numbers this will be seen by nobody who draws ids.
            if known != chosen and account_of(known) == account_of(chosen):
                raise click.ClickException(f"the id {chosen} has the same account number as {known}: choose another")
        user, _ = await users.add(name, user_id=chosen, display_name=display_name, email=email, key_pair=pair)
        return user

    _give_keys(data, access_key, secret_key, secret_file, work)


@command.command("rotate", short_help="Give a user a new key pair.")
@click.argument("name")
@_own_keys
@_SECRET_FILE
@DATA
def rotate(name: str, access_key: str | None, secret_key: str | None, secret_file: Path | None, data: Path) -> None:
    """Give the user NAME a new key pair; the old one is refused from the next request on."""

    async def work(users: Users, pair: KeyPair) -> UserRecord:
        await users.rotate(name, pair)
        user = await users.get(name)
        if user is None:
            raise NoSuchUser(name)
        return user

    _give_keys(data, access_key, secret_key, secret_file, work)


@command.command("list", short_help="List users, or show one's secret.")
@click.option("--show-secret", metavar="NAME", help="Show the key pair of this user alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_SECRET_FILE
@DATA
def list_users(show_secret: str | None, as_json: bool, secret_file: Path | None, data: Path) -> None:
    """List users by name: access key, state, id, ARN (the name in policies), e-mail address, display name."""
    if show_secret is not None:
        _show_pair(show_secret, secret_file, data)
        return
    if secret_file is not None:
        raise click.UsageError("--secret-file goes with --show-secret NAME", click.get_current_context())
    users = with_users(data, Users.all)
    if as_json:
        for user in users:
            print(msgspec.json.encode(_facts(user)).decode())
        return
    rows = [("NAME", "ACCESS KEY", "STATE", "ID", "ARN", "EMAIL", "DISPLAY NAME")]
    rows += [(u.name, u.access_key, _state(u), u.id, user_arn(u.id, u.name), u.email, u.display_name) for u in users]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@command.command("disable", short_help="Keep a user out.")
@click.argument("name")
@DATA
def disable(name: str, data: Path) -> None:
    """Refuse the requests of the user NAME, whose buckets and objects stay."""
    with_users(data, lambda users: users.set_enabled(name, enabled=False))


@command.command("enable", short_help="Let a user in again.")
@click.argument("name")
@DATA
def enable(name: str, data: Path) -> None:
    """Let the user NAME in again, with the same keys."""
    with_users(data, lambda users: users.set_enabled(name, enabled=True))


@command.command("remove", short_help="Remove a user.")
@click.argument("name")
@DATA
def remove(name: str, data: Path) -> None:
    """Remove the user NAME. What the user owns stays, with that id as its owner."""
    with_users(data, lambda users: users.remove(name))


def _show_pair(name: str, secret_file: Path | None, data: Path) -> None:
    _see_that_a_secret_has_a_place(secret_file)

    async def work(users: Users) -> tuple[UserRecord, KeyPair]:
        user = await users.get(name)
        key = None if user is None else await users.access_key(user.access_key)
        if user is None or key is None:
            raise NoSuchUser(name)
        return user, KeyPair(user.access_key, key.secret_key)

    user, pair = with_users(data, work)
    if secret_file is not None:
        _write_pair(secret_file, pair)
    _print_user(user, secret_file, pair.secret_key)


def _give_keys(
    data: Path,
    access_key: str | None,
    secret_key: str | None,
    secret_file: Path | None,
    work: Callable[[Users, KeyPair], Awaitable[UserRecord]],
) -> None:
    """Do ``work`` with the key pair given, or with a new one that is sure to reach its user."""
    if (access_key is None) != (secret_key is None):
        raise click.UsageError("--access-key and --secret-key go together", click.get_current_context())
    if access_key is not None and secret_key is not None:
        from_stdin = secret_key == "-"  # noqa: S105 - stands for standard input
        pair = KeyPair(access_key, sys.stdin.readline().rstrip("\r\n") if from_stdin else secret_key)
        shown = None
    else:
        _see_that_a_secret_has_a_place(secret_file)
        pair = new_key_pair(SystemRandomness())
        shown = pair.secret_key
    # The file comes first: a pair that nobody could read would lock the user out.
    if secret_file is not None:
        _write_pair(secret_file, pair)
    try:
        user = with_users(data, lambda users: work(users, pair))
    except BaseException:
        if secret_file is not None:
            with suppress(OSError):
                secret_file.unlink()
        raise
    _print_user(user, secret_file, shown)


def _see_that_a_secret_has_a_place(secret_file: Path | None) -> None:
    if secret_file is None and not sys.stdout.isatty():
        raise click.ClickException(
            "a secret is not written into a pipe: name a new file for it with --secret-file, or use a terminal"
        )


def _write_pair(secret_file: Path, pair: KeyPair) -> None:
    try:
        write_credentials(secret_file, *pair)
    except OSError as problem:
        raise click.ClickException(f"--secret-file {secret_file}: {problem.strerror}") from None


def _print_user(user: UserRecord, secret_file: Path | None, secret_key: str | None) -> None:
    for name, value in _facts(user).items():
        print(f"{name.replace('_', ' '):<13} {value}")
    if secret_file is not None:
        print(f"{'secret key':<13} in {secret_file}")
    elif secret_key is not None:
        print(f"{'secret key':<13} {secret_key}")


def _facts(user: UserRecord) -> dict[str, str]:
    return {
        "name": user.name,
        "id": user.id,
        "display_name": user.display_name,
        "email": user.email,
        "access_key": user.access_key,
        "state": _state(user),
        "arn": user_arn(user.id, user.name),
    }


def _state(user: UserRecord) -> str:
    return "enabled" if user.enabled else "disabled"
