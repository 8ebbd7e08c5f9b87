"""What is below a place: objects of a bucket by folder or pattern, files of a folder, both in the order of keys."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bushel.cli.globs import Selection, compile_pattern, fixed_prefix
from bushel.cli.places import Remote

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.client.entries import VersionEntry

_BATCH: Final = 512


class Found(NamedTuple):
    """A file or an object.

    Attributes:
        relative: Its path below the place that was searched, ``/`` between names.
        size: Bytes.
        modified: Seconds since 1970.
        e_tag: Of an object, without quotes.
        version_id: Of an object as it was at a moment; else ``None``.
    """

    relative: str
    size: int
    modified: float
    e_tag: str = ""
    version_id: str | None = None


EVERYTHING: Final = Selection()


async def objects_below(
    client: "AsyncClient", place: Remote, selection: Selection = EVERYTHING, at: datetime | None = None
) -> AsyncIterator[Found]:
    """Objects whose key begins with the place's, or matches it where it is a pattern; ``relative`` to its last folder.

    Markers of folders (empty objects whose key ends with a slash) are left out. With ``at`` it is as it was then.

    Raises:
        BushelError: They cannot be listed.
    """
    prefix, matches = _searched(place)
    base = prefix.rpartition("/")[0]
    skip = len(base) + 1 if base else 0
    async for entry in client.bucket(place.bucket).objects(prefix, at=at):
        if matches is not None and not matches.fullmatch(entry.key):
            continue
        relative = entry.key[skip:]
        if (entry.key.endswith("/") and not entry.size) or not selection.takes(relative):
            continue
        stored = entry.last_modified.timestamp()
        yield Found(relative, entry.size, stored, entry.e_tag.strip('"'), entry.version_id)


async def versions_below(
    client: "AsyncClient", place: Remote, selection: Selection = EVERYTHING, *, recursive: bool = True
) -> "AsyncIterator[VersionEntry]":
    """Versions and delete markers of the keys that begin with the place's, or match it; else of this very key.

    Raises:
        BushelError: They cannot be listed.
    """
    prefix, matches = _searched(place)
    skip = len(base_of(place).key)
    async for each in client.bucket(place.bucket).versions(prefix):
        if matches is None and not recursive and each.key != place.key:
            return  # of the keys that begin so, this one comes first
        if (matches is None or matches.fullmatch(each.key)) and selection.takes(each.key[skip:]):
            yield each


def _searched(place: Remote) -> tuple[str, re.Pattern[str] | None]:
    """What the keys begin with, and what else they have to match."""
    if place.is_pattern:
        return fixed_prefix(place.key), compile_pattern(place.key)
    return place.key, None


def base_of(place: Remote) -> Remote:
    """The folder that ``objects_below`` counts from."""
    prefix = fixed_prefix(place.key) if place.is_pattern else place.key
    folder = prefix.rpartition("/")[0]
    return Remote(place.bucket, f"{folder}/" if folder else "")


async def files_below(folder: Path, selection: Selection = EVERYTHING) -> AsyncIterator[Found | OSError]:
    """Files below a folder in the order of the keys that they would have; links are followed, but not in circles.

    What cannot be read is given as the error. Sockets, pipes and devices are left out.
    """
    walk = _walk(folder, "", (), selection)
    while batch := await asyncio.to_thread(lambda: list(islice(walk, _BATCH))):
        for each in batch:
            yield each


def _walk(
    folder: Path, below: str, above: tuple[tuple[int, int], ...], selection: Selection
) -> Iterator[Found | OSError]:
    try:
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            yield OSError(40, "Too many levels of symbolic links", str(folder))
            return
        entries = [(entry.name, entry, entry.is_dir()) for entry in os.scandir(folder)]
    except OSError as problem:
        yield problem
        return
    # A folder sorts as its name with the slash does, as the keys of its files will.
    entries.sort(key=lambda each: (each[0] + "/" if each[2] else each[0]).encode("utf-8", "surrogateescape"))
    for name, entry, is_folder in entries:
        relative = below + name
        if is_folder:
            yield from _walk(Path(entry.path), f"{relative}/", (*above, here), selection)
            continue
        if not selection.takes(relative):
            continue
        try:
            found = entry.stat()
        except OSError as problem:
            yield problem
            continue
        if stat.S_ISREG(found.st_mode):
            yield Found(relative, found.st_size, found.st_mtime)
