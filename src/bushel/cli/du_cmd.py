"""``bushel du``: how much there is."""

from datetime import datetime

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.globs import Selection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import size_text
from bushel.cli.records import UsageLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import shown, write_line
from bushel.cli.transfer_options import with_moment, with_selection


@click.command("du", short_help="Count objects and bytes.")
@click.argument("places", metavar="s3://BUCKET[/PREFIX]...", nargs=-1, required=True, type=REMOTE)
@click.option("-d", "--depth", type=click.IntRange(0), default=0, help="Folders so deep have a line too. Default: 0.")
@click.option("-H", "--human", is_flag=True, help="Sizes as people read them: 1.5 MiB.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_moment
@with_selection
@with_connection
def command(
    places: tuple[Remote, ...],
    depth: int,
    at: datetime | None,
    *,
    human: bool,
    as_json: bool,
    selection: Selection,
    connection: Connection,
) -> int:
    """Count the objects below places, and their bytes.

    \b
    Examples:
      bushel du s3://pictures --human
      bushel du -d 1 s3://pictures
      bushel du 's3://logs/2026-*/**'
      bushel du --at 7d s3://pictures
    """

    async def work() -> int:
        async with connection.client() as client:
            for place in places:
                sums: dict[str, list[int]] = {}
                total = [0, 0]
                async for found in objects_below(client, place, selection, at):
                    for level in range(1, min(depth, found.relative.count("/")) + 1):
                        folder = "/".join(found.relative.split("/", level)[:level]) + "/"
                        _add(sums.setdefault(folder, [0, 0]), found.size)
                    _add(total, found.size)
                base = base_of(place)
                for folder, (objects, size) in sums.items():
                    _tell(str(base.below(folder)), objects, size, human=human, as_json=as_json)
                _tell(str(place), total[0], total[1], human=human, as_json=as_json)
        return 0

    return run("du", work)


def _add(sums: list[int], size: int) -> None:
    sums[0] += 1
    sums[1] += size


def _tell(place: str, objects: int, size: int, *, human: bool, as_json: bool) -> None:
    if as_json:
        write_json(UsageLine(place, objects, size))
    else:
        text = f"{size_text(size):>10}" if human else f"{size:>14}"
        write_line(f"{text}  {objects:>9,} {'object ' if objects == 1 else 'objects'}  {shown(place)}")
