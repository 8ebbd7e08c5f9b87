"""Room on the disk: when to refuse growth, and what to give back so that deleting still works.

A deletion in a copy-on-write index needs a few new pages before it frees any. So growth is refused while the file
system is still a little above full (the floor), and where others have filled it to the last byte, a file that was
allocated for this purpose (the reserve) is removed and its space used.

What must not be here: the decision which work grows the store; that is its caller's.
"""

import os
from pathlib import Path
from typing import Final

FLOOR_BYTES: Final = 64 * 1024 * 1024
"""Free space below which nothing is accepted that grows the store."""

RESERVE_BYTES: Final = 16 * 1024 * 1024
"""Size of the reserve: some four thousand index pages, where a deletion needs about twenty."""

_SCRAP_BYTES: Final = 1024 * 1024
_CHUNK: Final = bytes(1024 * 1024)


class Space:
    """The free space of one data folder. Every process of a server has its own, all looking at the same files."""

    def __init__(self, folder: Path, *, floor_bytes: int = FLOOR_BYTES, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._reserve = folder / "reserve"
        self.floor_bytes = floor_bytes
        self._reserve_bytes = reserve_bytes

    def has_room(self, inside_bytes: int = 0) -> bool:
        """Whether the store may grow. Costs one statvfs, about two microseconds.

        Args:
            inside_bytes: Free space inside a file, which deletions can use as well as that of the file system.
        """
        return self._free_bytes() + inside_bytes >= self.floor_bytes

    def is_used_up(self) -> bool:
        """Whether a write that failed can have failed for want of space, given that it may have taken what was left."""
        return self._free_bytes() < max(self.floor_bytes, _SCRAP_BYTES)

    def release_reserve(self) -> bool:
        """Give the reserve back to the file system; false where it was gone already."""
        try:
            self._reserve.unlink()
        except FileNotFoundError:
            return False
        return True

    def restore_reserve(self) -> None:
        """Make the reserve again, where it is missing and the floor is kept with it."""
        try:
            # Blocks, not size: what a crash left half done is only as long as it should be.
            if self._reserve.stat().st_blocks * 512 >= self._reserve_bytes:
                return
        except FileNotFoundError:
            pass
        if self._free_bytes() < self.floor_bytes + self._reserve_bytes:
            return
        try:
            self._allocate()
        except OSError:
            # The space went since we looked: better no reserve than a torn one that fills the disk.
            self.release_reserve()

    def _allocate(self) -> None:
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, self._reserve_bytes)
            else:
                for offset in range(0, self._reserve_bytes, len(_CHUNK)):
                    os.pwrite(descriptor, _CHUNK[: self._reserve_bytes - offset], offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _free_bytes(self) -> int:
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize
