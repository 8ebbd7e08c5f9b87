"""From arguments to steps: what ``put``, ``get``, ``cp`` and ``mv`` move where.

One object or file goes to the target's name, or into the target where that is a folder (it ends with a slash, or is one
on this machine). A folder's contents go below the target. Of several sources each keeps its name below the target.
"""

import glob
import os
import stat
from collections.abc import AsyncIterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from bushel.cli.finding import base_of, files_below, objects_below
from bushel.cli.globs import Selection, fixed_prefix, is_pattern
from bushel.cli.moving import Step, Wishes, action_of
from bushel.cli.places import Local, Place, Remote, Stream
from bushel.cli.records import TransferLine
from bushel.cli.report import Report

if TYPE_CHECKING:
    from bushel import AsyncClient

_UNSAFE_NAMES: Final = frozenset({"", ".", ".."})


class UnsafeName(OSError):
    """An object whose key would land outside of the folder that was asked for."""


class Route:
    """Where things of some sources go.

    Args:
        target: As it was given.
        wishes: Which version of sources is meant, and how they are read.
        several: There is more than one source.
        selection: Which of the things in folders are meant.
        report: Is told of what cannot be read.
        recursive: Sources that look like objects are folders.
    """

    def __init__(
        self,
        target: Place,
        wishes: Wishes,
        *,
        several: bool,
        selection: Selection,
        report: Report,
        recursive: bool = False,
    ) -> None:
        self._target = target
        self._wishes = wishes
        self._several = several
        self._selection = selection
        self._report = report
        self._recursive = recursive

    async def steps(self, client: "AsyncClient", sources: Sequence[Place]) -> AsyncIterator[Step]:
        """Every step, as it is found.

        A source that is not there, or cannot be listed, is told, and the others go on.

        Raises:
            ValueError: What is asked for makes no sense.
        """
        from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

        for source in sources:
            if isinstance(source, Remote):
                steps = self._of_remote(client, source)
            elif isinstance(source, Local):
                steps = self._of_local(source)
            else:
                steps = self._of_stream(source)
            try:
                async for step in steps:
                    yield step
            except (BushelError, OSError) as problem:
                action = action_of(Step(source, self._target))
                self._report.fail(TransferLine(action, "failed", str(source)), problem)

    async def _of_stream(self, source: Stream) -> AsyncIterator[Step]:
        if not isinstance(self._target, Remote) or self._target.is_folder:
            raise ValueError("standard input needs a whole key to go to: s3://BUCKET/KEY")
        yield Step(source, self._target)

    # --- files -----------------------------------------------------------------------------------------------------

    async def _of_local(self, source: Local) -> AsyncIterator[Step]:
        path = source.path
        if is_pattern(str(path)) and not path.exists():
            async for step in self._of_glob(str(path)):
                yield step
            return
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            folder = f"{path.resolve().name}/" if self._several else ""
            async for step in self._of_folder(path, folder):
                yield step
        elif stat.S_ISREG(status.st_mode):
            yield self._step(source, path.name, status.st_size, status.st_mtime, alone=not self._several)
        else:  # a pipe, a device: of unknown length, like standard input
            yield self._step(source, path.name, None, None, alone=not self._several)

    async def _of_glob(self, pattern: str) -> AsyncIterator[Step]:
        base = fixed_prefix(pattern).rpartition("/")[0]
        names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the pattern's own way of naming the place
        if not names:
            raise FileNotFoundError(2, "No file matches", pattern)
        for name in names:
            path = Path(name)
            relative = os.path.relpath(name, base or ".").replace(os.sep, "/")
            if path.is_dir():
                if "**" not in pattern:
                    async for step in self._of_folder(path, f"{relative}/"):
                        yield step
            elif self._selection.takes(relative):
                status = path.stat()
                yield self._step(Local(path), relative, status.st_size, status.st_mtime, alone=False)

    async def _of_folder(self, folder: Path, below: str) -> AsyncIterator[Step]:
        async for found in files_below(folder, self._selection):
            if isinstance(found, OSError):
                self._report.fail(TransferLine("put", "failed", str(found.filename)), found)
                continue
            source = Local(folder / found.relative)
            yield self._step(source, below + found.relative, found.size, found.modified, alone=False)

    # --- objects ---------------------------------------------------------------------------------------------------

    async def _of_remote(self, client: "AsyncClient", source: Remote) -> AsyncIterator[Step]:
        if not source.is_pattern and not source.is_folder and not self._recursive:
            name = source.key.rpartition("/")[2]
            step = self._step(source, name, None, None, alone=not self._several)
            yield await self._look(client, source, step)
            return
        if isinstance(self._target, Stream):
            raise ValueError("only one object at a time goes to standard output: use cat")  # noqa: TRY004 - a choice
        place = source
        if self._recursive and not source.is_folder and not source.is_pattern:
            place = Remote(source.bucket, f"{source.key}/")
        base = base_of(place)
        below = ""
        if self._several and not source.is_pattern:
            below = f"{(place.key.rstrip('/').rpartition('/')[2] or place.bucket)}/"
        any_found = False
        async for found in objects_below(client, place, self._selection, self._wishes.at):
            any_found = True
            key = base.key + found.relative
            try:
                step = self._step(
                    Remote(place.bucket, key), below + found.relative, found.size, found.modified, alone=False
                )
            except UnsafeName as problem:
                line = TransferLine("get", "failed", f"s3://{place.bucket}/{key}")
                self._report.fail(line, problem)
                continue
            yield step._replace(version_id=found.version_id)
        if not any_found and not source.is_folder:
            raise FileNotFoundError(2, "No object is there", str(source))

    async def _look(self, client: "AsyncClient", source: Remote, step: Step) -> Step:
        """The step, with what the server tells of its source."""
        from bushel.client.errors import NoSuchBucket, NotFound  # noqa: PLC0415 - not for `--help`

        wishes = self._wishes
        there = client.bucket(source.bucket).object(source.key, version_id=wishes.version_id)
        reading: dict[str, Any] = dict(wishes.reading)
        try:
            if wishes.at is not None:
                there = await there.version_at(wishes.at)
            info = await there.head(**reading)
        except NoSuchBucket:
            raise
        except NotFound:
            if wishes.version_id is not None or wishes.at is not None:
                raise
            raise FileNotFoundError(2, "No such object; a folder's address ends with a slash", str(source)) from None
        return step._replace(size=info.size, modified=info.last_modified.timestamp(), version_id=there.version_id)

    # --- targets ---------------------------------------------------------------------------------------------------

    def _step(self, source: Place, name: str, size: int | None, modified: float | None, *, alone: bool) -> Step:
        """The step for a source that would be called ``name`` below the target; ``alone``: it may take its name."""
        target = self._target
        if isinstance(target, Remote):
            key = target if alone and not target.is_folder else target.below(name)
            return Step(source, key, size, modified)
        if isinstance(target, Local):
            into = not alone or target.trailing or target.path.is_dir()
            path = below_folder(target.path, name) if into else target.path
            return Step(source, Local(path), size, modified)
        return Step(source, target, size, modified)


def below_folder(folder: Path, name: str) -> Path:
    """The file for a key below a folder.

    Raises:
        UnsafeName: It would be another folder's, or no file's.
    """
    if any(part in _UNSAFE_NAMES for part in name.split("/")) or "\0" in name:
        raise UnsafeName(None, f"no file below {folder} can have this name")
    if os.sep != "/" and os.sep in name:
        raise UnsafeName(None, f"no file below {folder} can have this name")
    return folder / PurePosixPath(name)
