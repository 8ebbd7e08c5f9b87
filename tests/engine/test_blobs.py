"""The blob store on real files: epochs, what remains on the disk, other file systems, failing disks.

That blobs can be written, read, cloned and recovered is the engine suite's business.
"""

import asyncio
import errno
import fcntl
import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bushel.engine.api import SEGMENT_BYTES, BlobNotFound, Closed, Corrupt, Full, Unavailable
from bushel.engine.embedded.blob_disk import OpenFile, SharedSync
from bushel.engine.embedded.blobs import BlobStore
from bushel.testing.engine_blobs import pattern
from bushel.testing.engine_place import read_blob, write_blob
from bushel.testing.randomness import SeededRandomness

_seeds = itertools.count()


@pytest.fixture(params=["anonymous", "named", "no links"])
def way(request, monkeypatch):
    """The ways in which blobs get their names: on Linux, on macOS, and where there are no hard links."""
    if request.param != "anonymous":
        monkeypatch.delattr(os, "O_TMPFILE")
    if request.param == "no links":

        def no_link(*_arguments, **_options):
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", no_link)
    return request.param


class Disk:
    """A data folder and the stores on it."""

    def __init__(self, folder):
        self.folder = folder
        self.room = True

    @asynccontextmanager
    async def store(self, **options):
        executor = ThreadPoolExecutor(4)
        randomness = options.pop("randomness", None) or SeededRandomness(next(_seeds))
        store = BlobStore(self.folder, randomness=randomness, executor=executor, has_room=lambda: self.room, **options)
        try:
            yield store
        finally:
            await store.close()
            await asyncio.to_thread(executor.shutdown)

    def names(self, part):
        root = self.folder / part
        return sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    @property
    def markers(self):
        return self.names("pending")

    @property
    def files(self):
        return self.names("blobs")


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


