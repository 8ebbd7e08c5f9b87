"""Runs the work of a verb: an event loop, an end in good order, every refusal in one line.

Exit status 0: all of it was done. 1: something was not. 130: interrupted. 143: told to stop. 141: nobody reads on.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from bushel.cli.terminal import complain

INTERRUPTED: Final = 130
TERMINATED: Final = 143
NOBODY_READS: Final = 141

Work = Callable[[], Coroutine[Any, Any, int]]


def run(verb: str, work: Work) -> int:
    """Run the work of a verb to its end; its exit status.

    Args:
        verb: For messages.
        work: Makes the coroutine, whose result is the status. BushelError and OSError end it with one line.
    """
    from bushel.client.errors import BushelError  # noqa: PLC0415 - not for `--help`

    stopped: list[int] = []
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            status = runner.run(_stoppable(work, stopped))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is left in the buffer cannot be written, which Python would complain of at its end.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except (KeyboardInterrupt, asyncio.CancelledError):
        complain(f"bushel {verb}: {'stopped' if stopped else 'interrupted'}; run it again to go on")
        return TERMINATED if stopped else INTERRUPTED
    except BushelError as problem:
        complain(f"bushel {verb}: {problem}")
    except OSError as problem:
        complain(f"bushel {verb}: {os_error_text(problem)}")
    except ValueError as problem:  # a size, a name, a part that no S3 would take
        complain(f"bushel {verb}: {problem}")
    return 1


def os_error_text(problem: OSError) -> str:
    """``photos/a.jpg: Permission denied``."""
    reason = problem.strerror or str(problem)
    return f"{problem.filename}: {reason}" if problem.filename is not None else reason


async def _stoppable(work: Work, stopped: list[int]) -> int:
    """The work, ended by SIGTERM as by Ctrl-C: uploads are left so that they can be gone on with."""
    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        stopped.append(signal.SIGTERM)
        task.cancel()

    with suppress(NotImplementedError, ValueError, RuntimeError):  # not the main thread (tests in process)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    return await work()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not for `--help`
    except ImportError:
        return None
    return uvloop.new_event_loop
