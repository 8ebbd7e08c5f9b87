"""Moves things side by side: steps in, each done, told and counted; small ones many at once, large ones few.

What must not be here: which things are moved (``transfers``, ``sync_cmd``), how one is moved (the library).
"""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bushel.cli.connection import LARGE_AT_ONCE, PART_BYTES
from bushel.cli.places import Local, Place, Remote, Stream
from bushel.cli.records import TransferLine
from bushel.cli.report import Action, Report

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.client.transfers.upload import Stored

SMALL_AT_ONCE: Final = 32

_GUESSED_OF_ENCODED: Final = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


class Step(NamedTuple):
    """One thing to be moved.

    Attributes:
        source: Where it is.
        target: Where it goes.
        size: Bytes, if they are known.
        modified: Seconds since 1970, if they are known.
        version_id: Of the source; ``None``: the newest.
    """

    source: Place
    target: Place
    size: int | None = None
    modified: float | None = None
    version_id: str | None = None


class Wishes(NamedTuple):
    """How things are moved.

    Attributes:
        members: Of PutObject: what was said of content type, metadata, ACL…
        guess_type: Guess the content type from the name.
        keep: Leave targets that are there as they are.
        remove: The source goes when the target is there.
        dry_run: Only tell.
        resume: Large files go on where they were interrupted.
        version_id: Of the one source.
        at: Sources are what they were at this moment.
        reading: Members of requests that read sources: whose key they were encrypted with.
    """

    members: Mapping[str, Any] = {}
    guess_type: bool = True
    keep: bool = False
    remove: bool = False
    dry_run: bool = False
    resume: bool = True
    version_id: str | None = None
    at: datetime | None = None
    reading: Mapping[str, Any] = {}


class Mover:
    """Moves things between two endpoints (often one) and this machine.

    Args:
        source: The client of sources.
        target: The client of targets.
        report: Is told.
        wishes: How.
    """

    def __init__(self, source: "AsyncClient", target: "AsyncClient", report: Report, wishes: Wishes) -> None:
        self._source = source
        self._target = target
        self._report = report
        self._wishes = wishes
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._made: set[str] = set()

    async def move_all(self, steps: AsyncIterator[Step]) -> None:
        """Do every step; those that fail are told and counted. Raises what listing the steps raised."""
        await side_by_side(steps, self._do)

    async def _do(self, step: Step) -> None:
        from bushel.client.errors import BushelError, PreconditionFailed  # noqa: PLC0415 - not for `--help`

        line = TransferLine(action_of(step), "done", str(step.source), str(step.target), step.size)
        report = self._report
        if step.size is not None:
            report.expect(step.size)
        if self._wishes.dry_run:
            line.status = "planned"
            report.succeed(line)
            return
        try:
            if step.size is not None and step.size <= PART_BYTES:
                await self._one(step, line)
            else:
                async with self._large:
                    await self._one(step, line)
            if self._wishes.remove:
                await self._remove_source(step, line)
        except PreconditionFailed as problem:
            if not self._wishes.keep:
                report.fail(line, problem)
                return
            line.status = "skipped"
            report.skip(line)
            return
        except FileExistsError:
            line.status = "skipped"
            report.skip(line)
            return
        except BrokenPipeError:  # nobody reads standard output any more: that ends it all
            raise
        except (BushelError, OSError) as problem:
            report.fail(line, problem)
            return
        report.succeed(line)

    async def _one(self, step: Step, line: TransferLine) -> None:
        source, target = step.source, step.target
        if isinstance(target, Remote):
            if isinstance(source, Remote):
                await self._copy(source, target, step, line)
            else:
                await self._put(source, target, line)
        else:
            assert isinstance(source, Remote)
            await self._get(source, target, step, line)

    # --- each way --------------------------------------------------------------------------------------------------

    async def _put(self, source: Place, target: Remote, line: TransferLine) -> None:
        members = dict(self._wishes.members)
        if self._wishes.keep:
            members["if_none_match"] = "*"
        there = self._target.bucket(target.bucket).object(target.key)
        if isinstance(source, Stream):
            stored = await there.put(sys.stdin.buffer, progress=self._report.advance, **members)
            line.size = stored.size
        else:
            assert isinstance(source, Local)
            if self._wishes.guess_type and "content_type" not in members:
                members["content_type"] = guessed_type(source.path.name)
            note = None
            if self._wishes.resume and (line.size or 0) > PART_BYTES:
                note = note_of(self._target, target, source.path)
            stored = await there.put(source.path, progress=self._report.advance, resume=note, **members)
        _note(line, stored)

    async def _copy(self, source: Remote, target: Remote, step: Step, line: TransferLine) -> None:
        one_store = self._source.session.endpoint.origin == self._target.session.endpoint.origin
        if one_store and source == target and not step.version_id and (self._wishes.remove or not self._wishes.members):
            raise OSError(None, "source and target are the same object", str(source))
        members = dict(self._wishes.members)
        if members.keys() & _REPLACED_BY_COPIES:
            members["metadata_directive"] = "REPLACE"
        if "tagging" in members:
            members["tagging_directive"] = "REPLACE"
        members |= {f"copy_source_{name}": value for name, value in self._wishes.reading.items()}
        there = self._target.bucket(target.bucket).object(target.key)
        if self._wishes.keep and await there.exists():
            raise FileExistsError
        stored = await (
            self._source.bucket(source.bucket)
            .object(source.key, version_id=step.version_id)
            .copy_to(there, progress=self._report.advance, size=step.size, **members)
        )
        _note(line, stored)

    async def _get(self, source: Remote, target: Place, step: Step, line: TransferLine) -> None:
        here = self._source.bucket(source.bucket).object(source.key, version_id=step.version_id)
        reading: dict[str, Any] = dict(self._wishes.reading)
        if isinstance(target, Stream):
            info = await here.download(sys.stdout.buffer, progress=self._report.advance, **reading)
        else:
            assert isinstance(target, Local)
            path = target.path
            if self._wishes.keep and path.exists():
                raise FileExistsError
            self._make_folder(path.parent)
            info = await here.download(
                path,
                progress=self._report.advance,
                resume=self._wishes.resume and (line.size is None or line.size > PART_BYTES),
                **reading,
            )
            stamp = info.last_modified.timestamp()
            os.utime(path, (stamp, stamp))
        line.size = info.size
        line.e_tag = info.e_tag.strip('"')
        line.version_id = info.version_id or ""

    def _make_folder(self, folder: Path) -> None:
        name = str(folder)
        if name not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(name)

    async def _remove_source(self, step: Step, line: TransferLine) -> None:
        source = step.source
        if isinstance(source, Local):
            source.path.unlink()
        elif isinstance(source, Remote):
            there = self._source.bucket(source.bucket).object(source.key)
            if isinstance(step.target, Local):
                reading: dict[str, Any] = dict(self._wishes.reading)
                now = await there.head(**reading)
                if now.e_tag.strip('"') != line.e_tag:
                    raise OSError(None, "was replaced while it was moved: the newer one stays", str(source))
            await there.delete()


