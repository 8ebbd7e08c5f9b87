"""What a request costs: CPU microseconds of the whole server process tree, beside nginx in the same run.

``make bench``. The unit is nginx's CPU for one small static GET in the same run, so that a figure means the same on
a fast and on a slow machine. Our server runs as plain ``bushel serve --workers 2`` does. Every key is signed on its
own and no two bodies are alike; a wrong status or body voids the run (exit 1), and so does a limit that is not kept
(exit 2).

wrk and nginx come from Debian. ``--quick`` is a smoke run whose figures mean little.
"""

import argparse
import hashlib
import http.client
import itertools
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = Path(__file__).parent
ROOT = HERE.parent
KEYS = 10_000
BODY_BYTES = 10_240
LARGE_BYTES = 64 << 20
WORKERS = 2
CONNECTIONS = 32
TICK = os.sysconf("SC_CLK_TCK")
CREDENTIALS = Credentials("BENCHKEY", "benchsecretbenchsecret")
BUCKETS = ("bench", "sealed")
ENCRYPTED = (
    b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
"""By default: what the stages that are called encrypted cost more than the others is what it costs."""
LIMITS = {"GET": 4.0, "GET presigned": 4.0, "PUT": 12.0, "LIST 100": 33.0}
"""In units; later work keeps them."""


class Figure(NamedTuple):
    """One stage of one round: CPU microseconds and requests per second, and bytes per second on the wire."""

    cpu_us: float
    per_second: float
    bytes_per_second: float


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


def signed(endpoint: str, method: str, path: str, payload_hash: str) -> dict[str, str]:
    """Headers of a request that botocore signed."""
    request = AWSRequest(method=method, url=endpoint + path)
    request.headers["X-Amz-Content-SHA256"] = payload_hash
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    signer.payload = lambda _: payload_hash
    signer.add_auth(request)
    return {"Host": urlsplit(endpoint).netloc, **dict(request.headers.items())}


def presigned(endpoint: str, path: str) -> str:
    request = AWSRequest(method="GET", url=endpoint + path)
    S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=3600).add_auth(request)
    return request.url[len(endpoint) :]


EMPTY = hashlib.sha256(b"").hexdigest()


