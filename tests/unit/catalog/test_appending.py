"""Appends on the reference engine: what is seen meanwhile, and what a kill at any step leaves."""

import asyncio
import hashlib

import msgspec
import pytest

from bushel.catalog import Catalog
from bushel.catalog.appending import Appended, OffsetMoved, Replaced
from bushel.catalog.garbage import named_blobs, recover, sweep
from bushel.catalog.history import HistoryBegun
from bushel.catalog.layout import SYSTEM
from bushel.catalog.objects import Draft
from bushel.catalog.records import MULTIPART, Checksum, Manifest, ManifestPart, Metadata
from bushel.engine.memory.engine import MemoryEngine
from bushel.testing.clock import ManualClock
from bushel.testing.faulty_engine import FaultyEngine
from bushel.testing.randomness import SeededRandomness

CHECKSUM = Checksum("CRC32", "FULL_OBJECT", b"abcd")


class Store:
    def __init__(self, engine=None):
        self.clock = ManualClock()
        self.randomness = SeededRandomness(0)
        self.engine = FaultyEngine(engine or MemoryEngine(clock=self.clock, randomness=self.randomness, seed=0))
        self.catalog = Catalog(self.engine, self.clock, self.randomness)

    async def put(self, bucket, key, data, *, inline=False, **metadata):
        draft = Draft(len(data), hashlib.md5(data).hexdigest(), "ann", Metadata(**metadata), CHECKSUM)
        if inline:
            return await self.catalog.objects.put(bucket, key, draft._replace(data=data))
        return await self.catalog.objects.put(bucket, key, draft._replace(blob=await self.blob(bucket, key, data)))

    async def blob(self, bucket, key, data):
        writer = await self.catalog.objects.write_blob(bucket, key)
        await writer.write(data)
        await writer.seal()
        return writer.blob

    async def append(self, bucket, key, seen, data, condition=None):
        if seen.storage == MULTIPART:
            parts = (await self.catalog.objects.manifest(bucket, key, seen)).parts
            new = []
        elif seen.blob:
            parts, new = [ManifestPart(1, seen.size, seen.blob)] if seen.size else [], []
        else:
            stored = await self.catalog.objects.get(bucket, key)
            new = [await self.blob(bucket, key, stored.data)]
            parts = [ManifestPart(1, seen.size, new[0])]
        new.append(await self.blob(bucket, key, data))
        parts = [*parts, ManifestPart(len(parts) + 1, len(data), new[-1])]
        appended = Appended(Manifest("", parts), f"tag-{len(parts)}", CHECKSUM)
        return await self.catalog.appending.append(bucket, key, seen, appended, new, condition)

    async def read(self, bucket, key):
        stored = await self.catalog.objects.get(bucket, key)
        if stored.data is not None:
            return stored.data
        if stored.entry.storage == MULTIPART:
            blobs = [part.blob for part in (await self.catalog.objects.manifest(bucket, key, stored.entry)).parts]
        else:
            blobs = [stored.entry.blob]
        pieces = []
        for blob in blobs:
            reader = await self.engine.open_blob(blob)
            pieces.append(await reader.read(0, reader.size_bytes))
            await reader.close()
        return b"".join(pieces)

    async def check_blobs(self, bucket):
        self.clock.advance(1)
        await recover(self.engine)
        self.clock.advance(1)
        await sweep(self.engine, self.clock.now_ns())
        assert set(await self.engine.list_blobs()) == await named_blobs(self.engine, bucket.partition)


def run(scenario):
    async def opened():
        store = Store()
        await store.engine.create_partition(SYSTEM)
        bucket = await store.catalog.buckets.create("photos", "ann", "us-east-1", limit=100)
        return await scenario(store, bucket)

    return asyncio.run(opened())


