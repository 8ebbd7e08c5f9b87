"""The lines that a start prints for pasting are pasted here, as they are, and so is what the README shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bushel.assemble import ROOT_FILE

ROOT = Path(__file__).parents[2]


def pasted(server, *names, variables=None):
    """Standard output of a shell into which the lines of those names were pasted."""
    text = server.log_text()
    lines = [re.search(rf"^  {name} +(.+)$", text, re.MULTILINE)[1] for name in ("keys", *names)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUSHEL_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["AWS_CONFIG_FILE"] = os.devnull
    done = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        env={**environment, **(variables or {})},
        timeout=60,
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.clients
@pytest.mark.parametrize("own_pair", [False, True], ids=["pair-in-folder", "pair-in-environment"])
def test_the_lines_work_as_they_are_printed(start_server, own_pair):
    pair = {} if own_pair else {"BUSHEL_ROOT_ACCESS_KEY": "", "BUSHEL_ROOT_SECRET_KEY": ""}
    server = start_server(environment=pair)
    variables = {"BUSHEL_ROOT_SECRET_KEY": server.secret_key} if own_pair else {}

    assert pasted(server, "aws", variables=variables) == "make_bucket: first-bucket\n"
    assert "'Name': 'first-bucket'" in pasted(server, "boto3", variables=variables)
    assert "<Name>first-bucket</Name>" in pasted(server, "curl", variables=variables)


def test_the_readme_names_targets_that_there_are_and_the_file_that_is_made():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    targets = re.findall(r"^make ([a-z-]+)", readme, re.MULTILINE)

    assert {"serve", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert f"AWS_SHARED_CREDENTIALS_FILE=data/{ROOT_FILE}\n" in readme
