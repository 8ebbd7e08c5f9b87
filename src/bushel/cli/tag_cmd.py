"""``bushel tag``: tags of objects, versions and buckets."""

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import click

from bushel.cli.configuring import as_json_option
from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.moving import side_by_side
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import SettingLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, shown, write_line
from bushel.cli.transfer_options import pairs

if TYPE_CHECKING:
    from bushel import AsyncBucket, AsyncClient, AsyncObject

Edit = Callable[[dict[str, str]], dict[str, str]]


@click.group("tag", short_help="Show or set tags of objects and buckets.")
def command() -> None:
    """Show, set or remove tags of objects, of versions, or of a bucket.

    \b
    Examples:
      bushel tag set s3://pictures/harvest.jpg season=autumn year=2026
      bushel tag set -r s3://logs/2024/ keep=no
      bushel tag show s3://pictures/harvest.jpg
      bushel tag remove s3://pictures/harvest.jpg year
      bushel tag set s3://pictures team=photos --replace
    """


_place = click.argument("place", metavar="s3://BUCKET[/KEY]", type=REMOTE)
_version = click.option("--version-id", metavar="ID", help="This version of the object.")
_recursive = click.option("-r", "--recursive", is_flag=True, help="Of every object below the place.")


@command.command("show", short_help="Show tags.")
@_place
@_version
@as_json_option
@with_connection
def show(place: Remote, version_id: str | None, *, as_json: bool, connection: Connection) -> int:
    """Show the tags of an object or a bucket, NAME=VALUE on a line each."""
    _see(place, version_id, recursive=False)

    async def work() -> int:
        async with connection.client() as client:
            tags = await _thing(client, place, version_id).tags()
        if as_json:
            line = SettingLine(str(place), "tags", "shown", dict(tags), version_id or "")
            if not tags:
                line.status = "none"
            write_json(line)
        else:
            for name, value in tags.items():
                write_line(f"{shown(name)}={shown(value)}")
        return 0

    return run("tag", work)


@command.command("set", short_help="Set tags.")
@_place
@click.argument("tags", metavar="NAME=VALUE...", nargs=-1, required=True)
@_version
@_recursive
@click.option("--replace", is_flag=True, help="Instead of all that are there; else others stay.")
@as_json_option
@with_connection
def set_tags(
    place: Remote,
    tags: tuple[str, ...],
    version_id: str | None,
    *,
    recursive: bool,
    replace: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Set tags of an object, of all objects that match or (--recursive) are below a folder, or of a bucket."""
    _see(place, version_id, recursive=recursive)
    given = pairs(tags, "the tag")

    def edit(present: dict[str, str]) -> dict[str, str]:
        return given if replace else present | given

    return _change(place, version_id, edit, recursive=recursive, as_json=as_json, connection=connection)


@command.command("remove", short_help="Remove tags.")
@_place
@click.argument("names", metavar="[NAME]...", nargs=-1)
@_version
@_recursive
@as_json_option
@with_connection
def remove(
    place: Remote,
    names: tuple[str, ...],
    version_id: str | None,
    *,
    recursive: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Remove the tags of these names, or without a NAME all of them; they need not be there."""
    _see(place, version_id, recursive=recursive)

    def edit(present: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in present.items() if names and name not in names}

    return _change(place, version_id, edit, recursive=recursive, as_json=as_json, connection=connection)


def _see(place: Remote, version_id: str | None, *, recursive: bool) -> None:
    if version_id is not None and (recursive or not place.key or place.is_pattern):
        raise click.UsageError("--version-id is one object's", click.get_current_context())


def _thing(client: "AsyncClient", place: Remote, version_id: str | None) -> "AsyncObject | AsyncBucket":
    bucket = client.bucket(place.bucket)
    return bucket.object(place.key, version_id=version_id) if place.key else bucket


def _change(
    place: Remote, version_id: str | None, edit: Edit, *, recursive: bool, as_json: bool, connection: Connection
) -> int:
    failed = 0

    async def places(client: "AsyncClient") -> AsyncIterator[Remote]:
        if not recursive and not place.is_pattern:
            yield place
            return
        base = base_of(place)
        async for found in objects_below(client, place):
            yield base.below(found.relative)

    async def work() -> int:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        async with connection.client() as client:

            async def one(each: Any) -> None:
                nonlocal failed
                line = SettingLine(str(each), "tags", "set", version_id=version_id or "")
                thing = _thing(client, each, version_id)
                try:
                    tags = edit(await thing.tags())
                    await thing.set_tags(tags)
                except BushelError as problem:
                    failed += 1
                    line.status, line.error = "failed", str(problem)
                    if not as_json:
                        complain(f"bushel tag: {each}: {problem}")
                else:
                    line.document = dict(tags)
                    line.status = "set" if tags else "removed"
                if as_json:
                    write_json(line)
                elif not line.error:
                    write_line(f"{line.status} tags of {shown(str(each))}")

            await side_by_side(places(client), one)
        return 1 if failed else 0

    return run("tag", work)
