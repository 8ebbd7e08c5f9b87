"""Torrents of objects: whether an object has one, and its piece hashes, computed once and kept.

Hashing an object reads all of it. A small one is hashed while its request waits; for a larger one the processes of a
server take turns, one object at a time, and rest as long as they work, so that requests are served beside it. A request
waits a while, and is then told to come again: the work goes on.

What must not be here: peers and trackers (``bushel.web.torrents``).
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from typing import Final, Protocol

import msgspec

from bushel.catalog.objects import Stored
from bushel.catalog.records import SSE_C, SSE_S3, BucketRecord, ObjectEntry, TorrentRecord
from bushel.catalog.torrents import Torrent, row_of
from bushel.core.clock import Clock
from bushel.engine.api import Corrupt
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.operations import GET_OBJECT
from bushel.protocol.shapes.object import GetObjectInput
from bushel.protocol.torrent import MAX_BYTES, info_hash_of, info_of, name_of, piece_bytes_of
from bushel.service.authz import READ, may_object
from bushel.service.content import BlobStream, open_content
from bushel.service.context import ANONYMOUS, Context, Service
from bushel.service.encryption.unlocking import unlock_kept
from bushel.service.payment import REQUESTER_PAYS

AT_ONCE_BYTES: Final = 1024 * 1024
"""An object of at most so many bytes is hashed when it is asked for."""

WAIT_SECONDS: Final = 20
"""How long a request waits for hashes; clients give up after a minute, many proxies after half of it."""

MOST_WAITING: Final = 32
"""Objects that wait to be hashed, in each process."""

_TURN_SECONDS: Final = 0.1
_LEAST_REST_SECONDS: Final = 0.005

_log: Final = logging.getLogger(__name__)


class Turn(Protocol):
    """What only one process of a server has at a time, and nobody after it died."""

    def take(self) -> bool: ...
    def give(self) -> None: ...


class AlwaysMine:
    """The turn of a server of one process."""

    def take(self) -> bool:
        return True

    def give(self) -> None:
        return None


class Hashing:
    """The hashing of one process. ``close`` ends what is going on."""

    def __init__(self, turn: Turn | None = None) -> None:
        self._turn = turn or AlwaysMine()
        self._mine = asyncio.Lock()
        self._jobs: dict[bytes, asyncio.Task[Torrent]] = {}

    async def torrent(self, ctx: Context, bucket: BucketRecord, key: str, stored: Stored) -> Torrent:
        """The torrent of a version, made if it is not there.

        Raises:
            S3Error: ServiceUnavailable where it is not there yet.
            Corrupt: The object is damaged.
            Full: There is no space to keep it.
        """
        known = await ctx.catalog.torrents.of(bucket, key, stored.entry)
        if known is not None:
            return known
        if stored.entry.size <= AT_ONCE_BYTES:
            return await _make(ctx, bucket, key, stored, rests=False)
        row = row_of(bucket, key, stored.entry.order)
        job = self._jobs.get(row)
        if job is None:
            if len(self._jobs) >= MOST_WAITING:
                raise _not_yet()
            job = self._jobs[row] = asyncio.create_task(self._make_in_turn(ctx, bucket, key, stored))
            job.add_done_callback(lambda done: self._end(row, done))
        done, _ = await asyncio.wait([job], timeout=WAIT_SECONDS)
        if not done or job.cancelled():
            raise _not_yet()
        return job.result()

    async def close(self) -> None:
        """Stop hashing."""
        jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    def _end(self, row: bytes, job: asyncio.Task[Torrent]) -> None:
        del self._jobs[row]
        problem = None if job.cancelled() else job.exception()
        if problem is not None and not isinstance(problem, S3Error):
            _log.warning("no torrent was made: %s", problem)

    async def _make_in_turn(self, ctx: Context, bucket: BucketRecord, key: str, stored: Stored) -> Torrent:
        async with self._mine:
            while not self._turn.take():  # noqa: ASYNC110 - another process has it
                await asyncio.sleep(_TURN_SECONDS)
            try:
                # While this waited, another process may have made it, and the version may have gone.
                known = await ctx.catalog.torrents.of(bucket, key, stored.entry)
                if known is not None:
                    return known
                current = await ctx.catalog.objects.head(bucket, key)
                if current is None or current.order != stored.entry.order:
                    raise _not_yet()
                return await _make(ctx, bucket, key, stored, rests=True)
            finally:
                self._turn.give()


def _not_yet() -> S3Error:
    return S3Error("ServiceUnavailable.Torrent", headers=[("Retry-After", "5")])


async def _make(ctx: Context, bucket: BucketRecord, key: str, stored: Stored, *, rests: bool) -> Torrent:
    """Hash an object and keep its torrent."""
    entry = stored.entry
    piece_bytes = piece_bytes_of(entry.size)
    unlocked = unlock_kept(ctx, bucket, key, entry)
    content = await open_content(ctx, bucket, key, entry, stored.data, 0, entry.size, unlocked.key)
    if isinstance(content, bytes):
        hashes = b"".join(_sha1(content[at : at + piece_bytes]) for at in range(0, entry.size, piece_bytes))
    else:
        hashes = await _hashes(content, piece_bytes, ctx.service.clock if rests else None)
    name = name_of(key)
    record = TorrentRecord(
        bucket.name,
        bucket.instance,
        key,
        entry.order,
        entry.version_id,
        name,
        entry.size,
        piece_bytes,
        b"",
        ctx.service.clock.now_ns() // 1_000_000,
    )
    info = info_of(name, entry.size, piece_bytes, hashes, source_of(record))
    torrent = Torrent(msgspec.structs.replace(record, info_hash=info_hash_of(info)), hashes)
    await ctx.catalog.torrents.put(torrent)
    return torrent


def source_of(record: TorrentRecord) -> bytes:
    """What sets the torrent of a version apart from those of other versions that have the same bytes and name."""
    whole = hashlib.sha256(f"{record.instance}/{record.order}/{record.key}".encode())
    return whole.hexdigest()[:32].encode()


def whole_info(torrent: Torrent) -> bytes:
    """The info dictionary of a torrent.

    Raises:
        Corrupt: It is not the one that was made.
    """
    record, hashes = torrent
    if len(hashes) == 20 * -(-record.size // record.piece_bytes):
        info = info_of(record.name, record.size, record.piece_bytes, hashes, source_of(record))
        if info_hash_of(info) == record.info_hash:
            return info
    raise Corrupt(f"{record.bucket}/{record.key}: the piece hashes of the torrent are damaged")


def _sha1(piece: bytes) -> bytes:
    return hashlib.sha1(piece, usedforsecurity=False).digest()


async def _hashes(content: AsyncIterator[bytes], piece_bytes: int, clock: Clock | None) -> bytes:
    """The hashes of the pieces of some content, one after the other.

    Args:
        content: What comes from it may be of any length.
        piece_bytes: Of each piece but the last.
        clock: For rests as long as the work before them; ``None``: none are taken.
    """
    run = asyncio.get_running_loop().run_in_executor
    digests: list[bytes] = []
    piece, missing = hashlib.sha1(usedforsecurity=False), piece_bytes
    begun = 0 if clock is None else clock.monotonic_ns()
    try:
        async for came in content:
            rest = memoryview(came)
            while rest:
                await run(None, piece.update, rest[:missing])  # lets go of the interpreter's lock
                rest, missing = rest[missing:], missing - min(missing, len(rest))
                if not missing:
                    digests.append(piece.digest())
                    piece, missing = hashlib.sha1(usedforsecurity=False), piece_bytes
            if clock is not None:
                worked_seconds = (clock.monotonic_ns() - begun) / 1e9
                if worked_seconds >= _LEAST_REST_SECONDS:
                    await asyncio.sleep(worked_seconds)
                    begun = clock.monotonic_ns()
    finally:
        if isinstance(content, BlobStream):
            await content.aclose()
    if missing < piece_bytes:
        digests.append(piece.digest())
    return b"".join(digests)


# --- who may have one ---------------------------------------------------------------------------------------------


def anybody(service: Service, request: Request, bucket: str, key: str) -> Context:
    """The request as one of somebody without a name who wants to read an object."""
    ctx = Context(service, ANONYMOUS, request, GET_OBJECT, key)
    ctx.input = GetObjectInput(bucket=bucket, key=key)
    return ctx


def is_public(
    anyone: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, version_id: str | None = None
) -> bool:
    """Whether somebody without a name may read an object from where the request comes.

    Args:
        anyone: ``anybody``, who has looked at the bucket.
        bucket: The object's bucket.
        key: The object's key.
        entry: The object, with its metadata.
        version_id: Where it is to be read by this id.
    """
    if REQUESTER_PAYS in bucket.configured or (entry.encryption is not None and entry.encryption.kind != SSE_S3):
        return False
    return may_object(anyone, bucket, key, entry, READ, anyone.operation.action, version_id)


def check_can_be_shared(entry: ObjectEntry) -> None:
    """Raises S3Error InvalidRequest for an object that no torrent is made of, whoever may read it."""
    if entry.encryption is not None and entry.encryption.kind == SSE_C:
        raise S3Error("InvalidRequest.TorrentOfCustomer")
    if not entry.size:
        raise S3Error("InvalidRequest.TorrentEmpty")
    if entry.size >= MAX_BYTES:
        raise S3Error("InvalidRequest.TorrentTooLarge")
