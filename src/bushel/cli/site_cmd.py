"""``bushel site``: folders published as web sites, earlier publications listed and shown again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from bushel.cli.connection import Connection, with_connection
from bushel.cli.finding import files_below
from bushel.cli.globs import Selection
from bushel.cli.places import BUCKET
from bushel.cli.publications import Publication, Publications, is_name
from bushel.cli.publishing import Publisher, Stopped, Wanted
from bushel.cli.quantities import size_text
from bushel.cli.records import PublicationLine, write_json
from bushel.cli.report import Report, with_report
from bushel.cli.running import run
from bushel.cli.site_files import Manner, compressors
from bushel.cli.terminal import complain, iso_text, shown, write_line
from bushel.cli.transfer_options import with_selection
from bushel.core.clock import SystemClock
from bushel.protocol.website import PUBLICATIONS

if TYPE_CHECKING:
    from bushel import AsyncClient

# AWS writes the region of these after a dash, that of all younger ones after a dot (AWS General Reference, "Amazon S3
# website endpoints").
_DASHED_REGIONS: Final = frozenset({
    "us-east-1", "us-west-1", "us-west-2", "us-gov-west-1", "sa-east-1", "eu-west-1",
    "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
})  # fmt: skip

_SHOWN_HIDDEN: Final = ".well-known/"  # RFC 8615

_DOMAIN: Final = click.option(
    "--domain", metavar="NAME[:PORT]", help="Host name below which the server shows buckets as sites, for the address."
)
_DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Only tell what would be done.")


@click.group("site", short_help="Publish folders as web sites, and go back.")
def command() -> None:
    """Publish a folder as the web site of a bucket, keep what was published before, and go back to it.

    Earlier publications are kept in the bucket below .bushel-site/, each file once.
    """


@command.command("publish", short_help="Make a folder the site of a bucket.")
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("bucket", metavar="s3://BUCKET", type=BUCKET)
@click.option("--name", metavar="NAME", help="Name of this publication. Default: the time.")
@click.option("--index", default="index.html", metavar="NAME", help="The page of a folder. Default: index.html.")
@click.option("--error", metavar="KEY", help="The page for errors. Default: 404.html, if there is one.")
@click.option("--delete", is_flag=True, help="Files of earlier publications that are not in FOLDER any more go.")
@click.option("--compress", is_flag=True, help="Put compressed forms beside text: .gz, and .br if brotli is installed.")
@click.option("--public", is_flag=True, help="Let everybody read the pages, by the bucket's policy.")
@click.option(
    "--max-age",
    type=click.IntRange(0, 31_536_000),
    default=300,
    metavar="SECONDS",
    help="How long browsers keep what is no page and has no fingerprint in its name. Default: 300.",
)
@click.option("--immutable", multiple=True, metavar="GLOB", help="Paths that never change their contents: fonts/*.")
@click.option("--hidden", is_flag=True, help="Publish files and folders too whose names begin with a dot.")
@_DOMAIN
@_DRY_RUN
@with_selection
@with_report
@with_connection
def publish(
    folder: Path,
    bucket: str,
    *,
    name: str | None,
    index: str,
    error: str | None,
    delete: bool,
    compress: bool,
    public: bool,
    max_age: int,
    immutable: tuple[str, ...],
    hidden: bool,
    domain: str | None,
    dry_run: bool,
    selection: Selection,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Make a folder the web site of a bucket: what changed is uploaded to where nobody sees it, then put in place.

    Pages are always asked for again, files with a fingerprint in their name (app.3f9c2b7d.js) are kept for a year.

    \b
    Examples:
      bushel site publish public/ s3://cider --public
      bushel site publish dist/ s3://www.example.org --delete --compress --name spring
    """
    ctx = click.get_current_context()
    if name is not None and not is_name(name):
        raise click.UsageError("--name has letters, digits, dots, dashes and underscores, 64 at most", ctx)
    if not index or "/" in index:
        raise click.UsageError("--index is a name, without a slash", ctx)
    report = Report("site publish", as_json=as_json, quiet=quiet, verbose=verbose)
    manner = Manner(max_age, immutable, ("gzip", "br") if compress else ())
    if compress and "br" not in compressors(manner.codings) and not quiet:
        complain("bushel site publish: brotli is not installed: .gz only (pip install 'bushel[brotli]')")

    async def work() -> int:
        files = await _files(folder, selection, hidden=hidden)
        if index not in files:
            raise Stopped(None, f"there is no {index} in it; --index NAME says what its pages are called", str(folder))
        page = error if error is not None else "404.html" if "404.html" in files else ""
        if page and page not in files:
            raise Stopped(None, f"there is no {page} in it", str(folder))
        async with connection.client() as client:
            publisher = Publisher(client, bucket, report, dry_run=dry_run)
            with report:
                await publisher.check()
                await publisher.look()
                now = datetime.fromtimestamp(SystemClock().now_ns() / 1e9, UTC)
                wanted = Wanted(name or f"{now:%Y%m%dT%H%M%SZ}", iso_text(now), index, page, manner, delete)
                made = await publisher.make(files, wanted)
                publication = await _kept(publisher, made, named=name is not None, dry_run=dry_run)
                changed = await publisher.show(publication)
                await publisher.configure(publication)
                if public:
                    await publisher.open_to_everybody()
            status = "planned" if dry_run else "published" if changed else "unchanged"
            await _tell(client, connection, _Done(bucket, publication, status, domain, as_json=as_json, quiet=quiet))
        return report.finish()

    return run("site publish", work)


