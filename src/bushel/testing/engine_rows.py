"""The contract of rows, as tests: reads, commits, partitions, limits. Part of ``EngineSuite``."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from bushel.engine.api import (
    MAX_PARTITION_BYTES,
    MAX_ROW_BYTES,
    MAX_SUFFIX_BYTES,
    Cell,
    Change,
    Delete,
    DeletePrefix,
    Engine,
    Gone,
    Put,
    Range,
    Read,
    Value,
    Write,
)
from bushel.testing.engine_place import (
    PARTITION,
    EnginePlace,
    always,
    get,
    get_one,
    on_engine,
    on_place,
    put,
    scan_all,
)

EDGE_ROWS = (
    b"\0",
    b"\0\0",
    b"\xff",
    b"\xff" * MAX_ROW_BYTES,
    b"a",
    b"a\0",
    b"a\0b",
    b"aa",
    b"a" * MAX_ROW_BYTES,
    b"a" * (MAX_ROW_BYTES - 1) + b"\0",
    b"\0" * MAX_ROW_BYTES,
    bytes(range(256)) * 4,
    "Ünïcödé/ключ/鍵".encode(),
)


def _appending(item: bytes) -> Any:
    """A transition that appends one byte to a cell: racing ones must not lose any."""

    def transition(values: Sequence[Value]) -> Change:
        (value,) = values
        return Change([Put(1, b"", (value or b"") + item)], [item], {b"appended": 1}, value)

    return transition


class RowSuite:
    """Reads and commits."""

    @on_engine
    async def test_a_commit_returns_the_result_of_its_transition(self, engine: Engine) -> None:
        result = object()
        assert await engine.commit(PARTITION, b"row", (), always(result=result)) is result

    @on_engine
    async def test_what_is_committed_is_read_at_once(self, engine: Engine) -> None:
        for value in (b"one", b"two", b"", bytes(100_000)):
            await put(engine, b"row", value)
            assert await get(engine, b"row") == value

    @on_engine
    async def test_reads_are_answered_in_their_order(self, engine: Engine) -> None:
        writes = [Put(1, b"", b"A"), Put(1, b"s", b"B"), Put(2, b"s", b"C")]
        await engine.commit(PARTITION, b"row", (), always(*writes))
        reads: list[Read] = [Cell(2, b"s"), Range(1), Cell(1), Cell(3), Range(3), Cell(2), Cell(1, b"s")]
        expected = [b"C", [(b"", b"A"), (b"s", b"B")], b"A", None, [], None, b"B"]
        assert await engine.read(PARTITION, b"row", reads) == expected
        seen: Any = await engine.commit(PARTITION, b"row", reads, lambda values: Change(result=list(values)))
        assert seen == expected
        assert await engine.read(PARTITION, b"other", reads) == [None, [], None, None, [], None, None]

    @on_engine
    async def test_a_partition_that_is_gone_reads_as_empty(self, engine: Engine) -> None:
        assert await engine.read(b"never", b"row", [Cell(1), Range(1)]) == [None, []]
        page = await engine.scan(b"never", 1)
        assert (page.cells, page.next) == ([], None)
        assert await engine.counters(b"never") == {}

    @on_engine
    async def test_a_commit_to_a_partition_that_does_not_exist_fails_gone(self, engine: Engine) -> None:
        with pytest.raises(Gone):
            await engine.commit(b"never", b"row", [Cell(1)], always(Put(1, b"", b"x")))
        with pytest.raises(Gone):
            await engine.commit(b"never", b"row", [Cell(1)], always(), reclaims=True)
        assert await engine.read(b"never", b"row", [Cell(1)]) == [None]

    @on_engine
    async def test_a_refusal_reaches_the_caller_as_it_is_and_writes_nothing(self, engine: Engine) -> None:
        refusal = KeyError("refused")

        def refuse(values: Sequence[Value]) -> Change:
            assert values == [None]
            raise refusal

        with pytest.raises(KeyError) as caught:
            await engine.commit(PARTITION, b"row", [Cell(1)], refuse)
        assert caught.value is refusal
        assert await get(engine, b"row") is None

    @on_engine
    async def test_a_refusal_fails_its_own_request_only(self, engine: Engine) -> None:
        def refuse(number: int) -> Any:
            def transition(_: Sequence[Value]) -> Change:
                raise LookupError(number)

            return transition

        def bad(number: int) -> Any:
            return always(Put(1, b"", b"%d" % number), Put(1, bytes(MAX_SUFFIX_BYTES + 1), b""))

        def one(number: int) -> Any:
            if number % 5 == 0:
                return refuse(number)
            return bad(number) if number % 5 == 1 else always(Put(1, b"", b"%d" % number), result=number)

        commits = [engine.commit(PARTITION, b"row%d" % number, (), one(number)) for number in range(40)]
        answers = await asyncio.gather(*commits, return_exceptions=True)
        for number, answer in enumerate(answers):
            value = await get(engine, b"row%d" % number)
            if number % 5 == 0:
                assert isinstance(answer, LookupError)
                assert answer.args == (number,)
                assert value is None
            elif number % 5 == 1:
                assert isinstance(answer, ValueError)
                assert value is None
            else:
                assert answer == number
                assert value == b"%d" % number

    @on_engine
    async def test_writes_are_applied_in_order(self, engine: Engine) -> None:
        writes: list[Write] = [Put(1, b"a", b"1"), Put(1, b"a", b"2"), Put(1, b"b", b"1"), Delete(1, b"b")]
        writes += [Put(1, b"c", b"1")]
        writes += [DeletePrefix(1, b"c"), Put(1, b"cc", b"2"), Put(1, b"d", b"1"), Delete(1, b"d"), Put(1, b"d", b"2")]
        await engine.commit(PARTITION, b"row", (), always(*writes))
        assert await get_one(engine, b"row", Range(1)) == [(b"a", b"2"), (b"cc", b"2"), (b"d", b"2")]

    @on_engine
    async def test_deleting_what_is_not_there_is_harmless(self, engine: Engine) -> None:
        await engine.commit(PARTITION, b"row", (), always(Delete(1), Delete(2, b"s"), DeletePrefix(1, b"x")))
        assert await scan_all(engine) == []

    @on_engine
    async def test_a_range_removal_ends_at_its_prefix_row_and_space(self, engine: Engine) -> None:
        rows = (b"row", b"row\0", b"row\0\0", b"rowr", b"ro")
        suffixes = (b"", b"a", b"a\0", b"a\xff", b"a\xff\xff", b"aa" * 64, b"b", b"\xff", b"\xff\xff")
        for row in rows:
            for space in (1, 2):
                writes = [Put(space, suffix, b"x") for suffix in suffixes]
                await engine.commit(PARTITION, row, (), always(*writes))
        await engine.commit(PARTITION, b"row", (), always(DeletePrefix(1, b"a")))
        left = [suffix for suffix in sorted(suffixes) if not suffix.startswith(b"a")]
        assert [suffix for suffix, _ in await get_one(engine, b"row", Range(1))] == left
        await engine.commit(PARTITION, b"row", (), always(DeletePrefix(1, b"\xff")))
        assert [suffix for suffix, _ in await get_one(engine, b"row", Range(1))] == [b"", b"b"]
        await engine.commit(PARTITION, b"row", (), always(DeletePrefix(1)))
        assert await get_one(engine, b"row", Range(1)) == []
        assert len(await scan_all(engine, 1)) == 4 * len(suffixes)
        assert len(await scan_all(engine, 2)) == 5 * len(suffixes)

    @on_engine
    async def test_a_range_read_keeps_its_prefix_start_and_limit(self, engine: Engine) -> None:
        suffixes = sorted([b"", b"\0", b"a", b"a\0", b"aa", b"ab", b"b", b"\xff" * MAX_SUFFIX_BYTES, b"a" * 100])
        await engine.commit(PARTITION, b"row", (), always(*[Put(1, suffix, suffix) for suffix in suffixes]))
        await put(engine, b"row\0", suffix=b"a")
        await put(engine, b"ro", suffix=b"wa")
        for prefix in (b"", b"a", b"a" * 60, b"\xff", b"c"):
            for after in (None, b"", b"\0", b"a", b"a\0\0", b"aaaa", b"b", b"zz", b"\xff" * MAX_SUFFIX_BYTES):
                for limit in (1, 2, 1024):
                    wanted = [one for one in suffixes if one.startswith(prefix) and (after is None or one > after)]
                    found = await get_one(engine, b"row", Range(1, prefix, after, limit))
                    assert found == [(one, one) for one in wanted[:limit]], (prefix, after, limit)

    @on_engine
    async def test_a_range_read_may_be_longer_than_a_page_of_a_scan(self, engine: Engine) -> None:
        writes = [Put(1, b"%05d" % number, b"") for number in range(3000)]
        await engine.commit(PARTITION, b"row", (), always(*writes))
        assert len(await get_one(engine, b"row", Range(1, limit=10_000))) == 3000
        assert len(await get_one(engine, b"row", Range(1, limit=2000))) == 2000
        assert len(await get_one(engine, b"row", Range(1))) == 1024

    @on_engine
    async def test_rows_and_suffixes_of_any_bytes_up_to_their_limits(self, engine: Engine) -> None:
        for suffix in (b"", b"\0", b"\xff" * MAX_SUFFIX_BYTES):
            commits = [
                engine.commit(PARTITION, row, (), always(Put(1, suffix, row + suffix), Put(2, suffix, b"2")))
                for row in EDGE_ROWS
            ]
            await asyncio.gather(*commits)
        for row in EDGE_ROWS:
            for suffix in (b"", b"\0", b"\xff" * MAX_SUFFIX_BYTES):
                assert await get(engine, row, suffix=suffix) == row + suffix
        for row in EDGE_ROWS:
            await engine.commit(PARTITION, row, (), always(DeletePrefix(1)))
        assert await scan_all(engine) == []

    @on_engine
    async def test_longer_names_are_mistakes(self, engine: Engine) -> None:
        for row in (b"", bytes(MAX_ROW_BYTES + 1)):
            with pytest.raises(ValueError, match=r"."):
                await put(engine, row)
            with pytest.raises(ValueError, match=r"."):
                await get(engine, row)
        for write in (Put(1, bytes(MAX_SUFFIX_BYTES + 1), b""), Delete(1, bytes(MAX_SUFFIX_BYTES + 1))):
            with pytest.raises(ValueError, match=r"."):
                await engine.commit(PARTITION, b"row", (), always(Put(1, b"", b"x"), write))
        for partition in (b"", b"nul\0", bytes(MAX_PARTITION_BYTES + 1)):
            with pytest.raises(ValueError, match=r"."):
                await engine.create_partition(partition)
        assert await scan_all(engine) == []
        await engine.create_partition(b"x" * MAX_PARTITION_BYTES)
        await engine.commit(b"x" * MAX_PARTITION_BYTES, b"row", (), always(Put(1, b"", b"x")))

    @on_engine
    async def test_racing_commits_to_one_row_happen_one_after_the_other(self, engine: Engine) -> None:
        items = [bytes([number]) for number in range(64)]
        commits = [engine.commit(PARTITION, b"row", [Cell(1)], _appending(item)) for item in items]
        before = await asyncio.gather(*commits)
        value = await get(engine, b"row")
        assert value is not None
        assert sorted(value) == list(range(64)), "no racer is lost"
        assert sorted(len(one or b"") for one in before) == list(range(64)), "each saw those before it"
        assert b"".join(record.payload for record in await engine.read_journal(PARTITION)) == value
        assert await engine.counters(PARTITION) == {b"appended": 64}

    @on_engine
    async def test_one_of_many_racers_creates_a_row(self, engine: Engine) -> None:
        def create(values: Sequence[Value]) -> Change:
            if values[0] is not None:
                raise FileExistsError
            return Change([Put(1, b"", b"x")])

        commits = [engine.commit(PARTITION, b"row", [Cell(1)], create) for _ in range(32)]
        answers = await asyncio.gather(*commits, return_exceptions=True)
        assert answers.count(None) == 1
        assert sum(isinstance(answer, FileExistsError) for answer in answers) == 31

    @on_engine
    async def test_a_reader_never_sees_half_a_commit(self, engine: Engine) -> None:
        stop = False

        async def write() -> None:
            for number in range(60):
                value = b"%d" % number
                writes = [Put(1, b"", value), Put(2, b"a", value), Put(2, b"b", value)]
                await engine.commit(PARTITION, b"row", (), always(*writes))

        async def watch() -> int:
            looks = 0
            while not stop:
                one, many = await engine.read(PARTITION, b"row", [Cell(1), Range(2)])
                assert many == ([(b"a", one), (b"b", one)] if one else [])
                looks += 1
                await asyncio.sleep(0)
            return looks

        watcher = asyncio.ensure_future(watch())
        await write()
        stop = True
        assert await watcher > 1

    @on_engine
    async def test_values_that_a_transition_alters_are_its_own(self, engine: Engine) -> None:
        await put(engine, b"row", b"x", suffix=b"s")

        def alter(values: Sequence[Value]) -> Change:
            (cells,) = values
            result = list(cells)
            cells.clear()
            return Change(result=result)

        for _ in range(5):
            assert await engine.commit(PARTITION, b"row", [Range(1)], alter) == [(b"s", b"x")]

    @on_engine
    async def test_a_cancelled_commit_happens_whole_or_not_at_all(self, engine: Engine) -> None:
        for number in range(20):
            row = b"row%d" % number
            task = asyncio.ensure_future(
                engine.commit(PARTITION, row, (), always(Put(1, b"", b"x"), Put(2, b"", b"x"), journal=(row,)))
            )
            for _ in range(number % 4):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        journal = {record.payload for record in await engine.read_journal(PARTITION)}
        there = set()
        for number in range(20):
            row = b"row%d" % number
            one, two = await engine.read(PARTITION, row, [Cell(1), Cell(2)])
            assert one == two
            there |= {row} if one else set()
        # Some may still be under way: what the journal said before has happened, what has happened it says now.
        assert journal <= there
        assert there <= {record.payload for record in await engine.read_journal(PARTITION)}

    @on_place
    async def test_what_was_committed_is_there_after_reopening(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        for row in EDGE_ROWS:
            await put(engine, row, row)
        await engine.close()
        engine = await place.open()
        assert [cell.row for cell in await scan_all(engine)] == sorted(EDGE_ROWS)
        assert [await get(engine, row) for row in EDGE_ROWS] == list(EDGE_ROWS)
        await engine.close()


class PartitionSuite:
    """Creating and dropping."""

    @on_engine
    async def test_creating_a_partition_that_exists_is_harmless(self, engine: Engine) -> None:
        await put(engine, b"row", b"x")
        await engine.create_partition(PARTITION)
        assert await get(engine, b"row") == b"x"

    @on_engine
    async def test_partitions_are_apart(self, engine: Engine) -> None:
        names = [b"p", b"pp", b"p\xff", b"p\x01", b"q", b"\xff" * MAX_PARTITION_BYTES]
        for name in names:
            await engine.create_partition(name)
            await engine.commit(name, b"row", (), always(Put(1, b"", name), journal=(name,), n=1))
        for name in names:
            assert await engine.read(name, b"row", [Cell(1)]) == [name]
            assert await scan_all(engine, partition=name) == [(b"row", b"", name)]
            assert [record.payload for record in await engine.read_journal(name)] == [name]
            assert await engine.counters(name) == {b"n": 1}

    @on_engine
    async def test_a_partition_with_a_cell_in_any_space_is_not_dropped(self, engine: Engine) -> None:
        for space in (0, 1, 7):
            await put(engine, b"row", space=space, suffix=b"s")
            assert await engine.drop_if_empty(PARTITION) is False
            await engine.commit(PARTITION, b"row", (), always(DeletePrefix(space)))
        assert await engine.drop_if_empty(PARTITION) is True

    @on_engine
    async def test_a_dropped_partition_is_gone(self, engine: Engine) -> None:
        await engine.commit(PARTITION, b"row", (), always(Put(1, b"", b"x"), journal=(b"one",), n=3))
        await engine.commit(PARTITION, b"row", (), always(Delete(1), journal=(b"two",)))
        assert await engine.drop_if_empty(PARTITION) is True
        assert await engine.drop_if_empty(PARTITION) is True, "dropping it again is harmless"
        with pytest.raises(Gone):
            await put(engine, b"row")
        assert await get(engine, b"row") is None
        assert await engine.counters(PARTITION) == {}, "the counters go"
        assert PARTITION in await engine.journals(), "the journal stays"
        records = await engine.read_journal(PARTITION)
        assert [record.payload for record in records] == [b"one", b"two"]
        await engine.trim_journal(PARTITION, records[-1].sequence)
        assert PARTITION not in await engine.journals()
        assert await engine.read_journal(PARTITION) == []

    @on_engine
    async def test_a_partition_that_never_was_counts_as_dropped(self, engine: Engine) -> None:
        assert await engine.drop_if_empty(b"never") is True

    @on_engine
    async def test_dropping_and_racing_commits_agree(self, engine: Engine) -> None:
        outcomes = set()
        for number in range(24):
            partition = b"p%d" % number
            await engine.create_partition(partition)
            calls: list[Any] = [
                engine.commit(partition, b"r%d" % row, (), always(Put(1, b"", b"x"))) for row in range(4)
            ]
            calls.insert(number % 5, engine.drop_if_empty(partition))
            answers = await asyncio.gather(*calls, return_exceptions=True)
            dropped = answers.pop(number % 5)
            outcomes.add(dropped)
            values = [(await engine.read(partition, b"r%d" % row, [Cell(1)]))[0] for row in range(4)]
            if dropped:
                assert all(isinstance(answer, Gone) for answer in answers)
                assert values == [None] * 4
            else:
                assert answers == [None] * 4
                assert values == [b"x"] * 4
        assert outcomes == {True, False}, "both were seen"
