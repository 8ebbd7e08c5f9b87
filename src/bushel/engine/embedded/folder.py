"""The data folder: how it is laid out, recognised, created and locked.

::

    format     says that this is a data folder, and which format it has; written first
    lock       an exclusive flock on it keeps a second server out
    reserve    space given back when the disk is full (``space.py``)
    index/     LMDB (``index.py``)
    blobs/     sealed blobs
    pending/   blobs not yet named by the index

Everything is created for its owner alone, and files and folders are synced when they are created. What must not be
here: what the index or the blobs hold.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bushel.engine.api import EngineError

STORE_FORMAT: Final = 1
"""Version of the whole store: layout of the folder, keys of the index, format of blobs."""

INDEX: Final = "index"
BLOBS: Final = "blobs"
PENDING: Final = "pending"

_FORMAT: Final = "format"
_LOCK: Final = "lock"
_HEADLINE: Final = "bushel data folder, format "
_HARMLESS: Final = frozenset({_LOCK, "lost+found"})


class FolderError(EngineError):
    """The folder cannot be used as a data folder; the message says why, in one line."""


class NotADataFolder(FolderError):
    """The folder has something else in it. Nothing was changed."""


class NewerFormat(FolderError):
    """A later version wrote the store. Nothing was changed."""


class FolderInUse(FolderError):
    """Another server holds the folder."""


class FolderLock:
    """The exclusive hold on a data folder; forked workers share it until the last process is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Let go, unless a forked child still holds it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def acquire_folder_lock(path: str | os.PathLike[str]) -> FolderLock:
    """Take the folder for one server, creating it where it is missing. Workers and the command line do not call this.

    Raises:
        FolderInUse: Another server has it.
        NotADataFolder: It holds something else.
        NewerFormat: A later version wrote it.
    """
    folder = prepare_folder(path)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        by = f" (process {holder})" if holder.isdigit() else ""
        raise FolderInUse(f"{folder} is in use by another server{by}") from None
    # Only for the message above: on a full disk the lock is as good without it.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return FolderLock(descriptor)


def prepare_folder(path: str | os.PathLike[str]) -> Path:
    """See that ``path`` is a data folder of a format that we know, making one of a missing or empty folder.

    Any number of processes may do this at once.

    Raises:
        NotADataFolder: It holds something else.
        NewerFormat: A later version wrote it.
        FolderError: It cannot be created or read.
    """
    folder = Path(path).absolute()
    try:
        _make_folders(folder)
        if not _recognised(folder):
            _claim(folder)
        for name in (INDEX, BLOBS, PENDING):
            make_folder(folder / name)
        # Again on every opening: whoever created them may have died, or be about to, before its own sync.
        sync_folder(folder)
        with suppress(PermissionError):  # a folder above that only its owner can read
            sync_folder(folder.parent)
    except OSError as error:
        raise FolderError(f"cannot use {folder} as a data folder: {error.strerror or error}") from error
    return folder


def make_folder(folder: Path) -> None:
    """Create one folder, for its owner alone and durably, where it is missing."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    sync_folder(folder)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make what was created or removed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        make_folder(each)


def _recognised(folder: Path) -> bool:
    """Whether the folder says that it is a data folder of ours; one that says so wrongly is an error."""
    try:
        with (folder / _FORMAT).open("rb") as file:
            text = file.read(256).decode("ascii", "replace")
    except FileNotFoundError:
        return False
    number = text.removeprefix(_HEADLINE).strip()
    if not text.startswith(_HEADLINE) or not number.isdigit():
        raise NotADataFolder(f"{folder} is not a data folder: its file {_FORMAT!r} is not ours")
    if int(number) > STORE_FORMAT:
        raise NewerFormat(
            f"{folder} has format {number}; this version reads formats up to {STORE_FORMAT} and leaves it untouched"
        )
    return True


def _claim(folder: Path) -> None:
    """Write the format file, whole or not at all, into an empty folder."""
    draft = folder / f"{_FORMAT}.{os.getpid()}"
    names = [entry.name for entry in folder.iterdir()]
    others = [name for name in names if name not in _HARMLESS and not name.startswith(f"{_FORMAT}.")]
    if others:
        # Somebody who was faster may have claimed it, and gone on, since we looked.
        if _recognised(folder):
            return
        raise NotADataFolder(f"{folder} is not empty and not a data folder (it has {min(others)!r})")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{_HEADLINE}{STORE_FORMAT}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, folder / _FORMAT)
    except FileExistsError:
        _recognised(folder)
    finally:
        draft.unlink()
    sync_folder(folder)
