"""Buckets where the requester pays. Source: S3 User Guide, "Using Requester Pays buckets"."""

import http.client
from urllib.parse import urlsplit

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5

PAYS = {"RequestPayer": "requester"}


@pytest.fixture
def shared(second, third, bucket_names):
    """A bucket of the second user's where everybody may read, write and list, and the requester pays."""
    name = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=name, ACL="public-read-write")
    second.s3.put_object(Bucket=name, Key="key", Body=b"hello", ACL="public-read")
    second.s3.put_bucket_request_payment(Bucket=name, RequestPaymentConfiguration={"Payer": "Requester"})
    return name


def test_it_is_set_and_read(s3, bucket):
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    for payer in ("Requester", "Requester", "BucketOwner", "BucketOwner"):
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": payer})
        assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == payer


@pytest.mark.parametrize(
    "body",
    [
        b"<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>",
        b"<RequestPaymentConfiguration/>",
        b"<Payment><Payer>Requester</Payer></Payment>",
        b"x",
    ],
    ids=range(4),
)
def test_a_malformed_document_changes_nothing(s3, wire, bucket, body):
    answer = wire.signed("PUT", f"/{bucket}?requestPayment", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "MalformedXML", 400)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"


def test_only_the_owner_sets_it(second, bucket):
    with refused("AccessDenied", 403):
        second.s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})


def test_who_does_not_agree_to_pay_is_refused(third, shared):
    calls = [
        (third.s3.get_object, {"Key": "key"}),
        (third.s3.put_object, {"Key": "new", "Body": b"x"}),
        (third.s3.list_objects_v2, {}),
        (third.s3.copy_object, {"Key": "new", "CopySource": f"{shared}/key"}),
        (third.s3.delete_object, {"Key": "new"}),
    ]
    for call, members in calls:
        with refused("AccessDenied", 403):
            call(Bucket=shared, **members)
    for call, members in calls:
        assert call(Bucket=shared, **members, **PAYS)["RequestCharged"] == "requester"


def test_requests_without_a_document_are_held_to_it_too(third, shared):
    assert third.wire.signed("HEAD", f"/{shared}/key").status == 403
    head = third.wire.signed("HEAD", f"/{shared}/key", {"x-amz-request-payer": "requester"})
    assert (head.status, head.headers["x-amz-request-charged"]) == (200, "requester")
    head = third.wire.signed("HEAD", f"/{shared}", {"x-amz-request-payer": "requester"})
    assert (head.status, head.headers["x-amz-request-charged"]) == (200, "requester")


def test_anonymous_callers_cannot_pay(anonymous, shared):
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=shared, Key="key")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=shared, Key="key", **PAYS)


def test_the_owner_and_the_operator_pay_nothing_extra(s3, second, shared):
    for client in (second.s3, s3):
        assert "RequestCharged" not in client.get_object(Bucket=shared, Key="key")
        assert "RequestCharged" not in client.get_object(Bucket=shared, Key="key", **PAYS)


def test_a_copy_from_there_is_charged_for(third, bucket_names, shared):
    name = bucket_names(third.s3)
    third.s3.create_bucket(Bucket=name)
    with refused("AccessDenied", 403):
        third.s3.copy_object(Bucket=name, Key="copy", CopySource=f"{shared}/key")
    answer = third.s3.copy_object(Bucket=name, Key="copy", CopySource=f"{shared}/key", **PAYS)
    assert answer["RequestCharged"] == "requester"


def test_a_presigned_url_agrees_in_its_query(third, shared):
    for members, status in ((PAYS, 200), ({}, 403)):
        parts = urlsplit(third.s3.generate_presigned_url("get_object", {"Bucket": shared, "Key": "key", **members}))
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}")
        assert connection.getresponse().status == status
        connection.close()


def test_other_buckets_do_not_speak_of_it(s3, bucket, put):
    put()
    assert "RequestCharged" not in s3.get_object(Bucket=bucket, Key="key", **PAYS)
