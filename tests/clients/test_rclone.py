"""rclone, from Debian: Signature V4 and V2, path and virtual-host addressing."""

import json

import pytest

from live.programs import found, run

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]


@pytest.fixture(params=["v4", "v2", "virtual"])
def rclone(request, server, tmp_path):
    """``virtual``: the server stands in as HTTP proxy, since nothing resolves ``BUCKET.localhost`` for rclone."""
    virtual = request.param == "virtual"
    environment = {
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_B_TYPE": "s3",
        "RCLONE_CONFIG_B_PROVIDER": "Other",
        "RCLONE_CONFIG_B_ENDPOINT": f"http://s3.localhost:{server.port}" if virtual else server.endpoint,
        "RCLONE_CONFIG_B_ACCESS_KEY_ID": server.access_key,
        "RCLONE_CONFIG_B_SECRET_ACCESS_KEY": server.secret_key,
        "RCLONE_CONFIG_B_REGION": "" if request.param == "v2" else "us-east-1",
        "RCLONE_CONFIG_B_FORCE_PATH_STYLE": str(not virtual).lower(),
        "RCLONE_CONFIG_B_V2_AUTH": str(request.param == "v2").lower(),
        "RCLONE_S3_UPLOAD_CUTOFF": "6Mi",
        "RCLONE_S3_CHUNK_SIZE": "5Mi",
        "RCLONE_RETRIES": "1",
        "RCLONE_LOW_LEVEL_RETRIES": "1",
        "HOME": str(tmp_path),
        **({"HTTP_PROXY": server.endpoint} if virtual else {}),
    }
    (tmp_path / "rclone.conf").touch()
    return lambda *words: run(found("rclone"), *words, **environment)


def test_a_day_with_rclone(rclone, s3, anonymous, files, bucket_names, tmp_path, same_tree):
    bucket = bucket_names()
    rclone("mkdir", f"B:{bucket}")
    rclone("copyto", files.small, f"B:{bucket}/small")
    rclone("copyto", files.big, f"B:{bucket}/big")
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-4"')
    assert "mtime" in s3.head_object(Bucket=bucket, Key="small")["Metadata"]
    rclone("copy", files.tree, f"B:{bucket}/tree")
    rclone("check", "--download", files.tree, f"B:{bucket}/tree")
    rclone("copy", f"B:{bucket}/tree", tmp_path / "tree")
    same_tree(files.tree, tmp_path / "tree")
    rclone("copyto", f"B:{bucket}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == files.big.read_bytes()
    listed = json.loads(rclone("lsjson", "--recursive", "--files-only", "--hash", f"B:{bucket}"))
    assert {item["Path"]: item["Size"] for item in listed} == {
        "small": 10_000,
        "big": files.big.stat().st_size,
        **{
            f"tree/{path.relative_to(files.tree)}": path.stat().st_size
            for path in files.tree.rglob("*")
            if path.is_file()
        },
    }
    piece = rclone("cat", "--offset", "5", "--count", "5", f"B:{bucket}/tree/two words.txt")
    assert piece == "ords."
    rclone("moveto", f"B:{bucket}/small", f"B:{bucket}/mo ved")
    rclone("copyto", f"B:{bucket}/mo ved", tmp_path / "moved")
    assert (tmp_path / "moved").read_bytes() == files.small.read_bytes()
    rclone("copyto", "--s3-acl", "public-read", files.small, f"B:{bucket}/public")
    assert anonymous.get_object(Bucket=bucket, Key="public")["Body"].read() == files.small.read_bytes()
    assert bucket in rclone("lsd", "B:")
    rclone("purge", f"B:{bucket}")
    assert bucket not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_sync_deletes_what_is_gone(rclone, s3, files, bucket):
    rclone("sync", files.tree, f"B:{bucket}/t")
    (files.tree / "one.txt").unlink()
    (files.tree / "two words.txt").write_bytes(b"changed")
    rclone("sync", files.tree, f"B:{bucket}/t")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert "t/one.txt" not in keys
    assert s3.get_object(Bucket=bucket, Key="t/two words.txt")["Body"].read() == b"changed"
    rclone("check", files.tree, f"B:{bucket}/t")


@pytest.mark.parametrize("rclone", ["v4", "virtual"], indirect=True)  # rclone makes no links with V2
def test_a_link_of_rclone(rclone, s3, files, bucket, tmp_path, server):
    s3.upload_file(str(files.small), bucket, "a b")
    url = rclone("link", "--expire", "1m", f"B:{bucket}/a b").strip()
    host = url.split("/")[2].partition(":")[0]
    run(found("curl"), "-fsS", "--resolve", f"{host}:{server.port}:127.0.0.1", "-o", tmp_path / "got", url)
    assert (tmp_path / "got").read_bytes() == files.small.read_bytes()
