"""The parent of the worker processes: gives each its socket, starts them anew when they die, and stops them.

It stays small: no event loop, no threads, nothing but signals and pipes, so that it can always fork and has little that
could break. What must not be here: what a worker does (``worker``), the data.
"""

import logging
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from bushel.core.clock import Clock
from bushel.core.settings import Address, CannotStart
from bushel.server.listener import address_of, open_sockets

if TYPE_CHECKING:
    from types import FrameType

    from bushel.server.worker import StartWorker

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_SOUND_SECONDS: Final = 10.0
"""A worker that lived so long did not die of its start."""

_MOST_FILES: Final = 65536
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

_log: Final = logging.getLogger(__name__)


def serve(
    listen: Address,
    workers: int,
    start_worker: "StartWorker",
    clock: Clock,
    *,
    ready: Callable[[Address], None],
    stop_seconds: float = 60,
) -> None:
    """Serve until a signal stops it: SIGTERM or SIGINT in good order, a second one at once; SIGHUP reloads.

    Args:
        listen: Port 0 takes a free one.
        workers: Processes; 1 is served by this very process, without a parent.
        start_worker: Runs in each worker process, after the fork.
        clock: For pauses.
        ready: Called once all workers accept connections, with the address that they have.
        stop_seconds: After so long workers that still have not stopped are killed.

    Raises:
        AddressInUse: Another server listens there.
        CannotStart: As a worker said, or listening said, before all were ready.
    """
    _allow_files()
    sockets = open_sockets(listen, workers)
    address = address_of(sockets[0])
    if workers == 1:
        from bushel.server import worker  # noqa: PLC0415 - see the top: the parent of several does without

        worker.run(start_worker, sockets[0], 0, 1, address, lambda: ready(address))
        return
    supervisor = Supervisor(sockets, start_worker, clock, stop_seconds)
    supervisor.run(lambda: ready(address))


class Worker:
    """One place for a worker, whoever fills it.

    Attributes:
        index: Of the place.
        sock: Stays open in the parent, so that connections wait while nobody is there.
        pid: 0 where nobody is.
        begun: When the process began, or when the next one is to begin; monotonic seconds.
        pause_seconds: How long the place will stay empty the next time.
        is_ready: The process accepts connections.
    """

    def __init__(self, index: int, sock: socket.socket) -> None:
        self.index = index
        self.sock = sock
        self.pid = 0
        self.begun = 0.0
        self.pause_seconds = _FIRST_PAUSE_SECONDS
        self.is_ready = False


