"""``bushel cat``: objects to standard output, one behind the other."""

import asyncio
import sys
from datetime import datetime
from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.encrypting import with_reading_key
from bushel.cli.places import REMOTE, Remote
from bushel.cli.running import run
from bushel.cli.transfer_options import one_version, with_moment


@click.command("cat", short_help="Write objects to standard output.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option("--version-id", metavar="ID", help="This version of the object.")
@with_moment
@with_reading_key()
@with_connection
def command(
    places: tuple[Remote, ...],
    version_id: str | None,
    at: datetime | None,
    *,
    reading: dict[str, Any],
    connection: Connection,
) -> int:
    """Write objects to standard output, one behind the other, each checked as it comes.

    \b
    Examples:
      bushel cat s3://logs/2026-11-28.gz | zcat
      bushel cat s3://book/chapter-1 s3://book/chapter-2
      bushel cat --at 3d s3://book/chapter-1
    """
    one_version(version_id, at, len(places))
    _see_that_they_are_objects(places)

    async def work() -> int:
        async with connection.client() as client:
            for place in places:
                there = client.bucket(place.bucket).object(place.key, version_id=version_id)
                if at is not None:
                    there = await there.version_at(at)
                async for piece in there.stream(**reading):
                    # A pipe takes its time: the loop goes on reading ahead meanwhile.
                    await asyncio.to_thread(sys.stdout.buffer.write, piece)
            sys.stdout.buffer.flush()
        return 0

    return run("cat", work)


def _see_that_they_are_objects(places: tuple[Remote, ...]) -> None:
    for place in places:
        if place.is_folder:
            raise click.UsageError(f"{place} is no object", click.get_current_context())
