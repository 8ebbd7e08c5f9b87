"""SSE-C: keys that come with each request.

Source: S3 User Guide, "Using server-side encryption with customer-provided keys"; texts as S3's answers were recorded.
"""

import base64
import hashlib

import pytest

from live.expect import assert_refused, refused
from live.sse import KEY, OTHER_KEY, customer, customer_headers, is_stored, md5_of
from live.sums import checksum

MARK = b"What is written here must not be found on the disk. "
SMALL = MARK * 20
LARGE = MARK * 20_000
"""A million bytes: a blob of sixteen segments."""
MIN_PART = 5 * 1024**2

ALGORITHM = "x-amz-server-side-encryption-customer-algorithm"
SECRET = "x-amz-server-side-encryption-customer-key"
MD5 = "x-amz-server-side-encryption-customer-key-MD5"


@pytest.fixture(params=[b"", SMALL, LARGE], ids=["empty", "inline", "blob"])
def body(request):
    return request.param


def _told(answer):
    return answer.get("SSECustomerAlgorithm"), answer.get("SSECustomerKeyMD5"), answer.get("ServerSideEncryption")


CONFIRMED = ("AES256", md5_of(KEY), None)


def test_an_object_is_read_with_the_key_that_it_was_written_with(s3, bucket, body):
    written = s3.put_object(Bucket=bucket, Key="key", Body=body, Metadata={"a": "b"}, **customer())
    got = s3.get_object(Bucket=bucket, Key="key", **customer())
    head = s3.head_object(Bucket=bucket, Key="key", **customer())

    assert got["Body"].read() == body
    assert _told(written) == _told(got) == _told(head) == CONFIRMED
    assert got["ContentLength"] == head["ContentLength"] == len(body)
    assert got["Metadata"] == {"a": "b"}
    assert got["ETag"] == head["ETag"] == written["ETag"]


def test_the_etag_shows_nothing_of_the_bytes(s3, bucket, body):
    first = s3.put_object(Bucket=bucket, Key="1", Body=body, **customer())["ETag"]
    second = s3.put_object(Bucket=bucket, Key="2", Body=body, **customer())["ETag"]

    assert f'"{hashlib.md5(body).hexdigest()}"' not in {first, second}
    assert first != second
    assert len(first) == 34


def test_checksums_are_of_the_plain_bytes(s3, bucket, body):
    digest = checksum("SHA256", body)
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    s3.put_object(Bucket=bucket, Key="key", Body=body, ChecksumSHA256=digest, ContentMD5=md5, **customer())

    assert s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED", **customer())["ChecksumSHA256"] == digest
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="key", Body=b"other", ChecksumSHA256=digest, **customer())
    assert s3.get_object(Bucket=bucket, Key="key", **customer())["Body"].read() == body


@pytest.mark.parametrize(
    "wanted", [(0, 0), (1, 9), (65_519, 65_520), (65_520, 131_039), (100, 300_000), (999_990, 999_999)]
)
def test_a_range_is_what_it_would_be_unencrypted(s3, bucket, wanted):
    first, last = wanted
    body = LARGE[:1_000_000]
    s3.put_object(Bucket=bucket, Key="key", Body=body, **customer())

    got = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={first}-{last}", **customer())

    assert got["Body"].read() == body[first : last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/1000000"


def test_a_range_of_a_small_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="key", Body=SMALL, **customer())

    assert s3.get_object(Bucket=bucket, Key="key", Range="bytes=-7", **customer())["Body"].read() == SMALL[-7:]


def test_without_the_key_there_is_nothing_to_see(s3, bucket, body):
    s3.put_object(Bucket=bucket, Key="key", Body=body, **customer())

    with refused("InvalidRequest", 400) as found:
        s3.get_object(Bucket=bucket, Key="key")
    assert found.message == (
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
        "retrieve the object."
    )
    with refused("400", 400):
        s3.head_object(Bucket=bucket, Key="key")
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    attributes = {"Bucket": bucket, "Key": "key", "ObjectAttributes": ["ObjectSize"]}
    with refused("InvalidRequest", 400):
        s3.get_object_attributes(**attributes)
    assert s3.get_object_attributes(**attributes, **customer())["ObjectSize"] == len(body)


