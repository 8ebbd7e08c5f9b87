"""``bushel mv``: as ``cp``, and the source goes when the target is there."""

from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.cp_cmd import copy
from bushel.cli.encrypting import with_reading_key
from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes
from bushel.cli.places import PLACE, Place, Stream
from bushel.cli.report import Report, with_report
from bushel.cli.transfer_options import (
    with_moving_options,
    with_object_options,
    with_other_endpoint,
    with_selection,
)


@click.command("mv", short_help="Move objects and files.")
@click.argument("places", metavar="SOURCE... TARGET", nargs=-1, required=True, type=PLACE)
@click.option("-r", "--recursive", is_flag=True, help="KEY is a folder, though no slash ends it.")
@with_object_options
@with_reading_key("--from-sse-c-key")
@with_selection
@with_moving_options
@with_other_endpoint
@with_report
@with_connection
def command(
    places: tuple[Place, ...],
    *,
    recursive: bool,
    members: dict[str, Any],
    reading: dict[str, Any],
    selection: Selection,
    wishes: Wishes,
    to_endpoint: str | None,
    to_profile: str | None,
    to_region: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Move objects or files: each source is removed when its target is there, and not before.

    \b
    Examples:
      bushel mv s3://pictures/a.jpg s3://pictures/2026/autumn.jpg
      bushel mv s3://inbox/ s3://archive/inbox/
      bushel mv scan.pdf s3://inbox/
    """
    if any(isinstance(each, Stream) for each in places):
        raise click.UsageError("a stream cannot be moved; use cp", click.get_current_context())
    return copy(
        "mv",
        places,
        wishes._replace(members=members, remove=True, reading=reading),
        recursive=recursive,
        selection=selection,
        report=Report("mv", as_json=as_json, quiet=quiet, verbose=verbose),
        connection=connection,
        other=connection.other(to_endpoint, to_profile, to_region),
    )
