"""What blobs need of the operating system: descriptors that close when nobody uses them, syncs, whole writes, errors.

What must not be here: names and formats of blobs, the event loop.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from bushel.engine.api import Full, Unavailable

_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_COPY_BYTES: Final = 1024 * 1024
_NO_WAIT: Final = getattr(os, "RWF_NOWAIT", 0)
_MOST_PIECES: Final = 1024
"""IOV_MAX of Linux and macOS."""


class OpenFile:
    """A file descriptor that is closed when its last user lets go of this object.

    The thread of a cancelled call may still be using it, and a descriptor number is given to the next file at once: so
    nobody calls ``close`` who does not know that there is no such thread.
    """

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    __del__ = close


class SharedSync:
    """Syncs one directory for all threads that changed it: those who ask while a sync runs share the following one."""

    __slots__ = ("_asked", "_counting", "_directory", "_done", "_failed", "_syncing")

    def __init__(self, directory: OpenFile) -> None:
        self._directory = directory
        self._counting = threading.Lock()
        self._syncing = threading.Lock()
        self._asked = 0
        self._done = 0
        self._failed = False

    def sync(self) -> None:
        """Returns when what the caller changed before is durable.

        Raises:
            OSError: A sync failed, now or earlier. The system reports a failed write-back once only, so nothing in this
                directory can be called durable after that.
        """
        with self._counting:
            self._asked += 1
            mine = self._asked
        with self._syncing:
            if self._failed:
                raise OSError(errno.EIO, "an earlier sync of the directory failed")
            if self._done >= mine:
                return
            with self._counting:
                covered = self._asked
            try:
                os.fsync(self._directory.fd)
            except OSError:
                self._failed = True
                raise
            self._done = covered


def sync_data(fd: int) -> None:
    """Make the bytes of a file durable, and its size."""
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS: fsync leaves them in the drive's cache
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


def write_all(fd: int, pieces: Sequence[bytes | bytearray | memoryview]) -> None:
    """Append pieces, gathered in as few system calls as it takes."""
    left = [memoryview(piece) for piece in pieces]
    while left:
        written = os.writev(fd, left[:_MOST_PIECES])
        done = 0
        while done < len(left) and written >= len(left[done]):
            written -= len(left[done])
            done += 1
        del left[:done]
        if written:
            left[0] = left[0][written:]


def read_exactly(fd: int, length: int, offset: int) -> bytes:
    """``length`` bytes, fewer only where the file ends."""
    data = os.pread(fd, length, offset)
    if len(data) == length:
        return data
    pieces = [data]
    have = len(data)
    while have < length and (data := os.pread(fd, length - have, offset + have)):
        pieces.append(data)
        have += len(data)
    return b"".join(pieces)


class NotCached(Exception):
    """Reading would wait for the disk."""


def read_cached(fd: int, length: int, offset: int) -> bytearray:
    """Like ``read_exactly`` for a file that has these bytes, where they are in the page cache.

    Never waits. A hop into a thread and back costs 75 to 350 us of CPU, ten times what reading 256 KiB from the cache
    costs, so the event loop tries this first.

    Raises:
        NotCached: They are not, or cannot be asked for (macOS, some file systems).
    """
    data = bytearray(length)
    try:
        have = os.preadv(fd, [data], offset, _NO_WAIT) if _NO_WAIT else -1
    except OSError:
        have = -1
    if have != length:
        raise NotCached
    return data


def copy_file(source: int, target: int) -> None:
    """Copy a whole file into an empty one, by reference where the file system shares blocks."""
    offset = 0
    if hasattr(os, "copy_file_range"):
        with suppress(OSError):  # not between these files: what is missing is copied below
            while copied := os.copy_file_range(source, target, _COPY_BYTES, offset, offset):
                offset += copied
    os.lseek(target, offset, os.SEEK_SET)
    while data := os.pread(source, _COPY_BYTES, offset):
        write_all(target, [data])
        offset += len(data)


@contextmanager
def system_errors() -> Iterator[None]:
    """Say in the engine's words what a system call said.

    Raises:
        Full: No space, or the quota is used up.
        Unavailable: Out of descriptors or memory for the moment.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise Full(str(error)) from error
        if error.errno in _EXHAUSTED:
            raise Unavailable(str(error)) from error
        raise
