"""``bushel ls``: buckets, or what is in one."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below, versions_below
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import size_text
from bushel.cli.records import BucketLine, FolderLine, ObjectLine, UploadLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import iso_text, moment_text, shown, write_line
from bushel.cli.transfer_options import with_moment

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.client.entries import ObjectEntry

_NO_TIME = " " * 19


@click.command("ls", short_help="List buckets, folders, objects, versions, uploads.")
@click.argument("places", metavar="[s3://BUCKET[/PREFIX]]...", nargs=-1, type=REMOTE)
@click.option("-r", "--recursive", is_flag=True, help="All objects below, not only one level.")
@click.option("-H", "--human", is_flag=True, help="Sizes as people read them: 1.5 MiB.")
@click.option("--versions", is_flag=True, help="Every version, and the markers of deletions.")
@click.option("--uploads", is_flag=True, help="Uploads in parts that are not complete.")
@with_moment
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(
    places: tuple[Remote, ...],
    *,
    recursive: bool,
    human: bool,
    versions: bool,
    uploads: bool,
    at: datetime | None,
    as_json: bool,
    connection: Connection,
) -> int:
    """List buckets, or one level of a bucket: its folders and objects. PREFIX may be a pattern.

    \b
    Examples:
      bushel ls
      bushel ls s3://pictures/2026/
      bushel ls -r s3://pictures --human
      bushel ls 's3://pictures/**/*.jpg' --json
      bushel ls --versions s3://pictures/harvest.jpg
      bushel ls --at 2h -r s3://pictures
      bushel ls --uploads s3://pictures
    """
    if versions and uploads:
        raise click.UsageError("--versions or --uploads, not both", click.get_current_context())
    if (versions or uploads) and not places:
        raise click.UsageError("--versions and --uploads are of a bucket", click.get_current_context())
    if at is not None and (versions or uploads or not places):
        raise click.UsageError("--at is of the objects of a bucket", click.get_current_context())
    listing = _Listing(human=human, as_json=as_json, at=at)

    async def work() -> int:
        async with connection.client() as client:
            if not places:
                await listing.buckets(client)
            for place in places:
                if versions:
                    await listing.versions(client, place)
                elif uploads:
                    await listing.uploads(client, place)
                elif recursive or place.is_pattern:
                    await listing.objects(client, place)
                else:
                    await listing.level(client, place)
        return 0

    return run("ls", work)


class _Listing:
    def __init__(self, *, human: bool, as_json: bool, at: datetime | None) -> None:
        self._at = at
        self._human = human
        self._as_json = as_json

    def _size(self, size: int) -> str:
        return f"{size_text(size):>10}" if self._human else f"{size:>12}"

    async def buckets(self, client: "AsyncClient") -> None:
        async for bucket in client.buckets():
            if self._as_json:
                write_json(BucketLine(bucket.name, "" if bucket.created is None else iso_text(bucket.created)))
            else:
                created = _NO_TIME if bucket.created is None else moment_text(bucket.created)
                write_line(f"{created}  s3://{bucket.name}")

    async def level(self, client: "AsyncClient", place: Remote) -> None:
        from bushel.client.entries import FolderEntry  # noqa: PLC0415 - not for `--help`

        skip = len(place.key.rpartition("/")[0]) + 1 if "/" in place.key else 0
        async for entry in client.bucket(place.bucket).ls(place.key, at=self._at):
            if isinstance(entry, FolderEntry):
                if self._as_json:
                    write_json(FolderLine(place.bucket, entry.prefix))
                else:
                    write_line(f"{_NO_TIME}  {'':>{10 if self._human else 12}}  {shown(entry.prefix[skip:])}")
            else:
                self._object(place.bucket, entry, entry.key[skip:] or entry.key)

    async def objects(self, client: "AsyncClient", place: Remote) -> None:
        if not place.is_pattern:
            async for entry in client.bucket(place.bucket).objects(place.key, at=self._at):
                self._object(place.bucket, entry, entry.key)
            return
        from bushel.client.entries import ObjectEntry, moment  # noqa: PLC0415 - not for `--help`

        base = base_of(place).key
        async for found in objects_below(client, place, at=self._at):
            key = base + found.relative
            stored = moment(round(found.modified * 1000))
            entry = ObjectEntry(key, found.size, found.e_tag, stored, version_id=found.version_id)
            self._object(place.bucket, entry, key)

    def _object(self, bucket: str, entry: "ObjectEntry", name: str) -> None:
        if self._as_json:
            write_json(
                ObjectLine(
                    bucket,
                    entry.key,
                    entry.size,
                    iso_text(entry.last_modified),
                    entry.e_tag.strip('"'),
                    entry.storage_class or "",
                    entry.version_id or "",
                )
            )
        else:
            write_line(f"{moment_text(entry.last_modified)}  {self._size(entry.size)}  {shown(name)}")

    async def versions(self, client: "AsyncClient", place: Remote) -> None:
        async for entry in versions_below(client, place):
            if self._as_json:
                write_json(
                    ObjectLine(
                        place.bucket,
                        entry.key,
                        None if entry.deleted else entry.size,
                        iso_text(entry.last_modified),
                        entry.e_tag.strip('"'),
                        version_id=entry.version_id,
                        latest=entry.latest,
                        deleted=entry.deleted,
                    )
                )
            else:
                size = f"{'deleted':>{10 if self._human else 12}}" if entry.deleted else self._size(entry.size)
                mark = "*" if entry.latest else " "
                line = f"{moment_text(entry.last_modified)}  {size} {mark} {entry.version_id:<32}  {shown(entry.key)}"
                write_line(line)

    async def uploads(self, client: "AsyncClient", place: Remote) -> None:
        async for entry in client.bucket(place.bucket).uploads(place.key):
            if self._as_json:
                write_json(UploadLine(place.bucket, entry.key, entry.upload_id, iso_text(entry.initiated)))
            else:
                write_line(f"{moment_text(entry.initiated)}  {entry.upload_id}  {shown(entry.key)}")
