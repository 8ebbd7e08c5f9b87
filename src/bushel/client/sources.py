"""What callers hand in to be stored, made into bytes: buffers, text files' bytes, files, file-like objects, iterators.

A source is read once, from its beginning to its end, in pieces of the size that is asked for. Whatever may block is
read in a thread. What must not be here: how much is read ahead, where it goes.
"""

import asyncio
import contextlib
import io
import mmap
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from bushel.client.errors import ObjectChanged

Buffer = bytes | bytearray | memoryview


class Readable(Protocol):
    """An object like a binary file that can be read."""

    def read(self, size: int = ..., /) -> bytes: ...


Data = Buffer | str | os.PathLike[str] | Readable | Iterable[bytes] | AsyncIterable[bytes]
"""What can be stored: bytes, text (as UTF-8), the file at a path, an object with ``read``, an iterator of bytes."""

_AT_ONCE_BYTES: Final = 256 << 10
"""A local file up to this is read without a thread, which would take longer than the file."""


_OWN_PAGES_BYTES: Final = 1 << 20


class Source(Protocol):
    """Something to be stored.

    Attributes:
        length: Bytes that are left, if that is known.
    """

    length: int | None

    async def take(self, size: int) -> Buffer:
        """The next ``size`` bytes; fewer only at the end."""

    async def check(self) -> None:
        """Raise ObjectChanged if what was read is known to be no longer what was there at first."""

    async def close(self) -> None:
        """Free what was opened here; what the caller opened stays open."""


def open_source(data: Data) -> Source:
    """The source for what a caller handed in.

    Raises:
        TypeError: It is nothing that can be stored.
        OSError: The file cannot be opened.
    """
    if isinstance(data, str):
        data = data.encode()
    if isinstance(data, bytes | bytearray | memoryview):
        return BufferSource(data)
    if isinstance(data, os.PathLike):
        return FileSource.open(Path(data))
    read = getattr(data, "read", None)
    if callable(read):
        return ReadableSource(data, read)
    if isinstance(data, AsyncIterable):
        return IteratorSource(aiter(data))
    if isinstance(data, Iterable):
        return IteratorSource(_in_threads(iter(data)))
    raise TypeError(f"{type(data).__name__} cannot be stored: bytes, str, a path, a file or an iterator of bytes can")


class BufferSource:
    """Bytes that are here."""

    def __init__(self, data: Buffer) -> None:
        self._view = memoryview(data).cast("B") if not isinstance(data, bytes) else memoryview(data)
        self._at = 0
        self.length: int | None = len(self._view)

    async def take(self, size: int) -> Buffer:
        piece = self._view[self._at : self._at + size]
        self._at += len(piece)
        self.length = len(self._view) - self._at
        return piece

    async def check(self) -> None:
        pass

    async def close(self) -> None:
        pass


