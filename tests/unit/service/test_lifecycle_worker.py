"""The lifecycle worker, under a clock that stands still, on the reference engine.

Source: S3 User Guide, "Expiring objects" and "Lifecycle configuration elements".
"""

import asyncio
import hashlib
import itertools
import logging

import msgspec
import pytest

from bushel.catalog import Catalog
from bushel.catalog.layout import SYSTEM
from bushel.catalog.objects import Draft
from bushel.catalog.records import COMPLIANCE, GOVERNANCE, MARKER, Checksum, Lock, Metadata
from bushel.catalog.uploads import NoSuchUpload, Part
from bushel.engine.api import Unavailable
from bushel.engine.memory.engine import MemoryEngine
from bushel.protocol.lifecycle import MAX_KEPT, Lifecycle
from bushel.protocol.shapes.lifecycle import (
    AbortIncompleteMultipartUpload,
    LifecycleExpiration,
    LifecycleRule,
    LifecycleRuleAndOperator,
    LifecycleRuleFilter,
    NoncurrentVersionExpiration,
)
from bushel.protocol.shapes.tagging import Tag
from bushel.service.background import lifecycle as background
from bushel.service.background.lifecycle import LifecycleWorker
from bushel.service.lifecycle import LIFECYCLE, Rules
from bushel.testing.clock import ManualClock
from bushel.testing.faulty_engine import FaultyEngine
from bushel.testing.randomness import SeededRandomness

DAY = 86_400
MIDNIGHT_NS = 1_704_153_600 * 1_000_000_000  # 2024-01-02 00:00:00 UTC


_SEEDS = itertools.count()


class Store:
    """A store whose clock shows ten hours after a midnight, and whose buckets' instances no other test has.

    What a process has read of an instance's configuration it remembers.
    """

    def __init__(self) -> None:
        self.clock = ManualClock(MIDNIGHT_NS + 36_000 * 1_000_000_000)
        randomness = SeededRandomness(next(_SEEDS))
        self.engine = FaultyEngine(MemoryEngine(clock=self.clock, randomness=randomness, seed=0))
        self.catalog = Catalog(self.engine, self.clock, randomness)
        self.worker = LifecycleWorker(self.catalog, self.clock, day_seconds=DAY)

    async def bucket(self, *rules, versioning="", name="photos"):
        bucket = await self.catalog.buckets.create(name, "ann", "us-east-1", limit=100)
        if versioning:
            bucket = await self.set_versioning(bucket, versioning)
        return await self.set_rules(bucket, *rules)

    async def set_versioning(self, bucket, versioning):
        return await self.catalog.buckets.update(
            bucket, lambda record: msgspec.structs.replace(record, versioning=versioning)
        )

    async def set_rules(self, bucket, *rules):
        await LIFECYCLE.put(self.catalog.buckets, bucket, Rules(Lifecycle(rules), "all_storage_classes_128K"))
        return await self.catalog.buckets.get(bucket.name)

    async def put(self, bucket, *keys, data=b"data", **metadata):
        for key in keys:
            draft = Draft(len(data), hashlib.md5(data).hexdigest(), "bob", Metadata(**metadata), data=data)
            entry = await self.catalog.objects.put(bucket, key, draft)
        return entry

    async def keys(self, bucket):
        return [key.decode() for key in (await self.catalog.objects.scan(bucket, b"", None, 1000)).keys]

    async def versions(self, bucket):
        """Key, and ``x`` for a marker or the bytes' number, newest first."""
        found = await self.catalog.objects.scan_versions(bucket, (b"", b""), None, 1000)
        return [
            (version.key.decode(), "x" if version.entry.storage == MARKER else version.entry.size)
            for version in found.versions
        ]

    async def at(self, hours, *, day=0):
        """A round at this hour of a day after the one that it is."""
        now = self.clock.now_ns() - MIDNIGHT_NS
        self.clock.advance(day * DAY + hours * 3600 - now / 1_000_000_000)
        await self.worker.round()


def run(scenario):
    async def opened():
        store = Store()
        await store.engine.create_partition(SYSTEM)
        return await scenario(store)

    return asyncio.run(opened())


