"""The tracker: ``/_/tracker/announce`` and ``/_/tracker/scrape`` on the service's own hosts.

It knows the torrents that GetObjectTorrent issued, as long as their version is the current one and anybody may read it.
Refusals are answers too (``failure reason``), with status 200, as clients expect them. What must not be here: how peers
are kept (``swarm``), what a query says (``announcement``).
"""

import asyncio
import logging
from ipaddress import ip_address
from typing import Any, Final, Protocol

from bushel.engine.api import EngineError
from bushel.protocol.bencode import encode
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.protocol.torrent import ANNOUNCE, SCRAPE
from bushel.service.context import Service
from bushel.service.torrents import anybody, is_public
from bushel.web.torrents.announcement import Announcement, Unreadable, read_announcement, read_scrape
from bushel.web.torrents.swarm import Counts, Peer, Swarms

INTERVAL_SECONDS: Final = 1800
LEAST_INTERVAL_SECONDS: Final = 60
EXPIRY_SECONDS: Final = 2 * INTERVAL_SECONDS + 300
"""A peer is forgotten after two announcements that did not come."""

_TRIES: Final = 200
_PAUSE_SECONDS: Final = 0.005

_UNKNOWN: Final = "this tracker does not know the torrent, or the object has changed since"
_BUSY: Final = "the tracker is busy; try again"

_HEADERS: Final = (("Content-Type", "text/plain"), ("Cache-Control", "no-store"))

_log: Final = logging.getLogger(__name__)


class Locks(Protocol):
    """Locks that all processes of a server share, by number (``core.shared``)."""

    def try_lock(self, number: int) -> bool: ...
    def unlock(self, number: int) -> None: ...


class Busy(Exception):
    """Another process holds a lock for longer than anything takes here."""


class Tracker:
    """The tracker of one process.

    Args:
        service: Knows torrents and objects.
        memory: Shared by all processes (``swarm.MEMORY_BYTES``).
        locks: Shared too.
    """

    def __init__(self, service: Service, memory: memoryview, locks: Locks) -> None:
        self._service = service
        self._swarms = Swarms(memory, EXPIRY_SECONDS)
        self._locks = locks

    async def answer(self, request: Request) -> Response:
        """The answer to a request below ``/_/tracker/``.

        Raises:
            S3Error: NoSuchKey for another path, MethodNotAllowed.
        """
        if request.path not in {ANNOUNCE, SCRAPE}:
            raise S3Error("NoSuchKey", Key=request.path)
        if request.method != "GET":
            raise S3Error("MethodNotAllowed", headers=[("Allow", "GET")])
        try:
            found = await (self._announce(request) if request.path == ANNOUNCE else self._scrape(request))
        except Unreadable as problem:
            found = _failure(str(problem))
        except (Busy, EngineError) as problem:
            _log.warning("%s: %r", request.path, problem)
            found = _failure(_BUSY)
        return Response(200, list(_HEADERS), encode(found))

    async def _announce(self, request: Request) -> dict[bytes, Any]:
        said = read_announcement(request.query, request.peer)
        if not await self._is_shared(request, said.info_hash):
            return _failure(_UNKNOWN)
        await self._lock(said.info_hash)
        try:
            counts, others = self._note(said)
        finally:
            self._locks.unlock(self._swarms.lock_of(said.info_hash))
        return {
            b"complete": counts.complete,
            b"incomplete": counts.incomplete,
            b"downloaded": counts.completed,
            b"interval": INTERVAL_SECONDS,
            b"min interval": LEAST_INTERVAL_SECONDS,
            **(
                _compact(others)
                if said.compact
                else {b"peers": [_told(peer, with_id=said.with_ids) for peer in others]}
            ),
        }

    def _note(self, said: Announcement) -> tuple[Counts, list[Peer]]:
        now_seconds = self._now_seconds()
        info_hash, peer = said.info_hash, said.peer
        if said.event == "stopped":
            return self._swarms.leave(info_hash, peer, now_seconds), []
        counts = self._swarms.announce(info_hash, peer, now_seconds, completed=said.event == "completed")
        return counts, self._swarms.others(info_hash, peer, now_seconds, said.wanted, self._pick)

    async def _scrape(self, request: Request) -> dict[bytes, Any]:
        files: dict[bytes, Any] = {}
        for info_hash in read_scrape(request.query):
            if not await self._is_shared(request, info_hash):
                continue
            await self._lock(info_hash)
            try:
                counts = self._swarms.counts(info_hash, self._now_seconds())
            finally:
                self._locks.unlock(self._swarms.lock_of(info_hash))
            files[info_hash] = {
                b"complete": counts.complete,
                b"downloaded": counts.completed,
                b"incomplete": counts.incomplete,
            }
        return {b"files": files, b"flags": {b"min_request_interval": LEAST_INTERVAL_SECONDS}}

    async def _is_shared(self, request: Request, info_hash: bytes) -> bool:
        """Whether a torrent is one of ours, of a version that is the current one and that anybody may read."""
        catalog = self._service.catalog
        record = await catalog.torrents.issued(info_hash)
        if record is None:
            return False
        anyone = anybody(self._service, request, record.bucket, record.key)
        try:
            bucket = await anyone.bucket(record.bucket)
        except S3Error:
            return False
        if bucket.instance != record.instance:
            return False
        entry = await catalog.objects.head(bucket, record.key)
        return entry is not None and entry.order == record.order and is_public(anyone, bucket, record.key, entry)

    async def _lock(self, info_hash: bytes) -> None:
        """Take the lock of a torrent. What is done under it takes microseconds and never waits.

        Raises:
            Busy: Whoever has it was stopped.
        """
        number = self._swarms.lock_of(info_hash)
        for _ in range(_TRIES):
            if self._locks.try_lock(number):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise Busy

    def _now_seconds(self) -> int:
        # The monotonic clock is the system's, so all processes have the same; it may have begun a moment ago.
        return self._service.clock.monotonic_ns() // 1_000_000_000 + 1

    def _pick(self, count: int) -> int:
        return int.from_bytes(self._service.randomness.token(4), "big") % count


def _failure(reason: str) -> dict[bytes, Any]:
    return {b"failure reason": reason.encode()}


def _compact(peers: list[Peer]) -> dict[bytes, bytes]:
    """BEP 23 and BEP 7."""
    fourth: list[bytes] = []
    sixth: list[bytes] = []
    for peer in peers:
        if peer.is_ipv4:
            fourth += (peer.address[12:], peer.port.to_bytes(2, "big"))
        else:
            sixth += (peer.address, peer.port.to_bytes(2, "big"))
    told = {b"peers": b"".join(fourth)}
    return told | {b"peers6": b"".join(sixth)} if sixth else told


def _told(peer: Peer, *, with_id: bool) -> dict[bytes, Any]:
    address = ip_address(peer.address[12:] if peer.is_ipv4 else peer.address)
    told: dict[bytes, Any] = {b"ip": str(address).encode(), b"port": peer.port}
    return told | {b"peer id": peer.peer_id} if with_id else told
