"""A full disk: nothing acknowledged is lost, growth is refused, and what frees space goes on working."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Cell, Change, Delete, Full, Put
from bushel.engine.embedded.engine import EmbeddedEngine
from bushel.engine.embedded.space import Space

pytestmark = pytest.mark.crash

PARTITION = b"bucket-instance"
VALUE = bytes(range(250)) * 40
DISK_BYTES = 12 << 20
RESERVE_BYTES = 1 << 20


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "bushel-test", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command here")
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def open_engine(disk: Path, *, floor_bytes: int) -> EmbeddedEngine:
    return EmbeddedEngine.open(
        disk / "data",
        clock=SystemClock(),
        randomness=SystemRandomness(),
        floor_bytes=floor_bytes,
        reserve_bytes=RESERVE_BYTES,
    )


def free_bytes(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def fill(disk: Path) -> None:
    """Somebody else writes until nothing is left."""
    with (disk / "somebody-elses").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            assert free_bytes(disk) == 0


async def put(engine: EmbeddedEngine, row: bytes) -> bytes:
    change = Change([Put(1, b"", b"entry of " + row), Put(2, b"", VALUE)], journal=[b"put " + row], counters={b"n": 1})
    await engine.commit(PARTITION, row, [Cell(1)], lambda _: change)
    return row


async def delete(engine: EmbeddedEngine, row: bytes) -> None:
    change = Change([Delete(1), Delete(2)], journal=[b"garbage of " + row], counters={b"n": -1})
    await engine.commit(PARTITION, row, [Cell(1)], lambda _: change, reclaims=True)


async def put_until_full(engine: EmbeddedEngine, at_once: int) -> list[bytes]:
    """Rows whose commit was answered."""
    there: list[bytes] = []
    for start in range(0, 10_000, at_once):
        rows = [b"row-%06d" % number for number in range(start, start + at_once)]
        results = await asyncio.gather(*(put(engine, row) for row in rows), return_exceptions=True)
        there += [result for result in results if isinstance(result, bytes)]
        failures = [result for result in results if not isinstance(result, bytes)]
        assert {type(failure) for failure in failures} <= {Full}, failures
        if failures:
            return there
    pytest.fail("the disk never became full")


async def check_all_there(engine: EmbeddedEngine, rows: list[bytes]) -> None:
    for row in rows:
        assert await engine.read(PARTITION, row, [Cell(1), Cell(2)]) == [b"entry of " + row, VALUE]
    assert await engine.counters(PARTITION) == {b"n": len(rows)}


@pytest.mark.parametrize("at_once", [1, 16])
def test_nothing_is_lost_and_deletes_work_below_the_floor(disk, at_once):
    async def scenario():
        engine = open_engine(disk, floor_bytes=2 << 20)
        await engine.create_partition(PARTITION)
        rows = await put_until_full(engine, at_once)
        assert len(rows) > 100
        assert free_bytes(disk) >= 1 << 20, "refused at the floor, but for one batch"
        fill(disk)
        with pytest.raises(Full):
            await put(engine, b"row-too-much")
        with pytest.raises(Full):
            await engine.create_partition(b"another")
        await engine.create_partition(PARTITION)  # which is there
        await check_all_there(engine, rows)
        results = await asyncio.gather(
            *(put(engine, b"row-too-much"), delete(engine, rows.pop()), put(engine, b"row-too-much")),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [Full, type(None), Full], "also within one batch"
        await delete_all(engine, rows, at_once)
        await engine.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("at_once", [1, 16])
def test_nothing_is_lost_and_deletes_work_when_the_last_byte_was_written(disk, at_once):
    """Without a floor, so that LMDB itself meets the end of the disk, in the middle of a write too."""

    async def scenario():
        engine = open_engine(disk, floor_bytes=0)
        await engine.create_partition(PARTITION)
        rows = await put_until_full(engine, at_once)
        assert len(rows) > 100
        fill(disk)
        for number in range(50):  # what still fits into pages that were free is accepted
            try:
                rows.append(await put(engine, b"row-x%05d" % number))
            except Full:
                continue
        await check_all_there(engine, rows)
        await delete_all(engine, rows, at_once)
        await engine.close()

    asyncio.run(scenario())


async def delete_all(engine: EmbeddedEngine, rows: list[bytes], at_once: int) -> None:
    while len(rows) > 20:
        await asyncio.gather(*(delete(engine, rows.pop()) for _ in range(min(at_once, len(rows)))))
    await check_all_there(engine, rows)
    while records := await engine.read_journal(PARTITION):
        await engine.trim_journal(PARTITION, records[-1].sequence)
    for row in rows:
        await delete(engine, row)
    assert await engine.drop_if_empty(PARTITION)


def test_deletes_make_room_for_puts_in_an_index_that_filled_the_disk_itself(disk):
    async def scenario():
        engine = open_engine(disk, floor_bytes=2 << 20)
        await engine.create_partition(PARTITION)
        rows = await put_until_full(engine, 16)
        fill(disk)
        for row in rows:
            await delete(engine, row)
        rows = [await put(engine, b"again-%d" % number) for number in range(len(rows) // 2)]
        await check_all_there(engine, rows)
        await engine.close()

    asyncio.run(scenario())


def test_deletes_make_room_for_puts_in_an_index_smaller_than_the_floor(disk):
    async def scenario():
        engine = open_engine(disk, floor_bytes=6 << 20)
        await engine.create_partition(PARTITION)
        rows = await put_until_full(engine, 16)
        for row in rows[: len(rows) // 2]:
            await delete(engine, row)
        rows = rows[len(rows) // 2 :]
        rows += [await put(engine, b"again-%d" % number) for number in range(len(rows) // 2)]
        await check_all_there(engine, rows)
        await engine.close()

    asyncio.run(scenario())


def test_a_store_opens_and_deletes_on_a_full_disk_and_recovers_when_there_is_room(disk):
    async def fill_up():
        engine = open_engine(disk, floor_bytes=2 << 20)
        await engine.create_partition(PARTITION)
        rows = await put_until_full(engine, 16)
        await engine.close()
        return rows

    async def again(rows):
        engine = open_engine(disk, floor_bytes=2 << 20)
        with pytest.raises(Full):
            await put(engine, b"row-too-much")
        for row in rows[:100]:
            await delete(engine, row)
        reserve.unlink(missing_ok=True)
        fill(disk)
        await engine.housekeeping()
        assert not reserve.exists(), "the reserve is not made of the last bytes"
        for file in disk.glob("somebody-elses*"):
            file.unlink()
        await engine.housekeeping()
        assert reserve.stat().st_blocks * 512 == RESERVE_BYTES
        await put(engine, b"row-at-last")
        await check_all_there(engine, [*rows[100:], b"row-at-last"])
        await engine.close()

    reserve = disk / "data" / "reserve"
    (disk / "somebody-elses-too").write_bytes(bytes(5 << 20))
    rows = asyncio.run(fill_up())
    fill(disk)
    asyncio.run(again(rows))


def test_the_reserve_is_made_whole_or_not_at_all(disk):
    space = Space(disk, floor_bytes=0, reserve_bytes=RESERVE_BYTES)
    reserve = disk / "reserve"
    space.restore_reserve()
    assert reserve.stat().st_blocks * 512 == RESERVE_BYTES
    assert space.release_reserve()
    assert not space.release_reserve()
    # A crash in the middle leaves a file that only looks whole.
    with reserve.open("wb") as file:
        file.truncate(RESERVE_BYTES)
    space.restore_reserve()
    assert reserve.stat().st_blocks * 512 == RESERVE_BYTES
    space.release_reserve()
    fill(disk)
    space.restore_reserve()
    assert not reserve.exists()


def test_room_is_what_is_above_the_floor(disk):
    assert Space(disk, floor_bytes=DISK_BYTES // 2).has_room()
    assert not Space(disk, floor_bytes=DISK_BYTES + 1).has_room()
    assert Space(disk, floor_bytes=0).has_room()
    assert Space(disk, floor_bytes=DISK_BYTES + 1).has_room(DISK_BYTES)
