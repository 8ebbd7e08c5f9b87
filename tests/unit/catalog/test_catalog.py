"""The catalog on the reference engine, which grants the contract and nothing more."""

import asyncio
import hashlib

import pytest

from bushel.catalog import Catalog
from bushel.catalog.annotations import VersionGone
from bushel.catalog.buckets import BucketExists, BucketNotEmpty, TooManyBuckets
from bushel.catalog.garbage import blobs_of_row, named_blobs, recover, sweep
from bushel.catalog.layout import ANNOTATED, DATA, SYSTEM, annotation_suffix
from bushel.catalog.objects import Draft
from bushel.catalog.records import (
    Checksum,
    Manifest,
    ManifestPart,
    Metadata,
    ObjectEntry,
    decode_entry,
    encode,
)
from bushel.catalog.uploads import NoSuchUpload, Part, PartsChanged
from bushel.catalog.users import KeyPair, NoSuchUser, UserExists
from bushel.engine.api import Change, Corrupt, Gone, Put, Unavailable
from bushel.engine.memory.engine import MemoryEngine
from bushel.testing.clock import ManualClock
from bushel.testing.faulty_engine import FaultyEngine
from bushel.testing.randomness import SeededRandomness


class Store:
    def __init__(self, seed: int = 0) -> None:
        self.clock = ManualClock()
        randomness = SeededRandomness(seed)
        self.engine = FaultyEngine(MemoryEngine(clock=self.clock, randomness=randomness, seed=seed))
        self.catalog = Catalog(self.engine, self.clock, randomness)

    async def bucket(self, name: str = "photos", owner: str = "ann"):
        return await self.catalog.buckets.create(name, owner, "us-east-1", limit=100)


def inline(data: bytes, **metadata) -> Draft:
    return Draft(len(data), hashlib.md5(data).hexdigest(), "ann", Metadata(**metadata), data=data)


async def blob(store: Store, bucket, key: str, data: bytes) -> bytes:
    writer = await store.catalog.objects.write_blob(bucket, key)
    await writer.write(data)
    await writer.seal()
    return writer.blob


def run(scenario, seed: int = 0):
    async def opened():
        store = Store(seed)
        await store.engine.create_partition(SYSTEM)
        return await scenario(store)

    return asyncio.run(opened())


# objects


@pytest.mark.parametrize("seed", range(5))
def test_what_was_put_is_what_is_read(seed):
    async def scenario(store):
        bucket = await store.bucket()
        await store.catalog.objects.put(bucket, "a", inline(b"one", user={"k": "v"}))

        stored = await store.catalog.objects.get(bucket, "a")

        assert stored is not None
        assert (stored.data, stored.entry.metadata.user) == (b"one", {"k": "v"})
        assert await store.catalog.objects.get(bucket, "b") is None

    run(scenario, seed)


def test_metadata_too_large_for_the_entry_come_back_all_the_same_and_go_with_the_object():
    async def scenario(store):
        bucket = await store.bucket()
        large = {"k": "v" * 1500}
        await store.catalog.objects.put(bucket, "a", inline(b"one", user=large))
        assert (await store.catalog.objects.head(bucket, "a")).metadata.user == large
        assert (await store.catalog.objects.get(bucket, "a")).entry.metadata.user == large
        listed = await store.catalog.objects.scan(bucket, b"", None, 10)
        assert len(listed.raw[0]) < 1024

        await store.catalog.objects.put(bucket, "a", inline(b"two"))
        assert (await store.catalog.objects.head(bucket, "a")).metadata.user == {}
        await store.catalog.objects.put(bucket, "a", inline(b"one", user=large))
        await store.catalog.objects.delete(bucket, "a")
        assert await store.engine.drop_if_empty(bucket.partition)

    run(scenario)


def test_an_order_grows_also_when_the_clock_steps_back():
    async def scenario(store):
        bucket = await store.bucket()
        first = await store.catalog.objects.put(bucket, "a", inline(b"one"))
        store.clock.step(-3600)
        second = await store.catalog.objects.put(bucket, "a", inline(b"two"))

        assert second.order > first.order

    run(scenario)


