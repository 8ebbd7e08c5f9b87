"""Epochs: where blobs lie, who is writing them, and what a dead writer left behind.

An epoch is a directory ``blobs/<epoch>/`` with room for some thousand blobs, written by one process. While blobs of it
may be unnamed by the index, a marker ``pending/<epoch>`` exists, and the writer holds an flock on it for as long as it
lives. So whoever can take the lock knows that the writer is dead, and recovery looks at the blobs of dead writers only;
no record is kept for each blob. The order of steps, each a valid state:

* the marker is there, and durable, before the directory is made; it is locked before anybody can find it unlocked and
  keep it (the one who loses that race sees that the marker has no link any more, and takes another name);
* the marker goes when every blob is settled or deleted and none will follow; then the directory goes if it is empty.
  Whoever deletes a blob where there is no marker removes the directory too if that was the last one.

A clone shares its file, and the trailer in it, with its original: its own back pointer is a line in the marker, durable
before the link.

What must not be here: the content of blobs, the event loop.
"""

import base64
import errno
import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from xxhash import xxh3_64_intdigest

from bushel.core.ids import Randomness
from bushel.engine.embedded.blob_disk import OpenFile, SharedSync, sync_data, write_all
from bushel.engine.embedded.folder import BLOBS, PENDING

EPOCH_SLOTS: Final = 1024
"""Blobs in one epoch: the most files that recovery opens for one dead writer's epoch."""

_EPOCH_CHARACTERS: Final = 16
_SLOT_CHARACTERS: Final = 3
_DIGITS: Final = frozenset("0123456789abcdefghijklmnopqrstuv")
_PART: Final = ".part"
NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})
"""What ``link`` answers where it cannot, or cannot once more."""

_PROBE: Final = "probe"
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Place(NamedTuple):
    """Where a blob lies. Its name is the epoch followed by the slot in hexadecimal."""

    epoch: str
    slot: str

    @property
    def blob(self) -> bytes:
        return (self.epoch + self.slot).encode()


def parse_blob(blob: bytes) -> Place | None:
    """``None`` for what cannot be a blob of ours (so a name never leads out of the folder)."""
    text = blob.decode("latin-1")
    place = Place(text[:_EPOCH_CHARACTERS], text[_EPOCH_CHARACTERS:])
    return place if is_epoch(place.epoch) and is_slot(place.slot) else None


def is_epoch(name: str) -> bool:
    return len(name) == _EPOCH_CHARACTERS and _DIGITS.issuperset(name)


def is_slot(name: str) -> bool:
    return len(name) == _SLOT_CHARACTERS and _DIGITS.issuperset(name)


