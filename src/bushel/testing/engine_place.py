"""What the engine suite needs of an engine under test: a place where it can be opened, killed and damaged.

What must not be here: what is tested.
"""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, cast

from bushel.engine.api import Cell, Change, Engine, Put, Read, ScannedCell, Value, Write
from bushel.testing.clock import ManualClock

PARTITION: Final = b"partition"
"""Exists in every test that is decorated with ``on_engine``."""

Scenario = Callable[[Engine], Awaitable[bytes]]
Opening = Callable[[], Awaitable[Engine]]


class EnginePlace(ABC):
    """One store.

    Attributes:
        clock: The clock of engines that ``open`` returns.
    """

    def __init__(self) -> None:
        self.clock = ManualClock()

    @abstractmethod
    async def open(self) -> Engine:
        """An engine on the store; on the same store every time. Earlier ones were closed, or killed."""

    @abstractmethod
    def run_and_kill(self, scenario: Scenario) -> bytes:
        """Run a scenario on an engine whose process is then killed; returns what the scenario did.

        Called outside of any event loop. Scenarios are functions of modules, so that another process can import them.
        """

    def run_beside(self, scenario: Scenario) -> bytes:
        """Run a scenario in another process while the store is open in this one. Only ``shared`` engines need it."""
        raise NotImplementedError

    def damage_blob(self, blob: bytes, offset: int) -> None:
        """Change one byte of what is stored for a blob; negative offsets count from the end of it, trailer included.

        Only engines that run ``DamageSuite`` need it.
        """
        raise NotImplementedError


def run_in_process(opening: Opening, scenario: Scenario, *, kill: bool) -> bytes:
    """For engines that outlive a process: ``run_and_kill`` (``kill``) and ``run_beside``.

    Both callables must be ones that ``pickle`` can name.
    """
    program = f"import sys; from {__name__} import run_pickled; run_pickled(sys.stdin.buffer.read())"
    process = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        input=pickle.dumps((opening, scenario, kill)),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    expected = -signal.SIGKILL if kill else 0
    assert process.returncode == expected, f"the scenario failed, exit status {process.returncode}"
    return process.stdout


def run_pickled(pickled: bytes) -> None:
    """The process of ``run_in_process``."""
    opening, scenario, kill = cast("tuple[Opening, Scenario, bool]", pickle.loads(pickled))  # noqa: S301 - from the test

    async def story() -> None:
        engine = await opening()
        sys.stdout.buffer.write(await scenario(engine))
        sys.stdout.flush()
        if kill:
            os.kill(os.getpid(), signal.SIGKILL)
        await engine.close()

    asyncio.run(story())


# --- writing tests ------------------------------------------------------------------------------------------------

_Test = Callable[[Any, Engine], Coroutine[Any, Any, None]]
_PlaceTest = Callable[[Any, EnginePlace], Coroutine[Any, Any, None]]


def on_engine(test: _Test) -> Callable[[Any, EnginePlace], None]:
    """Run a test on an engine that is opened before it and closed after it, and has ``PARTITION``."""

    def run(self: Any, place: EnginePlace) -> None:
        async def story() -> None:
            engine = await place.open()
            try:
                await engine.create_partition(PARTITION)
                await test(self, engine)
            finally:
                await engine.close()

        asyncio.run(story())

    return _named(run, test)


def on_place(test: _PlaceTest) -> Callable[[Any, EnginePlace], None]:
    """Run a test that opens and closes engines itself."""

    def run(self: Any, place: EnginePlace) -> None:
        asyncio.run(test(self, place))

    return _named(run, test)


def _named(run: Callable[[Any, EnginePlace], None], test: Callable[..., Any]) -> Callable[[Any, EnginePlace], None]:
    # Not functools.wraps: pytest would look through to the signature of the test and miss the fixture.
    run.__name__ = test.__name__
    run.__qualname__ = test.__qualname__
    run.__doc__ = test.__doc__
    return run


def always(*writes: Write, journal: tuple[bytes, ...] = (), result: Any = None, **counters: int) -> Any:
    """A transition that wants the same whatever it reads."""
    change = Change(writes, journal, {name.encode(): amount for name, amount in counters.items()}, result)
    return lambda _: change


async def put(engine: Engine, row: bytes, value: bytes = b"", *, space: int = 1, suffix: bytes = b"") -> None:
    await engine.commit(PARTITION, row, (), always(Put(space, suffix, value)))


async def get(engine: Engine, row: bytes, *, space: int = 1, suffix: bytes = b"") -> bytes | None:
    (value,) = await engine.read(PARTITION, row, [Cell(space, suffix)])
    return cast("bytes | None", value)


async def get_one(engine: Engine, row: bytes, read: Read) -> Value:
    (value,) = await engine.read(PARTITION, row, [read])
    return value


async def scan_all(
    engine: Engine,
    space: int = 1,
    start: tuple[bytes, bytes] = (b"", b""),
    stop: bytes | None = None,
    limit: int = 1024,
    partition: bytes = PARTITION,
) -> list[ScannedCell]:
    """All pages of a scan. Gives up on an engine whose pages do not get anywhere."""
    cells: list[ScannedCell] = []
    idle = 0
    while True:
        page = await engine.scan(partition, space, start, stop, limit)
        assert len(page.cells) <= limit, "a page is no longer than the limit"
        cells += page.cells
        if page.next is None:
            return cells
        assert page.next >= start, "a scan never goes back"
        idle = idle + 1 if page.next == start else 0
        assert idle < 100, "a scan gets on"
        start = page.next


async def write_blob(engine: Engine, data: bytes, back_pointer: bytes = b"pointer") -> bytes:
    """A sealed, pending blob."""
    writer = await engine.create_blob(back_pointer)
    await writer.write(data)
    assert await writer.seal() == len(data), "sealing tells the size"
    return writer.blob


async def read_blob(engine: Engine, blob: bytes, offset: int = 0, length: int | None = None) -> bytes:
    reader = await engine.open_blob(blob)
    try:
        return await reader.read(offset, reader.size_bytes if length is None else length)
    finally:
        await reader.close()
