"""Behind nginx: presigned URLs, virtual hosts, 100-continue, streamed uploads; whom to believe about the client."""

import random
import socket
from pathlib import Path

import pytest

from live.expect import assert_refused
from live.programs import Nginx
from live.server import free_port, wait_until
from live.wire import Wire

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]

MIB = 1024 * 1024

FORWARDED = """
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
"""


class Site:
    """A Bushel server and the nginx before it."""

    def __init__(self, start_server, folder, *, keep_host: bool, buffered: bool, trusted: bool = True) -> None:
        port = free_port()
        flags = ["--public-url", f"http://s3.localhost:{port}", "--access-log", str(folder / "access.log")]
        if trusted:
            flags += ["--trusted-proxy", "127.0.0.1/32"]
        self.server = start_server(workers=2, flags=tuple(flags))
        self.access_log = folder / "access.log"
        host = "proxy_set_header Host $http_host;" if keep_host else ""  # else nginx sends the upstream's address
        self.nginx = Nginx(
            folder / "nginx",
            f"""
            client_max_body_size 0;
            location / {{
                proxy_pass {self.server.endpoint};
                proxy_http_version 1.1;
                proxy_request_buffering {"on" if buffered else "off"};
                proxy_buffering off;
                {host} {FORWARDED}
            }}
            """,
            port=port,
        )
        self.nginx.start()
        self.endpoint = f"http://s3.localhost:{port}"
        self.wire = Wire(self.endpoint, self.server.access_key, self.server.secret_key)


@pytest.fixture(params=["host kept", "host replaced"])
def keep_host(request) -> bool:
    return request.param == "host kept"


@pytest.fixture
def site(start_server, tmp_path, keep_host):
    made = Site(start_server, tmp_path, keep_host=keep_host, buffered=False)
    yield made
    made.nginx.stop()


@pytest.mark.parametrize("virtual", [False, True], ids=["path", "virtual"])
@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_boto3_through_nginx(site, clients, virtual, signature):
    s3 = clients(site.server, endpoint=site.endpoint, virtual=virtual, signature_version=signature)
    bucket = f"through-{signature}-{virtual}".lower()
    s3.create_bucket(Bucket=bucket)
    body = random.randbytes(6 * MIB)
    s3.put_object(Bucket=bucket, Key="a b/ä+", Body=body, Metadata={"m": "1"})
    got = s3.get_object(Bucket=bucket, Key="a b/ä+")
    assert (got["Body"].read(), got["Metadata"]) == (body, {"m": "1"})
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/ä+"]
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ä+"})
    netloc, _, target = url.removeprefix("http://").partition("/")
    assert site.wire.send("GET", f"/{target}", host=netloc).body == body
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put"})
    netloc, _, target = put.removeprefix("http://").partition("/")
    assert site.wire.send("PUT", f"/{target}", body=b"x", host=netloc).status == 200


def test_links_name_the_public_url(site, clients):
    s3 = clients(site.server, endpoint=site.endpoint)
    s3.create_bucket(Bucket="bucket")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="k")["UploadId"]
    etag = s3.upload_part(Bucket="bucket", Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    answer = s3.complete_multipart_upload(
        Bucket="bucket", Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    assert answer["Location"].startswith(site.endpoint), answer["Location"]


@pytest.mark.parametrize("buffered", [False, True], ids=["streamed", "buffered"])
def test_100_continue_through_nginx(start_server, tmp_path, buffered):
    site = Site(start_server, tmp_path, keep_host=True, buffered=buffered)
    try:
        assert site.wire.signed("PUT", "/bucket").status == 200
        body = random.randbytes(300_000)
        headers = site.wire.signed_headers("PUT", "/bucket/k", {"Content-Length": str(len(body))}, body)
        with socket.create_connection(("127.0.0.1", site.nginx.port), timeout=20) as connection:
            lines = [f"{name}: {value}" for name, value in {**headers, "Expect": "100-continue"}.items()]
            connection.sendall(("\r\n".join(["PUT /bucket/k HTTP/1.1", *lines]) + "\r\n\r\n").encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 100")
            connection.sendall(body)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert site.wire.signed("GET", "/bucket/k").body == body
    finally:
        site.nginx.stop()


def test_the_client_is_whom_the_trusted_proxy_names(site):
    """The last address that no trusted proxy has: what stands before it is the client's own claim."""
    answer = site.wire.send("GET", "/", {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert answer.status == 403
    text = wait_until(site.access_log.read_text, what="a line of the access log")
    assert " 203.0.113.9 " in text
    assert "198.51.100.7" not in text


def test_a_stranger_is_not_believed(start_server, tmp_path):
    """Without --trusted-proxy the forwarded fields mean nothing: what was signed is the host that was sent."""
    server = start_server(workers=1, flags=("--access-log", str(tmp_path / "access.log")))
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    assert wire.signed("PUT", "/bucket").status == 200
    spoofed = {"X-Forwarded-Host": "other.example.com", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert wire.signed("GET", "/bucket", spoofed).status == 200
    text = (tmp_path / "access.log").read_text()
    assert "203.0.113.9" not in text
    for_other = Wire("http://other.example.com", server.access_key, server.secret_key)
    headers = for_other.signed_headers("GET", "/bucket")
    headers["X-Forwarded-Host"] = "other.example.com"
    headers.pop("Host", None)
    assert_refused(wire.send("GET", "/bucket", headers), "SignatureDoesNotMatch", 403)


def test_an_upload_of_64_mib_is_streamed(site, clients):
    """Nothing between client and disk holds it all."""
    s3 = clients(site.server, endpoint=site.endpoint, request_checksum_calculation="when_required")
    s3.create_bucket(Bucket="bucket")
    body = random.randbytes(MIB) * 64
    s3.put_object(Bucket="bucket", Key="big", Body=body)
    assert s3.get_object(Bucket="bucket", Key="big")["Body"].read() == body
    peak = 0
    for pid in site.server.family():
        status = Path(f"/proc/{pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        peak = max(peak, int(line.split()[1]))
    assert peak < 160 * 1024, f"{peak} KiB"
