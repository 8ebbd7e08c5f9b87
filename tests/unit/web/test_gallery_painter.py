"""The process that makes small pictures: bounded in time, in memory and in number, and sound after all that it met."""

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from bushel.protocol.errors import S3Error
from bushel.web.gallery.painter import Overdue, Painter, Unpaintable
from bushel.web.gallery.thumbnails import Thumbnails
from live import pictures
from live.server import wait_until

PHOTO = pictures.photo(1, (300, 200))


async def pieces(data):
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def paint(painter, data=PHOTO):
    return await painter.paint(len(data), pieces(data), 64)


def with_painter(work, **options):
    async def run():
        painter = Painter(**options)
        try:
            return await work(painter)
        finally:
            await painter.close()

    return asyncio.run(run())


def test_one_process_makes_many_pictures_and_is_gone_when_it_is_closed():
    async def work(painter):
        first, pid = await paint(painter), painter._process.pid
        assert await paint(painter) == first
        assert painter._process.pid == pid
        assert pictures.size_of(first) == ("WEBP", (64, 43))
        return pid

    pid = with_painter(work)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_has_neither_the_servers_keys_nor_room_for_files(monkeypatch):
    monkeypatch.setenv("BUSHEL_ROOT_SECRET_KEY", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    async def work(painter):
        await paint(painter)
        of_process = Path(f"/proc/{painter._process.pid}")
        return (of_process / "environ").read_text(), " ".join((of_process / "limits").read_text().split())

    environment, limits = with_painter(work)

    assert "SECRET" not in environment
    assert "Max file size 0 0 bytes" in limits
    assert "Max address space 1073741824 1073741824 bytes" in limits


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_made():
    async def work(painter):
        await paint(painter)
        os.kill(painter._process.pid, signal.SIGSTOP)
        with pytest.raises(Overdue):
            await paint(painter)
        assert await paint(painter)

    with_painter(work, seconds=3)


def test_a_process_that_dies_takes_one_picture_with_it():
    async def work(painter):
        await paint(painter)
        os.kill(painter._process.pid, signal.SIGSTOP)
        job = asyncio.create_task(paint(painter))
        await asyncio.sleep(0.05)
        os.kill(painter._process.pid, signal.SIGKILL)
        with pytest.raises(Overdue):
            await job
        assert await paint(painter)

    with_painter(work)


def test_a_reader_that_fails_leaves_nothing_half_said():
    async def broken():
        yield PHOTO[:1000]
        raise LookupError("the blob is damaged")

    async def work(painter):
        with pytest.raises(LookupError):
            await painter.paint(len(PHOTO), broken(), 64)
        assert pictures.size_of(await paint(painter)) == ("WEBP", (64, 43))
        with pytest.raises(Unpaintable):
            await paint(painter, b"no picture")

    with_painter(work)


def test_without_work_the_process_ends():
    async def work(painter):
        await paint(painter)
        process = painter._process
        await asyncio.to_thread(wait_until, lambda: process.poll() is not None, 20, "the end of an idle process")
        assert await paint(painter)

    with_painter(work, idle_seconds=0.1)


class Entry:
    """What thumbnails look at of an entry."""

    encryption = None
    size = 10


class Picture:
    """A picture that is whatever its number says."""

    def __init__(self, number):
        self.name = self.key = f"{number}"
        self.entry = Entry()
        self.bucket = SimpleNamespace(name="pictures")

    def pieces(self):
        return pieces(b"")


class SlowPainter:
    """Makes a picture when it is told to."""

    def __init__(self):
        self.go = asyncio.Event()
        self.made = 0
        self.at_once = 0

    async def paint(self, size, pieces, side):
        self.at_once += 1
        assert self.at_once == 1, "one at a time"
        await self.go.wait()
        self.at_once -= 1
        self.made += 1
        return b"picture"

    async def close(self):
        pass


def test_what_waits_is_bounded_and_the_same_picture_is_made_once():
    async def run():
        painter = SlowPainter()
        thumbnails = Thumbnails(None, painter, queue=3)
        asked = [asyncio.create_task(thumbnails.get(Picture(number))) for number in (1, 2, 3, 1, 1)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(S3Error) as refused:
            await thumbnails.get(Picture(4))
        assert (refused.value.code, refused.value.status) == ("SlowDown", 503)
        assert ("Retry-After", "2") in refused.value.headers
        asked[0].cancel()
        painter.go.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert answers[1:] == [b"picture"] * 4
        assert painter.made == 3
        assert await thumbnails.get(Picture(1)) == b"picture"
        assert painter.made == 3, "kept"
        assert await thumbnails.get(Picture(4)) == b"picture"
        await thumbnails.close()

    asyncio.run(run())
