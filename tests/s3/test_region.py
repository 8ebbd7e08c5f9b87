"""The region: where it is told, and what is said to a client that has another. Source: S3 API Reference."""

import pytest

from live.expect import assert_refused, refused
from live.wire import NAMESPACE, Wire


def configuration(region: str) -> bytes:
    return (
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


def test_us_east_1_is_the_empty_location(wire, s3, bucket):
    answer = wire.signed("GET", f"/{bucket}?location")
    assert answer.status == 200
    assert answer.xml.tag == NAMESPACE + "LocationConstraint"
    assert not answer.xml.text
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_the_region_is_told_on_head(wire, second, bucket):
    assert wire.signed("HEAD", f"/{bucket}").headers["x-amz-bucket-region"] == "us-east-1"
    denied = second.wire.signed("HEAD", f"/{bucket}")
    assert (denied.status, denied.headers["x-amz-bucket-region"]) == (403, "us-east-1")
    unsigned = wire.send("HEAD", f"/{bucket}")
    assert (unsigned.status, unsigned.headers["x-amz-bucket-region"]) == (403, "us-east-1")


def test_a_constraint_for_elsewhere_creates_nothing(wire, s3, bucket_names):
    name = bucket_names()
    answer = wire.signed("PUT", f"/{name}", body=configuration("eu-central-1"))
    assert_refused(answer, "IllegalLocationConstraintException", 400)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)


@pytest.fixture
def elsewhere(start_server):
    return start_server(target="memory:", flags=("--region", "eu-central-1"))


def test_another_region_is_told_everywhere(elsewhere, clients):
    s3 = clients(elsewhere, region="eu-central-1")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket="bucket")["LocationConstraint"] == "eu-central-1"
    assert s3.head_bucket(Bucket="bucket")["BucketRegion"] == "eu-central-1"
    s3.put_object(Bucket="bucket", Key="key", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
    wire = Wire(elsewhere.endpoint, elsewhere.access_key, elsewhere.secret_key)
    assert wire.send("GET", url.removeprefix(elsewhere.endpoint)).body == b"x"
    assert_refused(wire.signed("GET", "/bucket"), "AuthorizationHeaderMalformed", 400, Region="eu-central-1")
    assert wire.signed("GET", "/bucket", version=2).status == 200  # V2 has no region
    answer = wire.signed("PUT", "/other", body=configuration("us-west-2"), version=2)
    assert_refused(answer, "IllegalLocationConstraintException", 400)


def test_a_client_follows_the_region_it_is_told(elsewhere, clients):
    """boto3 repeats a request with the region of the refusal: a wrong setting heals itself."""
    clients(elsewhere, region="eu-central-1").create_bucket(
        Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    wrong = clients(elsewhere, region="us-west-2", retries={"total_max_attempts": 3})
    wrong.put_object(Bucket="bucket", Key="key", Body=b"x")
    assert wrong.get_object(Bucket="bucket", Key="key")["Body"].read() == b"x"


def test_region_any_takes_every_scope(start_server, clients):
    server = start_server(target="memory:", flags=("--region", "any"))
    for region in ("us-east-1", "eu-central-1", "home", "auto"):
        s3 = clients(server, region=region)
        s3.create_bucket(Bucket=f"in-{region}")
        s3.put_object(Bucket=f"in-{region}", Key="key", Body=b"x")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": f"in-{region}", "Key": "key"})
        wire = Wire(server.endpoint, server.access_key, server.secret_key)
        assert wire.send("GET", url.removeprefix(server.endpoint)).body == b"x"