def test_another_key_is_denied(s3, bucket, body):
    s3.put_object(Bucket=bucket, Key="key", Body=body, **customer())

    with refused("AccessDenied", 403) as found:
        s3.get_object(Bucket=bucket, Key="key", **customer(OTHER_KEY))
    assert found.message == (
        "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key."
    )
    with refused("403", 403):
        s3.head_object(Bucket=bucket, Key="key", **customer(OTHER_KEY))
    with refused("AccessDenied", 403):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/key", **customer(OTHER_KEY, source=True))


def test_an_object_without_encryption_has_no_use_for_a_key(s3, bucket, put, body):
    put("key", body)

    with refused("InvalidRequest", 400) as found:
        s3.get_object(Bucket=bucket, Key="key", **customer())
    assert found.message == "The encryption parameters are not applicable to this object."
    with refused("400", 400):
        s3.head_object(Bucket=bucket, Key="key", **customer())
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/key", **customer(source=True))


SHORT = b"too short"
BAD_HEADERS = {
    "no algorithm": ({ALGORITHM: None}, "InvalidArgument", "must provide a valid encryption algorithm."),
    "other algorithm": ({ALGORITHM: "AES128"}, "InvalidEncryptionAlgorithmError", "Supported value: AES256."),
    "no key": ({SECRET: None}, "InvalidArgument", "must provide an appropriate secret key."),
    "no MD5": ({MD5: None}, "InvalidArgument", "must provide the client calculated MD5 of the secret key."),
    "only an MD5": ({ALGORITHM: None, SECRET: None}, "InvalidArgument", "must provide a valid encryption algorithm."),
    "other MD5": ({MD5: md5_of(OTHER_KEY)}, "InvalidArgument", "did not match the hash that was provided."),
    "no Base64": ({SECRET: "!" * 44}, "InvalidArgument", "The secret key was invalid for the specified algorithm."),
    "short key": (
        {SECRET: base64.b64encode(SHORT).decode(), MD5: md5_of(SHORT)},
        "InvalidArgument",
        "The secret key was invalid for the specified algorithm.",
    ),
}


@pytest.mark.parametrize("name", BAD_HEADERS)
@pytest.mark.parametrize("operation", ["put", "get", "copy source", "copy target", "create upload"])
def test_headers_that_are_not_a_key_are_refused(wire, bucket, put, name, operation):
    put("plain")
    changes, code, message = BAD_HEADERS[name]
    headers = {field: value for field, value in (customer_headers() | changes).items() if value is not None}
    if operation == "put":
        answer = wire.signed("PUT", f"/{bucket}/key", headers, SMALL)
    elif operation == "get":
        answer = wire.signed("GET", f"/{bucket}/plain", headers)
    elif operation == "create upload":
        answer = wire.signed("POST", f"/{bucket}/key?uploads", headers)
    else:
        if operation == "copy source":
            headers = {field.replace("x-amz-", "x-amz-copy-source-"): value for field, value in headers.items()}
        answer = wire.signed("PUT", f"/{bucket}/key", {"x-amz-copy-source": f"{bucket}/plain", **headers})

    assert_refused(answer, code, 400, ArgumentName="x-amz-server-side-encryption")
    assert answer.error["Message"].endswith(message)
    assert base64.b64encode(KEY) not in answer.body
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_a_presigned_url_is_used_with_the_headers_that_it_was_signed_for(server, clients, wire, bucket):
    s3 = clients(server, signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="key", Body=SMALL, **customer())
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key", **customer()})

    target = url.removeprefix(wire.endpoint)
    assert wire.send("GET", target, customer_headers()).body == SMALL
    assert wire.send("GET", target).status in {400, 403}


# --- copies ---------------------------------------------------------------------------------------------------------

STATES = {"plain": {}, "one key": customer(), "another key": customer(OTHER_KEY)}
SOURCES = {"plain": {}, "one key": customer(source=True), "another key": customer(OTHER_KEY, source=True)}