async def until(condition):
    """Wait for what another thread does."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen")


# --- what is on the disk ------------------------------------------------------------------------------------------


def test_a_store_that_was_closed_with_everything_settled_leaves_blobs_only(disk, way):
    async def story():
        async with disk.store() as store:
            data = pattern(SEGMENT_BYTES + 1)
            blobs = [await write_blob(store, data), await write_blob(store, b"")]
            blobs.append(await store.clone_blob(blobs[0], b"clone"))
            discarded = await store.create_blob(b"")
            await discarded.write(bytes(2 << 20))
            await discarded.discard()
            await store.create_blob(b"never written")
            unsealed = await store.create_blob(b"")
            await unsealed.write(bytes(2 << 20))
            assert len(disk.markers) == 1
            store.settle(blobs)
        epoch = blobs[0][:16].decode()
        assert disk.markers == []
        assert disk.files == sorted([epoch, *[f"{epoch}/{blob[16:].decode()}" for blob in blobs]])
        async with disk.store() as store:
            assert [await read_blob(store, blob) for blob in blobs] == [data, b"", data]
            for blob in blobs:
                await store.delete_blob(blob)
            assert disk.files == [], "the epoch's directory goes with its last blob"

    asyncio.run(story())


def test_an_epoch_is_over_when_it_is_full_and_everything_settled(disk):
    async def story():
        async with disk.store(epoch_slots=3) as store:
            blobs = [await write_blob(store, b"x") for _ in range(7)]
            epochs = sorted({blob[:16].decode() for blob in blobs})
            assert len(epochs) == 3
            assert disk.markers == epochs
            last = blobs[6][:16].decode()
            store.settle(blobs[:2])
            store.settle([blobs[3], blobs[6]])
            await store.delete_blob(blobs[2])
            await until(lambda: blobs[0][:16].decode() not in disk.markers)
            await store.delete_blob(blobs[4])
            assert blobs[3][:16].decode() in disk.markers, "one of it is pending still"
            store.settle([blobs[5]])
            await until(lambda: disk.markers == [last])
            await store.delete_blob(blobs[0])
            await store.delete_blob(blobs[1])
            assert blobs[0][:16].decode() not in disk.files
            assert last in disk.files
        assert disk.markers == []

    asyncio.run(story())


def test_a_discarded_slot_ends_its_epoch_too(disk, way):
    async def story():
        async with disk.store(epoch_slots=1) as store:
            writers = [await store.create_blob(b"") for _ in range(3)]
            await writers[0].write(bytes(2 << 20))
            for writer in writers:
                await writer.discard()
            await until(lambda: len(disk.markers) == 1)  # the last epoch is not known to be full yet
            await until(lambda: len(disk.files) <= 1)
        assert (disk.markers, disk.files) == ([], [])

    asyncio.run(story())


def test_two_stores_with_the_same_randomness_do_not_get_into_each_other(disk):
    async def story():
        async with disk.store(randomness=SeededRandomness(1)) as one, disk.store(randomness=SeededRandomness(1)) as two:
            blobs = [await write_blob(one, b"one"), await write_blob(two, b"two")]
            assert blobs[0] != blobs[1]
            one.settle(blobs)
            two.settle(blobs)
        async with disk.store(randomness=SeededRandomness(1)) as three:
            blobs.append(await write_blob(three, b"three"))
            assert len(set(blobs)) == 3
            assert [await read_blob(three, blob) for blob in blobs] == [b"one", b"two", b"three"]

    asyncio.run(story())


def test_foreign_files_are_not_blobs(disk):
    async def story():
        async with disk.store() as store:
            blob = await write_blob(store, b"x")
            epoch = disk.folder / "blobs" / blob[:16].decode()
            (epoch / "notes.txt").write_text("x")
            (disk.folder / "blobs" / "lost+found").mkdir()
            (disk.folder / "pending" / "README").write_text("x")
            assert await store.list_blobs() == [blob]
            assert await store.pending_blobs() == []
            store.settle([blob])
        assert (epoch / "notes.txt").exists()

    asyncio.run(story())


def test_nothing_stays_open(disk, way):
    def count():
        return len(list(Path("/proc/self/fd").iterdir()))

    async def story():
        async with disk.store(epoch_slots=5) as store:
            for number in range(23):
                writer = await store.create_blob(b"")
                await writer.write(bytes(number * 100_000))
                if number % 3:
                    await writer.discard()
                else:
                    await writer.seal()
                    reader = await store.open_blob(writer.blob)
                    await reader.read(0, 10)
                    await reader.close()
                    with suppress(BlobNotFound):
                        await store.open_blob(b"0" * 19)
                    await store.clone_blob(writer.blob, b"")
                    store.settle([writer.blob])
            assert await store.pending_blobs() == []
        async with disk.store() as store:
            for pending in await store.pending_blobs():
                await store.delete_blob(pending.blob)

    asyncio.run(story())
    gc.collect()  # what other tests left
    before = count()
    gc.disable()  # descriptors close at once, not when the collector comes by
    try:
        asyncio.run(story())
        assert count() == before
    finally:
        gc.enable()


# --- dead writers -------------------------------------------------------------------------------------------------

_FORKING = """
import asyncio, os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bushel.core.ids import SystemRandomness
from bushel.engine.api import Closed
from bushel.engine.embedded.blobs import BlobStore
from bushel.testing.engine_place import write_blob

async def story():
    pool = ThreadPoolExecutor(2)
    store = BlobStore(Path(sys.argv[1]), randomness=SystemRandomness(), executor=pool, has_room=lambda: True)
    blob = await write_blob(store, b"x", b"pointer")
    child = os.fork()
    if child == 0:
        try:
            store.settle([blob])
        except Closed:
            os.write(1, b"closed in the child\\n")
        os.read(int(sys.argv[2]), 1)
        os._exit(0)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.readline)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(story())
