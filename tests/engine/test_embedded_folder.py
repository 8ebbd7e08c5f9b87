"""The data folder: created for its owner alone, recognised, refused untouched where it is not ours
or is newer (SEMANTICS.md, S8), locked."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest

from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Cell, Change, Closed, Put
from bushel.engine.embedded.engine import EmbeddedEngine
from bushel.engine.embedded.environment import INDEX_FORMAT, open_environment
from bushel.engine.embedded.folder import (
    INDEX,
    STORE_FORMAT,
    FolderError,
    FolderInUse,
    NewerFormat,
    NotADataFolder,
    acquire_folder_lock,
    prepare_folder,
)
from bushel.engine.embedded.keys import FORMAT_KEY


def open_engine(path: Path, **options) -> EmbeddedEngine:
    options = {"reserve_bytes": 1 << 16, "floor_bytes": 0, **options}
    return EmbeddedEngine.open(path, clock=SystemClock(), randomness=SystemRandomness(), **options)


def open_and_close(path: Path, **options) -> None:
    async def whole():
        engine = open_engine(path, **options)
        await engine.create_partition(b"partition")
        await engine.close()

    asyncio.run(whole())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_created_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        open_and_close(tmp_path / "parent" / "data")
        with acquire_folder_lock(tmp_path / "parent" / "data"):
            pass
    finally:
        os.umask(before)
    made = [tmp_path / "parent", *(tmp_path / "parent").rglob("*")]
    assert {path.name for path in made} >= {"parent", "data", "format", "lock", "reserve", "index", "blobs", "pending"}
    modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in made}
    assert modes == {str(path): 0o700 if path.is_dir() else 0o600 for path in made}


def test_a_folder_that_is_there_and_empty_is_used_and_keeps_its_mode(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o750)
    (folder / "lost+found").mkdir()
    (folder / "format.4711").write_text("what a crash left behind")
    open_and_close(folder)
    open_and_close(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


@pytest.mark.parametrize("name", ["notes.txt", "index", ".git"])
def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / name).write_text("somebody's")
    for attempt in (open_and_close, acquire_folder_lock, prepare_folder):
        with pytest.raises(NotADataFolder, match=f"not empty.*{name}"):
            attempt(tmp_path)
    assert contents(tmp_path) == {name: b"somebody's"}


@pytest.mark.parametrize(
    "text", ["", "some format\n", "bushel data folder, format \n", "bushel data folder, format x\n"]
)
def test_a_format_file_that_is_not_ours_is_refused(tmp_path, text):
    (tmp_path / "format").write_text(text)
    with pytest.raises(NotADataFolder, match="not ours"):
        open_and_close(tmp_path)
    assert contents(tmp_path) == {"format": text.encode()}


def test_a_newer_folder_is_refused_and_left_alone(tmp_path):
    open_and_close(tmp_path / "data")
    (tmp_path / "data" / "format").write_text(f"bushel data folder, format {STORE_FORMAT + 1}\n")
    before = contents(tmp_path / "data")
    for attempt in (open_and_close, acquire_folder_lock):
        with pytest.raises(NewerFormat, match=f"format {STORE_FORMAT + 1};"):
            attempt(tmp_path / "data")
    assert contents(tmp_path / "data") == before


@pytest.mark.parametrize(("stored", "error"), [(b"%d" % (INDEX_FORMAT + 1), NewerFormat), (b"?", NotADataFolder)])
def test_an_index_of_another_kind_is_refused_and_left_alone(tmp_path, stored, error):
    open_and_close(tmp_path)
    with (
        lmdb.open(str(tmp_path / INDEX), map_size=1 << 40) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(FORMAT_KEY, stored)
    before = (tmp_path / INDEX / "data.mdb").read_bytes()
    for _ in range(2):
        with pytest.raises(error):
            open_and_close(tmp_path)
    assert (tmp_path / INDEX / "data.mdb").read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    with lmdb.open(str(tmp_path), map_size=1 << 40) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"key", b"value")
    before = (tmp_path / "data.mdb").read_bytes()
    with pytest.raises(NotADataFolder):
        open_environment(tmp_path)
    assert (tmp_path / "data.mdb").read_bytes() == before


def test_a_damaged_index_is_refused_in_one_line(tmp_path):
    open_and_close(tmp_path)
    (tmp_path / INDEX / "data.mdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(FolderError, match="cannot open the index"):
        open_and_close(tmp_path)


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["missing", "empty"])
def test_blobs_without_their_index_are_refused_and_left_alone(tmp_path, lose):
    async def write():
        engine = open_engine(tmp_path)
        writer = await engine.create_blob(b"pointer")
        await writer.write(b"data")
        await writer.seal()
        await engine.close()

    asyncio.run(write())
    lose(tmp_path / INDEX / "data.mdb")
    before = contents(tmp_path)
    with pytest.raises(FolderError, match=r"has blobs but no index: put .*data\.mdb back"):
        open_and_close(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("below", ["file", "file/data"])
def test_a_file_where_the_folder_should_be_is_refused(tmp_path, below):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match=r"cannot use .* as a data folder"):
        open_and_close(tmp_path / below)


def test_one_process_opens_a_store_once(tmp_path):
    async def twice():
        engine = open_engine(tmp_path)
        with pytest.raises(FolderError, match="cannot open the index"):
            open_engine(tmp_path)
        await engine.create_partition(b"partition")
        await engine.close()

    asyncio.run(twice())
    open_and_close(tmp_path)


def test_the_index_alone_can_be_opened_while_a_server_runs(tmp_path):
    """The command line adds a user: the server sees it in its next read. And it leaves no trace of a blob writer."""
    script = """