@pytest.mark.parametrize("target", STATES)
@pytest.mark.parametrize("source", STATES)
def test_a_copy_is_encrypted_as_its_own_request_says(s3, bucket, body, source, target):
    s3.put_object(Bucket=bucket, Key="source", Body=body, **STATES[source])

    copied = s3.copy_object(
        Bucket=bucket, Key="target", CopySource=f"{bucket}/source", **SOURCES[source], **STATES[target]
    )

    got = s3.get_object(Bucket=bucket, Key="target", **STATES[target])
    assert got["Body"].read() == body
    assert _told(copied) == _told(got)
    assert got["ETag"] == copied["CopyObjectResult"]["ETag"]
    assert (got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"') == (target == "plain")


def test_a_key_is_replaced_by_copying_an_object_to_itself(s3, bucket, body):
    s3.put_object(Bucket=bucket, Key="key", Body=body, **customer())

    s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key", **customer(source=True), **customer(OTHER_KEY))

    assert s3.get_object(Bucket=bucket, Key="key", **customer(OTHER_KEY))["Body"].read() == body
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=bucket, Key="key", **customer())


# --- uploads in parts -----------------------------------------------------------------------------------------------


@pytest.fixture
def upload(s3, bucket):
    """An upload whose parts are to be encrypted."""
    return {"Key": "key", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="key", **customer())["UploadId"]}


PARTS = [LARGE[:1] * MIN_PART, (LARGE * 6)[: MIN_PART + 12_345], b"the last one is short"]


def _send(s3, bucket, upload, **key):
    parts = []
    for number, body in enumerate(PARTS, 1):
        sent = s3.upload_part(Bucket=bucket, PartNumber=number, Body=body, **upload, **key)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        assert _told(sent) == CONFIRMED
    return parts


def test_an_upload_in_parts(s3, bucket, upload):
    parts = _send(s3, bucket, upload, **customer())
    done = s3.complete_multipart_upload(Bucket=bucket, MultipartUpload={"Parts": parts}, **upload)
    whole = b"".join(PARTS)

    assert done["ETag"].endswith('-3"')
    assert s3.get_object(Bucket=bucket, Key="key", **customer())["Body"].read() == whole
    for number, body in enumerate(PARTS, 1):
        got = s3.get_object(Bucket=bucket, Key="key", PartNumber=number, **customer())
        assert got["Body"].read() == body
        assert got["PartsCount"] == 3
    middle = MIN_PART - 10, 2 * MIN_PART + 12_350
    got = s3.get_object(Bucket=bucket, Key="key", Range=f"bytes={middle[0]}-{middle[1]}", **customer())
    assert got["Body"].read() == whole[middle[0] : middle[1] + 1]
    with refused("InvalidRequest", 400):
        s3.get_object(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=bucket, Key="key", **customer(OTHER_KEY))


def test_a_part_needs_the_key_of_its_upload(s3, bucket, upload):
    part = {"Bucket": bucket, "PartNumber": 1, "Body": b"part", **upload}

    with refused("InvalidRequest", 400) as found:
        s3.upload_part(**part)
    assert found.message == (
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
        "encryption parameters."
    )
    with refused("InvalidRequest", 400) as found:
        s3.upload_part(**part, **customer(OTHER_KEY))
    assert found.message == "The provided encryption parameters did not match the ones used originally."
    assert "Parts" not in s3.list_parts(Bucket=bucket, **upload)


def test_an_upload_without_encryption_takes_no_key(s3, bucket):
    upload = {"Key": "key", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]}

    with refused("InvalidRequest", 400):
        s3.upload_part(Bucket=bucket, PartNumber=1, Body=b"part", **upload, **customer())
    with refused("InvalidRequest", 400):
        s3.list_parts(Bucket=bucket, **upload, **customer())


