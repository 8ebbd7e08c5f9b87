"""A full disk, seen by clients: 507 for what would grow the store; the rest goes on, nothing acknowledged is lost (S1).

The server keeps 64 MiB free (and 16 MiB in reserve), so a disk of its own can be small. Two ways to be full: the store
has grown up to its floor, and somebody else has taken the last byte.
"""

import base64
import hashlib
import random
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from live.disks import fill, free_bytes, small_disk
from live.expect import assert_refused, refused
from live.server import BUSHEL, Server, wait_until
from live.wire import Answer, Wire

pytestmark = pytest.mark.crash

MIB = 1 << 20
DISK_BYTES = 112 * MIB
FLOOR_BYTES = 64 * MIB

AT_ONCE = 4
INLINE_BYTES, FILE_BYTES, PART_BYTES = 12_000, 300_000, 5 * MIB

SWEEPING = {"BUSHEL_GARBAGE_GRACE_SECONDS": "0", "BUSHEL_SWEEP_INTERVAL_SECONDS": "1"}


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", DISK_BYTES) as folder:
        yield folder


@pytest.fixture
def serve(disk, start_server) -> Iterator[Callable[..., Server]]:
    """Start a server on the small disk; it is killed before the disk goes."""
    started = []

    def start(**options) -> Server:
        started.append(start_server(target=str(disk / "data"), environment=SWEEPING, **options))
        return started[-1]

    yield start
    for server in started:
        server.kill()


def body_of(name: str, size: int) -> bytes:
    """Bytes that nothing else has, the same for each name."""
    return random.Random(name).randbytes(size)


class Part(NamedTuple):
    number: int
    size: int
    etag: str


