"""Versions in the catalog, against a list: whatever changes a key has seen, it has what the list has, and no blob more.

What must not be here: S3's answers (tests/s3/test_versions.py).
"""

import hashlib
import random

import msgspec
import pytest
from tests.unit.catalog.test_catalog import blob, run

from bushel.catalog.garbage import named_blobs, recover, sweep
from bushel.catalog.history import make_version_id, order_of
from bushel.catalog.objects import Draft
from bushel.catalog.records import MARKER, NULL_ID, Manifest, ManifestPart, Metadata
from bushel.engine.api import Range, Unavailable

KEY = "key"


def test_an_id_carries_its_order_and_nothing_else_is_an_id():
    version_id = make_version_id(1_700_000_000_123_456_789, bytes(range(12)))
    assert order_of(version_id) == 1_700_000_000_123_456_789
    for wrong in ("", "null", version_id[:-1], version_id.upper(), version_id + "0", "w" * 32, "ä" * 32, " " * 32):
        assert order_of(wrong) is None


class History:
    """What one key's versions must be: newest first, as ``(id, kind, content)``; the null version's id is ``null``."""

    def __init__(self, store, bucket, seed):
        self.store, self.bucket, self.objects = store, bucket, store.catalog.objects
        self.random = random.Random(seed)
        self.versions = []

    async def draft(self, content):
        large = {"m": "v" * 1500} if self.random.random() < 0.3 else {"m": "v"}
        shared = (len(content), hashlib.md5(content).hexdigest(), "ann", Metadata(user=large))
        kind = self.random.choice(["inline", "blob", "multipart"])
        if kind == "inline":
            return Draft(*shared, data=content)
        name = await blob(self.store, self.bucket, KEY, content)
        if kind == "blob":
            return Draft(*shared, blob=name)
        return Draft(*shared, manifest=Manifest("upload", [ManifestPart(1, len(content), name)]))

    async def put(self):
        content = self.random.randbytes(20)
        draft = await self.draft(content)
        entry = await self.objects.put(self.bucket, KEY, draft)
        if draft.manifest is not None:
            self.store.engine.settle([part.blob for part in draft.manifest.parts])
        self._on_top(entry, content, draft.metadata.user)

    async def delete(self):
        entry = await self.objects.delete(self.bucket, KEY, "ann")
        if self.bucket.versioning:
            self._on_top(entry, None, {})
        else:
            self.versions = []

    async def remove(self):
        version = self.random.choice([each[0] for each in self.versions] or [NULL_ID])
        await self.objects.delete_version(self.bucket, KEY, version)
        self.versions = [each for each in self.versions if each[0] != version]

    async def turn(self):
        status = self.random.choice(["Enabled", "Suspended"])
        self.bucket = msgspec.structs.replace(self.bucket, versioning=status)

    async def change(self):
        if self.versions:
            at = self.random.randrange(len(self.versions))
            version, content, _ = self.versions[at]
            user = {"m": self.random.choice(["n", "n" * 1500])} if content is not None else {}
            named = None if at == 0 and content is not None and self.random.random() < 0.5 else version
            await self.objects.change_metadata(self.bucket, KEY, lambda _: Metadata(user=user), named)
            self.versions[at] = (version, content, user)

    def _on_top(self, entry, content, user):
        version = entry.version_id or NULL_ID
        if version == NULL_ID:
            self.versions = [each for each in self.versions if each[0] != NULL_ID]
        self.versions.insert(0, (version, content, user))

    async def check(self):
        objects, bucket = self.objects, self.bucket
        shown, position, begun = [], (b"", b""), b""
        while position is not None:
            page = await objects.scan_versions(bucket, position, None, 3, begun)
            shown += [(each.entry.version_id or NULL_ID, each.is_latest) for each in page.versions]
            position, begun = page.next, page.versions[-1].key if page.versions else begun
        assert shown == [(version, at == 0) for at, (version, _, _) in enumerate(self.versions)]
        for version, content, user in self.versions:
            await self._check_one(await objects.get(bucket, KEY, version), content, user)
        current = self.versions[0] if self.versions and self.versions[0][1] is not None else None
        stored = await objects.get(bucket, KEY)
        if current is None:
            assert stored is None
        else:
            assert (stored.entry.version_id or NULL_ID) == current[0]
            await self._check_one(stored, *current[1:])
        if not any(each[0] == NULL_ID for each in self.versions):
            assert await objects.head(bucket, KEY, NULL_ID) is None
        contents = [content for _, content, _ in self.versions if content is not None]
        counted = await self.store.engine.counters(bucket.partition)
        assert (counted.get(b"objects", 0), counted.get(b"bytes", 0)) == (len(contents), sum(map(len, contents)))

    async def _check_one(self, stored, content, user):
        entry = stored.entry
        assert (entry.storage == MARKER) == (content is None)
        if content is None:
            return
        assert (entry.metadata.user, entry.etag) == (user, hashlib.md5(content).hexdigest())
        if stored.data is not None:
            assert stored.data == content
            return
        name = entry.blob
        if not name:
            (part,) = (await self.objects.manifest(self.bucket, KEY, entry)).parts
            name = part.blob
        reader = await self.objects.open_blob(name)
        assert await reader.read(0, 100) == content
        await reader.close()


