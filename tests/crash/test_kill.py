"""kill -9 of the server and of single workers in the middle of mixed writes, twenty times: every object that was
acknowledged is intact, what was not is there whole or not at all, and after a sweep the blob files are exactly those
that the index names (SEMANTICS.md, S1 and S3).

What must not be here: power loss, which kill -9 cannot show (``test_sync_order`` does).
"""

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ResponseStreamingError
from botocore.exceptions import ConnectionError as NoConnection

from bushel.catalog import Catalog
from bushel.catalog.garbage import named_blobs, recover, sweep
from bushel.catalog.layout import BUCKET, SYSTEM
from bushel.catalog.records import decode_bucket
from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.embedded.engine import EmbeddedEngine
from live.server import Server, wait_until
from live.sse import write_keys

pytestmark = pytest.mark.crash

ROUNDS = 20
WRITERS = 5
KEYS = 6
MIB = 1024 * 1024
BIG = random.Random(1).randbytes(5 * MIB)

# No answer came: the request may have been carried out, or not.
UNKNOWN = (NoConnection, HTTPClientError, ResponseStreamingError)

Body = bytes | None
"""What a key may be: bytes, or ``None`` for nothing there."""


class Writer(threading.Thread):
    """Writes to keys of its own and keeps what each of them may hold.

    Attributes:
        may_be: For each key every state that it may have: one, unless the last request on it went unanswered.
        acknowledged: Requests that were answered.
    """

    def __init__(self, client, number: int) -> None:
        super().__init__(name=f"writer-{number}")
        self.client = client
        self.chance = random.Random(number)
        self.may_be: dict[str, list[Body]] = {f"w{number}/{key}": [None] for key in range(KEYS)}
        self.acknowledged = 0
        self.unanswered = 0
        self.problem: BaseException | None = None
        self.ending = threading.Event()

    def run(self) -> None:
        actions = [
            self.put_inline,
            self.put_inline,
            self.put_file,
            self.put_file,
            self.multipart,
            self.delete,
            self.copy,
        ]
        try:
            while not self.ending.is_set():
                self.chance.choice(actions)(self.chance.choice(list(self.may_be)))
        except BaseException as problem:  # told by the main thread
            self.problem = problem

    def stop(self) -> None:
        self.ending.set()
        self.join(60)
        assert not self.is_alive(), f"{self.name} hangs"
        if self.problem is not None:
            raise self.problem

    def attempt(self, key: str, body: Body, call, **members) -> None:
        """One request that makes ``key`` be ``body``."""
        try:
            call(Bucket="bucket", Key=key, **members)
        except UNKNOWN:
            self.unanswered += 1
            self.may_be[key] = [*self.may_be[key], body]
        else:
            self.acknowledged += 1
            self.may_be[key] = [body]

    def put_inline(self, key: str) -> None:
        body = self.chance.randbytes(self.chance.choice([0, 10, 1000, 12 * 1024]))
        self.attempt(key, body, self.client.put_object, Body=body)

    def put_file(self, key: str) -> None:
        body = self.chance.randbytes(self.chance.choice([12 * 1024 + 1, 50_000, 300_000]))
        self.attempt(key, body, self.client.put_object, Body=body)

    def multipart(self, key: str) -> None:
        bodies = [self.chance.randbytes(40_000)]
        if self.chance.random() < 0.2:
            bodies.insert(0, BIG)
        try:
            upload = self.client.create_multipart_upload(Bucket="bucket", Key=key)["UploadId"]
            parts = []
            for number, body in enumerate(bodies, 1):
                answer = self.client.upload_part(
                    Bucket="bucket", Key=key, UploadId=upload, PartNumber=number, Body=body
                )
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            if self.chance.random() < 0.2:
                self.client.abort_multipart_upload(Bucket="bucket", Key=key, UploadId=upload)
                return
        except UNKNOWN:
            self.unanswered += 1  # of an upload; the key is what it was
            return
        whole = b"".join(bodies)
        self.attempt(
            key, whole, self.client.complete_multipart_upload, UploadId=upload, MultipartUpload={"Parts": parts}
        )

    def delete(self, key: str) -> None:
        self.attempt(key, None, self.client.delete_object)

    def copy(self, key: str) -> None:
        settled = [name for name, bodies in self.may_be.items() if len(bodies) == 1 and bodies[0] is not None]
        if settled and (source := self.chance.choice(settled)) != key:
            self.attempt(key, self.may_be[source][0], self.client.copy_object, CopySource=f"bucket/{source}")


