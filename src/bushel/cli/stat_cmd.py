"""``bushel stat``: all that is known of objects and buckets."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.encrypting import with_reading_key
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import size_text
from bushel.cli.records import BucketLine, ObjectLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, iso_text, moment_text, shown, write_line
from bushel.cli.transfer_options import one_version, with_moment

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.client.entries import ObjectInfo

_TOLD_OTHERWISE = frozenset(
    {"accept_ranges", "content_length", "content_type", "e_tag", "last_modified", "metadata", "version_id"}
)


@click.command("stat", short_help="Show all that is known of objects and buckets.")
@click.argument("places", metavar="s3://BUCKET[/KEY]...", nargs=-1, required=True, type=REMOTE)
@click.option("--version-id", metavar="ID", help="This version of the object.")
@with_moment
@with_reading_key()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(
    places: tuple[Remote, ...],
    version_id: str | None,
    at: datetime | None,
    *,
    reading: dict[str, Any],
    as_json: bool,
    connection: Connection,
) -> int:
    """Show size, time, type, metadata, checksum and whatever else the server tells of objects, or a bucket's region.

    \b
    Examples:
      bushel stat s3://pictures/harvest.jpg
      bushel stat s3://pictures --json
      bushel stat --at 2h s3://pictures/harvest.jpg
    """
    one_version(version_id, at, len(places))

    async def work() -> int:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        status = 0
        async with connection.client() as client:
            for place in places:
                try:
                    if place.key:
                        there = client.bucket(place.bucket).object(place.key, version_id=version_id)
                        if at is not None:
                            there = await there.version_at(at)
                        _tell(place, await there.head(**reading), as_json=as_json)
                    else:
                        await _bucket(client, place, as_json=as_json)
                except BushelError as problem:
                    status = 1
                    complain(f"bushel stat: {place}: {problem}")
        return status

    return run("stat", work)


def _tell(place: Remote, info: "ObjectInfo", *, as_json: bool) -> None:
    checksum = "" if info.checksum is None else ":".join(info.checksum)
    others = {name: _text(value) for name, value in info.members.items() if _is_told(name)}
    if as_json:
        write_json(
            ObjectLine(
                place.bucket,
                place.key,
                info.size,
                iso_text(info.last_modified),
                info.e_tag.strip('"'),
                info.storage_class or "",
                info.version_id or "",
                content_type=info.content_type or "",
                checksum=checksum,
                metadata=dict(info.metadata),
                headers=others,
            )
        )
        return
    write_line(shown(str(place)))
    _print_facts(info, checksum, others)


def _print_facts(info: "ObjectInfo", checksum: str, others: dict[str, str]) -> None:
    facts = {
        "size": f"{info.size} ({size_text(info.size)})",
        "modified": moment_text(info.last_modified),
        "type": info.content_type or "",
        "etag": info.e_tag.strip('"'),
        "version": info.version_id or "",
        "checksum": checksum,
    }
    facts |= {name.replace("_", "-"): value for name, value in others.items()}
    facts |= {f"meta {name}": value for name, value in info.metadata.items()}
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        if value:
            write_line(f"  {shown(name):<{width}}  {shown(value)}")


def _is_told(name: str) -> bool:
    return name not in _TOLD_OTHERWISE and not name.startswith("checksum_")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def _bucket(client: "AsyncClient", place: Remote, *, as_json: bool) -> None:
    output = await client.head_bucket(bucket=place.bucket)
    region = output.bucket_region or ""
    if as_json:
        write_json(BucketLine(place.bucket, region=region, status="exists"))
    else:
        write_line(f"{place}\n  region  {shown(region)}")
