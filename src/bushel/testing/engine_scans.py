"""The contract of scans, of the journal and of counters, as tests. Part of ``EngineSuite``."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.engine.api import (
    MAX_ROW_BYTES,
    MAX_SCAN_CELLS,
    MAX_SUFFIX_BYTES,
    Cell,
    Change,
    Delete,
    DeletePrefix,
    Engine,
    Put,
    Range,
    Read,
    ScannedCell,
    Value,
    Write,
)
from bushel.testing.engine_place import (
    PARTITION,
    EnginePlace,
    always,
    get_one,
    on_engine,
    on_place,
    put,
    scan_all,
)

_numbers = itertools.count()


def nasty_rows(count: int) -> list[bytes]:
    """Rows that share long prefixes, have NULs, and have lengths around which an engine may store them otherwise."""
    chance = random.Random(count)  # noqa: S311 - repeatable
    rows = {b"k" * length for length in (1, 2, 63, 64, 127, 128, 255, 256, *range(440, 520, 3), 1022, 1023, 1024)}
    heads = [b"", b"k" * 200, b"k" * 470, b"k" * 500, b"k" * 1000, b"\0" * 480, b"\xff" * 505, b"dir/" * 125]
    while len(rows) < count:
        tail = bytes(chance.choices((0, 1, 107, 108, 254, 255), k=chance.randint(1, 24)))
        rows.add(chance.choice(heads) + tail)
    return sorted(rows)


async def _fill(engine: Engine, rows: Sequence[bytes], suffixes: Sequence[bytes] = (b"",)) -> list[ScannedCell]:
    """Put cells in space 1, and others in the spaces beside it that no scan of it may show."""
    for at in range(0, len(rows), 64):
        commits = [
            engine.commit(
                PARTITION,
                row,
                (),
                always(
                    *[Put(1, suffix, row[-9:] + suffix) for suffix in suffixes], Put(0, b"", b""), Put(2, b"x", b"")
                ),
            )
            for row in rows[at : at + 64]
        ]
        await asyncio.gather(*commits)
    return [ScannedCell(row, suffix, row[-9:] + suffix) for row in sorted(rows) for suffix in sorted(suffixes)]


class ScanSuite:
    """Scans."""

    @on_engine
    async def test_a_scan_is_in_order_of_row_and_suffix(self, engine: Engine) -> None:
        suffixes = [b"", b"\0", b"a", b"\xff" * MAX_SUFFIX_BYTES]
        expected = await _fill(engine, nasty_rows(160), suffixes)
        assert await scan_all(engine) == expected

    @on_engine
    async def test_pages_of_any_length_make_one_walk(self, engine: Engine) -> None:
        expected = await _fill(engine, nasty_rows(90), [b"", b"s"])
        for limit in (1, 2, 7, 64, 5000):
            assert await scan_all(engine, limit=limit) == expected

    @on_engine
    async def test_a_page_has_at_most_1024_cells(self, engine: Engine) -> None:
        rows = [b"%05d" % number for number in range(0, 2500, 2)]
        expected = await _fill(engine, rows, [b"a", b"b"])
        page = await engine.scan(PARTITION, 1, limit=100_000)
        assert len(page.cells) <= MAX_SCAN_CELLS
        assert page.next is not None
        assert await scan_all(engine, limit=100_000) == expected

    @on_engine
    async def test_start_is_inclusive_and_stop_exclusive(self, engine: Engine) -> None:
        rows = nasty_rows(60)
        expected = await _fill(engine, rows, [b"", b"m"])
        bounds = [b"", b"\0", *rows[::6], rows[3] + b"\0", rows[40][:-1], b"k" * 1025, b"\xff" * 1030]
        for start in bounds:
            for suffix in (b"", b"a", b"m", b"z", b"\xff" * 129):
                wanted = [cell for cell in expected if (cell.row, cell.suffix) >= (start, suffix)]
                assert await scan_all(engine, start=(start, suffix)) == wanted, (start, suffix)
            for stop in bounds:
                wanted = [cell for cell in expected if start <= cell.row < stop]
                assert await scan_all(engine, start=(start, b""), stop=stop) == wanted, (start, stop)

    @on_engine
    async def test_an_empty_space_has_no_cells(self, engine: Engine) -> None:
        assert await scan_all(engine) == []
        await put(engine, b"row", space=2)
        assert await scan_all(engine, 1) == []
        assert await scan_all(engine, 3) == []

    @on_engine
    async def test_what_stays_while_others_come_and_go_is_seen_once(self, engine: Engine) -> None:
        stay = [b"%03d" % number for number in range(0, 200, 2)]
        await _fill(engine, stay)

        async def come_and_go() -> None:
            for number in range(1, 120, 2):
                await put(engine, b"%03d" % number)
                await engine.commit(PARTITION, b"%03d" % (number - 40 if number > 40 else 1), (), always(Delete(1)))

        others = asyncio.ensure_future(come_and_go())
        while not others.done():
            seen = [cell.row for cell in await scan_all(engine, limit=7)]
            assert seen == sorted(set(seen)), "in order, nothing twice"
            assert [row for row in seen if row in stay] == stay, "nothing missed"
            await asyncio.sleep(0)
        await others


_blocks = st.sampled_from([b"", b"k" * 300, b"k" * 480, b"k" * 500, b"\0" * 505, b"\xff" * 490])
_rows = st.one_of(
    st.binary(min_size=1, max_size=3),
    st.builds(bytes.__add__, _blocks, st.binary(min_size=1, max_size=MAX_ROW_BYTES - 505)),
)
_suffixes = st.one_of(st.sampled_from([b"", b"a", b"aa", b"\xff"]), st.binary(max_size=MAX_SUFFIX_BYTES))
_spaces = st.sampled_from([0, 1, 2])
_writes = st.one_of(
    st.builds(Put, _spaces, _suffixes, st.binary(max_size=9)),
    st.builds(Delete, _spaces, _suffixes),
    st.builds(DeletePrefix, _spaces, st.one_of(st.sampled_from([b"", b"a", b"\xff"]), _suffixes)),
)
_Steps = list[tuple[int, list[Write]]]
_Model = dict[tuple[int, bytes, bytes], bytes]


def _apply(model: _Model, row: bytes, writes: Sequence[Write]) -> None:
    for write in writes:
        if isinstance(write, Put):
            model[write.space, row, write.suffix] = write.value
        elif isinstance(write, Delete):
            model.pop((write.space, row, write.suffix), None)
        else:
            for name in [name for name in model if name[:2] == (write.space, row) and name[2].startswith(write.prefix)]:
                del model[name]


class ModelSuite:
    """The index against a dictionary."""

    # Several engines may run the suite in one session: then one function belongs to several classes.
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        pool=st.lists(_rows, min_size=1, max_size=6, unique=True),
        steps=st.lists(st.tuples(st.integers(0, 5), st.lists(_writes, max_size=6)), max_size=12),
        walks=st.lists(st.tuples(_spaces, _rows, _suffixes, st.none() | _rows, st.integers(1, 5)), max_size=4),
        ranges=st.lists(st.tuples(_spaces, _suffixes, st.none() | _suffixes, st.integers(1, 5)), max_size=4),
    )
    def test_the_index_holds_what_a_sorted_dictionary_would(
        self, place: EnginePlace, pool: list[bytes], steps: _Steps, walks: list[Any], ranges: list[Any]
    ) -> None:
        partition = b"model-%d" % next(_numbers)
        model: _Model = {}

        async def story() -> None:
            engine = await place.open()
            await engine.create_partition(partition)
            for number, writes in steps:
                row = pool[number % len(pool)]
                await engine.commit(partition, row, (), always(*writes))
                _apply(model, row, writes)
            await engine.close()
            engine = await place.open()
            for space, row, suffix, stop, limit in [(0, b"", b"", None, 1024), (1, b"", b"", None, 2), *walks]:
                found = await scan_all(engine, space, (row, suffix), stop, limit, partition)
                wanted = [ScannedCell(*name[1:], model[name]) for name in sorted(model) if name[0] == space]
                wanted = [cell for cell in wanted if (cell.row, cell.suffix) >= (row, suffix)]
                assert found == [cell for cell in wanted if stop is None or cell.row < stop]
            for row in pool:
                for space, prefix, after, limit in ranges:
                    cells = sorted((name[2], value) for name, value in model.items() if name[:2] == (space, row))
                    wanted_range = [
                        cell for cell in cells if cell[0].startswith(prefix) and (after is None or cell[0] > after)
                    ]
                    reads: list[Read] = [Range(space, prefix, after, limit), Cell(space, prefix)]
                    answer = await engine.read(partition, row, reads)
                    assert answer == [wanted_range[:limit], model.get((space, row, prefix))]
            await engine.close()

        asyncio.run(story())


class JournalSuite:
    """The journal and the counters."""

    @on_place
    async def test_records_keep_the_order_of_commits_and_the_clocks_time(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        times = []
        for number in range(5):
            payloads = tuple(b"%d-%d" % (number, part) for part in range(number))
            await engine.commit(PARTITION, b"row%d" % (9 - number), (), always(journal=payloads))
            times += [place.clock.now_ns()] * number
            place.clock.advance(1.5)
        records = await engine.read_journal(PARTITION)
        assert [record.payload for record in records] == [
            b"%d-%d" % (number, part) for number in range(5) for part in range(number)
        ]
        assert [record.time_ns for record in records] == times
        sequences = [record.sequence for record in records]
        assert sequences == sorted(set(sequences))
        assert sequences[0] > 0
        await engine.close()

    @on_engine
    async def test_reading_goes_on_after_a_sequence(self, engine: Engine) -> None:
        await engine.commit(PARTITION, b"row", (), always(journal=tuple(b"%d" % number for number in range(2100))))
        records: list[Any] = []
        while page := await engine.read_journal(PARTITION, records[-1].sequence if records else 0, limit=700):
            assert len(page) <= 700
            records += page
        assert [record.payload for record in records] == [b"%d" % number for number in range(2100)]
        assert (await engine.read_journal(PARTITION, records[41].sequence, 1))[0] == records[42]

    @on_place
    async def test_trimming_forgets_through_a_sequence_which_never_comes_back(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        await engine.commit(PARTITION, b"row", (), always(journal=(b"a", b"b", b"", bytes(20_000))))
        records = await engine.read_journal(PARTITION)
        await engine.trim_journal(PARTITION, records[1].sequence)
        assert await engine.read_journal(PARTITION) == records[2:]
        await engine.trim_journal(PARTITION, records[0].sequence)
        assert await engine.journals() == [PARTITION]
        await engine.trim_journal(PARTITION, records[3].sequence)
        assert await engine.read_journal(PARTITION) == []
        assert await engine.journals() == []
        await engine.close()
        engine = await place.open()
        await engine.commit(PARTITION, b"row", (), always(journal=(b"later",)))
        (later,) = await engine.read_journal(PARTITION, records[3].sequence)
        assert later.payload == b"later", "a reader that had read everything sees what comes after"
        await engine.close()

    @on_engine
    async def test_trimming_what_is_not_there_is_harmless(self, engine: Engine) -> None:
        await engine.trim_journal(PARTITION, 5)
        await engine.trim_journal(b"never", 5)
        assert await engine.read_journal(b"never") == []

    @on_engine
    async def test_a_refused_commit_leaves_no_record_and_counts_nothing(self, engine: Engine) -> None:
        def refuse(_: Sequence[Value]) -> Change:
            raise LookupError

        await engine.commit(PARTITION, b"row", (), always(journal=(b"one",), n=1))
        with pytest.raises(LookupError):
            await engine.commit(PARTITION, b"row", (), refuse)
        too_long = always(Put(1, bytes(MAX_SUFFIX_BYTES + 1), b""), journal=(b"two",), n=1)
        with pytest.raises(ValueError, match=r"."):
            await engine.commit(PARTITION, b"row", (), too_long)
        assert [record.payload for record in await engine.read_journal(PARTITION)] == [b"one"]
        assert await engine.counters(PARTITION) == {b"n": 1}

    @on_engine
    async def test_a_reader_that_follows_the_journal_misses_nothing(self, engine: Engine) -> None:
        total = 120

        async def write(number: int) -> None:
            await asyncio.sleep(0)
            await engine.commit(PARTITION, b"row%d" % (number % 7), (), always(journal=(b"%d" % number,)))

        writers = [asyncio.ensure_future(write(number)) for number in range(total)]
        seen: list[bytes] = []
        after = 0
        over = False
        while not over:
            over = all(writer.done() for writer in writers)
            for record in await engine.read_journal(PARTITION, after, limit=5):
                assert record.sequence > after
                after = record.sequence
                seen.append(record.payload)
                over = False
            await asyncio.sleep(0)
        await asyncio.gather(*writers)
        assert sorted(seen) == sorted(b"%d" % number for number in range(total))

    @on_engine
    async def test_counters_add_up(self, engine: Engine) -> None:
        commits = [
            engine.commit(PARTITION, b"row%d" % number, (), always(n=number, debt=-1, big=2**40))
            for number in range(40)
        ]
        await asyncio.gather(*commits)
        assert await engine.counters(PARTITION) == {b"n": 780, b"debt": -40, b"big": 40 * 2**40}
        await engine.commit(PARTITION, b"row", (), always(debt=40))
        assert (await engine.counters(PARTITION)).get(b"debt", 0) == 0

    @on_place
    async def test_journal_and_counters_are_there_after_reopening(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        await engine.commit(PARTITION, b"row", (), always(journal=(b"one",), n=5))
        await engine.close()
        engine = await place.open()
        await engine.commit(PARTITION, b"row", (), always(journal=(b"two",), n=5))
        assert [record.payload for record in await engine.read_journal(PARTITION)] == [b"one", b"two"]
        assert await engine.counters(PARTITION) == {b"n": 10}
        assert await get_one(engine, b"row", Cell(1)) is None
        await engine.close()
