"""The blob half of the engine contract, on plain files: ``BlobStore``.

How a blob looks is told in ``blob_format``, where it lies and how dead writers are noticed in ``blob_epochs``, how it
is read and written in ``blob_files``. Here is the bookkeeping of one process, and what is done to blobs as a whole.
What must not be here: the index.
"""

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bushel.core.ids import Randomness
from bushel.engine.api import MAX_SCAN_CELLS, BlobNotFound, BlobReader, BlobWriter, Closed, Corrupt, Full, PendingBlob
from bushel.engine.embedded.blob_disk import NotCached, OpenFile, copy_file, read_cached, read_exactly, system_errors
from bushel.engine.embedded.blob_epochs import (
    EPOCH_SLOTS,
    NO_LINKS,
    BlobFolders,
    DeadEpoch,
    Draft,
    Epoch,
    Place,
    parse_blob,
    start_epoch,
)
from bushel.engine.embedded.blob_files import FileBlobReader, FileBlobWriter, Reading, open_verified, read_trailer
from bushel.engine.embedded.blob_format import MAX_BACK_POINTER_BYTES, Trailer
from bushel.engine.embedded.folder import BLOBS, PENDING, make_folder

Opened = tuple[OpenFile, Trailer, bytes | bytearray | Corrupt | None]

_WARM_BLOBS: Final = 4096
"""So many blobs that were opened last are opened by the loop itself: the system still has their directory entries, so
that it does not wait for the disk, and a hop into a thread would cost more than everything else."""

_stores: "weakref.WeakSet[BlobStore]" = weakref.WeakSet()


