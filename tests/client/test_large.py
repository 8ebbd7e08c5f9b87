"""Large objects: in bounded memory, whole or not at all, gone on with after an interruption."""

import os
import random
import subprocess
import sys
import threading

import pytest

import bushel
from bushel.client import TransferOptions, errors
from bushel.client.transfers.plan import MAX_PARTS, part_sizes
from bushel.client.transfers.slots import Slots

DATA = random.Random(3).randbytes(1 << 20) * 23 + b"tail"


def test_parts_are_few_enough_whatever_the_length():
    tebi = 1 << 40
    for length in (1, 5 << 20, 80 << 30, 5 * tebi):
        size = next(part_sizes(length, 8 << 20))
        assert -(-length // size) <= MAX_PARTS
        assert size >= 8 << 20
    sizes = part_sizes(None, 8 << 20)
    assert sum(next(sizes) for _ in range(MAX_PARTS)) > 5 * tebi
    assert next(part_sizes(None, 8 << 20)) == 8 << 20


@pytest.mark.parametrize("wrong", [{"part_bytes": 1 << 20}, {"concurrency": 0}, {"memory_bytes": 1 << 20}])
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="part"):
        TransferOptions(**wrong)


def test_slots_bound_count_and_memory_and_are_fair(run):
    import asyncio

    async def main():
        slots = Slots(3, 100)
        order = []

        async def use(name, size):
            await slots.acquire(size)
            order.append(name)

        for name, size in (("a", 60), ("b", 40), ("c", 10), ("d", 500), ("e", 1)):
            task = asyncio.create_task(use(name, size))
            await asyncio.sleep(0)
            if name == "c":
                waiting = task
        assert order == ["a", "b"]
        waiting.cancel()
        slots.release(60)
        await asyncio.sleep(0.01)
        assert order == ["a", "b"]  # d needs all of it, and e is behind d
        slots.release(40)
        await asyncio.sleep(0.01)
        assert order == ["a", "b", "d"]
        slots.release(500)
        await asyncio.sleep(0.01)
        assert order == ["a", "b", "d", "e"]

    run(main())


def test_a_file_that_changes_while_it_goes_up_becomes_no_object(store, tmp_path):
    file = tmp_path / "f"
    file.write_bytes(DATA)

    def change(_: int) -> None:
        with file.open("r+b") as opened:
            opened.write(b"changed")
        os.utime(file, ns=(1, 1))

    with pytest.raises(errors.ObjectChanged, match="changed while"):
        store.object("k").put(file, progress=change)
    assert not store.object("k").exists()
    assert not list(store.uploads())


def test_a_file_that_shrinks_or_grows_becomes_no_object(store, tmp_path):
    file = tmp_path / "f"
    for size in (6 << 20, 40 << 20):
        file.write_bytes(DATA)
        with pytest.raises(errors.ObjectChanged):
            store.object("k").put(file, progress=lambda _, size=size: os.truncate(file, size))
        assert not store.object("k").exists()
        assert not list(store.uploads())


def test_an_object_that_is_replaced_while_it_comes_down_is_told(store, tmp_path):
    store.put("k", DATA)
    replaced = threading.Event()

    def replace(_: int) -> None:
        if not replaced.is_set():
            replaced.set()
            thread = threading.Thread(target=lambda: store.put("k", DATA[::-1]))
            thread.start()
            threads.append(thread)

    threads: list[threading.Thread] = []
    with store._client.bucket(store.name).object("k").client.get_object(bucket=store.name, key="k").body as body:
        stream = iter(store.object("k").stream(progress=replace))
        first = next(stream)
        for thread in threads:
            thread.join()
        try:
            rest = b"".join(stream)
        except errors.ObjectChanged:
            rest = None
        # Either all of it was on its way before, or it is refused: never a mixture.
        assert rest is None or first + rest == DATA
        assert body.read() == DATA
    (tmp_path / "f").write_bytes(b"mine")
    assert store.get("k") == DATA[::-1]


def one_by_one(make_client, store, concurrency: int = 1) -> bushel.Object:
    """The object "k", moved so slowly that it can be interrupted between its parts."""
    slow = TransferOptions(part_bytes=5 << 20, concurrency=concurrency, memory_bytes=10 << 20)
    return make_client(transfers=slow).bucket(store.name).object("k")


def test_an_interrupted_upload_goes_on_where_it_stopped(store, make_client, tmp_path):
    file, note = tmp_path / "f", tmp_path / "note"
    file.write_bytes(DATA)
    sent = []

    def interrupt(size: int) -> None:
        sent.append(size)
        if len(sent) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_by_one(make_client, store).put(file, resume=note, progress=interrupt)
    assert note.exists()
    [upload] = store.uploads()
    there = store._client.list_parts(bucket=store.name, key="k", upload_id=upload.upload_id).parts
    assert 2 <= len(there) < 5

    calls = []
    client = make_client()
    real = client.session.call

    def counted(operation, given):
        calls.append(operation.name)
        return real(operation, given)

    client.session.call = counted
    done = []
    client.bucket(store.name).object("k").put(file, resume=note, progress=done.append)

    assert store.get("k") == DATA
    assert sum(done) == len(DATA)
    assert calls.count("UploadPart") <= 5 - len(there)  # one that was on its way then may have arrived since
    assert not note.exists()
    assert not list(store.uploads())


