"""``bushel gallery``: the pictures of a bucket on a page: written to a file, or the server's own, by a signed link."""

import html
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import base_of, objects_below
from bushel.cli.places import REMOTE, Remote
from bushel.cli.quantities import DURATION
from bushel.cli.running import run
from bushel.cli.terminal import write_line

if TYPE_CHECKING:
    from bushel import AsyncClient

_PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp")

_STYLE: Final = """\
:root { color-scheme: light dark }
body { margin: 0; padding: 1rem; font: 16px/1.4 system-ui, sans-serif }
h1 { font-size: 1.25rem }
main { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 100%), 1fr)) }
figure { margin: 0 }
img { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: .5rem; background: #8882 }
figcaption { font-size: .85rem; overflow-wrap: anywhere; opacity: .75 }
"""


@click.command("gallery", short_help="Show the pictures of a bucket: as a page, or by a signed link.")
@click.argument("place", metavar="BUCKET|s3://BUCKET[/PREFIX]")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write the page here; - is standard output.",
)
@click.option("--title", metavar="TEXT", help="Heading of the page. Default: the place.")
@click.option(
    "-e",
    "--expires",
    type=DURATION,
    metavar="TIME",
    help="For a bucket that is not public: a link to its live gallery that works for so long (60, 12h, at most 7d); "
    "with -o, a page with such links in it.",
)
@with_connection
def command(place: str, *, output: Path | None, title: str | None, expires: int | None, connection: Connection) -> int:
    """Write an HTML page with all pictures of a bucket, or below a prefix, as they are now: each with its URL.

    A Bushel server has a page of its own for every bucket, ENDPOINT/_/gallery/BUCKET/, which shows what is there
    whenever it is looked at, to everybody if the bucket and its objects are public. --expires prints a signed link
    that opens it, and all that is in it or below the prefix, to whoever has the link.

    In a page that is written, pictures show where they are public (bushel acl -r PLACE public-read), or with --expires.

    \b
    Examples:
      bushel gallery --expires 3600 s3://pictures
      bushel gallery pictures > index.html
      bushel gallery s3://pictures/2026/ --title 'Harvest 2026' -o harvest.html
      bushel gallery pictures --expires 7d -o - | bushel put - s3://pages/index.html --content-type text/html
    """
    ctx = click.get_current_context()
    if expires is not None and not 1 <= expires <= 604_800:
        raise click.UsageError("links are good for 1 second to 7 days", ctx)
    where = REMOTE.convert(place if place.startswith("s3://") else f"s3://{place}", None, ctx)
    live = expires is not None and output is None
    if live and title is not None:
        raise click.UsageError("--title is for a page that is written: add -o FILE", ctx)

    async def work() -> int:
        async with connection.client() as client:
            if live:
                write_line(_link(client, where, expires))
                return 0
            page = [each async for each in _page(client, where, title or str(where), expires)]
        text = "".join(page)
        if output is None or str(output) == "-":
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")
        return 0

    return run("gallery", work)


def _link(client: "AsyncClient", place: Remote, expires: int | None) -> str:
    from bushel.client.presigning import gallery_link  # noqa: PLC0415 - not for `--help`

    assert expires is not None
    prefix = place.key if not place.key or place.key.endswith("/") else f"{place.key}/"
    return gallery_link(client.session, place.bucket, prefix, expires_seconds=expires)


async def _page(client: "AsyncClient", place: Remote, title: str, expires: int | None) -> AsyncIterator[str]:
    escape: Callable[[str], str] = html.escape
    yield f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
<h1>{escape(title)}</h1>
<main>
"""
    base = base_of(place)
    count = 0
    async for found in objects_below(client, place):
        if not found.relative.lower().endswith(_PICTURES):
            continue
        count += 1
        there = client.bucket(place.bucket).object(base.key + found.relative)
        url = escape(there.url if expires is None else there.presign(expires_seconds=expires))
        name = escape(found.relative)
        yield (
            f'<figure><a href="{url}"><img src="{url}" alt="{name}" loading="lazy"></a>'
            f"<figcaption>{name}</figcaption></figure>\n"
        )
    yield "</main>\n" if count else "</main>\n<p>There are no pictures here yet.</p>\n"
