"""``bushel cp``: whatever into wherever, between buckets and endpoints too."""

from datetime import datetime
from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.copying import move, quiet_for
from bushel.cli.encrypting import key_of, with_reading_key
from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes
from bushel.cli.places import PLACE, Local, Place, Remote, Stream
from bushel.cli.report import Report, with_report
from bushel.cli.transfer_options import (
    one_version,
    with_moment,
    with_moving_options,
    with_object_options,
    with_other_endpoint,
    with_selection,
)


@click.command("cp", short_help="Copy objects and files.")
@click.argument("places", metavar="SOURCE... TARGET", nargs=-1, required=True, type=PLACE)
@click.option("-r", "--recursive", is_flag=True, help="KEY is a folder, though no slash ends it.")
@click.option("--version-id", metavar="ID", help="This version of the source.")
@with_moment
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
    version_id: str | None,
    at: datetime | None,
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
    """Copy objects to objects, files to objects, or objects to files.

    The server copies where both are its own; between endpoints the bytes come through this machine. A copy keeps type
    and metadata of its source, unless an option gives others.

    \b
    Examples:
      bushel cp s3://pictures/a.jpg s3://archive/2026/
      bushel cp s3://pictures/photos/ s3://archive/photos/
      bushel cp s3://pictures/ s3://copy/ --to-endpoint https://s3.example.org --to-profile example
      bushel cp --at 2h s3://pictures/a.jpg s3://pictures/a.jpg
    """
    one_version(version_id, at, 2 if recursive else len(places) - 1)
    if (version_id is not None or at is not None) and not isinstance(places[0], Remote):
        raise click.UsageError("files have no versions", click.get_current_context())
    if version_id is not None and isinstance(places[0], Remote) and (places[0].is_folder or places[0].is_pattern):
        raise click.UsageError("--version-id is one object's", click.get_current_context())
    return copy(
        "cp",
        places,
        wishes._replace(members=members, version_id=version_id, at=at, reading=reading),
        recursive=recursive,
        selection=selection,
        report=Report("cp", as_json=as_json, quiet=quiet_for(places[-1], quiet=quiet), verbose=verbose),
        connection=connection,
        other=connection.other(to_endpoint, to_profile, to_region),
    )


def copy(
    verb: str,
    places: tuple[Place, ...],
    wishes: Wishes,
    *,
    recursive: bool,
    selection: Selection,
    report: Report,
    connection: Connection,
    other: Connection,
) -> int:
    """Check what is asked for, and do it; the exit status."""
    *sources, target = places
    ctx = click.get_current_context()
    if not sources:
        raise click.UsageError(f"{verb} takes a source and a target", ctx)
    if not isinstance(target, Remote) and not all(isinstance(each, Remote) for each in sources):
        raise click.UsageError(f"{verb} takes at least one place in a bucket (s3://BUCKET/KEY)", ctx)
    if any(isinstance(each, Stream) for each in sources) and len(sources) > 1:
        raise click.UsageError("standard input goes alone", ctx)
    if len({isinstance(each, Remote) for each in sources}) > 1:
        raise click.UsageError("sources are files or objects, not both", ctx)
    if len(sources) > 1 and isinstance(target, Remote) and not target.is_folder:
        target = Remote(target.bucket, f"{target.key}/")
    if len(sources) > 1 and isinstance(target, Local):
        target = Local(target.path, trailing=True)
    if not isinstance(target, Remote) and not wishes.reading:
        wishes = wishes._replace(reading=key_of(wishes.members))
    return move(
        report,
        connection,
        sources,
        target,
        wishes,
        selection=selection,
        recursive=recursive,
        target_connection=other,
    )