"""


def test_a_forked_child_neither_uses_nor_keeps_the_claims_of_its_parent(disk):
    child_ends, let_child_end = os.pipe()
    command = [sys.executable, "-W", "ignore", "-c", _FORKING, str(disk.folder), str(child_ends)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, pass_fds=[child_ends]) as process:

        async def story():
            async with disk.store() as store:
                assert await store.pending_blobs() == [], "the parent lives"
                process.stdin.write(b"\n")
                process.stdin.flush()
                assert await asyncio.to_thread(process.wait, 30) == -signal.SIGKILL
                (pending,) = await store.pending_blobs()
                assert pending.back_pointer == b"pointer", "the child lives, but holds nothing"
                await store.delete_blob(pending.blob)
                await until(lambda: disk.markers == [])

        try:
            assert process.stdout.readline() == b"closed in the child\n"
            asyncio.run(story())
        finally:
            process.kill()
            os.close(let_child_end)
            os.close(child_ends)


async def leave_pending(disk, *data):
    """Blobs of a writer that is gone."""
    async with disk.store() as store:
        return [await write_blob(store, each, b"P%d" % number) for number, each in enumerate(data)]


def test_drafts_with_names_are_removed_by_recovery(disk, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE")

    async def story():
        async with disk.store() as store:
            blob = await write_blob(store, b"x")
            writer = await store.create_blob(b"")
            await writer.write(bytes(2 << 20))
            await until(lambda: any(name.endswith(".part") for name in disk.files))
            store.after_fork()  # as if the process had died: nothing is tidied up
        (part,) = [name for name in disk.files if name.endswith(".part")]
        async with disk.store() as store:
            assert [pending.blob for pending in await store.pending_blobs()] == [blob]
            assert part not in disk.files
            store.settle([blob])
        assert disk.markers == []

    asyncio.run(story())


def test_a_pending_blob_whose_trailer_is_damaged_is_left_alone(disk):
    async def story():
        good, bad = await leave_pending(disk, b"good", b"bad")
        path = disk.folder / "blobs" / bad[:16].decode() / bad[16:].decode()
        path.write_bytes(path.read_bytes()[:-1])
        async with disk.store() as store:
            assert [pending.blob for pending in await store.pending_blobs()] == [good]
            await store.delete_blob(good)
            await until(lambda: disk.markers == [])
            assert await store.list_blobs() == [bad]
            with pytest.raises(Corrupt):
                await store.open_blob(bad)

    asyncio.run(story())


def test_a_torn_line_in_a_marker_spoils_no_other(disk):
    async def story():
        async with disk.store() as store:
            original = await write_blob(store, b"x", b"original")
            clones = [await store.clone_blob(original, b"clone 0")]
            (marker,) = disk.markers
            with (disk.folder / "pending" / marker).open("ab") as file:
                file.write(b"\n004 616263")
            clones.append(await store.clone_blob(original, b""))
            with (disk.folder / "pending" / marker).open("ab") as file:
                file.write(b"\n\n \n004 zz 0123456789abcdef\n\xff\xfe\n")
            clones.append(await store.clone_blob(original, b"clone 2"))
        async with disk.store() as store:
            found = {pending.blob: pending.back_pointer for pending in await store.pending_blobs()}
            assert found == {original: b"original", **dict(zip(clones, (b"clone 0", b"", b"clone 2"), strict=True))}
            store.settle(list(found))

    asyncio.run(story())


def test_recovery_never_takes_an_epoch_that_is_just_beginning(disk):
    async def story():
        async with disk.store(epoch_slots=1) as writer, disk.store() as other:
            blobs, taken = [], []

            async def recover():
                while len(blobs) < 60:
                    taken.extend(await other.pending_blobs())

            async def write():
                while len(blobs) < 60:
                    blobs.append(await write_blob(writer, b"x"))

            await asyncio.gather(recover(), write())
            assert taken == []
            assert await other.list_blobs() == sorted(blobs)
            assert len(disk.markers) == 60
            writer.settle(blobs)
        assert disk.markers == []

    asyncio.run(story())


def test_one_of_two_recovering_stores_gets_an_epoch(disk):
    async def story():
        blobs = await leave_pending(disk, *[b"x"] * 5)
        async with disk.store() as one, disk.store() as two:
            answers = await asyncio.gather(*[store.pending_blobs() for store in (one, two)])
            assert sorted(len(answer) for answer in answers) == [0, 5]
            winner, loser = (one, two) if answers[0] else (two, one)
            assert [pending.blob for pending in await winner.pending_blobs()] == blobs, "asked again it still knows"
            loser.settle(blobs)
            assert len(disk.markers) == 1
            await winner.delete_blob(blobs[0])
        async with disk.store() as three:
            assert [pending.blob for pending in await three.pending_blobs()] == blobs[1:]

    asyncio.run(story())


# --- failing disks ------------------------------------------------------------------------------------------------


def test_without_room_nothing_begins_and_writing_ends(disk):
    async def story():
        async with disk.store() as store:
            blob = await write_blob(store, b"x")
            writer = await store.create_blob(b"")
            disk.room = False
            with pytest.raises(Full):
                await store.create_blob(b"")
            with pytest.raises(Full):
                await store.clone_blob(blob, b"")
            with pytest.raises(Full):
                await writer.write(bytes(1 << 20))
            await writer.discard()
            await store.delete_blob(blob)
        assert (disk.markers, disk.files) == ([], [])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("call", "number", "raised"),
    [
        ("writev", errno.ENOSPC, Full),
        ("writev", errno.EDQUOT, Full),
        ("writev", errno.EIO, OSError),
        ("fdatasync", errno.ENOSPC, Full),
        ("fdatasync", errno.EIO, OSError),
        ("link", errno.ENOSPC, Full),
        ("link", errno.EIO, OSError),
        ("fsync", errno.EIO, OSError),
        ("fsync", errno.ENOSPC, Full),
        ("open", errno.EMFILE, Unavailable),
    ],
)
def test_a_failed_write_leaves_nothing_and_the_next_one_works(disk, monkeypatch, call, number, raised):
    async def story():
        async with disk.store() as store:
            keep = await write_blob(store, b"keep")
            for size in (10, 3 << 20):
                writer = await store.create_blob(b"")
                with monkeypatch.context() as patch:

                    def fail(*_arguments, **_options):
                        raise OSError(number, os.strerror(number))

                    patch.setattr(os, call, fail)
                    with pytest.raises(raised) as caught:  # noqa: PT012 - either of them may say it
                        await writer.write(bytes(size))
                        await writer.write(bytes(size))
                        await writer.seal()
                    assert type(caught.value) is raised
                with pytest.raises(ValueError, match="failed"):
                    await writer.write(b"more")
                await writer.discard()
                await writer.discard()
                assert await store.list_blobs() == [keep]
            again = await write_blob(store, pattern(3 << 20))
            assert await read_blob(store, again) == pattern(3 << 20)
            store.settle([keep, again])
        assert disk.markers == []
        assert len([name for name in disk.files if "/" in name]) == 2

    asyncio.run(story())


@pytest.mark.parametrize("call", ["fsync", "mkdir", "open", "fdatasync"])
def test_a_failed_first_step_leaves_nothing(disk, monkeypatch, call):
    """Where not even an epoch can be made, or a clone's pointer cannot be noted."""

    async def story():
        async with disk.store() as store:
            with monkeypatch.context() as patch:

                def fail(*_arguments, **_options):
                    raise OSError(errno.ENOSPC, "full")

                patch.setattr(os, call, fail)
                if call != "fdatasync":
                    with pytest.raises(Full):
                        await store.create_blob(b"")
                    assert (disk.markers, disk.files) == ([], [])
            blob = await write_blob(store, b"x")
            with monkeypatch.context() as patch:
                patch.setattr(os, call, fail)
                with pytest.raises((Full, BlobNotFound)):
                    await store.clone_blob(blob if call != "mkdir" else blob[:-1] + b"9", b"")
            assert await store.list_blobs() == [blob]
            store.settle([blob])
        assert disk.markers == []

    asyncio.run(story())