@pytest.mark.parametrize("seed", range(5))
def test_of_racing_conditional_writes_one_wins(seed):
    async def scenario(store):
        bucket = await store.bucket()

        def must_not_exist(current: ObjectEntry | None) -> None:
            if current is not None:
                raise FileExistsError

        async def race(number: int) -> bool:
            try:
                await store.catalog.objects.put(bucket, "a", inline(b"%d" % number), must_not_exist)
            except FileExistsError:
                return False
            return True

        won = await asyncio.gather(*(race(number) for number in range(50)))

        assert sum(won) == 1
        assert (await store.catalog.objects.get(bucket, "a")).data == b"%d" % won.index(True)

    run(scenario, seed)


def test_damaged_inline_bytes_are_an_error_never_data():
    """SEMANTICS.md, S5."""

    async def scenario(store):
        bucket = await store.bucket()
        await store.catalog.objects.put(bucket, "a", inline(b"one"))
        await store.engine.commit(bucket.partition, b"a", (), lambda _: Change(writes=(Put(DATA, b"", b"0ne"),)))
        with pytest.raises(Corrupt):
            await store.catalog.objects.get(bucket, "a")

    run(scenario)


def test_counters_follow_objects_and_bytes():
    async def scenario(store):
        bucket = await store.bucket()
        await store.catalog.objects.put(bucket, "a", inline(b"12345"))
        await store.catalog.objects.put(bucket, "a", inline(b"123"))
        await store.catalog.objects.put(bucket, "b", inline(b"1"))
        await store.catalog.objects.delete(bucket, "b")
        await store.catalog.objects.delete(bucket, "b")

        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 3}

    run(scenario)


def test_annotations_count_in_the_bytes_and_leave_nothing_behind():
    async def scenario(store):
        bucket = await store.bucket()
        objects, annotations = store.catalog.objects, store.catalog.annotations
        entry = await objects.put(bucket, "a", inline(b"x" * 10))

        async def annotate(name: str, size: int):
            checksum = Checksum("CRC32", "FULL_OBJECT", b"1234")
            await annotations.put(bucket, "a", entry, name, b"n" * size, b"md5", checksum)

        await annotate("one", 40_000)
        await annotate("two", 5)
        await annotate("one", 30_000)
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 30_015}
        await annotations.delete(bucket, "a", entry, "two")
        await annotations.delete(bucket, "a", entry, "two")
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 30_010}

        copied = await annotations.whole(bucket, "a", await objects.head(bucket, "a"))
        await objects.put(bucket, "b", inline(b"y")._replace(annotations=copied))
        assert (await annotations.get(bucket, "b", await objects.head(bucket, "b"), "one")).payload == b"n" * 30_000
        await objects.put(bucket, "a", inline(b"z"))
        assert await store.engine.counters(bucket.partition) == {b"objects": 2, b"bytes": 30_002}
        with pytest.raises(VersionGone):
            await annotate("late", 5)
        await objects.delete(bucket, "a")
        await objects.delete(bucket, "b")
        assert set((await store.engine.counters(bucket.partition)).values()) <= {0}
        await store.catalog.buckets.delete(bucket)

    run(scenario)


def test_a_damaged_annotation_is_an_error_never_data():
    async def scenario(store):
        bucket = await store.bucket()
        entry = await store.catalog.objects.put(bucket, "a", inline(b"x"))
        checksum = Checksum("CRC32", "FULL_OBJECT", b"1234")
        await store.catalog.annotations.put(bucket, "a", entry, "one", b"n" * 20_000, b"md5", checksum)
        damage = Change(writes=(Put(ANNOTATED, annotation_suffix(entry.order, "one") + b"\0\1", b"other"),))
        await store.engine.commit(bucket.partition, b"a", (), lambda _: damage)

        with pytest.raises(Corrupt):
            await store.catalog.annotations.get(bucket, "a", entry, "one")

    run(scenario)


