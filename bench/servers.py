"""The servers of the bench and what they serve: ours as ``bushel serve`` runs, and nginx beside it."""

import hashlib
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from botocore.credentials import Credentials

KEYS = 10_000
LARGE_BYTES = 64 << 20
WORKERS = 2
TICK = os.sysconf("SC_CLK_TCK")
CREDENTIALS = Credentials("BENCHKEY", "benchsecretbenchsecret")


class Void(Exception):
    """The run means nothing."""


class Served:
    """A server under test and its process tree."""

    def __init__(self, process: subprocess.Popen, endpoint: str, *, signs: bool) -> None:
        self.process = process
        self.endpoint = endpoint
        self.signs = signs

    def cpu_seconds(self) -> float:
        return sum(_cpu_ticks(pid) for pid in _tree(self.process.pid)) / TICK

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _tree(int(child))


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def start_bushel(folder: Path) -> Served:
    environment = os.environ | {
        "BUSHEL_ROOT_ACCESS_KEY": CREDENTIALS.access_key,
        "BUSHEL_ROOT_SECRET_KEY": CREDENTIALS.secret_key,
        "BUSHEL_SSE_MASTER_KEY": "YmVuY2gga2V5IGJlbmNoIGtleSBiZW5jaCBrZXkgYmU=",
    }
    command = [sys.executable, "-m", "bushel", "serve", str(folder), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--workers", str(WORKERS)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    return Served(process, first.rpartition(" ")[2].strip(), signs=True)


def start_nginx(folder: Path) -> Served:
    port = _free_port()
    files = folder / "files"
    files.mkdir(parents=True)
    for number in range(KEYS):
        (files / f"k{number:05d}").write_bytes(body_of(number))
    with (files / "large").open("wb") as large:
        for _ in range(LARGE_BYTES >> 20):
            large.write(secrets.token_bytes(1 << 20))
    (folder / "nginx.conf").write_text(f"""
        worker_processes {WORKERS};
        pid {folder}/nginx.pid;
        error_log {folder}/error.log;
        daemon off;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            sendfile on;
            tcp_nopush on;
            open_file_cache max=20000 inactive=600s;
            open_file_cache_valid 600s;
            keepalive_requests 1000000;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            server {{ listen 127.0.0.1:{port} reuseport; root {files}; }}
        }}
    """)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    deadline = time.monotonic() + 10
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/k00000")
            if connection.getresponse().status == 200:
                return Served(process, f"http://127.0.0.1:{port}", signs=False)
        except OSError:
            if time.monotonic() > deadline:
                raise Void("nginx does not serve") from None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def digits(number: int, turn: int = 0) -> str:
    return f"{number:05d}" + hashlib.md5(b"%d %d" % (number, turn)).hexdigest()[:11]


def body_of(number: int, turn: int = 0) -> bytes:
    """What a key holds after some round of PUTs."""
    return (digits(number, turn) * 640).encode()
