"""Processes killed in the middle of commits: what was acknowledged is there, whole, and the others go on."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Cell, Change, Put
from bushel.engine.embedded.engine import EmbeddedEngine

pytestmark = pytest.mark.crash

PARTITION = b"bucket-instance"

WRITING = """
import asyncio, sys
from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Cell, Change, Put
from bushel.engine.embedded.engine import EmbeddedEngine

async def main(path, name):
    engine = EmbeddedEngine.open(
        path, clock=SystemClock(), randomness=SystemRandomness(), index_only=True, floor_bytes=0, reserve_bytes=4096
    )
    await engine.create_partition(b"bucket-instance")
    async def writer(lane):
        number = 0
        while True:
            number += 1
            row = b"%s-%d" % (name, lane) + b"/long" * (lane * 40)
            body = b"%d " % number * 500
            def replace(values):
                return Change([Put(1, b"", b"%d" % number), Put(2, b"", body)], journal=[row], counters={name: 1})
            await engine.commit(b"bucket-instance", row, [Cell(1)], replace)
            sys.stdout.write("%d %d\\n" % (lane, number))
            sys.stdout.flush()
    await asyncio.gather(*(writer(lane) for lane in range(5)))

asyncio.run(main(sys.argv[1], sys.argv[2].encode()))
"""


class Writer:
    """A process that commits in five rows until it is killed, and what it said was committed."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.acknowledged = dict.fromkeys(range(5), 0)
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITING, str(folder), name], stdout=subprocess.PIPE, text=True
        )

    def listen(self, lines: int) -> None:
        """Wait for this many acknowledgements more."""
        for _ in range(lines):
            line = self._process.stdout.readline()
            assert line, "the writer ended by itself"
            self._note(line)

    def kill(self) -> None:
        self._process.kill()
        for line in self._process.stdout:
            if line.endswith("\n"):
                self._note(line)
        self._process.stdout.close()
        assert self._process.wait() == -9

    def _note(self, line: str) -> None:
        lane, number = line.split()
        self.acknowledged[int(lane)] = int(number)


def row_of(name: str, lane: int) -> bytes:
    return f"{name}-{lane}".encode() + b"/long" * (lane * 40)


async def check(folder: Path, writers: list[Writer]) -> None:
    engine = EmbeddedEngine.open(
        folder, clock=SystemClock(), randomness=SystemRandomness(), floor_bytes=0, reserve_bytes=4096
    )
    appended: dict[bytes, int] = {}
    after = 0
    while records := await engine.read_journal(PARTITION, after):
        for record in records:
            appended[record.payload] = appended.get(record.payload, 0) + 1
            after = record.sequence
    counters = await engine.counters(PARTITION)
    for writer in writers:
        total = 0
        for lane, acknowledged in writer.acknowledged.items():
            row = row_of(writer.name, lane)
            entry, body = await engine.read(PARTITION, row, [Cell(1), Cell(2)])
            number = int(entry or b"0")
            assert acknowledged <= number <= acknowledged + 1, "one commit may have been under way"
            assert body == (b"%d " % number * 500 if number else None), "entry and body are of one commit"
            assert appended.get(row, 0) == number, "so is the journal"
            total += number
        assert counters.get(writer.name.encode(), 0) == total, "so are the counters"
    await engine.commit(PARTITION, b"after", [], lambda _: Change([Put(1, b"", b"x")]))
    await engine.close()


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_survives_kill_9(tmp_path, seed):
    chance = random.Random(seed)
    killed = []
    for generation in range(4):
        writer = Writer(tmp_path, f"w{seed}{generation}")
        writer.listen(chance.randint(1, 300))
        writer.kill()
        killed.append(writer)
        asyncio.run(check(tmp_path, killed))


def test_writers_go_on_when_another_is_killed_in_the_middle_of_a_commit(tmp_path):
    """The write lock of the one that was killed passes to the others."""
    survivor = Writer(tmp_path, "survivor")
    survivor.listen(1)
    killed = []
    for generation in range(5):
        writer = Writer(tmp_path, f"k{generation}")
        writer.listen(20 + generation)
        writer.kill()
        killed.append(writer)
        survivor.listen(50)
    survivor.kill()
    asyncio.run(check(tmp_path, [survivor, *killed]))
