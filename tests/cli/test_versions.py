"""Versions on the command line: shown, read, as they were at a moment, taken back, removed for good."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from live.server import wait_until
from live.shell import contents_of
from live.sse import KEY, OTHER_KEY

pytestmark = pytest.mark.server_kinds("embedded-1")


@pytest.fixture
def versioned(either_shell, bucket):
    """The test's bucket, which keeps versions."""
    either_shell("versioning", bucket, "enable")
    return f"s3://{bucket}"


def after_this_second() -> str:
    """A moment behind all that was stored, and before all that will be: S3 tells the time in whole seconds."""
    second = datetime.now(UTC).replace(microsecond=0)
    wait_until(lambda: datetime.now(UTC) >= second + timedelta(seconds=1), 5, "the next second")
    return second.isoformat()


def store(shell, place: str, text: bytes) -> None:
    shell("put", "-", place, stdin=text)


def test_whether_versions_are_kept_is_shown_and_set(either_shell, bucket):
    assert either_shell("versioning", bucket).out == f"never enabled  s3://{bucket}\n"
    assert either_shell("versioning", f"s3://{bucket}", "--json").json == [
        {"type": "setting", "place": f"s3://{bucket}", "setting": "versioning", "status": "none"}
    ]
    assert either_shell("versioning", f"s3://{bucket}", "enable").out == f"enabled        s3://{bucket}\n"
    (line,) = either_shell("versioning", bucket, "suspend", "--json").json
    assert (line["status"], line["document"]) == ("set", {"Status": "Suspended"})
    either_shell("versioning", bucket, "disable", status=2)
    assert "NoSuchBucket" in either_shell("versioning", "no-such-bucket-here", status=1).err