import asyncio, sys
from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Change, Closed, Put
from bushel.engine.embedded.engine import EmbeddedEngine

async def main():
    engine = EmbeddedEngine.open(sys.argv[1], clock=SystemClock(), randomness=SystemRandomness(), index_only=True)
    await engine.commit(b"users", b"name", [], lambda _: Change([Put(0, b"", b"record")]))
    try:
        await engine.create_blob(b"")
    except Closed:
        await engine.close()

asyncio.run(main())
"""

    async def scenario():
        with acquire_folder_lock(tmp_path):
            engine = open_engine(tmp_path)
            await engine.create_partition(b"users")
            before = {path for path in tmp_path.rglob("*") if path.is_file()}
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path))
            assert await process.wait() == 0
            assert await engine.read(b"users", b"name", [Cell(0)]) == [b"record"]
            assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
            await engine.close()

    asyncio.run(scenario())


def test_a_closed_engine_says_so(tmp_path):
    async def scenario():
        engine = open_engine(tmp_path)
        await engine.close()
        await engine.close()
        for late in (engine.create_blob(b""), engine.list_blobs(), engine.counters(b"p"), engine.trim_journal(b"p", 1)):
            with pytest.raises(Closed):
                await late
        with pytest.raises(Closed):
            engine.settle([b"x"])
        with pytest.raises(Closed):
            await engine.commit(b"p", b"r", [], lambda _: Change([Put(0, b"", b"")]))

    asyncio.run(scenario())


# --- the lock ------------------------------------------------------------------------------------------------------


def test_a_second_server_is_kept_out_and_told_who_is_in(tmp_path):
    with acquire_folder_lock(tmp_path):
        with pytest.raises(FolderInUse, match=rf"in use by another server \(process {os.getpid()}\)"):
            acquire_folder_lock(tmp_path)
        script = f"from bushel.engine.embedded.folder import *; acquire_folder_lock({str(tmp_path)!r})"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert other.returncode == 1
        assert "FolderInUse" in other.stderr
    with acquire_folder_lock(tmp_path):
        pass


def test_a_worker_that_outlives_its_parent_keeps_the_lock(tmp_path):
    """Otherwise a second server could start while the first one's workers still write."""
    script = """
import os, sys
from bushel.engine.embedded.folder import acquire_folder_lock
lock = acquire_folder_lock(sys.argv[1])
if not os.fork():
    sys.stdin.read()
    os._exit(0)
print("parent ends", flush=True)
os._exit(0)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "parent ends\n"
        assert parent.wait(60) == 0
        with pytest.raises(FolderInUse):
            acquire_folder_lock(tmp_path)
        parent.stdin.close()
        assert parent.stdout.read() == "", "the worker has ended"
    with acquire_folder_lock(tmp_path):
        pass


def test_the_lock_of_a_killed_server_is_free(tmp_path):
    script = """
import sys
from bushel.engine.embedded.folder import acquire_folder_lock
lock = acquire_folder_lock(sys.argv[1])
print("got", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "got\n"
        with pytest.raises(FolderInUse):
            acquire_folder_lock(tmp_path)
        server.kill()
    with acquire_folder_lock(tmp_path):
        pass
