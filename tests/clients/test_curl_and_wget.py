"""curl with its own Signature V4 and with presigned URLs; wget with presigned URLs."""

import pytest

from live.programs import found, run
from live.wire import Wire

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]

MIB = 1024 * 1024


@pytest.fixture
def curl(server):
    """curl that signs: ``curl(target, *options)``."""
    user = f"{server.access_key}:{server.secret_key}"

    def command(target: str, *options: object) -> str:
        return run(
            *(found("curl"), "-fsS", "--path-as-is", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", user),
            *("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"),  # S3 wants it; Debian 12's curl does not add it
            *(*options, f"{server.endpoint}{target}"),
        )

    return command


def test_a_day_with_curl(curl, s3, wire, files, bucket_names, tmp_path):
    bucket = bucket_names()
    curl(f"/{bucket}", "-X", "PUT")
    curl(f"/{bucket}/small", "-T", files.small, "-H", "x-amz-meta-author: somebody", "-H", "Content-Type: text/x")
    curl(f"/{bucket}/big", "-T", files.big)  # curl waits for 100-continue here
    curl(f"/{bucket}/posted", "-X", "PUT", "--data-binary", f"@{files.small}")
    for key, source in (("small", files.small), ("big", files.big), ("posted", files.small)):
        curl(f"/{bucket}/{key}", "-o", tmp_path / key)
        assert (tmp_path / key).read_bytes() == source.read_bytes()
    head = curl(f"/{bucket}/small", "-I").lower()
    assert "x-amz-meta-author: somebody" in head
    assert "content-type: text/x" in head
    assert curl(f"/{bucket}/small", "-o", tmp_path / "piece", "-r", "100-199") == ""
    assert (tmp_path / "piece").read_bytes() == files.small.read_bytes()[100:200]
    assert curl(f"/{bucket}?list-type=2&prefix=sm").count("<Key>small</Key>") == 1
    curl(f"/{bucket}/open", "-T", files.small, "-H", "x-amz-acl: public-read")
    assert wire.send("GET", f"/{bucket}/open").body == files.small.read_bytes()
    assert "AllUsers" in curl(f"/{bucket}/open?acl=")
    for key in ("small", "big", "posted", "open"):
        curl(f"/{bucket}/{key}", "-X", "DELETE")
    curl(f"/{bucket}", "-X", "DELETE")
    assert bucket not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_parts_with_curl(curl, s3, files, bucket, tmp_path):
    from xml.etree import ElementTree as ET

    from live.wire import NAMESPACE

    begun = ET.fromstring(curl(f"/{bucket}/k?uploads=", "-X", "POST"))
    upload = begun.findtext(NAMESPACE + "UploadId")
    piece = tmp_path / "piece"
    piece.write_bytes(files.big.read_bytes()[: 5 * MIB])
    items = ""
    for number, source in ((1, piece), (2, files.small)):
        curl(f"/{bucket}/k?partNumber={number}&uploadId={upload}", "-T", source, "-D", tmp_path / "head")
        lines = (tmp_path / "head").read_text().splitlines()
        [etag] = [line.partition(": ")[2] for line in lines if line.lower().startswith("etag:")]
        items += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
    document = tmp_path / "complete.xml"
    document.write_text(f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>")
    curl(
        f"/{bucket}/k?uploadId={upload}", "-X", "POST", "--data-binary", f"@{document}", "-H", "Content-Type: text/xml"
    )
    curl(f"/{bucket}/k", "-o", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == piece.read_bytes() + files.small.read_bytes()


@pytest.mark.parametrize("version", [2, 4])
def test_presigned_with_curl_and_wget(server, wire: Wire, files, bucket, tmp_path, version):
    def url(method: str, target: str) -> str:
        return server.endpoint + wire.presigned(method, target, version=version)

    curl = (found("curl"), "-fsS")
    run(*curl, "-T", files.small, url("PUT", f"/{bucket}/small"))
    run(*curl, "-T", files.big, url("PUT", f"/{bucket}/dir/b%20ig%2B"))
    run(*curl, "-o", tmp_path / "one", url("GET", f"/{bucket}/small"))
    assert (tmp_path / "one").read_bytes() == files.small.read_bytes()
    wget = (found("wget"), "--no-config", "-q", "--tries=1")
    run(*wget, "-O", tmp_path / "two", url("GET", f"/{bucket}/dir/b%20ig%2B"))
    assert (tmp_path / "two").read_bytes() == files.big.read_bytes()
    half = tmp_path / "three"
    half.write_bytes(files.big.read_bytes()[: 9 * MIB + 3])
    run(*wget, "--continue", "-O", half, url("GET", f"/{bucket}/dir/b%20ig%2B"))
    assert half.read_bytes() == files.big.read_bytes()
    if version == 4:
        run(*wget, "--method=PUT", f"--body-file={files.small}", "-O", "/dev/null", url("PUT", f"/{bucket}/four"))
    else:  # wget adds a Content-Type, which V2 signs
        run(*curl, "-T", files.small, url("PUT", f"/{bucket}/four"))
    run(*curl, "-r", "5-9", "-o", tmp_path / "piece", url("GET", f"/{bucket}/four"))
    assert (tmp_path / "piece").read_bytes() == files.small.read_bytes()[5:10]
    run(*curl, "-I", url("HEAD", f"/{bucket}/four"))
    run(*curl, "-X", "DELETE", url("DELETE", f"/{bucket}/four"))
    assert wire.signed("HEAD", f"/{bucket}/four").status == 404


def test_curl_streams_without_a_length_are_told_why_not(server, wire, files, bucket):
    """``curl -T -`` sends chunks; S3 wants a length."""
    import subprocess

    target = server.endpoint + wire.presigned("PUT", f"/{bucket}/k")
    with files.small.open("rb") as body:
        done = subprocess.run(
            [found("curl"), "-sS", "-T", "-", "-w", "%{http_code}", target], stdin=body, capture_output=True, timeout=60
        )
    assert b"MissingContentLength" in done.stdout
    assert done.stdout.endswith(b"411")
