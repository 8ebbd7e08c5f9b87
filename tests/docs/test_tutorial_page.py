"""Every command of docs/tutorial.md does what the page says: run in one shell, against a server of its own.

What differs from run to run (port, times, ids, signatures) is made alike on both sides before they are compared.
"""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from live.server import BUSHEL

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
SHOWN = "127.0.0.1:9000"
_ALIKE = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"(?<=\?)X-Amz-\S+"), "SIGNED"),
    (re.compile(r"(?<=\(version )\w+"), "ID"),
    (re.compile(r"magnet:\S+"), "MAGNET"),
)


class Step(NamedTuple):
    """A command and what the page shows of its output."""

    command: str
    output: str


def steps() -> list[Step]:
    """What the page runs, in order."""
    found: list[list[str]] = []
    for block in re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], ""])
            elif line.startswith(">"):
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1] += line + "\n"
    return [Step(*each) for each in found]


def alike(text: str) -> str:
    for pattern, word in _ALIKE:
        text = pattern.sub(word, text)
    return text


@pytest.fixture
def folder(tmp_path):
    """Where the reader is: pictures, and a small web site."""
    (tmp_path / "photos" / "orchard").mkdir(parents=True)
    for name, colour in (("harvest.jpg", "darkorange"), ("orchard/first-snow.jpg", "white")):
        Image.new("RGB", (640, 480), colour).save(tmp_path / "photos" / name)
    shutil.copytree(ROOT / "examples" / "site", tmp_path / "site")
    return tmp_path


@pytest.fixture
def fresh_server(start_server, folder):
    """``bushel serve data``, with the keys that it made."""
    server = start_server(environment={"BUSHEL_ROOT_ACCESS_KEY": "", "BUSHEL_ROOT_SECRET_KEY": ""})
    (folder / "data").symlink_to(server.data)
    return server


@pytest.fixture
def run(fresh_server, folder):
    """Run a command in the reader's shell; its output. Fails where the command does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUSHEL_"))} | {
        "PATH": f"{BUSHEL.parent}:{os.environ['PATH']}",
        "AWS_CONFIG_FILE": os.devnull,
        "XDG_STATE_HOME": str(folder / "state"),
        "PYTHONIOENCODING": "utf-8",
        "TZ": "UTC",
    }
    own = fresh_server.endpoint.removeprefix("http://")
    port, shown_port = (each.rpartition(":")[2] for each in (own, SHOWN))
    with subprocess.Popen(
        ["/bin/sh"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None

        def run(command: str) -> str:
            here = command.replace(SHOWN, own).replace(f"localhost:{shown_port}", f"localhost:{port}")
            shell.stdin.write(f'{here}\necho "=ended=$?"\n')
            shell.stdin.flush()
            output = ""
            while "=ended=" not in output:
                line = shell.stdout.readline()
                assert line, output
                output += line
            output, _, status = output.partition("=ended=")
            assert status == "0\n", f"{command}\n{output}"
            return output.replace(own, SHOWN)

        yield run
        shell.stdin.close()


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if tag == "form":
            self.action = own["action"]
        elif own.get("type") == "hidden":
            self.values[own["name"]] = own["value"]


def test_every_command_prints_what_the_page_shows(run, folder):
    for command, output in steps():
        assert alike(run(command)) == alike(output), command

    assert (folder / "harvest.jpg.torrent").read_bytes().startswith(b"d8:announce")
    form = _Fields()
    form.feed((folder / "upload.html").read_text(encoding="utf-8"))
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value.encode())
        for name, value in form.values.items()
    )
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="pear.txt"\r\n\r\npear\r\n--b--\r\n'
    with urlopen(Request(form.action, body, {"Content-Type": "multipart/form-data; boundary=b"})) as answer:
        assert answer.status == 204
    assert run("bushel cat s3://orchard/inbox/pear.txt") == "pear"


def test_its_pictures_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\((\S+)\)", PAGE.read_text(encoding="utf-8"))

    assert len(pictures) == 2
    for name in pictures:
        with Image.open(PAGE.parent / name) as picture:
            assert picture.width == 1280