def rule(filter_=None, *, status="Enabled", **members):
    if filter_ is None or isinstance(filter_, str):
        filter_ = LifecycleRuleFilter(prefix=filter_)
    return LifecycleRule(filter=filter_, status=status, id=str(filter_), **members)


def expire(days=1, **members):
    return {"expiration": LifecycleExpiration(days=None if members else days, **members)}


def noncurrent(days=1, newer=None):
    expiration = NoncurrentVersionExpiration(noncurrent_days=days, newer_noncurrent_versions=newer)
    return {"noncurrent_version_expiration": expiration}


# --- objects ------------------------------------------------------------------------------------------------------


def test_an_object_goes_at_the_midnight_after_its_days_and_not_before():
    async def scenario(store):
        bucket = await store.bucket(rule("log/", **expire(1)))
        await store.put(bucket, "log/a", "log/b", "other")
        await store.at(23.99, day=1)
        assert await store.keys(bucket) == ["log/a", "log/b", "other"]
        await store.put(bucket, "log/late")

        await store.at(0, day=2)

        assert await store.keys(bucket) == ["log/late", "other"]
        assert await store.engine.counters(bucket.partition) == {b"objects": 2, b"bytes": 8}
        await store.at(0, day=3)
        assert await store.keys(bucket) == ["other"]

    run(scenario)


def test_a_date_is_the_day_from_which_on_everything_goes():
    async def scenario(store):
        date = MIDNIGHT_NS // 1_000_000 + 2 * DAY * 1000
        bucket = await store.bucket(rule(**expire(date=date)))
        await store.put(bucket, "a")
        await store.at(23.99, day=1)
        assert await store.keys(bucket) == ["a"]
        await store.at(0, day=2)
        assert await store.keys(bucket) == []
        await store.put(bucket, "b")
        await store.at(0, day=3)
        assert await store.keys(bucket) == []

    run(scenario)


def test_tags_and_sizes_choose():
    async def scenario(store):
        tagged = LifecycleRuleFilter(
            and_=LifecycleRuleAndOperator(prefix="a", tags=(Tag(key="env", value="test"),), object_size_less_than=10)
        )
        bucket = await store.bucket(rule(tagged, **expire(1)))
        await store.put(bucket, "a1", tags={"env": "test", "x": "y"})
        await store.put(bucket, "a2", tags={"env": "prod"})
        await store.put(bucket, "a3", tags={"env": "test"}, data=b"x" * 10)
        await store.put(bucket, "b1", tags={"env": "test"})
        # Metadata that are too long for the entry, and the tags with them.
        await store.put(bucket, "a4", tags={"env": "test"}, user={"long": "x" * 1500})

        await store.at(1, day=2)

        assert await store.keys(bucket) == ["a2", "a3", "b1"]

    run(scenario)


def test_rules_that_are_off_or_gone_do_nothing():
    async def scenario(store):
        bucket = await store.bucket(rule(status="Disabled", **expire(1)))
        other = await store.bucket(rule(**expire(1)), name="other")
        await store.put(bucket, "a")
        await store.put(other, "a")
        await LIFECYCLE.delete(store.catalog.buckets, other)
        await store.at(1, day=9)
        assert await store.keys(bucket) == await store.keys(other) == ["a"]
        await store.set_rules(bucket, rule(**expire(1)))
        await store.worker.round()
        assert await store.keys(bucket) == []

    run(scenario)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("change", ["overwritten", "deleted", "tagged"])
def test_what_changes_between_the_look_and_the_removal_survives(change, large):
    """The decision is made again within the transition that removes."""

    async def scenario(store):
        tagged = LifecycleRuleFilter(tag=Tag(key="env", value="test"))
        bucket = await store.bucket(rule(tagged, **expire(1)))
        metadata = {"user": {"long": "x" * 1500}} if large else {}
        await store.put(bucket, "key", tags={"env": "test"}, **metadata)
        current = store.catalog.expiring.current

        async def meddled(*arguments):
            if change == "overwritten":
                await store.put(bucket, "key", data=b"new", tags={"env": "test"}, **metadata)
            elif change == "deleted":
                await store.catalog.objects.delete(bucket, "key")
            else:
                await store.catalog.objects.change_metadata(
                    bucket, "key", lambda entry: msgspec.structs.replace(entry.metadata, tags={})
                )
            removed = await current(*arguments)
            assert not removed
            return removed

        store.catalog.expiring.current = meddled
        await store.at(0, day=5)
        assert await store.keys(bucket) == ([] if change == "deleted" else ["key"])

    run(scenario)


