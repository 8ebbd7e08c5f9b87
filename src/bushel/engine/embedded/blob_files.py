"""Reading and writing one blob: the system calls, made in threads, and the awaitable faces before them.

What must not be here: which blobs there are, what is pending, recovery.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from bushel.engine.api import SEGMENT_BYTES, Closed, Corrupt, Full
from bushel.engine.embedded.blob_disk import NotCached, OpenFile, read_cached, read_exactly, system_errors, write_all
from bushel.engine.embedded.blob_epochs import Draft, Epoch, Place
from bushel.engine.embedded.blob_format import SegmentHasher, Trailer, parse_footer, parse_trailer

BUFFER_BYTES: Final = 1024 * 1024
"""What a writer gathers before it troubles a thread; a second buffer fills meanwhile."""

_SMALL_BYTES: Final = 4096
"""Pieces below this are copied together: a hostile client may send single bytes, and each would be an object."""

_CACHED_BYTES: Final = 1024 * 1024
"""Most that the loop reads from the page cache by itself: 0.15 ms, verified."""

_TAIL_BYTES: Final = 4096
"""Read at the end of a file at first: holds the whole trailer of most blobs up to a hundred MiB."""


class Work(Protocol):
    """What writers and readers need of their store."""

    def start(self, job: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        """Run ``job`` in a thread; whoever closes the store waits for it. Raises Closed."""

    async def look(self, job: Callable[..., Any], *arguments: Any) -> Any:
        """Run a job that changes nothing in a thread. Raises Closed."""

    def has_room(self) -> bool: ...

    def finish(self, epoch: Epoch, slot: str, *, pending: bool) -> None:
        """The slot is not being written any more; ``pending`` says whether a blob is there now."""

    def tidy(self, job: "asyncio.Task[None]") -> None:
        """Keep a task alive, and wait for it when closing."""


class FileBlobWriter:
    """A ``BlobWriter``. Jobs of one writer run one after the other, while the loop fills the next buffer."""

    __slots__ = (
        "_back_pointer",
        "_buffered",
        "_draft",
        "_epoch",
        "_hasher",
        "_job",
        "_pieces",
        "_published",
        "_slot",
        "_state",
        "_tail",
        "_work",
        "blob",
    )

    def __init__(self, work: Work, epoch: Epoch, place: Place, back_pointer: bytes) -> None:
        self.blob = place.blob
        self._work = work
        self._epoch = epoch
        self._slot = place.slot
        self._back_pointer = bytes(back_pointer)
        self._state = "open"
        self._pieces: list[bytes | bytearray] = []
        self._tail = bytearray()
        self._buffered = 0
        self._job: asyncio.Future[Any] | None = None
        # Touched by the jobs only:
        self._hasher = SegmentHasher()
        self._draft: Draft | None = None
        self._published = False

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._check_open()
        if len(data) < _SMALL_BYTES:
            self._tail += data
        else:
            if self._tail:
                self._pieces.append(self._tail)
                self._tail = bytearray()
            self._pieces.append(data if type(data) is bytes else bytes(data))
        self._buffered += len(data)
        if self._buffered >= BUFFER_BYTES:
            await self._settle_job()
            if not self._work.has_room():
                self._state = "failed"
                raise Full("no room for more data")
            self._job = self._work.start(self._append, self._take_pieces())

    async def seal(self) -> int:
        self._check_open()
        await self._settle_job()
        self._state = "sealing"
        self._epoch.pending.add(self._slot)
        self._job = self._work.start(self._publish, self._take_pieces())
        await self._settle_job()
        # Not reached when this fails or is cancelled: then the slot is pending until discard has seen to it.
        self._state = "sealed"
        self._draft = None
        self._work.finish(self._epoch, self._slot, pending=True)
        return self._hasher.size_bytes

    async def discard(self) -> None:
        if self._state in ("sealed", "gone"):
            return
        self._state = "gone"
        self._pieces.clear()
        self._tail.clear()
        # A task of its own: a cancelled request must not leave half of this undone.
        cleaning = asyncio.ensure_future(self._clean())
        self._work.tidy(cleaning)
        await asyncio.shield(cleaning)

    async def _clean(self) -> None:
        job, self._job = self._job, None
        if job:
            await asyncio.wait([job])
            if not job.cancelled():
                job.exception()  # seen: it is why we are here, or of no interest any more
        draft, self._draft = self._draft, None
        try:
            if draft and (self._published or not self._epoch.anonymous):
                await self._work.start(draft.drop, self._published)
        except Closed:  # closing removes drafts, and leaves what is pending to recovery
            return
        self._work.finish(self._epoch, self._slot, pending=False)

    def _check_open(self) -> None:
        if self._state != "open":
            raise ValueError(f"the blob writer is {self._state}")

    def _take_pieces(self) -> list[bytes | bytearray]:
        pieces = [*self._pieces, self._tail] if self._tail else self._pieces
        self._pieces = []
        self._tail = bytearray()
        self._buffered = 0
        return pieces

    async def _settle_job(self) -> None:
        """Wait for the job under way. When we are cancelled it goes on, and ``discard`` waits for it."""
        if self._job is None:
            return
        try:
            await asyncio.shield(self._job)
        except Exception:
            self._state = "failed"
            raise
        self._job = None

    # in a thread

    def _append(self, pieces: list[bytes | bytearray]) -> None:
        for piece in pieces:
            self._hasher.update(piece)
        self._write(pieces)

    def _publish(self, pieces: list[bytes | bytearray]) -> None:
        for piece in pieces:
            self._hasher.update(piece)
        draft = self._write([*pieces, self._hasher.trailer(self._back_pointer)])
        with system_errors():
            draft.publish()
        self._published = True

    def _write(self, pieces: list[bytes | bytearray]) -> Draft:
        with system_errors():
            if self._draft is None:
                self._draft = Draft(self._epoch, self._slot)
            write_all(self._draft.fd, pieces)
        return self._draft


class FileBlobReader:
    """A ``BlobReader``. A blob of one segment was read when it was opened, since it is verified whole anyway."""

    __slots__ = ("_closed", "_content", "_file", "_trailer", "_work", "size_bytes")

    def __init__(
        self, work: Work, file: OpenFile, trailer: Trailer, content: bytes | bytearray | Corrupt | None
    ) -> None:
        self._work = work
        self._closed = False
        self._file: OpenFile | None = file if content is None else None
        self._trailer = trailer
        self._content = content
        self.size_bytes = trailer.size_bytes

    async def read(self, offset: int, length: int) -> bytes:
        if self._closed:
            raise ValueError("the blob reader was closed")
        if offset < 0:
            raise ValueError(f"no offset in a blob: {offset}")
        end = min(offset + length, self.size_bytes)
        if offset >= end:
            return b""
        content = self._content
        if content is None:
            assert self._file
            if end - offset <= _CACHED_BYTES:
                with suppress(NotCached):
                    return read_verified(self._file, self._trailer, offset, end, read_cached)
            data: bytes = await self._work.look(read_verified, self._file, self._trailer, offset, end)
            return data
        if isinstance(content, Corrupt):
            raise Corrupt(str(content))
        return bytes(memoryview(content)[offset:end])

    async def close(self) -> None:
        self._closed = True
        self._file = None
        self._content = None


# called in a thread, or by the loop with ``read_cached``

Reading = Callable[[int, int, int], bytes | bytearray]


def open_verified(file: OpenFile, read: Reading = read_exactly) -> tuple[Trailer, bytes | bytearray | Corrupt | None]:
    """Read the trailer of a blob, and the blob where it has one segment only.

    Raises:
        Corrupt: The trailer is damaged. (Damaged content is returned: it concerns who reads it.)
    """
    trailer = read_trailer(file, read)
    if not 0 < trailer.size_bytes <= SEGMENT_BYTES:
        return trailer, None
    content = read(file.fd, trailer.size_bytes, 0)
    try:
        trailer.verify(0, content)
    except Corrupt as damage:
        return trailer, Corrupt(str(damage))  # without the traceback, which would keep the bytes
    return trailer, content


def read_trailer(file: OpenFile, read: Reading = read_exactly) -> Trailer:
    total = os.fstat(file.fd).st_size
    tail = read(file.fd, min(total, _TAIL_BYTES), max(0, total - _TAIL_BYTES))
    footer = parse_footer(tail, total)
    length = footer.trailer_bytes
    if length > len(tail):
        tail = read(file.fd, length, total - length)
    return parse_trailer(tail[-length:], footer)


def read_verified(file: OpenFile, trailer: Trailer, offset: int, end: int, read: Reading = read_exactly) -> bytes:
    """Bytes ``[offset, end)`` of a blob, every touched segment verified."""
    first = offset // SEGMENT_BYTES
    start = first * SEGMENT_BYTES
    stop = min(-(-end // SEGMENT_BYTES) * SEGMENT_BYTES, trailer.size_bytes)
    data = read(file.fd, stop - start, start)
    if len(data) != stop - start:
        raise Corrupt("the blob is shorter than its trailer said")
    trailer.verify(first, data)
    if start == offset and stop == end:
        return bytes(data)  # no copy where it is bytes already
    with memoryview(data) as view:
        return bytes(view[offset - start : end - start])
