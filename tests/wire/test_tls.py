"""HTTPS: what is spoken, and certificates that change while connections go on."""

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bushel.core.settings import CannotStart
from bushel.server.tls import Certificate
from wire.served import Peer
from wire.test_supervisor import program  # noqa: F401 - a fixture

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """Certificates ``a`` and ``b``, and the key of ``a`` with a password."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("a", "b"):
        make = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "30",
            "-addext",
        ]
        make += ["subjectAltName=IP:127.0.0.1", "-subj", f"/CN={name}"]
        openssl(*make, "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt"))
    openssl(
        *("ec", "-aes256", "-passout", "pass:secret"),
        *("-in", str(folder / "a.key"), "-out", str(folder / "password.key")),
    )
    return folder


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture
def files(made, tmp_path) -> tuple[str, str]:
    """Certificate ``a``, where a server may have it."""
    shutil.copy(made / "a.crt", tmp_path / "server.crt")
    shutil.copy(made / "a.key", tmp_path / "server.key")
    return str(tmp_path / "server.crt"), str(tmp_path / "server.key")


def replace(made: Path, files: tuple[str, str], name: str, parts: tuple[str, ...] = ("crt", "key")) -> None:
    for part, path in zip(("crt", "key"), files, strict=True):
        if part in parts:
            Path(shutil.copy(made / f"{name}.{part}", path + ".new")).replace(path)


@contextlib.contextmanager
def connect(address: tuple[str, int], trusted: Path, **options) -> Iterator[tuple[Peer, ssl.SSLSocket]]:
    context = ssl.create_default_context(cafile=str(trusted))
    context.set_alpn_protocols(["h2", "http/1.1"])
    for name, value in options.items():
        setattr(context, name, value)
    raw = socket.create_connection(address, 20)
    try:
        secure = context.wrap_socket(raw, server_hostname="127.0.0.1")
    except BaseException:
        raw.close()
        raise
    with contextlib.closing(Peer(secure)) as peer:
        yield peer, secure


def test_https(serve, told, made, files):
    served = serve(told, tls=Certificate(*files).context)
    with connect(served.address, made / "a.crt") as (peer, sock):
        assert peer.send(GET).answer().status == 200
        assert peer.send(b"PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
        assert peer.answer().body.endswith(b"3000000")
        assert sock.selected_alpn_protocol() == "http/1.1"
        assert sock.version() == "TLSv1.3"
    assert told.requests[0].secure
    assert told.requests[0].tls_version == "1.3"


def test_old_versions_are_refused(serve, told, made, files):
    served = serve(told, tls=Certificate(*files).context)
    with connect(served.address, made / "a.crt", maximum_version=ssl.TLSVersion.TLSv1_2) as (peer, sock):
        assert peer.send(GET).answer().status == 200
        assert sock.version() == "TLSv1.2"
    assert told.requests[0].tls_version == "1.2"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(served.address) as raw, pytest.raises((ssl.SSLError, ConnectionResetError)):
        context.wrap_socket(raw)


@pytest.mark.parametrize("data", [GET, b"\x16\x03\x01" + b"x" * 1000, b"\x00" * 5])
def test_what_is_not_tls_is_closed_and_others_served(serve, told, made, files, data):
    served = serve(told, tls=Certificate(*files).context)
    plain = served.connect().send(data)
    if data[0]:
        assert b"200 OK" not in plain.file.read()
    with connect(served.address, made / "a.crt") as (peer, _):
        assert peer.send(GET).answer().status == 200


def test_a_malformed_request_is_refused_over_tls_too(serve, told, made, files):
    served = serve(told, tls=Certificate(*files).context)
    with connect(served.address, made / "a.crt") as (peer, _):
        assert peer.send(b"rubbish\r\n\r\n").answer().code == "BadRequest"


def test_new_files_are_used_for_new_connections(serve, told, made, files, caplog):
    certificate = Certificate(*files)
    served = serve(told, tls=certificate.context)
    with connect(served.address, made / "a.crt") as (old, _):
        assert old.send(GET).answer().status == 200
        replace(made, files, "b")
        certificate.reload()
        with connect(served.address, made / "b.crt") as (new, _):
            assert new.send(GET).answer().status == 200
        assert old.send(GET).answer().status == 200


@pytest.mark.parametrize("parts", [("crt",), ("key",)])
def test_files_that_do_not_fit_change_nothing(serve, told, made, files, caplog, parts):
    certificate = Certificate(*files)
    served = serve(told, tls=certificate.context)
    replace(made, files, "b", parts)
    certificate.reload()

    assert "kept the old certificate" in caplog.text
    with connect(served.address, made / "a.crt") as (peer, _):
        assert peer.send(GET).answer().status == 200


def test_files_are_watched(serve, told, made, files):
    import asyncio

    certificate = Certificate(*files)
    served = serve(told, tls=certificate.context)
    watching = asyncio.run_coroutine_threadsafe(certificate.watch(0.05), served.loop)
    replace(made, files, "b", ("crt",))  # one after the other, as tools do
    replace(made, files, "b", ("key",))
    while True:
        try:
            with connect(served.address, made / "b.crt") as (peer, _):
                assert peer.send(GET).answer().status == 200
                break
        except ssl.SSLCertVerificationError:
            continue
    watching.cancel()


@pytest.mark.parametrize(
    ("chain", "key", "reason"),
    [
        ("a.crt", "b.key", "key values mismatch"),
        ("a.crt", "password.key", "the key has a password"),
        ("a.crt", "missing.key", "No such file"),
        ("missing.crt", "a.key", "No such file"),
        ("a.key", "a.key", ""),
        ("a.crt", "a.crt", ""),
    ],
)
def test_files_that_cannot_be_used_are_one_line(made, chain, key, reason):
    with pytest.raises(CannotStart) as caught:
        Certificate(str(made / chain), str(made / key))

    message = str(caught.value)
    assert message.startswith(f"cannot use the certificate {made / chain} with {made / key}: ")
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_changes_the_certificate_of_every_worker(program, made, files, workers):  # noqa: F811 - the fixture
    running = program(*files, workers=workers).started()
    with connect(running.address, made / "a.crt") as (old, _):
        assert old.send(GET).answer().status == 200
        replace(made, files, "b")
        running.process.send_signal(signal.SIGHUP)
        for index in range(workers):
            running.until(f"^reloaded {index}")
        for _ in range(10):
            with connect(running.address, made / "b.crt") as (peer, _):
                assert peer.send(GET).answer().status == 200
        assert old.send(GET).answer().status == 200
    assert running.stop() == 0
