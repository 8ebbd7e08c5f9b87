"""One object down: in one request if it is small, else in segments side by side. Never a mixture of two objects.

The first request asks for everything and so tells size, ETag and checksum; of a large object it is read for the first
segment only. Every other segment is asked for under the condition that the object is still the same (If-Match). A
segment that breaks off is gone on with where it stopped.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

from bushel.client.errors import BadAnswer, IntegrityError, ObjectChanged, PreconditionFailed, TransportError
from bushel.client.incoming import Incoming
from bushel.client.session import Session
from bushel.client.sources import Buffer, room_for
from bushel.client.transfers.failures import first_error
from bushel.client.transfers.journal import DownloadJournal
from bushel.client.transfers.plan import TransferOptions, segments
from bushel.protocol.checksums import CRC64NVME, Algorithm, Hasher, base64_text
from bushel.protocol.operations import GET_OBJECT
from bushel.protocol.shapes.object import GetObjectInput, GetObjectOutput

Progress = Callable[[int], object]

_WRITE_BYTES: Final = 1 << 20
"""Gathered for one write into a file: handing it to a thread costs as much as writing 64 KiB."""

_FOR_NOTES: Final = CRC64NVME
"""Of segments whose object has no checksum: to know them again."""

_CONDITIONS: Final = frozenset(
    {"if_match", "if_none_match", "if_modified_since", "if_unmodified_since", "checksum_mode"}
)


class Download:
    """An object that is being read. Made by ``open``; close it, or read it to its end.

    Attributes:
        output: What the server said of it.
        size: Bytes to come: of the object, or of the range that was asked for.
        name: Bucket and key, for messages.
        part_bytes: Size of segments.
    """

    def __init__(
        self,
        session: Session,
        given: GetObjectInput,
        output: GetObjectOutput,
        options: TransferOptions,
        progress: Progress | None,
    ) -> None:
        self.output = output
        self._session = session
        self._options = options
        self._progress = progress
        self.name = self._what = f"{given.bucket}/{given.key}"
        self.part_bytes = options.part_bytes
        self._given = given
        self._incoming: Incoming | None = output.body
        assert self._incoming is not None
        if self._incoming.length is None:
            self._incoming.discard()
            raise BadAnswer(f"{self._what}: the server does not tell how long the object is")
        self.size = self._incoming.length
        self._start = _first_byte(output.content_range)
        expected = self._incoming.take_over()
        self._algorithm: Algorithm | None = None if expected is None else expected[0]
        self._expected = "" if expected is None else expected[1]

    @classmethod
    async def open(
        cls,
        session: Session,
        bucket: str,
        key: str,
        options: TransferOptions,
        members: Mapping[str, Any],
        progress: Progress | None = None,
    ) -> Self:
        """Ask for an object.

        Args:
            session: Where from.
            bucket: Its name.
            key: The object's.
            options: How large objects are cut.
            members: Further members of GetObject's input.
            progress: Told of bytes as they come.

        Raises:
            BushelError: There is none, or it cannot be had.
        """
        given = GetObjectInput(bucket=bucket, key=key, **members)
        output = await session.call(GET_OBJECT, given)
        return cls(session, given, output, options, progress)

    @property
    def _in_one(self) -> bool:
        """Read in one stream: it is small, or its checksum can only be made in order."""
        ordered = self._algorithm is not None and self._algorithm.types[-1] != "FULL_OBJECT"
        return (
            self.size <= 2 * self._options.part_bytes
            or ordered
            or not self.output.e_tag
            or self._options.concurrency < 2
        )

    def close(self) -> None:
        """Read no further."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.discard()

    # --- as a stream ----------------------------------------------------------------------------------------------

    async def pieces(self) -> AsyncGenerator[Buffer, None]:
        """The bytes in order; segments are read ahead.

        Raises:
            BushelError: They cannot be had whole; what came before is not to be trusted.
        """
        if self._in_one:
            hasher = None if self._algorithm is None else self._algorithm.hasher()
            async with contextlib.aclosing(self._segment(0, self.size)) as stream:
                async for piece in stream:
                    if hasher is not None:
                        hasher.update(piece)
                    yield piece
            if hasher is not None:
                self._compare(hasher.digest())
            return
        async with contextlib.aclosing(self._ahead()) as ahead:
            async for part in ahead:
                yield part

    async def _ahead(self) -> AsyncGenerator[Buffer, None]:
        size = self._options.part_bytes
        left = segments(0, self.size, size)
        under_way: deque[tuple[int, asyncio.Task[memoryview]]] = deque()
        digests: list[tuple[bytes, int]] = []
        depth = max(1, min(self._options.concurrency, self._options.memory_bytes // size))
        try:
            while True:
                while len(under_way) < depth and (stretch := next(left, None)) is not None:
                    task = asyncio.create_task(self._gather(*stretch))
                    under_way.append((stretch[1] - stretch[0], task))
                if not under_way:
                    break
                length, task = under_way[0]
                room = await task
                under_way.popleft()
                if self._algorithm is not None:
                    digests.append((self._algorithm.digest(room), length))
                for at in range(0, length, _WRITE_BYTES):
                    yield room[at : at + _WRITE_BYTES]
                del room, task
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
        self._compare_parts(digests)

    async def _gather(self, start: int, end: int) -> memoryview:
        room = room_for(end - start)
        at = 0
        async with contextlib.aclosing(self._segment(start, end)) as stream:
            async for piece in stream:
                room[at : at + len(piece)] = piece
                at += len(piece)
        return room

    # --- into a file ----------------------------------------------------------------------------------------------

    async def into(self, descriptor: int, journal: DownloadJournal | None = None) -> None:
        """Write all of it into an open file, from its first byte on, in any order.

        Args:
            descriptor: Of the file.
            journal: Tells which segments are in the file already, and is told of further ones.

        Raises:
            BushelError: It could not be had whole; the file holds something or other.
            OSError: The file cannot be written.
        """
        if self._in_one:
            digest = await self._write(descriptor, 0, self.size)
            if self._algorithm is not None:
                self._compare(digest)
            return
        limit = asyncio.Semaphore(self._options.concurrency)
        digests: dict[int, tuple[bytes, int]] = {}

        async def one(start: int, end: int) -> None:
            try:
                digest = await self._kept(descriptor, start, end, journal)
                if digest is None:
                    digest = await self._write(descriptor, start, end)
                    if journal is not None:
                        journal.note(start, digest)
                digests[start] = (digest, end - start)
            finally:
                limit.release()

        with first_error():
            async with asyncio.TaskGroup() as group:
                for start, end in segments(0, self.size, self._options.part_bytes):
                    await limit.acquire()
                    group.create_task(one(start, end))
        self._compare_parts([digests[start] for start in sorted(digests)])

    async def _kept(self, descriptor: int, start: int, end: int, journal: DownloadJournal | None) -> bytes | None:
        """The digest of a segment that an earlier attempt brought, if it is still as it was."""
        noted = None if journal is None else journal.digest(start)
        if noted is None:
            return None
        hasher = (self._algorithm or _FOR_NOTES).hasher()
        if await asyncio.to_thread(_read_at, descriptor, start, end, hasher) != noted:
            return None
        if self._progress is not None:
            self._progress(end - start)
        if start == 0:
            self.close()  # what the first answer would bring is here
        return noted

    async def _write(self, descriptor: int, start: int, end: int) -> bytes:
        """Bring one segment into the file; its digest."""
        hasher = (self._algorithm or _FOR_NOTES).hasher()
        held: list[bytes] = []
        held_bytes = 0
        at = start
        async with contextlib.aclosing(self._segment(start, end)) as stream:
            async for piece in stream:
                hasher.update(piece)
                held.append(piece)
                held_bytes += len(piece)
                if held_bytes >= _WRITE_BYTES:
                    await asyncio.to_thread(_write_at, descriptor, held, at)
                    at += held_bytes
                    held, held_bytes = [], 0
        if held_bytes >= _WRITE_BYTES // 4:
            await asyncio.to_thread(_write_at, descriptor, held, at)
        elif held:
            _write_at(descriptor, held, at)
        return hasher.digest()

    # --- segments -------------------------------------------------------------------------------------------------

    async def _segment(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes ``start`` to ``end``, whatever it takes."""
        at = start
        attempt = 1
        incoming = self._incoming if start == 0 else None
        if start == 0:
            self._incoming = None
        try:
            while at < end:
                try:
                    if incoming is None:
                        incoming = await self._reopen(at, end)
                    piece = await incoming.read()
                    if not piece:
                        raise BadAnswer(f"{self._what}: the server sent less than it was asked for")
                except TransportError as problem:
                    if incoming is not None:
                        incoming.discard()
                        incoming = None
                    if attempt >= self._session.retries.attempts:
                        raise
                    await self._session.pause(attempt, problem)
                    attempt += 1
                    continue
                attempt = 1
                piece = piece[: end - at]
                at += len(piece)
                if self._progress is not None:
                    self._progress(len(piece))
                yield piece
            if incoming is not None and self._in_one:
                await incoming.read()  # the end, which lets the connection be used again
        finally:
            if incoming is not None:
                incoming.discard()

    async def _reopen(self, at: int, end: int) -> Incoming:
        first, last = self._start + at, self._start + end - 1
        members = {
            name: value
            for name in self._given.__struct_fields__
            if (value := getattr(self._given, name)) is not None and name not in _CONDITIONS
        }
        members |= {"range": f"bytes={first}-{last}", "if_match": self.output.e_tag}
        if self.output.version_id is not None:
            members["version_id"] = self.output.version_id
        try:
            output = await self._session.call(GET_OBJECT, GetObjectInput(**members))
        except PreconditionFailed as problem:
            raise ObjectChanged(f"{self._what} was replaced while it was read") from problem
        incoming: Incoming = output.body
        if (
            output.content_range is None
            or _first_byte(output.content_range) != first
            or output.e_tag != self.output.e_tag
        ):
            incoming.discard()
            raise ObjectChanged(f"{self._what}: the server does not give the range that it was asked for")
        return incoming

    def _compare(self, digest: bytes) -> None:
        if base64_text(digest) != self._expected:
            name = "checksum" if self._algorithm is None else self._algorithm.name
            raise IntegrityError(f"{self._what}: what came has another {name} than the server tells")

    def _compare_parts(self, digests: list[tuple[bytes, int]]) -> None:
        if self._algorithm is not None:
            self._compare(self._algorithm.combine(digests))


def _first_byte(content_range: str | None) -> int:
    if content_range is None:
        return 0
    digits = content_range.removeprefix("bytes ").partition("-")[0].strip()
    if not (digits.isascii() and digits.isdecimal()):
        raise BadAnswer(f"malformed Content-Range {content_range[:60]!r}")
    return int(digits)


def _read_at(descriptor: int, start: int, end: int, hasher: Hasher) -> bytes:
    while start < end:
        piece = os.pread(descriptor, min(_WRITE_BYTES, end - start), start)
        if not piece:
            break
        hasher.update(piece)
        start += len(piece)
    return hasher.digest()


def _write_at(descriptor: int, pieces: list[bytes], at: int) -> None:
    for piece in pieces:
        view = memoryview(piece)
        while view:
            written = os.pwrite(descriptor, view, at)
            at += written
            view = view[written:]


async def save(download: Download, path: Path, draft_name: str) -> None:
    """Make a file of an object, whole or not at all: it is written beside its place and moved there.

    Args:
        download: Just opened.
        path: Where to; a file there is replaced.
        draft_name: Of the file beside it.

    Raises:
        BushelError: The object could not be had whole; what was there before is untouched.
        OSError: The file cannot be written.
    """
    draft = path.with_name(draft_name)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except BaseException:
        download.close()
        raise
    try:
        try:
            await download.into(descriptor)
        finally:
            download.close()
            os.close(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
