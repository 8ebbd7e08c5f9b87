"""boto3 as programs use it: the transfer manager and resources, default checksums, path and virtual-host addressing."""

import io

import pytest
from boto3.s3.transfer import TransferConfig

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]


@pytest.fixture(params=["path", "virtual"])
def client(request, server, clients):
    return clients(server, virtual=request.param == "virtual")


def test_a_day_with_boto3(client, files, bucket_names, tmp_path, wire):
    bucket = bucket_names()
    client.create_bucket(Bucket=bucket)
    client.upload_file(str(files.small), bucket, "small", ExtraArgs={"Metadata": {"m": "1"}, "ACL": "public-read"})
    client.upload_file(str(files.big), bucket, "big")
    with files.big.open("rb") as body:
        client.upload_fileobj(body, bucket, "stream", Config=TransferConfig(multipart_chunksize=5 * 1024 * 1024))
    for key, source in (("small", files.small), ("big", files.big), ("stream", files.big)):
        client.download_file(bucket, key, str(tmp_path / key))
        assert (tmp_path / key).read_bytes() == source.read_bytes()
        memory = io.BytesIO()
        client.download_fileobj(bucket, key, memory)
        assert memory.getvalue() == source.read_bytes()
    assert client.head_object(Bucket=bucket, Key="small")["Metadata"] == {"m": "1"}
    assert wire.send("GET", f"/{bucket}/small").status == 200
    piece = client.get_object(Bucket=bucket, Key="big", Range="bytes=1000000-1000099")["Body"].read()
    assert piece == files.big.read_bytes()[1_000_000:1_000_100]
    client.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy")
    client.download_file(bucket, "copy", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == files.big.read_bytes()
    assert [item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]] == [
        "big",
        "copy",
        "small",
        "stream",
    ]
    client.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ("big", "copy", "small", "stream")]}
    )
    client.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_both_signatures(server, clients, files, bucket, signature):
    client = clients(server, signature_version=signature)
    client.put_object(Bucket=bucket, Key="a b/ä+%", Body=files.small.read_bytes(), Metadata={"m": "1"}, ACL="private")
    assert client.get_object(Bucket=bucket, Key="a b/ä+%")["Body"].read() == files.small.read_bytes()
    assert client.list_objects_v2(Bucket=bucket, Prefix="a b/", Delimiter="/")["KeyCount"] == 1
    client.get_object_acl(Bucket=bucket, Key="a b/ä+%")
    client.delete_object(Bucket=bucket, Key="a b/ä+%")


@pytest.mark.parametrize("when", ["when_supported", "when_required"])
def test_with_and_without_default_checksums(server, clients, files, bucket, when):
    client = clients(server, request_checksum_calculation=when, response_checksum_validation=when)
    client.put_object(Bucket=bucket, Key="k", Body=files.small.read_bytes())
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == files.small.read_bytes()
    with files.small.open("rb") as body:
        client.put_object(Bucket=bucket, Key="k2", Body=body)
    assert client.get_object(Bucket=bucket, Key="k2")["Body"].read() == files.small.read_bytes()
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "k2"}]})


def test_an_empty_body_with_expect_does_not_hang_the_next_request(server, clients, bucket):
    """botocore sends ``Expect: 100-continue`` with every PUT and waits for the 100 on the same connection."""
    client = clients(server, max_pool_connections=1)
    for number in range(5):
        client.put_object(Bucket=bucket, Key=f"empty{number}", Body=b"")
        assert client.get_object(Bucket=bucket, Key=f"empty{number}")["Body"].read() == b""


def test_resources(server, files, bucket):
    import boto3

    session = boto3.Session(server.access_key, server.secret_key, region_name="us-east-1")
    resource = session.resource("s3", endpoint_url=server.endpoint)
    box = resource.Bucket(bucket)
    box.put_object(Key="k", Body=b"x")
    assert [item.key for item in box.objects.all()] == ["k"]
    assert resource.Object(bucket, "k").content_length == 1
    box.objects.all().delete()
    assert list(box.objects.all()) == []
    resource.meta.client.close()
