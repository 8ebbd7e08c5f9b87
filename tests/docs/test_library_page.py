"""docs/library.md runs as it is, one block after the other, and names what there is."""

import os
import re
import warnings
from pathlib import Path

import bushel
from bushel.client import errors

PAGE = Path(__file__).resolve().parents[2] / "docs/library.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_every_block_runs(s3_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    names: dict = {"__name__": "page"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the page's urlopen is not closed, for brevity
        for block in BLOCKS:
            exec(compile(block, PAGE.name, "exec"), names)

    assert len(BLOCKS) == 10
    assert "test_report" in names


def test_every_error_is_named():
    text = PAGE.read_text()
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.BushelError):
            assert f"`{name}`" in text or f"`bushel.{name}`" in text, name


def test_every_method_of_the_easy_layer_is_named():
    text = PAGE.read_text()
    for thing in (bushel.Bucket, bushel.Object):
        for name in vars(thing):
            if not name.startswith("_"):
                assert re.search(rf"[.`]{name}\b", text), f"{thing.__name__}.{name}"
