"""``bushel acl``: who may read and write a bucket or objects."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast, get_args

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.moving import side_by_side
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import GrantLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, shown, write_line
from bushel.protocol.shapes.enums import BucketCannedACL, ObjectCannedACL

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.client.entries import GrantEntry

_CANNED = tuple(dict.fromkeys((*get_args(BucketCannedACL), *get_args(ObjectCannedACL))))


@click.command("acl", short_help="Show or set who may read and write.")
@click.argument("place", metavar="s3://BUCKET[/KEY]", type=REMOTE)
@click.argument("acl", metavar="[ACL]", type=click.Choice(_CANNED), required=False)
@click.option("-r", "--recursive", is_flag=True, help="Set it for every object below the place.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(place: Remote, acl: str | None, *, recursive: bool, as_json: bool, connection: Connection) -> int:
    """Show the access control list of a bucket or an object, or set it to a canned one.

    \b
    ACL: private, public-read, public-read-write, authenticated-read, …

    \b
    Examples:
      bushel acl s3://pictures/harvest.jpg
      bushel acl s3://pictures/harvest.jpg public-read
      bushel acl -r s3://pictures/2026/ public-read
    """
    if (recursive or place.is_pattern) and acl is None:
        raise click.UsageError("say which ACL the objects get", click.get_current_context())

    async def work() -> int:
        async with connection.client() as client:
            if recursive or place.is_pattern:
                return await _set_all(client, place, acl or "", as_json=as_json)
            if place.key:
                there = client.bucket(place.bucket).object(place.key)
                if acl is not None:
                    await there.set_acl(cast("ObjectCannedACL", acl))
                _tell(place, await there.grants(), as_json=as_json)
            else:
                bucket = client.bucket(place.bucket)
                if acl is not None:
                    await bucket.set_acl(cast("BucketCannedACL", acl))
                _tell(place, await bucket.grants(), as_json=as_json)
        return 0

    return run("acl", work)


async def _set_all(client: "AsyncClient", place: Remote, acl: str, *, as_json: bool) -> int:
    from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

    failed = 0
    base = base_of(place)

    async def places() -> AsyncIterator[Remote]:
        async for found in objects_below(client, place):
            yield base.below(found.relative)

    async def set_one(each: Remote) -> None:
        nonlocal failed
        there = client.bucket(each.bucket).object(each.key)
        try:
            await there.set_acl(cast("ObjectCannedACL", acl))
            if as_json:
                _tell(each, await there.grants(), as_json=True)
            else:
                write_line(f"{acl}  {shown(str(each))}")
        except BushelError as problem:
            failed += 1
            complain(f"bushel acl: {each}: {problem}")

    await side_by_side(places(), set_one)
    return 1 if failed else 0


def _tell(place: Remote, grants: "list[GrantEntry]", *, as_json: bool) -> None:
    for each in grants:
        if as_json:
            write_json(GrantLine(str(place), each.grantee, each.kind, each.permission, each.name or ""))
        else:
            who = each.grantee.rpartition("/")[2] if each.kind == "Group" else each.name or each.grantee
            write_line(f"{each.permission:<13} {shown(who)}")
