"""Object lock on the command line: what is retained or held stays until it is released."""

import json

import pytest

pytestmark = pytest.mark.server_kinds("embedded-1")


@pytest.fixture
def place(either_shell, bucket) -> str:
    """The test's bucket, which keeps versions and can lock them."""
    either_shell("versioning", bucket, "enable")
    either_shell("lock", "default", bucket, "none")
    return f"s3://{bucket}"


def newest(shell, place: str) -> str:
    return shell("ls", "--versions", place, "--json").json[0]["version_id"]


def test_what_is_retained_stays_until_it_is_released(either_shell, place):
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    assert "no retention or legal hold" in either_shell("lock", "show", f"{place}/k", status=1).err
    either_shell("lock", "retain", f"{place}/k", "governance", "--for", "1d")
    shown = json.loads(either_shell("lock", "show", f"{place}/k").out)
    assert shown["Retention"]["Mode"] == "GOVERNANCE"
    version = newest(either_shell, f"{place}/k")

    assert "AccessDenied" in either_shell("rm", "--version-id", version, f"{place}/k", status=1).err
    assert "AccessDenied" in either_shell("rm", "--versions", "-r", place, status=1).err
    assert "AccessDenied" in either_shell("lock", "release", f"{place}/k", status=1).err
    either_shell("lock", "release", f"{place}/k", "--bypass-governance")
    either_shell("lock", "retain", f"{place}/k", "governance", "--until", "2099-01-01", "--version-id", version)
    either_shell("rm", "--versions", "--bypass-governance", f"{place}/k")
    assert either_shell("ls", "--versions", place).out == ""


def test_what_is_held_stays_as_long_as_the_hold_is_on(either_shell, place):
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    either_shell("lock", "hold", f"{place}/k", "on")
    assert json.loads(either_shell("lock", "show", f"{place}/k").out)["LegalHold"] == {"Status": "ON"}
    assert "AccessDenied" in either_shell("undo", f"{place}/k", status=1).err
    (line,) = either_shell("lock", "hold", f"{place}/k", "off", "--json").json
    assert line["document"] == {"LegalHold": {"Status": "OFF"}}
    either_shell("undo", f"{place}/k")


def test_a_bucket_has_a_default(either_shell, place):
    either_shell("lock", "default", place, "governance", "2w")
    (line,) = either_shell("lock", "show", place, "--json").json
    assert line["document"]["Rule"] == {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 14}}
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    assert json.loads(either_shell("lock", "show", f"{place}/k").out)["Retention"]["Mode"] == "GOVERNANCE"
    either_shell("rm", "--versions", "--bypass-governance", f"{place}/k")
    either_shell("lock", "default", place, "none")
    assert "Rule" not in either_shell("lock", "show", place, "--json").json[0]["document"]


def test_locks_that_make_no_sense_are_told(shell, bucket):
    place = f"s3://{bucket}"
    assert "InvalidBucketState" in shell("lock", "default", place, "governance", "1d", status=1).err
    assert "has no object lock" in shell("lock", "show", place, status=1).err
    shell("lock", "default", place, "governance", status=2)
    shell("lock", "default", place, "none", "1d", status=2)
    shell("lock", "default", place, "governance", "5h", status=2)
    shell("lock", "retain", f"{place}/k", "governance", status=2)
    shell("lock", "hold", f"{place}/", "on", status=2)
    shell("put", "-", f"{place}/k", stdin=b"x")
    assert "InvalidRequest" in shell("lock", "hold", f"{place}/k", "on", status=1).err


def test_a_bucket_is_made_with_lock(shell, bucket_names):
    name = bucket_names()
    shell("mb", name, "--object-lock")
    assert shell("lock", "show", f"s3://{name}", "--json").json[0]["document"] == {"ObjectLockEnabled": "Enabled"}
    assert shell("versioning", name).out.startswith("enabled")
