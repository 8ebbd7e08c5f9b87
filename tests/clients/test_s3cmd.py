"""s3cmd, from Debian: Signature V4 and V2, path and virtual-host addressing."""

import pytest

from live.programs import found, run

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]

CONFIG = """[default]
access_key = {access_key}
secret_key = {secret_key}
host_base = {host}
host_bucket = {host_bucket}
use_https = False
bucket_location = us-east-1
signature_v2 = {v2}
multipart_chunk_size_mb = 5
progress_meter = False
proxy_host = {proxy_host}
proxy_port = {proxy_port}
"""


@pytest.fixture(params=["v4", "v2", "virtual"])
def s3cmd(request, server, tmp_path):
    """``virtual``: s3cmd takes the server for its proxy, since nothing resolves ``BUCKET.localhost`` for it."""
    config = tmp_path / "s3cfg"
    virtual = request.param == "virtual"
    host = f"s3.localhost:{server.port}" if virtual else f"127.0.0.1:{server.port}"
    config.write_text(
        CONFIG.format(
            access_key=server.access_key,
            secret_key=server.secret_key,
            host=host,
            host_bucket=f"%(bucket)s.{host}" if virtual else host,
            v2=request.param == "v2",
            proxy_host="127.0.0.1" if virtual else "",
            proxy_port=server.port if virtual else 0,
        )
    )
    return lambda *words: run(found("s3cmd"), "-c", config, *words, HOME=str(tmp_path))


def test_a_day_with_s3cmd(s3cmd, s3, anonymous, files, bucket_names, tmp_path, same_tree):
    bucket = bucket_names()
    s3cmd("mb", f"s3://{bucket}")
    s3cmd("put", "--add-header=x-amz-meta-author:somebody", "--mime-type=text/x", files.small, f"s3://{bucket}/small")
    s3cmd("put", files.big, f"s3://{bucket}/big")
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-4"')
    head = s3.head_object(Bucket=bucket, Key="small")
    assert (head["Metadata"]["author"], head["ContentType"]) == ("somebody", "text/x")
    for key, source in (("small", files.small), ("big", files.big)):
        s3cmd("get", f"s3://{bucket}/{key}", tmp_path / key)
        assert (tmp_path / key).read_bytes() == source.read_bytes()
    part = tmp_path / "continued"
    part.write_bytes(files.small.read_bytes()[:4000])
    s3cmd("get", "--continue", f"s3://{bucket}/small", part)  # asks for a range
    assert part.read_bytes() == files.small.read_bytes()
    s3cmd("sync", f"{files.tree}/", f"s3://{bucket}/tree/")
    s3cmd("sync", f"s3://{bucket}/tree/", f"{tmp_path}/tree/")
    same_tree(files.tree, tmp_path / "tree")
    listing = s3cmd("ls", "--recursive", f"s3://{bucket}")
    assert f"s3://{bucket}/tree/sub dir/plus+and%.txt" in listing
    assert "DIR" in s3cmd("ls", f"s3://{bucket}")
    s3cmd("setacl", "--acl-public", f"s3://{bucket}/small")
    assert anonymous.get_object(Bucket=bucket, Key="small")["Body"].read() == files.small.read_bytes()
    assert "anon" in s3cmd("info", f"s3://{bucket}/small")
    s3cmd("setacl", "--acl-private", f"s3://{bucket}/small")
    s3cmd("cp", f"s3://{bucket}/small", f"s3://{bucket}/copy")
    s3cmd("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
    s3cmd("get", f"s3://{bucket}/moved", tmp_path / "moved")
    assert (tmp_path / "moved").read_bytes() == files.small.read_bytes()
    assert f"s3://{bucket}" in s3cmd("ls")
    s3cmd("info", f"s3://{bucket}")
    s3cmd("du", f"s3://{bucket}")
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}")
    s3cmd("rb", f"s3://{bucket}")


def test_a_signed_url_of_s3cmd(s3cmd, s3, files, bucket, tmp_path, server):
    s3.upload_file(str(files.small), bucket, "a b")
    url = s3cmd("signurl", f"s3://{bucket}/a b", "+60").strip()
    host = url.split("/")[2].partition(":")[0]
    resolve = ("--resolve", f"{host}:{server.port}:127.0.0.1")
    run(found("curl"), "-fsS", *resolve, "-o", tmp_path / "got", url)
    assert (tmp_path / "got").read_bytes() == files.small.read_bytes()


def test_uploads_are_listed_and_aborted_with_s3cmd(s3cmd, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    assert upload in s3cmd("multipart", f"s3://{bucket}")
    assert "1" in s3cmd("listmp", f"s3://{bucket}/k", upload)
    s3cmd("abortmp", f"s3://{bucket}/k", upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
