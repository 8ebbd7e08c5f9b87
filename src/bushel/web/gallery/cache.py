"""Small pictures that were made already, by a name that no other picture ever has.

On disk, in a folder below the data folder that anybody may delete at any time, within a bound of bytes that all worker
processes of a server keep together; or in memory, for stores that have no folder and for what is encrypted where it
came from. Nothing here is durable, and nothing is believed: a file says what it holds by a checksum, so that one cut
short by a power failure is as good as none. What must not be here: who may see what.
"""

import logging
import os
import struct
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from xxhash import xxh3_64_intdigest

from bushel.core.clock import Clock
from bushel.core.ids import Randomness

_HEAD: Final = struct.Struct(">4sQ")
_MAGIC: Final = b"bgt1"
_SECOND_NS: Final = 1_000_000_000

_TOUCH_SECONDS: Final = 3600
"""A file that is used is marked as used no more often than this."""

FORGOTTEN_SECONDS: Final = 30 * 86_400
"""What nobody looked at for so long goes, whether there is room or not: its picture may be gone long since."""

_ABANDONED_SECONDS: Final = 3600
"""A file that was begun so long ago and not finished is a dead process's."""

_TRIM_EVERY: Final = 64
"""Pictures kept by a process between two looks at what there is in all."""

_LEFT_AFTER_TRIM: Final = 0.8

_log: Final = logging.getLogger(__name__)


class Cache(Protocol):
    """Where small pictures are kept. Both methods may wait for a disk and are called in threads."""

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, picture: bytes) -> None: ...


class MemoryCache:
    """The most recently used ones, in this process."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, name: str) -> bytes | None:
        picture = self._kept.get(name)
        if picture is not None:
            self._kept.move_to_end(name)
        return picture

    def put(self, name: str, picture: bytes) -> None:
        if name in self._kept or len(picture) > self._limit_bytes:
            return
        self._kept[name] = picture
        self._bytes += len(picture)
        while self._bytes > self._limit_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)


class _File(NamedTuple):
    used_ns: int
    size: int
    path: str


class FolderCache:
    """Files in a folder, which is made when there is something to keep.

    Args:
        folder: Its own; whatever is in it may be deleted.
        limit_bytes: Most that it holds, give or take what all processes keep between two looks. It also keeps away from
            a disk that has less than so much left.
    """

    def __init__(self, folder: Path, limit_bytes: int, clock: Clock, randomness: Randomness) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._randomness = randomness
        self._until_trim = 1

    def get(self, name: str) -> bytes | None:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                raw = file.read()
                used = os.fstat(file.fileno()).st_mtime_ns
        except OSError:
            return None
        picture = _checked(raw)
        if picture is None:
            with suppress(OSError):
                path.unlink()
            return None
        now = self._clock.now_ns()
        if now - used > _TOUCH_SECONDS * _SECOND_NS:
            with suppress(OSError):
                os.utime(path, ns=(now, now))
        return picture

    def put(self, name: str, picture: bytes) -> None:
        path = self._path(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._until_trim -= 1
            if self._until_trim <= 0:
                self._until_trim = _TRIM_EVERY
                self._trim()
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize < self._limit_bytes:
                return
            begun = path.with_name(f"{name}.{self._randomness.token(6).hex()}.new")
            try:
                descriptor = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_HEAD.pack(_MAGIC, xxh3_64_intdigest(picture)) + picture)
                now = self._clock.now_ns()
                os.utime(begun, ns=(now, now))
                begun.replace(path)
            except OSError:
                with suppress(OSError):
                    begun.unlink()
                raise
        except OSError as problem:
            _log.debug("a small picture was not kept: %s", problem)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _trim(self) -> None:
        """Delete what is forgotten, and then what was used longest ago until there is room."""
        now = self._clock.now_ns()
        files, total = [], 0
        for file in self._files():
            seconds = (now - file.used_ns) / _SECOND_NS
            if seconds > (_ABANDONED_SECONDS if file.path.endswith(".new") else FORGOTTEN_SECONDS):
                _delete(file.path)
            else:
                files.append(file)
                total += file.size
        if total <= self._limit_bytes:
            return
        for file in sorted(files):
            if total <= self._limit_bytes * _LEFT_AFTER_TRIM:
                break
            _delete(file.path)
            total -= file.size

    def _files(self) -> Iterator[_File]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as folders:
            for folder in folders:
                with suppress(OSError), os.scandir(folder.path) as entries:
                    for entry in entries:
                        with suppress(OSError):
                            status = entry.stat(follow_symlinks=False)
                            yield _File(status.st_mtime_ns, status.st_size, entry.path)


def _checked(raw: bytes) -> bytes | None:
    if len(raw) <= _HEAD.size:
        return None
    magic, check = _HEAD.unpack_from(raw)
    picture = raw[_HEAD.size :]
    return picture if magic == _MAGIC and xxh3_64_intdigest(picture) == check else None


def _delete(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - thousands of them
