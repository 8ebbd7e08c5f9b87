"""What parts on their way share: how many there may be, and how much memory."""

import asyncio
from collections import deque


class Slots:
    """Room for parts: a count and bytes. A part that is larger than all of the memory goes alone.

    Fair: who asked first is served first.
    """

    def __init__(self, count: int, memory_bytes: int) -> None:
        self._count = count
        self._memory = memory_bytes
        self._used = 0
        self._used_bytes = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def _fits(self, size: int) -> bool:
        return self._used < self._count and (self._used == 0 or self._used_bytes + size <= self._memory)

    async def acquire(self, size: int) -> None:
        """Wait for room for a part of so many bytes."""
        if not self._waiting and self._fits(size):
            self._take(size)
            return
        turn = asyncio.get_running_loop().create_future()
        entry = (size, turn)
        self._waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(size)
            elif entry in self._waiting:
                self._waiting.remove(entry)
                self._serve()
            raise

    def release(self, size: int) -> None:
        """The part is gone."""
        self._used -= 1
        self._used_bytes -= size
        self._serve()

    def _take(self, size: int) -> None:
        self._used += 1
        self._used_bytes += size

    def _serve(self) -> None:
        while self._waiting and self._fits(self._waiting[0][0]):
            size, turn = self._waiting.popleft()
            if not turn.done():
                self._take(size)
                turn.set_result(None)
