"""What callers hand in to be stored, made into bytes: buffers, text files' bytes, files, file-like objects, iterators.

A source is read once, from its beginning to its end, in pieces of the size that is asked for. Whatever may block is
read in a thread. What must not be here: how much is read ahead, where it goes.
"""

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from bushel.client.errors import ObjectChanged

Buffer = bytes | bytearray | memoryview


class Readable(Protocol):
    """An object like a binary file that can be read."""

    def read(self, size: int = ..., /) -> bytes: ...


Data = Buffer | str | os.PathLike[str] | Readable | Iterable[bytes] | AsyncIterable[bytes]
"""What can be stored: bytes, text (as UTF-8), the file at a path, an object with ``read``, an iterator of bytes."""

_AT_ONCE_BYTES: Final = 256 << 10
"""A local file up to this is read without a thread, which would take longer than the file."""


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

    def __init__(self, path: Path, file: BinaryIO, status: os.stat_result) -> None:
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
        file = path.open("rb", buffering=0)
        try:
            status = os.fstat(file.fileno())
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(21, "Is a directory", str(path))
            return cls(path, file, status)
        except BaseException:
            file.close()
            raise

    async def take(self, size: int) -> Buffer:
        if self.length is not None and self.length <= _AT_ONCE_BYTES:
            piece = _read_full(self._file, min(size, self.length + 1))
        else:
            piece = await asyncio.to_thread(_read_full, self._file, size)
        self._at += len(piece)
        if self._regular:
            left = self._status.st_size - self._at
            if left < 0 or (len(piece) < size and left):
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


def _read_full(file: BinaryIO, size: int) -> bytes:
    piece = file.read(size) or b""
    if len(piece) == size or not piece:
        return piece
    pieces = [piece]
    missing = size - len(piece)
    while missing:
        piece = file.read(missing) or b""
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


class ReadableSource:
    """An object with ``read``; where it can be sought in, its length is known."""

    def __init__(self, file: Any, read: Any) -> None:
        self._read = read
        self._asynchronous = asyncio.iscoroutinefunction(read)
        self._buffer = b""
        self.length: int | None = None if self._asynchronous else _length_of(file)

    async def take(self, size: int) -> Buffer:
        if not self._asynchronous:
            piece = await asyncio.to_thread(self._take, size)
        else:
            pieces = []
            missing = size
            while missing and (found := _checked(await self._read(missing))):
                pieces.append(found)
                missing -= len(found)
            piece = b"".join(pieces)
        if self.length is not None:
            self.length = max(0, self.length - len(piece)) if len(piece) == size else 0
        return piece

    def _take(self, size: int) -> bytes:
        pieces = []
        missing = size
        while missing and (found := _checked(self._read(missing))):
            pieces.append(found)
            missing -= len(found)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

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

    def __init__(self, pieces: AsyncIterator[bytes], length: int | None = None) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._ended = False
        self.length = length

    async def take(self, size: int) -> Buffer:
        taken = []
        missing = size
        while missing:
            if not self._rest and not await self._fill():
                break
            piece = self._rest[:missing]
            self._rest = self._rest[len(piece) :]
            taken.append(piece)
            missing -= len(piece)
        if self.length is not None:
            self.length = max(0, self.length - size + missing)
            if missing and self.length:
                raise ObjectChanged(f"{self.length} bytes fewer came than were announced")
            if not self.length:
                await self._fill()  # its end, where a last checksum is compared
        return b"".join(taken)

    async def _fill(self) -> bool:
        while not self._ended and not self._rest:
            try:
                self._rest = memoryview(_checked(await anext(self._pieces)))
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
