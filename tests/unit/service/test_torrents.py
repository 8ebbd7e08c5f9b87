"""Piece hashes: computed once, in turn, without holding anybody up."""

import asyncio
import hashlib
import random
from functools import partial
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.catalog import Catalog
from bushel.catalog.layout import HASHES, ISSUED, TORRENT, TORRENTS
from bushel.catalog.objects import Draft
from bushel.catalog.records import Metadata
from bushel.catalog.torrents import row_of
from bushel.engine.api import Cell, Change, Corrupt, Delete, DeletePrefix
from bushel.engine.memory.engine import MemoryEngine
from bushel.protocol.errors import S3Error
from bushel.protocol.torrent import info_hash_of
from bushel.service import torrents
from bushel.service.background.torrents import sweep_torrents
from bushel.service.torrents import AT_ONCE_BYTES, MOST_WAITING, Hashing, _hashes, whole_info
from bushel.testing.clock import ManualClock
from bushel.testing.randomness import SeededRandomness

SIZE = AT_ONCE_BYTES + 300_000
PIECE = 262_144


class Turn:
    """One that is somebody else's until ``free`` is set."""

    def __init__(self, *, free=True):
        self.free = free
        self.taken = False

    def take(self):
        self.taken = self.free
        return self.taken

    def give(self):
        self.taken = False


class Reads:
    def begin(self, now_ns):
        return 1

    def end(self, ticket):
        pass


def sha1s(data):
    return b"".join(hashlib.sha1(data[at : at + PIECE]).digest() for at in range(0, len(data), PIECE))


class Store:
    """A catalog in memory, with a bucket."""

    @classmethod
    async def open(cls):
        self = cls()
        self.clock = ManualClock()
        randomness = SeededRandomness(1)
        self.engine = MemoryEngine(clock=self.clock, randomness=randomness)
        self.catalog = await Catalog.open(self.engine, self.clock, randomness)
        self.bucket = await self.catalog.buckets.create("disks", owner="o", region="r", limit=10)
        service = SimpleNamespace(clock=self.clock, reads=Reads(), catalog=self.catalog)
        self.ctx = SimpleNamespace(catalog=self.catalog, service=service)
        return self

    async def put(self, data, key="key"):
        writer = await self.catalog.objects.write_blob(self.bucket, key)
        await writer.write(data)
        await writer.seal()
        draft = Draft(len(data), "e", "o", Metadata(), blob=writer.blob)
        await self.catalog.objects.put(self.bucket, key, draft)
        return await self.catalog.objects.get(self.bucket, key)

    def ask(self, hashing, stored, key="key"):
        return hashing.torrent(self.ctx, self.bucket, key, stored)


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 64))
def test_pieces_are_hashed_however_the_bytes_come(came, piece_bytes):
    async def content():
        for each in came:
            yield each

    whole = b"".join(came)
    expected = [hashlib.sha1(whole[at : at + piece_bytes]).digest() for at in range(0, len(whole), piece_bytes)]
    assert asyncio.run(_hashes(content(), piece_bytes, None)) == b"".join(expected)


def test_hashes_are_made_once_and_kept():
    async def work():
        store = await Store.open()
        data = random.Random(1).randbytes(SIZE)
        stored = await store.put(data)
        hashing = Hashing()
        both = await asyncio.gather(store.ask(hashing, stored), store.ask(hashing, stored))
        assert both[0] == both[1]
        assert both[0].hashes == sha1s(data)
        assert info_hash_of(whole_info(both[0])) == both[0].record.info_hash
        await store.engine.delete_blob(stored.entry.blob)
        assert await store.ask(Hashing(), stored) == both[0]  # from what is kept: the bytes are gone
        assert await store.catalog.torrents.issued(both[0].record.info_hash) == both[0].record

    asyncio.run(work())


def test_a_small_object_waits_for_no_turn():
    async def work():
        store = await Store.open()
        stored = await store.put(b"x" * AT_ONCE_BYTES)
        assert (await store.ask(Hashing(Turn(free=False)), stored)).hashes == sha1s(b"x" * AT_ONCE_BYTES)

    asyncio.run(work())


def test_a_large_one_is_waited_for_a_while_and_made_all_the_same(monkeypatch):
    async def work():
        monkeypatch.setattr(torrents, "WAIT_SECONDS", 0.01)
        store, turn = await Store.open(), Turn(free=False)
        hashing = Hashing(turn)
        stored = await store.put(b"x" * SIZE)
        for _ in range(2):
            with pytest.raises(S3Error) as caught:
                await store.ask(hashing, stored)
            assert (caught.value.status, caught.value.headers) == (503, [("Retry-After", "5")])
        assert await store.catalog.torrents.of(store.bucket, "key", stored.entry) is None
        turn.free = True
        await asyncio.wait(hashing._jobs.values())
        assert await store.catalog.torrents.of(store.bucket, "key", stored.entry) is not None
        assert (await store.ask(hashing, stored)).hashes == sha1s(b"x" * SIZE)
        await hashing.close()
        assert not turn.taken

    asyncio.run(work())


