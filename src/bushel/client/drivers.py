"""What makes coroutines of the core run for each of the two faces: in the caller's event loop, or in one of our own.

The core is written once, asynchronous. ``AsyncDriver`` lets the caller's loop run it; ``Driver`` runs a loop in a
thread and waits for it, so that a synchronous client may be used from any number of threads. What must not be here: S3.
"""

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Final, TypeVar

T = TypeVar("T")

_END: Final = object()


class AsyncDriver:
    """Runs in the event loop of whoever awaits."""

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await coroutine

    def each(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        return items

    async def close(self) -> None:
        pass


class Driver:
    """Runs in an event loop of its own, in a thread that starts with the first call and ends with ``close``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: Callable[[], object] | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        loop = self._loop
        if loop is None:
            loop = self._start()
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # ^C in this thread is no reason for the other one to go on
            raise

    def each(self, items: AsyncIterator[T]) -> Iterator[T]:
        async def following() -> Any:
            return await anext(items, _END)

        try:
            while (item := self.run(following())) is not _END:
                yield item
        finally:
            close = getattr(items, "aclose", None)
            if close is not None and self._loop is not None:
                self.run(close())

    def close(self) -> None:
        with self._lock:
            stop, self._stop, self._loop = self._stop, None, None
        if stop is not None:
            stop()

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="bushel-client", daemon=True)
                thread.start()
                self._loop = loop
                self._stop = weakref.finalize(self, _end, loop, thread)
            return self._loop


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop that is installed."""
    try:
        import uvloop  # noqa: PLC0415 - does not exist on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(_wind_up(loop))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    if thread is not threading.current_thread():
        thread.join(timeout=5)
