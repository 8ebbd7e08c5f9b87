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
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.servers import CREDENTIALS, KEYS, LARGE_BYTES, Served, Void, body_of, digits, start_bushel, start_nginx
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

HERE = Path(__file__).parent
BODY_BYTES = 10_240
CONNECTIONS = 32
BUCKETS = {"bench": "", "sealed": " encrypted", "ruled": " by policy", "kept": " versioned"}
"""What the stages of each bucket are called: what they cost more than those without a word is what it costs."""
ENCRYPTED = (
    b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
OF_KEYS = {"Principal": "*", "Resource": "arn:aws:s3:::ruled/k*"}
ELSEWHERE = {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Action": "s3:*", "Condition": ELSEWHERE, **OF_KEYS},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], **OF_KEYS},
    ],
}
HISTORIES = {"single": 1, "thousand": 1000}
"""Buckets whose keys have so many versions each."""
LIMITS = {"GET": 4.0, "GET presigned": 4.0, "PUT": 12.0, "LIST 100": 33.0}
"""In units; later work keeps them."""
BESIDE = {
    **{f"{method}{kind}": (method, None) for kind in BUCKETS.values() if kind for method in ("GET", "PUT")},
    **{f"{stage} of 1000 v.": (f"{stage} of 1 v.", 1.5) for stage in ("GET", "LIST 20")},
}
"""Stages that are told beside another one, and how many times that one's CPU they may take."""


