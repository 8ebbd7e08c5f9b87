"""The contract of blobs, as tests: writing, reading, cloning, deleting, damage. Part of ``EngineSuite``."""

import asyncio
from contextlib import suppress

import pytest

from bushel.engine.api import SEGMENT_BYTES, BlobNotFound, BlobWriter, Corrupt, Engine
from bushel.testing.engine_place import EnginePlace, on_engine, on_place, read_blob, write_blob

SIZES = (0, 1, 4095, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES + 17, 9 * SEGMENT_BYTES)
STRANGE_NAMES = (b"", b"x", b"\0", b"..", b"../../etc/passwd", b"/", b"\xff" * 64, b"0" * 19, b"0" * 64)


def pattern(size: int, seed: int = 0) -> bytes:
    """Bytes in which no two segments are equal."""
    block = b"".join((number * 7919 + seed).to_bytes(4, "little") for number in range(min(size, 1 << 20) // 4 + 1))
    return (block * (size // len(block) + 1))[:size]


async def _write_and_seal(writer: BlobWriter) -> None:
    await writer.write(bytes(1 << 20))
    await writer.write(bytes(2 << 20))
    await writer.seal()


class BlobSuite:
    """Blobs."""

    @on_engine
    async def test_every_range_of_a_sealed_blob_can_be_read(self, engine: Engine) -> None:
        for size in SIZES:
            data = pattern(size, size)
            blob = await write_blob(engine, data)
            reader = await engine.open_blob(blob)
            assert reader.size_bytes == size
            edges = {0, 1, size // 2, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, size - 1, size, size + 1}
            for offset in sorted(edge for edge in edges if edge >= 0):
                for length in (0, 1, 1000, SEGMENT_BYTES, SEGMENT_BYTES + 1, size + 5):
                    found = await reader.read(offset, length)
                    assert type(found) is bytes
                    assert found == data[offset : offset + length], (size, offset, length)
            await reader.close()

    @on_engine
    async def test_a_name_is_known_from_the_start_and_is_given_once(self, engine: Engine) -> None:
        writers = [await engine.create_blob(b"") for _ in range(40)]
        names = {writer.blob for writer in writers}
        assert len(names) == 40
        assert all(1 <= len(name) <= 64 for name in names)
        for writer in writers[:20]:
            await writer.discard()
        for writer in writers[20:]:
            await writer.seal()
        assert await engine.list_blobs() == sorted(writer.blob for writer in writers[20:])
        again = {await write_blob(engine, b"x") for _ in range(40)}
        assert not names & again

    @on_engine
    async def test_nobody_reads_a_blob_before_it_is_sealed(self, engine: Engine) -> None:
        writer = await engine.create_blob(b"pointer")
        await writer.write(bytes(3 << 20))
        with pytest.raises(BlobNotFound):
            await engine.open_blob(writer.blob)
        with pytest.raises(BlobNotFound):
            await engine.clone_blob(writer.blob, b"")
        assert await engine.list_blobs() == []
        assert await writer.seal() == 3 << 20
        assert await engine.list_blobs() == [writer.blob]
        assert await read_blob(engine, writer.blob, 5, 3) == bytes(3)

    @on_engine
    async def test_pieces_of_any_size_and_kind_are_appended_in_order(self, engine: Engine) -> None:
        data = pattern(5 * SEGMENT_BYTES + 999)
        for sizes in ((1, 2, 3), (4095, 4096, 4097), (SEGMENT_BYTES - 1, 2), (1 << 20, 7), (len(data),), (7, 100_000)):
            writer = await engine.create_blob(b"")
            at = turn = 0
            buffer = bytearray(1 << 21)
            while at < len(data) and (turn < 3000 or sizes[0] > 3):
                piece = data[at : at + sizes[turn % len(sizes)]]
                kind = turn % 3
                if kind == 0:
                    await writer.write(piece)
                else:
                    # The writer is done with the buffer when write returns: it is used again at once.
                    buffer[: len(piece)] = piece
                    view = memoryview(buffer)[: len(piece)]
                    await writer.write(view if kind == 1 else bytearray(view))
                    buffer[: len(piece)] = bytes(len(piece))
                at += len(piece)
                turn += 1
            await writer.write(b"")
            at = min(at, len(data))
            assert await writer.seal() == at
            assert await read_blob(engine, writer.blob) == data[:at], sizes

    @on_engine
    async def test_a_sealed_or_discarded_writer_takes_nothing_more(self, engine: Engine) -> None:
        for end in ("seal", "discard"):
            writer = await engine.create_blob(b"")
            await writer.write(b"bytes")
            await getattr(writer, end)()
            with pytest.raises(ValueError, match=r"."):
                await writer.write(b"more")
            with pytest.raises(ValueError, match=r"."):
                await writer.seal()

    @on_engine
    async def test_discarding_leaves_nothing(self, engine: Engine) -> None:
        for size in (0, 10, 5 << 20):
            writer = await engine.create_blob(b"")
            await writer.write(bytes(size))
            await writer.discard()
            await writer.discard()
            with pytest.raises(BlobNotFound):
                await engine.open_blob(writer.blob)
        assert await engine.list_blobs() == []

    @on_engine
    async def test_discarding_what_was_sealed_takes_nothing_away(self, engine: Engine) -> None:
        writer = await engine.create_blob(b"")
        await writer.write(b"bytes")
        await writer.seal()
        await writer.discard()
        assert await read_blob(engine, writer.blob) == b"bytes"

    @on_place
    async def test_a_cancelled_writer_that_is_discarded_leaves_nothing(self, place: EnginePlace) -> None:
        engine = await place.open()
        for number in range(30):
            writer = await engine.create_blob(b"")

            task = asyncio.ensure_future(_write_and_seal(writer))
            for _ in range(number):
                await asyncio.sleep(0)
            if task.done():
                await engine.delete_blob(writer.blob)
                continue
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await writer.discard()
        assert await engine.list_blobs() == []
        await engine.close()
        engine = await place.open()
        assert await engine.list_blobs() == []
        assert await engine.pending_blobs() == []
        await engine.close()

    @on_engine
    async def test_names_that_never_were_are_not_found(self, engine: Engine) -> None:
        sealed = await write_blob(engine, b"bytes")
        for blob in (*STRANGE_NAMES, sealed[:-1], sealed + b"0", sealed.upper() + b"~"):
            with pytest.raises(BlobNotFound):
                await engine.open_blob(blob)
            with pytest.raises(BlobNotFound):
                await engine.clone_blob(blob, b"")
            await engine.delete_blob(blob)
            engine.settle([blob])
        assert await engine.list_blobs() == [sealed]

    @on_engine
    async def test_a_deleted_blob_is_gone_and_deleting_it_again_harmless(self, engine: Engine) -> None:
        keep, blob = await write_blob(engine, b"keep"), await write_blob(engine, b"bytes")
        assert await read_blob(engine, blob) == b"bytes"
        await engine.delete_blob(blob)
        await engine.delete_blob(blob)
        with pytest.raises(BlobNotFound):
            await engine.open_blob(blob)
        with pytest.raises(BlobNotFound):
            await engine.clone_blob(blob, b"")
        assert await engine.list_blobs() == [keep]

    @on_engine
    async def test_an_open_blob_stays_readable_when_it_is_deleted(self, engine: Engine) -> None:
        for size in (100, 5 * SEGMENT_BYTES):
            data = pattern(size)
            blob = await write_blob(engine, data)
            reader = await engine.open_blob(blob)
            await engine.delete_blob(blob)
            assert await reader.read(0, size) == data
            await reader.close()
            with pytest.raises(ValueError, match=r"."):
                await reader.read(0, 1)

    @on_engine
    async def test_a_clone_is_independent_of_its_original(self, engine: Engine) -> None:
        data = pattern(2 * SEGMENT_BYTES + 3)
        original = await write_blob(engine, data)
        clone = await engine.clone_blob(original, b"other")
        clone_of_clone = await engine.clone_blob(clone, b"third")
        assert len({original, clone, clone_of_clone}) == 3
        await engine.delete_blob(original)
        assert await read_blob(engine, clone) == data
        await engine.delete_blob(clone)
        assert await read_blob(engine, clone_of_clone) == data
        assert await engine.list_blobs() == [clone_of_clone]

    @on_engine
    async def test_blobs_are_listed_in_order_and_in_pages(self, engine: Engine) -> None:
        assert await engine.list_blobs() == []
        blobs = sorted([await write_blob(engine, b"") for _ in range(25)])
        assert await engine.list_blobs() == blobs
        assert await engine.list_blobs(limit=7) == blobs[:7]
        assert await engine.list_blobs(blobs[6], 7) == blobs[7:14]
        assert await engine.list_blobs(blobs[6][:-1]) == [blob for blob in blobs if blob > blobs[6][:-1]]
        assert await engine.list_blobs(blobs[-1]) == []
        assert await engine.list_blobs(b"\xff" * 64) == []

    @on_engine
    async def test_blobs_are_written_and_read_side_by_side(self, engine: Engine) -> None:
        async def one(number: int) -> bytes:
            data = pattern(SEGMENT_BYTES * (number % 6) + number, number)
            writer = await engine.create_blob(b"%d" % number)
            for at in range(0, len(data), 99_999):
                await writer.write(data[at : at + 99_999])
            await writer.seal()
            engine.settle([writer.blob])
            assert await read_blob(engine, writer.blob) == data
            return writer.blob

        blobs = await asyncio.gather(*[one(number) for number in range(32)])
        assert await engine.list_blobs() == sorted(blobs)

    @on_engine
    async def test_a_back_pointer_has_at_most_4_kib(self, engine: Engine) -> None:
        blob = await write_blob(engine, b"bytes", bytes(4096))
        assert await read_blob(engine, blob) == b"bytes"
        with pytest.raises(ValueError, match=r"."):
            await engine.create_blob(bytes(4097))
        with pytest.raises(ValueError, match=r"."):
            await engine.clone_blob(blob, bytes(4097))

    @on_place
    async def test_sealed_blobs_are_there_after_reopening(self, place: EnginePlace) -> None:
        engine = await place.open()
        data = pattern(SEGMENT_BYTES + 1)
        blob = await write_blob(engine, data)
        clone = await engine.clone_blob(blob, b"clone")
        engine.settle([blob, clone])
        await engine.close()
        engine = await place.open()
        assert await engine.list_blobs() == sorted([blob, clone])
        assert await read_blob(engine, blob) == data
        assert await read_blob(engine, clone) == data
        await engine.close()


class DamageSuite:
    """What an engine says of bytes that are not what was written."""

    @on_place
    async def test_a_damaged_segment_is_never_returned_and_others_still_are(self, place: EnginePlace) -> None:
        engine = await place.open()
        data = pattern(4 * SEGMENT_BYTES + 10)
        for offset, segment in ((0, 0), (SEGMENT_BYTES - 1, 0), (2 * SEGMENT_BYTES, 2), (len(data) - 1, 4)):
            blob = await write_blob(engine, data)
            place.damage_blob(blob, offset)
            reader = await engine.open_blob(blob)
            assert reader.size_bytes == len(data)
            for each in range(5):
                start, length = each * SEGMENT_BYTES, min(SEGMENT_BYTES, len(data) - each * SEGMENT_BYTES)
                for at, many in ((start, length), (start + 5, 1), (start + length - 1, 1)):
                    if each == segment:
                        with pytest.raises(Corrupt):
                            await reader.read(at, many)
                    else:
                        assert await reader.read(at, many) == data[at : at + many]
            with pytest.raises(Corrupt):
                await reader.read(0, len(data))
            await reader.close()
        await engine.close()

    @on_place
    async def test_damage_to_a_small_blob_is_noticed(self, place: EnginePlace) -> None:
        engine = await place.open()
        for size in (1, 100, SEGMENT_BYTES):
            blob = await write_blob(engine, pattern(size))
            assert await read_blob(engine, blob) == pattern(size)
            place.damage_blob(blob, size - 1)
            for _ in range(2):
                reader = await engine.open_blob(blob)
                with pytest.raises(Corrupt):
                    await reader.read(0, 1)
                await reader.close()
        await engine.close()

    @on_place
    async def test_damage_while_a_blob_is_open_is_noticed(self, place: EnginePlace) -> None:
        engine = await place.open()
        blob = await write_blob(engine, pattern(3 * SEGMENT_BYTES))
        reader = await engine.open_blob(blob)
        assert len(await reader.read(0, 3 * SEGMENT_BYTES)) == 3 * SEGMENT_BYTES
        place.damage_blob(blob, SEGMENT_BYTES + 7)
        with pytest.raises(Corrupt):
            await reader.read(SEGMENT_BYTES, 1)
        await reader.close()
        await engine.close()

    @on_place
    async def test_a_blob_with_a_damaged_trailer_is_not_opened(self, place: EnginePlace) -> None:
        engine = await place.open()
        for size in (0, 50, SEGMENT_BYTES * 2):
            for from_end in range(1, 60):
                blob = await write_blob(engine, pattern(size), b"twenty-byte-pointer.")
                place.damage_blob(blob, -from_end)
                with pytest.raises(Corrupt):
                    await engine.open_blob(blob)
                if from_end > 8:
                    break
        await engine.close()
