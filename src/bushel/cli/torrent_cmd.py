"""``bushel torrent``: the torrent of a public object, as a file or a magnet link."""

import sys
from pathlib import Path

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import REMOTE, Remote
from bushel.cli.records import TorrentLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import shown, write_line


@click.command("torrent", short_help="Share a public object by BitTorrent.")
@click.argument("place", metavar="s3://BUCKET/KEY", type=REMOTE)
@click.argument("target", metavar="[FILE|FOLDER|-]", required=False)
@click.option("--magnet", is_flag=True, help="Print the magnet link; save nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def command(place: Remote, target: str | None, *, magnet: bool, as_json: bool, connection: Connection) -> int:
    """Save the torrent of an object that everybody may read, or print its magnet link.

    Without a target the file goes into the current folder, named after the object. It names the server as a tracker and
    as a source, so it completes also where nobody else takes part. A magnet link names the file's URL and the tracker,
    but not all clients fetch the file there: those wait for a peer that has it.

    The server hashes the object when its torrent is first asked for; of a large one that takes a while.

    \b
    Examples:
      bushel acl s3://disks/debian.iso public-read
      bushel torrent s3://disks/debian.iso
      bushel torrent s3://disks/debian.iso - | transmission-show /dev/stdin
      bushel torrent s3://disks/debian.iso --magnet
    """
    ctx = click.get_current_context()
    if place.is_folder:
        raise click.UsageError("a torrent is of one object (s3://BUCKET/KEY)", ctx)
    if magnet and target is not None:
        raise click.UsageError("--magnet saves nothing", ctx)
    if target == "-" and as_json:
        raise click.UsageError("--json and - both write to standard output", ctx)

    async def work() -> int:
        from bushel.protocol.bencode import Malformed  # noqa: PLC0415 - not for `--help`
        from bushel.protocol.torrent import read_torrent  # noqa: PLC0415

        async with connection.client() as client:
            output = await client.get_object_torrent(bucket=place.bucket, key=place.key)
            assert output.body is not None
            raw = await output.body.read()
            url = client.bucket(place.bucket).object(place.key).url
        try:
            found = read_torrent(raw)
        except Malformed as problem:
            raise ValueError(f"{place}: what the server sent is no torrent: {problem}") from problem
        file = ""
        if target == "-":
            sys.stdout.buffer.write(raw)
        elif not magnet:
            file = str(_save(raw, target, place))
        link = found.magnet(f"{url}?torrent")
        if as_json:
            line = TorrentLine(
                str(place), found.info_hash.hex(), link, found.name, found.size, found.piece_bytes, found.announce
            )
            line.web_seeds, line.file = list(found.seeds), file
            write_json(line)
        elif magnet:
            write_line(shown(link))
        elif file:
            write_line(shown(file))
        return 0

    return run("torrent", work)


def _save(raw: bytes, target: str | None, place: Remote) -> Path:
    """Write the file, whole or not at all."""
    path = Path(target or ".")
    if target is None or target.endswith("/") or path.is_dir():
        # The last segment of a key is a name in this folder and nowhere else.
        path = path / f"{place.key.rsplit('/', 1)[1] if '/' in place.key else place.key}.torrent"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(raw)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
