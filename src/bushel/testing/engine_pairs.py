"""The contract of two rows that change in one atom, as tests. Part of ``EngineSuite``; for engines that have the power.

What must not be here: what one row does alone (``engine_rows``).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bushel.engine.api import Cell, Change, Delete, Engine, Gone, PairTransition, Put, Range, Value
from bushel.testing.engine_place import PARTITION, EnginePlace, get, on_engine, put

ROWS = b"from", b"to"
READS: tuple[Sequence[Cell], Sequence[Cell]] = ([Cell(1)], [Cell(1)])


def moving(item: bytes = b"") -> PairTransition:
    """What the first row holds goes to the end of the second, with ``item`` after it."""

    def transition(first: Sequence[Value], second: Sequence[Value]) -> tuple[Change, Change]:
        moved = first[0] or b""
        taken = Change([Delete(1)], [b"taken"], {b"moved": -1})
        return taken, Change([Put(1, b"", (second[0] or b"") + moved + item)], [b"given"], {b"moved": 2}, moved)

    return transition


async def move_and_die(engine: Engine) -> bytes:
    """A process that dies while it moves a value to and fro; each move was answered or not."""
    await engine.create_partition(PARTITION)
    await put(engine, ROWS[0], b"x")
    for _ in range(20):
        for rows in (ROWS, ROWS[::-1]):
            await engine.commit_pair(PARTITION, rows, READS, moving())
    await engine.commit_pair(PARTITION, ROWS, READS, moving())
    return b"moved"


class PairSuite:
    """Commits of two rows."""

    @on_engine
    async def test_both_rows_of_a_pair_change_with_journal_and_counters(self, engine: Engine) -> None:
        await put(engine, ROWS[0], b"one")
        await put(engine, ROWS[1], b"two ")
        assert await engine.commit_pair(PARTITION, ROWS, READS, moving()) == b"one"
        assert [await get(engine, row) for row in ROWS] == [None, b"two one"]
        assert [record.payload for record in await engine.read_journal(PARTITION)] == [b"taken", b"given"]
        assert await engine.counters(PARTITION) == {b"moved": 1}

    @on_engine
    async def test_each_row_of_a_pair_is_read_by_its_own_reads(self, engine: Engine) -> None:
        await put(engine, ROWS[0], b"a", suffix=b"s")
        await put(engine, ROWS[1], b"b", space=2)
        reads: Any = ([Range(1), Cell(2)], [Cell(2)])
        seen: Any = await engine.commit_pair(
            PARTITION, ROWS, reads, lambda first, second: (Change(), Change(result=(list(first), list(second))))
        )
        assert seen == ([[(b"s", b"a")], None], [b"b"])

    @on_engine
    async def test_a_refusal_of_a_pair_reaches_the_caller_and_writes_nothing(self, engine: Engine) -> None:
        await put(engine, ROWS[0], b"one")

        class Refusal(Exception):
            pass

        def refuse(_first: Sequence[Value], _second: Sequence[Value]) -> tuple[Change, Change]:
            raise Refusal

        with pytest.raises(Refusal):
            await engine.commit_pair(PARTITION, ROWS, READS, refuse)
        assert [await get(engine, row) for row in ROWS] == [b"one", None]

    @on_engine
    async def test_a_change_that_cannot_be_leaves_the_other_row_alone_too(self, engine: Engine) -> None:
        await put(engine, ROWS[0], b"one")
        changes = Change([Delete(1)], [b"taken"]), Change([Put(1, b"s" * 1000, b"")])
        with pytest.raises(ValueError, match="suffix"):
            await engine.commit_pair(PARTITION, ROWS, READS, lambda _first, _second: changes)
        assert await get(engine, ROWS[0]) == b"one"
        assert await engine.read_journal(PARTITION) == []

    @on_engine
    async def test_a_pair_is_two_rows_of_a_partition_that_is_there(self, engine: Engine) -> None:
        with pytest.raises(ValueError, match="different"):
            await engine.commit_pair(PARTITION, (b"row", b"row"), READS, moving())
        with pytest.raises(Gone):
            await engine.commit_pair(b"never", ROWS, READS, moving())

    @on_engine
    async def test_racing_pairs_and_commits_happen_one_after_the_other(self, engine: Engine) -> None:
        """A value that is moved to and fro while others append to it loses nothing and is never there twice."""

        def append(values: Sequence[Value]) -> Change:
            return Change([Put(1, b"", (values[0] or b"") + b"x")])

        work = []
        for _ in range(20):
            work += [engine.commit_pair(PARTITION, rows, READS, moving(b"y")) for rows in (ROWS, ROWS[::-1])]
            work += [engine.commit(PARTITION, row, [Cell(1)], append) for row in ROWS]
        await asyncio.gather(*work)
        held = b"".join([await get(engine, row) or b"" for row in ROWS])
        assert (held.count(b"x"), held.count(b"y")) == (40, 40)

    def test_pairs_survive_a_killed_process(self, place: EnginePlace) -> None:
        assert place.run_and_kill(move_and_die) == b"moved"

        async def story() -> None:
            engine = await place.open()
            assert [await get(engine, row) for row in ROWS] == [None, b"x"]
            assert await engine.counters(PARTITION) == {b"moved": 41}
            await engine.close()

        asyncio.run(story())