def test_an_object_that_is_overwritten_after_the_date_is_not_taken_for_the_one_that_was_seen():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(date=0)))
        seen = await store.put(bucket, "key")
        new = await store.put(bucket, "key", data=b"new")

        assert not await store.catalog.expiring.current(bucket, "key", seen, lambda _: True)
        assert await store.catalog.expiring.current(bucket, "key", new, lambda _: True)

    run(scenario)


# --- versions -----------------------------------------------------------------------------------------------------


def test_the_current_version_gets_a_delete_marker_and_stays():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)), versioning="Enabled")
        await store.put(bucket, "a")
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", "x"), ("a", 4)]
        newest = await store.catalog.objects.newest(bucket, "a")
        assert newest.owner == "ann"
        await store.at(0, day=4)
        assert await store.versions(bucket) == [("a", "x"), ("a", 4)]

    run(scenario)


def test_where_versioning_is_suspended_the_marker_is_the_null_version():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)), versioning="Enabled")
        await store.put(bucket, "a")
        bucket = await store.set_versioning(bucket, "Suspended")
        await store.put(bucket, "a", data=b"null")
        await store.put(bucket, "b", data=b"null")
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", "x"), ("a", 4), ("b", "x")]
        newest = await store.catalog.objects.newest(bucket, "b")
        assert newest.version_id == "null"

    run(scenario)


def test_what_was_there_before_versioning_becomes_a_version_under_a_marker():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, "a")
        bucket = await store.set_versioning(bucket, "Enabled")
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", "x"), ("a", 4)]

    run(scenario)


@pytest.mark.parametrize(
    ("action", "gone"), [(expire(expired_object_delete_marker=True), 1), (expire(1), 2)], ids=["at once", "by age"]
)
def test_a_marker_goes_that_nothing_is_left_under(action, gone):
    async def scenario(store):
        bucket = await store.bucket(rule(**action), versioning="Enabled")
        await store.put(bucket, "kept")
        await store.catalog.objects.delete(bucket, "kept", "ann")
        await store.catalog.objects.delete(bucket, "lone", "ann")
        await store.catalog.objects.delete(bucket, "twice", "ann")
        await store.catalog.objects.delete(bucket, "twice", "ann")
        await store.at(0, day=gone)
        assert await store.versions(bucket) == [("kept", "x"), ("kept", 4), ("twice", "x"), ("twice", "x")]
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 4}

    run(scenario)


def test_a_marker_that_is_not_alone_any_more_survives():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(expired_object_delete_marker=True)), versioning="Enabled")
        marker = await store.catalog.objects.delete(bucket, "key", "ann")
        await store.put(bucket, "key")
        assert not await store.catalog.expiring.lone_marker(bucket, "key", marker)
        assert await store.versions(bucket) == [("key", 4), ("key", "x")]

    run(scenario)


def test_a_noncurrent_version_goes_days_after_another_took_its_place():
    async def scenario(store):
        bucket = await store.bucket(rule(**noncurrent(1)), versioning="Enabled")
        await store.put(bucket, "a", data=b"1")
        await store.at(12, day=5)
        await store.put(bucket, "a", data=b"22")
        await store.at(23, day=6)
        assert await store.versions(bucket) == [("a", 2), ("a", 1)]
        await store.at(0, day=7)
        assert await store.versions(bucket) == [("a", 2)]
        assert await store.engine.counters(bucket.partition) == {b"objects": 1, b"bytes": 2}

    run(scenario)


def test_as_many_noncurrent_versions_are_kept_as_the_rule_says():
    async def scenario(store):
        bucket = await store.bucket(rule(**noncurrent(1, 2)), versioning="Enabled")
        for key in ("a", "b"):
            for size in range(1, 6):
                await store.put(bucket, key, data=b"x" * size)
        await store.catalog.objects.delete(bucket, "b", "ann")
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", 5), ("a", 4), ("a", 3), ("b", "x"), ("b", 5), ("b", 4)]
        await store.at(0, day=9)
        assert len(await store.versions(bucket)) == 6

    run(scenario)