class Figure(NamedTuple):
    """One stage of one round: CPU microseconds and requests per second, and bytes per second on the wire."""

    cpu_us: float
    per_second: float
    bytes_per_second: float


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
    def __init__(self, folder: Path, seconds: float, keys: int, histories: int) -> None:
        self.folder = folder
        self.seconds = seconds
        self.keys = keys
        self.histories = histories
        self.turn = 0
        self.nginx = start_nginx(folder / "nginx")
        try:
            self.bushel = start_bushel(folder / "data")
        except BaseException:
            self.nginx.stop()
            raise
        self.figures: dict[str, list[Figure]] = {}
        for bucket in (*BUCKETS, *HISTORIES):
            call(self.bushel, "PUT", f"/{bucket}")
        call(self.bushel, "PUT", "/sealed?encryption", ENCRYPTED)
        call(self.bushel, "PUT", "/ruled?policy", json.dumps(POLICY).encode())
        for bucket in ("kept", *HISTORIES):
            call(self.bushel, "PUT", f"/{bucket}?versioning", VERSIONED)

    def close(self) -> None:
        self.bushel.stop()
        self.nginx.stop()

    def fill(self) -> None:
        """Every key once, so that reads find what they expect."""
        connection = http.client.HTTPConnection(urlsplit(self.bushel.endpoint).netloc, timeout=60)
        for number, bucket in itertools.product(range(self.keys), BUCKETS):
            self._put(connection, f"/{bucket}/k{number:05d}", body_of(number))
        for number, (bucket, versions) in itertools.product(range(self.histories), HISTORIES.items()):
            self._put(connection, f"/{bucket}/k{number:05d}", body_of(number), versions)
        large = (self.folder / "nginx" / "files" / "large").read_bytes()
        for bucket in ("bench", "sealed"):
            call(self.bushel, "PUT", f"/{bucket}/large", large)

    def _put(self, connection: http.client.HTTPConnection, path: str, body: bytes, times: int = 1) -> None:
        headers = signed(self.bushel.endpoint, "PUT", path, hashlib.sha256(body).hexdigest())
        for _ in range(times):
            connection.request("PUT", path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status not in {200, 204}:
                raise Void(f"PUT {path}: {response.status}")

    def round(self) -> None:
        """Every stage once, ours and nginx's in turns. Signed anew: signatures are good for 15 minutes."""
        self.turn += 1
        ours, theirs = self.bushel.endpoint, self.nginx.endpoint
        link, listing, static = self._records("link"), self._records("list"), self._records("static")
        for number in range(self.keys):
            path = f"/bench/k{number:05d}"
            link.add("GET", presigned(ours, path), {"Host": urlsplit(ours).netloc})
            static.add("GET", f"/k{number:05d}", {"Host": urlsplit(theirs).netloc})
        for number in range(0, max(1, self.keys - 101), 7):
            query = f"/bench?list-type=2&max-keys=100&start-after=k{number:05d}"
            listing.add("GET", query, signed(ours, "GET", query, EMPTY))
        for records in (link, listing, static):
            records.close()
        self._note("nginx GET", measure(self.nginx, static.file, self.seconds, 200, "digits"))
        self._get_and_put("bench")
        self._note("nginx GET", measure(self.nginx, static.file, self.seconds, 200, "digits"))
        self._note("GET presigned", measure(self.bushel, link.file, self.seconds, 200, "digits"))
        hundred = "prefix:<KeyCount>100</KeyCount>"
        self._note("LIST 100", measure(self.bushel, listing.file, self.seconds, 200, hundred))
        for bucket in list(BUCKETS)[1:]:
            self._get_and_put(bucket)
        for bucket in HISTORIES:
            self._read_history(bucket)
        self._large()

    def _get_and_put(self, bucket: str) -> None:
        ours = self.bushel.endpoint
        get, put = self._records(f"{bucket}-get"), self._records(f"{bucket}-put")
        for number in range(self.keys):
            path = f"/{bucket}/k{number:05d}"
            get.add("GET", path, signed(ours, "GET", path, EMPTY))
            digest = hashlib.sha256(body_of(number, self.turn)).hexdigest()
            put.add("PUT", path, signed(ours, "PUT", path, digest), digits(number, self.turn))
        self._note(f"GET{BUCKETS[bucket]}", measure(self.bushel, get.close(), self.seconds, 200, "digits"))
        puts = measure(self.bushel, put.close(), self.seconds, 200, "none")
        self._note(f"PUT{BUCKETS[bucket]}", puts._replace(bytes_per_second=puts.per_second * BODY_BYTES))

    def _read_history(self, bucket: str) -> None:
        """Current versions read and listed, whatever lies below them."""
        ours, kind = self.bushel.endpoint, f" of {HISTORIES[bucket]} v."
        get, listing = self._records(f"{bucket}-get"), self._records(f"{bucket}-list")
        for number in range(self.histories):
            path = f"/{bucket}/k{number:05d}"
            get.add("GET", path, signed(ours, "GET", path, EMPTY))
            query = f"/{bucket}?list-type=2&max-keys={100 + number}"
            listing.add("GET", query, signed(ours, "GET", query, EMPTY))
        self._note(f"GET{kind}", measure(self.bushel, get.close(), self.seconds, 200, "digits"))
        all_keys = f"prefix:<KeyCount>{self.histories}</KeyCount>"
        self._note(f"LIST 20{kind}", measure(self.bushel, listing.close(), self.seconds, 200, all_keys))

    def _large(self) -> None:
        source = self.folder / "nginx" / "files" / "large"
        pairs = 2 * max(1, int(self.seconds))
        # The first pair is not measured: what was written a moment ago is not written back yet.
        for count in (2, pairs):
            theirs = large(self.nginx, "GET", ["/large"] * count, source)
            ours = large(self.bushel, "GET", ["/bench/large"] * count, source)
        self._note("nginx GET 64 MiB", theirs)
        self._note("GET 64 MiB", ours)
        for bucket, kind in (("bench", ""), ("sealed", " enc.")):
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
    return compare(figures) and kept


def compare(figures: dict[str, list[Figure]]) -> bool:
    """Print what stages cost beside others; whether every limit is kept."""
    kept = True
    print()
    for name, (other, limit) in BESIDE.items():
        here, there = (statistics.median(each.cpu_us for each in figures[stage]) for stage in (name, other))
        kept = kept and (limit is None or here <= limit * there)
        told = f"   limit {limit:g}" if limit else ""
        print(f"{name:18}{here / there:8.2f} x {other}{told}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each stage")
    parser.add_argument("--quick", action="store_true", help="a smoke run: do all parts still work?")
    parser.add_argument("--folder", type=Path, help="where to put both servers' files (default: a temporary folder)")
    options = parser.parse_args()
    rounds, seconds, keys = (1, 1, 300) if options.quick else (options.rounds, options.seconds, KEYS)
    histories = 2 if options.quick else 20
    with tempfile.TemporaryDirectory(prefix="bushel-bench-", dir=options.folder) as name:
        bench = Bench(Path(name), seconds, keys, histories)
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
