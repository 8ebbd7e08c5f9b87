"""The command ``bushel``, run as a user of one endpoint: within the test's process, or as one of its own."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
from typing import Any, NamedTuple

from bushel.cli.main import main
from live.server import BUSHEL


class Said(NamedTuple):
    """What became of a command."""

    status: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


class _OfThisThread(io.TextIOWrapper):
    """Standard error of one thread: what servers in the test's process say of lost connections is not the command's."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(buffer, encoding="utf-8", write_through=True)
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return super().write(text)
        assert sys.__stderr__ is not None
        return sys.__stderr__.write(text)


class Shell:
    """Runs commands with the environment of a user of one endpoint."""

    def __init__(self, environment: dict[str, str], way: str, monkeypatch) -> None:
        self.environment = environment
        self.way = way
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: Any, status: int = 0, stdin: bytes = b"", **environment: str) -> Said:
        """Run ``bushel`` with these arguments; the test fails unless it ends with this status."""
        words = [str(each) for each in arguments]
        environment = self.environment | environment
        said = (self._within if self.way == "within" else self._beside)(words, stdin, environment)
        assert said.status == status, f"bushel {' '.join(words)}: status {said.status}\n{said.out}\n{said.err}"
        assert "Traceback" not in said.err, said.err
        return said

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen:
        """Start ``bushel`` as a process of its own, to be killed."""
        return subprocess.Popen(
            [str(BUSHEL), *map(str, arguments)], env=os.environ | self.environment, start_new_session=True, **options
        )

    def _within(self, words: list[str], stdin: bytes, environment: dict[str, str]) -> Said:
        with self._monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            out, err = io.BytesIO(), io.BytesIO()
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True))
            patch.setattr(sys, "stderr", _OfThisThread(err))
            handler = signal.getsignal(signal.SIGTERM)
            try:
                status = main(words)
            finally:
                signal.signal(signal.SIGTERM, handler)
            sys.stdout.flush()
            return Said(status, out.getvalue().decode("utf-8", "replace"), err.getvalue().decode(), out.getvalue())

    def _beside(self, words: list[str], stdin: bytes, environment: dict[str, str]) -> Said:
        done = subprocess.run(
            [str(BUSHEL), *words],
            env=os.environ | environment,
            input=stdin,
            capture_output=True,
            timeout=100,
        )
        return Said(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode(), done.stdout)


def contents_of(folder) -> dict[str, bytes]:
    """Files below a folder, by path."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def random_bytes(count: int) -> bytes:
    """Bytes that nothing can shorten, the same in every run."""
    return random.Random(count).randbytes(count)