def test_a_hundred_newer_versions_can_be_kept_and_no_walk_remembers_more():
    async def scenario(store):
        bucket = await store.bucket(rule(**noncurrent(1, MAX_KEPT)), versioning="Enabled")
        for size in range(1, MAX_KEPT + 5):
            await store.put(bucket, "a", data=b"x" * size)
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", size) for size in range(MAX_KEPT + 4, 3, -1)]

    run(scenario)


def test_markers_among_the_versions_go_with_them_and_are_not_what_is_kept():
    async def scenario(store):
        bucket = await store.bucket(rule(**noncurrent(1, 1)), versioning="Enabled")
        for size in (1, 2):
            await store.put(bucket, "a", data=b"x" * size)
        await store.catalog.objects.delete(bucket, "a", "ann")
        await store.put(bucket, "a", data=b"x" * 4)
        assert await store.versions(bucket) == [("a", 4), ("a", "x"), ("a", 2), ("a", 1)]
        await store.at(0, day=2)
        assert await store.versions(bucket) == [("a", 4), ("a", "x"), ("a", 2)]

    run(scenario)


def test_expiration_removal_and_the_marker_follow_one_another():
    """A bucket with all three actions ends up empty."""

    async def scenario(store):
        marker = expire(expired_object_delete_marker=True)
        bucket = await store.bucket(rule("a", **expire(1), **noncurrent(1)), rule("", **marker), versioning="Enabled")
        await store.put(bucket, "a", "a", "a")
        seen = []
        for day in range(1, 8):
            await store.at(0, day=day)
            seen.append(len(await store.versions(bucket)))
        assert seen == [3, 2, 2, 1, 0, 0, 0]

    run(scenario)


def test_a_version_survives_if_the_newer_ones_it_was_kept_by_are_removed_meanwhile():
    async def scenario(store):
        bucket = await store.bucket(versioning="Enabled")
        entries = [await store.put(bucket, "a", data=b"x" * size) for size in (1, 2, 3)]
        orders = [entry.order for entry in reversed(entries)]
        await store.catalog.objects.delete_version(bucket, "a", entries[2].version_id)
        # The second is the current version now; it must not be taken for a noncurrent one.
        expiring = store.catalog.expiring
        assert not await expiring.noncurrent(bucket, "a", entries[1], orders[:1], lambda _: True)
        assert not await expiring.noncurrent(bucket, "a", entries[0], orders[:2], lambda _: True)
        assert not await expiring.noncurrent(bucket, "a", entries[0], orders[1:2], lambda _: False)
        assert await store.versions(bucket) == [("a", 2), ("a", 1)]
        assert await expiring.noncurrent(bucket, "a", entries[0], orders[1:2], lambda _: True)
        assert await store.versions(bucket) == [("a", 2)]

    run(scenario)


def test_another_null_version_is_not_taken_for_the_one_that_was_seen():
    async def scenario(store):
        bucket = await store.bucket()
        await store.put(bucket, "a")
        bucket = await store.set_versioning(bucket, "Enabled")
        await store.put(bucket, "a", data=b"22")
        seen = await store.catalog.objects.head(bucket, "a", "null")
        bucket = await store.set_versioning(bucket, "Suspended")
        await store.put(bucket, "a", data=b"333")
        bucket = await store.set_versioning(bucket, "Enabled")
        newest = await store.put(bucket, "a", data=b"55555")
        assert await store.versions(bucket) == [("a", 5), ("a", 3), ("a", 2)]

        assert not await store.catalog.expiring.noncurrent(bucket, "a", seen, [newest.order], lambda _: True)
        seen = await store.catalog.objects.head(bucket, "a", "null")
        assert await store.catalog.expiring.noncurrent(bucket, "a", seen, [newest.order], lambda _: True)
        assert await store.versions(bucket) == [("a", 5), ("a", 2)]

    run(scenario)


# --- uploads ------------------------------------------------------------------------------------------------------


