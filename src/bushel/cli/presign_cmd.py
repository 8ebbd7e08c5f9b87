"""``bushel presign``: links that let anybody read or store one object for a while."""

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import DURATION
from bushel.cli.records import LinkLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import write_line

_LONGEST_V4 = 604_800


@click.command("presign", short_help="Make links that work without a key for a while.")
@click.argument("places", metavar="s3://BUCKET/KEY...", nargs=-1, required=True, type=REMOTE)
@click.option(
    "-e", "--expires", type=DURATION, default=3600, metavar="TIME", help="For how long: 60, 15m, 12h, 7d. Default: 1h."
)
@click.option("--put", is_flag=True, help="A link to store the object instead of reading it (curl -T FILE URL).")
@click.option("--content-type", metavar="TYPE", help="With --put: must be sent along.")
@click.option("--download-as", metavar="NAME", help="Browsers save the object under this name.")
@click.option("--version-id", metavar="ID", help="This version of the object.")
@click.option("--v2", is_flag=True, help="Signature version 2, for what knows nothing newer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(
    places: tuple[Remote, ...],
    expires: int,
    *,
    put: bool,
    content_type: str | None,
    download_as: str | None,
    version_id: str | None,
    v2: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Make links that work without a key until they expire. Nothing is asked of the server.

    \b
    Examples:
      bushel presign s3://pictures/harvest.jpg --expires 60
      bushel presign s3://reports/2026.pdf --download-as report.pdf
      curl -T scan.pdf "$(bushel presign --put s3://inbox/scan.pdf)"
    """
    ctx = click.get_current_context()
    if any(place.is_folder for place in places):
        raise click.UsageError("a link is for one object (s3://BUCKET/KEY)", ctx)
    if put and (download_as or version_id):
        raise click.UsageError("--download-as and --version-id go with links to read", ctx)
    if content_type is not None and not put:
        raise click.UsageError("--content-type goes with --put", ctx)
    if version_id is not None and len(places) > 1:
        raise click.UsageError("--version-id is one object's", ctx)
    if expires < 1 or (expires > _LONGEST_V4 and not v2):
        raise click.UsageError("a link is good for 1 second to 7 days", ctx)

    members = {"version_id": version_id, "content_type": content_type}
    if download_as is not None:
        quoted = download_as.replace("\\", "\\\\").replace('"', '\\"')
        members["response_content_disposition"] = f'attachment; filename="{quoted}"'
    given = {name: value for name, value in members.items() if value is not None}

    async def work() -> int:
        async with connection.client() as client:
            for place in places:
                link = client.presign(
                    "PutObject" if put else "GetObject",
                    expires_seconds=expires,
                    signature_version=2 if v2 else 4,
                    bucket=place.bucket,
                    key=place.key,
                    **given,
                )
                if as_json:
                    headers = {name: value for name, value in link.headers.items() if name != "host"}
                    write_json(LinkLine(link.url, "PUT" if put else "GET", str(place), expires, headers))
                else:
                    write_line(link.url)
        return 0

    return run("presign", work)
