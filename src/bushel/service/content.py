"""The bytes of stored objects, on their way out: pieces of inline data, of a blob, or of the blobs of a manifest.

Every byte has been verified by the engine before it is handed on. The first piece is read before the answer's head is
sent, so damage there is an error; damage later ends the connection.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final, NamedTuple

from bushel.catalog.records import BLOB, INLINE, BucketRecord, Manifest, ObjectEntry
from bushel.engine.api import SEGMENT_BYTES, BlobNotFound, BlobReader, Corrupt
from bushel.protocol.errors import S3Error
from bushel.service.context import Context
from bushel.service.digests import THREAD_BYTES
from bushel.service.encryption.envelope import bound_to_part, part_wrapping_key, unwrap
from bushel.service.encryption.segments import Damaged, Decryptor, aes_gcm, decrypt

PIECE_BYTES: Final = 2 * SEGMENT_BYTES
"""How much is read, verified and handed on at once. Measured: larger pieces do not go faster."""


class Extent(NamedTuple):
    """A stretch of one blob, and what makes plain bytes of it where it is encrypted."""

    blob: bytes
    offset: int
    length: int
    decryptor: Decryptor | None = None


def _encrypted(blob: bytes, size: int, key: bytes, first: int, length: int) -> Extent:
    """The stretch of an encrypted blob (of ``size`` plain bytes) that has plain bytes ``[first, first + length)``."""
    decryptor = Decryptor(key, size, first, length)
    return Extent(blob, decryptor.stored_offset, decryptor.stored_length, decryptor)


def _encrypted_parts(manifest: Manifest, first: int, length: int, key: bytes) -> Iterator[Extent]:
    """As ``extents_of_manifest``, one by one: ten thousand keys are not unwrapped before the first byte goes."""
    unwrapping = aes_gcm(part_wrapping_key(key, manifest.upload_id))
    by_blob = {part.blob: part for part in manifest.parts}
    for extent in extents_of_manifest(manifest, first, length):
        part = by_blob[extent.blob]
        # What an object was before something was appended to it is encrypted with the object's own key.
        part_key = unwrap(unwrapping, part.key, bound_to_part(manifest.upload_id, part.number)) if part.key else key
        yield _encrypted(part.blob, part.size, part_key, extent.offset, extent.length)


def extents_of_manifest(manifest: Manifest, first: int, length: int) -> list[Extent]:
    """The stretches of a multipart object's blobs that make up bytes ``[first, first + length)`` (of plain bytes)."""
    extents = []
    end = first + length
    position = 0
    for part in manifest.parts:
        begin, finish = max(first, position), min(end, position + part.size)
        if begin < finish:
            extents.append(Extent(part.blob, begin - position, finish - begin))
        position += part.size
        if position >= end:
            break
    return extents


async def extents_of(
    ctx: Context,
    bucket: BucketRecord,
    key: str,
    entry: ObjectEntry,
    first: int,
    length: int,
    unlocked: bytes | None = None,
) -> Iterable[Extent]:
    """The stretches of blobs that make up bytes ``[first, first + length)`` of a stored object (not inline)."""
    if entry.storage == BLOB:
        if unlocked is not None:
            return [_encrypted(entry.blob, entry.size, unlocked, first, length)]
        return [Extent(entry.blob, first, length)]
    manifest = await manifest_of(ctx, bucket, key, entry)
    if unlocked is not None:
        return _encrypted_parts(manifest, first, length, unlocked)
    return extents_of_manifest(manifest, first, length)


