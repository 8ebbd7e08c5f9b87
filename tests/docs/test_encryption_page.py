"""What docs/encryption.md shows is run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from bushel.cli.key_cmd import command

PAGE = (Path(__file__).parents[2] / "docs" / "encryption.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def _run(lines, folder):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "BUSHEL_SSE_MASTER_KEY_FILE": "keys.json"}
    done = subprocess.run(
        ["/bin/sh", "-e"], input=lines, capture_output=True, text=True, cwd=folder, env=environment, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_examples_work_as_they_are_written(start_server, clients, tmp_path):
    making, replacing = _blocks("sh")
    _run(making, tmp_path)
    server = start_server(flags=("--sse-master-key-file", str(tmp_path / "keys.json")))
    (tmp_path / "data").symlink_to(server.data)
    s3 = clients(server)
    s3.create_bucket(Bucket="papers")

    scope = {"s3": s3}
    for block in _blocks("python"):
        exec(block, scope)
    _run(replacing, tmp_path)

    assert s3.get_object(Bucket="papers", Key="will.pdf")["Body"].read() == b"..."
    assert [s3.get_object(Bucket="papers", Key=f"{n}.txt")["Body"].read() for n in (1, 2, 3)] == [
        b"one",
        b"two",
        b"three",
    ]


def test_every_subcommand_is_on_the_page():
    for name in command.commands:
        assert f"bushel key {name}" in PAGE.replace("\n", " ")
