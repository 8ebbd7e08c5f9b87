"""Small pictures of objects: made when they are first asked for, one at a time, kept while there is room.

Whoever asks has shown before that the viewer may read the object. A picture is made of the version that was authorised
and kept under a name that no other version has, so an object that is overwritten has another thumbnail from then on.

What is encrypted in the store is not written to disk in the clear: its thumbnails are kept in memory alone. What only a
customer's key opens has none.
"""

import asyncio
import functools
import hashlib
import importlib.util
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from bushel.catalog.records import SSE_C, BucketRecord, ObjectEntry
from bushel.protocol.errors import S3Error
from bushel.service.content import BlobStream, open_content
from bushel.service.context import Context
from bushel.service.encryption.unlocking import unlock_kept
from bushel.web.gallery.cache import Cache, MemoryCache
from bushel.web.gallery.painter import Overdue, Painter, Unpaintable

SIDE: Final = 512
"""Longest side in pixels: a tile on a screen with two device pixels to one of CSS."""

MAX_INPUT_BYTES: Final = 64 << 20
"""Largest object that a thumbnail is made of."""

QUEUE: Final = 64
"""Pictures that wait to be made, in one process; more are sent away for a while."""

MEMORY_BYTES: Final = 16 << 20

_REMEMBERED: Final = 4096
_GENERATION: Final = "1"
"""Changes when the same picture would be made differently."""

_log: Final = logging.getLogger(__name__)


class Picture(NamedTuple):
    """An object that the viewer may read.

    Attributes:
        ctx: Of the request that asks.
        bucket: Its bucket.
        key: Its key.
        entry: Its current version.
        data: Its bytes, where they are in the index.
    """

    ctx: Context
    bucket: BucketRecord
    key: str
    entry: ObjectEntry
    data: bytes | None

    @property
    def name(self) -> str:
        """Of its thumbnail: the bucket's incarnation, the key, and the version's place in the key's history."""
        entry = self.entry
        said = (_GENERATION, SIDE, self.bucket.instance, entry.order, entry.version_id, entry.etag, self.key)
        return hashlib.sha256("\n".join(map(str, said)).encode()).hexdigest()[:40]

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes."""
        unlocked = unlock_kept(self.ctx, self.bucket, self.key, self.entry)
        content = await open_content(
            self.ctx, self.bucket, self.key, self.entry, self.data, 0, self.entry.size, unlocked.key
        )
        if isinstance(content, bytes):
            yield content
            return
        try:
            async for piece in content:
                yield piece
        finally:
            if isinstance(content, BlobStream):
                await content.aclose()


@functools.cache
def is_available() -> bool:
    """Whether the library that makes small pictures is installed."""
    return importlib.util.find_spec("PIL") is not None


class Thumbnails:
    """The small pictures of one process.

    Args:
        cache: For pictures of what is not encrypted; ``None``: in memory too.
    """

    def __init__(self, cache: Cache | None, painter: Painter | None = None, *, queue: int = QUEUE) -> None:
        self._private = MemoryCache(MEMORY_BYTES)
        self._cache: Cache = self._private if cache is None else cache
        self._painter = painter or Painter()
        self._turn = asyncio.Lock()
        self._queue = queue
        self._waiting = 0
        self._being_made: dict[str, asyncio.Task[bytes]] = {}
        self._refused: OrderedDict[str, str] = OrderedDict()

    async def get(self, picture: Picture) -> bytes:
        """The thumbnail, as WebP.

        Raises:
            S3Error: UnsupportedMediaType where there can be none, SlowDown where too many are to be made at once.
        """
        name = picture.name
        refused = self._refused.get(name)
        if refused is not None:
            raise S3Error("UnsupportedMediaType.Gallery", Reason=refused)
        task = self._being_made.get(name)
        if task is None:
            encryption = picture.entry.encryption
            cache = self._cache if encryption is None else self._private
            kept = await _in_thread(cache, name)
            if kept is not None:
                return kept
            task = self._being_made.get(name)
        if task is None:
            reason = _hopeless(picture.entry)
            if reason is not None:
                raise S3Error("UnsupportedMediaType.Gallery", Reason=reason)
            if self._waiting >= self._queue:
                raise S3Error("SlowDown", headers=[("Retry-After", "2")])
            task = asyncio.create_task(self._make(picture, name, cache))
            self._being_made[name] = task
        # Whoever came first may leave: the others, and the cache, still want it.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._being_made.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._painter.close()

    async def _make(self, picture: Picture, name: str, cache: Cache) -> bytes:
        self._waiting += 1
        try:
            async with self._turn:
                made = await self._painter.paint(picture.entry.size, picture.pieces(), SIDE)
        except Unpaintable as problem:
            _log.info("no thumbnail of %s/%s: %s", picture.bucket.name, picture.key, problem)
            while len(self._refused) >= _REMEMBERED:
                self._refused.popitem(last=False)
            self._refused[name] = "it is no picture, is damaged, or has too many pixels"
            raise S3Error("UnsupportedMediaType.Gallery", Reason=self._refused[name]) from problem
        except Overdue as problem:
            _log.warning("no thumbnail of %s/%s: %s", picture.bucket.name, picture.key, problem)
            raise S3Error("SlowDown", headers=[("Retry-After", "30")]) from problem
        finally:
            self._waiting -= 1
            self._being_made.pop(name, None)
        await asyncio.get_running_loop().run_in_executor(None, cache.put, name, made)
        return made


def _hopeless(entry: ObjectEntry) -> str | None:
    """Why no thumbnail is tried; ``None`` where one is."""
    if entry.encryption is not None and entry.encryption.kind == SSE_C:
        return "only a customer's key opens it"
    if entry.size > MAX_INPUT_BYTES:
        return f"it is larger than {MAX_INPUT_BYTES >> 20} MiB"
    if not entry.size:
        return "it is empty"
    return None


async def _in_thread(cache: Cache, name: str) -> bytes | None:
    if isinstance(cache, MemoryCache):
        return cache.get(name)
    return await asyncio.get_running_loop().run_in_executor(None, cache.get, name)