def settle(client, writers: list[Writer]) -> None:
    """Every key is one of the things that it may be, as a whole; and the listing agrees with the objects."""
    seen: dict[str, int] = {}
    for writer in writers:
        for key, bodies in writer.may_be.items():
            body: Body = None
            with suppress(client.exceptions.NoSuchKey):
                body = client.get_object(Bucket="bucket", Key=key)["Body"].read()
            sizes = [None if known is None else len(known) for known in bodies]
            assert body in bodies, f"{key}: {None if body is None else len(body)} bytes; might be {sizes}"
            writer.may_be[key] = [body]
            if body is not None:
                seen[key] = len(body)
    listed = client.list_objects_v2(Bucket="bucket").get("Contents", [])
    assert {item["Key"]: item["Size"] for item in listed} == seen


@contextmanager
def writing(client, writers: list[Writer]) -> Iterator[list[Writer]]:
    """Fresh threads that go on with what the old ones knew."""
    threads = []
    for number, old in enumerate(writers):
        thread = Writer(client, number + 100 * old.acknowledged)
        thread.may_be = old.may_be
        thread.start()
        threads.append(thread)
    try:
        yield threads
    finally:
        problems = []
        for thread in threads:
            thread.ending.set()
        for thread in threads:
            try:
                thread.stop()
            except BaseException as problem:
                problems.append(problem)
        if problems:
            raise problems[0]


def progress(threads: list[Writer]) -> int:
    return sum(thread.acknowledged for thread in threads)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("rounds", "encrypted"), [(ROUNDS, False), (6, True)], ids=["plain", "encrypted"])
def test_kills_lose_nothing_that_was_acknowledged(start_server, clients, tmp_path, rounds, encrypted):
    flags = ("--garbage-grace-seconds", "0", "--sweep-interval-seconds", "1")
    keys = ("--sse-master-key-file", str(write_keys(tmp_path / "keys.json")))
    server = start_server(workers=3, flags=flags + keys)
    server.listen = f"127.0.0.1:{server.port}"  # to come back to the same port
    client = clients(server)
    client.create_bucket(Bucket="bucket")
    if encrypted:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        client.put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration={"Rules": [rule]})
    chance = random.Random(7)
    writers = [Writer(client, number) for number in range(WRITERS)]
    unanswered = 0
    for number in range(rounds):
        with writing(client, writers) as threads:
            wait_until(lambda threads=threads: progress(threads) >= 40, 30, "forty acknowledged writes")
            whole = number % 2 == 0
            kill(server, chance, whole=whole)
            if whole:
                server.start()
            at = progress(threads)
            wait_until(lambda threads=threads, at=at: progress(threads) >= at + 10, 30, "ten writes after the kill")
        unanswered += sum(thread.unanswered for thread in threads)
        for writer, thread in zip(writers, threads, strict=True):
            writer.may_be, writer.acknowledged = thread.may_be, writer.acknowledged + thread.acknowledged
        settle(client, writers)
    assert unanswered >= rounds // 2, "the kills met no request under way: the test shows nothing"
    assert server.stop() == 0
    assert server.data is not None
    named, found = asyncio.run(sweep_and_compare(server.data))
    assert found == named
    on_disk = {path for path in (server.data / "blobs").rglob("*") if path.is_file()}
    assert len(on_disk) == len(named)
    assert [path for path in (server.data / "pending").rglob("*") if path.is_file() and path.stat().st_size] == []