class BlobStore:
    """Blobs of one data folder, as one process sees them.

    Open it after forking. A forked child that inherits one finds it closed, and the parent's claims untouched.

    Args:
        folder: The data folder; ``blobs/`` and ``pending/`` in it are made where they are missing.
        randomness: Makes the names of epochs.
        executor: Runs everything that may wait for the disk. Shut it down after ``close``.
        has_room: Whether the store may grow; asked before every blob and every MiB.
        epoch_slots: Blobs in one epoch, at most 4096.
    """

    def __init__(
        self,
        folder: Path,
        *,
        randomness: Randomness,
        executor: Executor,
        has_room: Callable[[], bool],
        epoch_slots: int = EPOCH_SLOTS,
    ) -> None:
        for name in (BLOBS, PENDING):
            make_folder(folder / name)
        self._folders = BlobFolders(folder)
        self._randomness = randomness
        self._executor = executor
        self.has_room = has_room
        self._slots = epoch_slots
        self._starting = threading.Lock()
        self._current: Epoch | None = None
        self._ours: dict[str, Epoch] = {}
        self._dead: dict[str, DeadEpoch] = {}
        self._jobs: set[Future[Any]] = set()
        self._tidying: set[asyncio.Task[None]] = set()
        self._warm: dict[bytes, None] = {}
        self._closed = False
        _stores.add(self)

    async def close(self) -> None:
        """Finish what is under way and let go. What is pending then is for recovery, like a dead writer's."""
        if self._closed:
            return
        while self._tidying:
            await asyncio.wait(self._tidying)
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._executor, self._release, list(self._jobs))

    def _release(self, under_way: list[Future[Any]]) -> None:
        wait(under_way)
        for epoch in self._ours.values():
            if not epoch.anonymous:
                self._folders.remove_drafts(epoch.name)
            if not epoch.pending:
                self._folders.remove_marker(epoch.name)
        self._forget()

    def _forget(self) -> None:
        """Let go of the locks. The files stay as they are."""
        markers = [epoch.marker for epoch in self._ours.values()] + [epoch.marker for epoch in self._dead.values()]
        for marker in markers:
            marker.close()
        self._ours.clear()
        self._dead.clear()
        self._current = None

    def after_fork(self) -> None:
        """In a forked child: closed. The parent's locks hold as long as the parent has them open."""
        self._closed = True
        self._forget()

    # writing

    async def create_blob(self, back_pointer: bytes) -> BlobWriter:
        epoch, place = await self._take_slot(back_pointer)
        return FileBlobWriter(self, epoch, place, back_pointer)

    async def clone_blob(self, blob: bytes, back_pointer: bytes) -> bytes:
        origin = parse_blob(blob)
        if origin is None:
            raise BlobNotFound(repr(blob))
        epoch, place = await self._take_slot(back_pointer)
        epoch.pending.add(place.slot)
        job = None
        try:
            job = self.start(self._clone, origin, epoch, place.slot, bytes(back_pointer))
            await asyncio.shield(job)
        except Exception:
            self.finish(epoch, place.slot, pending=False)
            raise
        except asyncio.CancelledError:
            if job:
                self.tidy(asyncio.ensure_future(self._undo_clone(job, epoch, place)))
            raise
        self.finish(epoch, place.slot, pending=True)
        return place.blob

    def _clone(self, origin: Place, epoch: Epoch, slot: str, back_pointer: bytes) -> None:
        with system_errors():
            try:
                source = self._folders.open_blob(origin)
                epoch.note_pointer(slot, back_pointer)
                self._folders.link_blob(origin, epoch, slot)
            except FileNotFoundError:
                raise BlobNotFound(repr(origin.blob)) from None
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                draft = Draft(epoch, slot)
                try:
                    copy_file(source.fd, draft.fd)
                    draft.publish()
                except OSError:
                    draft.drop(published=False)
                    raise

    async def _undo_clone(self, job: "asyncio.Future[Any]", epoch: Epoch, place: Place) -> None:
        await asyncio.wait([job])
        if not job.cancelled():
            job.exception()
        with suppress(Closed):  # closing leaves what is pending to recovery
            await self.start(self._folders.remove_blob, place)
            self.finish(epoch, place.slot, pending=False)

    async def _take_slot(self, back_pointer: bytes) -> tuple[Epoch, Place]:
        if len(back_pointer) > MAX_BACK_POINTER_BYTES:
            raise ValueError(f"a back pointer has at most {MAX_BACK_POINTER_BYTES} bytes, not {len(back_pointer)}")
        self._check_open()
        if not self.has_room():
            raise Full("no room for another blob")
        while True:
            epoch = self._current
            if epoch and (place := epoch.take()):
                return epoch, place
            await self.start(self._next_epoch, epoch)

    def _next_epoch(self, full: Epoch | None) -> None:
        with self._starting:
            if self._current is not full:
                return
            with system_errors():
                self._current = epoch = start_epoch(self._folders, self._randomness, self._slots)
            self._ours[epoch.name] = epoch
        if full and full.over:
            self._bury(full)

    # reading

    async def open_blob(self, blob: bytes) -> BlobReader:
        self._check_open()
        place = parse_blob(blob)
        if place is None:
            raise BlobNotFound(repr(blob))
        if blob in self._warm:
            try:
                return FileBlobReader(self, *self._open(place, read_cached))
            except NotCached:
                pass
        opened: Opened = await self.look(self._open, place, read_exactly)
        self._keep_warm(blob)
        return FileBlobReader(self, *opened)

    def _open(self, place: Place, read: Reading) -> Opened:
        with system_errors():
            try:
                file = self._folders.open_blob(place)
            except FileNotFoundError:
                raise BlobNotFound(repr(place.blob)) from None
            return file, *open_verified(file, read)

    def _keep_warm(self, blob: bytes) -> None:
        self._warm[blob] = None
        while len(self._warm) > _WARM_BLOBS:
            self._warm.pop(next(iter(self._warm)), None)

    async def list_blobs(self, after: bytes = b"", limit: int = MAX_SCAN_CELLS) -> list[bytes]:
        names: list[bytes] = await self.look(self._list, after, limit)
        return names

    def _list(self, after: bytes, limit: int) -> list[bytes]:
        names: list[bytes] = []
        for epoch in self._folders.epochs():
            if epoch.encode() < after[: len(epoch)]:
                continue
            slots = self._folders.slots(epoch)
            names += [blob for blob in (Place(epoch, slot).blob for slot in slots) if blob > after]
            if len(names) >= limit:
                break
        return names[:limit]

    # pending

    def settle(self, blobs: Sequence[bytes]) -> None:
        self._check_open()
        for blob in blobs:
            if over := self._settle(parse_blob(blob)):
                self._later(self._bury, over)

    def _settle(self, place: Place | None) -> Epoch | DeadEpoch | None:
        """Returns the blob's epoch where it is over now."""
        if place is None:
            return None
        if epoch := self._ours.get(place.epoch):
            epoch.pending.discard(place.slot)
            return epoch if epoch.over else None
        if dead := self._dead.get(place.epoch):
            dead.left.discard(place.slot)
            return None if dead.left else dead
        return None

    async def delete_blob(self, blob: bytes) -> None:
        self._check_open()
        if place := parse_blob(blob):
            await self.start(self._delete, place)

    def _delete(self, place: Place) -> None:
        self._folders.remove_blob(place)
        if over := self._settle(place):
            self._bury(over)

    async def pending_blobs(self) -> list[PendingBlob]:
        found: list[PendingBlob] = await asyncio.shield(self.start(self._recover))
        return found

    def _recover(self) -> list[PendingBlob]:
        with system_errors():
            for name in self._folders.markers():
                if name in self._ours or name in self._dead:
                    continue
                if dead := DeadEpoch.claim(self._folders, name):
                    self._dead[name] = dead
            dying = list(self._dead.values())
            found = [blob for dead in dying for blob in self._left_in(dead)]
            for dead in dying:
                if not dead.left:
                    self._bury(dead)
            return found

    def _left_in(self, dead: DeadEpoch) -> list[PendingBlob]:
        found = []
        for slot in sorted(dead.left):
            place = Place(dead.name, slot)
            pointer = dead.pointers.get(slot)
            try:
                if pointer is None:
                    pointer = read_trailer(self._folders.open_blob(place)).back_pointer
            except FileNotFoundError:  # deleted meanwhile
                dead.left.discard(slot)
            except Corrupt:
                # The index may well name it, and only the trailer could say where: it is left for scrubbing to find.
                dead.left.discard(slot)
            else:
                found.append(PendingBlob(place.blob, pointer))
        return found

    def _bury(self, epoch: Epoch | DeadEpoch) -> None:
        """The epoch is over: nothing in it is pending, and nothing will be written in it."""
        among = self._ours if isinstance(epoch, Epoch) else self._dead
        if among.pop(epoch.name, None):
            self._folders.remove_marker(epoch.name)
            epoch.marker.close()

    # what writers and readers need

    def start(self, job: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        return asyncio.wrap_future(self._later(job, *arguments))

    async def look(self, job: Callable[..., Any], *arguments: Any) -> Any:
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._executor, job, *arguments)

    def finish(self, epoch: Epoch, slot: str, *, pending: bool) -> None:
        epoch.writing.discard(slot)
        if not pending:
            epoch.pending.discard(slot)
        if epoch.over and not self._closed:
            self._later(self._bury, epoch)

    def tidy(self, job: "asyncio.Task[None]") -> None:
        self._tidying.add(job)
        job.add_done_callback(self._tidying.discard)

    def _later(self, job: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._check_open()
        future = self._executor.submit(job, *arguments)
        self._jobs.add(future)
        future.add_done_callback(self._jobs.discard)
        return future

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("the engine was closed")


def _after_fork() -> None:
    for store in _stores:
        store.after_fork()


os.register_at_fork(after_in_child=_after_fork)
