"""Buckets: names, owners, life and death. Sources: S3 API Reference; User Guide, "Bucket naming rules"."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from live.expect import assert_refused, refused


def test_a_new_bucket_exists_and_is_listed_with_its_owner(s3, bucket):
    listing = s3.list_buckets()
    found = [item for item in listing["Buckets"] if item["Name"] == bucket]
    assert len(found) == 1
    age = dt.datetime.now(dt.UTC) - found[0]["CreationDate"]
    assert dt.timedelta(seconds=-5) < age < dt.timedelta(minutes=5)
    assert listing["Owner"]["ID"]
    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_buckets_are_listed_in_order_of_name(s3, bucket_names):
    stem = bucket_names()
    names = [bucket_names(name=f"{stem}-{letter}") for letter in "cab"]
    for name in names:
        s3.create_bucket(Bucket=name)
    listed = [item["Name"] for item in s3.list_buckets()["Buckets"]]
    assert listed == sorted(listed)
    assert set(names) <= set(listed)


def test_bucket_listing_pages_with_prefix(s3, bucket_names):
    stem = bucket_names()
    names = [bucket_names(name=f"{stem}-{number}") for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix=stem + "-", PaginationConfig={"PageSize": 2}))
    assert [[item["Name"] for item in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert all(page["Prefix"] == stem + "-" for page in pages)


def test_create_answers_its_location(wire, bucket_names):
    name = bucket_names()
    answer = wire.signed("PUT", f"/{name}")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["location"] == f"/{name}"
    assert answer.headers["x-amz-request-id"]


def test_us_east_1_creates_an_own_bucket_again_without_harm(s3, put, read, bucket):
    put("kept", b"data")
    s3.create_bucket(Bucket=bucket)
    assert read("kept") == b"data"


def test_names_are_global(s3, second, bucket):
    with refused("BucketAlreadyExists", 409, BucketName=bucket):
        second.s3.create_bucket(Bucket=bucket)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "two..dots",
        ".leading",
        "trailing.",
        "-leading",
        "trailing-",
        "192.168.5.4",
        "xn--punycode",
        "sthree-reserved",
        "amzn-s3-demo-x",
        "taken-s3alias",
        "taken--ol-s3",
        "taken.mrap",
        "taken--x-s3",
        "taken--table-s3",
        "sp%20ace",
        "uml%C3%A4ut",
        "soap",
        "localhost",
        "s3.localhost",
    ],
)
def test_a_name_against_the_rules_is_refused(wire, name):
    assert_refused(wire.signed("PUT", f"/{name}"), "InvalidBucketName", 400)


@pytest.mark.parametrize("name", ["0ab", "a.b.c", "a-b.c-d", "a" * 63, "1.2.3", "192.168.5.4.x"])
def test_a_name_within_the_rules_is_taken(s3, wire, bucket_names, name):
    bucket_names(name=name)
    assert wire.signed("PUT", f"/{name}").status == 200
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"v"


def test_a_deleted_bucket_is_gone_and_its_name_free(s3, bucket):
    answer = s3.delete_bucket(Bucket=bucket)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("404", 404):
        s3.head_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404, BucketName=bucket):
        s3.list_objects_v2(Bucket=bucket)
    with refused("NoSuchBucket", 404, BucketName=bucket):
        s3.delete_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404, BucketName=bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"v")
    s3.create_bucket(Bucket=bucket)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_bucket_with_an_object_is_not_deleted(s3, put, bucket, read):
    put("k", b"v")
    with refused("BucketNotEmpty", 409, BucketName=bucket):
        s3.delete_bucket(Bucket=bucket)
    assert read("k") == b"v"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_an_object_of_a_former_bucket_does_not_return(s3, put, bucket):
    put("ghost", b"v")
    s3.delete_object(Bucket=bucket, Key="ghost")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="ghost")


@pytest.mark.server_kinds("embedded-3")
def test_racing_creators_have_one_owner(s3, second, bucket_names):
    """Names are global: among racing creators of two users, exactly one user gets the bucket."""
    for _ in range(5):
        name = bucket_names()
        owners = [s3, second.s3] * 4

        def create(client, name=name):
            try:
                client.create_bucket(Bucket=name)
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "created"

        with ThreadPoolExecutor(len(owners)) as pool:
            said = list(pool.map(create, owners))
        winners = {
            "root" if owner is s3 else "second" for owner, word in zip(owners, said, strict=True) if word == "created"
        }
        assert len(winners) == 1, said
        assert set(said) <= {"created", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "OperationAborted"}
        winner = s3 if winners == {"root"} else second.s3
        winner.delete_bucket(Bucket=name)


@pytest.mark.server_kinds("embedded-3")
def test_delete_against_racing_puts_has_one_answer(s3, bucket_names):
    """Either the bucket is gone and the put was refused, or the put was taken and the bucket stays."""
    for _ in range(10):
        name = bucket_names()
        s3.create_bucket(Bucket=name)

        def put(number, name=name):
            try:
                s3.put_object(Bucket=name, Key=f"k{number}", Body=b"v")
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "stored"

        def delete(_, name=name):
            try:
                s3.delete_bucket(Bucket=name)
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "deleted"

        with ThreadPoolExecutor(7) as pool:
            deletion = pool.submit(delete, 0)
            puts = list(pool.map(put, range(6)))
            deleted = deletion.result()
        assert set(puts) <= {"stored", "NoSuchBucket"}
        if deleted == "deleted":
            assert "stored" not in puts, puts
        else:
            assert deleted == "BucketNotEmpty"
            listed = {item["Key"] for item in s3.list_objects_v2(Bucket=name).get("Contents", [])}
            assert listed == {f"k{number}" for number, word in enumerate(puts) if word == "stored"}


def test_a_user_sees_own_buckets_only(s3, second, bucket, bucket_names):
    own = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=own)
    listing = second.s3.list_buckets()
    names = {item["Name"] for item in listing["Buckets"]}
    assert own in names
    assert bucket not in names
    assert listing["Owner"] == {"ID": second.id, "DisplayName": second.name}
    assert own not in {item["Name"] for item in s3.list_buckets()["Buckets"]}


@pytest.mark.server_kinds("embedded-1")
def test_a_user_may_have_one_hundred_buckets(second, bucket_names):
    """S3 User Guide, "Bucket quotas, limitations, and restrictions" (the limit of the article's days)."""
    had = len(second.s3.list_buckets()["Buckets"])
    for _ in range(100 - had):
        second.s3.create_bucket(Bucket=bucket_names(second.s3))
    with refused("TooManyBuckets", 400):
        second.s3.create_bucket(Bucket=bucket_names(second.s3))


def test_a_malformed_configuration_creates_nothing(s3, wire, bucket_names):
    name = bucket_names()
    for body in (b"<CreateBucketConfiguration>", b"<Wrong/>", b"not xml", b"<!DOCTYPE a><CreateBucketConfiguration/>"):
        assert_refused(wire.signed("PUT", f"/{name}", body=body), "MalformedXML", 400)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)


