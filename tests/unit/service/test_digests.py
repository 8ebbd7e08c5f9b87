"""Digests of bytes that pass in pieces are those of the whole, and the event loop is free meanwhile."""

import asyncio
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.protocol.checksums import ALGORITHMS, CRC32, CRC64NVME, SHA256
from bushel.service.digests import THREAD_BYTES, Digests

SIZES = st.sampled_from([0, 1, 1000, THREAD_BYTES - 1, THREAD_BYTES, THREAD_BYTES + 1, 3 * THREAD_BYTES])


@given(sizes=st.lists(SIZES, max_size=5), algorithms=st.sets(st.sampled_from(list(ALGORITHMS.values()))))
@settings(max_examples=30)
def test_pieces_of_any_size_give_the_digests_of_the_whole(sizes, algorithms):
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    whole = b"".join(pieces)

    async def run():
        digests = Digests(algorithms)
        for piece in pieces:
            await digests.update(piece)
        await digests.settle()
        return digests

    digests = asyncio.run(run())

    assert digests.md5 == hashlib.md5(whole).digest()
    assert {each: digests.digest(each) for each in algorithms} == {each: each.digest(whole) for each in algorithms}


@pytest.mark.parametrize("algorithms", [(), (CRC64NVME,), (CRC32, SHA256)])
def test_a_small_piece_never_waits(algorithms):
    async def run():
        digests = Digests(algorithms)
        coroutine = digests.update(b"x" * (THREAD_BYTES - 1))
        with pytest.raises(StopIteration):
            coroutine.send(None)

    asyncio.run(run())


def test_a_large_piece_is_hashed_while_its_caller_goes_on():
    """``update`` comes back before the work is done, and the next one waits for it."""

    async def run():
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        class Held:
            """An executor whose work is done when the gate opens."""

            def submit(self, function, *args):
                future = asyncio.run_coroutine_threadsafe(self.later(function, args), loop)
                started.append(args)
                return future

            async def later(self, function, args):
                await gate.wait()
                function(*args)

        started = []
        digests = Digests((CRC64NVME,), Held())
        await digests.update(b"a" * THREAD_BYTES)
        second = asyncio.ensure_future(digests.update(b"b" * THREAD_BYTES))
        await asyncio.sleep(0)
        held_back = len(started) == 1 and not second.done()
        gate.set()
        await second
        await digests.settle()
        return held_back, digests.md5

    held_back, md5 = asyncio.run(run())

    assert held_back
    assert md5 == hashlib.md5(b"a" * THREAD_BYTES + b"b" * THREAD_BYTES).digest()
