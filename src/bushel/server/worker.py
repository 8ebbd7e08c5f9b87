"""What one worker process runs: an event loop, the signals, and whatever it is given to serve with.

What must not be here: other processes (``supervisor``), what is served.
"""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from bushel.core.settings import Address


class WorkerInfo:
    """What the code that serves is told, and says, about the process it runs in.

    Attributes:
        index: 0 for the first worker.
        count: How many there are.
        address: Where all of them listen.
        stopping: Set when the worker has to finish what it does and return.
    """

    def __init__(self, index: int, count: int, address: Address, report_ready: Callable[[], None]) -> None:
        self.index = index
        self.count = count
        self.address = address
        self.stopping = asyncio.Event()
        self._report_ready = report_ready
        self._on_reload: list[Callable[[], None]] = []

    def ready(self) -> None:
        """Say that the worker accepts connections."""
        gc.freeze()  # what was made until now stays: collections need not look at it again
        self._report_ready()

    def on_reload(self, callback: Callable[[], None]) -> None:
        """Have it called at SIGHUP."""
        self._on_reload.append(callback)

    def reload(self) -> None:
        for callback in self._on_reload:
            callback()


StartWorker = Callable[[socket.socket, WorkerInfo], Coroutine[Any, Any, None]]
"""Serves on a socket that listens until ``stopping`` is set."""


def run(
    start_worker: StartWorker,
    sock: socket.socket,
    index: int,
    count: int,
    address: Address,
    report_ready: Callable[[], None],
    *,
    alone: bool = True,
) -> None:
    """Run one worker in this process until a signal stops it.

    Alone it listens to SIGINT too, and a second signal stops it at once. Where there is a parent, that is the parent's
    to say, by SIGKILL: what stops a whole group of processes (systemd, ^C) has reached the worker twice already.
    """

    async def work() -> None:
        info = WorkerInfo(index, count, address, report_ready)
        loop = asyncio.get_running_loop()
        serving = asyncio.current_task()
        assert serving is not None

        def stop() -> None:
            if alone and info.stopping.is_set():
                serving.cancel()
            info.stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT) if alone else (signal.SIGTERM,):
            loop.add_signal_handler(number, stop)
        loop.add_signal_handler(signal.SIGHUP, info.reload)
        try:
            await start_worker(sock, info)
        except asyncio.CancelledError:
            if not info.stopping.is_set():
                raise

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(work())


def die_with(lifeline: int) -> None:
    """End this process as soon as the other end of a pipe is closed, be it by kill -9.

    In a thread, so that it happens even if the event loop is stuck: a worker without its parent would keep the port.
    """

    def wait() -> None:
        while os.read(lifeline, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - does not exist on every system
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