def test_an_upload_is_given_up_with_its_parts():
    async def scenario(store):
        aborting = {"abort_incomplete_multipart_upload": AbortIncompleteMultipartUpload(days_after_initiation=1)}
        bucket = await store.bucket(rule("a", **aborting))
        ids = {}
        for key in ("a", "b"):
            upload = await store.catalog.uploads.create(bucket, key, owner="ann", initiator="ann", metadata=Metadata())
            ids[key] = upload.upload_id
        writer = await store.catalog.objects.write_blob(bucket, "a")
        await writer.write(b"part")
        await writer.seal()
        checksum = Checksum("CRC32", "FULL_OBJECT", b"abcd")
        await store.catalog.uploads.put_part(bucket, "a", ids["a"], Part(1, 4, b"m" * 16, writer.blob, checksum))
        await store.at(23, day=1)
        assert await store.catalog.uploads.get(bucket, "a", ids["a"])

        await store.at(0, day=2)

        with pytest.raises(NoSuchUpload):
            await store.catalog.uploads.parts(bucket, "a", ids["a"])
        assert await store.catalog.uploads.get(bucket, "b", ids["b"])

    run(scenario)


# --- walks --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(background, "PAGE", 3)


@pytest.mark.usefixtures("small_pages")
def test_pages_divide_neither_keys_nor_versions():
    async def scenario(store):
        bucket = await store.bucket(rule(**noncurrent(1, 1)), versioning="Enabled")
        plain = await store.bucket(rule(**expire(1)), name="plain")
        for key in "abc":
            for size in range(1, 8):
                await store.put(bucket, key, data=b"x" * size)
        await store.catalog.objects.delete(bucket, "d", "ann")
        await store.put(plain, *(f"{number:02}" for number in range(20)))
        await store.at(0, day=2)
        assert await store.versions(bucket) == [(key, size) for key in "abc" for size in (7, 6)] + [("d", "x")]
        assert await store.keys(plain) == []

    run(scenario)


@pytest.mark.usefixtures("small_pages")
def test_markers_at_the_end_of_a_page_are_lone_or_not():
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(expired_object_delete_marker=True)), versioning="Enabled")
        for key in "abcdefgh":
            if key in "cfh":
                await store.put(bucket, key)
            await store.catalog.objects.delete(bucket, key, "ann")
        await store.at(0, day=1)
        assert await store.versions(bucket) == [(key, what) for key in "cfh" for what in ("x", 4)]

    run(scenario)


def test_a_bucket_is_walked_once_a_day_and_once_after_a_change(monkeypatch):
    async def scenario(store):
        bucket = await store.bucket(rule("a", **expire(1)))
        scans = []
        scan = store.catalog.objects.scan

        async def counted(*arguments):
            scans.append(arguments)
            return await scan(*arguments)

        monkeypatch.setattr(store.catalog.objects, "scan", counted)
        for hours, expected in ((11, 1), (12, 1), (24, 2), (25, 2)):
            await store.at(hours)
            assert len(scans) == expected
        await store.set_rules(bucket, rule("b", **expire(1)))
        await store.at(26)
        assert len(scans) == 3
        assert scans[-1][1] == b"b"

    run(scenario)


@pytest.mark.usefixtures("small_pages")
def test_a_walk_that_was_interrupted_goes_on_where_it_was(monkeypatch, caplog):
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, *(f"{number:02}" for number in range(9)))
        starts = []
        scan = store.catalog.objects.scan

        async def failing(bucket, start, stop, limit):
            starts.append(start)
            if starts.count(start) == 1 and start > b"03":
                raise Unavailable("away")
            return await scan(bucket, start, stop, limit)

        monkeypatch.setattr(store.catalog.objects, "scan", failing)
        await store.at(0, day=2)
        assert "carrying out the lifecycle of photos failed" in caplog.text
        missed = len(starts) - 1
        monkeypatch.undo()
        left = await store.keys(bucket)
        assert 0 < len(left) < 9
        assert all(key.encode() >= starts[missed] for key in left)
        monkeypatch.setattr(store.catalog.objects, "scan", failing)
        for _ in range(9):
            await store.worker.round()
        monkeypatch.undo()
        assert await store.keys(bucket) == []
        assert starts[missed + 1] == starts[missed]

    run(scenario)