class Store:
    """A bucket with an upload in it, and what its server has acknowledged.

    Attributes:
        objects: Size of each object.
        parts: Of the upload to the key ``upload``.
        refused: Keys whose PUT was refused.
    """

    def __init__(self, server: Server) -> None:
        self.wire = Wire(server.endpoint, server.access_key, server.secret_key)
        self.objects: dict[str, int] = {}
        self.parts: list[Part] = []
        self.refused: list[str] = []
        for bucket in ("bucket", "empty"):
            assert self.wire.signed("PUT", f"/{bucket}").status == 200
        self.upload_id = self.wire.signed("POST", "/bucket/upload?uploads").text("UploadId")

    def put(self, key: str, size: int) -> Answer:
        answer = self.wire.signed("PUT", f"/bucket/{key}", body=body_of(key, size))
        if granted(answer):
            self.objects[key] = size
        else:
            self.refused.append(key)
        return answer

    def put_part(self, number: int, size: int) -> Answer:
        target = f"/bucket/upload?partNumber={number}&uploadId={self.upload_id}"
        answer = self.wire.signed("PUT", target, body=body_of(f"part {number}", size))
        if granted(answer):
            self.parts.append(Part(number, size, answer.headers["etag"]))
        return answer

    def fill(self) -> None:
        """Put parts, then files, then inline objects, each until one is refused."""
        put_until_refused(lambda number: self.put_part(number, PART_BYTES))
        put_until_refused(lambda number: self.put(f"file-{number:05}", FILE_BYTES))
        put_until_refused(lambda number: self.put(f"inline-{number:05}", INLINE_BYTES))

    def check(self) -> None:
        """Everything acknowledged is there, in every way of looking, and nothing else."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key, answer in pool.map(lambda key: (key, self.wire.signed("GET", f"/bucket/{key}")), self.objects):
                assert answer.status == 200, answer.body
                assert answer.body == body_of(key, self.objects[key]), f"{key} is not what was put"
        listed = self.wire.signed("GET", "/bucket?list-type=2").xml
        names = [element.text for element in listed.iter() if element.tag.endswith("}Key")]
        assert names == sorted(self.objects)
        parts = self.wire.signed("GET", f"/bucket/upload?uploadId={self.upload_id}")
        if self.parts:
            etags = [element.text for element in parts.xml.iter() if element.tag.endswith("}ETag")]
            assert etags == [part.etag for part in sorted(self.parts)]
        for key in {*self.refused} - {*self.objects}:
            assert self.wire.signed("HEAD", f"/bucket/{key}").status == 404
        some = next(iter(self.objects))
        assert self.wire.signed("HEAD", f"/bucket/{some}").headers["content-length"] == str(self.objects[some])
        assert self.wire.signed("GET", "/").text("Buckets/Bucket/Name") == "bucket"
        assert self.wire.send("GET", "/_/health/ready").status == 200

    def check_refusals(self) -> None:
        """Nothing that would grow the store is accepted, by whatever way."""
        for size in (0, 1, INLINE_BYTES, FILE_BYTES, PART_BYTES):
            assert_refused(self.put(f"refused-{size}", size), "InsufficientStorage", 507)
        assert_refused(self.put_part(9_999, 1), "InsufficientStorage", 507)
        for method, target in (
            ("PUT", "/another-bucket"),
            ("POST", "/bucket/another?uploads"),
            ("PUT", "/bucket/copy"),
        ):
            headers = {"x-amz-copy-source": f"/bucket/{next(iter(self.objects))}"} if target.endswith("copy") else {}
            assert_refused(self.wire.signed(method, target, headers), "InsufficientStorage", 507)

    def check_swept(self, disk: Path) -> None:
        """Soon there are no blobs but those of what is there: none of what was deleted, none of what was refused."""
        named = len(self.parts) + sum(size > INLINE_BYTES for size in self.objects.values())
        blobs = disk / "data" / "blobs"
        wait_until(lambda: len(list(blobs.glob("*/*"))) == named, what=f"a sweep that leaves {named} blobs")

    def delete_much(self) -> None:
        """By every operation that deletes: one inline object, one file, half of the others, the upload, a bucket."""
        for kind in ("inline", "file"):
            key = next(key for key in self.objects if key.startswith(kind))
            assert self.wire.signed("DELETE", f"/bucket/{key}").status == 204
            del self.objects[key]
        keys = list(self.objects)[::2]
        listed = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
        document = f"<Delete><Quiet>true</Quiet>{listed}</Delete>".encode()
        digest = base64.b64encode(hashlib.md5(document).digest()).decode()
        answer = self.wire.signed("POST", "/bucket?delete", {"Content-MD5": digest}, document)
        assert answer.status == 200
        assert b"<Error>" not in answer.body, answer.body
        for key in keys:
            del self.objects[key]
        assert self.wire.signed("DELETE", f"/bucket/upload?uploadId={self.upload_id}").status == 204
        self.parts.clear()
        assert self.wire.signed("DELETE", "/empty").status == 204

    def check_growth(self) -> None:
        """The store takes everything again, at once."""
        for size in (0, INLINE_BYTES, FILE_BYTES, PART_BYTES):
            assert self.put(f"new-{size}", size).status == 200
        assert self.wire.signed("PUT", "/empty").status == 200


def put_until_refused(put: Callable[[int], Answer]) -> None:
    """Several at once, numbered from 1."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(1, 2_000, AT_ONCE):
            if not all(map(granted, pool.map(put, range(first, first + AT_ONCE)))):
                return
    pytest.fail("the disk never became full")


