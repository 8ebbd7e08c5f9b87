"""``bushel sync`` makes the target what the source is, and nothing else."""

import os

import pytest

from live.shell import contents_of, random_bytes

pytestmark = pytest.mark.server_kinds("embedded-1")

TREE = {"a": b"1", "b/c": b"22", "b/d": b"333", "b-": b"-", "é\nx": b"odd"}


@pytest.fixture
def place(bucket):
    return f"s3://{bucket}/site"


def actions(said):
    """Action and path of what was done, without what was skipped."""
    lines = [line for line in said.json if line["type"] == "transfer" and line["status"] in {"done", "planned"}]
    return sorted((line["action"], (line.get("target") or line["source"]).rpartition("site")[2]) for line in lines)


@pytest.fixture
def folder(files):
    return files(TREE, "site")


def test_the_second_time_there_is_nothing_to_do(shell, folder, place, tmp_path):
    assert len(actions(shell("sync", folder, place, "--json"))) == len(TREE)
    said = shell("sync", folder, place, "--json")
    assert actions(said) == []
    assert said.json[-1]["skipped"] == len(TREE)

    shell("sync", place, tmp_path / "back-site")
    assert contents_of(tmp_path / "back-site") == TREE
    assert actions(shell("sync", place, tmp_path / "back-site", "--json")) == []
    assert actions(shell("sync", place, tmp_path / "back-site", "--json", "--checksum")) == []


def test_what_changed_is_moved(shell, folder, place):
    shell("sync", folder, place)
    (folder / "a").write_bytes(b"12")
    (folder / "b" / "c").write_bytes(b"xx")
    later = (folder / "b" / "c").stat().st_mtime + 5
    os.utime(folder / "b" / "c", (later, later))
    (folder / "b" / "new").write_bytes(b"n")

    assert actions(shell("sync", folder, place, "--dry-run", "--json")) == [
        ("put", "/a"), ("put", "/b/c"), ("put", "/b/new"),
    ]  # fmt: skip
    assert actions(shell("sync", folder, place, "--size-only", "--json")) == [("put", "/a"), ("put", "/b/new")]
    assert actions(shell("sync", folder, place, "--json")) == [("put", "/b/c")]


def test_contents_are_compared_where_that_is_asked_for(shell, folder, place):
    shell("sync", folder, place)
    before = (folder / "a").stat()
    (folder / "a").write_bytes(b"2")
    os.utime(folder / "a", (before.st_mtime - 100, before.st_mtime - 100))

    assert actions(shell("sync", folder, place, "--json")) == []
    assert actions(shell("sync", folder, place, "--checksum", "--json")) == [("put", "/a")]


def test_contents_of_large_files_are_compared_by_their_checksum(shell, files, place):
    folder = files({"large": random_bytes(17 << 20)}, "site")
    shell("sync", folder, place)
    assert actions(shell("sync", folder, place, "--checksum", "--json")) == []

    with (folder / "large").open("r+b") as file:
        file.seek(9_000_000)
        file.write(b"changed")
    assert actions(shell("sync", folder, place, "--checksum", "--json")) == [("put", "/large")]


def test_only_delete_removes_and_only_what_the_source_lacks(shell, folder, place, bucket, tmp_path):
    shell("sync", folder, place)
    shell("put", "-", f"s3://{bucket}/site-beside", stdin=b"not below the folder")
    (folder / "b" / "c").unlink()

    assert actions(shell("sync", folder, place, "--json")) == []
    assert actions(shell("sync", folder, place, "--delete", "--dry-run", "--json")) == [("delete", "/b/c")]
    assert actions(shell("sync", folder, place, "--delete", "--json")) == [("delete", "/b/c")]
    assert shell("cat", f"s3://{bucket}/site-beside").raw == b"not below the folder"

    target = tmp_path / "down-site"
    shell("sync", place, target)
    (target / "extra").write_bytes(b"x")
    assert actions(shell("sync", place, target, "--delete", "--json")) == [("delete", "/extra")]


def test_what_is_not_selected_is_left_alone(shell, folder, place):
    shell("sync", folder, place)
    (folder / "a").unlink()
    (folder / "b" / "d").unlink()

    assert actions(shell("sync", folder, place, "--delete", "--exclude", "b/**", "--json")) == [("delete", "/a")]


@pytest.mark.skipif(os.geteuid() == 0 and not hasattr(os, "getxattr"), reason="nothing is unreadable")
def test_nothing_is_removed_where_something_could_not_be_read(shell, folder, place):
    """A folder that cannot be read looks like one that is empty."""
    shell("sync", folder, place)
    (folder / "a").unlink()
    (folder / "b" / "loop").symlink_to(folder)

    said = shell("sync", folder, place, "--delete", "--json", status=1)
    assert actions(said) == []
    assert any("nothing is removed" in line.get("error", "") for line in said.json)


def test_buckets_are_synchronised_by_the_server(shell, folder, place, bucket):
    shell("sync", folder, place)
    assert len(actions(shell("sync", place, f"s3://{bucket}/copy-site", "--json"))) == len(TREE)
    assert actions(shell("sync", place, f"s3://{bucket}/copy-site", "--json")) == []
    assert actions(shell("sync", place, f"s3://{bucket}/copy-site", "--checksum", "--json")) == []


def test_a_source_that_is_not_there_empties_no_target(shell, folder, place, tmp_path):
    shell("sync", folder, place)
    assert "Not a folder" in shell("sync", tmp_path / "nowhere", place, "--delete", status=1).err
    assert len(shell("ls", "-r", place).lines) == len(TREE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("x", "y"),
        ("-", "s3://b"),
        ("s3://b/*", "x"),
        ("s3://b", "s3://b"),
        ("x", "s3://b", "--checksum", "--size-only"),
    ],
)
def test_what_makes_no_sense_is_refused(shell, arguments):
    shell("sync", *arguments, status=2)