def test_a_refused_blob_is_deleted_and_a_replaced_one_is_swept_after_its_time():
    async def scenario(store):
        bucket = await store.bucket()
        objects = store.catalog.objects
        first = await blob(store, bucket, "a", b"x" * 100)
        await objects.put(bucket, "a", Draft(100, "e", "ann", Metadata(), blob=first))

        def refuse(_: ObjectEntry | None) -> None:
            raise PermissionError

        refused = await blob(store, bucket, "a", b"y" * 100)
        with pytest.raises(PermissionError):
            await objects.put(bucket, "a", Draft(100, "e", "ann", Metadata(), blob=refused), refuse)
        assert await store.engine.list_blobs() == [first]

        store.clock.advance(10)
        second = await blob(store, bucket, "a", b"z" * 100)
        await objects.put(bucket, "a", Draft(100, "e", "ann", Metadata(), blob=second))
        store.clock.advance(10)
        assert await sweep(store.engine, store.clock.now_ns() - 15_000_000_000) == 0
        assert set(await store.engine.list_blobs()) == {first, second}
        assert await sweep(store.engine, store.clock.now_ns()) == 1
        assert await store.engine.list_blobs() == [second]
        assert await named_blobs(store.engine, bucket.partition) == {second}

    run(scenario)


def test_a_blob_of_unknown_fate_is_left_to_recovery():
    async def scenario(store):
        bucket = await store.bucket()
        name = await blob(store, bucket, "a", b"x")
        store.engine.fail("commit", Unavailable(), after=True)
        with pytest.raises(Unavailable):
            await store.catalog.objects.put(bucket, "a", Draft(1, "e", "ann", Metadata(), blob=name))

        assert await blobs_of_row(store.engine, bucket.partition, b"a") == {name}
        assert await store.engine.list_blobs() == [name]

    run(scenario)


def test_recovery_asks_the_index_and_leaves_the_rest_to_the_sweeper():
    """What a dead writer left is settled if a row names it; if not, it goes only when no reader can have it open."""

    async def scenario(store):
        bucket = await store.bucket()
        objects = store.catalog.objects
        kept = await blob(store, bucket, "a", b"kept")
        store.engine.fail("commit", Unavailable(), after=True)
        with pytest.raises(Unavailable):
            await objects.put(bucket, "a", Draft(4, "e", "ann", Metadata(), blob=kept))
        lost = await blob(store, bucket, "b", b"lost")
        engine = store.engine.inner.after_kill()

        assert await recover(engine) == 1
        assert set(await engine.list_blobs()) == {kept, lost}
        assert await engine.pending_blobs() == []
        store.clock.advance(1)
        assert await sweep(engine, store.clock.now_ns()) == 1
        assert await engine.list_blobs() == [kept]

    run(scenario)


# buckets


