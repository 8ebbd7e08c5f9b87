"""The commands of docs/quotas.md are run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from bushel.cli.quota_cmd import command

PAGE = (Path(__file__).parents[2] / "docs" / "quotas.md").read_text(encoding="utf-8")
LINES = re.search(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_the_commands_work_as_they_are_written(tmp_path):
    (tmp_path / "data").mkdir()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    done = subprocess.run(
        ["/bin/sh", "-e"], input=LINES, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    facts = json.loads(done.stdout.splitlines()[-1])
    assert (facts["max_bytes"], facts["max_objects"]) == (10 * 1024**3, 100_000)


def test_every_subcommand_is_on_the_page():
    for name in command.commands:
        assert f"bushel quota {name} " in LINES