def kill(server: Server, chance: random.Random, *, whole: bool) -> None:
    """SIGKILL to everything, or to one worker, which the parent replaces."""
    if whole:
        server.kill()
        return
    before = server.worker_pids()
    victim = chance.choice(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(
        lambda: len(server.worker_pids()) == len(before) and victim not in server.worker_pids(),
        what="a new worker in place of the killed one",
    )


async def sweep_and_compare(folder: Path) -> tuple[set[bytes], set[bytes]]:
    """What the index names, and what is there, after everything unnamed was swept."""
    clock, randomness = SystemClock(), SystemRandomness()
    engine = EmbeddedEngine.open(folder, clock=clock, randomness=randomness)
    try:
        await Catalog.open(engine, clock, randomness)
        await recover(engine)
        await sweep(engine, clock.now_ns() + 1)
        page = await engine.scan(SYSTEM, BUCKET)
        named: set[bytes] = set()
        for cell in page.cells:
            named |= await named_blobs(engine, decode_bucket(cell.value).partition)
        found: set[bytes] = set()
        while piece := await engine.list_blobs(after=max(found, default=b"")):
            found.update(piece)
        assert await engine.pending_blobs() == []
        return named, found
    finally:
        await engine.close()


@pytest.mark.timeout(120)
def test_a_download_survives_the_sweeper_and_an_overwrite(start_server, clients):
    """A reader never loses the bytes under its feet, whatever the grace is."""
    server = start_server(workers=2, flags=("--garbage-grace-seconds", "0", "--sweep-interval-seconds", "1"))
    client = clients(server)
    client.create_bucket(Bucket="bucket")
    body = BIG * 8
    client.put_object(Bucket="bucket", Key="key", Body=body)
    stream = client.get_object(Bucket="bucket", Key="key")["Body"]
    head = stream.read(100_000)
    client.put_object(Bucket="bucket", Key="key", Body=b"new")
    overwritten = time.monotonic()
    while time.monotonic() < overwritten + 3:  # rounds of the sweeper that find nothing due leave no trace
        assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == b"new"
    assert head + stream.read() == body
    wait_until(lambda: _blob_count(server) == 0, 20, "the end of the old bytes")


def _blob_count(server: Server) -> int:
    assert server.data is not None
    return sum(path.is_file() for path in (server.data / "blobs").rglob("*"))


def test_a_client_error_is_no_unknown_outcome():
    """The two families do not overlap, or a refusal would count as a write under way."""
    assert not issubclass(ClientError, UNKNOWN)


class Renamer(threading.Thread):
    """Gives an object one of two keys and the other in turn, and knows nothing of requests that were not answered."""

    def __init__(self, client, number: int) -> None:
        super().__init__(name=f"renamer-{number}")
        self.client, self.keys = client, (f"r{number}/a", f"r{number}/b")
        self.done = 0
        self.unanswered = 0
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.is_set():
            for source, target in (self.keys, self.keys[::-1]):
                try:
                    self.client.rename_object(Bucket="bucket", Key=target, RenameSource=source)
                    self.done += 1
                except UNKNOWN:
                    self.unanswered += 1
                except self.client.exceptions.NoSuchKey:
                    pass


@pytest.mark.timeout(200)
def test_kills_leave_a_renamed_object_under_exactly_one_key(start_server, clients):
    """SEMANTICS.md, S3: whatever the kill meets, one of the two keys holds the object, with its bytes."""
    server = start_server(workers=2, flags=("--garbage-grace-seconds", "0", "--sweep-interval-seconds", "1"))
    server.listen = f"127.0.0.1:{server.port}"
    client = clients(server)
    client.create_bucket(Bucket="bucket")
    bodies = [bytes([number]) * size for number, size in enumerate((0, 100, 50_000, 300_000))]
    renamers = [Renamer(client, number) for number in range(len(bodies))]
    for renamer, body in zip(renamers, bodies, strict=True):
        client.put_object(Bucket="bucket", Key=renamer.keys[0], Body=body)
        renamer.start()
    try:
        for _ in range(8):
            at = sum(renamer.done for renamer in renamers)
            wait_until(lambda at=at: sum(each.done for each in renamers) >= at + 40, 30, "forty renames")
            server.kill()
            server.start()
    finally:
        for renamer in renamers:
            renamer.ending.set()
        for renamer in renamers:
            renamer.join(60)
    assert sum(renamer.unanswered for renamer in renamers) > 0, "the kills met no request under way"
    listed = [item["Key"] for item in client.list_objects_v2(Bucket="bucket")["Contents"]]
    assert [key.partition("/")[0] for key in listed] == [f"r{number}" for number in range(len(bodies))]
    for key, body in zip(listed, bodies, strict=True):
        assert client.get_object(Bucket="bucket", Key=key)["Body"].read() == body
    assert server.stop() == 0
    named, found = asyncio.run(sweep_and_compare(server.data))
    assert found == named
