"""One process that makes small pictures (``painting``), as the server sees it: started when it is needed, ended when it
takes too long, is no longer needed or is not to be trusted any more.

Its pipes are read and written by one thread, which may wait for them; the event loop never does.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bushel.web.gallery.painting import ANSWER, DONE, JOB

SECONDS: Final = 20
"""For one picture, reading it from the store included."""

IDLE_SECONDS: Final = 60
"""Without work for so long, the process ends, and gives its memory back."""

_LARGEST_ANSWER: Final = 4 << 20
_SECRETS: Final = ("AWS_", "BUSHEL_")


class Unpaintable(Exception):
    """No small picture can be made of this one; the message says why, in one line."""


class Overdue(Exception):
    """The picture took too long, or took the process with it: another try may do."""


class Painter:
    """Makes one picture at a time; whoever calls sees to that."""

    def __init__(self, *, seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="painter")
        self._idle: asyncio.TimerHandle | None = None

    async def paint(self, size: int, pieces: AsyncIterable[bytes], longest_side: int) -> bytes:
        """A WebP picture that fits into a square.

        Args:
            size: Bytes of the picture.
            pieces: The picture.
            longest_side: Of the result, in pixels.

        Raises:
            Unpaintable: It is no picture, damaged, or too large.
            Overdue: It took too long.
        """
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        timer = loop.call_later(self._seconds, self._kill)
        try:
            process = await loop.run_in_executor(self._thread, self._running)
            await loop.run_in_executor(self._thread, _write, process, JOB.pack(longest_side, size))
            async for piece in pieces:
                await loop.run_in_executor(self._thread, _write, process, piece)
            status, body = await loop.run_in_executor(self._thread, _read, process)
        except (EOFError, OSError) as problem:
            self._kill()
            raise Overdue("the process that makes small pictures ended, or was ended for taking too long") from problem
        except BaseException:
            self._kill()  # it may be in the middle of a job, and would answer the next one with this one's picture
            raise
        finally:
            timer.cancel()
            self._idle = loop.call_later(self._idle_seconds, self._kill)
        if status != DONE:
            raise Unpaintable(body.decode("utf-8", "replace"))
        return body

    async def close(self) -> None:
        """End the process. Nothing may be under way."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._kill()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._reap)
        self._thread.shutdown(wait=False)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and (self._killed or self._process.poll() is not None):
            self._reap()
        if self._process is None:
            # A session of its own: what is typed at the server's terminal is not for it. It ends with its input.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bushel.web.gallery.painting"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)},
                start_new_session=True,
            )
        return self._process

    def _kill(self) -> None:
        if self._process is not None:
            self._killed = True  # it may look alive for a moment still
            self._process.kill()

    def _reap(self) -> None:
        process, self._process, self._killed = self._process, None, False
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what it had not taken yet is lost with it
                        pipe.close()
            process.wait()


def _write(process: subprocess.Popen[bytes], piece: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(piece)


def _read(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.flush()
    head = process.stdout.read(ANSWER.size)
    if len(head) != ANSWER.size:
        raise EOFError
    status, length = ANSWER.unpack(head)
    if length > _LARGEST_ANSWER:
        raise EOFError
    body = process.stdout.read(length)
    if len(body) != length:
        raise EOFError
    return status, body
