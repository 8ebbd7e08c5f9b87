"""A server that must not start says why in one line and ends with 1; who serves already goes on, unharmed.

Real processes, of one worker and of several: what a worker refuses must come out of its parent as the same one line.
"""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import lmdb
import pytest

from bushel.engine.embedded.keys import FORMAT_KEY
from live.server import BUSHEL, ROOT_ACCESS_KEY, ROOT_SECRET_KEY, Server, wait_until
from live.wire import Wire

pytestmark = pytest.mark.crash

ROOT_PAIR = {"BUSHEL_ROOT_ACCESS_KEY": ROOT_ACCESS_KEY, "BUSHEL_ROOT_SECRET_KEY": ROOT_SECRET_KEY}
WORKERS = pytest.mark.parametrize("workers", [1, 2])


def refusal(store: object, *flags: object, cwd: Path | None = None, **environment: str) -> str:
    """The one line in which ``bushel serve`` refuses."""
    words = ["--listen", "127.0.0.1:0", *flags]
    done = subprocess.run(
        [str(BUSHEL), "serve", str(store), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **ROOT_PAIR, **environment},
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert done.stderr.startswith("bushel: ")
    return done.stderr.removeprefix("bushel: ").rstrip()


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, by what is in it."""
    return {str(file): sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


@contextmanager
def goes_on(server: Server) -> Iterator[None]:
    """What was stored before can be read afterwards, and new objects stored, by every worker that there was."""
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    family = server.family()
    assert wire.signed("PUT", "/bucket").status == 200
    assert wire.signed("PUT", "/bucket/before", body=b"b" * 100_000).status == 200
    yield
    for number in range(10):
        assert wire.signed("GET", "/bucket/before").body == b"b" * 100_000
        assert wire.signed("PUT", f"/bucket/after-{number}", body=b"a" * (number * 5000)).status == 200
    assert server.family() == family


def is_running(pid: int) -> bool:
    """Whether there is such a process that still does something."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False


# --- the folder ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_a_second_server_on_the_folder_is_refused_by_whatever_name_it_comes(start_server, tmp_path, first, second):
    server = start_server(workers=first)
    (tmp_path / "alias").symlink_to(server.data)
    said = f"is in use by another server (process {server.pid})"

    with goes_on(server):
        for name in (server.data, tmp_path / "alias", f"{server.data}/", "data"):
            line = refusal(name, "--workers", second, cwd=server.data.parent)
            assert line.endswith(said)

    assert server.stop() == 0


@WORKERS
def test_the_folder_is_free_as_soon_as_its_server_was_killed(start_server, workers):
    """By a kill of the parent alone, too: its workers end with it."""
    server = start_server(workers=workers)
    family = server.family()
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    wait_until(lambda: not any(map(is_running, family)), what="the end of the workers")

    again = start_server(target=str(server.data), workers=workers)

    with goes_on(again):
        refusal(server.data)
    assert again.stop() == 0


@WORKERS
def test_of_servers_that_start_on_a_new_folder_at_once_one_serves(tmp_path, workers):
    outcomes = started_at_once([[str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--workers", str(workers)]] * 4)

    assert_one_serves(outcomes, "is in use by another server")


@WORKERS
def test_of_servers_that_start_on_a_port_at_once_one_serves(tmp_path, unused_port, workers):
    address = f"127.0.0.1:{unused_port}"
    outcomes = started_at_once(
        [[str(tmp_path / str(number)), "--listen", address, "--workers", str(workers)] for number in range(4)]
    )

    assert_one_serves(outcomes, f"cannot listen on {address}: another server does")


def started_at_once(commands: list[list[str]]) -> list[tuple[int, str, str]]:
    """Exit status, standard output and standard error of servers; who serves is stopped when all have decided."""
    servers = [
        subprocess.Popen(
            [str(BUSHEL), "serve", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **ROOT_PAIR},
            start_new_session=True,
        )
        for words in commands
    ]
    try:
        for server in servers:
            assert select.select([server.stdout], [], [], 30)[0], "neither serves nor ends"  # a line, or the end
        for server in servers:
            server.terminate()
        said = [server.communicate(timeout=30) for server in servers]
    finally:
        for server in servers:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
                server.communicate()
    return [
        (server.returncode, out.decode(), error.decode()) for server, (out, error) in zip(servers, said, strict=True)
    ]


def assert_one_serves(outcomes: list[tuple[int, str, str]], reason: str) -> None:
    served = [outcome for outcome in outcomes if outcome[1]]
    assert len(served) == 1, outcomes
    assert served[0][0] == 0, served
    assert served[0][1].startswith("Serving ")
    for status, _, line in (outcome for outcome in outcomes if not outcome[1]):
        assert (status, line.count("\n")) == (1, 1), outcomes
        assert reason in line


@pytest.fixture
def unused_port(start_server) -> int:
    """A port that was a server's a moment ago: its old connections must not keep a new one out."""
    server = start_server(target="memory:")
    assert Wire(server.endpoint, server.access_key, server.secret_key).signed("GET", "/").status == 200
    assert server.stop() == 0
    return server.port


@WORKERS
def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path, workers):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter-1.txt").write_text("all of it")
    before = contents(tmp_path)

    line = refusal(tmp_path, "--workers", workers)

    assert line == f"{tmp_path} is not empty and not a data folder (it has 'thesis')"
    assert contents(tmp_path) == before


@WORKERS
@pytest.mark.parametrize("newer", ["folder", "index"])
def test_a_folder_of_a_newer_format_is_refused_and_left_as_it_was(start_server, workers, newer):
    server = start_server()
    assert server.stop() == 0
    data = server.data
    if newer == "folder":
        (data / "format").write_text("bushel data folder, format 99\n")
    else:
        with lmdb.open(str(data / "index")) as index, index.begin(write=True) as transaction:
            transaction.put(FORMAT_KEY, b"99")
    (data / "lock").unlink()
    before = contents(data)

    line = refusal(data, "--workers", workers)

    assert "has format 99; this version reads formats up to 1 and leaves it untouched" in line
    after = contents(data)
    for name in ("lock", "index/lock.mdb"):  # say who has the folder open, nothing of what is in it
        before.pop(str(data / name), None)
        after.pop(str(data / name), None)
    assert after == before


@WORKERS
def test_a_folder_whose_index_was_lost_is_refused(start_server, workers):
    server = start_server()
    with goes_on(server):
        pass
    assert server.stop() == 0
    (server.data / "index" / "data.mdb").unlink()

    line = refusal(server.data, "--workers", workers)

    assert line == f"{server.data} has blobs but no index: put {server.data / 'index' / 'data.mdb'} back"
    assert not (server.data / "index" / "data.mdb").exists()


@WORKERS
def test_a_file_that_is_no_index_is_refused(start_server, workers):
    server = start_server()
    assert server.stop() == 0
    (server.data / "index" / "data.mdb").write_bytes(b"not an index " * 1000)

    line = refusal(server.data, "--workers", workers)

    assert line.startswith(f"cannot open the index in {server.data / 'index'}: ")


def test_a_folder_whose_root_file_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    refusal(tmp_path / "data", "--listen", "192.0.2.1:1")  # which makes the folder
    (tmp_path / "data" / "root-credentials").mkdir()

    line = refusal(tmp_path / "data", BUSHEL_ROOT_ACCESS_KEY="", BUSHEL_ROOT_SECRET_KEY="")

    assert line == f"{tmp_path / 'data' / 'root-credentials'}: Is a directory"


# --- the port -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_a_second_server_on_the_port_is_refused_and_gets_no_request(start_server, tmp_path, first, second):
    server = start_server(workers=first)
    address = f"127.0.0.1:{server.port}"

    with goes_on(server):
        line = refusal(tmp_path / "other", "--listen", address, "--workers", second)
        assert line == f"cannot listen on {address}: another server does"
        assert refusal("memory:", "--listen", address) == line

    assert server.stop() == 0


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", list(ROOT_PAIR))
def test_half_a_root_pair_is_refused_before_anything_is_touched(tmp_path, missing):
    line = refusal(tmp_path / "data", **{missing: ""})

    assert line.endswith(f"set {missing} too, or neither")
    assert not (tmp_path / "data").exists()


def test_a_memory_store_is_not_shared_by_workers(tmp_path):
    line = refusal("memory:", "--workers", 2, cwd=tmp_path)

    assert line == "--workers 2: a memory store lives in one process; serve a folder, or drop it"
    assert not list(tmp_path.iterdir())


@WORKERS
def test_tls_files_that_cannot_be_used_are_refused_before_anything_is_touched(tmp_path, workers):
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    cases = {("none.pem", "none.key"), ("cert.pem", "cert.pem"), (".", "cert.pem")}
    for cert, key in cases:
        flags = ("--tls-cert", tmp_path / cert, "--tls-key", tmp_path / key, "--workers", workers)
        line = refusal(tmp_path / "data", *flags)
        assert line.startswith(f"cannot use the certificate {tmp_path / cert} with {tmp_path / key}: ")
    assert not (tmp_path / "data").exists()
