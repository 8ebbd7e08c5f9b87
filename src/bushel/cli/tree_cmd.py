"""``bushel tree``: folders and objects as a tree."""

from collections.abc import Iterator
from datetime import datetime

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.globs import Selection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import size_text
from bushel.cli.records import FolderLine, ObjectLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import shown, write_line
from bushel.cli.transfer_options import with_moment, with_selection

Row = tuple[tuple[str, ...], int | None]
"""Names from the top down, and the size of an object; ``None`` for a folder."""


@click.command("tree", short_help="Show folders and objects as a tree.")
@click.argument("place", metavar="s3://BUCKET[/PREFIX]", type=REMOTE)
@click.option("-d", "--depth", type=click.IntRange(1), help="No deeper than so many levels.")
@click.option("--folders", is_flag=True, help="Folders alone.")
@click.option("--sizes", is_flag=True, help="Sizes behind the names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_moment
@with_selection
@with_connection
def command(
    place: Remote,
    depth: int | None,
    at: datetime | None,
    *,
    folders: bool,
    sizes: bool,
    as_json: bool,
    selection: Selection,
    connection: Connection,
) -> int:
    """Show what is below a place as a tree.

    \b
    Examples:
      bushel tree s3://pictures
      bushel tree -d 2 --folders s3://pictures/2026/
    """

    async def work() -> int:
        rows: list[Row] = []
        objects = 0
        base = base_of(place).key
        async with connection.client() as client:
            async for found in objects_below(client, place, selection, at):
                objects += 1
                names = tuple(found.relative.split("/"))
                for row in _rows(names, found.size, rows[-1][0] if rows else (), depth, folders=folders):
                    rows.append(row)
                    if as_json:
                        key = base + "/".join(row[0])
                        write_json(
                            FolderLine(place.bucket, f"{key}/")
                            if row[1] is None
                            else ObjectLine(place.bucket, key, row[1])
                        )
        if not as_json:
            write_line(shown(str(place)))
            for line in drawn(rows, sizes=sizes):
                write_line(line)
            count = sum(1 for row in rows if row[1] is None)
            write_line(f"\n{count:,} folders, {objects:,} objects")
        return 0

    return run("tree", work)


def _rows(
    names: tuple[str, ...], size: int, last: tuple[str, ...], depth: int | None, *, folders: bool
) -> Iterator[Row]:
    """The rows that an object adds behind the last one: folders that are new, and itself."""
    same = 0
    while same < min(len(names) - 1, len(last)) and names[same] == last[same]:
        same += 1
    for end in range(same + 1, len(names)):
        if depth is None or end <= depth:
            yield names[:end], None
    if not folders and (depth is None or len(names) <= depth):
        yield names, size


def drawn(rows: list[Row], *, sizes: bool) -> Iterator[str]:
    """The rows as lines with branches."""
    # Whether another row of the same folder follows decides between a branch and its end: known from the end on.
    ends: list[bool] = []
    following: set[tuple[str, ...]] = set()
    after: tuple[str, ...] = ()
    for names, _ in reversed(rows):
        if after:
            following = {each for each in following if each == after[: len(each)]}
        parent = names[:-1]
        ends.append(parent not in following)
        following.add(parent)
        after = names
    ends.reverse()
    stems: list[str] = []
    for (names, size), is_last in zip(rows, ends, strict=True):
        del stems[len(names) - 1 :]
        text = "".join(stems) + ("└── " if is_last else "├── ") + shown(names[-1])
        if size is None:
            text += "/"
        elif sizes:
            text += f"  ({size_text(size)})"
        stems.append("    " if is_last else "│   ")
        yield text
