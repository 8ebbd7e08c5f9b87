"""Shells for servers of ours and for an S3 that nobody here wrote."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from live.server import free_port, wait_until
from live.shell import Shell


@pytest.fixture
def make_shell(tmp_path, monkeypatch) -> Callable[..., Shell]:
    """Shells for an endpoint: ``make_shell(endpoint, access_key, secret_key)``."""

    def make(endpoint: str, access_key: str, secret_key: str, way: str = "within") -> Shell:
        environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_REGION": "us-east-1",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "TZ": "UTC",
        }
        return Shell(environment, way, monkeypatch)

    return make


@pytest.fixture
def shell(server, make_shell) -> Shell:
    """A shell within the test's process, for a server of ours."""
    return make_shell(server.endpoint, server.access_key, server.secret_key)


@pytest.fixture(params=["within", "beside"])
def either_shell(request, server, make_shell) -> Shell:
    """Both ways to run a command, for a server of ours."""
    return make_shell(server.endpoint, server.access_key, server.secret_key, request.param)


@pytest.fixture(scope="session")
def moto_endpoint(tmp_path_factory) -> Iterator[str]:
    """The endpoint of an S3 that nobody here wrote."""
    port = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("wb")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), 60, "moto's answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        log.close()


def _answers(port: int) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


@pytest.fixture
def files(tmp_path):
    """Make files: ``files({"a/b": b"..."})``; the folder that they are below."""

    def make(contents: dict[str, bytes], name: str = "files"):
        folder = tmp_path / name
        for path, data in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder

    return make
