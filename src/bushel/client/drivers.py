"""What makes coroutines of the core run for each of the two faces: in the caller's event loop, or in one of our own.

The core is written once, asynchronous. ``AsyncDriver`` lets the caller's loop run it; ``Driver`` runs a loop in a
thread and waits for it, so that a synchronous client may be used from any number of threads. What must not be here: S3.
"""

import asyncio
import contextlib
import os
import threading
import weakref
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

_END: Final = object()


class Closable(Protocol):
    """What a driver closes at its end."""

    async def close(self) -> None: ...


class AsyncDriver:
    """Runs in the event loop of whoever awaits."""

    def __init__(self, held: Closable) -> None:
        self._held = held

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await coroutine

    def each(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        return items

    async def close(self) -> None:
        await self._held.close()


class Driver:
    """Runs in an event loop in a thread of its own, which all drivers of a process share.

    Shared, so that two clients can work on one thing, such as a copy from one to the other. The thread starts with the
    first call and ends with the last ``close``.
    """

    def __init__(self, held: Closable) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._release: weakref.finalize[[Closable], Driver] | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._release is None:
            self._start()
        try:
            loop = _shared.loop()
        except RuntimeError:
            coroutine.close()
            raise
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
            if close is not None and self._release is not None:
                self.run(close())

    def close(self) -> None:
        with self._lock:
            release, self._release = self._release, None
        if release is not None:
            release()

    def _start(self) -> None:
        with self._lock:
            if self._release is None:
                _shared.acquire()
                self._release = weakref.finalize(self, _shared.release, self._held)


class _SharedLoop:
    """The event loop of synchronous clients, and the thread that it runs in.

    Attributes:
        thread: ``None`` while there is none.
    """

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._users = 0
        self._pid = 0

    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._pid != os.getpid():
            raise RuntimeError("the client belongs to the process that this one was forked from")
        if threading.current_thread() is self.thread:
            raise RuntimeError("a callback of a client cannot use a client: it would wait for itself")
        return self._loop

    def acquire(self) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._users, self._loop, self.thread = 0, None, None
                self._pid = os.getpid()
            self._users += 1
            if self._loop is None:
                self._loop = new_event_loop()
                self._stopping = threading.Event()
                # A thread that waits for a slow pipe must not keep the others from their files.
                self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="bushel-client"))
                self.thread = threading.Thread(
                    target=_serve, args=(self._loop, self._stopping), name="bushel-client", daemon=True
                )
                self.thread.start()

    def release(self, held: Closable) -> None:
        """Close what belongs to a driver; without the last driver the loop ends."""
        with self._lock:
            if self._pid != os.getpid():
                return
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # it came to an end by itself
                    self._loop.call_soon_threadsafe(_close, self._loop, held)
            self._users -= 1
            if self._users or self._loop is None or self.thread is None:
                return
            loop, thread, stopping = self._loop, self.thread, self._stopping
            self._loop = self.thread = None
        stopping.set()
        with contextlib.suppress(RuntimeError):  # it came to an end by itself
            loop.call_soon_threadsafe(loop.stop)
        if thread is not threading.current_thread():
            thread.join(timeout=5)


_THREADS: Final = 32
_shared: Final = _SharedLoop()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop that is installed."""
    try:
        import uvloop  # noqa: PLC0415 - does not exist on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _serve(loop: asyncio.AbstractEventLoop, stopping: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    try:
        while not stopping.is_set():
            # What a callback of a caller raises is told to that caller. SystemExit and KeyboardInterrupt also end
            # ``run_forever``, which is no reason for all other clients to stand still.
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                loop.run_forever()
        loop.run_until_complete(_wind_up(loop))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


_closing: Final[set[asyncio.Task[None]]] = set()


def _close(loop: asyncio.AbstractEventLoop, held: Closable) -> None:
    task = loop.create_task(held.close())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    await asyncio.gather(*_closing, return_exceptions=True)
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
