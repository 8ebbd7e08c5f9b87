"""The library with another S3 than ours, over TLS, through proxies, and without a socket at all."""

import contextlib
import logging
import select
import socket
import subprocess
import threading
import warnings
from collections.abc import Iterator

import pytest

import bushel
import bushel.testing
from bushel.client import Retries, TransferOptions, errors
from bushel.engine.api import EngineError
from bushel.protocol.shapes import lifecycle
from bushel.testing.clock import ManualClock
from live.server import wait_until

BIG = bytes(range(256)) * (12 << 12) + b"tail"
SMALL_PARTS = TransferOptions(part_bytes=5 << 20, concurrency=4, memory_bytes=20 << 20)


def everything(client: bushel.Client, tmp_path) -> None:
    """What any S3 can do."""
    bucket = client.bucket("elsewhere")
    bucket.create()
    assert bucket.exists()
    assert "elsewhere" in [each.name for each in client.buckets()]
    bucket.put("a/b c+ü", b"hello", content_type="text/plain", metadata={"by": "me"})
    info = bucket.object("a/b c+ü").head()
    assert (info.size, info.content_type, info.metadata) == (5, "text/plain", {"by": "me"})
    assert bucket.get("a/b c+ü") == b"hello"
    bucket.put("empty", b"")
    assert bucket.get("empty") == b""
    stored = bucket.put("big", BIG)
    assert stored.e_tag.endswith('-3"')
    assert bucket.get("big") == BIG
    assert b"".join(bucket.object("big").stream()) == BIG
    bucket.object("big").download(tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BIG
    bucket.put("file", tmp_path / "f")
    bucket.object("big").copy_to(bucket.object("copy"))
    assert bucket.get("copy") == BIG
    assert [each.key for each in bucket.objects()] == ["a/b c+ü", "big", "copy", "empty", "file"]
    assert [each[0] for each in bucket.ls()] == ["a/", "big", "copy", "empty", "file"]
    assert not list(bucket.uploads())
    client.put_object(bucket="elsewhere", key="raw", body=iter([BIG]), content_length=len(BIG))
    assert bucket.get("raw") == BIG
    with pytest.raises(errors.NoSuchKey):
        bucket.get("missing")
    with pytest.raises(errors.NoSuchKey):
        bucket.object("missing").head()
    with pytest.raises(errors.NoSuchBucket):
        client.bucket("nowhere-at-all").get("k")
    bucket.object("big").set_acl("public-read")
    assert bucket.object("big").is_public()
    with pytest.raises(errors.BucketNotEmpty):
        bucket.delete()
    assert bucket.empty() == 6
    bucket.delete()
    assert not bucket.exists()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The endpoint of a moto server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.mark.filterwarnings("ignore")
def test_another_s3_is_served_as_well(moto, tmp_path):
    with bushel.Client(moto, access_key="AK", secret_key="SK", environ={}, transfers=SMALL_PARTS) as client:
        everything(client, tmp_path)


@pytest.mark.filterwarnings("ignore")
def test_its_versions_are_listed(moto):
    with bushel.Client(moto, access_key="AK", secret_key="SK", environ={}) as client:
        bucket = client.bucket("versions")
        bucket.create()
        if not hasattr(client, "put_bucket_versioning"):
            with pytest.raises(errors.NotSupported):
                list(bucket.versions())
            return
        from bushel.protocol.operations import TABLE
        from bushel.protocol.shapes import versioning

        assert TABLE["ListObjectVersions"].input is not None
        client.put_bucket_versioning(
            bucket="versions", versioning_configuration=versioning.VersioningConfiguration(status="Enabled")
        )
        first, second = bucket.put("k", b"one").version_id, bucket.put("k", b"two").version_id
        bucket.delete_object("k")
        assert first != second
        versions = list(bucket.versions())
        assert [(each.deleted, each.latest) for each in versions] == [(True, True), (False, False), (False, False)]
        assert bucket.object("k", version_id=first).get() == b"one"


# --- in process -------------------------------------------------------------------------------------------------------


def test_a_client_can_have_the_server_in_it(tmp_path):
    with bushel.testing.client(transfers=SMALL_PARTS) as client:
        everything(client, tmp_path)


def test_a_folder_is_served_in_process_and_keeps_what_was_stored(tmp_path):
    with bushel.testing.client(tmp_path / "data") as client:
        client.bucket("kept").create()
        client.bucket("kept").put("k", b"kept")
    with bushel.testing.server(tmp_path / "data") as server, server.client() as client:
        assert client.bucket("kept").get("k") == b"kept"


def test_a_server_in_a_thread_serves_on_a_port(tmp_path):
    with bushel.testing.server() as server, server.client(transfers=SMALL_PARTS) as client:
        everything(client, tmp_path)


def test_a_server_in_a_thread_is_found_by_the_usual_variables(tmp_path):
    with bushel.testing.server(region="eu-west-1") as server, bushel.Client(environ=server.environ) as client:
        client.bucket("found").create()
        assert client.get_bucket_location(bucket="found").location_constraint == "eu-west-1"


def test_a_server_in_a_thread_carries_lifecycle_rules_out_by_the_clock_of_the_test():
    clock = ManualClock()
    rule = lifecycle.LifecycleRule(
        filter=lifecycle.LifecycleRuleFilter(prefix="a"),
        status="Enabled",
        expiration=lifecycle.LifecycleExpiration(days=1),
    )
    configuration = lifecycle.LifecycleConfiguration(rules=[rule])

    def left() -> list[str]:
        with server.client() as client, contextlib.suppress(errors.Forbidden):  # until answers have the new date
            return [each.key for each in client.bucket("rules").objects()]
        return []

    with bushel.testing.server(clock=clock, lifecycle_interval_seconds=1) as server:
        with server.client() as client:
            client.bucket("rules").create()
            client.put_bucket_lifecycle_configuration(bucket="rules", lifecycle_configuration=configuration)
            for key in ("a", "b"):
                client.bucket("rules").put(key, b"")
        clock.advance(2 * 86_400)
        wait_until(lambda: left() == ["b"])


def test_a_server_in_a_thread_says_why_it_cannot_start(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EngineError, match="file"), bushel.testing.server(tmp_path / "file" / "data"):
        pass
    with pytest.raises(TypeError), bushel.testing.server(no_such_setting=1):
        pass
    with pytest.raises(TypeError, match="workers"), bushel.testing.server(workers=2):
        pass


def test_time_can_be_handed_to_the_server():
    clock = ManualClock()
    with bushel.testing.server(clock=clock) as server, server.client() as client:
        client.bucket("then").create()
        assert next(iter(client.buckets())).created.year == 2024


def test_the_asynchronous_client_can_have_the_server_in_it(run):
    async def main():
        async with bushel.testing.async_client() as client:
            await client.bucket("abc").create()
            await client.bucket("abc").put("k", b"hello")
            assert await client.bucket("abc").get("k") == b"hello"

    run(main())


def test_fixtures_are_there_for_everybodys_tests(pytester_like):
    pytester_like(
        """
        def test_one(s3_bucket):
            s3_bucket.put("k", b"hello")
            assert s3_bucket.get("k") == b"hello"

        def test_other(s3_bucket, s3_client, s3_server):
            assert not list(s3_bucket.objects())
            assert [each.name for each in s3_client.buckets()] == [s3_bucket.name]
            assert s3_server.endpoint.startswith("http://127.0.0.1:")
        """
    )


@pytest.fixture
def pytester_like(tmp_path):
    """Run tests of somebody else's in a process of their own."""
    import sys
    import textwrap

    def run_tests(source: str) -> None:
        (tmp_path / "test_it.py").write_text(textwrap.dedent(source))
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "2 passed" in ran.stdout

    return run_tests


# --- TLS and proxies --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key."""
    folder = tmp_path_factory.mktemp("tls")
    make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-subj", "/CN=test"]
    files = str(folder / "crt"), str(folder / "key")
    subprocess.run(["openssl", *make, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@pytest.fixture
def secure(certificate) -> Iterator[bushel.testing.RunningServer]:
    """A server that speaks HTTPS."""
    with bushel.testing.server(tls_cert=certificate[0], tls_key=certificate[1]) as server:
        yield server


def test_certificates_are_checked(secure, certificate, tmp_path):
    options = {"access_key": secure.access_key, "secret_key": secure.secret_key, "environ": {}}
    with (
        bushel.Client(secure.endpoint, **options) as client,
        pytest.raises(errors.CertificateError, match="not trusted") as caught,
    ):
        client.list_buckets()
    assert "\n" not in str(caught.value)
    with bushel.Client(secure.endpoint, ca_bundle=certificate[0], transfers=SMALL_PARTS, **options) as client:
        everything(client, tmp_path)
    with bushel.Client(secure.endpoint, **(options | {"environ": {"AWS_CA_BUNDLE": certificate[0]}})) as client:
        client.list_buckets()
    with bushel.Client(secure.endpoint, verify=False, **options) as client:
        client.list_buckets()
    with (
        bushel.Client(secure.endpoint, ca_bundle="/nowhere", **options) as client,
        pytest.raises(errors.CertificateError, match="/nowhere"),
    ):
        client.list_buckets()


def test_a_name_that_is_not_the_certificates_is_not_trusted(secure, certificate):
    elsewhere = secure.endpoint.replace("127.0.0.1", "localhost")
    with (
        bushel.Client(elsewhere, anonymous=True, environ={}, ca_bundle=certificate[0]) as client,
        pytest.raises(errors.CertificateError),
    ):
        client.list_buckets()


def test_plain_http_to_a_port_of_https_is_told(secure):
    plain = secure.endpoint.replace("https:", "http:")
    with (
        bushel.Client(plain, anonymous=True, environ={}, retries=Retries(1)) as client,
        pytest.raises(errors.TransportError),
    ):
        client.list_buckets()


class Proxy:
    """An HTTP proxy that knows CONNECT and plain requests, and remembers what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self._status = status
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://me:secret@127.0.0.1:{self._socket.getsockname()[1]}"
        self.heads: list[str] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(inner,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, inner: socket.socket) -> None:
        with inner, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += inner.recv(65536)
            line = head.split(b"\r\n")[0].decode()
            self.heads.append(head.decode("latin-1"))
            method, target, _ = line.split(" ")
            if self._status != 200:
                inner.sendall(f"HTTP/1.1 {self._status} No\r\ncontent-length: 0\r\n\r\n".encode())
                return
            authority = target if method == "CONNECT" else target.split("/")[2]
            host, _, port = authority.rpartition(":")
            with socket.create_connection((host, int(port))) as outer:
                if method == "CONNECT":
                    inner.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    outer.sendall(head.replace(f"http://{authority}".encode(), b"", 1))
                while True:
                    for readable in select.select([inner, outer], [], [])[0]:
                        piece = readable.recv(1 << 20)
                        if not piece:
                            return
                        (outer if readable is inner else inner).sendall(piece)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def proxies():
    made = []

    def make(**options) -> Proxy:
        made.append(Proxy(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_https_goes_through_a_proxy_that_sees_only_where_to(secure, certificate, proxies):
    proxy = proxies()
    with bushel.Client(
        secure.endpoint,
        access_key=secure.access_key,
        secret_key=secure.secret_key,
        environ={"https_proxy": proxy.url},
        ca_bundle=certificate[0],
    ) as client:
        client.bucket("proxied").create()
        client.bucket("proxied").put("k", b"hello")
        assert client.bucket("proxied").get("k") == b"hello"

    [head] = proxy.heads
    assert head.startswith(f"CONNECT {secure.endpoint.removeprefix('https://')} HTTP/1.1\r\n")
    assert "proxy-authorization: Basic bWU6c2VjcmV0" in head
    assert "AWS4" not in head


def test_http_is_asked_of_the_proxy(server, bucket, proxies):
    proxy = proxies()
    with bushel.Client(
        server.endpoint,
        access_key=server.access_key,
        secret_key=server.secret_key,
        environ={"http_proxy": proxy.url},
    ) as client:
        client.bucket(bucket).put("k", b"hello")
        assert client.bucket(bucket).get("k") == b"hello"
    assert proxy.heads[0].startswith(f"PUT http://127.0.0.1:{server.port}/{bucket}/k HTTP/1.1\r\n")


def test_a_proxy_that_refuses_is_told(secure, proxies):
    proxy = proxies(status=407)
    with (
        bushel.Client(
            secure.endpoint, anonymous=True, environ={"https_proxy": proxy.url}, retries=Retries(1)
        ) as client,
        pytest.raises(errors.CannotConnect, match="answered 407") as caught,
    ):
        client.list_buckets()
    assert "secret" not in str(caught.value)