async def manifest_of(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Manifest:
    """The parts of the multipart object that was found as ``entry``.

    Raises:
        S3Error: SlowDown where it was removed between the two reads: the client's retry sees what is there then.
    """
    manifest = await ctx.catalog.objects.manifest(bucket, key, entry)
    if manifest is None:
        raise S3Error("SlowDown")
    return manifest


async def open_content(
    ctx: Context,
    bucket: BucketRecord,
    key: str,
    entry: ObjectEntry,
    data: bytes | None,
    first: int,
    length: int,
    unlocked: bytes | None = None,
) -> bytes | AsyncIterator[bytes]:
    """Bytes ``[first, first + length)`` of an object, whole when they are at hand, else as an iterator of pieces.

    Args:
        unlocked: The object's key, if it is encrypted (``service.encryption.unlocking``).

    Raises:
        Corrupt: The first piece does not match its checksum, or is not what was encrypted.
    """
    if entry.storage == INLINE:
        assert data is not None
        if unlocked is not None:
            try:
                data = decrypt(unlocked, data, entry.size)
            except Damaged as error:
                raise Corrupt(f"{bucket.name}/{key}: {error}") from error
        return data if length == len(data) else data[first : first + length]
    if length == 0:
        return b""
    stream = BlobStream(ctx, f"{bucket.name}/{key}")
    try:
        head = await stream.start(await extents_of(ctx, bucket, key, entry, first, length, unlocked))
    except BaseException:
        await stream.aclose()
        raise
    if len(head) == length:
        await stream.aclose()
        return head
    return stream


class BlobStream:
    """Bytes of blobs as an iterator of pieces, one piece read ahead. ``aclose`` lets go of everything, at any time.

    Args:
        name: Bucket and key, for who reads that the bytes are damaged.
    """

    def __init__(self, ctx: Context, name: str) -> None:
        self._name = name
        self._objects = ctx.catalog.objects
        self._reads = ctx.service.reads
        self._ticket = self._reads.begin(ctx.service.clock.now_ns())
        self._extents: Iterator[Extent] = iter(())
        self._reader: BlobReader | None = None
        self._decryptor: Decryptor | None = None
        self._offset = 0
        self._left = 0
        self._ahead: asyncio.Task[bytes] | None = None
        self._head = b""

    async def start(self, extents: Iterable[Extent]) -> bytes:
        """Read and keep the first piece, which comes first in the iteration; returns it."""
        self._extents = iter(extents)
        self._head = await self._read()
        return self._head

    def __aiter__(self) -> "BlobStream":
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            piece, self._head = self._head, b""
        elif self._ahead is not None:
            piece = await asyncio.shield(self._ahead)
        else:
            piece = b""
        if not piece:
            await self.aclose()
            raise StopAsyncIteration
        self._ahead = asyncio.get_running_loop().create_task(self._read())
        return piece

    async def aclose(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            # A thread may be reading the file at this moment: it is waited for, not cancelled.
            await asyncio.wait([ahead])
            ahead.exception()
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()
        self._left, self._extents = 0, iter(())
        self._reads.end(self._ticket)

    async def _read(self) -> bytes:
        """The next piece, cut at a multiple of its size so that no segment is verified twice; empty at the end."""
        if not self._left:
            if self._reader is not None:
                await self._reader.close()
                self._reader = None
            try:
                extent = next(self._extents, None)
            except Damaged as error:
                raise Corrupt(f"{self._name}: {error}") from error
            if extent is None:
                return b""
            try:
                self._reader = await self._objects.open_blob(extent.blob)
            except (Corrupt, BlobNotFound) as error:
                raise Corrupt(f"{self._name}: {error}") from error
            self._offset, self._left = extent.offset, extent.length
            self._decryptor = extent.decryptor
        assert self._reader is not None
        length = min(self._left, PIECE_BYTES - self._offset % PIECE_BYTES)
        try:
            piece = await self._reader.read(self._offset, length)
        except Corrupt as error:
            raise Corrupt(f"{self._name}: {error}") from error
        if len(piece) != length:
            raise Corrupt(f"{self._name}: a blob is shorter than the index says")
        if self._decryptor is not None:
            piece = await self._decrypted(self._decryptor, self._offset, piece)
        self._offset += length
        self._left -= length
        return piece

    async def _decrypted(self, decryptor: Decryptor, offset: int, piece: bytes) -> bytes:
        """The plain bytes of a piece, which begins and ends with its segments; in a thread where they are many."""
        try:
            if len(piece) <= THREAD_BYTES:
                return decryptor.open(offset, piece)
            return await asyncio.get_running_loop().run_in_executor(None, decryptor.open, offset, piece)
        except Damaged as error:
            raise Corrupt(f"{self._name}: {error}") from error