class FileSource:
    """A local file, which must stay as it is while it is read.

    Attributes:
        mtime_ns: When it was changed last.
    """

    def __init__(self, path: Path, file: io.FileIO, status: os.stat_result) -> None:
        self._path = path
        self._file = file
        self._status = status
        self._regular = stat.S_ISREG(status.st_mode)
        self._at = 0
        self.mtime_ns = status.st_mtime_ns
        self.length: int | None = status.st_size if self._regular else None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file for a source of its own.

        Raises:
            OSError: It cannot be opened.
        """
        file = io.FileIO(path)
        try:
            status = os.fstat(file.fileno())
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(21, "Is a directory", str(path))
            return cls(path, file, status)
        except BaseException:
            file.close()
            raise

    async def take(self, size: int) -> Buffer:
        if self.length is not None:
            size = min(size, self.length + 1)  # a byte more than there should be tells that there is more
        if size <= _AT_ONCE_BYTES:
            piece = _fill(self._file.readinto, size)
        else:
            piece = await asyncio.to_thread(_fill, self._file.readinto, size)
        self._at += len(piece)
        if self._regular:
            left = self._status.st_size - self._at
            if left < 0 or (len(piece) < size and left > 0):
                raise ObjectChanged(f"{self._path} changed while it was read")
            self.length = left
        return piece

    async def check(self) -> None:
        now = os.fstat(self._file.fileno())
        then = self._status
        if self._regular and (now.st_size, now.st_mtime_ns) != (then.st_size, then.st_mtime_ns):
            raise ObjectChanged(f"{self._path} changed while it was read")

    async def close(self) -> None:
        self._file.close()


def room_for(size: int) -> memoryview:
    """Memory for a piece. That of a large one goes back to the system with it: parts that were read by several threads
    would be kept by the allocator, several times over.
    """
    return memoryview(mmap.mmap(-1, size) if size >= _OWN_PAGES_BYTES else bytearray(size))


def _fill(readinto: Callable[[memoryview], int | None], size: int) -> memoryview:
    """Read until so many bytes are here, or there are no more."""
    room = room_for(size)
    filled = 0
    while filled < size:
        count = readinto(room[filled:])
        if not count:
            break
        filled += count
    return room[:filled]


class ReadableSource:
    """An object with ``read``; where it can be sought in, its length is known."""

    def __init__(self, file: Any, read: Any) -> None:
        self._read = read
        self._asynchronous = asyncio.iscoroutinefunction(read)
        # What only looks like a file may have a ``readinto`` that its ``read`` does not know of.
        self._readinto = file.readinto if isinstance(file, io.BufferedIOBase | io.FileIO) else self._read_into
        self.length: int | None = None if self._asynchronous else _length_of(file)

    async def take(self, size: int) -> Buffer:
        wanted = size if self.length is None else min(size, self.length)
        if not self._asynchronous:
            piece = await asyncio.to_thread(_fill, self._readinto, wanted)
        else:
            piece = room_for(wanted)
            filled = 0
            while filled < wanted and (found := _checked(await self._read(min(wanted - filled, _AT_ONCE_BYTES)))):
                piece[filled : filled + len(found)] = found
                filled += len(found)
            piece = piece[:filled]
        if self.length is not None:
            self.length -= len(piece)
            if self.length and len(piece) < wanted:
                raise ObjectChanged(f"the file ended {self.length} bytes before its end")
        return piece

    def _read_into(self, room: memoryview) -> int:
        piece = _checked(self._read(min(len(room), _AT_ONCE_BYTES)))
        room[: len(piece)] = piece
        return len(piece)

    async def check(self) -> None:
        pass

    async def close(self) -> None:
        pass


def _length_of(file: Any) -> int | None:
    try:
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError, ValueError):
        return None
    return max(0, end - here) if isinstance(end, int) and isinstance(here, int) else None


def _checked(piece: Any) -> bytes:
    if isinstance(piece, str):
        raise TypeError("the file was opened as text: open it in binary mode")
    if not isinstance(piece, bytes | bytearray | memoryview | None):
        raise TypeError(f"bytes are stored, not {type(piece).__name__}")
    return bytes(piece) if piece is not None else b""


class IteratorSource:
    """Pieces of any size."""

    def __init__(self, pieces: AsyncIterator[Buffer], length: int | None = None) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._ended = False
        self.length = length

    async def take(self, size: int) -> Buffer:
        wanted = size if self.length is None else min(size, self.length)
        room = room_for(wanted)
        filled = 0
        while filled < wanted and (self._rest or await self._fill()):
            piece = self._rest[: wanted - filled]
            self._rest = self._rest[len(piece) :]
            room[filled : filled + len(piece)] = piece
            filled += len(piece)
        if self.length is not None:
            self.length -= filled
            if filled < wanted:
                raise ObjectChanged(f"{self.length} bytes fewer came than were announced")
            if not self.length:
                await self._fill()  # its end, where a last checksum is compared
        return room[:filled]

    async def _fill(self) -> bool:
        while not self._ended and not self._rest:
            try:
                piece = await anext(self._pieces)
                self._rest = piece if isinstance(piece, memoryview) else memoryview(_checked(piece))
            except StopAsyncIteration:
                self._ended = True
        return bool(self._rest)

    async def check(self) -> None:
        pass

    async def close(self) -> None:
        close = getattr(self._pieces, "aclose", None)
        if close is not None:
            await close()


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """An iterator that may block, one batch of pieces at a time."""

    def batch() -> list[bytes]:
        found: list[bytes] = []
        size = 0
        for piece in pieces:
            found.append(_checked(piece))
            size += len(piece)
            if size >= _AT_ONCE_BYTES:
                break
        return found

    while found := await asyncio.to_thread(batch):
        for each in found:
            yield each


class Opened(contextlib.AbstractAsyncContextManager["Source"]):
    """``async with Opened(data) as source``."""

    def __init__(self, data: Data) -> None:
        self._source = open_source(data)

    async def __aenter__(self) -> Source:
        return self._source

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._source.close()
