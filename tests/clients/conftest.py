"""Files to send and names to use, for tests that drive real clients against a real port."""

import random
from pathlib import Path
from typing import NamedTuple

import pytest


class Files(NamedTuple):
    """What is sent.

    Attributes:
        small: 10 KB.
        big: 17 MiB, which clients send in parts.
        tree: A folder of several files with names that need encoding.
    """

    folder: Path
    small: Path
    big: Path
    tree: Path


@pytest.fixture
def files(tmp_path) -> Files:
    folder = tmp_path / "files"
    tree = folder / "tree"
    (tree / "sub dir").mkdir(parents=True)
    small, big = folder / "small.bin", folder / "big.bin"
    small.write_bytes(random.randbytes(10_000))
    big.write_bytes(random.randbytes(17 * 1024 * 1024 + 5))
    for name in ("one.txt", "two words.txt", "sub dir/plus+and%.txt", "sub dir/ümlaut.txt", "sub dir/empty"):
        (tree / name).write_bytes(name.encode() if not name.endswith("empty") else b"")
    return Files(folder, small, big, tree)


def tree_of(folder: Path) -> dict[str, bytes]:
    """Relative name to contents."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def same_tree():
    def compare(one: Path, two: Path) -> None:
        assert tree_of(one) == tree_of(two)

    return compare
