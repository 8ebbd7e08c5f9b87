"""``bushel rm``: delete objects, versions, uploads."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below, versions_below
from bushel.cli.globs import Selection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import TransferLine
from bushel.cli.removing import Named, delete
from bushel.cli.report import Report, with_report
from bushel.cli.running import run
from bushel.cli.transfer_options import with_selection

if TYPE_CHECKING:
    from bushel import AsyncClient


@click.command("rm", short_help="Delete objects.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="Everything whose key begins with KEY (all of it without a KEY).")
@click.option("--version-id", metavar="ID", help="Delete this version for good.")
@click.option("--versions", is_flag=True, help="Delete all versions and delete markers for good.")
@click.option("--bypass-governance", is_flag=True, help="Delete versions that are retained in governance mode.")
@click.option("--uploads", is_flag=True, help="Give up uploads that are not complete, instead of deleting objects.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be deleted.")
@with_selection
@with_report
@with_connection
def command(
    places: tuple[Remote, ...],
    version_id: str | None,
    *,
    recursive: bool,
    versions: bool,
    bypass_governance: bool,
    uploads: bool,
    dry_run: bool,
    selection: Selection,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Delete objects: by key, by pattern, or (--recursive) all below a folder. An object that is not there is no error.

    In a bucket that keeps versions a deletion is a marker, and "undo" takes it back; what --version-id or --versions
    delete is gone for good.

    \b
    Examples:
      bushel rm s3://pictures/blurred.jpg
      bushel rm 's3://logs/2024-*/**'
      bushel rm -r s3://pictures/drafts/ --dry-run
      bushel rm --versions -r s3://pictures/drafts/
      bushel rm --uploads -r s3://pictures
    """
    ctx = click.get_current_context()
    if version_id is not None and (len(places) > 1 or recursive or uploads or versions or places[0].is_pattern):
        raise click.UsageError("--version-id is one object's", ctx)
    if versions and uploads:
        raise click.UsageError("--versions or --uploads, not both", ctx)
    if bypass_governance and not versions and version_id is None:
        raise click.UsageError("--bypass-governance goes with --version-id or --versions", ctx)
    for place in places:
        if place.is_folder and not recursive:
            raise click.UsageError(f"{place} is no object; -r deletes all that is in it", ctx)
    report = Report("rm", as_json=as_json, quiet=quiet, verbose=verbose)

    async def work() -> int:
        async with connection.client() as client:
            with report:
                for place in places:
                    if uploads:
                        await _give_up(client, place, report, recursive=recursive, dry_run=dry_run)
                        continue
                    if version_id is not None:
                        named = _one(place, version_id)
                    elif versions:
                        named = _versions(client, place, selection, recursive=recursive)
                    else:
                        named = _keys(client, place, selection, recursive=recursive)
                    await delete(client, place.bucket, named, report, dry_run=dry_run, bypass=bypass_governance)
        return report.finish()

    return run("rm", work)


async def _one(place: Remote, version_id: str) -> AsyncIterator[Named]:
    yield place.key, version_id


async def _versions(
    client: "AsyncClient", place: Remote, selection: Selection, *, recursive: bool
) -> AsyncIterator[Named]:
    async for each in versions_below(client, place, selection, recursive=recursive):
        yield each.key, each.version_id


async def _keys(client: "AsyncClient", place: Remote, selection: Selection, *, recursive: bool) -> AsyncIterator[Named]:
    if place.is_pattern:
        base = base_of(place).key
        async for found in objects_below(client, place, selection):
            yield base + found.relative, None
    elif recursive:
        skip = len(place.key.rpartition("/")[0]) + 1 if "/" in place.key else 0
        async for entry in client.bucket(place.bucket).objects(place.key):
            if selection.takes(entry.key[skip:]):
                yield entry.key, None
    else:
        yield place.key, None


async def _give_up(client: "AsyncClient", place: Remote, report: Report, *, recursive: bool, dry_run: bool) -> None:
    from bushel.client.errors import BushelError, NoSuchUpload  # noqa: PLC0415 - not for `--help`

    async for upload in client.bucket(place.bucket).uploads(place.key):
        if not recursive and upload.key != place.key:
            continue
        line = TransferLine("delete", "planned" if dry_run else "done", str(Remote(place.bucket, upload.key)))
        try:
            if not dry_run:
                await client.abort_multipart_upload(bucket=place.bucket, key=upload.key, upload_id=upload.upload_id)
        except NoSuchUpload:
            pass
        except BushelError as problem:
            report.fail(line, problem)
            continue
        report.succeed(line)
