"""Every verb does what its help says, within this process and as one of its own, on our server and on another S3."""

import json
import re
import subprocess
import urllib.request

import pytest

from live.shell import contents_of

pytestmark = pytest.mark.server_kinds("embedded-1")

TREE = {"one.jpg": b"1", "sub/two.png": b"22", "sub/deep/three.txt": b"333", "sub.txt": b"s"}


@pytest.fixture
def filled(either_shell, bucket, files):
    """The bucket with the tree below ``t/``."""
    either_shell("put", files(TREE), f"s3://{bucket}/t/")
    return f"s3://{bucket}"


def test_buckets_are_made_listed_and_removed(either_shell, bucket_names):
    name = bucket_names()

    assert either_shell("mb", f"s3://{name}").out == f"made s3://{name}\n"
    assert re.search(rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d  s3://{name}$", either_shell("ls").out, re.MULTILINE)
    assert name in [line["bucket"] for line in either_shell("ls", "--json").json]
    either_shell("mb", name, "--exist-ok")
    assert either_shell("rb", name).out == f"removed s3://{name}\n"
    said = either_shell("rb", name, "--json", status=1)
    assert said.json[0]["status"] == "failed"
    assert "NoSuchBucket" in said.json[0]["error"]


def test_a_bucket_with_objects_is_removed_only_by_force(either_shell, bucket_names):
    name = bucket_names()
    either_shell("mb", name)
    either_shell("put", "-", f"s3://{name}/a", stdin=b"x")

    assert "BucketNotEmpty" in either_shell("rb", name, status=1).err
    either_shell("rb", name, "--force")
    either_shell("ls", f"s3://{name}", status=1)


def test_a_tree_comes_back_as_it_was_put(either_shell, filled, tmp_path):
    said = either_shell("get", f"{filled}/t/", tmp_path / "back")

    assert contents_of(tmp_path / "back") == TREE
    assert min(said.lines) == f"get {filled}/t/one.jpg -> {tmp_path}/back/one.jpg"
    assert [each.name for each in (tmp_path / "back").rglob(".*")] == []


def test_one_level_and_all_levels_are_listed(either_shell, filled, bucket):
    level = either_shell("ls", f"{filled}/t/").lines
    assert [line[35:] for line in level] == ["one.jpg", "sub.txt", "sub/"]

    everything = either_shell("ls", "-r", "--json", filled).json
    assert [(line["key"], line["size"]) for line in everything] == sorted(
        (f"t/{name}", len(data)) for name, data in TREE.items()
    )
    assert {line["type"] for line in either_shell("ls", "--json", f"{filled}/t/").json} == {"object", "folder"}
    assert [line[35:] for line in either_shell("ls", f"{filled}/t/**/*.txt").lines] == [
        "t/sub.txt",
        "t/sub/deep/three.txt",
    ]


def test_cat_and_head_write_bytes(either_shell, bucket):
    either_shell("put", "-", f"s3://{bucket}/a", stdin=b"one\ntwo\nthree\n\xff")
    either_shell("put", "-", f"s3://{bucket}/b", stdin=b"B")

    assert either_shell("cat", f"s3://{bucket}/a", f"s3://{bucket}/b").raw == b"one\ntwo\nthree\n\xffB"
    assert either_shell("head", "-n", 2, f"s3://{bucket}/a").raw == b"one\ntwo\n"
    assert either_shell("head", "-c", 5, f"s3://{bucket}/a").raw == b"one\nt"
    assert either_shell("get", f"s3://{bucket}/a", "-").raw == b"one\ntwo\nthree\n\xff"


def test_copies_keep_what_their_source_is(either_shell, filled, bucket, s3):
    either_shell("put", "-", f"{filled}/src", "--content-type", "text/x", "-m", "By=me", stdin=b"x")
    either_shell("cp", f"{filled}/src", f"{filled}/copies/")
    either_shell("cp", f"{filled}/t/", f"{filled}/t2/")

    head = s3.head_object(Bucket=bucket, Key="copies/src")
    assert (head["ContentType"], head["Metadata"]) == ("text/x", {"by": "me"})
    assert len(either_shell("ls", "-r", f"{filled}/t2/").lines) == len(TREE)

    either_shell("cp", f"{filled}/src", f"{filled}/src", "--content-type", "text/y")
    assert s3.head_object(Bucket=bucket, Key="src")["ContentType"] == "text/y"
    assert "the same object" in either_shell("cp", f"{filled}/src", f"{filled}/src", status=1).err


def test_moves_leave_nothing_behind_and_lose_nothing(either_shell, filled, bucket, files, tmp_path):
    either_shell("mv", f"{filled}/t/", f"{filled}/moved/")
    assert either_shell("ls", "-r", f"{filled}/t/").out == ""
    assert len(either_shell("ls", "-r", f"{filled}/moved/").lines) == len(TREE)

    either_shell("mv", f"{filled}/moved/", tmp_path / "down")
    assert contents_of(tmp_path / "down") == TREE
    assert either_shell("ls", "-r", filled).out == ""

    either_shell("mv", tmp_path / "down" / "one.jpg", f"{filled}/up")
    assert not (tmp_path / "down" / "one.jpg").exists()
    said = either_shell("mv", f"{filled}/up", f"{filled}/up", "--content-type", "a/b", status=1)
    assert "the same object" in said.err
    assert either_shell("cat", f"{filled}/up").raw == b"1"


def test_deletion_is_by_key_pattern_or_folder(either_shell, filled):
    either_shell("rm", f"{filled}/t/", status=2)
    assert [line[:13] for line in either_shell("rm", "-r", "--dry-run", f"{filled}/t/").lines] == 4 * ["would delete "]
    either_shell("rm", f"{filled}/t/**/*.txt", f"{filled}/not-there")
    assert [line[35:] for line in either_shell("ls", "-r", filled).lines] == ["t/one.jpg", "t/sub/two.png"]
    said = either_shell("rm", "-r", filled, "--exclude", "*.jpg", "--json").json
    assert [(line["type"], line.get("source")) for line in said] == [
        ("transfer", f"{filled}/t/sub/two.png"),
        ("summary", None),
    ]
    assert said[-1]["done"] == 1


def test_usage_tree_and_find(either_shell, filled):
    assert [line.split() for line in either_shell("du", "-d", 1, f"{filled}/t/").lines] == [
        ["5", "2", "objects", f"{filled}/t/sub/"],
        ["7", "4", "objects", f"{filled}/t/"],
    ]
    assert either_shell("tree", f"{filled}/t/").out == (
        f"{filled}/t/\n├── one.jpg\n├── sub.txt\n└── sub/\n    ├── deep/\n    │   └── three.txt\n    └── two.png\n"
        "\n2 folders, 4 objects\n"
    )
    assert either_shell("find", filled, "--name", "*.txt", "--larger", "1").out == f"{filled}/t/sub/deep/three.txt\n"
    assert either_shell("find", filled, "--path", "t/*", "-0").out == f"{filled}/t/one.jpg\0{filled}/t/sub.txt\0"
    assert either_shell("find", filled, "--older", "1h").out == ""
    assert len(either_shell("find", filled, "--newer", "1h", "--json").json) == 4


def test_stat_tells_all(either_shell, filled, bucket):
    either_shell("put", "-", f"{filled}/a", "-m", "colour=red", "--cache-control", "no-store", stdin=b"abc")

    (line,) = either_shell("stat", f"{filled}/a", "--json").json
    assert (line["size"], line["e_tag"], line["metadata"]) == (3, "900150983cd24fb0d6963f7d28e17f72", {"colour": "red"})
    assert line["headers"]["cache_control"] == "no-store"
    assert line["checksum"].startswith("CRC64NVME:")
    assert re.search(r"^  meta colour +red$", either_shell("stat", f"{filled}/a").out, re.MULTILINE)
    assert "us-east-1" in either_shell("stat", filled).out
    assert "NoSuchKey" in either_shell("stat", f"{filled}/not-there", status=1).err


def test_links_work_without_a_key(either_shell, filled):
    link = either_shell("presign", f"{filled}/t/one.jpg", "--expires", "60", "--download-as", 'a "b".jpg').out.strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"1"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a \\"b\\".jpg"'
    link = either_shell("presign", f"{filled}/t/one.jpg", "--v2").out.strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"1"
    (told,) = either_shell("presign", "--put", f"{filled}/new", "--json").json
    assert told["method"] == "PUT"
    subprocess.run(["curl", "-sf", "--data-binary", "up", "-X", "PUT", told["url"]], check=True, timeout=10)
    assert either_shell("cat", f"{filled}/new").raw == b"up"
    either_shell("presign", f"{filled}/x", "--expires", "8d", status=2)


def test_access_is_shown_and_set(either_shell, filled, server, bucket):
    url = f"{server.endpoint}/{bucket}/t/one.jpg"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url, timeout=10)
    either_shell("acl", "-r", f"{filled}/t/", "public-read")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"1"
    assert {
        (line["grantee"].rpartition("/")[2], line["permission"])
        for line in either_shell("acl", f"{filled}/t/one.jpg", "--json").json
    } >= {("AllUsers", "READ")}
    assert "READ          AllUsers" in either_shell("acl", f"{filled}/t/one.jpg").lines
    assert "FULL_CONTROL" in either_shell("acl", filled, "private").out


