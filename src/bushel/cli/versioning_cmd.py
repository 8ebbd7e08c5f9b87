"""``bushel versioning``: whether buckets keep versions."""

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.cli.records import SettingLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import write_line

_CHANGES = ("enable", "suspend")


@click.command("versioning", short_help="Show or set whether a bucket keeps versions.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.argument("change", metavar="[enable|suspend]", type=click.Choice(_CHANGES), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(bucket: str, change: str | None, *, as_json: bool, connection: Connection) -> int:
    """Show whether a bucket keeps versions of its objects (enabled, suspended, or never enabled), or set it.

    While it is suspended the versions that are there stay, and what is stored replaces the version "null".

    \b
    Examples:
      bushel versioning s3://pictures
      bushel versioning s3://pictures enable
      bushel versioning pictures suspend
    """

    async def work() -> int:
        async with connection.client() as client:
            there = client.bucket(bucket)
            if change is not None:
                await there.set_versioning("Enabled" if change == "enable" else "Suspended")
            status = await there.versioning()
        if as_json:
            document = {} if status is None else {"Status": status}
            line = SettingLine(f"s3://{bucket}", "versioning", "set" if change else "shown", document)
            if status is None:
                line.status = "none"
            write_json(line)
        else:
            write_line(f"{'never enabled' if status is None else status.lower():<13}  s3://{bucket}")
        return 0

    return run("versioning", work)
