"""``bushel user policy``: what users may do. Works beside a running server, which acts on it from the next request on.

What must not be here: what a policy is (``protocol.policy`` knows).
"""

import sys
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from bushel.catalog.records import UserRecord
from bushel.catalog.users import NoSuchUser, Users
from bushel.cli.users import DATA, with_users
from bushel.protocol.errors import S3Error
from bushel.protocol.policy import read_policy
from bushel.protocol.policy.canned import CANNED


@click.group("policy", short_help="Manage what users may do.")
def command() -> None:
    """Manage what users may do, also while the store is served: a change acts on the next request.

    A user without policies has what ownership, bucket policies and ACLs give. A user with policies has what these
    allow, beside what bucket policies and ACLs grant; the rights of an owner they have no more.
    """


@command.command("attach", short_help="Give a user a policy that comes with Bushel.")
@click.argument("name")
@click.argument("policy", type=click.Choice(sorted(CANNED)))
@DATA
def attach(name: str, policy: str, data: Path) -> None:
    """Give the user NAME one of the policies that come with Bushel: for all buckets and objects."""
    with_users(data, lambda users: users.put_policy(name, policy, ""))


@command.command("put", short_help="Give a user a policy from a file.")
@click.argument("name")
@click.argument("policy")
@click.argument("file", type=click.File("rb"))
@DATA
def put(name: str, policy: str, file: BinaryIO, data: Path) -> None:
    """Give the user NAME the policy in FILE (- is standard input), in place of what they have under the name POLICY."""
    if policy in CANNED:
        raise click.ClickException(f"{policy} is a policy that comes with Bushel: choose another name")
    document = file.read()
    try:
        read_policy(document)
    except S3Error as problem:
        raise click.ClickException(f"{file.name}: {problem.message}") from None
    with_users(data, lambda users: users.put_policy(name, policy, document.decode()))


@command.command("list", short_help="List a user's policies, or those that come with Bushel.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name and document.")
@DATA
def list_policies(name: str | None, as_json: bool, data: Path) -> None:
    """List the policies of the user NAME; without NAME, those that come with Bushel."""
    policies = CANNED if name is None else _policies(name, data)
    for policy, document in policies.items():
        if as_json:
            print(msgspec.json.encode({"name": policy, "document": document}).decode())
        else:
            print(policy)


@command.command("show", short_help="Show a policy.")
@click.argument("name")
@click.argument("policy")
@DATA
def show(name: str, policy: str, data: Path) -> None:
    """Show the document of a policy of the user NAME."""
    document = _policies(name, data).get(policy)
    if document is None:
        raise click.ClickException(f"{name} has no policy {policy}")
    sys.stdout.write(document if document.endswith("\n") else f"{document}\n")


@command.command("remove", short_help="Take a policy from a user.")
@click.argument("name")
@click.argument("policy")
@DATA
def remove(name: str, policy: str, data: Path) -> None:
    """Take the policy POLICY from the user NAME."""
    with_users(data, lambda users: users.remove_policy(name, policy))


def _policies(name: str, data: Path) -> dict[str, str]:
    async def work(users: Users) -> UserRecord:
        user = await users.get(name)
        if user is None:
            raise NoSuchUser(name)
        return user

    found = with_users(data, work).policies
    return {policy: document or CANNED[policy] for policy, document in found.items()}
