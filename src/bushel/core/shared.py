"""Memory that the processes of one server share, and locks that their holder's death releases.

Made before the processes are forked; whoever is forked later has it too, so it outlives any of them but the parent.
Nothing of it is kept on a disk. What must not be here: what is kept in it.
"""

import fcntl
import mmap
import os
import tempfile
import weakref
from typing import Final


class SharedMemory:
    """Some memory, zero at first.

    Attributes:
        view: All of it, writable.
    """

    def __init__(self, size: int) -> None:
        self._file: Final = _new_file()
        weakref.finalize(self, os.close, self._file)
        os.truncate(self._file, size)
        self.view = memoryview(mmap.mmap(self._file, size))

    def try_lock(self, number: int) -> bool:
        """Take one of any number of locks, if no other process has it. A process may take it as often as it likes.

        The system lets go of it when this process ends, however it does.
        """
        try:
            # Locks of POSIX belong to the process, not to the open file, which all of the family share.
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def unlock(self, number: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)


class SharedTurn:
    """One of the locks, as a turn that is taken and given."""

    def __init__(self, memory: SharedMemory, number: int) -> None:
        self._memory = memory
        self._number = number

    def take(self) -> bool:
        return self._memory.try_lock(self._number)

    def give(self) -> None:
        self._memory.unlock(self._number)


def _new_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("bushel", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:  # macOS: on a disk, which is written to now and then
        return os.dup(file.fileno())
