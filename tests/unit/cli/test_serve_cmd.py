"""``bushel serve``: how it starts, what it says, and in which one line it refuses."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from bushel.cli.main import main
from bushel.cli.serve_cmd import with_worker_count
from bushel.core.credentials import read_credentials
from bushel.core.settings import CannotStart, Settings
from live.server import BUSHEL, Server

NO_PAIR = {"BUSHEL_ROOT_ACCESS_KEY": "", "BUSHEL_ROOT_SECRET_KEY": ""}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("BUSHEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def refusal(capsys):
    """The one line in which ``bushel serve`` refuses to start."""

    def refuse(*arguments):
        assert main(["serve", *map(str, arguments)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("bushel: ")
        assert said.err.endswith("\n")
        assert said.err.count("\n") == 1
        return said.err.removeprefix("bushel: ").rstrip("\n")

    return refuse


@pytest.fixture
def certificate(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=localhost", "-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return cert, key


def shown_on_a_terminal(store):
    """All that a start shows on a terminal until it serves."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BUSHEL), "serve", store, "--listen", "127.0.0.1:0", "--workers", "1"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while b"curl --aws-sigv4" not in shown:
            assert select.select([ours], [], [], 20)[0], f"the terminal shows only {shown!r}"
            shown += os.read(ours, 4096)
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(OSError):  # how Linux says that nobody has the other end any more
            while os.read(ours, 4096):
                pass
        os.close(ours)
        assert process.wait(20) == 0
    return shown.decode()


def test_the_first_start_keeps_a_pair_for_its_owner_alone_and_names_the_file(start_server):
    server = start_server(environment=NO_PAIR)

    file = server.data / "root-credentials"
    access_key, secret_key = read_credentials(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert f"root access key  {access_key}\n" in server.log_text()
    assert f"kept in {file}\n" in server.log_text()
    assert secret_key not in server.log_text()


def test_a_terminal_is_shown_the_new_secret_once(tmp_path):
    first, second = (shown_on_a_terminal(str(tmp_path / "data")) for _ in range(2))

    access_key, secret_key = read_credentials(tmp_path / "data" / "root-credentials")
    assert secret_key in first
    assert secret_key not in second
    assert access_key in second


def test_a_terminal_is_shown_the_secret_of_a_memory_store_which_has_nowhere_to_keep_it():
    assert re.search(r"root secret key  \S{40}  \(shown this once, kept nowhere\)", shown_on_a_terminal("memory:"))


def test_a_pair_of_the_environment_is_used_and_neither_kept_nor_shown(start_server):
    server = start_server()

    assert f"root access key  {server.access_key}\n" in server.log_text()
    assert server.secret_key not in server.log_text()
    assert not (server.data / "root-credentials").exists()


def test_it_serves_within_half_a_second(tmp_path):
    """By its processor time, which on a machine with nothing else to do is nearly all of it; the best of several."""
    took = []
    for number in range(4):
        server = Server(tmp_path / str(number), environment={"PYTHONDONTWRITEBYTECODE": ""}).start()
        fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
        took.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
        assert server.stop() == 0

    assert min(took) < 0.45


def test_one_worker_is_one_process_under_60_megabytes(start_server):
    server = start_server(workers=1)

    status = Path(f"/proc/{server.pid}/status").read_text()
    assert server.worker_pids() == []
    assert int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)[1]) < 60_000


def test_a_second_server_on_the_folder_is_refused(start_server, refusal):
    server = start_server()

    line = refusal(server.data, "--listen", "127.0.0.1:0")

    assert line == f"{server.data} is in use by another server (process {server.pid})"


def test_a_second_server_on_the_port_is_refused(tmp_path, refusal):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        line = refusal(tmp_path / "data", "--listen", address)

    assert line == f"cannot listen on {address}: another server does"


def test_an_address_of_another_machine_is_refused(tmp_path, refusal):
    line = refusal(tmp_path / "data", "--listen", "192.0.2.1:9000")

    assert line == "cannot listen on 192.0.2.1:9000: Cannot assign requested address"


