"""``bushel head``: the first lines or bytes of objects."""

import sys
from datetime import datetime
from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.encrypting import with_reading_key
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import SIZE
from bushel.cli.running import run
from bushel.cli.terminal import shown
from bushel.cli.transfer_options import one_version, with_moment

_LINES = 10


@click.command("head", short_help="Write the first lines or bytes of objects.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option("-n", "--lines", type=click.IntRange(0), metavar="N", help=f"So many lines. Default: {_LINES}.")
@click.option("-c", "--bytes", "size", type=SIZE, metavar="SIZE", help="So many bytes instead.")
@click.option("--version-id", metavar="ID", help="This version of the object.")
@with_moment
@with_reading_key()
@with_connection
def command(
    places: tuple[Remote, ...],
    lines: int | None,
    size: int | None,
    version_id: str | None,
    at: datetime | None,
    *,
    reading: dict[str, Any],
    connection: Connection,
) -> int:
    """Write the first lines (or bytes) of objects to standard output; what follows is not fetched.

    \b
    Examples:
      bushel head s3://logs/today.log
      bushel head -n 3 s3://logs/today.log s3://logs/yesterday.log
      bushel head -c 512 s3://pictures/a.jpg | file -
    """
    if lines is not None and size is not None:
        raise click.UsageError("--lines or --bytes, not both", click.get_current_context())
    if any(place.is_folder for place in places):
        raise click.UsageError("head takes objects (s3://BUCKET/KEY)", click.get_current_context())
    one_version(version_id, at, len(places))

    async def work() -> int:
        out = sys.stdout.buffer
        async with connection.client() as client:
            for place in places:
                if len(places) > 1:
                    out.write(f"==> {shown(str(place))} <==\n".encode())
                left_lines = _LINES if lines is None else lines
                left_bytes = size
                # Asked for in order, and read no further than is wanted.
                meant = version_id
                if at is not None:
                    meant = (await client.bucket(place.bucket).object(place.key).version_at(at)).version_id
                body = (await client.get_object(bucket=place.bucket, key=place.key, version_id=meant, **reading)).body
                assert body is not None
                async for piece in body:
                    if left_bytes is not None:
                        out.write(piece[:left_bytes])
                        left_bytes -= len(piece)
                        if left_bytes <= 0:
                            break
                        continue
                    kept, left_lines = _first_lines(piece, left_lines)
                    out.write(kept)
                    if not left_lines:
                        break
                await body.aclose()
            out.flush()
        return 0

    return run("head", work)


def _first_lines(piece: bytes, count: int) -> tuple[bytes, int]:
    """The part of a piece that belongs to the first lines, and how many lines are still wanted behind it."""
    at = 0
    while count:
        end = piece.find(b"\n", at)
        if end < 0:
            return piece, count
        at = end + 1
        count -= 1
    return piece[:at], 0
