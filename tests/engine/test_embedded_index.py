"""The index of the embedded engine beyond what every engine promises: group commit, long keys, several processes."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import lmdb
import pytest

from bushel.core.clock import SystemClock
from bushel.engine.api import Cell, Change, Closed, Corrupt, Delete, Full, Gone, Put, Range, Unavailable
from bushel.engine.embedded import committer as committer_module
from bushel.engine.embedded.folder import INDEX, prepare_folder
from bushel.engine.embedded.index import Index
from bushel.engine.embedded.records import WriteBatch
from bushel.engine.embedded.space import Space

PARTITION = b"bucket-instance"


class StepClock(SystemClock):
    """A clock that is set."""

    def __init__(self, now_ns: int) -> None:
        self.now = now_ns

    def now_ns(self) -> int:
        return self.now


def open_index(path: Path, **options) -> Index:
    folder = prepare_folder(path)
    options = {"clock": SystemClock(), "space": Space(folder, floor_bytes=0, reserve_bytes=4096), **options}
    return Index(folder / INDEX, **options)


@pytest.fixture
def run(tmp_path):
    """Run ``scenario(index)`` on a fresh index that has one partition."""

    def run(scenario, **options):
        async def whole():
            index = open_index(tmp_path / "data", **options)
            try:
                await index.create_partition(PARTITION)
                return await scenario(index)
            finally:
                await index.close()

        return asyncio.run(whole())

    return run


def putting(value: bytes, *, suffix: bytes = b"", **more):
    return lambda _: Change([Put(1, suffix, value)], **more)


class Held:
    """Holds the commit thread inside a transition until released, so that what is submitted meanwhile is one batch."""

    def __init__(self, index: Index) -> None:
        self._entered = threading.Event()
        self._go_on = threading.Event()
        self._task = asyncio.ensure_future(index.commit(PARTITION, b"held", [], self._wait))

    def _wait(self, _):
        self._entered.set()
        assert self._go_on.wait(30)
        return Change()

    async def __aenter__(self):
        await asyncio.to_thread(self._entered.wait, 30)
        return self

    async def __aexit__(self, *_):
        self._go_on.set()
        await self._task


async def in_one_batch(index: Index, *commits) -> list:
    async with Held(index):
        tasks = [asyncio.ensure_future(commit) for commit in commits]
        await asyncio.sleep(0)  # each task runs up to its wait for the batch
    return await asyncio.gather(*tasks, return_exceptions=True)


# --- group commit -------------------------------------------------------------------------------------------------


def test_commits_that_arrive_during_a_commit_are_one_transaction(run, monkeypatch):
    sizes = []
    deliver = committer_module._deliver
    monkeypatch.setattr(committer_module, "_deliver", lambda jobs: (sizes.append(len(jobs)), deliver(jobs)))

    async def scenario(index):
        commits = [index.commit(PARTITION, b"row-%d" % number, [], putting(b"x")) for number in range(50)]
        return await in_one_batch(index, *commits)

    assert run(scenario) == [None] * 50
    assert sizes == [1, 1, 50], "the partition, the one that holds, and all others together"


def test_a_transition_sees_what_earlier_ones_of_its_batch_wrote(run):
    def count(values):
        number = int(values[0] or b"0") + 1
        return Change([Put(1, b"", b"%d" % number)], result=number)

    async def scenario(index):
        commits = [index.commit(PARTITION, b"row", [Cell(1)], count) for _ in range(20)]
        return await in_one_batch(index, *commits), await index.read(PARTITION, b"row", [Cell(1)])

    assert run(scenario) == (list(range(1, 21)), [b"20"])


@pytest.mark.parametrize(
    "refusal", [ValueError("no"), KeyboardInterrupt(), SystemExit(1), asyncio.CancelledError()], ids=repr
)
def test_a_refusal_reaches_its_caller_and_leaves_the_batch_alone(run, refusal):
    def refuse(_):
        raise refusal

    async def scenario(index):
        futures = [
            index._committer.submit(
                lambda batch, t=transition: batch.commit(b"c" + PARTITION, b"row\0", [], t), reclaims=False
            )
            for transition in (putting(b"1", suffix=b"1"), refuse, putting(b"2", suffix=b"2"))
        ]
        await asyncio.wait(futures)
        return [future._exception for future in futures], await index.read(PARTITION, b"row", [Range(1)])

    errors, values = run(scenario)
    assert errors == [None, refusal, None]
    assert values == [[(b"1", b"1"), (b"2", b"2")]]


def test_a_transition_that_raises_stop_iteration_hangs_nobody(run):
    async def scenario(index):
        return await in_one_batch(
            index,
            index.commit(PARTITION, b"row", [], lambda _: next(iter(()))),
            index.commit(PARTITION, b"row", [], putting(b"x")),
        )

    error, fine = run(scenario)
    assert isinstance(error, RuntimeError)
    assert fine is None


BAD_CHANGES = {
    "value is text": Change([Put(1, b"a", b"1"), Put(1, b"b", "text")]),
    "suffix too long": Change([Put(1, b"a", b"1"), Put(1, b"s" * 129, b"")]),
    "no such space": Change([Put(1, b"a", b"1"), Delete(255)]),
    "not a write": Change([Put(1, b"a", b"1"), (1, b"b")]),
    "counter without a name": Change([Put(1, b"a", b"1")], counters={b"": 1}),
    "counter beyond 64 bits": Change([Put(1, b"a", b"1")], counters={b"bytes": 1 << 63}),
    "journal is text": Change([Put(1, b"a", b"1")], journal=["text"]),
    "not a change": None,
}


@pytest.mark.parametrize("change", BAD_CHANGES.values(), ids=BAD_CHANGES)
def test_a_change_that_cannot_be_written_is_not_written_in_part(run, change):
    async def scenario(index):
        results = await in_one_batch(
            index,
            index.commit(PARTITION, b"row", [], lambda _: change),
            index.commit(PARTITION, b"row", [], putting(b"fine", suffix=b"other")),
        )
        return results, await index.read(PARTITION, b"row", [Range(1)]), await index.counters(PARTITION)

    (bad, fine), values, counters = run(scenario)
    assert isinstance(bad, TypeError | ValueError | AttributeError)
    assert fine is None
    assert values == [[(b"other", b"fine")]]
    assert counters == {}


def test_an_engine_error_between_writes_spoils_only_the_job_that_meets_it(run, monkeypatch):
    """Whatever half of it was written is gone, and what others wrote before and after it is there, once."""
    append = WriteBatch._append

    def failing(self, partition, records):
        if records[0].endswith(b"bad"):
            raise lmdb.CorruptedError("a page that cannot be")
        append(self, partition, records)

    monkeypatch.setattr(WriteBatch, "_append", failing)

    async def scenario(index):
        results = await in_one_batch(
            index,
            *(
                index.commit(PARTITION, b"row", [], putting(b"x", suffix=name, journal=[name], counters={b"n": 1}))
                for name in (b"one", b"bad", b"two")
            ),
        )
        values = await index.read(PARTITION, b"row", [Range(1)])
        journal = [record.payload for record in await index.read_journal(PARTITION)]
        return results, values, journal, await index.counters(PARTITION)

    (one, bad, two), values, journal, counters = run(scenario)
    assert (one, two) == (None, None)
    assert isinstance(bad, Corrupt)
    assert values == [[(b"one", b"x"), (b"two", b"x")]]
    assert journal == [b"one", b"two"]
    assert counters == {b"n": 2}


def test_a_failure_of_the_engine_itself_answers_everybody(run):
    class BrokenClock(SystemClock):
        broken = False

        def now_ns(self):
            if self.broken:
                raise OSError("no clock")
            return 1

    clock = BrokenClock()

    async def scenario(index):
        clock.broken = True
        with pytest.raises(Unavailable, match="no clock"):
            await index.commit(PARTITION, b"row", [], putting(b"x"))
        clock.broken = False
        await index.commit(PARTITION, b"row", [], putting(b"y"))
        return await index.read(PARTITION, b"row", [Cell(1)])

    assert run(scenario, clock=clock) == [b"y"]


def test_a_large_batch_is_cut_and_nothing_is_lost(run, monkeypatch):
    monkeypatch.setattr(committer_module, "MAX_BATCH_BYTES", 10_000)
    monkeypatch.setattr(committer_module, "MAX_BATCH_JOBS", 7)
    sizes = []
    deliver = committer_module._deliver
    monkeypatch.setattr(committer_module, "_deliver", lambda jobs: (sizes.append(len(jobs)), deliver(jobs)))

    async def scenario(index):
        small = [index.commit(PARTITION, b"s%02d" % number, [], putting(b"x")) for number in range(10)]
        large = [index.commit(PARTITION, b"t%02d" % number, [], putting(b"y" * 5000)) for number in range(4)]
        results = await in_one_batch(index, *small, *large)
        return results, [cell.row for cell in (await index.scan(PARTITION, 1)).cells]

    results, rows = run(scenario)
    assert results == [None] * 14
    assert rows == [b"s%02d" % number for number in range(10)] + [b"t%02d" % number for number in range(4)]
    assert sizes == [1, 1, 7, 5, 2], "seven jobs; three and two large ones; the rest"


def test_a_caller_that_gave_up_disturbs_nobody(run):
    async def scenario(index):
        async with Held(index):
            gone = asyncio.ensure_future(index.commit(PARTITION, b"gone", [], putting(b"1")))
            stays = asyncio.ensure_future(index.commit(PARTITION, b"stays", [], putting(b"2")))
            await asyncio.sleep(0)
            gone.cancel()
        await stays
        return [cell.row for cell in (await index.scan(PARTITION, 1)).cells]

    assert run(scenario) == [b"gone", b"stays"], "what was accepted is done"


def test_close_finishes_what_was_accepted_and_refuses_the_rest(tmp_path):
    async def scenario():
        index = open_index(tmp_path / "data")
        await index.create_partition(PARTITION)
        async with Held(index):
            accepted = [
                asyncio.ensure_future(index.commit(PARTITION, b"row-%d" % number, [], putting(b"x")))
                for number in range(9)
            ]
            await asyncio.sleep(0)
            closing = asyncio.ensure_future(index.close())
            await asyncio.sleep(0)
            with pytest.raises(Closed):
                await index.commit(PARTITION, b"late", [], putting(b"x"))
        await closing
        assert await asyncio.gather(*accepted) == [None] * 9
        for late in (
            index.read(PARTITION, b"row", [Cell(1)]),
            index.scan(PARTITION, 1),
            index.create_partition(b"p"),
            index.journals(),
        ):
            with pytest.raises(Closed):
                await late
        await index.close()
        again = open_index(tmp_path / "data")
        assert len((await again.scan(PARTITION, 1)).cells) == 9
        await again.close()

    asyncio.run(scenario())


def test_an_index_serves_one_event_loop_after_another(tmp_path):
    index = open_index(tmp_path / "data")
    asyncio.run(index.create_partition(PARTITION))
    for number in range(3):
        asyncio.run(index.commit(PARTITION, b"row", [], putting(b"%d" % number)))

    async def finish():
        values = await index.read(PARTITION, b"row", [Cell(1)])
        await index.close()
        return values

    assert asyncio.run(finish()) == [b"2"]


def test_nothing_is_written_for_a_change_without_writes(run):
    async def scenario(index):
        before = index._environment.info()["last_txnid"]
        result = await index.commit(PARTITION, b"row", [Cell(1)], lambda values: Change(result=values))
        return result, index._environment.info()["last_txnid"] - before

    assert run(scenario) == ([None], 0)


# --- partitions, journal, counters ---------------------------------------------------------------------------------


def test_dropping_and_committing_in_one_batch_have_one_order(run):
    async def scenario(index):
        return await in_one_batch(
            index,
            index.commit(PARTITION, b"row", [], lambda _: Change(counters={b"n": 5})),
            index.drop_if_empty(PARTITION),
            index.commit(PARTITION, b"row", [], putting(b"late")),
            index.create_partition(PARTITION),
            index.commit(PARTITION, b"row", [], putting(b"new", counters={b"n": 1})),
        ), await index.counters(PARTITION)

    (counted, dropped, late, created, new), counters = run(scenario)
    assert (counted, dropped, created, new) == (None, True, None, None)
    assert isinstance(late, Gone)
    assert counters == {b"n": 1}, "counters of the dropped partition are gone, those counted in the same batch too"


def test_the_journal_sequence_grows_over_trims_drops_and_reopening(tmp_path):
    sequences = []

    async def once():
        clock = StepClock(1_000)
        index = open_index(tmp_path / "data", clock=clock)
        for number in range(3):
            await index.create_partition(PARTITION)
            clock.now -= 100
            await index.commit(PARTITION, b"row", [], lambda _: Change(journal=[b"a", b"b"]))
            records = await index.read_journal(PARTITION)
            assert [record.payload for record in records] == [b"a", b"b"]
            assert {record.time_ns for record in records} == {1_000 - 100 * (number + 1)}
            sequences.extend(record.sequence for record in records)
            await index.trim_journal(PARTITION, records[-1].sequence)
            assert await index.read_journal(PARTITION) == []
            assert await index.drop_if_empty(PARTITION)
        await index.close()

    asyncio.run(once())
    asyncio.run(once())
    assert sequences == sorted(set(sequences))
    assert len(sequences) == 12


def test_a_long_journal_is_trimmed_in_pieces(run):
    async def scenario(index):
        for _ in range(5):
            await index.commit(PARTITION, b"row", [], lambda _: Change(journal=[b"x"] * 2000))
        before = index._environment.info()["last_txnid"]
        last = (await index.read_journal(PARTITION, after=9_998))[-1].sequence
        await index.trim_journal(PARTITION, last - 1)
        return await index.read_journal(PARTITION), index._environment.info()["last_txnid"] - before

    records, transactions = run(scenario)
    assert [record.sequence for record in records] == [10_000]
    assert transactions == 3


@pytest.mark.parametrize("through", [-1, 0, 2**64, 2**70])
def test_any_number_can_be_trimmed_to(run, through):
    async def scenario(index):
        await index.commit(PARTITION, b"row", [], lambda _: Change(journal=[b"x"]))
        await index.trim_journal(PARTITION, through)
        return len(await index.read_journal(PARTITION, after=-5)), await index.read_journal(PARTITION, after=through)

    left, after = run(scenario)
    assert left == (1 if through < 1 else 0)
    assert len(after) == left


def test_journals_tells_names_that_begin_alike_apart(run):
    names = [b"a", b"a\x01", b"a\xff", b"aa", b"ab" * 12, b"b"]

    async def scenario(index):
        for name in names:
            await index.create_partition(name)
            await index.commit(name, b"row", [], lambda _, name=name: Change(journal=[name], counters={name: 1}))
        await index.trim_journal(b"aa", 1000)
        found = await index.journals()
        for name in found:
            assert [record.payload for record in await index.read_journal(name)] == [name]
            assert await index.counters(name) == {name: 1}
        return found

    assert sorted(run(scenario)) == sorted(set(names) - {b"aa"})


# --- rows and scans ------------------------------------------------------------------------------------------------


def test_a_scan_in_pages_of_any_length_finds_long_rows_in_order(run):
    rows = sorted(
        {b"p" * length + end for length in (1, 480, 496, 511, 600, 1000, 1023) for end in (b"\0", b"\1", b"a", b"\xff")}
    )
    cells = [(row, suffix) for row in rows for suffix in (b"", b"\0", b"s" * 128)]

    async def scenario(index):
        for row in rows:
            writes = [Put(1, suffix, row[-9:]) for suffix in (b"", b"\0", b"s" * 128)]
            await index.commit(
                PARTITION, row, [], lambda _, writes=writes: Change([*writes, Put(0, b"", b""), Put(2, b"", b"")])
            )
        for limit in (1, 2, 7, 1024):
            found, start = [], (b"", b"")
            while start is not None:
                page = await index.scan(PARTITION, 1, start, limit=limit)
                assert len(page.cells) <= limit
                found += page.cells
                start = page.next
            assert [(cell.row, cell.suffix) for cell in found] == cells
            assert all(cell.value == cell.row[-9:] for cell in found)
        for at, (row, suffix) in enumerate(cells):
            page = await index.scan(PARTITION, 1, (row, suffix), stop=rows[-2])
            assert [(cell.row, cell.suffix) for cell in page.cells] == [
                cell for cell in cells[at:] if cell[0] < rows[-2]
            ]
        for row in rows:
            await index.commit(PARTITION, row, [], lambda _: Change([Delete(0), Delete(2)]))
            await index.commit(
                PARTITION, row, [Range(1)], lambda values: Change([Delete(1, suffix) for suffix, _ in values[0]])
            )
        return await index.drop_if_empty(PARTITION), index._environment.stat()["entries"]

    dropped, entries = run(scenario)
    assert dropped
    assert entries == 2, "the format and the last sub-tree's number"


# --- several processes ---------------------------------------------------------------------------------------------

ADDING = """
import asyncio, sys
from bushel.engine.api import Cell, Change, Put
from bushel.core.clock import SystemClock
from bushel.engine.embedded.folder import INDEX, prepare_folder
from bushel.engine.embedded.index import Index
from bushel.engine.embedded.space import Space

