"""The MD5 and the checksums of bytes that pass in pieces, without holding up the event loop.

Hashing a piece runs in threads while the caller writes it and gets the next one: ``update`` returns as soon as the
piece before is done. hashlib, zlib and awscrt let go of the interpreter's lock while they work.

Measured: MD5 takes 1.6 ns a byte, SHA-1 and SHA-256 0.8, SHA-512 1.7, the CRCs 0.1 to 0.3, xxHash below 0.1. So the
fast ones go along with the MD5, and another hash gets a second thread. MD5 as a checksum is the same MD5.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from typing import Final

from bushel.protocol.checksums import CRC32, CRC32C, CRC64NVME, MD5, XXHASH3, XXHASH64, XXHASH128, Algorithm, Hasher

THREAD_BYTES: Final = 64 * 1024
"""Smaller pieces are hashed at once: a thread costs more (some 60 us) than it saves."""

_FAST: Final = frozenset({CRC32, CRC32C, CRC64NVME, XXHASH64, XXHASH3, XXHASH128})


class Digests:
    """Digests being computed. ``settle`` has to be awaited before they are read."""

    __slots__ = ("_executor", "_hashers", "_lanes", "_md5", "_pending")

    def __init__(self, algorithms: Iterable[Algorithm], executor: Executor | None = None) -> None:
        self._executor = executor
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashers = {algorithm: algorithm.hasher() for algorithm in algorithms if algorithm is not MD5}
        beside = [hasher for algorithm, hasher in self._hashers.items() if algorithm not in _FAST]
        along = [hasher for algorithm, hasher in self._hashers.items() if algorithm in _FAST]
        self._lanes: list[Sequence[Hasher]] = [[self._md5, *along], beside] if beside else [[self._md5, *along]]
        self._pending: Sequence[asyncio.Future[None]] = ()

    async def update(self, piece: bytes) -> None:
        """Begin with the next piece, which must not change afterwards. Waits for the piece before."""
        await self.settle()
        if len(piece) < THREAD_BYTES:
            for lane in self._lanes:
                _update(lane, piece)
            return
        submit = asyncio.get_running_loop().run_in_executor
        self._pending = [submit(self._executor, _update, lane, piece) for lane in self._lanes]

    async def settle(self) -> None:
        """Wait until every piece is hashed."""
        pending, self._pending = self._pending, ()
        for future in pending:
            await future

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    def digest(self, algorithm: Algorithm) -> bytes:
        return self.md5 if algorithm is MD5 else self._hashers[algorithm].digest()


def _update(lane: Sequence[Hasher], piece: bytes) -> None:
    for hasher in lane:
        hasher.update(piece)