def test_versions_are_listed_and_read(either_shell, versioned, tmp_path):
    store(either_shell, f"{versioned}/k", b"one")
    store(either_shell, f"{versioned}/k", b"two\nlines\n")
    either_shell("rm", f"{versioned}/k")
    store(either_shell, f"{versioned}/k2", b"x")

    marker, new, old = [
        line for line in either_shell("ls", "--versions", "--json", versioned).json if line["key"] == "k"
    ]
    assert (marker["deleted"], marker["latest"], new["latest"]) == (True, True, False)
    assert len(either_shell("ls", "--versions", f"{versioned}/*2").lines) == 1
    assert either_shell("cat", "--version-id", old["version_id"], f"{versioned}/k").raw == b"one"
    assert either_shell("head", "-n", 1, "--version-id", new["version_id"], f"{versioned}/k").raw == b"two\n"
    either_shell("get", "--version-id", old["version_id"], f"{versioned}/k", tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == b"one"
    assert either_shell("stat", "--version-id", old["version_id"], f"{versioned}/k", "--json").json[0]["size"] == 3
    either_shell("cp", "--version-id", old["version_id"], f"{versioned}/k", f"{versioned}/k")
    assert either_shell("cat", f"{versioned}/k").raw == b"one"
    assert "NoSuchVersion" in either_shell("cat", "--version-id", "null", f"{versioned}/k", status=1).err
    either_shell("get", "--version-id", "x", f"{versioned}/k/", status=2)
    either_shell("cat", "--version-id", "x", "--at", "2h", f"{versioned}/k", status=2)


def test_a_bucket_is_read_as_it_stood(either_shell, versioned, files, tmp_path):
    either_shell("put", files({"a": b"1", "sub/b": b"22", "gone": b"x"}), f"{versioned}/t/")
    then = after_this_second()
    store(either_shell, f"{versioned}/t/a", b"another")
    store(either_shell, f"{versioned}/t/new", b"new")
    either_shell("rm", f"{versioned}/t/gone")

    assert [line[35:] for line in either_shell("ls", "--at", then, f"{versioned}/t/").lines] == ["a", "gone", "sub/"]
    listed = either_shell("ls", "-r", "--at", then, f"{versioned}/t/*", "--json").json
    assert [(line["key"], line["size"]) for line in listed] == [("t/a", 1), ("t/gone", 1)]
    assert either_shell("cat", "--version-id", listed[0]["version_id"], f"{versioned}/t/a").raw == b"1"
    assert either_shell("cat", "--at", then, f"{versioned}/t/a").raw == b"1"
    assert either_shell("head", "--at", then, f"{versioned}/t/gone").raw == b"x"
    assert either_shell("stat", "--at", then, f"{versioned}/t/a", "--json").json[0]["size"] == 1
    assert either_shell("du", "--at", then, versioned, "--json").json[0]["objects"] == 3
    assert either_shell("find", "--at", then, versioned, "--name", "gone").out == f"{versioned}/t/gone\n"
    assert "gone" in either_shell("tree", "--at", then, versioned).out
    assert "gone" not in either_shell("tree", versioned).out
    either_shell("get", "--at", then, f"{versioned}/t/", tmp_path / "back")
    assert contents_of(tmp_path / "back") == {"a": b"1", "sub/b": b"22", "gone": b"x"}
    either_shell("get", "--at", then, f"{versioned}/t/gone", tmp_path / "one")
    assert (tmp_path / "one").read_bytes() == b"x"
    either_shell("cp", "--at", then, f"{versioned}/t/", f"{versioned}/copy/")
    assert either_shell("cat", f"{versioned}/copy/gone", f"{versioned}/copy/a").raw == b"x1"
    assert "was not there at" in either_shell("cat", "--at", then, f"{versioned}/t/new", status=1).err
    assert either_shell("ls", "--at", "2h", versioned).out == ""
    either_shell("ls", "--at", "yesterday", versioned, status=2)
    either_shell("ls", "--at", "2h", "--versions", versioned, status=2)
    either_shell("cp", "--at", "2h", tmp_path / "one", f"{versioned}/x", status=2)


def test_a_former_state_is_brought_back(either_shell, versioned, files, tmp_path):
    """Into a folder that has what is there now, and in the bucket itself, as new versions."""
    either_shell("put", files({"a": b"1", "same": b"=", "gone": b"x"}), versioned)
    then = after_this_second()
    store(either_shell, f"{versioned}/a", b"2")
    store(either_shell, f"{versioned}/new", b"new")
    either_shell("rm", f"{versioned}/gone")
    either_shell("get", versioned, tmp_path / "back")

    either_shell("sync", "--at", then, versioned, tmp_path / "back", "--delete")
    assert contents_of(tmp_path / "back") == {"a": b"1", "same": b"=", "gone": b"x"}
    either_shell("sync", versioned, versioned, status=2)
    said = either_shell("sync", "--at", then, versioned, versioned, "--delete", "--json").json
    assert [line["source"].rpartition("/")[2] for line in said if line.get("status") == "skipped"] == ["same"]
    assert said[-1]["done"] == 3
    either_shell("get", versioned, tmp_path / "now")
    assert contents_of(tmp_path / "now") == {"a": b"1", "same": b"=", "gone": b"x"}
    assert len(either_shell("ls", "--versions", f"{versioned}/new").lines) == 2
    either_shell("sync", "--at", then, tmp_path / "back", versioned, status=2)


def test_the_last_change_is_taken_back(either_shell, versioned):
    store(either_shell, f"{versioned}/k", b"one")
    store(either_shell, f"{versioned}/k", b"two")
    store(either_shell, f"{versioned}/k2", b"kept")
    either_shell("rm", f"{versioned}/k")

    assert either_shell("undo", "--dry-run", f"{versioned}/k").out.startswith(f"would delete {versioned}/k (version ")
    either_shell("undo", f"{versioned}/k")
    assert either_shell("cat", f"{versioned}/k").raw == b"two"
    (line, summary) = either_shell("undo", f"{versioned}/k", "--json").json
    assert (line["action"], line["status"], summary["done"]) == ("delete", "done", 1)
    assert line["version_id"]
    assert either_shell("cat", f"{versioned}/k", f"{versioned}/k2").raw == b"onekept"
    assert "No version" in either_shell("undo", f"{versioned}/missing", status=1).err
    either_shell("undo", f"{versioned}/", status=2)


def test_deletions_below_a_folder_are_taken_back(either_shell, versioned, files):
    either_shell("put", files({"a": b"1", "b": b"2", "c.tmp": b"3"}), f"{versioned}/t/")
    store(either_shell, f"{versioned}/t/a", b"11")
    either_shell("rm", f"{versioned}/t/b", f"{versioned}/t/c.tmp")

    either_shell("undo", "-r", f"{versioned}/t/", "--deletions", "--exclude", "*.tmp")
    assert either_shell("cat", f"{versioned}/t/a", f"{versioned}/t/b").raw == b"112"
    assert "c.tmp" not in either_shell("ls", f"{versioned}/t/").out


def test_nothing_is_undone_where_it_would_be_lost(either_shell, bucket):
    store(either_shell, f"s3://{bucket}/k", b"the only one")

    for options in ((), ("-r",), ("--dry-run",)):
        assert "keeps no versions" in either_shell("undo", f"s3://{bucket}/k", *options, status=1).err
    assert either_shell("cat", f"s3://{bucket}/k").raw == b"the only one"


def test_versions_are_removed_for_good(either_shell, versioned, bucket_names):
    for text in (b"one", b"two"):
        store(either_shell, f"{versioned}/k", text)
    store(either_shell, f"{versioned}/k2", b"x")
    either_shell("rm", f"{versioned}/k2")
    old = either_shell("ls", "--versions", f"{versioned}/k", "--json").json[1]["version_id"]

    said = either_shell("rm", "--version-id", old, f"{versioned}/k").out
    assert said == f"delete {versioned}/k (version {old})\n"
    assert len(either_shell("rm", "--versions", "--dry-run", f"{versioned}/k").lines) == 1
    either_shell("rm", "--versions", f"{versioned}/k")
    assert [line.split()[-1] for line in either_shell("ls", "--versions", versioned).lines] == ["k2", "k2"]
    either_shell("rm", "-r", "--versions", versioned)
    assert either_shell("ls", "--versions", versioned).out == ""
    either_shell("rm", "--versions", "--uploads", f"{versioned}/k", status=2)
    either_shell("rm", "--bypass-governance", f"{versioned}/k", status=2)
    name = bucket_names()
    either_shell("mb", name)
    either_shell("versioning", name, "enable")
    store(either_shell, f"s3://{name}/k", b"x")
    either_shell("rm", f"s3://{name}/k")
    either_shell("rb", "--force", name)


# --- keys that customers bring, and the server's ----------------------------------------------------------------------


@pytest.fixture
def key_files(tmp_path) -> tuple[str, str]:
    """Two keys: one as it is, one as text."""
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "other").write_text(base64.b64encode(OTHER_KEY).decode() + "\n")
    return str(tmp_path / "key"), str(tmp_path / "other")


