"""Reading objects into memory, files and what callers write to. Coroutines of the core that both faces run."""

import asyncio
import contextlib
import io
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from bushel.client.entries import ObjectInfo, object_info
from bushel.client.session import Session
from bushel.client.sources import Buffer
from bushel.client.transfers.download import Download, Progress, save
from bushel.client.transfers.journal import DownloadJournal
from bushel.client.transfers.plan import TransferOptions
from bushel.client.transfers.resume import note_beside, save_file

_BATCH_BYTES: Final = 1 << 20


class Writable(Protocol):
    """An object like a binary file that can be written to."""

    def write(self, data: bytes, /) -> Any: ...


async def read_all(
    session: Session, bucket: str, key: str, options: TransferOptions, members: Mapping[str, Any]
) -> bytes:
    """An object's bytes. Raises BushelError."""
    download = await Download.open(session, bucket, key, options, members)
    try:
        async with contextlib.aclosing(download.pieces()) as stream:
            pieces = [piece async for piece in stream]
    finally:
        download.close()
    return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)


async def stream(
    session: Session,
    bucket: str,
    key: str,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None,
) -> AsyncGenerator[bytes, None]:
    """An object's bytes in order, read ahead. Raises BushelError."""
    download = await Download.open(session, bucket, key, options, members, progress)
    try:
        async with contextlib.aclosing(download.pieces()) as pieces:
            async for piece in pieces:
                yield bytes(piece)
    finally:
        download.close()


async def download_to(
    session: Session,
    bucket: str,
    key: str,
    target: os.PathLike[str] | str | Writable,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None,
    *,
    resume: bool = False,
) -> ObjectInfo:
    """Bring an object into a file, whole or not at all, or into something that can be written to.

    With ``resume`` what came of a file stays beside it when it breaks off, and the next call goes on with it.

    Raises:
        BushelError: It could not be had whole. What was written to is no object then; a file is as it was before.
        OSError: The target cannot be written.
    """
    if isinstance(target, str | os.PathLike):
        path = Path(target)
        if resume:
            draft, note = note_beside(path)
            download = await Download.open(session, bucket, key, options, members, progress)
            await save_file(download, path, DownloadJournal(note), draft)
            return object_info(key, download.output)
        download = await Download.open(session, bucket, key, options, members, progress)
        await save(download, path, f".{path.name[:200]}.{session.randomness.token(6).hex()}")
        return object_info(key, download.output)
    download = await Download.open(session, bucket, key, options, members, progress)
    held: list[Buffer] = []
    held_bytes = 0
    try:
        async with contextlib.aclosing(download.pieces()) as pieces:
            async for piece in pieces:
                held.append(piece)
                held_bytes += len(piece)
                if held_bytes >= _BATCH_BYTES:
                    await _write(target, held)
                    held, held_bytes = [], 0
        if held:
            await _write(target, held)
    finally:
        download.close()
    return object_info(key, download.output)


async def _write(target: Writable, pieces: list[Buffer]) -> None:
    if asyncio.iscoroutinefunction(target.write):
        for piece in pieces:
            await target.write(bytes(piece))
    else:
        await asyncio.to_thread(_write_all, target, pieces)


def _write_all(target: Writable, pieces: list[Buffer]) -> None:
    if not isinstance(target, io.IOBase):
        for piece in pieces:
            target.write(bytes(piece))  # it may know no other buffers
        return
    for piece in pieces:
        view = memoryview(piece)
        while view:
            written = target.write(view)  # buffered files write all; raw ones say how much they did
            if written is None:
                raise BlockingIOError("the file takes no more at once; it must not be non-blocking")
            view = view[written:]
