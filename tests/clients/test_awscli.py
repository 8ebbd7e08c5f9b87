"""The AWS command line, from PyPI."""

import json
import sys
from pathlib import Path

import pytest

from live.programs import found, run

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(server, tmp_path):
    """Run ``aws``; with ``--output json`` its answer can be read."""
    config = tmp_path / "aws-config"
    config.write_text("[default]\nregion = us-east-1\noutput = json\ns3 =\n  addressing_style = path\n")

    def command(*words: object) -> str:
        return run(
            *(AWS, "--endpoint-url", server.endpoint, *words),
            HOME=str(tmp_path),
            AWS_CONFIG_FILE=str(config),
            AWS_ACCESS_KEY_ID=server.access_key,
            AWS_SECRET_ACCESS_KEY=server.secret_key,
            AWS_EC2_METADATA_DISABLED="true",
        )

    return command


def test_a_day_with_aws_s3(aws, files, bucket_names, tmp_path, same_tree):
    bucket = bucket_names()
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "cp", "--no-progress", files.small, f"s3://{bucket}/small")
    aws("s3", "cp", "--no-progress", files.big, f"s3://{bucket}/big")  # in parts: above 8 MiB
    aws("s3", "cp", "--no-progress", f"s3://{bucket}/small", tmp_path / "small")
    aws("s3", "cp", "--no-progress", f"s3://{bucket}/big", tmp_path / "big")
    assert (tmp_path / "small").read_bytes() == files.small.read_bytes()
    assert (tmp_path / "big").read_bytes() == files.big.read_bytes()
    head = json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "big"))
    assert head["ETag"].endswith('-3"')
    aws("s3", "sync", "--no-progress", files.tree, f"s3://{bucket}/tree")
    listing = aws("s3", "ls", "--recursive", f"s3://{bucket}/tree/")
    assert sorted(line.split(maxsplit=3)[3] for line in listing.splitlines()) == sorted(
        f"tree/{path.relative_to(files.tree)}" for path in files.tree.rglob("*") if path.is_file()
    )
    assert aws("s3", "sync", "--no-progress", files.tree, f"s3://{bucket}/tree") == ""  # nothing is left to do
    aws("s3", "sync", "--no-progress", f"s3://{bucket}/tree", tmp_path / "tree")
    same_tree(files.tree, tmp_path / "tree")
    assert "PRE tree/" in aws("s3", "ls", f"s3://{bucket}")
    aws("s3", "mv", "--no-progress", f"s3://{bucket}/big", f"s3://{bucket}/moved")  # copied in parts
    aws("s3", "cp", "--no-progress", f"s3://{bucket}/moved", tmp_path / "moved")
    assert (tmp_path / "moved").read_bytes() == files.big.read_bytes()
    url = aws("s3", "presign", f"s3://{bucket}/small", "--expires-in", "60").strip()
    run(found("curl"), "-fsS", "-o", tmp_path / "presigned", url)
    assert (tmp_path / "presigned").read_bytes() == files.small.read_bytes()
    aws("s3", "rm", "--recursive", f"s3://{bucket}")
    assert aws("s3", "ls", f"s3://{bucket}") == ""
    aws("s3", "rb", f"s3://{bucket}")


def test_single_calls_with_aws_s3api(aws, files, bucket, tmp_path):
    put = json.loads(
        aws(
            *("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", files.small),
            *("--metadata", "author=somebody", "--content-type", "text/x", "--checksum-algorithm", "SHA256"),
        )
    )
    assert put["ChecksumSHA256"]
    head = json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "k", "--checksum-mode", "ENABLED"))
    assert (head["Metadata"], head["ContentType"]) == ({"author": "somebody"}, "text/x")
    assert head["ChecksumSHA256"] == put["ChecksumSHA256"]
    aws("s3api", "get-object", "--bucket", bucket, "--key", "k", "--range", "bytes=100-199", tmp_path / "piece")
    assert (tmp_path / "piece").read_bytes() == files.small.read_bytes()[100:200]
    aws("s3api", "put-object-acl", "--bucket", bucket, "--key", "k", "--acl", "public-read")
    acl = json.loads(aws("s3api", "get-object-acl", "--bucket", bucket, "--key", "k"))
    assert {grant["Permission"] for grant in acl["Grants"]} == {"FULL_CONTROL", "READ"}
    listed = json.loads(aws("s3api", "list-objects-v2", "--bucket", bucket, "--query", "Contents[].Key"))
    assert listed == ["k"]
    aws("s3api", "delete-object", "--bucket", bucket, "--key", "k")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH3"])
def test_every_checksum_in_parts(aws, files, bucket, tmp_path, algorithm):
    aws("s3", "cp", "--no-progress", "--checksum-algorithm", algorithm, files.big, f"s3://{bucket}/big")
    aws("s3", "cp", "--no-progress", "--checksum-mode", "ENABLED", f"s3://{bucket}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == files.big.read_bytes()


def test_a_stream_of_unknown_length(aws, files, bucket, server, tmp_path):
    import subprocess

    with files.big.open("rb") as source:
        subprocess.run(
            [AWS, "--endpoint-url", server.endpoint, "s3", "cp", "-", f"s3://{bucket}/stream"],
            stdin=source,
            check=True,
            timeout=100,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": server.access_key,
                "AWS_SECRET_ACCESS_KEY": server.secret_key,
            },
        )
    aws("s3", "cp", "--no-progress", f"s3://{bucket}/stream", tmp_path / "stream")
    assert (tmp_path / "stream").read_bytes() == files.big.read_bytes()