@pytest.mark.parametrize("seed", range(40))
def test_a_key_has_the_versions_that_its_changes_left_it(seed):
    async def scenario(store):
        it = History(store, await store.bucket(), seed)
        for _ in range(40):
            await it.random.choice([it.put, it.put, it.delete, it.remove, it.remove, it.change, it.turn])()
            if it.random.random() < 0.1:
                store.clock.step(-3600)
            await it.check()
        store.clock.advance(100_000)
        await sweep(store.engine, store.clock.now_ns())
        assert set(await store.engine.list_blobs()) == await named_blobs(store.engine, it.bucket.partition)
        while it.versions:
            await it.remove()
        await it.check()
        store.clock.advance(100_000)
        await sweep(store.engine, store.clock.now_ns())
        assert await store.engine.list_blobs() == []
        assert await store.engine.drop_if_empty(it.bucket.partition), "a key without versions leaves no cell"

    run(scenario, seed)


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
@pytest.mark.parametrize("seed", range(10))
def test_a_write_that_took_the_bucket_for_unversioned_loses_no_version(seed, status):
    """It becomes the null version, or a null marker, as in a suspended bucket (SEMANTICS.md, S3)."""

    async def scenario(store):
        plain = await store.bucket()
        it = History(store, plain, seed)
        if seed % 2:
            await it.put()
        it.bucket = msgspec.structs.replace(plain, versioning="Enabled")
        for _ in range(3):
            await it.random.choice([it.put, it.delete])()
        it.bucket = now = msgspec.structs.replace(plain, versioning=status)
        if seed % 3:
            await it.put()
        for _ in range(2):
            it.bucket = plain
            if seed % 5 < 3:
                await it.put()
            else:
                entry = await it.objects.delete(plain, KEY, "ann")
                it._on_top(entry, None, {})
            it.bucket = now
            await it.check()
            await it.put()
            await it.check()

    run(scenario, seed)


def test_recovery_finds_the_blobs_of_versions_that_are_not_the_current_one():
    async def scenario(store):
        plain = await store.bucket()
        bucket = msgspec.structs.replace(plain, versioning="Enabled")
        objects = store.catalog.objects
        names = []
        for where in (plain, bucket, bucket):
            names.append(await blob(store, bucket, KEY, b"kept"))
            store.engine.fail("commit", Unavailable(), after=True)
            with pytest.raises(Unavailable):
                await objects.put(where, KEY, Draft(4, "e", "ann", Metadata(), blob=names[-1]))
        await objects.delete(bucket, KEY, "ann")
        engine = store.engine.inner.after_kill()
        assert await recover(engine) == 0
        store.clock.advance(100)
        await sweep(engine, store.clock.now_ns())
        assert set(await engine.list_blobs()) == set(names)

    run(scenario)


def test_what_is_read_does_not_grow_with_the_number_of_versions():
    """Every atom reads a fixed number of cells, and reading or listing current objects never looks at older ones."""

    async def scenario(store):
        bucket = msgspec.structs.replace(await store.bucket(), versioning="Enabled")
        it = History(store, bucket, 0)
        for _ in range(30):
            await it.put()
        counted = [_counted(store.engine.inner, name) for name in ("read", "commit")]
        await it.objects.get(bucket, KEY)
        await it.objects.get(bucket, KEY, it.versions[20][0])
        await it.objects.scan(bucket, b"", None, 100)
        await it.put()
        await it.delete()
        await it.remove()
        limits = [limit for calls in counted for limit in calls]
        assert limits
        assert max(limits) <= 2

    run(scenario)


def _counted(engine, name):
    """Limits of the ranges that calls of a method read."""
    limits = []
    method = getattr(engine, name)

    async def counted(*arguments, **named):
        limits.extend(each.limit for each in arguments[2] if isinstance(each, Range))
        return await method(*arguments, **named)

    setattr(engine, name, counted)
    return limits
