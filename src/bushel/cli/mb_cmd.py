"""``bushel mb``: make buckets."""

from typing import Any

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.cli.records import BucketLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, write_line


@click.command("mb", short_help="Make buckets.")
@click.argument("buckets", metavar="BUCKET...", nargs=-1, required=True, type=BUCKET)
@click.option("--acl", metavar="NAME", help="Canned ACL: private, public-read, …")
@click.option("--object-lock", is_flag=True, help="Keep versions, and let them be locked (lock).")
@click.option("--exist-ok", is_flag=True, help="It is no error if the bucket is yours already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(
    buckets: tuple[str, ...],
    *,
    acl: str | None,
    object_lock: bool,
    exist_ok: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Make buckets. A bucket's name is nobody else's on the whole server.

    \b
    Examples:
      bushel mb s3://pictures
      bushel mb pictures backups --exist-ok
      bushel mb s3://records --object-lock
    """

    async def work() -> int:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        members: dict[str, Any] = {} if acl is None else {"acl": acl}
        if object_lock:
            members["object_lock_enabled_for_bucket"] = True
        status = 0
        async with connection.client() as client:
            for name in buckets:
                line = BucketLine(name, status="made")
                try:
                    await client.bucket(name).create(exist_ok=exist_ok, **members)
                except BushelError as problem:
                    status = 1
                    line.status, line.error = "failed", str(problem)
                    if not as_json:
                        complain(f"bushel mb: {problem}")
                if as_json:
                    write_json(line)
                elif not line.error:
                    write_line(f"made s3://{name}")
        return status

    return run("mb", work)