def test_the_gallery_shows_pictures_and_escapes_names(either_shell, bucket, files, tmp_path):
    either_shell("put", files({'<script>"&.jpg': b"x", "b.txt": b"y"}), f"s3://{bucket}")
    page = either_shell("gallery", bucket, "--title", "<b>").out

    assert page.count("<img ") == 1
    assert "<script>" not in page
    assert "<title>&lt;b&gt;</title>" in page
    either_shell("gallery", bucket, "--expires", "1h", "-o", tmp_path / "page.html")
    link = re.search(r'src="([^"]+)"', (tmp_path / "page.html").read_text())[1].replace("&amp;", "&")
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"x"


def test_a_signed_link_opens_the_live_gallery_of_a_private_bucket(either_shell, bucket, files):
    either_shell("put", files({"in/a.jpg": b"x", "top.jpg": b"y"}), f"s3://{bucket}/")
    for place, seen in ((bucket, "top.jpg"), (f"s3://{bucket}/in", "a.jpg"), (f"s3://{bucket}/in/", "a.jpg")):
        (link,) = either_shell("gallery", "--expires", "3600", place).lines
        with urllib.request.urlopen(link, timeout=10) as answer:
            page = answer.read().decode()
        assert f'data-name="{seen}"' in page
    assert "top.jpg" not in page
    refused = either_shell("gallery", "--expires", "3600", bucket, "--title", "x", status=2)
    assert "add -o FILE" in refused.err
    assert '<img src="' in either_shell("gallery", "--expires", "3600", bucket, "-o", "-").out


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_shells_are_given_completions(shell, name):
    assert "_BUSHEL_COMPLETE" in shell("completion", name).out


