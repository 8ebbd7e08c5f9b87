"""Opening the LMDB environment, and what its errors mean.

Things to know, all tried: one map size in every process (LMDB needs it to agree); opened after fork, once in a process;
no read-ahead (a cold get is 0.36 ms at the 99th percentile instead of 21); a reader slot of a killed process pins pages
until ``reader_check``.

What must not be here: what is stored.
"""

import errno
import os
from pathlib import Path
from typing import Final

import lmdb

from bushel.engine.api import Corrupt, EngineError, Full, Unavailable
from bushel.engine.embedded.folder import FolderError, NewerFormat, NotADataFolder, sync_folder
from bushel.engine.embedded.keys import FORMAT_KEY

MAP_BYTES: Final = 1 << 40
"""Most that an index can grow to. Address space only; every process must say the same."""

INDEX_FORMAT: Final = 1
"""Version of the records in the index."""

_MAX_READERS: Final = 2048
_LOCK_FILE_BYTES: Final = 256 * 1024
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def open_environment(folder: Path, *, map_bytes: int = MAP_BYTES) -> lmdb.Environment:
    """Open the index in an existing folder, making an empty one where there is none.

    Raises:
        NotADataFolder: The folder holds an LMDB environment that is not an index of ours.
        NewerFormat: A later version wrote it.
        FolderError: LMDB cannot open it.
    """
    try:
        _allocate_lock_file(folder / "lock.mdb")
        environment = lmdb.open(
            str(folder),
            map_size=map_bytes,
            max_readers=_MAX_READERS,
            readahead=False,
            create=False,
            mode=0o700,
        )
    except (lmdb.Error, OSError) as error:
        raise FolderError(f"cannot open the index in {folder}: {error}") from error
    try:
        _check_format(environment, folder)
        sync_folder(folder)
    except BaseException:
        environment.close()
        raise
    return environment


def engine_error(error: lmdb.Error) -> EngineError:
    """What an error of LMDB means in the terms of the contract."""
    if is_full(error):
        return Full(str(error))
    if isinstance(error, lmdb.CorruptedError | lmdb.PageNotFoundError | lmdb.InvalidError | lmdb.BadValsizeError):
        return Corrupt(str(error))
    return Unavailable(str(error))


def is_full(error: lmdb.Error) -> bool:
    """Whether it says that there is no space: in the map, on the disk, or for this user."""
    return isinstance(error, lmdb.MapFullError | lmdb.DiskError) or any(has_errno(error, number) for number in _FULL)


def has_errno(error: lmdb.Error, number: int) -> bool:
    """Whether the system's error number was this one. (Not every release of the binding has it other than in words.)"""
    return os.strerror(number) in str(error)


def _allocate_lock_file(path: Path) -> None:
    """Give LMDB's lock file all of its blocks before it is mapped: touching a hole on a full disk is a SIGBUS.

    Never opened when it has them: closing any descriptor of it would drop the record locks that an environment already
    open in this process holds.
    """
    try:
        if path.stat().st_blocks * 512 >= _LOCK_FILE_BYTES:
            return
    except FileNotFoundError:
        pass
    if not hasattr(os, "posix_fallocate"):
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _LOCK_FILE_BYTES)
    finally:
        os.close(descriptor)


def _check_format(environment: lmdb.Environment, folder: Path) -> None:
    with environment.begin() as transaction:
        stored = transaction.get(FORMAT_KEY)
    if stored is None:
        with environment.begin(write=True) as transaction:
            stored = transaction.get(FORMAT_KEY)
            if stored is None:
                if transaction.stat()["entries"]:
                    raise NotADataFolder(f"{folder} holds a database that is not an index of ours")
                stored = b"%d" % INDEX_FORMAT
                transaction.put(FORMAT_KEY, stored)
    if not stored.isdigit():
        raise NotADataFolder(f"{folder} holds a database that is not an index of ours")
    if int(stored) > INDEX_FORMAT:
        raise NewerFormat(
            f"the index in {folder} has format {int(stored)}; this version reads formats up to {INDEX_FORMAT} "
            "and leaves it untouched"
        )
