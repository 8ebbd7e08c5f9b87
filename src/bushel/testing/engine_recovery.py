"""The contract of pending blobs and of a closed engine, as tests. Part of ``EngineSuite``."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from bushel.engine.api import BlobNotFound, Cell, Change, Closed, Engine, Put, Value
from bushel.testing.engine_place import (
    PARTITION,
    EnginePlace,
    always,
    get,
    on_engine,
    on_place,
    put,
    read_blob,
    write_blob,
)


async def leave_blobs_behind(engine: Engine) -> bytes:
    """A process that dies amid its work; returns the names of its blobs by what it had done with them."""
    names = {"settled": await write_blob(engine, b"settled", b"P-settled")}
    engine.settle([names["settled"]])
    names["pending"] = await write_blob(engine, bytes(2 << 20), b"P-pending")
    names["empty"] = await write_blob(engine, b"", b"P-empty")
    names["clone"] = await engine.clone_blob(names["settled"], b"P-clone " + bytes(range(256)))
    names["clone settled"] = await engine.clone_blob(names["pending"], b"")
    engine.settle([names["clone settled"]])
    names["deleted"] = await write_blob(engine, b"deleted")
    await engine.delete_blob(names["deleted"])
    discarded = await engine.create_blob(b"P-discarded")
    await discarded.write(b"discarded")
    await discarded.discard()
    names["discarded"] = discarded.blob
    unsealed = await engine.create_blob(b"P-unsealed")
    await unsealed.write(bytes(3 << 20))
    names["unsealed"] = unsealed.blob
    await engine.create_partition(PARTITION)
    await put(engine, b"row", b"committed")
    return json.dumps({what: name.hex() for what, name in names.items()}).encode()


async def commit_and_die(engine: Engine) -> bytes:
    """A process that dies right after its commits were answered."""
    await engine.create_partition(PARTITION)
    change = always(Put(1, b"", b"x"), journal=(b"record",), n=1)
    await asyncio.gather(*[engine.commit(PARTITION, b"row%d" % number, (), change) for number in range(50)])
    return b"50"


async def name_pending_blobs(engine: Engine) -> bytes:
    return b" ".join(pending.blob.hex().encode() for pending in await engine.pending_blobs())


async def read_and_reply(engine: Engine) -> bytes:
    """The other process: reads a row and the blob that it names, and changes both."""
    value, blob = await get(engine, b"row"), await get(engine, b"row", suffix=b"blob")
    assert value is not None
    assert blob is not None
    data = await read_blob(engine, blob)
    reply = await write_blob(engine, b"reply")
    await put(engine, b"row", reply, suffix=b"blob")
    await put(engine, b"row", value + b", seen")
    engine.settle([reply])
    await engine.delete_blob(blob)
    return value + b", " + data


async def count_up(engine: Engine) -> bytes:
    def one_more(values: Sequence[Value]) -> Change:
        return Change([Put(1, b"", b"%d" % (int(values[0] or b"0") + 1))], [b"one more"], {b"n": 1})

    await asyncio.gather(*[engine.commit(PARTITION, b"row", [Cell(1)], one_more) for _ in range(100)])
    return b""


class RecoverySuite:
    """What is found after a writer is gone."""

    def test_commits_survive_a_killed_process(self, place: EnginePlace) -> None:
        count = int(place.run_and_kill(commit_and_die))

        async def story() -> None:
            engine = await place.open()
            assert [await get(engine, b"row%d" % number) for number in range(count)] == [b"x"] * count
            assert len(await engine.read_journal(PARTITION)) == count
            assert await engine.counters(PARTITION) == {b"n": count}
            await engine.close()

        asyncio.run(story())

    def test_what_a_killed_writer_had_not_settled_is_pending_with_its_back_pointer(self, place: EnginePlace) -> None:
        names = {what: bytes.fromhex(name) for what, name in json.loads(place.run_and_kill(leave_blobs_behind)).items()}

        async def story() -> None:
            engine = await place.open()
            assert await get(engine, b"row") == b"committed"
            found = {pending.blob: pending.back_pointer for pending in await engine.pending_blobs()}
            wanted = {"pending": b"P-pending", "empty": b"P-empty", "clone": b"P-clone " + bytes(range(256))}
            assert {what: found.pop(names[what], None) for what in wanted} == wanted
            # An engine may ask about what was settled too: the index says what becomes of it.
            assert set(found) <= {names["settled"], names["clone settled"]}
            for what in ("deleted", "discarded", "unsealed"):
                with pytest.raises(BlobNotFound):
                    await engine.open_blob(names[what])

            await engine.delete_blob(names["pending"])
            engine.settle([names["empty"]])
            await engine.close()
            engine = await place.open()
            left = {pending.blob: pending.back_pointer for pending in await engine.pending_blobs()}
            assert left[names["clone"]] == wanted["clone"], (
                "what an interrupted recovery did not reach is still pending"
            )
            assert names["pending"] not in left
            engine.settle(list(left))
            assert await engine.pending_blobs() == []
            await engine.close()

            engine = await place.open()
            assert await engine.pending_blobs() == [], "recovery is over for good"
            kept = [names[what] for what in ("settled", "empty", "clone", "clone settled")]
            assert await engine.list_blobs() == sorted(kept)
            assert await read_blob(engine, names["clone"]) == b"settled"
            assert await read_blob(engine, names["clone settled"], 1 << 20, 5) == bytes(5)
            await engine.close()

        asyncio.run(story())

    @on_place
    async def test_a_living_writer_keeps_its_pending_blobs(self, place: EnginePlace) -> None:
        engine = await place.open()
        blob = await write_blob(engine, b"bytes")
        writer = await engine.create_blob(b"")
        assert await engine.pending_blobs() == []
        if engine.capabilities.shared:
            assert await asyncio.to_thread(place.run_beside, name_pending_blobs) == b""
        await writer.seal()
        assert await engine.pending_blobs() == []
        engine.settle([blob, writer.blob])
        await engine.close()
        engine = await place.open()
        assert await engine.pending_blobs() == []
        assert await engine.list_blobs() == sorted([blob, writer.blob])
        await engine.close()

    @on_place
    async def test_what_is_pending_when_an_engine_is_closed_is_found_by_the_next(self, place: EnginePlace) -> None:
        engine = await place.open()
        settled = await write_blob(engine, b"settled", b"P-settled")
        pending = await write_blob(engine, b"pending", b"P-pending")
        engine.settle([settled])
        await engine.close()
        engine = await place.open()
        found = {each.blob: each.back_pointer for each in await engine.pending_blobs()}
        assert found.pop(pending) == b"P-pending"
        assert set(found) <= {settled}
        await engine.delete_blob(pending)
        engine.settle([settled])
        await engine.close()
        engine = await place.open()
        assert await engine.pending_blobs() == []
        assert await engine.list_blobs() == [settled]
        await engine.close()


class SharedSuite:
    """Several processes on one store; for engines that are ``shared``."""

    @on_place
    async def test_processes_see_at_once_what_another_has_done(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        for number in range(2):
            blob = await write_blob(engine, b"data %d" % number)
            engine.settle([blob])
            await put(engine, b"row", b"%d" % number)
            await put(engine, b"row", blob, suffix=b"blob")
            reply = await asyncio.to_thread(place.run_beside, read_and_reply)
            assert reply == b"%d, data %d" % (number, number)
            assert await get(engine, b"row") == b"%d, seen" % number
            replied = await get(engine, b"row", suffix=b"blob")
            assert replied is not None
            assert await read_blob(engine, replied) == b"reply"
            assert await engine.list_blobs() == [replied]
            await engine.delete_blob(replied)
        await engine.close()

    @on_place
    async def test_racing_processes_lose_no_commit(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        beside = asyncio.ensure_future(asyncio.to_thread(place.run_beside, count_up))
        rounds = 0
        while not beside.done():
            await count_up(engine)
            rounds += 1
            await asyncio.sleep(0)
        await beside
        assert await get(engine, b"row") == b"%d" % (100 + 100 * rounds)
        assert await engine.counters(PARTITION) == {b"n": 100 + 100 * rounds}
        sequences: list[int] = []
        while page := await engine.read_journal(PARTITION, sequences[-1] if sequences else 0):
            sequences += [record.sequence for record in page]
        assert len(sequences) == 100 + 100 * rounds
        await engine.close()


class ClosedSuite:
    """A closed engine."""

    @on_engine
    async def test_every_call_of_a_closed_engine_raises_closed(self, engine: Engine) -> None:
        await put(engine, b"row", b"x")
        blob = await write_blob(engine, b"bytes")
        await engine.close()
        for call in (
            lambda: engine.create_partition(b"new"),
            lambda: engine.drop_if_empty(PARTITION),
            lambda: engine.read(PARTITION, b"row", [Cell(1)]),
            lambda: engine.scan(PARTITION, 1),
            lambda: engine.commit(PARTITION, b"row", (), always()),
            engine.journals,
            lambda: engine.read_journal(PARTITION),
            lambda: engine.trim_journal(PARTITION, 1),
            lambda: engine.counters(PARTITION),
            lambda: engine.create_blob(b""),
            lambda: engine.clone_blob(blob, b""),
            lambda: engine.open_blob(blob),
            lambda: engine.delete_blob(blob),
            engine.pending_blobs,
            engine.list_blobs,
        ):
            with pytest.raises(Closed):
                await call()
        with pytest.raises(Closed):
            engine.settle([blob])

    @on_engine
    async def test_closing_twice_is_harmless(self, engine: Engine) -> None:
        await engine.close()

    @on_place
    async def test_closing_finishes_what_was_accepted(self, place: EnginePlace) -> None:
        engine = await place.open()
        await engine.create_partition(PARTITION)
        tasks = [asyncio.ensure_future(put(engine, b"row%d" % number, b"x")) for number in range(20)]
        for _ in range(3):
            await asyncio.sleep(0)
        await engine.close()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(answer is None or isinstance(answer, Closed) for answer in answers)
        engine = await place.open()
        for number, answer in enumerate(answers):
            assert await get(engine, b"row%d" % number) == (b"x" if answer is None else None)
        await engine.close()
