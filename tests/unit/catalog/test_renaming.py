"""Renames on the reference engine, stopped at each of their steps."""

import asyncio
import hashlib

import msgspec
import pytest

from bushel.catalog import Catalog
from bushel.catalog.annotated import Annotation
from bushel.catalog.annotated import stored as stored_annotation
from bushel.catalog.garbage import named_blobs, recover, sweep
from bushel.catalog.history import HistoryBegun
from bushel.catalog.layout import SYSTEM
from bushel.catalog.objects import Draft
from bushel.catalog.records import AnnotationRecord, Checksum, Manifest, ManifestPart, Metadata
from bushel.catalog.renaming import Renamed, SourceChanged
from bushel.engine.api import Full, Unavailable
from bushel.engine.memory.engine import MemoryEngine
from bushel.testing.clock import ManualClock
from bushel.testing.faulty_engine import FaultyEngine
from bushel.testing.randomness import SeededRandomness

DATA = b"x" * 1000
CHECKSUM = Checksum("CRC32", "FULL_OBJECT", b"abcd")
NOTHING_NEW = Renamed(None, None)


class Store:
    def __init__(self, engine=None):
        self.clock = ManualClock()
        self.randomness = SeededRandomness(0)
        inner = engine or MemoryEngine(clock=self.clock, randomness=self.randomness, seed=0)
        self.engine = FaultyEngine(inner)
        self.catalog = Catalog(self.engine, self.clock, self.randomness)

    async def put(self, bucket, key, kind="inline", data=DATA, **metadata):
        metadata = Metadata(**metadata)
        draft = Draft(len(data), hashlib.md5(data).hexdigest(), "ann", metadata, CHECKSUM)
        if kind == "inline":
            return await self.catalog.objects.put(bucket, key, draft._replace(data=data))
        if kind == "blob":
            return await self.catalog.objects.put(bucket, key, draft._replace(blob=await self.blob(bucket, key, data)))
        upload = await self.catalog.uploads.create(bucket, key, owner="ann", initiator="ann", metadata=metadata)
        half = len(data) // 2
        parts = [
            ManifestPart(number, len(piece), await self.blob(bucket, key, piece))
            for number, piece in enumerate((data[:half], data[half:]), 1)
        ]
        draft = draft._replace(manifest=Manifest(upload.upload_id, parts))
        entry = await self.catalog.uploads.complete(bucket, key, upload, draft, [])
        self.engine.settle([part.blob for part in parts])
        return entry

    async def blob(self, bucket, key, data):
        writer = await self.catalog.objects.write_blob(bucket, key)
        await writer.write(data)
        await writer.seal()
        return writer.blob

    async def rename(self, bucket, source, target, *, removal=None, condition=None):
        seen = await self.catalog.objects.get(bucket, source)
        return await self.catalog.renaming.rename(bucket, (source, target), seen, NOTHING_NEW, removal, condition)

    async def read(self, bucket, key):
        stored = await self.catalog.objects.get(bucket, key)
        if stored is None:
            return None
        if stored.data is not None:
            return stored.data
        manifest = await self.catalog.objects.manifest(bucket, key, stored.entry)
        blobs = [part.blob for part in manifest.parts] if manifest else [stored.entry.blob]
        pieces = []
        for blob in blobs:
            reader = await self.engine.open_blob(blob)
            pieces.append(await reader.read(0, reader.size_bytes))
            await reader.close()
        return b"".join(pieces)

    async def check_blobs(self, bucket):
        """After recovery and a sweep, the blobs are those that are named."""
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


KINDS = pytest.mark.parametrize("kind", ["inline", "blob", "multipart"])


@KINDS
def test_everything_comes_along_and_the_time_stays(kind):
    async def scenario(store, bucket):
        before = await store.put(bucket, "a", kind, user={"long": "x" * 1500}, tags={"t": "v"})
        record = AnnotationRecord("note", 4, b"m" * 16, 1, CHECKSUM)
        note = stored_annotation(record, b"note")
        await store.catalog.annotations.put(bucket, "a", before, note)
        before = await store.catalog.objects.head(bucket, "a")
        store.clock.advance(100)
        await store.rename(bucket, "a", "b")
        after = await store.catalog.objects.head(bucket, "b")
        same = ("size", "etag", "owner", "storage", "check", "parts", "checksum", "metadata", "annotations")
        for field in (*same, "last_modified"):
            assert getattr(after, field) == getattr(before, field), field
        assert after.order > before.order
        assert await store.read(bucket, "a") is None
        assert await store.read(bucket, "b") == DATA
        assert await store.catalog.annotations.whole(bucket, "b", after) == [Annotation(*note)]
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 1004}
        await store.check_blobs(bucket)

    run(scenario)