# --- another S3 -----------------------------------------------------------------------------------------------------


@pytest.mark.server_kinds("embedded-1")
def test_all_of_it_works_on_an_s3_that_nobody_here_wrote(make_shell, moto_endpoint, files, tmp_path, bucket_names):
    shell = make_shell(moto_endpoint, "AK", "SK")
    name = bucket_names()
    shell("mb", name)
    shell("put", files(TREE), f"s3://{name}/t/", "--acl", "public-read")
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * (1 << 16) + b"odd")
    shell("put", large, f"s3://{name}/large")
    shell("get", f"s3://{name}/large", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == large.read_bytes()
    assert len(shell("ls", "-r", f"s3://{name}").lines) == 5
    shell("cp", f"s3://{name}/t/", f"s3://{name}/u/")
    shell("sync", f"s3://{name}/u/", tmp_path / "u")
    assert contents_of(tmp_path / "u") == TREE
    assert shell("cat", f"s3://{name}/u/sub.txt").raw == b"s"
    assert shell("head", "-c", 1, f"s3://{name}/u/sub/two.png").raw == b"2"
    assert shell("stat", f"s3://{name}/large", "--json").json[0]["size"] == (16 << 20) + 3
    assert "AllUsers" in shell("acl", f"s3://{name}/t/one.jpg").out
    with urllib.request.urlopen(shell("presign", f"s3://{name}/t/one.jpg").out.strip(), timeout=10) as answer:
        assert answer.read() == b"1"
    shell("mv", f"s3://{name}/u/one.jpg", f"s3://{name}/v")
    assert shell("du", f"s3://{name}", "--json").json[0]["objects"] == 9
    assert "two.png" in shell("tree", f"s3://{name}").out
    assert shell("find", f"s3://{name}", "--larger", "1M").out == f"s3://{name}/large\n"
    assert "one.jpg" in shell("gallery", name).out
    shell("rm", "-r", f"s3://{name}/t/")
    shell("rb", name, "--force")


def test_objects_go_from_one_endpoint_to_another(shell, bucket, moto_endpoint, files, bucket_names, tmp_path):
    """With a profile for the other end, as the configuration files of AWS have them."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile other]\nendpoint_url = {moto_endpoint}\naws_access_key_id = AK\n"
        "aws_secret_access_key = SK\nregion = us-east-1\n"
    )
    name = bucket_names()
    shell("put", files(TREE), f"s3://{bucket}/t/")
    other = {"AWS_CONFIG_FILE": str(config)}
    shell("mb", name, "--endpoint", moto_endpoint)
    shell(
        "cp", f"s3://{bucket}/t/", f"s3://{name}/t/", "--to-endpoint", moto_endpoint, "--to-profile", "other", **other
    )

    listed = shell("ls", "-r", f"s3://{name}", "--json", "--endpoint", moto_endpoint).json
    assert [line["key"] for line in listed] == sorted(f"t/{path}" for path in TREE)
    shell(
        "sync",
        f"s3://{bucket}/t/",
        f"s3://{name}/t/",
        "--to-endpoint",
        moto_endpoint,
        "--to-profile",
        "other",
        "--checksum",
        "--json",
        **other,
    )
    assert json.loads(shell("du", "--json", f"s3://{name}", "--endpoint", moto_endpoint).lines[-1])["objects"] == 4
