"""Every example runs as it is, as a process, against a server that only its environment names."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def example(s3_server):
    """Run an example; gives its standard output."""

    def run(name: str, *arguments: str, given: bytes = b"", status: int = 0) -> bytes:
        ran = subprocess.run(
            [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
            input=given,
            capture_output=True,
            env=os.environ | s3_server.environ,
        )
        assert ran.returncode == status, ran.stderr.decode()
        return ran.stdout + ran.stderr if status else ran.stdout

    return run


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_objects_from_their_bucket_to_their_end(example, s3_client):
    assert b"creating bucket article" in example("buckets.py", "article")
    assert b"test: 14 bytes" in example("put.py", "article", "test", "name=attribute", given=b"this is a test")
    assert example("get.py", "article", "test") == b"this is a test"
    assert s3_client.bucket("article").object("test").head().metadata == {"name": "attribute"}
    shown = example("buckets.py", "article").decode()
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d +14 test$", shown, re.MULTILINE)
    assert re.search(r"^\d{4}-\d\d-\d\d article$", shown, re.MULTILINE)
    url = example("link.py", "article", "test").decode().strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"this is a test"
    assert status_of(url.partition("?")[0]) == 403
    example("delete.py", "article", "test")
    assert b"there is no test" in example("get.py", "article", "test", status=1)


def test_standard_input_may_be_long(example, s3_client):
    example("buckets.py", "long")
    example("put.py", "long", "tape", given=bytes(20 << 20))
    assert s3_client.bucket("long").object("tape").head().size == 20 << 20


def test_pictures_are_published_on_a_page(example, tmp_path):
    example("buckets.py", "pictures")
    for name in ("a tree.png", "b&c.png", "notes.txt"):
        (tmp_path / name).write_bytes(PNG)
    urls = example("publish.py", "pictures", *(str(each) for each in sorted(tmp_path.iterdir()))).decode().split()
    assert [status_of(url) for url in urls] == [200, 200, 200]
    page = example("gallery.py", "pictures").decode()
    assert page.count("<img") == 2
    assert "notes" not in page
    for url in re.findall(r'src="([^"]+)"', page):
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == PNG
            assert answer.headers["content-type"] == "image/png"


def test_a_folder_is_mirrored(example, tmp_path, s3_client):
    for number in range(40):
        file = tmp_path / f"d{number % 3}" / f"{number}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(str(number))
    example("mirror.py", str(tmp_path), "mirror")
    assert len(list(s3_client.bucket("mirror").objects())) == 40


def test_every_example_is_run_here():
    text = Path(__file__).read_text()
    for file in EXAMPLES.glob("*.py"):
        assert f'"{file.name}"' in text