@command.command("list", short_help="List the publications of a site.")
@click.argument("bucket", metavar="s3://BUCKET", type=BUCKET)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def list_them(bucket: str, *, as_json: bool, connection: Connection) -> int:
    """List the publications of a site, the oldest first; a star is at the one that visitors see.

    \b
    Examples:
      bushel site list s3://cider
      bushel site list s3://cider --json
    """

    async def work() -> int:
        async with connection.client() as client:
            publications = Publications(client, bucket)
            live, _ = await publications.live()
            for each in await publications.names():
                line = _line(bucket, await publications.get(each), live=each == live.publication)
                if each == live.towards:
                    line.status = "interrupted"
                if as_json:
                    write_json(line)
                else:
                    mark = "*" if line.live else " "
                    files = f"{line.files:>7,} files  {size_text(line.size or 0):>10}"
                    write_line(f"{mark} {line.created[:19]}Z  {files}  {shown(line.name)}  {line.status}".rstrip())
        return 0

    return run("site list", work)


@command.command("rollback", short_help="Show an earlier publication again.")
@click.argument("bucket", metavar="s3://BUCKET", type=BUCKET)
@click.argument("name", metavar="[NAME]", required=False)
@_DOMAIN
@_DRY_RUN
@with_report
@with_connection
def rollback(
    bucket: str,
    name: str | None,
    *,
    domain: str | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Show a publication again: the one of this NAME, or the one before the one that visitors see.

    Nothing is uploaded: the server copies what differs. After a publication that was interrupted, it goes back to the
    last whole one. Later publications stay; their names lead forward again.

    \b
    Examples:
      bushel site rollback s3://cider
      bushel site rollback s3://cider spring --dry-run
    """
    report = Report("site rollback", as_json=as_json, quiet=quiet, verbose=verbose)

    async def work() -> int:
        async with connection.client() as client:
            publisher = Publisher(client, bucket, report, dry_run=dry_run)
            with report:
                await publisher.check()
                await publisher.look()
                names = await publisher.publications.names()
                publication = await publisher.publications.get(_named(name, names) or _before(publisher, names))
                changed = await publisher.show(publication)
                await publisher.configure(publication)
            status = "planned" if dry_run else "restored" if changed else "unchanged"
            await _tell(client, connection, _Done(bucket, publication, status, domain, as_json=as_json, quiet=quiet))
        return report.finish()

    return run("site rollback", work)


@command.command("forget", short_help="Let go of earlier publications.")
@click.argument("bucket", metavar="s3://BUCKET", type=BUCKET)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Instead of names: all but the newest N.")
@_DRY_RUN
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@with_connection
def forget(
    bucket: str, names: tuple[str, ...], *, keep: int | None, dry_run: bool, as_json: bool, connection: Connection
) -> int:
    """Let go of publications and of what only they had. The one that visitors see stays.

    \b
    Examples:
      bushel site forget s3://cider spring
      bushel site forget s3://cider --keep 5
    """
    if bool(names) == (keep is not None):
        raise click.UsageError("either names or --keep say which", click.get_current_context())

    async def work() -> int:
        async with connection.client() as client:
            publisher = Publisher(client, bucket, Report("site forget", quiet=True), dry_run=dry_run)
            await publisher.look()
            there = await publisher.publications.names()
            shown_now = {publisher.live.publication, publisher.live.towards}
            if keep is not None:
                chosen: Sequence[str] = [each for each in there[:-keep] if each not in shown_now]
            else:
                chosen = [_named(each, there) or "" for each in names]
            size = await publisher.forget(chosen)
            word = "would forget" if dry_run else "forgot"
            for each in chosen:
                if as_json:
                    write_json(PublicationLine(bucket, each, live=False, status="planned" if dry_run else "forgotten"))
                else:
                    write_line(f"{word} {shown(each)}")
            if not as_json:
                write_line(f"{word} {size_text(size)}")
        return 0

    return run("site forget", work)


# --- which ------------------------------------------------------------------------------------------------------------


async def _files(folder: Path, selection: Selection, *, hidden: bool) -> dict[str, Path]:
    """The files of a folder by the keys that they have on the site. Raises OSError for what cannot be read."""
    files = {}
    async for found in files_below(folder, selection):
        if isinstance(found, OSError):
            raise found
        key = found.relative
        if not hidden and ("/." in f"/{key}".replace(f"/{_SHOWN_HIDDEN}", "/")):
            continue
        if key.startswith(PUBLICATIONS):
            raise Stopped(None, "is where publications are kept; no file can be there", str(folder / PUBLICATIONS))
        try:
            key.encode()
        except UnicodeEncodeError:
            raise Stopped(None, "its name is no UTF-8, as addresses are", str(folder / key)) from None
        files[key] = folder / key
    return files


async def _kept(publisher: Publisher, made: Publication, *, named: bool, dry_run: bool) -> Publication:
    """The publication as it is kept: the newest one or the one of its name, if that shows the same, else itself.

    Raises:
        Stopped: The name is another one's.
    """
    from bushel.client.errors import PreconditionFailed  # noqa: PLC0415 - not for `--help`

    publications = publisher.publications
    names = await publications.names()
    if named and made.name in names:
        known = await publications.get(made.name)
        if not known.is_same_site(made):
            raise Stopped(None, f"there is another publication called {made.name}")
        return known
    if not named and names:
        newest = await publications.get(names[-1])
        if newest.is_same_site(made):  # nothing new, or what was interrupted goes on
            return newest
    number = 1
    while made.name in names:  # two within a second
        number += 1
        made = Publication(f"{made.name.partition('-')[0]}-{number}", made.created, made.index, made.error, made.files)
    if not dry_run:
        try:
            await publications.add(made)
        except PreconditionFailed:
            raise Stopped(None, f"there is another publication called {made.name}") from None
    return made


def _named(name: str | None, names: Sequence[str]) -> str | None:
    if name is not None and name not in names:
        raise Stopped(None, f"there is no publication called {name}; bushel site list tells which there are")
    return name


def _before(publisher: Publisher, names: Sequence[str]) -> str:
    live = publisher.live
    if live.interrupted and live.publication in names:
        return live.publication
    at = names.index(live.publication) if live.publication in names else 0
    if at == 0:
        raise Stopped(None, "there is no earlier publication")
    return names[at - 1]


# --- what is told -----------------------------------------------------------------------------------------------------


class _Done(NamedTuple):
    bucket: str
    publication: Publication
    status: str
    domain: str | None
    as_json: bool
    quiet: bool


def _line(bucket: str, publication: Publication, *, live: bool) -> PublicationLine:
    return PublicationLine(
        bucket,
        publication.name,
        live,
        publication.created,
        len(publication.files),
        sum(piece.size for piece in publication.files.values()),
    )


async def _tell(client: "AsyncClient", connection: Connection, done: _Done) -> None:
    url = await address_of(client, done.bucket, done.domain)
    line = _line(done.bucket, done.publication, live=done.status != "planned")
    line.status, line.url = done.status, url
    if done.as_json:
        write_json(line)
    elif not done.quiet:
        write_line(f"{'would show' if done.status == 'planned' else done.status} {shown(line.name)}")
        if url:
            write_line(url)
    if done.status != "planned" and not await _is_open(connection, done):
        complain(f"bushel site: not everybody may read {done.bucket}: --public lets them, or a policy of yours")


async def _is_open(connection: Connection, done: _Done) -> bool:
    from bushel.client.errors import BushelError, Forbidden  # noqa: PLC0415 - not for `--help`

    async with replace(connection, anonymous=True).client() as nobody:
        try:
            await nobody.bucket(done.bucket).object(done.publication.index).head()
        except Forbidden:
            return False
        except BushelError:  # whatever it is, it is not that
            return True
    return True


async def address_of(client: "AsyncClient", bucket: str, domain: str | None) -> str:
    """Where visitors find the site of a bucket; empty where only the server's operator knows."""
    endpoint = client.session.endpoint
    scheme, host = endpoint.origin.scheme, endpoint.origin.host
    if domain:
        return f"{scheme}://{bucket}.{domain}/"
    if endpoint.aws:
        region = (await client.head_bucket(bucket=bucket)).bucket_region or endpoint.region
        return f"http://{bucket}.s3-website{'-' if region in _DASHED_REGIONS else '.'}{region}.amazonaws.com/"
    if host in {"127.0.0.1", "[::1]", "::1", "localhost"} or host.endswith(".localhost"):
        port = endpoint.origin.authority.removeprefix(host)
        return f"{scheme}://{bucket}.s3-website.localhost{port}/"
    return f"{scheme}://{bucket}/" if "." in bucket else ""
