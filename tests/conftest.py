"""Fixtures that give tests a real server and clients for it.

``server`` runs each test on every kind of server (``SERVER_KINDS``); servers live as long as the session and every test
gets a bucket of its own. A test on a server that logged a traceback fails, and a failed test shows the server's log.
``--s3-endpoint URL`` (with the usual AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) runs the same tests against
another S3.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from live.names import localhost_names
from live.server import Server
from live.sse import write_keys
from live.wire import Wire

SERVER_KINDS = {
    "embedded-1": {"workers": 1},
    "embedded-3": {"workers": 3},
    "memory-1": {"workers": 1, "target": "memory:"},
}

_WATCHED = pytest.StashKey[list[tuple[Server, int]]]()


def pytest_addoption(parser):
    parser.addoption("--s3-endpoint", help="run the S3 tests against this server instead of starting one")


def pytest_configure(config):
    config.addinivalue_line("markers", "server_kinds(*names): run on these kinds of server only")


def pytest_generate_tests(metafunc):
    """Every kind of server for tests of S3; kinds that have a data folder where users are added by the command."""
    if "server" not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("--s3-endpoint"):
        kinds = ["elsewhere"]
    else:
        kinds = list(SERVER_KINDS)
        marker = metafunc.definition.get_closest_marker("server_kinds")
        if marker:
            kinds = [kind for kind in kinds if kind in marker.args]
        if "person" in metafunc.fixturenames:
            kinds = [kind for kind in kinds if kind.startswith("embedded")]
    metafunc.parametrize("server", kinds, indirect=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server, offset in item.stash.get(_WATCHED, []):
            text = server.log_text(offset)
            report.sections.append((f"log of {server.target}, {server.workers} worker(s)", text[-20_000:]))


# --- servers ------------------------------------------------------------------------------------------------------


class _Elsewhere(Server):
    """Somebody else's server: has an endpoint, no process."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        super().__init__(folder, target="elsewhere")
        self.endpoint = endpoint
        self.access_key = os.environ.get("AWS_ACCESS_KEY_ID", self.access_key)
        self.secret_key = os.environ.get("AWS_SECRET_ACCESS_KEY", self.secret_key)


@pytest.fixture(scope="session")
def server_pool(request, tmp_path_factory) -> Iterator[Callable[[str], Server]]:
    """The session's servers, one of each kind, started when first asked for."""
    running: dict[str, Server] = {}

    def get(kind: str) -> Server:
        if kind not in running:
            folder = tmp_path_factory.mktemp(kind)
            if kind == "elsewhere":
                running[kind] = _Elsewhere(folder, request.config.getoption("--s3-endpoint"))
            else:
                keys = ("--sse-master-key-file", str(write_keys(folder / "keys.json")))
                running[kind] = Server(folder, flags=keys, **SERVER_KINDS[kind]).start()
        return running[kind]

    yield get
    statuses = {kind: server.stop() for kind, server in running.items() if kind != "elsewhere"}
    assert set(statuses.values()) <= {0}, f"exit statuses after SIGTERM: {statuses}"


@pytest.fixture
def watch(request) -> Iterator[Callable[[Server], Server]]:
    """Show this server's log if the test fails; fail the test if it logged a traceback."""
    watched = request.node.stash.setdefault(_WATCHED, [])

    def add(server: Server) -> Server:
        watched.append((server, server.log_size()))
        return server

    yield add
    for server, offset in watched:
        assert "Traceback (most recent call last)" not in server.log_text(offset), "the server logged a traceback"


@pytest.fixture
def server(request, server_pool, watch) -> Server:
    """A running server of the kind this test is run for, shared with other tests of the session."""
    return watch(server_pool(request.param))


@pytest.fixture
def start_server(tmp_path, watch) -> Iterator[Callable[..., Server]]:
    """Start servers of the test's own: ``start_server(workers=2, flags=("--region", "any"))``."""
    started: list[Server] = []
    numbers = itertools.count()

    def start(**options: Any) -> Server:
        own = Server(tmp_path / f"server-{next(numbers)}", **options)
        started.append(own)
        return watch(own).start()

    yield start
    for own in started:
        own.kill()


@pytest.fixture
def browser(tmp_path):
    """Chromium; the test fails if a page complained of something that the test did not take note of."""
    from live.browser import chromium_running

    with chromium_running(tmp_path) as running:
        yield running
    assert running.complaints == []


