"""Group commit: one thread per process that gathers what arrived while the previous transaction was syncing.

A durable transaction costs a sync whatever is in it, so one write transaction runs a whole batch, each job seeing what
the earlier ones wrote, and all are answered when it is on disk. Processes are put in order by LMDB's own lock.

A job that raises before its first write has failed alone. One that fails while writing may have written half: the
transaction is thrown away and the jobs of the batch run again, each in its own.

What must not be here: what the jobs write (``records.py``).
"""

import asyncio
import errno
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

import lmdb

from bushel.core.clock import Clock
from bushel.engine.api import Closed, EngineError, Full, Unavailable
from bushel.engine.embedded.environment import engine_error, has_errno, is_full
from bushel.engine.embedded.records import WriteBatch
from bushel.engine.embedded.space import Space

MAX_BATCH_JOBS: Final = 256
MAX_BATCH_BYTES: Final = 8 * 1024 * 1024
"""A batch is cut after this many jobs or bytes written: it bounds how long the first one waits, and LMDB's memory."""

_REOPEN_SECONDS: Final = 10

_log: Final = logging.getLogger(__name__)

Work = Callable[[WriteBatch], Any]
"""What a job does in the transaction. It raises before its first write, or not at all while the index is sound. It may
run several times."""


@dataclass(slots=True, eq=False)
class Job:
    work: Work
    reclaims: bool
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class _Spoiled(Exception):
    """A job failed between its writes."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Committer:
    """Runs jobs in write transactions, on a thread of its own."""

    def __init__(
        self, environment: lmdb.Environment, *, clock: Clock, space: Space, reopen: Callable[[], lmdb.Environment]
    ) -> None:
        self._environment = environment
        self._reopen = reopen
        self._clock = clock
        self._space = space
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closed = False
        self._drained = False
        self._thread = threading.Thread(target=self._run, name="bushel-commit", daemon=True)
        self._thread.start()

    def submit(self, work: Work, *, reclaims: bool) -> asyncio.Future[Any]:
        """Queue a job for the next batch; the future resolves when the batch is durable.

        Raises:
            Closed: ``stop`` was called.
        """
        if self._closed:
            raise Closed("the index is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put(Job(work, reclaims, future))
        return future

    def stop(self) -> None:
        """Refuse new jobs; those accepted are finished. Called where ``submit`` is, so that none slips in between."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)

    def join(self) -> None:
        """Wait until the last accepted job is done."""
        self._thread.join()

    def after_fork(self) -> None:
        """In a forked child, which has no commit thread: refuse, rather than wait for ever."""
        self._closed = True

    # --- on the commit thread ---

    def _run(self) -> None:
        jobs: list[Job] = []
        while jobs or self._wait(jobs):
            done = self._commit(jobs)
            _deliver(jobs[:done])
            del jobs[:done]

    def _wait(self, jobs: list[Job]) -> bool:
        """Block until there is a job; false when there will be none any more."""
        job = None if self._drained else self._queue.get()
        if job is None:
            return False
        jobs.append(job)
        return True

    def _gather(self, jobs: list[Job]) -> None:
        """Add the jobs that are there already, as far as a batch goes."""
        while len(jobs) < MAX_BATCH_JOBS and not self._drained:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._drained = True
            else:
                jobs.append(job)

    def _commit(self, jobs: list[Job]) -> int:
        """Settle the first so many jobs of a batch, which others may still join, and say how many. Never raises."""
        try:
            return self._attempt(jobs, gather=True)
        except _Spoiled:
            for job in jobs:
                self._commit_alone(job)
            return len(jobs)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for these answers
            failure = _failure(error)
            for job in jobs:
                job.error = failure
            return len(jobs)

    def _commit_alone(self, job: Job) -> None:
        try:
            self._attempt([job], gather=False)
        except _Spoiled as spoiled:
            job.error = _failure(spoiled.error)
        except Exception as error:  # noqa: BLE001 - as above
            job.error = _failure(error)

    def _attempt(self, jobs: list[Job], *, gather: bool) -> int:
        growing = self._space.has_room() or self._space.has_room(self._free_bytes_inside())
        done = self._transaction_if_it_fits(jobs, growing=growing, gather=gather)
        if done is None and any(job.reclaims for job in jobs):
            # What grows the store is refused from here on; what shrinks it may fit alone, or gets the reserve.
            done = self._transaction_if_it_fits(jobs, growing=False, gather=False)
            if done is None:
                self._space.release_reserve()
                done = self._transaction_if_it_fits(jobs, growing=False, gather=False)
        if done is None:
            raise Full("no space left for the index")
        return done

    def _transaction_if_it_fits(self, jobs: list[Job], *, growing: bool, gather: bool) -> int | None:
        """``_transaction``, or ``None`` where there is no space for it."""
        try:
            return self._transaction(jobs, growing=growing, gather=gather)
        except lmdb.Error as error:
            # LMDB says EIO where the last write before the disk is full was a short one.
            if is_full(error) or (has_errno(error, errno.EIO) and self._space.is_used_up()):
                return None
            raise

    def _free_bytes_inside(self) -> int:
        # The file never shrinks, so on a disk that it filled itself the room made by deletions is inside it.
        pages = self._environment.stat()
        used = pages["branch_pages"] + pages["leaf_pages"] + pages["overflow_pages"]
        free: int = self._environment.info()["last_pgno"] + 1 - used
        return free * int(pages["psize"])

    def _transaction(self, jobs: list[Job], *, growing: bool, gather: bool) -> int:
        """Run jobs in one transaction until all are done or the batch is big enough, and make it durable.

        Raises:
            _Spoiled: One of them failed between its writes; nothing is written.
            lmdb.Error: Nothing is written, except where the error came from the last sync.
        """
        # This waits for the other processes' transactions, so the batch is gathered after it.
        transaction = self._environment.begin(write=True)
        try:
            if gather:
                self._gather(jobs)
            batch = WriteBatch(transaction, self._clock.now_ns())
            done = 0
            for job in jobs:
                done += 1
                if growing or job.reclaims:
                    _run_job(job, batch)
                else:
                    job.error = Full("no space left: only what frees space is accepted")
                if batch.written_bytes >= MAX_BATCH_BYTES:
                    break
            if batch.writes:
                batch.finish()
                transaction.commit()
            else:
                transaction.abort()
        except BaseException as error:
            transaction.abort()
            if isinstance(error, lmdb.Error):
                self._revive(jobs[0].future.get_loop())
            raise
        return done

    def _revive(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open the environment anew if the failed commit has made it useless.

        When the page that ends a commit cannot be written (to a full disk that never overwrites in place, say), LMDB
        refuses everything in this process from then on, reads too. What is on the disk is sound.
        """
        try:
            self._environment.begin().abort()
        except lmdb.PanicError:
            opened: Future[None] = Future()

            def reopen() -> None:
                try:
                    self._environment = self._reopen()
                    opened.set_result(None)
                except Exception as error:  # noqa: BLE001 - it is told to who waits
                    opened.set_exception(error)

            try:
                loop.call_soon_threadsafe(reopen)  # where the readers are, so that none is in the middle of it
                opened.result(_REOPEN_SECONDS)
            except Exception:  # noqa: BLE001 - the commit has failed anyway, and its error is the one to tell
                _log.exception("cannot open the index anew after a failed commit")
            else:
                _log.warning("opened the index anew after a failed commit")


def _failure(error: Exception) -> EngineError:
    """What the callers of a failed batch are told."""
    if isinstance(error, EngineError):
        return error
    failure = engine_error(error) if isinstance(error, lmdb.Error) else Unavailable(f"the index failed: {error!r}")
    failure.__cause__ = error
    return failure


def _run_job(job: Job, batch: WriteBatch) -> None:
    writes = batch.writes
    try:
        job.result = job.work(batch)
        job.error = None
    except BaseException as error:  # a transition may raise anything; its caller is on another thread
        if isinstance(error, lmdb.Error) and is_full(error):
            raise
        if isinstance(error, lmdb.Error) or batch.writes != writes:
            cause = error if isinstance(error, Exception) else RuntimeError(repr(error))
            raise _Spoiled(cause) from error
        job.error = error


def _deliver(jobs: Sequence[Job]) -> None:
    """Answer a batch with one wake-up of each event loop that waits, which is one."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, waiting in loops.items():
        try:
            loop.call_soon_threadsafe(_resolve, waiting)
        except RuntimeError:
            # The loop was closed: nobody waits any more.
            continue


def _resolve(jobs: Sequence[Job]) -> None:
    for job in jobs:
        future = job.future
        if future.done():
            continue
        error = job.error
        if error is None:
            future.set_result(job.result)
        elif isinstance(error, StopIteration):
            # A future cannot carry it (it would end the coroutine that awaits).
            future.set_exception(RuntimeError("the transition raised StopIteration"))
        else:
            future.set_exception(error)