@KINDS
@pytest.mark.parametrize("over", [None, "inline", "blob", "multipart"])
def test_what_the_new_key_held_is_gone_with_its_bytes(kind, over):
    async def scenario(store, bucket):
        await store.put(bucket, "a", kind)
        if over is not None:
            await store.put(bucket, "b", over, b"other")
        await store.rename(bucket, "a", "b")
        assert await store.read(bucket, "b") == DATA
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 1000}
        await store.check_blobs(bucket)

    run(scenario)


STEPS = [(call, after, skip) for call in ("clone_blob", "commit_pair") for after in (False, True) for skip in (0, 1)]


@KINDS
@pytest.mark.parametrize(("call", "after", "skip"), STEPS)
def test_a_process_that_is_killed_at_any_step_leaves_exactly_one_key(kind, call, after, skip):
    """S3: and the bytes of the object, and after recovery none that nobody names."""

    async def scenario(store, bucket):
        await store.put(bucket, "a", kind)
        await store.put(bucket, "b", "blob", b"other")
        hold = store.engine.hold(call, after=after, skip=skip)
        renaming = asyncio.create_task(store.rename(bucket, "a", "b"))
        reached = asyncio.create_task(hold.reached.wait())
        await asyncio.wait([renaming, reached], return_when=asyncio.FIRST_COMPLETED)
        done = renaming.done() or (call == "commit_pair" and after)
        heir = Store(store.engine.inner.after_kill())
        found = [await heir.read(bucket, key) for key in "ab"]
        assert found == ([None, DATA] if done else [DATA, b"other"])
        await heir.check_blobs(bucket)
        assert [await heir.read(bucket, key) for key in "ab"] == found
        for task in (renaming, reached):
            task.cancel()
        await asyncio.gather(renaming, reached, return_exceptions=True)

    run(scenario)


@KINDS
@pytest.mark.parametrize("call", ["clone_blob", "commit_pair"])
@pytest.mark.parametrize("error", [Full, Unavailable])
def test_a_rename_that_fails_leaves_what_was(kind, call, error):
    async def scenario(store, bucket):
        await store.put(bucket, "a", kind)
        if call == "clone_blob" and kind == "inline":
            return
        store.engine.fail(call, error(), skip=1 if (call, kind) == ("clone_blob", "multipart") else 0)
        with pytest.raises(error):
            await store.rename(bucket, "a", "b")
        assert [await store.read(bucket, key) for key in "ab"] == [DATA, None]
        heir = Store(store.engine.inner.after_kill())
        await heir.check_blobs(bucket)

    run(scenario)


@pytest.mark.parametrize("change", ["overwritten", "deleted", "retagged", "annotated", "annotated anew"])
def test_what_changes_between_the_look_and_the_rename_is_seen(change):
    async def scenario(store, bucket):
        objects, annotations = store.catalog.objects, store.catalog.annotations
        entry = await store.put(bucket, "a", "blob")
        old = AnnotationRecord("note", 1, b"m" * 16, 1, CHECKSUM)
        new = msgspec.structs.replace(old, md5=b"n" * 16)
        if change == "annotated anew":
            await annotations.put(bucket, "a", entry, stored_annotation(old, b"1"))
            entry = await objects.head(bucket, "a")
        hold = store.engine.hold("commit_pair")
        renaming = asyncio.create_task(store.rename(bucket, "a", "b"))
        await hold.reached.wait()
        if change == "overwritten":
            await store.put(bucket, "a", "blob")
        elif change == "deleted":
            await objects.delete(bucket, "a")
        elif change == "retagged":
            await objects.change_metadata(bucket, "a", lambda _: Metadata(tags={"t": "v"}))
        else:
            await annotations.put(bucket, "a", entry, stored_annotation(new, b"2"))
        hold.release()
        with pytest.raises(SourceChanged):
            await renaming
        assert await store.read(bucket, "b") is None
        await store.check_blobs(bucket)

    run(scenario)


def test_keys_with_versions_are_not_renamed():
    async def scenario(store, bucket):
        await store.put(bucket, "a")
        versioned = await store.catalog.buckets.update(
            bucket, lambda record: msgspec.structs.replace(record, versioning="Enabled")
        )
        await store.put(versioned, "v")
        for source, target in (("a", "v"), ("v", "a")):
            with pytest.raises(HistoryBegun):
                await store.rename(bucket, source, target)
        assert await store.read(bucket, "a") == await store.read(bucket, "v") == DATA

    run(scenario)


def test_conditions_look_at_both_keys_in_the_step_that_renames():
    class Refusal(Exception):
        pass

    async def scenario(store, bucket):
        await store.put(bucket, "a", "blob")
        await store.put(bucket, "b", data=b"other")
        looked = []

        def look(current):
            looked.append(current.size)

        def refuse(current):
            raise Refusal

        for conditions in ({"removal": refuse}, {"removal": look, "condition": refuse}):
            with pytest.raises(Refusal):
                await store.rename(bucket, "a", "b", **conditions)
        await store.rename(bucket, "a", "b", removal=look, condition=look)
        assert looked[-2:] == [1000, 5]
        await store.check_blobs(bucket)

    run(scenario)
