"""A Bushel server as a child process: started, read from, killed and restarted by tests and by the bench's smoke test.

What must not be here: anything that knows S3 beyond the endpoint and the key pair.
"""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

ROOT_ACCESS_KEY = "BUSHELTESTROOTKEY000"
ROOT_SECRET_KEY = "bushel/test+root/secret+key/0123456789ab"  # the / and + are there for clients that escape badly

BUSHEL = Path(sys.executable).with_name("bushel")

_ENDPOINT = re.compile(r"http://127\.0\.0\.1:\d+")
_START_SECONDS = 20.0


class DidNotStart(AssertionError):
    """The process ended, or said nothing in time."""


def wait_until(condition, seconds: float = 10.0, what: str = "the condition"):
    """Poll until ``condition()`` is true; its value. Fails loudly with ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


def free_port() -> int:
    """A port that was free a moment ago, for the few tests that must know it beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(pid: int) -> list[int]:
    """Process ids of the direct children, in order of birth."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
    return sorted(found)


class Server:
    """One ``bushel serve`` and all that belongs to it.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``.
        data: The folder (``None`` for ``memory:``).
        log: File that receives standard error and, past the endpoint line, standard output.
    """

    def __init__(
        self,
        folder: Path,
        *,
        target: str | None = None,
        workers: int = 1,
        flags: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        listen: str = "127.0.0.1:0",
        wrapper: tuple[str, ...] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = folder / "data" if target is None else None
        self.target = target if target is not None else str(folder / "data")
        self.workers = workers
        self.flags = flags
        self.environment = environment or {}
        self.listen = listen
        self.wrapper = wrapper
        self.log = folder / "server.log"
        self.access_key = ROOT_ACCESS_KEY
        self.secret_key = ROOT_SECRET_KEY
        self.process: subprocess.Popen | None = None
        self.endpoint = ""
        self._ended = False

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def command(self) -> list[str]:
        return [
            *self.wrapper,
            *(str(BUSHEL), "serve", self.target),
            *("--listen", self.listen, "--workers", str(self.workers)),
            *self.flags,
        ]

    def start(self) -> Self:
        """Start and wait for the line with the endpoint."""
        environment = {
            **os.environ,
            "BUSHEL_ROOT_ACCESS_KEY": self.access_key,
            "BUSHEL_ROOT_SECRET_KEY": self.secret_key,
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environment,
        }
        read_end, write_end = os.pipe()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=log,
                env=environment,
                start_new_session=True,  # so that a test may kill the whole family by its group
            )
        os.close(write_end)
        self._ended = False
        said = b""
        deadline = time.monotonic() + _START_SECONDS
        try:
            while b"\n" not in said:
                ready, _, _ = select.select([read_end], [], [], max(0.0, deadline - time.monotonic()))
                piece = os.read(read_end, 4096) if ready else b""
                if not piece:
                    self.kill()
                    raise DidNotStart(f"no endpoint line; stdout {said!r}, log:\n{self.log_text()}")
                said += piece
        except BaseException:
            os.close(read_end)
            raise
        first_line = said.partition(b"\n")[0].decode()
        match = _ENDPOINT.search(first_line)
        if match is None:
            os.close(read_end)
            self.kill()
            raise DidNotStart(f"first line without endpoint: {first_line!r}")
        self.endpoint = match[0]
        self._drain(read_end, said)
        return self

    def _drain(self, read_end: int, said: bytes) -> None:
        """Let ``cat`` copy the rest of standard output into the log; it ends with the last writer."""
        with self.log.open("ab") as log:
            log.write(said)
            log.flush()
            self._copier = subprocess.Popen(["/bin/cat"], stdin=read_end, stdout=log)
        os.close(read_end)

    def user_environment(self) -> dict[str, str]:
        """Variables of somebody who has this server's keys, and the commands of this environment."""
        return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "PATH": f"{BUSHEL.parent}:{os.environ['PATH']}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def log_text(self, offset: int = 0) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def family(self) -> list[int]:
        """The parent and its workers."""
        return [self.pid, *children_of(self.pid)]

    def worker_pids(self) -> list[int]:
        return children_of(self.pid)

    def stop(self, seconds: float = 15.0) -> int:
        """SIGTERM and the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"server did not stop within {seconds} s of SIGTERM:\n{self.log_text()}") from None
        self._reap_copier()
        return status

    def kill(self) -> None:
        """SIGKILL to the parent and every worker at once; nothing after ``stop``, whose ids may be others' by now."""
        if self.process is None or self._ended:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reap_copier()

    def _reap_copier(self) -> None:
        copier = getattr(self, "_copier", None)
        if copier is not None:
            try:
                copier.wait(10)
            except subprocess.TimeoutExpired:  # a worker that outlived its parent holds the pipe
                copier.kill()
                copier.wait()
                raise AssertionError("a process of the server outlived its parent") from None
        self._ended = True

    def restart(self) -> Self:
        """Stop cleanly and start again on the same folder and port."""
        assert self.stop() == 0, self.log_text()
        self.listen = f"127.0.0.1:{self.port}"
        return self.start()

    def bushel(self, *arguments: str, stdin: str = "") -> str:
        """Run another ``bushel`` command; its standard output. Fails on a non-zero status."""
        done = subprocess.run(
            [str(BUSHEL), *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"bushel {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def add_user(self, name: str, access_key: str, secret_key: str) -> str:
        """``bushel user add`` on the running server's folder; the user's canonical id."""
        assert self.data is not None, "memory: has no folder to add a user to"
        user_id = (name.encode().hex() * 16)[:64]
        self.bushel(
            *("user", "add", name, "--id", user_id, "--display-name", name, "--email", f"{name}@example.com"),
            *("--access-key", access_key, "--secret-key", "-", "--data", str(self.data)),
            stdin=secret_key + "\n",
        )
        return user_id
