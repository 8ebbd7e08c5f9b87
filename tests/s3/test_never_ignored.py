"""Nothing is silently ignored: configurations never made answer as S3 answers, everything else is refused by name.

Source: S3 API Reference, the page of each operation. Expectations that are not documented are S3's recorded answers.
"""

import pytest

from live.expect import assert_refused, refused
from live.wire import NAMESPACE, content_md5

# what S3 answers to the Get form of a configuration on a bucket that never had one
MISSING = {
    "policy": ("NoSuchBucketPolicy", 404),
    "lifecycle": ("NoSuchLifecycleConfiguration", 404),
    "cors": ("NoSuchCORSConfiguration", 404),
    "website": ("NoSuchWebsiteConfiguration", 404),
    "tagging": ("NoSuchTagSet", 404),
    "replication": ("ReplicationConfigurationNotFoundError", 404),
    "object-lock": ("ObjectLockConfigurationNotFoundError", 404),
}
EMPTY = {
    "versioning": "VersioningConfiguration",
    "logging": "BucketLoggingStatus",
    "notification": "NotificationConfiguration",
    "accelerate": "AccelerateConfiguration",
    "requestPayment": "RequestPaymentConfiguration",
}


@pytest.mark.parametrize("name", MISSING)
def test_a_configuration_never_made_is_missing(wire, bucket, name):
    code, status = MISSING[name]
    assert_refused(wire.signed("GET", f"/{bucket}?{name}"), code, status)


@pytest.mark.parametrize("name", EMPTY)
def test_a_configuration_never_made_is_empty(wire, bucket, name):
    answer = wire.signed("GET", f"/{bucket}?{name}")
    assert answer.status == 200, answer.body
    assert answer.xml.tag == NAMESPACE + EMPTY[name]


def test_boto3_reads_what_was_never_configured(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)


@pytest.mark.parametrize("name", [*MISSING, *EMPTY])
def test_the_bucket_must_be_there_to_say_so(wire, name):
    assert_refused(wire.signed("GET", f"/no-such-bucket?{name}"), "NoSuchBucket", 404)


@pytest.mark.parametrize("name", [*MISSING, *EMPTY])
def test_it_is_nobody_elses_business(second, bucket, name):
    answer = second.wire.signed("GET", f"/{bucket}?{name}")
    assert (answer.status, answer.code) in {(403, "AccessDenied"), (405, "MethodNotAllowed")}


PUTS = ["replication", "logging", "notification"]
PUTS += ["accelerate", "analytics&id=1"]
PUTS += ["inventory&id=1", "metrics&id=1", "intelligent-tiering&id=1"]


@pytest.mark.parametrize("name", PUTS)
def test_a_configuration_that_would_not_be_acted_upon_is_refused(wire, bucket, name):
    body = b"<Configuration/>"
    answer = wire.signed("PUT", f"/{bucket}?{name}", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "NotImplemented", 501)
    assert wire.signed("GET", f"/{bucket}?list-type=2").text("KeyCount") == "0"


