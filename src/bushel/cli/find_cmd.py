"""``bushel find``: objects by name, size and age."""

import re
import sys
import time
from datetime import UTC, datetime

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.globs import Selection, compile_pattern
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import DURATION, SIZE
from bushel.cli.records import ObjectLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import iso_text, shown, write_line
from bushel.cli.transfer_options import with_moment


@click.command("find", short_help="Find objects by name, size and age.")
@click.argument("places", metavar="s3://BUCKET[/PREFIX]...", nargs=-1, required=True, type=REMOTE)
@click.option("--name", metavar="GLOB", help="The last part of the key matches.")
@click.option("--path", metavar="GLOB", help="The key below the place matches; ** crosses folders.")
@click.option("--larger", type=SIZE, metavar="SIZE", help="More bytes than that.")
@click.option("--smaller", type=SIZE, metavar="SIZE", help="Fewer bytes than that.")
@click.option("--older", type=DURATION, metavar="TIME", help="Stored longer ago: 7d, 12h.")
@click.option("--newer", type=DURATION, metavar="TIME", help="Stored not so long ago.")
@with_moment
@click.option("-0", "--null", is_flag=True, help="End each line with a null character, for xargs -0.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(
    places: tuple[Remote, ...],
    name: str | None,
    path: str | None,
    larger: int | None,
    smaller: int | None,
    older: int | None,
    newer: int | None,
    at: datetime | None,
    *,
    null: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Find objects below places that are all of what is asked for, and print their addresses.

    \b
    Examples:
      bushel find s3://pictures --name '*.jpg' --larger 5M
      bushel find s3://logs --older 90d -0 | xargs -0 bushel rm
    """
    if null and as_json:
        raise click.UsageError("--null or --json, not both", click.get_current_context())
    selection = _selection(name)
    path_matches = None if path is None else _pattern(path)
    now = time.time()  # noqa: TID251 - ages are of the machine that asks

    async def work() -> int:
        async with connection.client() as client:
            for place in places:
                base = base_of(place).key
                async for found in objects_below(client, place, selection, at):
                    if (
                        (path_matches is not None and not path_matches.fullmatch(found.relative))
                        or (larger is not None and found.size <= larger)
                        or (smaller is not None and found.size >= smaller)
                        or (older is not None and now - found.modified <= older)
                        or (newer is not None and now - found.modified >= newer)
                    ):
                        continue
                    key = base + found.relative
                    if as_json:
                        stored = iso_text(datetime.fromtimestamp(found.modified, UTC))
                        write_json(
                            ObjectLine(
                                place.bucket, key, found.size, stored, found.e_tag, version_id=found.version_id or ""
                            )
                        )
                    elif null:
                        sys.stdout.write(f"{Remote(place.bucket, key)}\0")
                    else:
                        write_line(shown(str(Remote(place.bucket, key))))
        return 0

    return run("find", work)


def _selection(name: str | None) -> Selection:
    if name is not None and "/" in name:
        raise click.UsageError(
            "--name is compared with the last part of a key; use --path", click.get_current_context()
        )
    try:
        return Selection(() if name is None else (name,))
    except ValueError as problem:
        raise click.UsageError(str(problem), click.get_current_context()) from None


def _pattern(path: str) -> re.Pattern[str]:
    try:
        return compile_pattern(path)
    except ValueError as problem:
        raise click.UsageError(str(problem), click.get_current_context()) from None
