"""A bound on bytes a second, for all requests of a client together, up and down.

Wraps a transport, so neither connections nor transfers know of it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from bushel.client.http.connection import Body, Buffer, Origin
from bushel.client.http.pool import Answer, Transport

_SLICE_BYTES: Final = 64 << 10
"""Waited for at once, so that a low bound makes a stream and not bursts."""

_BURST_SECONDS: Final = 0.25
"""Unused allowance is kept for so long."""


class Allowance:
    """Bytes that may pass: so many a second."""

    def __init__(self, bytes_per_second: float) -> None:
        if bytes_per_second <= 0:
            raise ValueError("a bound is more than no bytes a second")
        self._rate = bytes_per_second
        self._free_at = 0.0

    async def take(self, count: int) -> None:
        """Wait until so many bytes may pass. Fair by order of calls: each books its time behind the others'."""
        now = asyncio.get_running_loop().time()
        start = max(self._free_at, now - _BURST_SECONDS)
        self._free_at = start + count / self._rate
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)


class ThrottledTransport:
    """Sends and receives through another transport, no faster than the allowance.

    Args:
        transport: What brings the requests.
        bytes_per_second: Of bodies, both ways together.
    """

    def __init__(self, transport: Transport, bytes_per_second: float) -> None:
        self._transport = transport
        self._allowance = Allowance(bytes_per_second)

    async def send(
        self, origin: Origin, method: str, target: str, headers: Mapping[str, str], body: Body, *, expect: bool = False
    ) -> Answer:
        """As ``Transport.send``."""
        if not isinstance(body, Sequence) or body:
            body = self._slowed(body)
        answer = await self._transport.send(origin, method, target, headers, body, expect=expect)
        return _SlowedAnswer(answer, self._allowance)

    async def close(self) -> None:
        """As ``Transport.close``."""
        await self._transport.close()

    async def _slowed(self, body: Body) -> AsyncIterator[Buffer]:
        if isinstance(body, Sequence):
            for piece in body:
                async for each in self._sliced(piece):
                    yield each
        else:
            async for piece in body:
                async for each in self._sliced(piece):
                    yield each

    async def _sliced(self, piece: Buffer) -> AsyncIterator[Buffer]:
        view = memoryview(piece)
        for start in range(0, len(view), _SLICE_BYTES):
            part = view[start : start + _SLICE_BYTES]
            await self._allowance.take(len(part))
            yield part


class _SlowedAnswer:
    """An answer whose body is read no faster than the allowance; what is not read is not sent by the server."""

    def __init__(self, answer: Answer, allowance: Allowance) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._allowance = allowance

    async def read(self) -> bytes:
        piece = await self._answer.read()
        if piece:
            await self._allowance.take(len(piece))
        return piece

    def discard(self) -> None:
        self._answer.discard()
