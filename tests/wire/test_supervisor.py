"""Worker processes on one port: started, replaced, stopped, and never left behind."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bushel.core.settings import Address, CannotStart
from bushel.server.listener import AddressInUse, address_of, open_sockets
from wire.served import Peer

GET = b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n"


class Program:
    """``program.py``, started."""

    def __init__(self, *arguments: str, host: str = "127.0.0.1", port: int = 0, workers: int = 2, **environment: str):
        here = Path(__file__)
        self.process = subprocess.Popen(
            [sys.executable, str(here.with_name("program.py")), host, str(port), str(workers), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(here.parents[1]), **environment},
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append("(end)")
            self.changed.notify_all()

    def until(self, pattern: str, count: int = 1) -> str:
        """Wait for a line."""

        def found() -> list[str]:
            return [line for line in self.lines if re.search(pattern, line)]

        with self.changed:
            assert self.changed.wait_for(lambda: len(found()) >= count, 30), self.lines
            return found()[-1]

    def started(self) -> "Program":
        address = self.until("^ready").split()[2]
        host, _, port = address.rpartition(":")
        self.address = (host.strip("[]"), int(port))
        return self

    @contextlib.contextmanager
    def peer(self) -> Iterator[Peer]:
        peer = Peer(socket.create_connection(self.address, 10))
        with contextlib.closing(peer):
            yield peer

    def ask(self, path: bytes = b"/") -> tuple[int, int, int]:
        """Index, process and parent of a worker."""
        with self.peer() as peer:
            index, process, parent = peer.send(GET % path).answer().body.split()
        return int(index), int(process), int(parent)

    def workers(self) -> dict[int, int]:
        """Index to process, once both answered."""
        seen: dict[int, int] = {}
        until = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < until:
            with contextlib.suppress(OSError, AssertionError):
                index, process, _ = self.ask()
                seen[index] = process
        return seen

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        self.reader.join(20)
        self.process.stdout.close()


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    running: list[Program] = []

    def start(*arguments: str, **options) -> Program:
        running.append(Program(*arguments, **options))
        return running[-1]

    yield start
    for one in running:
        one.end()


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(fact: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def test_both_workers_serve_one_port(program):
    running = program().started()
    workers = running.workers()

    assert sorted(workers) == [0, 1]
    assert workers[0] != workers[1]
    assert running.ask()[2] == running.process.pid
    assert running.stop() == 0
    assert running.until("^stopped")
    running.until("^drained", 2)


def test_one_worker_is_the_process_itself(program):
    running = program(workers=1).started()

    assert running.ask()[:2] == (0, running.process.pid)
    assert running.stop() == 0
    assert running.until("^stopped")


@pytest.mark.parametrize("workers", [1, 2])
def test_ipv6(program, workers):
    running = program(host="::1", workers=workers).started()

    assert running.ask()[0] in {0, 1}
    assert re.search(r"\[::1\]:\d+$", running.until("^ready"))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("others", [1, 2])
def test_a_second_server_on_the_port_is_refused(program, workers, others):
    running = program(workers=workers).started()
    second = program(port=running.address[1], workers=others)

    assert second.process.wait(20) == 1
    assert second.until("^bushel:") == f"bushel: cannot listen on 127.0.0.1:{running.address[1]}: another server does"
    second.until("end")
    assert len(second.lines) == 2
    assert running.ask()


def test_servers_that_start_at_once_do_not_share_the_port(program):
    with socket.create_server(("127.0.0.1", 0)) as finder:
        port = finder.getsockname()[1]
    both = [program(port=port), program(port=port)]
    wait_until(lambda: any(one.process.poll() is not None for one in both))

    loser, winner = sorted(both, key=lambda one: one.process.poll() is None)
    assert loser.process.wait(20) == 1
    assert winner.started().ask()


def test_the_port_is_free_again_at_once(program):
    first = program().started()
    with first.peer() as peer:
        assert peer.send(GET % b"/").answer().status == 200
        assert first.stop() == 0
        assert program(port=first.address[1]).started().ask()


def test_a_worker_that_dies_is_replaced(program):
    running = program().started()
    before = running.workers()
    with pytest.raises((AssertionError, OSError)):
        running.ask(b"/crash")
    running.until("ended with 7; next in 0.1 s")
    after = running.workers()

    assert sorted(after) == [0, 1]
    assert len(set(before.values()) & set(after.values())) == 1
    os.kill(after[0], signal.SIGKILL)
    running.until("worker 0 .* was killed by signal 9")
    wait_until(lambda: running.workers().get(0) not in {None, after[0]})
    assert running.stop() == 0


def test_connections_wait_while_a_worker_is_replaced(program):
    """Its queue is the parent's too, so nobody is refused."""
    running = program().started()
    workers = running.workers()
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: is_gone(workers[0]) or running.lines[-1].startswith("worker"))

    assert len([running.ask() for _ in range(20)]) == 20