def test_short_reads_and_writes_of_the_system_are_made_whole(disk, monkeypatch):
    writev, pread, preadv = os.writev, os.pread, os.preadv
    monkeypatch.setattr(os, "writev", lambda fd, pieces: writev(fd, [memoryview(pieces[0])[:70_001]]))
    monkeypatch.setattr(os, "pread", lambda fd, length, offset: pread(fd, min(length, 100_003), offset))
    monkeypatch.setattr(os, "preadv", lambda fd, pieces, offset, flags: preadv(fd, [bytearray(1)], offset, flags))
    data = pattern(5 * SEGMENT_BYTES + 5)

    async def story():
        async with disk.store() as store:
            blob = await write_blob(store, data)
            for _ in range(2):
                assert await read_blob(store, blob) == data
                assert await read_blob(store, blob, SEGMENT_BYTES + 1, 10) == data[SEGMENT_BYTES + 1 :][:10]

    asyncio.run(story())


def test_a_file_without_hard_links_left_is_copied(disk, monkeypatch):
    link = os.link

    async def story():
        async with disk.store() as store:
            data = pattern(3 * SEGMENT_BYTES)
            original = await write_blob(store, data, b"original")
            path = disk.folder / "blobs" / original[:16].decode() / original[16:].decode()

            def full(source, target, **options):
                if source.startswith("/proc"):
                    return link(source, target, **options)
                raise OSError(errno.EMLINK, "too many links")

            with monkeypatch.context() as patch:
                patch.setattr(os, "link", full)
                clone = await store.clone_blob(original, b"clone")
                patch.delattr(os, "copy_file_range")
                second = await store.clone_blob(original, b"second")
            assert path.stat().st_nlink == 1
            await store.delete_blob(original)
            assert await read_blob(store, clone) == data
            assert await read_blob(store, second) == data
        async with disk.store() as store:
            found = {pending.blob: pending.back_pointer for pending in await store.pending_blobs()}
            assert found == {clone: b"clone", second: b"second"}

    asyncio.run(story())


