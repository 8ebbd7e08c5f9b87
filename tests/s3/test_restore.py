"""RestoreObject where nothing is archived. Source: S3 API Reference, RestoreObject."""

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5


@pytest.mark.parametrize("request_", [{"Days": 3}, {"Days": 3, "GlacierJobParameters": {"Tier": "Bulk"}}, {}])
def test_what_is_not_archived_is_not_restored(s3, bucket, put, read, request_):
    put()
    with refused("InvalidObjectState", 403, StorageClass="STANDARD"):
        s3.restore_object(Bucket=bucket, Key="key", RestoreRequest=request_)
    assert read() == b"hello"
    assert "Restore" not in s3.head_object(Bucket=bucket, Key="key")


def test_it_has_to_be_there_and_the_callers(s3, second, bucket, put):
    with refused("NoSuchKey", 404):
        s3.restore_object(Bucket=bucket, Key="key", RestoreRequest={"Days": 1})
    put(ACL="public-read")
    with refused("AccessDenied", 403):
        second.s3.restore_object(Bucket=bucket, Key="key", RestoreRequest={"Days": 1})


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"<RestoreRequest><Days>x</Days></RestoreRequest>", "MalformedXML", 400),
        (
            b"<RestoreRequest><GlacierJobParameters><Tier>Soon</Tier></GlacierJobParameters></RestoreRequest>",
            "MalformedXML",
            400,
        ),
        (b"<RestoreRequest><Type>SELECT</Type></RestoreRequest>", "NotImplemented", 501),
    ],
    ids=range(3),
)
def test_malformed_documents_have_s3s_codes(wire, bucket, put, body, code, status):
    put()
    answer = wire.signed("POST", f"/{bucket}/key?restore", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, status)


def test_listings_tell_no_restore_status_where_there_is_none(s3, bucket, put):
    put()
    for call in (s3.list_objects, s3.list_objects_v2):
        (listed,) = call(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])["Contents"]
        assert "RestoreStatus" not in listed


def test_unknown_optional_attributes_are_refused(wire, bucket):
    answer = wire.signed("GET", f"/{bucket}?list-type=2", {"x-amz-optional-object-attributes": "Owner"})
    assert_refused(answer, "InvalidArgument", 400)
