"""``bushel get``: objects into files or standard output."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.copying import move, quiet_for
from bushel.cli.encrypting import with_reading_key
from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes
from bushel.cli.places import PLACE, Local, Place, Remote
from bushel.cli.report import Report, with_report
from bushel.cli.transfer_options import one_version, with_moment, with_moving_options, with_selection


@click.command("get", short_help="Bring objects into files or standard output.")
@click.argument("places", metavar="s3://BUCKET/KEY... [FILE|FOLDER|-]", nargs=-1, required=True, type=PLACE)
@click.option("--version-id", metavar="ID", help="This version of the object.")
@click.option("-r", "--recursive", is_flag=True, help="KEY is a folder, though no slash ends it.")
@with_moment
@with_reading_key()
@with_selection
@with_moving_options
@with_report
@with_connection
def command(
    places: tuple[Place, ...],
    version_id: str | None,
    *,
    recursive: bool,
    at: datetime | None,
    reading: dict[str, Any],
    selection: Selection,
    wishes: Wishes,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Bring objects, folders (KEY ends with a slash) or what matches a pattern into files.

    Without a target they go into the current folder. A file gets the time of its object, and is replaced only when the
    object has come whole. Large objects come in ranges side by side; interrupted, the same command goes on.

    \b
    Examples:
      bushel get s3://pictures/2026/autumn.jpg
      bushel get s3://pictures/2026/autumn.jpg harvest.jpg
      bushel get s3://pictures/photos/ photos/
      bushel get 's3://logs/2026-*/*.gz' logs/
      bushel get s3://backups/home.tar - | tar x
      bushel get --at 2026-11-27 s3://pictures/photos/ as-of-friday/
    """
    *sources, target = places
    if isinstance(target, Remote):
        sources, target = list(places), Local(Path(), trailing=True)
    if not sources or not all(isinstance(each, Remote) for each in sources):
        raise click.UsageError(
            "get takes objects (s3://BUCKET/KEY) and then one file or folder", click.get_current_context()
        )
    one_version(version_id, at, 2 if recursive else len(sources))
    if version_id is not None and isinstance(sources[0], Remote) and (sources[0].is_folder or sources[0].is_pattern):
        raise click.UsageError("--version-id is one object's", click.get_current_context())
    if len(sources) > 1 and isinstance(target, Local):
        target = Local(target.path, trailing=True)
    report = Report("get", as_json=as_json, quiet=quiet_for(target, quiet=quiet), verbose=verbose)
    wishes = wishes._replace(version_id=version_id, at=at, reading=reading)
    return move(report, connection, sources, target, wishes, selection=selection, recursive=recursive)
