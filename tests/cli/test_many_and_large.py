"""Ten thousand files, and one of 5 GiB, there and back: everything arrives, and memory stays bounded."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from live.server import BUSHEL
from live.shell import random_bytes

pytestmark = [pytest.mark.slow, pytest.mark.server_kinds("embedded-1"), pytest.mark.timeout(900)]

MAX_RSS_BYTES = 150_000_000
FILES = 10_000
LARGE_BYTES = 5 << 30
END = b"the end of it al"


@pytest.fixture
def run(server, bucket, make_shell, tmp_path):
    """Run ``bushel`` as a process of its own; fails where it fails, or where it needed more memory than it may."""
    environment = os.environ | make_shell(server.endpoint, server.access_key, server.secret_key).environment

    def run(*arguments, stdin=subprocess.DEVNULL) -> str:
        out, err = (tmp_path / "out").open("w+"), (tmp_path / "err").open("w+")
        with out, err:
            command = [str(BUSHEL), *map(str, arguments)]
            process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=out, stderr=err)
            peak = 0
            while process.poll() is None:
                peak = max(peak, _peak_bytes(process.pid))
                time.sleep(0.02)
            err.seek(0)
            out.seek(0)
            assert process.returncode == 0, err.read()
            assert 0 < peak < MAX_RSS_BYTES, f"{peak / 1e6:.0f} MB"
            return out.read()

    return run


def _peak_bytes(pid: int) -> int:
    """The most memory that a process has had so far; 0 where it is no longer, or not yet our program."""
    status = Path(f"/proc/{pid}/status").read_text() if Path(f"/proc/{pid}").exists() else ""
    found = re.search(r"^Name:\s+bushel$[\s\S]+^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) << 10 if found else 0


def test_ten_thousand_files_go_up_down_and_are_in_step(run, bucket, tmp_path):
    source = tmp_path / "source"
    block = random_bytes(10 << 10)
    for number in range(FILES):
        file = source / f"{number // 100:03d}" / f"{number:05d}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"{number:010d}".encode() + block[10:])

    run("put", "-q", source, f"s3://{bucket}/put/")
    run("get", "-q", f"s3://{bucket}/put/", tmp_path / "got")
    subprocess.run(["diff", "-r", source, tmp_path / "got"], check=True)

    run("sync", "-q", source, f"s3://{bucket}/sync")
    assert _transfers(run("sync", "--json", source, f"s3://{bucket}/sync")) == 0
    (source / "050" / "05000").write_bytes(b"changed")
    assert _transfers(run("sync", "--json", source, f"s3://{bucket}/sync")) == 1
    run("sync", "-q", f"s3://{bucket}/sync", f"s3://{bucket}/copy")
    run("sync", "-q", f"s3://{bucket}/copy", tmp_path / "synced")
    subprocess.run(["diff", "-r", source, tmp_path / "synced"], check=True)
    run("rm", "-q", "-r", f"s3://{bucket}/")
    assert run("ls", f"s3://{bucket}/") == ""


def _transfers(lines: str) -> int:
    return lines.count('"status":"done"')


def test_five_gibibytes_go_up_and_down(run, bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    _make_large(source)

    run("put", "-q", source, f"s3://{bucket}/large")
    run("get", "-q", f"s3://{bucket}/large", target)
    subprocess.run(["cmp", source, target], check=True)
    target.unlink()
    run("rm", f"s3://{bucket}/large")


def test_five_gibibytes_are_brought_in_step(run, bucket, tmp_path):
    source, target = tmp_path / "source" / "large", tmp_path / "target"
    source.parent.mkdir()
    _make_large(source)

    run("sync", "-q", source.parent, f"s3://{bucket}/sync")
    assert _transfers(run("sync", "--json", source.parent, f"s3://{bucket}/sync")) == 0
    run("sync", "-q", f"s3://{bucket}/sync", target)
    subprocess.run(["cmp", source, target / "large"], check=True)
    (target / "large").unlink()
    run("rm", f"s3://{bucket}/sync/large")


def test_five_gibibytes_come_from_standard_input(run, bucket, tmp_path, s3):
    source = tmp_path / "source"
    _make_large(source)
    with subprocess.Popen(["cat", source], stdout=subprocess.PIPE) as pipe:
        run("put", "-q", "-", f"s3://{bucket}/large", stdin=pipe.stdout)

    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == LARGE_BYTES
    last = s3.get_object(Bucket=bucket, Key="large", Range="bytes=-16")["Body"].read()
    assert last == END
    run("rm", f"s3://{bucket}/large")


def _make_large(file: Path) -> None:
    """A file whose every 16 MiB begin differently; the rest are holes, which cost no disk here."""
    with file.open("wb") as out:
        for at in range(0, LARGE_BYTES, 16 << 20):
            out.seek(at)
            out.write(random_bytes(at % 1_000_003 + 64))
        out.seek(LARGE_BYTES - len(END))
        out.write(END)