def test_what_another_process_made_meanwhile_is_not_made_again():
    async def work():
        store, turn = await Store.open(), Turn(free=False)
        stored = await store.put(b"x" * SIZE)
        waiting = asyncio.create_task(store.ask(Hashing(turn), stored))
        made = await store.ask(Hashing(), stored)
        await store.engine.delete_blob(stored.entry.blob)
        turn.free = True
        assert await waiting == made

    asyncio.run(work())


def test_a_version_that_went_while_it_waited_is_not_hashed():
    async def work():
        store, turn = await Store.open(), Turn(free=False)
        stored = await store.put(b"x" * SIZE)
        waiting = asyncio.create_task(store.ask(Hashing(turn), stored))
        await asyncio.sleep(0)
        await store.put(b"newer")
        turn.free = True
        with pytest.raises(S3Error, match="ServiceUnavailable"):
            await waiting
        assert not turn.taken

    asyncio.run(work())


def test_only_so_many_wait(monkeypatch):
    async def work():
        monkeypatch.setattr(torrents, "WAIT_SECONDS", 0)
        store = await Store.open()
        hashing = Hashing(Turn(free=False))
        keys = [f"key-{number}" for number in range(MOST_WAITING + 5)]
        for key in keys:
            with pytest.raises(S3Error, match="ServiceUnavailable"):
                await store.ask(hashing, await store.put(b"x" * SIZE, key), key)
        assert len(hashing._jobs) == MOST_WAITING
        await hashing.close()
        await asyncio.sleep(0)
        assert not hashing._jobs

    asyncio.run(work())


def test_damage_is_told_to_whoever_waits_and_nothing_is_kept():
    async def work():
        store = await Store.open()
        stored = await store.put(b"x" * SIZE)
        await store.engine.delete_blob(stored.entry.blob)
        with pytest.raises(Corrupt):
            await store.ask(Hashing(), stored)
        assert await store.catalog.torrents.of(store.bucket, "key", stored.entry) is None

    asyncio.run(work())


def test_hashes_that_are_not_those_that_were_made_are_noticed():
    async def work():
        store = await Store.open()
        made = await store.ask(Hashing(), await store.put(b"x" * 10))
        for hashes in (b"y" * 20, b"", made.hashes * 2):
            with pytest.raises(Corrupt):
                whole_info(made._replace(hashes=hashes))

    asyncio.run(work())


# --- what becomes of them ------------------------------------------------------------------------------------------


def test_the_sweeper_removes_those_whose_version_is_gone_and_no_others():
    async def work():
        store = await Store.open()
        hashing = Hashing()
        made = {}
        for key in ("kept", "overwritten", "deleted"):
            made[key] = await store.ask(hashing, await store.put(key.encode(), key), key)
        other = await store.catalog.buckets.create("other", owner="o", region="r", limit=10)
        assert await sweep_torrents(store.catalog) == 0
        await store.put(b"newer", "overwritten")
        await store.catalog.objects.delete(store.bucket, "deleted")
        assert await sweep_torrents(store.catalog) == 2
        assert await sweep_torrents(store.catalog) == 0
        found = {key: await store.catalog.torrents.issued(each.record.info_hash) for key, each in made.items()}
        assert found == {"kept": made["kept"].record, "overwritten": None, "deleted": None}
        assert other.instance != store.bucket.instance

    asyncio.run(work())


def test_the_sweeper_keeps_those_of_older_versions():
    async def work():
        store = await Store.open()
        stored = await store.put(b"null version")
        made = [await store.ask(Hashing(), stored)]
        versioned = partial(msgspec.structs.replace, versioning="Enabled")
        await store.catalog.buckets.update(store.bucket, versioned)
        store.bucket = await store.catalog.buckets.get("disks")
        made += [await store.ask(Hashing(), await store.put(data)) for data in (b"one", b"two")]
        await store.put(b"three")
        assert await sweep_torrents(store.catalog) == 0
        await store.catalog.objects.delete_version(store.bucket, "key", made[1].record.version_id)
        await store.catalog.objects.delete_version(store.bucket, "key", "null")
        assert await sweep_torrents(store.catalog) == 2
        found = [await store.catalog.torrents.issued(each.record.info_hash) for each in made]
        assert found == [None, None, made[2].record]

    asyncio.run(work())


def test_what_a_crash_left_half_stored_goes_when_it_is_old():
    async def work():
        store = await Store.open()
        made = await store.ask(Hashing(), await store.put(b"x"))
        info_hash = made.record.info_hash
        row = row_of(store.bucket, "key", made.record.order)
        change = Change((Delete(TORRENT), DeletePrefix(HASHES)))
        await store.engine.commit(TORRENTS, row, (), lambda _: change)
        assert await store.catalog.torrents.issued(info_hash) is None
        await sweep_torrents(store.catalog)
        assert (await store.engine.read(TORRENTS, info_hash, (Cell(ISSUED),)))[0] is not None
        store.clock.advance(3601)
        await sweep_torrents(store.catalog)
        assert (await store.engine.read(TORRENTS, info_hash, (Cell(ISSUED),)))[0] is None

    asyncio.run(work())