def test_a_blob_cut_short_while_it_is_open_is_corrupt(disk):
    async def story():
        async with disk.store() as store:
            blob = await write_blob(store, pattern(3 * SEGMENT_BYTES))
            reader = await store.open_blob(blob)
            os.truncate(disk.folder / "blobs" / blob[:16].decode() / blob[16:].decode(), SEGMENT_BYTES + 5)
            assert len(await reader.read(0, SEGMENT_BYTES)) == SEGMENT_BYTES
            with pytest.raises(Corrupt):
                await reader.read(SEGMENT_BYTES, 10)
            with pytest.raises(Corrupt):
                await store.open_blob(blob)
            await reader.close()

    asyncio.run(story())


# --- order, threads, closing --------------------------------------------------------------------------------------


def test_bytes_are_durable_before_the_name_and_the_name_before_sealing_returns(disk, monkeypatch, way):
    steps = []

    def record(name):
        real = getattr(os, name)

        def call(*arguments, **options):
            steps.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, call)

    async def story():
        async with disk.store() as store:
            await write_blob(store, b"makes the epoch")
            for name in ("writev", "fdatasync", "link", "rename", "fsync"):
                record(name)
            blob = await write_blob(store, bytes(100))
            naming = {"anonymous": ["link"], "named": ["link"], "no links": ["link", "rename"]}[way]
            assert steps == ["writev", "fdatasync", *naming, "fsync"]
            steps.clear()
            await store.clone_blob(blob, b"pointer")
            if way != "no links":
                assert steps == ["writev", "fdatasync", "link", "fsync"]
            steps.clear()

    asyncio.run(story())


def test_a_marker_is_locked_and_durable_before_there_is_a_directory(disk, monkeypatch):
    steps = []

    def record(module, name):
        real = getattr(module, name)

        def call(*arguments, **options):
            steps.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    record(fcntl, "flock")
    record(os, "fsync")
    record(os, "mkdir")

    async def story():
        async with disk.store() as store:
            steps.clear()
            await store.create_blob(b"")
            assert steps[:4] == ["flock", "fsync", "mkdir", "fsync"]

    asyncio.run(story())