def test_a_changed_file_is_not_gone_on_with(store, tmp_path):
    file, note = tmp_path / "f", tmp_path / "note"
    file.write_bytes(DATA)
    with pytest.raises(ZeroDivisionError):
        store.object("k").put(file, resume=note, progress=lambda _: 1 // 0)
    file.write_bytes(DATA[::-1])
    store.object("k").put(file, resume=note)

    assert store.get("k") == DATA[::-1]
    assert not list(store.uploads())


def test_parts_that_the_file_does_not_have_are_sent_again(store, tmp_path):
    """Even where size and time of change are what the note says."""
    file, note = tmp_path / "f", tmp_path / "note"
    file.write_bytes(DATA)
    status = file.stat()
    with pytest.raises(ZeroDivisionError):
        store.object("k").put(file, resume=note, progress=lambda _: 1 // 0)
    file.write_bytes(DATA[::-1])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    store.object("k").put(file, resume=note)

    assert store.get("k") == DATA[::-1]


def test_an_upload_can_be_given_up(store, tmp_path):
    file, note = tmp_path / "f", tmp_path / "note"
    file.write_bytes(DATA)
    with pytest.raises(ZeroDivisionError):
        store.object("k").put(file, resume=note, progress=lambda _: 1 // 0)

    assert store.object("k").give_up(note)
    assert not list(store.uploads())
    assert not note.exists()
    assert not store.object("k").give_up(note)


def test_an_upload_whose_parts_are_gone_begins_anew(store, tmp_path):
    file, note = tmp_path / "f", tmp_path / "note"
    file.write_bytes(DATA)
    with pytest.raises(ZeroDivisionError):
        store.object("k").put(file, resume=note, progress=lambda _: 1 // 0)
    store.empty()
    store.object("k").put(file, resume=note)

    assert store.get("k") == DATA


def test_an_interrupted_download_goes_on_where_it_stopped(store, make_client, tmp_path):
    store.put("k", DATA)
    target = tmp_path / "f"
    seen = 0

    def interrupt(size: int) -> None:
        nonlocal seen
        seen += size
        if seen > 16 << 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_by_one(make_client, store, concurrency=2).download(target, resume=True, progress=interrupt)
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 2

    client = make_client()
    real = client.session.call
    ranges = []

    def counted(operation, given):
        ranges.append(getattr(given, "range", None))
        return real(operation, given)

    client.session.call = counted
    client.bucket(store.name).object("k").download(target, resume=True)

    assert target.read_bytes() == DATA
    assert [each.name for each in tmp_path.iterdir()] == ["f"]
    assert len(ranges) < 5


def test_a_damaged_draft_is_not_gone_on_with(store, tmp_path):
    store.put("k", DATA)
    target = tmp_path / "f"
    with pytest.raises(ZeroDivisionError):
        store.object("k").download(target, resume=True, progress=lambda _: 1 // 0)
    [draft] = [each for each in tmp_path.iterdir() if each.suffix == ".bushel"]
    draft.write_bytes(bytes(len(DATA)))
    store.object("k").download(target, resume=True)

    assert target.read_bytes() == DATA


def test_another_object_in_its_place_is_brought_from_the_start(store, tmp_path):
    store.put("k", DATA)
    target = tmp_path / "f"
    with pytest.raises(ZeroDivisionError):
        store.object("k").download(target, resume=True, progress=lambda _: 1 // 0)
    store.put("k", DATA[::-1])
    store.object("k").download(target, resume=True)

    assert target.read_bytes() == DATA[::-1]


MEMORY = """
import sys, bushel
endpoint, access, secret, bucket, folder = sys.argv[1:]
client = bushel.Client(endpoint, access_key=access, secret_key=secret, environ={})
store = client.bucket(bucket)
MIB = 1 << 20
store.put("stream", (bytes(MIB) for _ in range(400)))
size = sum(len(piece) for piece in store.object("stream").stream())
assert size == 400 * MIB, size
store.object("stream").download(folder + "/f")
store.put("file", __import__("pathlib").Path(folder + "/f"))
client.close()
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.server_kinds("embedded-1")
def test_memory_is_bounded_whatever_the_size(server, bucket, tmp_path):
    arguments = [server.endpoint, server.access_key, server.secret_key, bucket, str(tmp_path)]
    ran = subprocess.run([sys.executable, "-c", MEMORY, *arguments], capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 150 * 1024, f"{ran.stdout.strip()} KiB at most"


def test_a_clock_two_hours_off_is_no_obstacle(server, bucket):
    from bushel.core.clock import SystemClock

    class Wrong(SystemClock):
        def now_ns(self) -> int:
            return super().now_ns() + 7_200 * 10**9

    with bushel.Client(
        server.endpoint, access_key=server.access_key, secret_key=server.secret_key, environ={}, clock=Wrong()
    ) as client:
        client.bucket(bucket).put("k", b"late")
        assert client.bucket(bucket).get("k") == b"late"
        assert client.session.skew_ns < -7_000 * 10**9
