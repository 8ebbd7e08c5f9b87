"""Makes a publication of a folder, and makes a publication what visitors see.

What a visitor sees meanwhile: every object is replaced whole, none is ever missing that both publications have, and
things come in the order in which they name each other: first what pages are made of, then pages, the index page of the
root last, and only then what went is removed. So a page that is shown finds what it names; a page of before may for a
moment find a style sheet of after, unless names carry fingerprints, as bundlers' do. Uploads happen before all that, to
where nobody looks.

Killed in the middle: before the first change, ``live.json`` says what is about to be changed. The next command, be it
the same one or a rollback, takes those keys for unknown and puts them again. Two at once: the record is replaced only
if it is still the one that was read, and whoever comes too late is told so.

What must not be here: which files there are (``site_cmd``), what is kept how (``publications``).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from bushel.cli.connection import LARGE_AT_ONCE, PART_BYTES
from bushel.cli.moving import side_by_side
from bushel.cli.places import Remote
from bushel.cli.publications import (
    OBJECTS,
    Change,
    Live,
    LiveFile,
    Piece,
    Publication,
    Publications,
    carried_over,
    change_towards,
)
from bushel.cli.records import TransferLine
from bushel.cli.report import Report
from bushel.cli.site_files import (
    Manner,
    bytes_of,
    compressed,
    compressors,
    is_worth_compressing,
    key_of_form,
    piece_of,
)
from bushel.protocol.shapes.website import ErrorDocument, IndexDocument, RoutingRule, WebsiteConfiguration
from bushel.protocol.website import COMPRESSED_FROM, CONTENT_SHA256, PUBLICATIONS

if TYPE_CHECKING:
    from bushel import AsyncClient

_COMPRESSING_AT_ONCE: Final = 2
_POLICY_ID: Final = "BushelSite"


class Stopped(OSError):
    """Something failed, so nothing further is done."""


class Wanted(NamedTuple):
    """What is to be published.

    Attributes:
        name: Of the publication.
        created: ISO 8601, UTC.
        index_document: Name of the index documents.
        error_document: Its key; empty without one.
        manner: How files are served.
        delete: Files of earlier publications that are not there any more go.
    """

    name: str
    created: str
    index_document: str
    error_document: str
    manner: Manner
    delete: bool


class Publisher:
    """Changes the site of one bucket.

    Args:
        client: Of the bucket's S3.
        bucket: Its name.
        report: Is told of every file.
        dry_run: Only tell.
    """

    def __init__(self, client: "AsyncClient", bucket: str, report: Report, *, dry_run: bool = False) -> None:
        self.publications = Publications(client, bucket)
        self._client = client
        self._bucket = client.bucket(bucket)
        self._report = report
        self._dry_run = dry_run
        self._live, self._e_tag = Live(), ""
        self._there: dict[str, str] = {}
        self._stored: dict[str, int] = {}
        self._told: set[str] = set()
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._compressing = asyncio.Semaphore(_COMPRESSING_AT_ONCE)

    @property
    def live(self) -> Live:
        """What visitors are shown, as ``look`` found it."""
        return self._live

    async def look(self) -> None:
        """See what is there. Raises BushelError, Damaged."""
        self._live, self._e_tag = await self.publications.live()
        self._there = {
            each.key: each.e_tag.strip('"')
            async for each in self._bucket.objects()
            if not each.key.startswith(PUBLICATIONS)
        }
        self._stored = await self.publications.stored()

    # --- a publication of a folder -----------------------------------------------------------------------------------

    async def make(self, files: Mapping[str, Path], wanted: Wanted) -> Publication:
        """Bring what is new of a folder to where no visitor sees it; the publication, which is not kept yet.

        Args:
            files: By key.
            wanted: What to make of them.

        Raises:
            Stopped: Some of it could not be brought.
        """
        pieces: dict[str, Piece] = {}

        async def steps() -> AsyncIterator[tuple[str, Path]]:
            for each in files.items():
                yield each

        async def prepare(step: tuple[str, Path]) -> None:
            pieces.update(await self._prepare(*step, files, wanted.manner))

        await side_by_side(steps(), prepare)
        if self._report.failed:
            raise Stopped(None, "nothing is published, because some files could not be brought")
        if not wanted.delete:
            pieces |= carried_over(pieces, self._live, self._there)
        ordered = dict(sorted(pieces.items()))
        return Publication(wanted.name, wanted.created, wanted.index_document, wanted.error_document, ordered)

    async def _prepare(self, key: str, path: Path, files: Mapping[str, Path], manner: Manner) -> dict[str, Piece]:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        pieces: dict[str, Piece] = {}
        try:
            page = pieces[key] = await piece_of(path, key, manner)
            await self._bring(key, path, page)
            if is_worth_compressing(page):
                for coding, compress in compressors(manner.codings).items():
                    form = key_of_form(key, coding)
                    if form in files:
                        continue
                    known = self._live.files.get(form)
                    if known is not None and known.piece.compressed_from == page.sha256 and self._has(known.piece):
                        pieces[form] = msgspec.structs.replace(known.piece, cache_control=page.cache_control)
                        continue
                    async with self._compressing:
                        made = await compressed(path, page, coding, compress)
                    if made is not None:
                        data, pieces[form] = made
                        await self._bring(form, path, pieces[form], data)
        except (BushelError, OSError) as problem:
            self._report.fail(TransferLine("put", "failed", str(path), str(Remote(self._bucket.name, key))), problem)
        return pieces

    def _has(self, piece: Piece) -> bool:
        return self._stored.get(piece.sha256) == piece.size

    async def _bring(self, key: str, path: Path, piece: Piece, data: bytes | None = None) -> None:
        """Store the bytes of a piece, unless they are there."""
        if self._has(piece):
            return
        self._stored[piece.sha256] = piece.size
        self._told.add(key)
        line = TransferLine("put", "done", str(path), str(Remote(self._bucket.name, key)), piece.size)
        if self._dry_run:
            line.status = "planned"
            self._report.succeed(line)
            return
        self._report.expect(piece.size)
        where = self._bucket.object(OBJECTS + piece.sha256)
        if data is None and piece.size <= PART_BYTES:
            data = b"".join([block async for block in bytes_of(path, piece)])
        if data is not None:
            await where.put(data, progress=self._report.advance)
        else:
            async with self._large:
                await where.put(bytes_of(path, piece), progress=self._report.advance)
        self._report.succeed(line)

    # --- what visitors see -------------------------------------------------------------------------------------------

    async def show(self, publication: Publication) -> bool:
        """Make a publication what visitors see; whether anything had to change.

        Raises:
            Stopped: Some of it could not be changed, or somebody else is changing it.
        """
        change = change_towards(publication.files, self._live, self._there)
        gone = [key for key, piece in change.copies.items() if not self._has(piece)]
        if gone:
            raise Stopped(None, f"the bytes of {len(gone)} files of {publication.name} are gone, {gone[0]} for one")
        changes = bool(change.copies or change.removals)
        if self._dry_run:
            self._tell_plan(change)
            return changes
        for key in change.kept:
            self._report.skip(TransferLine("put", "skipped", target=str(Remote(self._bucket.name, key))))
        if changes:
            # Before the first change: whoever comes after a kill has to know what may have been changed.
            await self._set_live(
                Live(self._live.publication, self._live.files, change.before, publication.name), "is being published"
            )
            files = change.kept | await self._put_all(change.copies, publication.index)
            await self._remove(change.removals)
        else:
            files = change.kept
        now = Live(publication.name, files)
        if now != self._live:
            await self._set_live(now, "was published meanwhile")
        return changes

    async def _set_live(self, live: Live, what: str) -> None:
        from bushel.client.errors import PreconditionFailed  # noqa: PLC0415 - not for `--help`

        try:
            self._e_tag = await self.publications.set_live(live, self._e_tag)
        except PreconditionFailed:
            raise Stopped(None, f"something else {what}; run it again to put this one there") from None
        self._live = live

    async def _put_all(self, copies: Mapping[str, Piece], index: str) -> dict[str, LiveFile]:
        done: dict[str, LiveFile] = {}

        async def put(key: str) -> None:
            e_tag = await self._put(key, copies[key])
            if e_tag is not None:
                done[key] = LiveFile(copies[key], e_tag)

        for stage in in_order(copies, index):
            await side_by_side(_each(stage), put)
            if self._report.failed:
                raise Stopped(None, "the site is between two publications; run it again, or roll it back")
        return done

    async def _put(self, key: str, piece: Piece) -> str | None:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        source = Remote(self._bucket.name, OBJECTS + piece.sha256)
        line = TransferLine("copy", "done", str(source), str(Remote(self._bucket.name, key)), piece.size)
        metadata = {CONTENT_SHA256: piece.sha256}
        if piece.compressed_from:
            metadata[COMPRESSED_FROM] = piece.compressed_from
        try:
            stored = await self._bucket.object(source.key).copy_to(
                self._bucket.object(key),
                size=piece.size,
                metadata_directive="REPLACE",
                content_type=piece.content_type,
                cache_control=piece.cache_control,
                metadata=metadata,
            )
        except BushelError as problem:
            self._report.fail(line, problem)
            return None
        if key not in self._told:
            self._report.succeed(line)
        return stored.e_tag.strip('"')

    async def _remove(self, keys: list[str]) -> None:
        if keys:
            await self._bucket.delete_objects(keys)
        for key in keys:
            self._report.succeed(TransferLine("delete", "done", target=str(Remote(self._bucket.name, key))))

    def _tell_plan(self, change: Change) -> None:
        for key, piece in change.copies.items():
            if key not in self._told:
                source = str(Remote(self._bucket.name, OBJECTS + piece.sha256))
                target = str(Remote(self._bucket.name, key))
                self._report.succeed(TransferLine("copy", "planned", source, target, piece.size))
        for key in change.removals:
            self._report.succeed(TransferLine("delete", "planned", target=str(Remote(self._bucket.name, key))))

    # --- letting go --------------------------------------------------------------------------------------------------

    async def forget(self, names: Iterable[str]) -> int:
        """Let go of publications, and of bytes that no other one has; how many bytes that were.

        What was uploaded for a publication that never came to be goes as well. The manifests go first: bytes without
        one are room that the next call makes, a manifest without its bytes would be a broken promise.

        Raises:
            Stopped: One of them is what visitors see, or is about to be.
            BushelError: Some are still there.
        """
        names = list(names)
        for name in names:
            if name in {self._live.publication, self._live.towards}:
                raise Stopped(None, f"{name} is what visitors see")
        needed = {known.piece.sha256 for known in self._live.files.values()}
        for name in await self.publications.names():
            if name not in names:
                needed |= {piece.sha256 for piece in (await self.publications.get(name)).files.values()}
        unneeded = sorted(self._stored.keys() - needed)
        if not self._dry_run:
            await self.publications.remove(names)
            await self._bucket.delete_objects([OBJECTS + each for each in unneeded])
        return sum(self._stored[each] for each in unneeded)

    # --- the bucket --------------------------------------------------------------------------------------------------

    async def check(self) -> list[RoutingRule] | None:
        """The rules of the site that the bucket is, if it is one.

        Raises:
            Stopped: All its requests are sent elsewhere.
            BushelError: It cannot be a site.
        """
        from bushel.client.errors import NotFound  # noqa: PLC0415 - not for `--help`

        try:
            site = await self._client.get_bucket_website(bucket=self._bucket.name)
        except NotFound as problem:
            if problem.code != "NoSuchWebsiteConfiguration":
                raise
            return None
        if site.redirect_all_requests_to is not None:
            host = site.redirect_all_requests_to.host_name
            raise Stopped(
                None, f"all requests to {self._bucket.name} are sent to {host}; delete that configuration first"
            )
        return None if site.routing_rules is None else list(site.routing_rules)

    async def configure(self, publication: Publication) -> None:
        """Make the bucket a site with the publication's documents; its rules stay. Raises BushelError."""
        rules = await self.check()
        if self._dry_run:
            return
        site = WebsiteConfiguration(
            index_document=IndexDocument(suffix=publication.index),
            error_document=ErrorDocument(key=publication.error) if publication.error else None,
            routing_rules=rules,
        )
        await self._client.put_bucket_website(bucket=self._bucket.name, website_configuration=site)

    async def open_to_everybody(self) -> None:
        """Let everybody read the pages, and nothing of earlier publications; other statements of the policy stay.

        Raises:
            BushelError: The policy cannot be read or written.
        """
        from bushel.client.errors import NotFound  # noqa: PLC0415 - not for `--help`

        if self._dry_run:
            return
        policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
        try:
            policy = json.loads((await self._client.get_bucket_policy(bucket=self._bucket.name)).policy or "{}")
        except NotFound as problem:
            if problem.code != "NoSuchBucketPolicy":
                raise
        given = policy.get("Statement", [])
        others = [each for each in (given if isinstance(given, list) else [given]) if each.get("Sid") != _POLICY_ID]
        ours = {
            "Sid": _POLICY_ID,
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "NotResource": f"arn:aws:s3:::{self._bucket.name}/{PUBLICATIONS}*",
        }
        wanted = policy | {"Statement": [*others, ours]}
        if wanted != policy:
            await self._client.put_bucket_policy(bucket=self._bucket.name, policy=json.dumps(wanted))


def in_order(copies: Mapping[str, Piece], index: str) -> list[list[str]]:
    """Keys in the stages in which they are put: what pages are made of, pages, the root's index page."""
    stages: list[list[str]] = [[], [], []]
    for key, piece in copies.items():
        page = key.rpartition(".")[0] if piece.compressed_from else key
        if page == index:
            stages[2].append(key)
        else:
            stages[1 if page.endswith((".html", ".htm", ".xhtml")) else 0].append(key)
    return [stage for stage in stages if stage]


async def _each(keys: Iterable[str]) -> AsyncIterator[str]:
    for key in keys:
        yield key