class Supervisor:
    def __init__(
        self, sockets: list[socket.socket], start_worker: "StartWorker", clock: Clock, stop_seconds: float
    ) -> None:
        self._workers = [Worker(index, sock) for index, sock in enumerate(sockets)]
        self._address = address_of(sockets[0])
        self._start_worker = start_worker
        self._clock = clock
        self._stop_seconds = stop_seconds
        self._signals: list[int] = []
        self._stop_by: float | None = None
        self._refusal: str | None = None
        # Workers write to reports; nobody writes to the lifeline, whose end tells them that the parent is gone.
        self._reports, self._report_to = os.pipe()
        self._lifeline, self._lifeline_held = os.pipe()
        self._woken, self._wake = os.pipe()
        for pipe in (self._reports, self._woken, self._wake):
            os.set_blocking(pipe, False)

    def run(self, ready: Callable[[], None]) -> None:
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        wake_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        told_ready = False
        try:
            for worker in self._workers:
                self._begin(worker)
            while any(worker.pid for worker in self._workers) or self._stop_by is None:
                self._wait()
                self._obey_signals()
                self._read_reports()
                self._reap(started=told_ready)
                self._fill()
                if not told_ready and all(worker.is_ready for worker in self._workers):
                    told_ready = True
                    ready()
        finally:
            self._kill()
            signal.set_wakeup_fd(wake_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            for pipe in (self._reports, self._report_to, self._lifeline, self._lifeline_held, self._woken, self._wake):
                os.close(pipe)
        if self._refusal is not None:
            raise CannotStart(self._refusal)

    def _note(self, number: int, _frame: "FrameType | None") -> None:
        self._signals.append(number)

    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def _wait(self) -> None:
        until = [worker.begun for worker in self._workers if not worker.pid and self._stop_by is None]
        if self._stop_by is not None:
            until.append(self._stop_by)
        pause = max(0.0, min(until) - self._now()) if until else None
        readable, _, _ = select.select([self._woken, self._reports], [], [], pause)
        if self._woken in readable:
            os.read(self._woken, 4096)
        if self._stop_by is not None and self._now() >= self._stop_by:
            _log.error("workers did not stop within %g s", self._stop_seconds)
            self._stop_by += self._stop_seconds
            self._signal(signal.SIGKILL)

    def _obey_signals(self) -> None:
        noted, self._signals = self._signals, []
        for number in noted:
            if number == signal.SIGHUP:
                self._signal(number)
            elif number != signal.SIGCHLD:
                self._stop(signal.SIGTERM if self._stop_by is None else signal.SIGKILL)

    def _stop(self, how: int) -> None:
        if self._stop_by is None:
            self._stop_by = self._now() + self._stop_seconds
            for worker in self._workers:
                worker.sock.close()
        self._signal(how)

    def _signal(self, number: int) -> None:
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, number)

    def _read_reports(self) -> None:
        try:
            reports = os.read(self._reports, 65536).decode()
        except BlockingIOError:
            return
        for report in reports.splitlines():
            index, _, refusal = report.partition(" ")
            worker = self._workers[int(index)]
            if not refusal:
                worker.is_ready = True
            elif self._refusal is None:
                self._refusal = refusal

    def _reap(self, *, started: bool) -> None:
        """Note who died; before all were ready, that is the end of the start."""
        for worker in self._workers:
            if not worker.pid:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            lived_seconds = self._now() - worker.begun
            worker.pid = 0
            worker.is_ready = False
            if self._stop_by is not None:
                continue
            code = os.waitstatus_to_exitcode(status)
            how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
            self._read_reports()
            if not started:
                self._refusal = self._refusal or f"worker {worker.index} {how} at its start"
                self._stop(signal.SIGTERM)
                continue
            if lived_seconds >= _SOUND_SECONDS:
                worker.pause_seconds = _FIRST_PAUSE_SECONDS
            how += f": {self._refusal}" if self._refusal else ""
            _log.error("worker %d (%d) %s; next in %g s", worker.index, pid, how, worker.pause_seconds)
            worker.begun = self._now() + worker.pause_seconds
            worker.pause_seconds = min(worker.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
            self._refusal = None

    def _fill(self) -> None:
        for worker in self._workers:
            if not worker.pid and self._stop_by is None and worker.begun <= self._now():
                self._begin(worker)

    def _begin(self, worker: Worker) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal must not meet the child while it still has the parent's handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if not pid:
                self._be(worker)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        worker.pid = pid
        worker.begun = self._now()

    def _be(self, worker: Worker) -> NoReturn:
        """Run as a worker; never returns into what the parent was doing."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # ^C reaches the whole group; the parent says what is to be done
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            for pipe in (self._reports, self._lifeline_held, self._woken, self._wake):
                os.close(pipe)
            for other in self._workers:
                if other is not worker:
                    other.sock.close()
            code = self._work(worker)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _work(self, worker: Worker) -> int:
        from bushel.server import worker as process  # noqa: PLC0415 - see the top: the parent does without

        def report_ready() -> None:
            os.write(self._report_to, b"%d\n" % worker.index)

        process.die_with(self._lifeline)
        try:
            process.run(
                self._start_worker,
                worker.sock,
                worker.index,
                len(self._workers),
                self._address,
                report_ready,
                alone=False,
            )
        except CannotStart as problem:
            os.write(self._report_to, f"{worker.index} {problem}\n".encode())
            return 1
        except Exception:  # noqa: BLE001 - the process ends here, and the parent starts another
            _log.exception("worker %d failed", worker.index)
            return 1
        return 0

    def _kill(self) -> None:
        """Whatever happened, leave no worker behind."""
        for worker in self._workers:
            worker.sock.close()
            if worker.pid:
                os.kill(worker.pid, signal.SIGKILL)
                os.waitpid(worker.pid, 0)
                worker.pid = 0


def _allow_files() -> None:
    """Every connection is an open file, and many systems allow 1,024 to whoever does not ask for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