class BlobFolders:
    """The two folders, held open, and what is done to names in them."""

    __slots__ = ("blobs", "pending")

    def __init__(self, folder: Path) -> None:
        self.blobs = OpenFile(os.open(folder / BLOBS, _DIRECTORY))
        self.pending = OpenFile(os.open(folder / PENDING, _DIRECTORY))

    def open_blob(self, place: Place) -> OpenFile:
        """Raises FileNotFoundError where there is no such blob."""
        return OpenFile(os.open(f"{place.epoch}/{place.slot}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.blobs.fd))

    def link_blob(self, origin: Place, epoch: "Epoch", slot: str) -> None:
        """Give a blob a second name, durably."""
        path = f"{origin.epoch}/{origin.slot}"
        os.link(path, slot, src_dir_fd=self.blobs.fd, dst_dir_fd=epoch.directory.fd)
        epoch.sync_name(slot)

    def remove_blob(self, place: Place) -> None:
        """Remove a blob, and the epoch's directory with the last blob of an epoch that is over."""
        with suppress(FileNotFoundError):
            os.unlink(f"{place.epoch}/{place.slot}", dir_fd=self.blobs.fd)
        try:
            os.stat(place.epoch, dir_fd=self.pending.fd)
        except FileNotFoundError:
            self.remove_if_empty(place.epoch)

    def remove_if_empty(self, epoch: str) -> None:
        with suppress(OSError):  # not empty, gone already, or not ours to remove
            os.rmdir(epoch, dir_fd=self.blobs.fd)

    def remove_marker(self, epoch: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(epoch, dir_fd=self.pending.fd)
        self.remove_if_empty(epoch)

    def epochs(self) -> list[str]:
        return [name for name in list_directory(self.blobs, ".") if is_epoch(name)]

    def markers(self) -> list[str]:
        return [name for name in list_directory(self.pending, ".") if is_epoch(name)]

    def slots(self, epoch: str) -> list[str]:
        return [name for name in list_directory(self.blobs, epoch) if is_slot(name)]

    def remove_drafts(self, epoch: str) -> None:
        """Remove what was written under temporary names. For a writer that is dead or closing."""
        for name in list_directory(self.blobs, epoch):
            if name.endswith(_PART) or name == _PROBE:
                with suppress(FileNotFoundError):
                    os.unlink(f"{epoch}/{name}", dir_fd=self.blobs.fd)


def list_directory(parent: OpenFile, name: str) -> list[str]:
    """Names in order; nothing where there is no such directory."""
    try:
        directory = OpenFile(os.open(name, _DIRECTORY, dir_fd=parent.fd))
    except FileNotFoundError:
        return []
    return sorted(os.listdir(directory.fd))  # noqa: PTH208 - a path cannot name a descriptor


class Epoch:
    """An epoch that this process writes. ``writing`` and ``pending`` hold slots; only slots ``take``n are in them."""

    __slots__ = ("_free", "_sync", "_taking", "anonymous", "directory", "full", "marker", "name", "pending", "writing")

    def __init__(self, name: str, marker: OpenFile, directory: OpenFile, slots: int, *, anonymous: bool) -> None:
        self.name = name
        self.marker = marker
        self.directory = directory
        self._sync = SharedSync(directory)
        self.anonymous = anonymous
        self.writing: set[str] = set()
        self.pending: set[str] = set()
        self.full = False
        self._free = iter(range(slots))
        self._taking = threading.Lock()

    def take(self) -> Place | None:
        """The next slot, or ``None`` (and ``full``) when all were taken."""
        with self._taking:
            slot = None if self.full else next(self._free, None)
            if slot is None:
                self.full = True
                return None
            place = Place(self.name, f"{slot:0{_SLOT_CHARACTERS}x}")
            self.writing.add(place.slot)
            return place

    @property
    def over(self) -> bool:
        return self.full and not self.writing and not self.pending

    def sync_name(self, slot: str) -> None:
        """Make a name durable that a blob was just given. If that fails the name goes, and no other is given here."""
        try:
            self._sync.sync()
        except OSError:
            self.full = True
            with suppress(OSError):
                os.unlink(slot, dir_fd=self.directory.fd)
            raise

    def note_pointer(self, slot: str, back_pointer: bytes) -> None:
        """Durably say what will name a blob whose trailer says something else."""
        text = f"{slot} {back_pointer.hex()}"
        # Lines begin with a line break too, so that one cut short by a full disk spoils no other.
        write_all(self.marker.fd, [f"\n{text} {xxh3_64_intdigest(text.encode()):016x}\n".encode()])
        sync_data(self.marker.fd)


def start_epoch(folders: BlobFolders, randomness: Randomness, slots: int) -> Epoch:
    """Make a new epoch of ours, durably.

    Raises:
        OSError: Nothing of it is left then.
    """
    while True:
        name = base64.b32hexencode(randomness.token(10)).decode().lower()
        marker = _make_marker(folders.pending, name)
        if marker is None:
            continue
        try:
            os.fsync(folders.pending.fd)
            os.mkdir(name, 0o700, dir_fd=folders.blobs.fd)
            directory = OpenFile(os.open(name, _DIRECTORY, dir_fd=folders.blobs.fd))
            os.fsync(folders.blobs.fd)
            return Epoch(name, marker, directory, slots, anonymous=_can_link_anonymous(directory.fd))
        except FileExistsError:  # an old epoch of that name, whose blobs all have settled
            folders.remove_marker(name)
        except OSError:
            folders.remove_marker(name)
            raise


def _make_marker(pending: OpenFile, name: str) -> OpenFile | None:
    """``None`` where the name is in use, or recovery was faster than our lock."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    try:
        marker = OpenFile(os.open(name, flags, 0o600, dir_fd=pending.fd))
    except FileExistsError:
        return None
    return marker if _lock(marker) else None


def _lock(marker: OpenFile) -> bool:
    """Whether the marker is ours now: locked by us and still to be found."""
    try:
        fcntl.flock(marker.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(marker.fd).st_nlink > 0


def _can_link_anonymous(directory: int) -> bool:
    """Whether a file can be written first and named afterwards: not on macOS, on some file systems, without /proc."""
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        draft = OpenFile(os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=directory))
        os.link(f"/proc/self/fd/{draft.fd}", _PROBE, dst_dir_fd=directory)
        os.unlink(_PROBE, dir_fd=directory)
    except OSError:
        return False
    return True


class Draft:
    """A file without a name, or with a temporary one, that becomes a blob or nothing."""

    __slots__ = ("_epoch", "_file", "_slot")

    def __init__(self, epoch: Epoch, slot: str) -> None:
        self._epoch = epoch
        self._slot = slot
        directory = epoch.directory.fd
        if epoch.anonymous:
            fd = os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=directory)
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            fd = os.open(slot + _PART, flags, 0o600, dir_fd=directory)
        self._file = OpenFile(fd)

    @property
    def fd(self) -> int:
        return self._file.fd

    def publish(self) -> None:
        """Sync the bytes, give them their name, sync the name. If that fails there is no such name."""
        sync_data(self.fd)
        self._name()
        self.drop(published=False)
        self._epoch.sync_name(self._slot)

    def _name(self) -> None:
        directory = self._epoch.directory.fd
        if self._epoch.anonymous:
            # Only the form with a directory descriptor follows the link in /proc; the others answer EXDEV.
            os.link(f"/proc/self/fd/{self.fd}", self._slot, dst_dir_fd=directory)
            return
        part = self._slot + _PART
        try:
            os.link(part, self._slot, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            # The slot is ours alone and was never used, so this renames over nothing.
            os.rename(part, self._slot, src_dir_fd=directory, dst_dir_fd=directory)

    def drop(self, published: bool) -> None:
        """Remove the temporary name, and the blob's where it has been published."""
        directory = self._epoch.directory.fd
        if not self._epoch.anonymous:
            with suppress(FileNotFoundError):
                os.unlink(self._slot + _PART, dir_fd=directory)
        if published:
            with suppress(FileNotFoundError):
                os.unlink(self._slot, dir_fd=directory)


class DeadEpoch:
    """The epoch of a dead writer, held by who recovers it. ``left`` are slots not yet settled or deleted."""

    __slots__ = ("left", "marker", "name", "pointers")

    def __init__(self, name: str, marker: OpenFile, left: set[str], pointers: dict[str, bytes]) -> None:
        self.name = name
        self.marker = marker
        self.left = left
        self.pointers = pointers

    @classmethod
    def claim(cls, folders: BlobFolders, name: str) -> Self | None:
        """``None`` where the writer lives, or somebody else recovers it or has done so. Drafts are removed."""
        try:
            marker = OpenFile(os.open(name, os.O_RDWR | os.O_CLOEXEC, dir_fd=folders.pending.fd))
        except FileNotFoundError:
            return None
        if not _lock(marker):
            return None
        folders.remove_drafts(name)
        return cls(name, marker, set(folders.slots(name)), _noted_pointers(marker))


def _noted_pointers(marker: OpenFile) -> dict[str, bytes]:
    noted = {}
    content = os.pread(marker.fd, os.fstat(marker.fd).st_size, 0)
    for line in content.splitlines():
        text, _, digest = line.rpartition(b" ")
        slot, _, pointer = text.partition(b" ")
        if text and digest == b"%016x" % xxh3_64_intdigest(text):
            noted[slot.decode()] = bytes.fromhex(pointer.decode())
    return noted