def granted(answer: Answer) -> bool:
    """Whether a write was accepted; it must be that, or refused for the one good reason."""
    if answer.status != 200:
        assert_refused(answer, "InsufficientStorage", 507)
    return answer.status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_a_store_that_filled_its_disk_reads_deletes_and_then_grows_again(disk, serve, workers):
    server = serve(workers=workers)
    store = Store(server)

    store.fill()

    assert len(store.objects) > 20
    assert len(store.parts) > 3
    # Each writer looks after every MiB, so what is under way at the floor goes below it by less than this.
    assert free_bytes(disk) > FLOOR_BYTES - 2 * AT_ONCE * MIB
    store.check()
    store.check_swept(disk)
    store.delete_much()
    store.check_swept(disk)
    store.check_growth()
    store.check()
    assert server.stop() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_somebody_else_filled_to_the_last_byte(disk, serve, workers):
    server = serve(workers=workers)
    store = Store(server)
    for number in range(12):
        store.put(f"inline-{number}", INLINE_BYTES)
        store.put(f"file-{number}", FILE_BYTES)
    store.put_part(1, PART_BYTES)
    server.bushel("user", "add", "someone", *keys_of("SOMEONE0"), "--data", server.target)

    somebody_elses = fill(disk)

    store.check()
    store.check_refusals()
    # A server that dies now starts again, and finds all of it.
    server.kill()
    server.listen = f"127.0.0.1:{server.port}"
    server.start()
    store.check()
    store.check_refusals()
    # The command line, too, goes on with what needs no room, and says so of what does.
    line = refusal("user", "add", "another", *keys_of("ANOTHER0"), "--data", server.target)
    assert line.startswith("bushel: no space left")
    server.bushel("user", "disable", "someone", "--data", server.target)
    server.bushel("user", "remove", "someone", "--data", server.target)
    assert "someone" not in server.bushel("user", "list", "--data", server.target)
    store.delete_much()
    store.check_swept(disk)
    store.check()

    somebody_elses.unlink()

    store.check_growth()
    store.check()
    assert server.stop() == 0


def keys_of(name: str) -> tuple[str, ...]:
    return ("--access-key", f"{name}ACCESSKEY", "--secret-key", f"{name}-secret-key")


def refusal(*arguments: str) -> str:
    """The one line in which a command refuses."""
    done = subprocess.run([str(BUSHEL), *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    return done.stderr.rstrip()


@pytest.mark.parametrize("kind", ["object", "part"])
def test_a_disk_that_fills_while_a_body_arrives(disk, serve, kind):
    """The answer is the refusal, as soon as it is known, and there is no trace of the bytes that had come."""
    store = Store(serve(workers=1))
    store.put("before", FILE_BYTES)
    target = "/bucket/late" if kind == "object" else f"/bucket/upload?partNumber=1&uploadId={store.upload_id}"
    size = 40 * MIB
    headers = store.wire.signed_headers("PUT", target, payload_hash="UNSIGNED-PAYLOAD")
    headers["Content-Length"] = str(size)
    before = free_bytes(disk)
    with socket.create_connection(("127.0.0.1", int(store.wire.netloc.rpartition(":")[2])), timeout=30) as client:
        client.sendall(f"PUT {target} HTTP/1.1\r\n".encode())
        client.sendall("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")
        client.sendall(bytes(4 * MIB))
        wait_until(lambda: free_bytes(disk) <= before - 2 * MIB, what="some of the body on the disk")
        somebody_elses = fill(disk)
        client.sendall(bytes(2 * MIB))
        answer = b""
        while b"</Error>" not in answer:
            piece = client.recv(65536)
            assert piece, f"closed without an answer: {answer}"
            answer += piece
    assert answer.startswith(b"HTTP/1.1 507 ")
    assert b"<Code>InsufficientStorage</Code>" in answer
    assert b"\r\nConnection: close\r\n" in answer

    store.refused.append("late")
    store.check()
    somebody_elses.unlink()
    wait_until(lambda: free_bytes(disk) >= before, what="the bytes that had come to be gone")
    store.check_growth()


def test_a_client_that_asks_first_is_refused_before_it_sends_the_body(disk, serve, clients):
    server = serve(workers=1)
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    fill(disk)

    with refused("InsufficientStorage", 507):
        s3.put_object(Bucket="bucket", Key="large", Body=bytes(30 * MIB))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_without_room_for_a_new_store_is_refused_in_one_line(tmp_path, workers):
    with small_disk(tmp_path / "disk", FLOOR_BYTES // 2) as disk:
        place = str(disk / "data")

        line = refusal("serve", place, "--listen", "127.0.0.1:0", "--workers", str(workers))

        assert line.startswith(f"bushel: {place}: no space left")


def test_an_access_log_on_a_full_disk_spoils_no_request(start_server):
    server = start_server(flags=("--access-log", "/dev/full"))
    store = Store(server)

    assert store.put("object", FILE_BYTES).status == 200

    store.check()
    assert server.log_text().count("the access log has gaps") == 1
