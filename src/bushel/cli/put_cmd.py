"""``bushel put``: files, folders and standard input into a bucket."""

from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.copying import move
from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes
from bushel.cli.places import PLACE, REMOTE, Place, Remote, Stream
from bushel.cli.report import Report, with_report
from bushel.cli.transfer_options import with_moving_options, with_object_options, with_selection


@click.command("put", short_help="Store files, folders or standard input.")
@click.argument("sources", metavar="FILE|FOLDER|GLOB|-...", nargs=-1, required=True, type=PLACE)
@click.argument("target", metavar="s3://BUCKET[/KEY]", type=REMOTE)
@with_object_options
@with_selection
@with_moving_options
@with_report
@with_connection
def command(
    sources: tuple[Place, ...],
    target: Remote,
    *,
    members: dict[str, Any],
    selection: Selection,
    wishes: Wishes,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Store files, the files of folders, or standard input (-) in a bucket.

    A file is stored under the KEY, or under its own name below it where KEY ends with a slash or is missing. What is in
    a folder is stored below the KEY. Large files go up in parts side by side; interrupted, the same command goes on.

    \b
    Examples:
      bushel put harvest.jpg s3://pictures
      bushel put harvest.jpg s3://pictures/2026/autumn.jpg --acl public-read
      bushel put photos/ s3://pictures/photos/ --exclude '*.tmp'
      tar c /home | bushel put - s3://backups/home.tar
    """
    if any(isinstance(each, Remote) for each in sources):
        raise click.UsageError("put takes files; cp copies objects", click.get_current_context())
    if any(isinstance(each, Stream) for each in sources) and len(sources) > 1:
        raise click.UsageError("standard input goes alone", click.get_current_context())
    if len(sources) > 1 and not target.is_folder:
        target = Remote(target.bucket, f"{target.key}/")
    report = Report("put", as_json=as_json, quiet=quiet, verbose=verbose)
    return move(report, connection, sources, target, wishes._replace(members=members), selection=selection)