def test_a_name_that_nobody_knows_is_refused(tmp_path, refusal):
    assert "nowhere.invalid" in refusal(tmp_path / "data", "--listen", "nowhere.invalid:9000")


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path, refusal):
    (tmp_path / "thesis.txt").write_text("all of it")

    assert refusal(tmp_path) == f"{tmp_path} is not empty and not a data folder (it has 'thesis.txt')"
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_a_newer_version_is_refused(tmp_path, refusal):
    (tmp_path / "format").write_text("bushel data folder, format 999\n")

    assert "999" in refusal(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["format"]


def test_a_file_in_the_folders_place_is_refused(tmp_path, refusal):
    (tmp_path / "data").write_text("")

    assert str(tmp_path / "data") in refusal(tmp_path / "data")


def test_a_root_file_without_a_pair_is_refused(tmp_path, refusal, start_server):
    server = start_server(environment=NO_PAIR)
    assert server.stop() == 0
    (server.data / "root-credentials").write_text("\n")

    assert "root-credentials: no key pair in it" in refusal(server.data)


def test_half_a_pair_of_the_environment_is_refused(tmp_path, refusal, monkeypatch):
    monkeypatch.setenv("BUSHEL_ROOT_ACCESS_KEY", "root")

    line = refusal(tmp_path / "data")

    assert line == "root_access_key is set without root_secret_key: set BUSHEL_ROOT_SECRET_KEY too, or neither"
    assert not (tmp_path / "data").exists()


def test_a_memory_store_whose_secret_nobody_would_see_is_refused(refusal):
    assert "BUSHEL_ROOT_SECRET_KEY" in refusal("memory:")


def test_an_access_log_that_cannot_be_written_is_refused(tmp_path, refusal):
    line = refusal(tmp_path / "data", "--access-log", tmp_path / "none" / "access.log")

    assert line == f"--access-log {tmp_path / 'none' / 'access.log'}: No such file or directory"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--region", "Nowhere!"], "--region: 'Nowhere!' is not a region's name such as us-east-1, or any"),
        (["--workers", "none"], "--workers: 'none' is not a number from 1 to 256, or auto"),
        (["--tls-cert", "cert.pem"], "tls_cert is set without tls_key: give --tls-key too, or neither"),
        (["--config", "/none.toml"], "/none.toml: No such file or directory"),
    ],
)
def test_a_bad_setting_is_refused_before_anything_is_touched(tmp_path, refusal, arguments, line):
    assert refusal(tmp_path / "data", *arguments) == line
    assert not (tmp_path / "data").exists()


def test_the_file_of_settings_is_found_by_variable_too(tmp_path, refusal, monkeypatch):
    (tmp_path / "bushel.toml").write_text("regoin = 'x'\n")
    expected = f"{tmp_path / 'bushel.toml'}: regoin: no such setting; did you mean region?"

    assert refusal(tmp_path / "data", "--config", tmp_path / "bushel.toml") == expected
    monkeypatch.setenv("BUSHEL_CONFIG", str(tmp_path / "bushel.toml"))
    assert refusal(tmp_path / "data") == expected


@pytest.mark.clients
def test_tls_files_that_cannot_serve_are_refused_by_name(tmp_path, refusal, certificate):
    cert, key = certificate
    other = tmp_path / "other.pem"
    other.write_text("not a certificate")
    data = tmp_path / "data"

    lock = ["openssl", "ec", "-in", key, "-aes128", "-passout", "pass:x", "-out", tmp_path / "locked.pem"]
    subprocess.run(lock, check=True, capture_output=True, timeout=30)
    for chain, private in ((tmp_path / "none", key), (other, key), (cert, other), (cert, tmp_path / "locked.pem")):
        line = refusal(data, "--tls-cert", chain, "--tls-key", private)
        assert line.startswith(f"cannot use the certificate {chain} with {private}: ")
    assert not data.exists()


def test_workers_are_one_for_memory_and_the_processors_for_a_folder():
    usable = len(os.sched_getaffinity(0))

    assert with_worker_count(Settings(), "data").workers == min(usable, 8)
    assert with_worker_count(Settings(), "memory:").workers == 1
    assert with_worker_count(Settings(workers=5), "data").workers == 5
    with pytest.raises(CannotStart, match="one process"):
        with_worker_count(Settings(workers=2), "memory:")


def test_help_tells_every_flag_and_no_secret_has_one(capsys):
    assert main(["serve", "--help"]) == 0

    said = capsys.readouterr().out
    for flag in ("--listen", "--workers", "--domain", "--region", "--public-url", "--trusted-proxy", "--tls-cert"):
        assert flag in said
    assert "--root" not in said


def test_interrupting_it_is_quiet(tmp_path):
    server = Server(tmp_path).start()

    server.process.send_signal(signal.SIGINT)

    assert server.process.wait(20) in {0, 130}
    server.kill()
    assert "Traceback" not in server.log_text()