def test_the_errors_of_a_missing_bucket_name_it(wire):
    answer = wire.signed("GET", "/no-such-bucket-here/key")
    assert_refused(answer, "NoSuchBucket", 404, BucketName="no-such-bucket-here")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.error["RequestId"] == answer.headers["x-amz-request-id"]
    assert answer.error["HostId"] == answer.headers["x-amz-id-2"]


def test_head_of_a_missing_bucket_has_no_body(wire):
    answer = wire.signed("HEAD", "/no-such-bucket-here")
    assert (answer.status, answer.body) == (404, b"")


def test_virtual_host_names_reach_the_same_bucket(server, clients, s3, bucket_names):
    name = bucket_names()
    virtual = clients(server, virtual=True)
    virtual.create_bucket(Bucket=name)
    virtual.put_object(Bucket=name, Key="a/b c+d", Body=b"v")
    assert s3.get_object(Bucket=name, Key="a/b c+d")["Body"].read() == b"v"
    assert [item["Key"] for item in virtual.list_objects_v2(Bucket=name)["Contents"]] == ["a/b c+d"]
    virtual.delete_object(Bucket=name, Key="a/b c+d")
    virtual.delete_bucket(Bucket=name)


@pytest.mark.parametrize("domain", ["localhost", "s3.localhost"])
def test_a_host_below_each_default_domain_names_the_bucket(wire, put, bucket, domain):
    put("k", b"v")
    assert wire.signed("GET", "/k", host=f"{bucket}.{domain}").body == b"v"
    assert wire.signed("GET", "/k", host=f"{bucket}.{domain}:{wire.netloc.rpartition(':')[2]}").body == b"v"
    assert wire.signed("GET", f"/{bucket}/k", host=domain).body == b"v"


def test_a_token_that_no_listing_of_buckets_gave_is_refused(wire):
    assert_refused(wire.signed("GET", "/?max-buckets=5&continuation-token=%25%25"), "InvalidArgument", 400)
