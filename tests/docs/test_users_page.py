"""The commands of docs/users.md are run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from bushel.cli.user_cmd import command
from bushel.core.credentials import read_credentials

PAGE = (Path(__file__).parents[2] / "docs" / "users.md").read_text(encoding="utf-8")
LINES = re.search(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_the_commands_work_as_they_are_written(tmp_path):
    (tmp_path / "data").mkdir()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    done = subprocess.run(
        ["/bin/sh", "-e"], input=LINES, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert read_credentials(tmp_path / "alice.new") == read_credentials(tmp_path / "alice.again")
    assert read_credentials(tmp_path / "alice.new") != read_credentials(tmp_path / "alice.credentials")


def test_every_subcommand_is_on_the_page():
    for name in command.commands:
        assert f"bushel user {name} " in LINES
