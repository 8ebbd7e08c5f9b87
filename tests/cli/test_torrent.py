"""``bushel torrent``: the file, the magnet link, and what is said where there is none."""

import urllib.request

import pytest

from bushel.protocol.torrent import read_torrent
from live.shell import contents_of

pytestmark = pytest.mark.server_kinds("embedded-1")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def public(put):
    put("some dir/a disk.iso", b"x" * 300_000, ACL="public-read")
    return "some dir/a disk.iso"


def test_it_is_saved_under_the_object_s_name_or_where_it_is_wanted(either_shell, bucket, public, here):
    place = f"s3://{bucket}/{public}"
    assert either_shell("torrent", place).out == "a disk.iso.torrent\n"
    (here / "folder").mkdir()
    either_shell("torrent", place, "folder")
    either_shell("torrent", place, "new/")
    either_shell("torrent", place, "other.torrent")
    found = contents_of(here)
    assert set(found) == {
        "a disk.iso.torrent",
        "folder/a disk.iso.torrent",
        "new/a disk.iso.torrent",
        "other.torrent",
    }
    assert set(found.values()) == {either_shell("torrent", place, "-").raw}


def test_the_magnet_link_is_of_the_same_torrent(either_shell, server, bucket, public, here):
    place, url = f"s3://{bucket}/{public}", f"{server.endpoint}/{bucket}/some%20dir/a%20disk.iso"
    with urllib.request.urlopen(f"{url}?torrent", timeout=10) as answer:
        found = read_torrent(answer.read())
    assert either_shell("torrent", place, "--magnet").out == found.magnet(f"{url}?torrent") + "\n"
    assert not list(here.iterdir())


def test_json_tells_all_of_it(either_shell, server, bucket, public, here):
    place, url = f"s3://{bucket}/{public}", f"{server.endpoint}/{bucket}/some%20dir/a%20disk.iso"
    (told,) = either_shell("torrent", place, "--json").json
    found = read_torrent((here / told["file"]).read_bytes())
    assert told == {
        "type": "torrent",
        "place": place,
        "info_hash": found.info_hash.hex(),
        "magnet": found.magnet(f"{url}?torrent"),
        "name": "a disk.iso",
        "size": 300_000,
        "piece_size": 262_144,
        "tracker": f"{server.endpoint}/_/tracker/announce",
        "web_seeds": [url],
        "file": "a disk.iso.torrent",
    }
    (told,) = either_shell("torrent", place, "--json", "--magnet").json
    assert "file" not in told


def test_what_has_none_is_said_in_one_line(shell, bucket, put, here):
    put("private")
    for key, reason in (("private", "Access Denied"), ("missing", "does not exist")):
        said = shell("torrent", f"s3://{bucket}/{key}", status=1)
        assert reason in said.err
        assert said.err.count("\n") == 1
    assert not list(here.iterdir())


def test_a_command_line_that_means_nothing_is_refused(shell, bucket):
    for words in (
        [f"s3://{bucket}"],
        [f"s3://{bucket}/folder/"],
        [f"s3://{bucket}/key", "file", "--magnet"],
        [f"s3://{bucket}/key", "-", "--json"],
        ["key"],
    ):
        shell("torrent", *words, status=2)


def test_a_torrent_that_cannot_be_written_leaves_nothing(shell, bucket, public, here):
    (here / "a disk.iso.torrent").mkdir()
    (here / "a disk.iso.torrent" / "taken").write_bytes(b"")
    said = shell("torrent", f"s3://{bucket}/{public}", status=1)
    assert "a disk.iso.torrent" in said.err
    assert [each.name for each in here.iterdir()] == ["a disk.iso.torrent"]