@pytest.mark.parametrize("seed", range(5))
def test_of_racing_creations_of_a_name_one_wins_and_keeps_its_place(seed):
    async def scenario(store):
        async def race(owner: str):
            try:
                return await store.bucket("photos", owner)
            except BucketExists as error:
                return error

        outcomes = await asyncio.gather(*(race(f"user{number % 3}") for number in range(9)))
        winners = [each for each in outcomes if not isinstance(each, BucketExists)]

        assert len(winners) == 1
        assert await store.catalog.buckets.get("photos") == winners[0]
        for owner in ("user0", "user1", "user2"):
            expected = winners if winners[0].owner == owner else []
            assert expected == await store.catalog.buckets.owned_by(owner)

    run(scenario, seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_user_has_no_more_buckets_than_the_limit_however_they_race(seed):
    async def scenario(store):
        async def create(number: int) -> bool:
            try:
                await store.catalog.buckets.create(f"bucket{number}", "ann", "us-east-1", limit=5)
            except TooManyBuckets:
                return False
            return True

        made = await asyncio.gather(*(create(number) for number in range(12)))

        assert sum(made) == 5
        assert len(await store.catalog.buckets.owned_by("ann")) == 5
        owned = await store.catalog.buckets.owned_by("ann")
        await store.catalog.buckets.delete(owned[0])
        assert await create(99)

    run(scenario, seed)


def test_a_bucket_with_an_object_is_not_deleted_and_a_deleted_one_takes_no_object():
    async def scenario(store):
        bucket = await store.bucket()
        await store.catalog.objects.put(bucket, "a", inline(b"1"))
        with pytest.raises(BucketNotEmpty):
            await store.catalog.buckets.delete(bucket)
        await store.catalog.objects.delete(bucket, "a")
        await store.catalog.buckets.delete(bucket)

        assert await store.catalog.buckets.get("photos") is None
        with pytest.raises(Gone):
            await store.catalog.objects.put(bucket, "a", inline(b"1"))
        again = await store.bucket()
        assert again.instance != bucket.instance

    run(scenario)


@pytest.mark.parametrize("step", range(1, 4))
def test_a_deletion_that_a_crash_cut_short_is_finished(step):
    async def scenario(store):
        bucket = await store.bucket()
        if step == 1:
            assert await store.engine.drop_if_empty(bucket.partition)
        else:
            store.engine.fail("commit", Unavailable(), skip=step - 2)
            with pytest.raises(Unavailable):
                await store.catalog.buckets.delete(bucket)
        await store.catalog.buckets.finish_deletions()

        assert await store.catalog.buckets.get("photos") is None
        assert await store.catalog.buckets.owned_by("ann") == []
        await store.bucket("photos", "bob")

    run(scenario)


# uploads


async def part(store, bucket, upload, number: int, data: bytes):
    name = await blob(store, bucket, "a", data)
    return await store.catalog.uploads.put_part(
        bucket, "a", upload.upload_id, Part(number, len(data), hashlib.md5(data).digest(), name, None)
    )


def manifest(upload, parts) -> Draft:
    return Draft(
        sum(each.size for each in parts),
        "etag-2",
        "ann",
        upload.metadata,
        Checksum("CRC64NVME", "FULL_OBJECT", b"12345678"),
        manifest=Manifest(upload.upload_id, [ManifestPart(each.number, each.size, each.blob) for each in parts]),
    )


@pytest.mark.parametrize("seed", range(3))
def test_an_upload_becomes_an_object_of_its_parts_and_the_rest_is_garbage(seed):
    async def scenario(store):
        bucket = await store.bucket()
        uploads = store.catalog.uploads
        upload = await uploads.create(bucket, "a", owner="ann", initiator="ann", metadata=Metadata())
        await part(store, bucket, upload, 1, b"replaced")
        await part(store, bucket, upload, 1, b"first")
        await part(store, bucket, upload, 2, b"second")
        await part(store, bucket, upload, 3, b"unused")
        now, parts = await uploads.parts(bucket, "a", upload.upload_id)
        assert [each.number for each in parts] == [1, 2, 3]

        await uploads.complete(bucket, "a", now, manifest(now, parts[:2]), parts[2:])

        entry = await store.catalog.objects.head(bucket, "a")
        assert entry is not None
        stored = await store.catalog.objects.manifest(bucket, "a", entry)
        assert stored is not None
        assert (entry.size, entry.parts) == (11, 2)
        assert await uploads.get(bucket, "a", upload.upload_id) is None
        assert (await uploads.completed(bucket, "a", upload.upload_id)).etag == "etag-2"
        store.clock.advance(1)
        await sweep(store.engine, store.clock.now_ns())
        assert {each.blob for each in stored.parts} == set(await store.engine.list_blobs())

        await store.catalog.objects.delete(bucket, "a")
        store.clock.advance(1)
        await sweep(store.engine, store.clock.now_ns())
        assert await store.engine.list_blobs() == []

    run(scenario, seed)


def test_a_part_that_comes_while_complete_looks_at_the_parts_is_noticed():
    async def scenario(store):
        bucket = await store.bucket()
        uploads = store.catalog.uploads
        upload = await uploads.create(bucket, "a", owner="ann", initiator="ann", metadata=Metadata())
        await part(store, bucket, upload, 1, b"first")
        seen, parts = await uploads.parts(bucket, "a", upload.upload_id)
        await part(store, bucket, upload, 1, b"later")

        with pytest.raises(PartsChanged):
            await uploads.complete(bucket, "a", seen, manifest(seen, parts), [])

    run(scenario)


def test_an_upload_given_up_takes_all_its_parts_along():
    async def scenario(store):
        bucket = await store.bucket()
        uploads = store.catalog.uploads
        upload = await uploads.create(bucket, "a", owner="ann", initiator="ann", metadata=Metadata())
        for number in range(1, 1203):
            await part(store, bucket, upload, number, b"x")
        await uploads.abort(bucket, "a", upload.upload_id)

        with pytest.raises(NoSuchUpload):
            await part(store, bucket, upload, 1, b"late")
        store.clock.advance(1)
        await sweep(store.engine, store.clock.now_ns())
        assert await store.engine.list_blobs() == []
        assert await store.engine.drop_if_empty(bucket.partition)

    run(scenario)


# users


def test_names_ids_addresses_and_keys_are_unique():
    async def scenario(store):
        users = store.catalog.users
        pair = KeyPair("ANNKEY", "secretsecret")
        await users.add("ann", user_id="a1", email="Ann@example.org", key_pair=pair)
        for taken in (
            {"name": "ann"},
            {"name": "bob", "user_id": "a1"},
            {"name": "bob", "email": "ann@EXAMPLE.org"},
            {"name": "bob", "key_pair": pair},
        ):
            with pytest.raises(UserExists):
                await users.add(**taken)
        assert (await users.by_email("ANN@example.org")).name == "ann"
        assert (await users.by_id("a1")).name == "ann"
        assert [user.name for user in await users.all()] == ["ann"]

    run(scenario)


def test_a_rotated_key_is_refused_and_a_disabled_user_stays_known():
    async def scenario(store):
        users = store.catalog.users
        _, old = await users.add("ann")
        new = await users.rotate("ann")
        assert await users.access_key(old.access_key) is None
        assert (await users.access_key(new.access_key)).enabled

        await users.set_enabled("ann", enabled=False)
        assert not (await users.access_key(new.access_key)).enabled
        assert (await users.access_key(new.access_key)).secret_key == new.secret_key
        await users.set_enabled("ann", enabled=True)
        assert (await users.access_key(new.access_key)).enabled

        await users.remove("ann")
        assert await users.access_key(new.access_key) is None
        with pytest.raises(NoSuchUser):
            await users.rotate("ann")

    run(scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": "a\nb"},
        {"name": "a", "user_id": "not an id"},
        {"name": "a", "email": "nowhere"},
        {"name": "a", "key_pair": KeyPair("ab", "secretsecret")},
        {"name": "a", "key_pair": KeyPair("GOODKEY", "short")},
    ],
)
def test_what_has_no_valid_form_is_refused(wrong):
    async def scenario(store):
        with pytest.raises(ValueError):
            await store.catalog.users.add(**wrong)
        assert await store.catalog.users.all() == []

    run(scenario)


# records

GOLDEN_ENTRY = "9e0101a00203a165a16f00c400050094a54352433332ab46554c4c5f4f424a454354c404313233340094a174808090c0"


def test_entries_written_by_the_first_version_are_read_by_this_one():
    """Golden bytes (S8): a change of the record that cannot read these loses people's data."""
    entry = ObjectEntry(1, "", 2, 3, "e", "o", 0, b"", 5, 0, Checksum("CRC32", "FULL_OBJECT", b"1234"), Metadata("t"))

    golden = bytes.fromhex(GOLDEN_ENTRY)

    assert decode_entry(golden) == entry
    assert decode_entry(encode(entry)) == entry
    with pytest.raises(Corrupt):
        decode_entry(golden[:-1])