# --- clients ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def no_aws_settings() -> Iterator[None]:
    """Nothing of this account's AWS configuration reaches a client."""
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        if name not in {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}:
            patch.delenv(name)
    patch.setenv("AWS_CONFIG_FILE", os.devnull)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        patch.delenv(name, raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def names_below_localhost() -> Iterator[None]:
    with localhost_names():
        yield


class Clients:
    """boto3 clients by endpoint and settings; made once, since making one takes longer than most tests."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def __call__(
        self,
        server: Server,
        *,
        keys: tuple[str, str] | None = None,
        anonymous: bool = False,
        virtual: bool = False,
        region: str = "us-east-1",
        endpoint: str | None = None,
        **config: Any,
    ):
        access_key, secret_key = keys or (server.access_key, server.secret_key)
        url = endpoint or (f"http://s3.localhost:{server.port}" if virtual else server.endpoint)
        index = (url, access_key, secret_key, anonymous, virtual, region, repr(sorted(config.items())))
        if index not in self._made:
            settings = {
                "s3": {"addressing_style": "virtual" if virtual else "path", **config.pop("s3", {})},
                "retries": {"total_max_attempts": 1},  # a retry would hide a fault
                "connect_timeout": 10,
                "read_timeout": 60,
                "max_pool_connections": 40,
                **config,
            }
            if anonymous:
                settings["signature_version"] = UNSIGNED
            self._made[index] = boto3.client(
                "s3",
                endpoint_url=url,
                region_name=region,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                config=Config(**settings),
            )
        return self._made[index]

    def close(self) -> None:
        for client in self._made.values():
            client.close()


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    made = Clients()
    yield made
    made.close()


@pytest.fixture
def s3(server, clients):
    """boto3 as the root user, path style."""
    return clients(server)


@pytest.fixture
def anonymous(server, clients):
    """boto3 without a key."""
    return clients(server, anonymous=True)


@pytest.fixture
def wire(server) -> Wire:
    """Raw HTTP, signed as the root user on request."""
    return Wire(server.endpoint, server.access_key, server.secret_key)


class Person(NamedTuple):
    """A user beside root."""

    name: str
    id: str
    access_key: str
    secret_key: str
    s3: Any
    wire: Wire


@pytest.fixture(scope="session")
def people() -> dict[tuple[str, str], str]:
    """Canonical ids of users that were added, by endpoint and name."""
    return {}


@pytest.fixture
def person(server, clients, people) -> Callable[[str], Person]:
    """Users by name, added with ``bushel user add`` while the server runs."""

    def get(name: str) -> Person:
        access_key, secret_key = f"{name.upper()}USERKEY0000000", f"{name}/user+secret/key0123456789abcdefgh"
        if (server.endpoint, name) not in people:
            people[server.endpoint, name] = server.add_user(name, access_key, secret_key)
        wire = Wire(server.endpoint, access_key, secret_key)
        client = clients(server, keys=(access_key, secret_key))
        return Person(name, people[server.endpoint, name], access_key, secret_key, client, wire)

    return get


@pytest.fixture
def second(person) -> Person:
    return person("second")


@pytest.fixture
def third(person) -> Person:
    return person("third")


# --- buckets ------------------------------------------------------------------------------------------------------

_numbers = itertools.count(1)


def empty_and_delete(client: Any, bucket: str) -> None:
    """Remove uploads, objects and the bucket; harmless where it is gone."""
    try:
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for upload in page.get("Uploads", []):
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            both = page.get("Versions", []) + page.get("DeleteMarkers", [])
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in both]
            if keys:
                answer = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
                assert not answer.get("Errors"), answer["Errors"][:3]
        client.delete_bucket(Bucket=bucket)
    except client.exceptions.NoSuchBucket:
        pass


@pytest.fixture
def bucket_names(s3, worker_id) -> Iterator[Callable[..., str]]:
    """Fresh bucket names: ``bucket_names(client, name=...)``. The client (root's by default) removes them."""
    given: list[tuple[Any, str]] = []

    def fresh(client: Any = None, *, name: str | None = None) -> str:
        given.append((client or s3, name or f"b-{worker_id}-{os.getpid()}-{next(_numbers)}"))
        return given[-1][1]

    yield fresh
    for client, name in given:
        empty_and_delete(client, name)


@pytest.fixture
def bucket(s3, bucket_names) -> str:
    """A fresh bucket of root's."""
    name = bucket_names()
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(s3, bucket) -> Callable[..., dict]:
    """``put("key", b"bytes", **members)`` into the test's bucket."""

    def put_object(key: str = "key", body: bytes = b"hello", **members: Any) -> dict:
        return s3.put_object(Bucket=bucket, Key=key, Body=body, **members)

    return put_object


@pytest.fixture
def read(s3, bucket) -> Callable[..., bytes]:
    """The bytes of an object in the test's bucket."""

    def get_object(key: str = "key", **members: Any) -> bytes:
        return s3.get_object(Bucket=bucket, Key=key, **members)["Body"].read()

    return get_object
