"""Client programs and nginx as child processes, with an environment of their own."""

import os
import shutil
import subprocess
from pathlib import Path

from live.server import free_port, wait_until


def run(*command: object, check: bool = True, **environment: str) -> str:
    """Run a program; its standard output. A failure shows all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", **environment},
    )
    said = done.stdout.decode(errors="replace")
    if check:
        shown = " ".join(str(word) for word in command)
        assert done.returncode == 0, (
            f"{shown}\nstatus {done.returncode}\n{said}\n{done.stderr.decode(errors='replace')}"
        )
    return said


def found(name: str) -> str:
    """Path of a program that ``make test`` installs; a missing one is a failure, not a skip."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    assert path, f"{name} is not installed: make test installs what the tests need"
    return path


class Nginx:
    """nginx in the foreground, as this user, all its files below ``folder``."""

    def __init__(self, folder: Path, server_block: str, *, workers: int = 1, http: str = "", port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        for name in ("body", "proxy"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "nginx.conf").write_text(
            f"""
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log warn; user root;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/body; uwsgi_temp_path {folder}/body; scgi_temp_path {folder}/body;
    {http}
    server {{
        listen 127.0.0.1:{self.port};
        {server_block}
    }}
}}
"""
        )
        self.process: subprocess.Popen | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Nginx":
        import socket

        with (self.folder / "stderr.log").open("wb") as log:
            self.process = subprocess.Popen(
                [found("nginx"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

        def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "stderr.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers, what="nginx")
        return self

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
