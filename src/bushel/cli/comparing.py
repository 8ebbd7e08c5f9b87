"""Whether two things that have the same name are the same thing: by size and time, by size, or by contents."""

import asyncio
import enum
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bushel.cli.finding import Found
from bushel.cli.places import Local, Remote

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.protocol.checksums import Algorithm

_PIECE_BYTES: Final = 1 << 20
_is_md5 = re.compile("[0-9a-f]{32}").fullmatch


class Comparison(enum.Enum):
    """What makes a difference, beside the size."""

    TIME = "time"
    OTHER_TIME = "other time"
    SIZE = "size"
    CHECKSUM = "checksum"


class Side(NamedTuple):
    """One of the two: what was found of it, and where its contents are.

    Attributes:
        client: Of an object.
        reading: Members of requests that read it.
    """

    place: Local | Remote
    found: Found
    client: "AsyncClient | None" = None
    reading: Mapping[str, Any] = {}


async def differs(comparison: Comparison, source: Side, target: Side) -> bool:
    """Whether the target has to become what the source is.

    Contents are compared by the MD5 of ETags where both have one, else by the checksums that the server tells; where
    there is nothing to compare by, they differ.

    Raises:
        BushelError: The server cannot be asked.
        OSError: A file cannot be read.
    """
    if source.found.size != target.found.size:
        return True
    if comparison is Comparison.SIZE:
        return False
    if comparison is Comparison.TIME:
        # Whole seconds: that is what S3 tells, and what files that come from there have.
        return int(source.found.modified) > int(target.found.modified)
    if comparison is Comparison.OTHER_TIME:
        return int(source.found.modified) != int(target.found.modified)
    if isinstance(source.place, Remote) and isinstance(target.place, Remote):
        if source.found.e_tag == target.found.e_tag and source.found.e_tag:
            return False
        ours, theirs = await _checksum(source), await _checksum(target)
        return ours is None or ours != theirs
    local, remote = (source, target) if isinstance(source.place, Local) else (target, source)
    assert isinstance(local.place, Local)
    if _is_md5(remote.found.e_tag):
        md5 = await asyncio.to_thread(_md5_of, local.place.path)
        if md5 == remote.found.e_tag:
            return False
    told = await _checksum(remote)
    if told is None:
        return True
    from bushel.protocol.checksums import ALGORITHMS  # noqa: PLC0415 - not for `--help`

    return await asyncio.to_thread(_checksum_of, local.place.path, ALGORITHMS[told[0]]) != told[1]


async def _checksum(side: Side) -> tuple[str, str] | None:
    """The checksum of all bytes that the server tells."""
    assert isinstance(side.place, Remote)
    assert side.client is not None
    there = side.client.bucket(side.place.bucket).object(side.place.key, version_id=side.found.version_id)
    reading: dict[str, Any] = dict(side.reading)
    info = await there.head(**reading)
    told: tuple[str, str] | None = info.checksum
    return None if told is None or "-" in told[1] else told


def _md5_of(path: Path) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            hasher.update(piece)
    return hasher.hexdigest()


def _checksum_of(path: Path, algorithm: "Algorithm") -> str:
    from bushel.protocol.checksums import base64_text  # noqa: PLC0415 - not for `--help`

    hasher = algorithm.hasher()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            hasher.update(piece)
    return base64_text(hasher.digest())
