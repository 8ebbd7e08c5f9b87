"""``bushel rb``: remove buckets."""

from typing import TYPE_CHECKING

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.cli.records import BucketLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, write_line

if TYPE_CHECKING:
    from bushel import AsyncBucket


@click.command("rb", short_help="Remove buckets.")
@click.argument("buckets", metavar="BUCKET...", nargs=-1, required=True, type=BUCKET)
@click.option(
    "--force", is_flag=True, help="Delete everything in the bucket first, all versions too, which cannot be undone."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(buckets: tuple[str, ...], *, force: bool, as_json: bool, connection: Connection) -> int:
    """Remove buckets, which must be empty unless --force deletes what is in them.

    \b
    Examples:
      bushel rb s3://old
      bushel rb s3://scratch --force
    """

    async def work() -> int:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        status = 0
        async with connection.client() as client:
            for name in buckets:
                line = BucketLine(name, status="removed")
                bucket = client.bucket(name)
                try:
                    if force:
                        await _empty(bucket)
                    await bucket.delete()
                except BushelError as problem:
                    status = 1
                    line.status, line.error = "failed", str(problem)
                    if not as_json:
                        complain(f"bushel rb: {problem}")
                if as_json:
                    write_json(line)
                elif not line.error:
                    write_line(f"removed s3://{name}")
        return status

    return run("rb", work)


async def _empty(bucket: "AsyncBucket") -> None:
    from bushel.client.errors import NotSupported  # noqa: PLC0415 - not for `--help`

    try:
        await bucket.empty(versions=True)
    except NotSupported:  # an S3 without versions
        await bucket.empty()
