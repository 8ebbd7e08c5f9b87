"""A small file system of a test's own, and somebody else who fills it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """While open, ``folder`` is a file system of this size; skips where this user may not mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "bushel-test", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command here")
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def fill(folder: Path) -> Path:
    """Write a file until the last byte is taken; the file."""
    file = folder / "somebody-elses"
    with file.open("ab", buffering=0) as growing:
        for piece in (1 << 20, 4096):
            try:
                while True:
                    growing.write(bytes(piece))
            except OSError:
                continue
    assert free_bytes(folder) == 0
    return file
