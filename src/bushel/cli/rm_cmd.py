"""``bushel rm``: delete objects, versions, uploads."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.globs import Selection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import TransferLine
from bushel.cli.report import Report, with_report
from bushel.cli.running import run
from bushel.cli.transfer_options import with_selection

if TYPE_CHECKING:
    from bushel import AsyncClient

_BATCH = 1000


@click.command("rm", short_help="Delete objects.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="Everything whose key begins with KEY (all of it without a KEY).")
@click.option("--version-id", metavar="ID", help="Delete this version for good.")
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
    uploads: bool,
    dry_run: bool,
    selection: Selection,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Delete objects: by key, by pattern, or (--recursive) all below a folder. An object that is not there is no error.

    \b
    Examples:
      bushel rm s3://pictures/blurred.jpg
      bushel rm 's3://logs/2024-*/**'
      bushel rm -r s3://pictures/drafts/ --dry-run
      bushel rm --uploads -r s3://pictures
    """
    ctx = click.get_current_context()
    if version_id is not None and (len(places) > 1 or recursive or uploads or places[0].is_pattern):
        raise click.UsageError("--version-id is one object's", ctx)
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
                    elif version_id is not None:
                        await _delete_version(client, place, version_id, report, dry_run=dry_run)
                    else:
                        keys = _keys(client, place, selection, recursive=recursive)
                        await delete(client, place.bucket, keys, report, dry_run=dry_run)
        return report.finish()

    return run("rm", work)


async def _keys(client: "AsyncClient", place: Remote, selection: Selection, *, recursive: bool) -> AsyncIterator[str]:
    if place.is_pattern:
        base = base_of(place).key
        async for found in objects_below(client, place, selection):
            yield base + found.relative
    elif recursive:
        skip = len(place.key.rpartition("/")[0]) + 1 if "/" in place.key else 0
        async for entry in client.bucket(place.bucket).objects(place.key):
            if selection.takes(entry.key[skip:]):
                yield entry.key
    else:
        yield place.key


async def delete(
    client: "AsyncClient", bucket: str, keys: AsyncIterator[str], report: Report, *, dry_run: bool = False
) -> None:
    """Delete objects, a thousand in a request, and tell of each."""
    batch: list[str] = []
    async for key in keys:
        batch.append(key)
        if len(batch) == _BATCH:
            await _delete_batch(client, bucket, batch, report, dry_run=dry_run)
            batch = []
    if batch:
        await _delete_batch(client, bucket, batch, report, dry_run=dry_run)


async def _delete_batch(client: "AsyncClient", bucket: str, keys: list[str], report: Report, *, dry_run: bool) -> None:
    from bushel.client.errors import BatchError, BushelError, ResponseError  # noqa: PLC0415 - not for `--help`

    failures: dict[str, Exception] = {}
    if not dry_run:
        try:
            if len(keys) == 1:
                await client.bucket(bucket).delete_object(keys[0])
            else:
                await client.bucket(bucket).delete_objects(keys)
        except BatchError as problem:
            failures = {key: ResponseError(code, text) for key, (code, text) in problem.failures.items()}
        except BushelError as problem:
            failures = dict.fromkeys(keys, problem)
    for key in keys:
        line = TransferLine("delete", "planned" if dry_run else "done", str(Remote(bucket, key)))
        failure = failures.get(key)
        if failure is None:
            report.succeed(line)
        else:
            report.fail(line, failure)


async def _delete_version(
    client: "AsyncClient", place: Remote, version_id: str, report: Report, *, dry_run: bool
) -> None:
    from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

    line = TransferLine("delete", "planned" if dry_run else "done", str(place), version_id=version_id)
    try:
        if not dry_run:
            await client.bucket(place.bucket).object(place.key, version_id=version_id).delete()
    except BushelError as problem:
        report.fail(line, problem)
    else:
        report.succeed(line)


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