def test_threads_share_syncs_that_began_after_they_asked(tmp_path, monkeypatch):
    directory = OpenFile(os.open(tmp_path, os.O_RDONLY))
    shared = SharedSync(directory)
    syncs, first_runs, go_on = [], threading.Event(), threading.Event()

    def slow(fd):
        syncs.append(fd)
        first_runs.set()
        assert go_on.wait(30)

    monkeypatch.setattr(os, "fsync", slow)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(shared.sync)
        assert first_runs.wait(30)
        rest = [pool.submit(shared.sync) for _ in range(8)]
        while shared._asked < 9:  # all have asked, while the first sync runs
            os.sched_yield()
        go_on.set()
        for each in (first, *rest):
            each.result(30)
    assert len(syncs) == 2


def test_after_a_failed_sync_nothing_is_called_durable(tmp_path, monkeypatch):
    shared = SharedSync(OpenFile(os.open(tmp_path, os.O_RDONLY)))

    def fail(_fd):
        raise OSError(errno.EIO, "lost")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="lost"):
            shared.sync()
    with pytest.raises(OSError, match="earlier"):
        shared.sync()


def test_closing_waits_for_a_seal_under_way_and_leaves_it_to_recovery(disk, monkeypatch):
    sealing, go_on = threading.Event(), threading.Event()
    fdatasync = os.fdatasync

    def slow(fd):
        sealing.set()
        assert go_on.wait(30)
        fdatasync(fd)

    async def story():
        async with disk.store() as store:
            writer = await store.create_blob(b"pointer")
            await writer.write(b"bytes")
            monkeypatch.setattr(os, "fdatasync", slow)
            task = asyncio.ensure_future(writer.seal())
            await asyncio.to_thread(sealing.wait, 30)
            closing = asyncio.ensure_future(store.close())
            for _ in range(5):
                await asyncio.sleep(0)
            assert not closing.done()
            with pytest.raises(Closed):
                await store.create_blob(b"")
            go_on.set()
            await closing
            assert await task == 5
            await writer.discard()
        async with disk.store() as store:
            assert await store.pending_blobs() == [(writer.blob, b"pointer")]
            assert await read_blob(store, writer.blob) == b"bytes"

    asyncio.run(story())


@pytest.mark.parametrize("what", ["seal", "clone"])
def test_what_is_cancelled_while_a_thread_works_on_it_is_undone(disk, monkeypatch, way, what):
    working, go_on = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(fd):
        working.set()
        assert go_on.wait(30)
        fsync(fd)

    async def story():
        async with disk.store() as store:
            keep = await write_blob(store, b"keep")
            writer = await store.create_blob(b"")
            await writer.write(b"bytes")
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", slow)
                task = asyncio.ensure_future(writer.seal() if what == "seal" else store.clone_blob(keep, b""))
                await asyncio.to_thread(working.wait, 30)  # the name is there already
                assert len(await store.list_blobs()) == 2
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                discarding = asyncio.ensure_future(writer.discard())
                await asyncio.sleep(0)
                discarding.cancel()  # the one who gives up may be given up too
                with suppress(asyncio.CancelledError):
                    await discarding
                go_on.set()
                await until(lambda: len([name for name in disk.files if "/" in name]) == 1)
            store.settle([keep])
        assert disk.markers == []
        async with disk.store() as store:
            assert await store.list_blobs() == [keep]

    asyncio.run(story())


def test_a_warm_blob_is_read_without_a_thread(disk, monkeypatch):
    async def story():
        async with disk.store() as store:
            for size in (0, 1000, SEGMENT_BYTES, 4 * SEGMENT_BYTES + 1):
                data = pattern(size)
                blob = await write_blob(store, data)
                assert await read_blob(store, blob) == data
                with monkeypatch.context() as patch:
                    patch.setattr(store._executor, "submit", None)
                    assert await read_blob(store, blob, 0, 1 << 20) == data[: 1 << 20]
                with monkeypatch.context() as patch:

                    def not_cached(*_arguments):
                        raise BlockingIOError

                    patch.setattr(os, "preadv", not_cached)
                    assert await read_blob(store, blob) == data

    asyncio.run(story())
