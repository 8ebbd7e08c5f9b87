"""``bushel sync``: make a target what its source is, by moving what differs."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bushel.cli.comparing import Comparison, Side, differs
from bushel.cli.connection import Connection, with_connection
from bushel.cli.encrypting import key_of, with_reading_key
from bushel.cli.finding import Found, files_below, objects_below
from bushel.cli.globs import Selection
from bushel.cli.moving import Mover, Step, Wishes, action_of, side_by_side
from bushel.cli.places import PLACE, Local, Place, Remote, Stream
from bushel.cli.records import TransferLine
from bushel.cli.removing import Named, delete
from bushel.cli.report import Report, with_report
from bushel.cli.running import run
from bushel.cli.transfer_options import (
    with_moment,
    with_moving_options,
    with_object_options,
    with_other_endpoint,
    with_selection,
)
from bushel.cli.transfers import UnsafeName, below_folder

if TYPE_CHECKING:
    from bushel import AsyncClient


@click.command("sync", short_help="Make a target what its source is.")
@click.argument("source", metavar="FOLDER|s3://BUCKET[/PREFIX/]", type=PLACE)
@click.argument("target", metavar="FOLDER|s3://BUCKET[/PREFIX/]", type=PLACE)
@click.option("--delete", "remove_others", is_flag=True, help="Remove from the target what the source does not have.")
@click.option("--checksum", is_flag=True, help="Compare contents where sizes are equal, instead of times.")
@click.option("--size-only", is_flag=True, help="What has the same size is the same.")
@with_moment
@with_object_options
@with_reading_key("--from-sse-c-key")
@with_selection
@with_moving_options
@with_other_endpoint
@with_report
@with_connection
def command(
    source: Place,
    target: Place,
    *,
    remove_others: bool,
    checksum: bool,
    size_only: bool,
    at: datetime | None,
    members: dict[str, Any],
    reading: dict[str, Any],
    selection: Selection,
    wishes: Wishes,
    to_endpoint: str | None,
    to_profile: str | None,
    to_region: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    connection: Connection,
) -> int:
    """Make a folder or a prefix what another one is: what is new or changed is moved, what is the same stays.

    Changed is what has another size, or a source that is newer than its target; with --checksum what has other
    contents. Options that select leave the rest of both sides alone, --delete too.

    With --at the source is what it was then, and changed is what has other contents (an object) or another time (a
    file). From a bucket to itself that brings a former state back, as new versions.

    \b
    Examples:
      bushel sync site/ s3://www.example.org --delete --acl public-read
      bushel sync s3://backups/home/ restored/ --checksum
      bushel sync s3://pictures s3://mirror --to-endpoint https://s3.example.org --dry-run
      bushel sync --at 2h s3://pictures s3://pictures --delete
    """
    ctx = click.get_current_context()
    if isinstance(source, Stream) or isinstance(target, Stream):
        raise click.UsageError("a stream cannot be compared; use put or get", ctx)
    if isinstance(source, Local) and isinstance(target, Local):
        raise click.UsageError("one of the two is in a bucket (s3://BUCKET)", ctx)
    if checksum and size_only:
        raise click.UsageError("--checksum or --size-only, not both", ctx)
    if any(isinstance(each, Remote) and each.is_pattern for each in (source, target)):
        raise click.UsageError("a pattern is no folder; use --include", ctx)
    sides = [_as_folder(each) for each in (source, target)]
    report = Report("sync", as_json=as_json, quiet=quiet, verbose=verbose)
    other = connection.other(to_endpoint, to_profile, to_region)
    if sides[0] == sides[1] and other == connection and at is None:
        raise click.UsageError("source and target are the same", ctx)
    if at is not None and isinstance(source, Local):
        raise click.UsageError("files have no versions", ctx)
    if not isinstance(target, Remote) and not reading:
        reading = key_of(members)
    plan = _Plan(
        sides[0],
        sides[1],
        wishes._replace(members=members, at=at, reading=reading),
        _comparison(checksum=checksum, size_only=size_only, moment=at is not None, remote=isinstance(target, Remote)),
        selection,
        remove_others=remove_others,
    )

    async def work() -> int:
        async with connection.client() as here:
            there = here if other == connection else other.client()
            try:
                with report:
                    await _Sync(plan, here, there, report).run()
            finally:
                if there is not here:
                    await there.aclose()
        return report.finish()

    return run("sync", work)


def _comparison(*, checksum: bool, size_only: bool, moment: bool, remote: bool) -> Comparison:
    if size_only:
        return Comparison.SIZE
    if checksum or (moment and remote):  # what is there now is newer, whatever it holds
        return Comparison.CHECKSUM
    return Comparison.OTHER_TIME if moment else Comparison.TIME


def _as_folder(place: Place) -> Remote | Local:
    if isinstance(place, Remote) and not place.is_folder:
        return Remote(place.bucket, f"{place.key}/")
    assert isinstance(place, Remote | Local)
    return place


class _Plan(NamedTuple):
    source: Remote | Local
    target: Remote | Local
    wishes: Wishes
    comparison: Comparison
    selection: Selection
    remove_others: bool = False


class _Sync:
    """One synchronisation: both sides are walked in the order of keys, side by side."""

    def __init__(self, plan: _Plan, source: "AsyncClient", target: "AsyncClient", report: Report) -> None:
        self._plan = plan
        self._source = source
        self._target = target
        self._report = report
        self._mover = Mover(source, target, report, plan.wishes)
        self._others: list[str] = []
        self._unread = False

    async def run(self) -> None:
        """Compare and move; then remove what only the target has."""
        if isinstance(self._plan.source, Local) and not self._plan.source.path.is_dir():
            raise NotADirectoryError(20, "Not a folder", str(self._plan.source))
        await self._mover.move_all(self._changed())
        if not self._plan.remove_others or not self._others:
            return
        if self._unread or self._report.failed:
            # What could not be read may be what looks like it is gone.
            problem = OSError(None, "nothing is removed, because something failed before")
            self._report.fail(TransferLine("delete", "failed", target=str(self._plan.target)), problem)
            return
        await self._remove()

    async def _changed(self) -> AsyncIterator[Step]:
        pairs = joined(
            self._found(self._plan.source, self._source, self._plan.wishes.at),
            self._found(self._plan.target, self._target),
        )
        async for ours, theirs in pairs:
            if ours is None:
                assert theirs is not None
                self._others.append(theirs.relative)
                continue
            try:
                step = self._step(ours)
            except UnsafeName as problem:
                line = TransferLine("get", "failed", f"{self._plan.source}/{ours.relative}")
                self._report.fail(line, problem)
                continue
            if theirs is not None and await self._same(step, ours, theirs):
                self._report.skip(
                    TransferLine(action_of(step), "skipped", str(step.source), str(step.target), ours.size)
                )
                continue
            yield step

    async def _same(self, step: Step, ours: Found, theirs: Found) -> bool:
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        assert isinstance(step.source, Local | Remote)
        assert isinstance(step.target, Local | Remote)
        try:
            return not await differs(
                self._plan.comparison,
                Side(step.source, ours, self._source, self._plan.wishes.reading),
                Side(step.target, theirs, self._target, key_of(self._plan.wishes.members)),
            )
        except (BushelError, OSError):
            return False  # moving it will say what is wrong

    def _step(self, found: Found) -> Step:
        return Step(
            _below(self._plan.source, found.relative),
            _below(self._plan.target, found.relative),
            found.size,
            found.modified,
            found.version_id,
        )

    async def _found(
        self, place: Remote | Local, client: "AsyncClient", at: datetime | None = None
    ) -> AsyncIterator[Found]:
        if isinstance(place, Remote):
            async for found in objects_below(client, place, self._plan.selection, at):
                yield found
            return
        if not place.path.exists():  # a target that is to be made
            return
        async for each in files_below(place.path, self._plan.selection):
            if isinstance(each, OSError):
                self._unread = True
                self._report.fail(TransferLine("put", "failed", str(each.filename)), each)
            else:
                yield each

    async def _remove(self) -> None:
        target = self._plan.target
        dry_run = self._plan.wishes.dry_run
        if isinstance(target, Remote):

            async def keys() -> AsyncIterator[Named]:
                for relative in self._others:
                    yield target.key + relative, None

            await delete(self._target, target.bucket, keys(), self._report, dry_run=dry_run)
            return

        async def unlink(path: Path) -> None:
            line = TransferLine("delete", "planned" if dry_run else "done", str(path))
            try:
                if not dry_run:
                    path.unlink(missing_ok=True)
            except OSError as problem:
                self._report.fail(line, problem)
            else:
                self._report.succeed(line)

        async def paths() -> AsyncIterator[Path]:
            for relative in self._others:
                yield target.path / relative

        await side_by_side(paths(), unlink)


def _below(place: Remote | Local, relative: str) -> Place:
    if isinstance(place, Remote):
        return place.below(relative)
    return Local(below_folder(place.path, relative))


async def joined(
    left: AsyncIterator[Found], right: AsyncIterator[Found]
) -> AsyncIterator[tuple[Found | None, Found | None]]:
    """Both sides in one walk: what has the same path on both comes together. Each is in the order of keys."""
    ours, theirs = await anext(left, None), await anext(right, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and _order(ours) < _order(theirs)):
            yield ours, None
            ours = await anext(left, None)
        elif ours is None or _order(theirs) < _order(ours):
            yield None, theirs
            theirs = await anext(right, None)
        else:
            yield ours, theirs
            ours, theirs = await anext(left, None), await anext(right, None)


def _order(found: Found) -> bytes:
    return found.relative.encode("utf-8", "surrogateescape")