_REPLACED_BY_COPIES: Final = frozenset(
    {
        "cache_control",
        "content_disposition",
        "content_encoding",
        "content_language",
        "content_type",
        "expires",
        "metadata",
    }
)
"""Members that CopyObject takes from the source unless it is told to replace them all."""


async def side_by_side(steps: AsyncIterator[Any], do: Callable[[Any], Awaitable[None]]) -> None:
    """Do many steps at once while more are found; never holds more than a few that wait.

    Raises:
        BaseException: What ``steps`` or ``do`` raised; the others are cancelled.
    """
    from bushel.client.transfers.failures import first_error  # noqa: PLC0415 - not for `--help`

    queue: asyncio.Queue[Any] = asyncio.Queue(2 * SMALL_AT_ONCE)
    end = object()

    async def worker() -> None:
        while (step := await queue.get()) is not end:
            await do(step)
        await queue.put(end)

    with first_error():
        async with asyncio.TaskGroup() as group:
            workers = 0
            async for step in steps:
                if workers < SMALL_AT_ONCE and (not workers or not queue.empty()):
                    group.create_task(worker())
                    workers += 1
                await queue.put(step)
            await queue.put(end)
            if not workers:
                queue.get_nowait()


def guessed_type(name: str) -> str:
    """The content type that a file's name stands for."""
    import mimetypes  # noqa: PLC0415 - reads the system's tables

    kind, encoding = mimetypes.guess_type(name, strict=False)
    if encoding is not None:  # the bytes are the archive's, whatever is in it
        return _GUESSED_OF_ENCODED.get(encoding, "application/octet-stream")
    return kind or "application/octet-stream"


def note_of(client: "AsyncClient", target: Remote, path: Path) -> Path:
    """Where the note about an upload is kept, so that the same command goes on with it."""
    origin = client.session.endpoint.origin
    what = f"{origin.scheme}://{origin.authority}\0{target.bucket}\0{target.key}\0{path.absolute()}"
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(state) / "bushel" / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def action_of(step: Step) -> Action:
    """What moving it is called."""
    if isinstance(step.target, Remote):
        return "copy" if isinstance(step.source, Remote) else "put"
    return "get"


def _note(line: TransferLine, stored: "Stored") -> None:
    line.e_tag = stored.e_tag.strip('"')
    line.version_id = stored.version_id or ""
