"""Runs a coroutine at once, and makes a Task of it only if it has to wait.

Most requests are answered without waiting for anything: their coroutine ends in its first step, and a Task, with the
two turns of the event loop that it costs, would be half of their price. What does wait goes on as an ordinary Task.

Python 3.12 has eager tasks, which still cost the Task; 3.11 has none.

What must not be here: what a request is.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Generator
from typing import Any


def run(coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    """Run a coroutine until it ends or has to wait; must be called by the loop itself, not within a task.

    What it sets in context variables stays its own.

    Returns:
        The Task that goes on with it; ``None`` where it has ended.

    Raises:
        BaseException: Whatever the coroutine raised before it had to wait.
    """
    started = _Started(coroutine)
    context = contextvars.copy_context()
    # Public in spite of their names (asyncio's manual, "Extending"); typed for Task alone, which Started is like.
    asyncio._enter_task(loop, started)  # type: ignore[arg-type] # noqa: SLF001 - see above
    try:
        started.waits_for = context.run(coroutine.send, None)
    except StopIteration:
        return None
    finally:
        asyncio._leave_task(loop, started)  # type: ignore[arg-type] # noqa: SLF001 - see above
    task = started.task = loop.create_task(started, context=context)
    if started.cancelled:
        task.cancel()
    return task


class _Started(Coroutine[Any, Any, None]):
    """A coroutine after its first step; the first thing it does as a Task is to wait for what that step waited for.

    It is also what ``asyncio.current_task()`` finds during the first step, when there is no Task yet.
    ``asyncio.timeout`` and task groups keep that and cancel it later, hence the face of a Task below.
    """

    # On the class, because nearly all of these objects end without ever setting one.
    task: asyncio.Task[None] | None = None
    waits_for: Any = None
    cancelled = 0
    _resumed = False

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine

    def send(self, value: Any) -> Any:
        if self._resumed:
            return self._coroutine.send(value)
        self._resumed = True
        return self.waits_for

    def throw(self, *thrown: Any) -> Any:
        # Also before the first send: a Task that is cancelled at once must not leave the coroutine where it stands.
        self._resumed = True
        return self._coroutine.throw(*thrown)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, None]:
        raise TypeError("this runs as a Task of its own")

    def cancel(self, msg: Any = None) -> bool:
        if self.task is not None:
            return self.task.cancel(msg)
        self.cancelled += 1
        return True

    def done(self) -> bool:
        return self.task is not None and self.task.done()

    def cancelling(self) -> int:
        return self.cancelled if self.task is None else self.task.cancelling()

    def uncancel(self) -> int:
        if self.task is not None:
            return self.task.uncancel()
        self.cancelled = max(0, self.cancelled - 1)
        return self.cancelled
