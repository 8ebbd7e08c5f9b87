"""``bushel key``: keys are made, renewed and let go, beside servers that use them."""

import json
import stat
import subprocess

import pytest

from live.server import BUSHEL


@pytest.fixture
def file(tmp_path):
    return tmp_path / "keys.json"


def run(*arguments):
    done = subprocess.run([str(BUSHEL), "key", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def done(*arguments):
    status, said, error = run(*arguments)
    assert (status, error) == (0, ""), error
    return said


def refused(*arguments):
    status, said, error = run(*arguments)
    assert status != 0
    assert said == ""
    assert error.count("\n") == 1, error
    return error


def listed(file):
    return [json.loads(line) for line in done("list", "--json", "--file", file).splitlines()]


def test_keys_are_made_and_listed_and_their_secrets_not_shown(file):
    said = done("create", "--file", file) + done("create", "reports", "--file", file)
    said += done("create", "archive", "--default", "--file", file) + done("rotate", "reports", "--file", file)
    said += done("disable", "archive", "--file", file) + done("list", "--file", file)

    states = [(each["key"], each["state"]) for each in listed(file)]
    assert states == [
        ("(master)", "enabled"),
        ("reports", "enabled"),
        ("reports", "opens only"),
        ("archive", "disabled, default"),
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stored = json.loads(file.read_text())
    secrets = [stored["master"][0]["secret"]] + [each["secret"] for each in stored["keys"]["reports"]["versions"]]
    assert len(set(secrets)) == 3
    assert not any(secret in said for secret in secrets)
    done("enable", "archive", "--file", file)
    assert listed(file)[-1]["state"] == "enabled, default"
    assert [entry.name for entry in file.parent.iterdir()] == ["keys.json"]


def test_what_cannot_be_done_is_told_in_one_line(file):
    assert "No such file" in refused("list", "--file", file)
    done("create", "--file", file)
    before = file.read_bytes()

    assert "already" in refused("create", "--file", file)
    assert "no key nobody" in refused("rotate", "nobody", "--file", file)
    assert "no name" in refused("create", "a/b", "--file", file)
    assert "with a NAME" in refused("create", "--default", "--file", file / "x")
    file.chmod(0o644)
    assert "chmod 600" in refused("rotate", "--file", file)
    assert file.read_bytes() == before


def test_a_master_key_is_replaced_while_the_server_runs(file, start_server, clients):
    """New version, everything wrapped anew, old version gone: and every object is read at every step."""
    done("create", "--file", file)
    done("create", "reports", "--file", file)
    server = start_server(workers=2, flags=("--sse-master-key-file", str(file)))
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    body = b"a body of some length " * 2000
    kinds = {"s3": {"ServerSideEncryption": "AES256"}, "kms": {"ServerSideEncryption": "aws:kms"}, "none": {}}
    for name, asked in kinds.items():
        s3.put_object(Bucket="bucket", Key=name, Body=body, Metadata={"long": "x" * 1500}, **asked)
    begun = s3.create_multipart_upload(Bucket="bucket", Key="upload", **kinds["s3"])
    upload = {"Bucket": "bucket", "Key": "upload", "UploadId": begun["UploadId"]}
    part = s3.upload_part(PartNumber=1, Body=body, **upload)

    def all_are_read(*names):
        return all(s3.get_object(Bucket="bucket", Key=name)["Body"].read() == body for name in names)

    for name in ((), ("reports",)):
        done("rotate", *name, "--file", file)
    s3.put_object(Bucket="bucket", Key="after", Body=body, **kinds["s3"])
    assert all_are_read(*kinds, "after")
    assert "still opens objects" in refused("forget", "--file", file, "--data", server.data)

    assert "3 wrapped anew, 1 were already" in done("rewrap", "--file", file, "--data", server.data)
    assert "0 wrapped anew, 4 were already" in done("rewrap", "--file", file, "--data", server.data)
    for name in ((), ("reports",)):
        assert "1 old versions removed" in done("forget", *name, "--file", file, "--data", server.data)
    assert [each["state"] for each in listed(file)] == ["enabled", "enabled, default"]

    assert all_are_read(*kinds, "after")
    part2 = s3.upload_part(PartNumber=2, Body=body, **upload)
    parts = [{"PartNumber": 2, "ETag": part2["ETag"]}]
    assert s3.list_parts(**upload)["Parts"][0]["ETag"] == part["ETag"]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    assert all_are_read("upload")
    assert s3.head_object(Bucket="bucket", Key="s3")["Metadata"] == {"long": "x" * 1500}


def test_a_named_key_that_is_disabled_opens_nothing_until_it_is_enabled(file, start_server, clients):
    done("create", "reports", "--file", file)
    s3 = clients(start_server(target="memory:", flags=("--sse-master-key-file", str(file))))
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"body", ServerSideEncryption="aws:kms")

    done("disable", "reports", "--file", file)
    with pytest.raises(s3.exceptions.ClientError, match=r"KMS.DisabledException"):
        s3.get_object(Bucket="bucket", Key="key")
    done("enable", "reports", "--file", file)
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"body"


def test_objects_whose_key_is_not_in_the_file_are_named(file, start_server, clients):
    done("create", "--file", file)
    server = start_server(flags=("--sse-master-key-file", str(file)))
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"body", ServerSideEncryption="AES256")
    file.unlink()
    done("create", "--file", file)

    status, _, error = run("rewrap", "--file", file, "--data", server.data)

    assert status == 1
    assert "bucket/key" in error
    assert "1 objects are under keys that are not in" in error


def test_a_server_refuses_a_file_that_is_among_the_data(tmp_path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "keys.json"
    done("create", "--file", file)

    started = subprocess.run(
        [str(BUSHEL), "serve", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--sse-master-key-file", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert started.returncode == 1
    assert "in the data folder" in started.stderr
    assert started.stderr.count("\n") == 1
