"""The page about SOAP: its program runs and prints what the page says, its tables are those of the messages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bushel.protocol.soap.messages import MAX_INLINE_BYTES, MESSAGES, NOT_IMPLEMENTED

TEXT = (Path(__file__).parents[2] / "docs" / "soap.md").read_text()


@pytest.mark.server_kinds("memory-1")
def test_the_pages_program_prints_what_the_page_says(server, bucket_names):
    bucket_names(name="quotes")
    program = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    printed = re.search(r"It prints\n\n```\n(.*?)```", TEXT, re.DOTALL)[1]
    keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **keys, "ENDPOINT": server.endpoint},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == printed


def test_every_operation_is_on_the_page():
    operations = TEXT.partition("## Operations")[2].partition("\n\nEach")[0]
    table = {name for row in operations.splitlines() if row.startswith("| `") for name in re.findall(r"`(\w+)`", row)}
    assert table - {"Prefix", "Marker", "MaxKeys", "Delimiter", "GetData"} == MESSAGES.keys()
    for name in NOT_IMPLEMENTED:
        assert f"`{name}`" in TEXT


def test_the_limit_on_the_page():
    assert f"{MAX_INLINE_BYTES:,} bytes" in TEXT
