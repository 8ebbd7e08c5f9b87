"""``bushel undo``: take back the last change of objects in a bucket that keeps versions."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import versions_below
from bushel.cli.globs import Selection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import TransferLine
from bushel.cli.removing import Named, delete
from bushel.cli.report import Report, with_report
from bushel.cli.running import run
from bushel.cli.transfer_options import with_selection

if TYPE_CHECKING:
    from bushel import AsyncClient


@click.command("undo", short_help="Take back the last change of objects.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="Of everything whose key begins with KEY.")
@click.option("--deletions", is_flag=True, help="Only take back deletions, no changes.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@with_selection
@with_report
@with_connection
def command(
    places: tuple[Remote, ...],
    *,
    recursive: bool,
    deletions: bool,
    dry_run: bool,
    selection: Selection,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Remove the newest version of objects, or the marker of their deletion, so that what was before is there again.

    What is removed is gone for good; an object with a single version is gone with it. Of a bucket that never kept
    versions nothing is removed. To get a state back without removing anything, copy it: cp or sync with --at.

    \b
    Examples:
      bushel undo s3://pictures/harvest.jpg
      bushel undo -r s3://pictures/2026/ --deletions
      bushel undo -r s3://pictures --exclude '*.tmp' --dry-run
    """
    ctx = click.get_current_context()
    for place in places:
        if place.is_folder and not recursive:
            raise click.UsageError(f"{place} is no object; -r takes back the last change of each below", ctx)
    report = Report("undo", as_json=as_json, quiet=quiet, verbose=verbose)

    async def work() -> int:
        async with connection.client() as client:
            with report:
                for place in places:
                    await _undo(
                        client, place, selection, report, recursive=recursive, deletions=deletions, dry_run=dry_run
                    )
        return report.finish()

    return run("undo", work)


async def _undo(
    client: "AsyncClient",
    place: Remote,
    selection: Selection,
    report: Report,
    *,
    recursive: bool,
    deletions: bool,
    dry_run: bool,
) -> None:
    from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`
    from bushel.client.history import see_versioned  # noqa: PLC0415 - not for `--help`

    found = 0

    async def newest() -> AsyncIterator[Named]:
        nonlocal found
        async for each in versions_below(client, place, selection, recursive=recursive):
            if each.latest:
                found += 1
                if each.deleted or not deletions:
                    yield each.key, each.version_id

    try:
        await see_versioned(client.session, place.bucket)
        await delete(client, place.bucket, newest(), report, dry_run=dry_run)
        if not found and not recursive and not place.is_pattern:
            raise FileNotFoundError(2, "No version of it is there", str(place))
    except (BushelError, OSError) as problem:
        report.fail(TransferLine("delete", "failed", str(place)), problem)