def test_what_a_customer_encrypts_is_read_with_that_key(either_shell, bucket, key_files, files, tmp_path):
    key, other = key_files
    place = f"s3://{bucket}"
    either_shell("put", "-", f"{place}/a", "--sse-c-key", key, stdin=b"secret\ntext\n")

    assert either_shell("cat", f"{place}/a", "--sse-c-key", key).raw == b"secret\ntext\n"
    assert either_shell("head", "-n", 1, f"{place}/a", "--sse-c-key", key).raw == b"secret\n"
    assert either_shell("stat", f"{place}/a", "--sse-c-key", key, "--json").json[0]["size"] == 12
    either_shell("cat", f"{place}/a", status=1)
    either_shell("cat", f"{place}/a", "--sse-c-key", other, status=1)
    either_shell("get", f"{place}/a", tmp_path / "a", "--sse-c-key", key)
    assert (tmp_path / "a").read_bytes() == b"secret\ntext\n"
    either_shell("cp", f"{place}/a", f"{place}/b", "--from-sse-c-key", key, "--sse-c-key", other)
    assert either_shell("cat", f"{place}/b", "--sse-c-key", other).raw == b"secret\ntext\n"
    either_shell("mv", f"{place}/b", tmp_path / "b", "--sse-c-key", other)
    assert (tmp_path / "b").read_bytes() == b"secret\ntext\n"
    large = bytes(9 << 20)
    either_shell("sync", files({"large": large}), f"{place}/t", "--sse-c-key", key)
    either_shell("sync", f"{place}/t", f"{place}/t2", "--from-sse-c-key", key)
    either_shell("sync", f"{place}/t", tmp_path / "t", "--sse-c-key", key, "--checksum")
    assert (tmp_path / "t" / "large").read_bytes() == large
    assert either_shell("head", "-c", 3, f"{place}/t2/large").raw == bytes(3)


def test_the_servers_keys_are_asked_for(either_shell, bucket, s3):
    either_shell("put", "-", f"s3://{bucket}/a", "--sse", "sse-s3", stdin=b"x")
    either_shell("put", "-", f"s3://{bucket}/b", "--sse-kms-key", "archive", "-t", "a=1 +", stdin=b"x")
    assert s3.head_object(Bucket=bucket, Key="a")["ServerSideEncryption"] == "AES256"
    head = s3.head_object(Bucket=bucket, Key="b")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].endswith("archive")
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "a", "Value": "1 +"}]
    either_shell("cp", f"s3://{bucket}/b", f"s3://{bucket}/c", "-t", "b=2")
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"too short", "holds no key"), (b"A" * 33, "holds no key"), (None, "No such file")],
)
def test_a_file_that_holds_no_key_is_told(shell, bucket, tmp_path, content, message):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    said = shell("cat", f"s3://{bucket}/k", "--sse-c-key", tmp_path / "key", status=2)
    assert message in said.err
    assert "AAA" not in said.err
    shell("put", "-", f"s3://{bucket}/k", "--sse", "sse-s3", "--sse-kms-key", "k", status=2)