def test_listing_and_completing_need_no_key_and_check_one_that_is_sent(s3, bucket, upload):
    sent = s3.upload_part(Bucket=bucket, PartNumber=1, Body=b"part", **upload, **customer())
    parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}

    assert s3.list_parts(Bucket=bucket, **upload)["Parts"][0]["ETag"] == sent["ETag"]
    assert s3.list_parts(Bucket=bucket, **upload, **customer())["Parts"][0]["Size"] == 4
    with refused("InvalidRequest", 400):
        s3.list_parts(Bucket=bucket, **upload, **customer(OTHER_KEY))
    with refused("InvalidRequest", 400):
        s3.complete_multipart_upload(Bucket=bucket, MultipartUpload=parts, **upload, **customer(OTHER_KEY))
    s3.complete_multipart_upload(Bucket=bucket, MultipartUpload=parts, **upload, **customer())
    assert s3.get_object(Bucket=bucket, Key="key", **customer())["Body"].read() == b"part"


@pytest.mark.parametrize("source", STATES)
def test_a_part_is_copied_from_any_state(s3, bucket, upload, source):
    s3.put_object(Bucket=bucket, Key="source", Body=LARGE, **STATES[source])

    copied = s3.upload_part_copy(
        Bucket=bucket,
        PartNumber=1,
        CopySource=f"{bucket}/source",
        CopySourceRange="bytes=70000-200000",
        **upload,
        **SOURCES[source],
        **customer(),
    )
    parts = {"Parts": [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, MultipartUpload=parts, **upload)

    assert _told(copied) == CONFIRMED
    assert s3.get_object(Bucket=bucket, Key="key", **customer())["Body"].read() == LARGE[70_000:200_001]


def test_a_copy_of_an_upload_is_one_encrypted_object(s3, bucket, upload):
    parts = _send(s3, bucket, upload, **customer())
    s3.complete_multipart_upload(Bucket=bucket, MultipartUpload={"Parts": parts}, **upload)

    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=f"{bucket}/key", **customer(source=True), **customer(OTHER_KEY)
    )

    assert s3.get_object(Bucket=bucket, Key="copy", **customer(OTHER_KEY))["Body"].read() == b"".join(PARTS)


# --- on the disk and on the network ---------------------------------------------------------------------------------


@pytest.mark.server_kinds("embedded-1")
def test_neither_the_bytes_nor_the_key_are_in_the_folder(s3, bucket, server, upload):
    secret = b"Other tests store their text as it is; this one they have not. "
    for name, times in (("small", 20), ("large", 20_000)):
        s3.put_object(Bucket=bucket, Key=name, Body=secret * times, **customer())
    s3.upload_part(Bucket=bucket, PartNumber=1, Body=secret * 20_000, **upload, **customer())
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/large", **customer(source=True), **customer())
    s3.put_object(Bucket=bucket, Key="large", Body=b"", **customer())  # what was there before is garbage now
    s3.put_object(Bucket=bucket, Key="seen", Body=b"this text is not encrypted")

    assert is_stored(server.data, b"this text is not encrypted")
    assert not is_stored(server.data, secret[:20])
    assert not is_stored(server.data, KEY)
    assert not is_stored(server.data, base64.b64encode(KEY))
    assert base64.b64encode(KEY).decode() not in server.log_text()


def test_a_key_that_others_could_read_on_its_way_is_refused(start_server, clients):
    """Behind a trusted proxy its word decides who the client is and whether it came by TLS."""
    server = start_server(target="memory:", flags=("--trusted-proxy", "127.0.0.1/32"))
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=SMALL, **customer())

    def read(**forwarded):
        from live.wire import Wire

        headers = {f"X-Forwarded-{name}": value for name, value in forwarded.items()}
        wire = Wire(server.endpoint, server.access_key, server.secret_key)
        return wire.signed("GET", "/bucket/key", {**headers, **customer_headers()})

    assert_refused(read(For="192.0.2.7"), "InvalidRequest", 400)
    assert_refused(read(For="192.0.2.7", Proto="http"), "InvalidRequest", 400)
    assert read(For="192.0.2.7", Proto="https").body == SMALL
    assert read(For="127.0.0.1").body == SMALL
