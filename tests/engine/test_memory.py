"""The reference engine keeps the contract."""

import asyncio

import pytest

from bushel.engine.api import Cell, Change, Put
from bushel.engine.memory.engine import ImpureTransition, MemoryEngine
from bushel.testing.clock import ManualClock
from bushel.testing.engine_place import PARTITION, EnginePlace, always, scan_all
from bushel.testing.engine_suite import EngineSuite
from bushel.testing.randomness import SeededRandomness


class MemoryPlace(EnginePlace):
    """Opening again is what a process finds that starts after the last one was killed."""

    def __init__(self) -> None:
        super().__init__()
        self._engine: MemoryEngine | None = None

    async def open(self):
        if self._engine:
            self._engine = self._engine.after_kill()
        else:
            self._engine = MemoryEngine(clock=self.clock, randomness=SeededRandomness())
        return self._engine

    def run_and_kill(self, scenario):
        async def story():
            return await scenario(await self.open())

        return asyncio.run(story())


class TestMemory(EngineSuite):
    @pytest.fixture
    def place(self):
        return MemoryPlace()


async def new_engine(seed=0):
    engine = MemoryEngine(clock=ManualClock(), randomness=SeededRandomness(), seed=seed)
    await engine.create_partition(PARTITION)
    return engine


def test_an_impure_transition_is_caught():
    async def story():
        engine = await new_engine()
        calls = 0

        def impure(_values):
            nonlocal calls
            calls += 1
            return Change([Put(1, b"", b"%d" % calls)])

        for _ in range(50):
            await engine.commit(PARTITION, b"row", [Cell(1)], impure)

    with pytest.raises(ImpureTransition):
        asyncio.run(story())


def test_a_transition_is_asked_again_when_others_were_faster():
    async def story():
        engine = await new_engine()
        asked = 0

        def count(values):
            nonlocal asked
            asked += 1
            return Change([Put(1, b"", b"%d" % (int(values[0] or b"0") + 1))])

        await asyncio.gather(*[engine.commit(PARTITION, b"row", [Cell(1)], count) for _ in range(50)])
        assert await engine.read(PARTITION, b"row", [Cell(1)]) == [b"50"]
        assert asked > 50

    asyncio.run(story())


def test_pages_end_early_and_empty_with_something_to_follow():
    async def story():
        engine = await new_engine()
        for number in range(20):
            await engine.commit(PARTITION, b"%02d" % number, (), always(Put(1, b"", b"")))
        lengths = set()
        for _ in range(100):
            page = await engine.scan(PARTITION, 1, limit=10)
            assert page.next
            lengths.add(len(page.cells))
        assert {0, 10} < lengths
        assert len(await scan_all(engine)) == 20

    asyncio.run(story())


def test_a_run_can_be_repeated_by_its_seed():
    async def story(seed):
        engine = await new_engine(seed)
        for number in range(20):
            await engine.commit(PARTITION, b"%02d" % number, (), always(Put(1, b"", b""), journal=(b"x",)))
        pages = [await engine.scan(PARTITION, 1) for _ in range(10)]
        return pages, await engine.read_journal(PARTITION)

    assert asyncio.run(story(7)) == asyncio.run(story(7))
    assert asyncio.run(story(7)) != asyncio.run(story(8))
