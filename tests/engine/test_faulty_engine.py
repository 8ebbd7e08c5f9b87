"""The engine that fails where a test says, and otherwise keeps the contract."""

import asyncio
import inspect
import itertools

import pytest

from bushel.engine.api import Cell, Change, Closed, Corrupt, Engine, Full, Put, Unavailable
from bushel.engine.memory.engine import MemoryEngine
from bushel.testing.clock import ManualClock
from bushel.testing.engine_place import PARTITION, EnginePlace, always, get, put, read_blob, write_blob
from bushel.testing.engine_suite import EngineSuite
from bushel.testing.faulty_engine import CALLS, FaultyEngine
from bushel.testing.randomness import SeededRandomness


class FaultyPlace(EnginePlace):
    def __init__(self):
        super().__init__()
        self._inner = None

    async def open(self):
        self._inner = (
            self._inner.after_kill() if self._inner else MemoryEngine(clock=self.clock, randomness=SeededRandomness())
        )
        return FaultyEngine(self._inner)

    def run_and_kill(self, scenario):
        async def story():
            return await scenario(await self.open())

        return asyncio.run(story())


class TestWithoutFaults(EngineSuite):
    """Without faults it is as good as the engine within."""

    @pytest.fixture
    def place(self):
        return FaultyPlace()


def play(story):
    async def run():
        engine = FaultyEngine(MemoryEngine(clock=ManualClock(), randomness=SeededRandomness()))
        await engine.create_partition(PARTITION)
        await story(engine)
        await engine.close()

    asyncio.run(run())


def test_every_call_of_the_contract_can_fail():
    async def story(engine):
        async def make(call, after):
            """Make one call, planned to fail, on whatever it needs."""
            blob = await write_blob(engine, b"x")
            arguments = {
                "create_partition": (b"new",),
                "drop_if_empty": (b"new",),
                "read": (PARTITION, b"row", ()),
                "scan": (PARTITION, 1),
                "commit": (PARTITION, b"row", (), always()),
                "commit_pair": (PARTITION, (b"row", b"other"), ((), ()), lambda _row, _other: (Change(), Change())),
                "read_journal": (PARTITION,),
                "trim_journal": (PARTITION, 1),
                "counters": (PARTITION,),
                "create_blob": (b"",),
                "clone_blob": (blob, b""),
                "open_blob": (blob,),
                "settle": ([blob],),
                "delete_blob": (blob,),
                "BlobWriter.write": (b"x",),
                "BlobReader.read": (0, 1),
            }
            owner, _, name = call.rpartition(".")
            makers = {"BlobWriter": lambda: engine.create_blob(b""), "BlobReader": lambda: engine.open_blob(blob)}
            target = await makers[owner]() if owner else engine
            engine.fail(call, Unavailable(call), after=after)
            done = getattr(target, name)(*arguments.get(call, ()))
            if inspect.isawaitable(done):
                await done

        for call, after in itertools.product(sorted(CALLS), (False, True)):
            with pytest.raises(Unavailable, match=call):
                await make(call, after)
        contract = {name for name in vars(Engine) if not name.startswith("_")} - {"capabilities", "close"}
        assert contract == {call for call in CALLS if "." not in call}

    play(story)


def test_a_commit_fails_before_or_after_it_was_carried_out():
    async def story(engine):
        engine.fail("commit", Full())
        with pytest.raises(Full):
            await put(engine, b"before", b"x")
        engine.fail("commit", Unavailable(), after=True)
        with pytest.raises(Unavailable):
            await put(engine, b"after", b"x")
        assert await get(engine, b"before") is None
        assert await get(engine, b"after") == b"x"
        await put(engine, b"before", b"x")

    play(story)


def test_faults_strike_when_and_as_often_as_they_were_told():
    async def story(engine):
        blob = await write_blob(engine, b"bytes")
        engine.fail("BlobReader.read", Corrupt(), skip=1, times=2)
        reader = await engine.open_blob(blob)
        outcomes = [(await asyncio.gather(reader.read(0, 5), return_exceptions=True))[0] for _ in range(5)]
        assert [type(outcome) for outcome in outcomes] == [bytes, Corrupt, Corrupt, bytes, bytes]
        engine.fail("scan", Closed())
        engine.heal()
        await engine.scan(PARTITION, 1)
        assert await read_blob(engine, blob) == b"bytes"

    play(story)


def test_a_call_that_is_held_goes_on_when_it_is_let_go():
    async def story(engine):
        hold = engine.hold("commit", after=True)
        task = asyncio.ensure_future(put(engine, b"row", b"x"))
        await hold.reached.wait()
        assert await get(engine, b"row") == b"x", "carried out, not answered"
        assert not task.done()
        hold.release()
        await task
        hold = engine.hold("commit")
        task = asyncio.ensure_future(put(engine, b"row", b"y"))
        await hold.reached.wait()
        assert await engine.commit(PARTITION, b"row", [Cell(1)], always(Put(1, b"", b"z"), result=1)) == 1
        hold.release()
        await task
        assert await get(engine, b"row") == b"y"

    play(story)


def test_mistakes_in_a_plan_are_told():
    engine = FaultyEngine(MemoryEngine(clock=ManualClock(), randomness=SeededRandomness()))
    with pytest.raises(ValueError, match="no such call"):
        engine.fail("comit", Full())
    with pytest.raises(ValueError, match="wait"):
        engine.hold("settle")


def test_a_manual_clock_stands_still_until_told():
    clock = ManualClock(5)
    assert (clock.now_ns(), clock.monotonic_ns()) == (5, 0)
    clock.advance(1.5)
    assert (clock.now_ns(), clock.monotonic_ns()) == (1_500_000_005, 1_500_000_000)
    clock.step(-1)
    assert (clock.now_ns(), clock.monotonic_ns()) == (500_000_005, 1_500_000_000)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_seeded_randomness_repeats_itself_and_does_not_stand_still():
    one, two = SeededRandomness(3), SeededRandomness(3)
    tokens = [one.token(8) for _ in range(100)]
    assert tokens == [two.token(8) for _ in range(100)]
    assert len(set(tokens)) == 100
    assert SeededRandomness(4).token(8) != tokens[0]