@pytest.mark.parametrize("inline", [True, False])
def test_an_object_grows_part_by_part_and_keeps_what_it_was_made_with(inline):
    async def scenario(store, bucket):
        first = await store.put(bucket, "a", b"one", inline=inline, user={"long": "x" * 970}, tags={"t": "v"})
        store.clock.advance(100)
        entry = first
        for number in range(2, 20):
            entry = await store.append(bucket, "a", entry, b"two")
            assert (entry.parts, entry.size, entry.order) == (number, 3 * number, first.order)
        assert entry.last_modified > first.last_modified
        head = await store.catalog.objects.head(bucket, "a")
        assert head.metadata == first.metadata
        assert await store.read(bucket, "a") == b"one" + b"two" * 18
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 57}
        await store.check_blobs(bucket)
        await store.catalog.objects.delete(bucket, "a")
        await store.check_blobs(bucket)
        assert await store.engine.list_blobs() == []

    run(scenario)


def test_who_read_the_entry_before_an_append_reads_the_object_as_it_was():
    async def scenario(store, bucket):
        entry = await store.append(bucket, "a", await store.put(bucket, "a", b"one"), b"two")
        await store.append(bucket, "a", entry, b"three")
        parts = (await store.catalog.objects.manifest(bucket, "a", entry)).parts
        assert [part.size for part in parts] == [3, 3]

    run(scenario)


def test_an_append_that_came_too_late_leaves_the_object_and_no_blob():
    async def scenario(store, bucket):
        seen = await store.put(bucket, "a", b"one")
        await store.append(bucket, "a", seen, b"two")
        with pytest.raises(OffsetMoved):
            await store.append(bucket, "a", seen, b"too late")
        await store.put(bucket, "a", b"new")
        with pytest.raises(Replaced):
            await store.append(bucket, "a", seen, b"x")
        await store.catalog.objects.delete(bucket, "a")
        with pytest.raises(OffsetMoved):
            await store.append(bucket, "a", seen, b"x")
        assert await store.engine.counters(bucket.partition) == {b"objects": 0, b"bytes": 0}
        await store.check_blobs(bucket)

    run(scenario)


def test_a_key_that_has_got_versions_takes_none():
    async def scenario(store, bucket):
        versioned = await store.catalog.buckets.update(
            bucket, lambda record: msgspec.structs.replace(record, versioning="Enabled")
        )
        seen = await store.put(versioned, "a", b"one")
        with pytest.raises(HistoryBegun):
            await store.append(bucket, "a", seen, b"two")
        assert await store.read(versioned, "a") == b"one"

    run(scenario)


def test_an_empty_blob_is_no_part_and_goes():
    async def scenario(store, bucket):
        entry = await store.append(bucket, "a", await store.put(bucket, "a", b""), b"one")
        assert (entry.parts, await store.read(bucket, "a")) == (1, b"one")
        await store.check_blobs(bucket)
        assert len(await store.engine.list_blobs()) == 1

    run(scenario)


STEPS = [
    (call, after, skip)
    for call in ("create_blob", "BlobWriter.seal", "commit")
    for after in (False, True)
    for skip in (0, 1)
]


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize(("call", "after", "skip"), STEPS)
def test_a_process_that_is_killed_at_any_step_leaves_the_object_as_it_was_or_as_it_is(inline, call, after, skip):
    """S1, S3: and after recovery no bytes that nobody names."""

    async def scenario(store, bucket):
        seen = await store.put(bucket, "a", b"one", inline=inline)
        hold = store.engine.hold(call, after=after, skip=skip)
        appending = asyncio.create_task(store.append(bucket, "a", seen, b"two"))
        reached = asyncio.create_task(hold.reached.wait())
        await asyncio.wait([appending, reached], return_when=asyncio.FIRST_COMPLETED)
        done = appending.done() or (call == "commit" and after)
        heir = Store(store.engine.inner.after_kill())
        expected = b"onetwo" if done else b"one"
        assert await heir.read(bucket, "a") == expected
        await heir.check_blobs(bucket)
        assert await heir.read(bucket, "a") == expected
        for task in (appending, reached):
            task.cancel()
        await asyncio.gather(appending, reached, return_exceptions=True)

    run(scenario)