def test_a_removal_that_fails_is_tried_again_and_keeps_no_other_from_being_done(monkeypatch, caplog):
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, "a", "b", "c")
        reclaim = store.catalog.objects.reclaim

        async def failing(bucket, key, step):
            if key == "b":
                raise Unavailable("away")
            return await reclaim(bucket, key, step)

        monkeypatch.setattr(store.catalog.objects, "reclaim", failing)
        await store.at(0, day=2)
        assert await store.keys(bucket) == ["b"]
        assert "1 removals failed" in caplog.text
        monkeypatch.undo()
        await store.worker.round()
        assert await store.keys(bucket) == []

    run(scenario)


@pytest.mark.usefixtures("small_pages")
def test_rules_that_are_taken_away_act_on_no_further_page(monkeypatch):
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, *(f"{number:02}" for number in range(9)))
        scan = store.catalog.objects.scan
        seen = []

        async def then_without_rules(*arguments):
            page = await scan(*arguments)
            seen.extend(page.keys)
            if seen:
                await LIFECYCLE.delete(store.catalog.buckets, bucket)
            return page

        monkeypatch.setattr(store.catalog.objects, "scan", then_without_rules)
        await store.at(0, day=2)
        monkeypatch.undo()
        assert 1 <= len(seen) <= 3
        assert len(await store.keys(bucket)) == 9 - len(seen)
        await store.worker.round()
        assert len(await store.keys(bucket)) == 9 - len(seen)

    run(scenario)


def test_a_bucket_that_is_deleted_meanwhile_is_no_failure(monkeypatch, caplog):
    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        other = await store.bucket(rule(**expire(1)), name="zoo")
        await store.put(other, "a")
        every = store.catalog.buckets.all

        async def then_gone():
            found = await every()
            await store.catalog.buckets.delete(bucket)
            return found

        monkeypatch.setattr(store.catalog.buckets, "all", then_gone)
        await store.at(0, day=2)
        assert await store.keys(other) == []
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    run(scenario)


def test_what_was_removed_is_told_in_one_line(caplog):
    caplog.set_level(logging.INFO, logger="bushel.service.background.lifecycle")

    async def scenario(store):
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, "a", "b")
        await store.at(0, day=2)

    run(scenario)

    assert caplog.messages == ["lifecycle of photos: removed 2 current versions"]


def test_a_shorter_day_has_its_midnights_closer_together():
    async def scenario(store):
        worker = LifecycleWorker(store.catalog, store.clock, day_seconds=2)
        bucket = await store.bucket(rule(**expire(1)))
        await store.put(bucket, "a")
        for seconds, left in ((1, ["a"]), (2.9, ["a"]), (0.2, [])):
            store.clock.advance(seconds)
            await worker.round()
            assert await store.keys(bucket) == left

    run(scenario)


# --- locks ----------------------------------------------------------------------------------------------------------


def test_a_locked_version_stays_until_its_lock_has_ended_and_goes_then(caplog):
    """S10. What is expired as the current version gets its marker all the same."""

    async def scenario(store):
        expires = rule(
            expiration=LifecycleExpiration(days=1),
            noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=1),
        )
        bucket = await store.bucket(expires, versioning="Enabled")
        ends = store.clock.now_ns() // 1_000_000 + 5 * DAY * 1000
        for key, lock in (
            ("compliance", Lock(COMPLIANCE, ends)),
            ("free", None),
            ("governance", Lock(GOVERNANCE, ends)),
            ("held", Lock(hold=True)),
        ):
            entry = await store.put(bucket, key)
            if lock is not None:
                await store.catalog.objects.change_lock(bucket, key, entry, lambda _, lock=lock: lock)
        locked = [("compliance", "x"), ("compliance", 4), ("governance", "x"), ("governance", 4)]
        held = [("held", "x"), ("held", 4)]
        await store.at(1, day=2)
        assert await store.versions(bucket) == sorted([*locked, *held, ("free", "x"), ("free", 4)], key=_by_key)
        await store.at(1, day=4)
        assert [each for each in await store.versions(bucket) if each[0] != "free"] == [*locked, *held]
        await store.at(1, day=6)
        assert [each for each in await store.versions(bucket) if each[0] == "held"] == held
        assert not [each for each in await store.versions(bucket) if each[1] == 4 and each[0] != "held"]

    with caplog.at_level(logging.WARNING):
        run(scenario)
    assert not caplog.records


def _by_key(version):
    return version[0]