class Records:
    """Prepared requests in the form that requests.lua reads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._out = file.open("w")

    def add(self, method: str, path: str, headers: dict[str, str] | None = None, body: str = "-") -> None:
        headers = headers or {}
        self._out.write(f"{method} {path} {len(headers)} {body}\n")
        for name, value in headers.items():
            self._out.write(f"{name}: {value}\n")

    def close(self) -> Path:
        self._out.close()
        return self.file


def measure(
    served: Served, records: Path, seconds: float, status: int, look: str, connections: int = CONNECTIONS
) -> Figure:
    threads = min(2, connections)
    before = served.cpu_seconds()
    run = subprocess.run(
        [
            "wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds:g}s", "--timeout", "30s",
            "-s", str(HERE / "requests.lua"), served.endpoint,
            "--", str(records), str(status), look, str(threads),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    cpu = served.cpu_seconds() - before
    result = [line for line in run.stdout.splitlines() if line.startswith("RESULT ")]
    if not result:
        raise Void(f"wrk failed: {run.stdout} {run.stderr}")
    answered, duration_us, failed, count = (int(word) for word in result[0].split()[1:])
    if failed or not answered:
        raise Void(f"{failed} of {answered} answers were wrong: {run.stderr.strip()}")
    return Figure(cpu * 1e6 / answered, answered * 1e6 / duration_us, count * 1e6 / duration_us)


def large(served: Served, method: str, paths: list[str], source: Path) -> Figure:
    """Objects of 64 MiB, two at a time. wrk would hold their bodies in Lua; curl streams them."""
    before, began = served.cpu_seconds(), time.monotonic()
    for pair in zip(paths[::2], paths[1::2], strict=True):
        running = []
        for path in pair:
            headers = signed(served.endpoint, method, path, "UNSIGNED-PAYLOAD") if served.signs else {}
            flags = [flag for name, value in headers.items() for flag in ("-H", f"{name}: {value}")]
            body = ["-T", str(source), "-H", "Expect:"] if method == "PUT" else []
            told = ["-o", "/dev/null", "-w", "%{http_code} %{size_download}"]
            command = ["curl", "-s", *told, *body, *flags, served.endpoint + path]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        expected = "200 0" if method == "PUT" else f"200 {LARGE_BYTES}"
        for process in running:
            answer = process.communicate()[0]
            if answer != expected:
                raise Void(f"a large {method} answered {answer}, not {expected}")
    elapsed = time.monotonic() - began
    count = len(paths)
    return Figure((served.cpu_seconds() - before) * 1e6 / count, count / elapsed, count * LARGE_BYTES / elapsed)


def call(served: Served, method: str, path: str, body: bytes = b"") -> bytes:
    connection = http.client.HTTPConnection(urlsplit(served.endpoint).netloc, timeout=60)
    headers = signed(served.endpoint, method, path, hashlib.sha256(body).hexdigest())
    connection.request(method, path, body or None, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise Void(f"{method} {path}: {response.status} {answer[:500]!r}")
    return answer


class Bench:
    def __init__(self, folder: Path, seconds: float, keys: int) -> None:
        self.folder = folder
        self.seconds = seconds
        self.keys = keys
        self.turn = 0
        self.nginx = start_nginx(folder / "nginx")
        try:
            self.bushel = start_bushel(folder / "data")
        except BaseException:
            self.nginx.stop()
            raise
        self.figures: dict[str, list[Figure]] = {}
        for bucket in BUCKETS:
            call(self.bushel, "PUT", f"/{bucket}")
        call(self.bushel, "PUT", "/sealed?encryption", ENCRYPTED)

    def close(self) -> None:
        self.bushel.stop()
        self.nginx.stop()

    def fill(self) -> None:
        """Every key once, so that reads find what they expect."""
        connection = http.client.HTTPConnection(urlsplit(self.bushel.endpoint).netloc, timeout=60)
        for number, bucket in itertools.product(range(self.keys), BUCKETS):
            path, body = f"/{bucket}/k{number:05d}", body_of(number)
            headers = signed(self.bushel.endpoint, "PUT", path, hashlib.sha256(body).hexdigest())
            connection.request("PUT", path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise Void(f"PUT {path}: {response.status}")
        large = (self.folder / "nginx" / "files" / "large").read_bytes()
        for bucket in BUCKETS:
            call(self.bushel, "PUT", f"/{bucket}/large", large)

    def round(self) -> None:
        """Every stage once, ours and nginx's in turns. Signed anew: signatures are good for 15 minutes."""
        self.turn += 1
        ours, theirs = self.bushel.endpoint, self.nginx.endpoint
        get, link, put, listing = (self._records(name) for name in ("get", "link", "put", "list"))
        sealed_get, sealed_put = self._records("sealed-get"), self._records("sealed-put")
        static = self._records("static")
        for number in range(self.keys):
            path = f"/bench/k{number:05d}"
            get.add("GET", path, signed(ours, "GET", path, EMPTY))
            link.add("GET", presigned(ours, path), {"Host": urlsplit(ours).netloc})
            digest = hashlib.sha256(body_of(number, self.turn)).hexdigest()
            put.add("PUT", path, signed(ours, "PUT", path, digest), digits(number, self.turn))
            sealed = f"/sealed/k{number:05d}"
            sealed_get.add("GET", sealed, signed(ours, "GET", sealed, EMPTY))
            sealed_put.add("PUT", sealed, signed(ours, "PUT", sealed, digest), digits(number, self.turn))
            static.add("GET", f"/k{number:05d}", {"Host": urlsplit(theirs).netloc})
        for number in range(0, max(1, self.keys - 101), 7):
            query = f"/bench?list-type=2&max-keys=100&start-after=k{number:05d}"
            listing.add("GET", query, signed(ours, "GET", query, EMPTY))
        for records in (get, link, put, listing, static, sealed_get, sealed_put):
            records.close()
        self._note("nginx GET", measure(self.nginx, static.file, self.seconds, 200, "digits"))
        self._note("GET", measure(self.bushel, get.file, self.seconds, 200, "digits"))
        puts = measure(self.bushel, put.file, self.seconds, 200, "none")
        self._note("PUT", puts._replace(bytes_per_second=puts.per_second * BODY_BYTES))
        self._note("nginx GET", measure(self.nginx, static.file, self.seconds, 200, "digits"))
        self._note("GET presigned", measure(self.bushel, link.file, self.seconds, 200, "digits"))
        hundred = "prefix:<KeyCount>100</KeyCount>"
        self._note("LIST 100", measure(self.bushel, listing.file, self.seconds, 200, hundred))
        self._note("GET encrypted", measure(self.bushel, sealed_get.file, self.seconds, 200, "digits"))
        puts = measure(self.bushel, sealed_put.file, self.seconds, 200, "none")
        self._note("PUT encrypted", puts._replace(bytes_per_second=puts.per_second * BODY_BYTES))
        self._large()

    def _large(self) -> None:
        source = self.folder / "nginx" / "files" / "large"
        pairs = 2 * max(1, int(self.seconds))
        # The first pair is not measured: what was written a moment ago is not written back yet.
        for count in (2, pairs):
            theirs = large(self.nginx, "GET", ["/large"] * count, source)
            ours = large(self.bushel, "GET", ["/bench/large"] * count, source)
        self._note("nginx GET 64 MiB", theirs)
        self._note("GET 64 MiB", ours)
        for bucket, kind in zip(BUCKETS, ("", " enc."), strict=True):
            lanes = [f"/{bucket}/put-large-{turn}-{lane}" for turn in range(pairs // 2) for lane in range(2)]
            self._note(f"PUT 64 MiB{kind}", large(self.bushel, "PUT", lanes, source))
        self._note("GET 64 MiB enc.", large(self.bushel, "GET", ["/sealed/large"] * pairs, source))

    def check_bodies(self) -> None:
        """That a sample of the keys holds what was put there last, and that the last round did put something."""
        changed = 0
        for number in range(0, self.keys, 97):
            found = call(self.bushel, "GET", f"/bench/k{number:05d}")
            put = [body_of(number, turn) for turn in range(self.turn + 1)]
            if found not in put:
                raise Void(f"k{number:05d} does not hold what was put")
            changed += found == put[-1]
        if not changed:
            raise Void("the last round's PUTs left no trace")
        whole = (self.folder / "nginx" / "files" / "large").read_bytes()
        if (
            call(self.bushel, "GET", "/bench/large") != whole
            or call(self.bushel, "GET", "/bench/put-large-0-1") != whole
        ):
            raise Void("a large object does not hold what was put")

    def _records(self, name: str) -> Records:
        return Records(self.folder / f"{name}.txt")

    def _note(self, name: str, figure: Figure) -> None:
        self.figures.setdefault(name, []).append(figure)


def report(figures: dict[str, list[Figure]]) -> bool:
    """Print the table; whether every limit is kept."""
    unit = statistics.median(each.cpu_us for each in figures["nginx GET"])
    kept = True
    print(f"\nunit: {unit:.1f} us, nginx's CPU for one static GET of 10 KiB in this run\n")
    print(f"{'':18}{'CPU us':>10}{'min':>9}{'max':>9}{'units':>10}{'limit':>7}{'req/s':>10}{'MB/s':>9}")
    for name, rounds in figures.items():
        cpu = [each.cpu_us for each in rounds]
        middle = statistics.median(cpu)
        limit = LIMITS.get(name)
        kept = kept and (limit is None or middle / unit <= limit)
        speed = statistics.median(each.per_second for each in rounds)
        flow = statistics.median(each.bytes_per_second for each in rounds) / 1e6
        told = f"{limit:g}" if limit else ""
        spread = f"{middle:10.1f}{min(cpu):9.1f}{max(cpu):9.1f}"
        print(f"{name:18}{spread}{middle / unit:10.2f}{told:>7}{speed:10.0f}{flow:9.1f}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each stage")
    parser.add_argument("--quick", action="store_true", help="a smoke run: do all parts still work?")
    parser.add_argument("--folder", type=Path, help="where to put both servers' files (default: a temporary folder)")
    options = parser.parse_args()
    rounds, seconds, keys = (1, 1, 300) if options.quick else (options.rounds, options.seconds, KEYS)
    with tempfile.TemporaryDirectory(prefix="bushel-bench-", dir=options.folder) as name:
        bench = Bench(Path(name), seconds, keys)
        try:
            bench.fill()
            for turn in range(rounds):
                print(f"round {turn + 1} of {rounds}", flush=True)
                bench.round()
            bench.check_bodies()
        except Void as problem:
            print(f"void: {problem}", file=sys.stderr)
            return 1
        finally:
            bench.close()
    kept = report(bench.figures)
    if not kept and not options.quick:
        print("\na limit was not kept", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
