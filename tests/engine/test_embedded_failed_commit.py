"""The page that ends a commit cannot be written: that commit fails, and nothing else does.

LMDB writes it through a descriptor of its own. Here that one is replaced by one that cannot be written to, as a full
file system that never overwrites in place (btrfs, ZFS) would refuse it, or a drive.
"""

import asyncio
import os
from pathlib import Path

import pytest

from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Cell, Change, Put, Unavailable
from bushel.engine.embedded.engine import EmbeddedEngine

PARTITION = b"partition"


def spoil_last_page(folder: Path) -> None:
    """Make every further write of LMDB's last page of a commit fail."""
    spoiled = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            path = link.readlink()
            flags = Path(f"/proc/self/fdinfo/{link.name}").read_text().split("flags:")[1].split()[0]
        except FileNotFoundError:  # the one by which they are listed
            continue
        if path == folder / "index" / "data.mdb" and int(flags, 8) & os.O_DSYNC:
            read_only = os.open(path, os.O_RDONLY)
            os.dup2(read_only, int(link.name), inheritable=False)
            os.close(read_only)
            spoiled += 1
    assert spoiled == 1


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="no /proc to find the descriptor in")
def test_a_commit_whose_last_page_cannot_be_written_fails_alone(tmp_path):
    async def put(engine: EmbeddedEngine, row: bytes) -> None:
        await engine.commit(PARTITION, row, [], lambda _: Change([Put(1, b"", b"of " + row)]))

    async def scenario() -> None:
        engine = EmbeddedEngine.open(
            tmp_path, clock=SystemClock(), randomness=SystemRandomness(), floor_bytes=0, reserve_bytes=4096
        )
        await engine.create_partition(PARTITION)
        await put(engine, b"before")

        for _ in range(3):
            spoil_last_page(tmp_path)
            with pytest.raises(Unavailable):
                await put(engine, b"spoiled")
            assert await engine.read(PARTITION, b"before", [Cell(1)]) == [b"of before"]
            assert await engine.read(PARTITION, b"spoiled", [Cell(1)]) == [None]
            await asyncio.gather(*(put(engine, b"after-%d" % number) for number in range(10)))

        await engine.housekeeping()
        assert len((await engine.scan(PARTITION, 1)).cells) == 11
        await engine.close()

    asyncio.run(scenario())