def test_a_worker_that_keeps_dying_is_replaced_ever_more_slowly(program):
    running = program().started()
    for _ in range(4):
        before = running.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda before=before: running.workers().get(0) not in {None, before[0]})
    pauses = [float(line.split()[-2]) for line in running.lines if "next in" in line]

    assert pauses == [0.1, 0.2, 0.4, 0.8]


@pytest.mark.parametrize(
    ("fail", "said"),
    [("refuse", "bushel: the folder is in use"), ("break", "bushel: worker 1 ended with 1 at its start")],
)
def test_a_worker_that_cannot_start_ends_the_start(program, fail, said):
    running = program(FAIL=fail)

    assert running.process.wait(20) == 1
    assert running.until("^bushel:") == said
    assert not [line for line in running.lines if line.startswith("ready")]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_lets_requests_finish(program, workers, number):
    running = program(workers=workers).started()
    with running.peer() as peer:
        peer.send(GET % b"/slow")
        running.until("^slow")
        os.killpg(running.process.pid, number)  # as ^C and systemd do: the whole group gets it
        answer = peer.answer()

    assert answer.status == 200
    assert answer.closes
    assert running.process.wait(20) == 0
    assert running.until("^stopped")


def test_stopping_refuses_new_connections_meanwhile(program):
    running = program().started()
    with running.peer() as peer:
        peer.send(GET % b"/slow")
        running.until("^slow")
        running.process.terminate()
        running.until("^drained")
        wait_until(lambda: is_refused(running))
        assert peer.answer().status == 200


def is_refused(running: Program) -> bool:
    try:
        socket.create_connection(running.address, 10).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_stops_at_once(program, workers):
    running = program(workers=workers).started()
    with running.peer() as peer:
        peer.send(GET % b"/long")
        running.until("^slow")
        began = time.monotonic()
        running.process.terminate()
        time.sleep(0.1)
        running.process.terminate()
        running.process.wait(20)

    assert time.monotonic() - began < 4


def test_a_worker_that_does_not_stop_is_killed(program):
    running = program().started()
    with running.peer() as peer:
        peer.send(GET % b"/hang")
        running.until("^hanging")
        assert running.stop() == 0
    running.until("did not stop within 3 s")


@pytest.mark.parametrize("hang", [False, True])
def test_workers_die_with_a_parent_that_is_killed(program, hang):
    """Even those whose event loop is stuck: they would keep the port."""
    running = program().started()
    workers = running.workers()
    with running.peer() as peer:
        if hang:
            peer.send(GET % b"/hang")
            running.until("^hanging")
        running.process.kill()
        running.process.wait(20)
        wait_until(lambda: all(is_gone(process) for process in workers.values()))
    assert program(port=running.address[1]).started().ask()


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_reloads_every_worker(program, workers):
    running = program(workers=workers).started()
    running.process.send_signal(signal.SIGHUP)
    for index in range(workers):
        running.until(f"^reloaded {index}")

    assert running.ask()
    assert running.stop() == 0


# Sockets, without processes.


def test_every_worker_has_a_queue_of_its_own():
    sockets = open_sockets(Address("127.0.0.1", 0), 3)
    address = address_of(sockets[0])
    peers = [socket.create_connection(address) for _ in range(60)]
    accepted = []
    for sock in sockets:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted.append((sock, sock.accept()[0]))

    assert len(accepted) == 60
    assert len({sock for sock, _ in accepted}) == 3
    for sock in [*sockets, *peers, *(connection for _, connection in accepted)]:
        sock.close()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("options", [[], [socket.SO_REUSEADDR], [socket.SO_REUSEADDR, socket.SO_REUSEPORT]])
def test_a_port_that_another_process_listens_on(count, options):
    with socket.socket() as other:
        for option in options:
            other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(AddressInUse, match="another server does"):
            open_sockets(address_of(other), count)


def test_addresses_that_are_not_here():
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1:0: Cannot assign"):
        open_sockets(Address("192.0.2.1", 0), 1)
    with pytest.raises(CannotStart, match=r"cannot listen on no-such-name\.invalid:0: "):
        open_sockets(Address("no-such-name.invalid", 0), 1)


def test_everywhere_is_both_kinds_of_address():
    sockets = open_sockets(Address("::", 0), 2)
    port = address_of(sockets[0]).port
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port), 5).close()
    for sock in sockets:
        sock.close()


def test_localhost_is_the_address_that_clients_are_given():
    (sock,) = open_sockets(Address("localhost", 0), 1)

    assert address_of(sock).host == "127.0.0.1"
    sock.close()