async def main(path, times):
    folder = prepare_folder(path)
    index = Index(folder / INDEX, clock=SystemClock(), space=Space(folder, floor_bytes=0, reserve_bytes=4096))
    await index.create_partition(b"p")
    def add(values):
        number = int(values[0] or b"0") + 1
        return Change([Put(1, b"", b"%d" % number)], journal=[b"%d" % number], counters={b"n": 1}, result=number)
    async def one():
        number = await index.commit(b"p", b"row", [Cell(1)], add)
        seen = int((await index.read(b"p", b"row", [Cell(1)]))[0])
        assert seen >= number, "what was answered is seen"
        return number
    got = []
    for _ in range(times // 8):
        got += await asyncio.gather(*(one() for _ in range(8)))
    print(*got)
    await index.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def test_processes_that_share_a_store_never_lose_an_update(tmp_path):
    """Three that start at once on a folder that does not exist yet."""
    command = [sys.executable, "-c", ADDING, str(tmp_path / "data"), "80"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    results = [process.communicate(timeout=100)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(int(number) for result in results for number in result.split()) == list(range(1, 241))

    async def look():
        index = open_index(tmp_path / "data")
        records = await index.read_journal(b"p")
        assert [record.payload for record in records] == [b"%d" % number for number in range(1, 241)]
        assert [record.sequence for record in records] == sorted({record.sequence for record in records})
        assert await index.counters(b"p") == {b"n": 240}
        await index.close()

    asyncio.run(look())


def test_the_slot_of_a_killed_reader_is_freed(tmp_path):
    """It would pin every page that was there when it was killed."""
    holding = """
import lmdb, sys, time
environment = lmdb.open(sys.argv[1], map_size=1 << 40, create=False)
transaction = environment.begin()
print("reading", flush=True)
sys.stdin.read()
"""

    index = open_index(tmp_path / "data")
    command = [sys.executable, "-c", holding, str(tmp_path / "data" / INDEX)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "reading\n"
        process.kill()
    assert f" {process.pid} " in index._environment.readers()
    index.check_readers()
    assert f" {process.pid} " not in index._environment.readers()
    index.close_waiting()


class Troubled:
    """An environment whose next transactions fail to begin."""

    def __init__(self, environment: lmdb.Environment, *errors: lmdb.Error) -> None:
        self._environment = environment
        self._errors = list(errors)
        self.checks = 0

    def begin(self, **options):
        if self._errors:
            raise self._errors.pop(0)
        return self._environment.begin(**options)

    def reader_check(self):
        self.checks += 1

    def close(self):
        self._environment.close()


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([lmdb.ReadersFullError("full")], None),
        ([lmdb.ReadersFullError("full")] * 2, Unavailable),
        ([lmdb.PanicError("panic")], Unavailable),
        ([lmdb.CorruptedError("corrupted")], Corrupt),
    ],
    ids=repr,
)
def test_reads_that_cannot_begin_are_errors_of_the_contract(run, errors, expected):
    async def scenario(index):
        await index.commit(PARTITION, b"row", [], putting(b"x"))
        index._environment = environment = Troubled(index._environment, *errors)
        if expected:
            with pytest.raises(expected):
                await index.read(PARTITION, b"row", [Cell(1)])
        assert await index.read(PARTITION, b"row", [Cell(1)]) == [b"x"]
        assert environment.checks == isinstance(errors[0], lmdb.ReadersFullError), "slots of the killed are freed"

    run(scenario)


def test_a_forked_child_finds_the_index_closed_instead_of_waiting_for_ever(tmp_path):
    script = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[2])
from test_embedded_index import PARTITION, open_index, putting
from bushel.engine.api import Closed
from pathlib import Path

index = open_index(Path(sys.argv[1]))
asyncio.run(index.create_partition(PARTITION))
child = os.fork()
if not child:
    status = 1
    try:
        asyncio.run(index.commit(PARTITION, b"row", [], putting(b"child")))
    except Closed:
        status = 0
    os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
asyncio.run(index.commit(PARTITION, b"row", [], putting(b"parent")))
asyncio.run(index.close())
"""
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "data"), str(Path(__file__).parent)], check=True, timeout=60
    )


def test_the_map_being_full_is_full_and_leaves_the_index_usable(run):
    async def scenario(index):
        rows = []
        try:
            for number in range(1000):
                await index.commit(PARTITION, b"row-%d" % number, [], putting(b"x" * 10_000))
                rows.append(b"row-%d" % number)
        except Full:
            pass
        for row in rows:
            assert await index.read(PARTITION, row, [Cell(1)]) == [b"x" * 10_000]
        return len(rows)

    assert 50 < run(scenario, map_bytes=2 << 20) < 1000