@pytest.mark.parametrize(
    "name", ["tagging", "retention", "legal-hold", "torrent", "restore&versionId=null", "select&select-type=2"]
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_subresource_is_never_taken_for_the_object(wire, bucket, put, read, name, method):
    """``PUT /key?tagging`` must not overwrite the key, ``DELETE /key?tagging`` not delete it."""
    put("key", b"kept")
    answer = wire.signed(method, f"/{bucket}/key?{name}", body=b"<X/>" if method != "DELETE" else b"")
    assert answer.status in {204 if method == "DELETE" else 400, 400, 404, 405, 501}, (answer.status, answer.body)
    assert read("key") == b"kept"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("name", [*MISSING, "encryption", "publicAccessBlock", "ownershipControls", "metrics&id=1"])
def test_a_subresource_is_never_taken_for_the_bucket(wire, s3, bucket, method, name):
    answer = wire.signed(method, f"/{bucket}?{name}")
    assert answer.status in {204, 400, 404, 405, 501}, answer.body
    s3.head_bucket(Bucket=bucket)


REFUSED_HEADERS = [
    ("x-amz-server-side-encryption", "aws:kms:dsse"),
    ("x-amz-server-side-encryption", "aws:fsx"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
    ("x-amz-storage-class", "GLACIER"),
    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ("x-amz-object-lock-mode", "GOVERNANCE"),
    ("x-amz-object-lock-retain-until-date", "2099-01-01T00:00:00Z"),
    ("x-amz-object-lock-legal-hold", "ON"),
    ("x-amz-object-lock-event-hold", "ON"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED_HEADERS)
@pytest.mark.parametrize("operation", ["put", "copy", "create upload"])
def test_what_a_put_cannot_honour_it_refuses(wire, bucket, put, name, value, operation):
    put("source")
    if operation == "put":
        answer = wire.signed("PUT", f"/{bucket}/key", {name: value}, b"x")
    elif operation == "copy":
        answer = wire.signed("PUT", f"/{bucket}/key", {name: value, "x-amz-copy-source": f"{bucket}/source"})
    else:
        answer = wire.signed("POST", f"/{bucket}/key?uploads", {name: value})
    assert answer.status in {400, 501}, (answer.status, answer.body)
    assert answer.code in {"NotImplemented", "InvalidStorageClass", "InvalidRequest", "InvalidArgument"}, answer.body
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404
    assert b"<Upload>" not in wire.signed("GET", f"/{bucket}?uploads").body


def test_standard_storage_is_what_there_is(s3, bucket, put):
    put("key", StorageClass="STANDARD")
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == "STANDARD"


@pytest.mark.parametrize(
    "headers",
    [{"x-amz-bucket-object-lock-enabled": "maybe"}, {"x-amz-object-ownership": "Everybody"}],
    ids=str,
)
def test_a_bucket_that_cannot_be_had_is_not_made(wire, bucket_names, headers):
    name = bucket_names()
    answer = wire.signed("PUT", f"/{name}", headers)
    assert answer.status in {400, 501}, answer.body
    assert wire.signed("HEAD", f"/{name}").status == 404


def test_methods_and_subresources_that_do_not_exist(wire, bucket, put):
    put("key")
    for method, target in (("POST", f"/{bucket}/key"), ("PATCH", f"/{bucket}/key"), ("PUT", "/"), ("DELETE", "/")):
        answer = wire.signed(method, target)
        assert answer.status in {400, 405, 501}, (method, target, answer.status)
        assert answer.code in {"MethodNotAllowed", "NotImplemented", "InvalidRequest", "BadRequest"}, answer.body
    assert wire.signed("HEAD", f"/{bucket}/key").status == 200


def test_two_subresources_at_once_are_refused(wire, bucket, put):
    put("key", b"kept")
    answer = wire.signed("PUT", f"/{bucket}/key?acl&tagging", body=b"x")
    assert answer.status in {400, 501}, answer.body
    assert wire.signed("GET", f"/{bucket}/key").body == b"kept"


def test_what_objects_have_not_answers_not_implemented(s3, bucket, put):
    put("key")
    for call in (
        lambda: s3.select_object_content(
            Bucket=bucket,
            Key="key",
            Expression="SELECT 1",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        ),
    ):
        with refused("NotImplemented", 501):
            call()


# --- the server's own doors ---------------------------------------------------------------------------------------


def test_health(wire):
    for name in ("live", "ready"):
        answer = wire.send("GET", f"/_/health/{name}")
        assert answer.status == 200, answer.body


def test_health_is_not_on_the_hosts_of_buckets(wire, bucket, put):
    """``/_/`` exists only on the service's own hosts; in a bucket it is a key like any other."""
    put("_/health/live", b"a key")
    answer = wire.signed("GET", "/_/health/live", host=f"{bucket}.s3.localhost")
    assert (answer.status, answer.body) == (200, b"a key")


def test_every_answer_has_a_request_id_of_its_own(wire, bucket):
    ids = [wire.signed("GET", f"/{bucket}").headers["x-amz-request-id"] for _ in range(20)]
    ids += [wire.send("GET", f"/{bucket}").headers["x-amz-request-id"] for _ in range(20)]
    assert len(set(ids)) == 40
