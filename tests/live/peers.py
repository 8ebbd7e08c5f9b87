"""BitTorrent clients as child processes."""

import json
import subprocess
import threading
from pathlib import Path

from live.server import wait_until

SYSTEM_PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("peer_program.py")


class Peer:
    """One client of one torrent (``peer_program``), from a file or a magnet link.

    A cautious one asks no tracker on its own machine, and takes no web seed there whose URL has a query.
    """

    def __init__(self, source: object, folder: Path, *, cautious: bool = False) -> None:
        folder.mkdir()
        self.folder = folder
        self.states: list[dict] = []
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-u", str(PROGRAM), str(source), str(folder), *(["cautious"] if cautious else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"LANG": "C.UTF-8"},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._process.stdout:
            self.states.append(json.loads(line))

    def wait_for(self, what: str, condition, seconds: float = 60) -> dict:
        """Wait until the client is in a state that is meant; the state."""

        def met():
            assert self._process.poll() is None, self._process.stderr.read()
            return self.states[-1] if self.states and condition(self.states[-1]) else None

        try:
            return wait_until(met, seconds, what)
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {self.states[-1:]}") from None

    def wait_until_it_has_all(self, seconds: float = 60) -> dict:
        return self.wait_for("a whole download", lambda state: state["finished"], seconds)

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._listener.join(20)
        self._process.stdout.close()
        self._process.stderr.close()
