"""Requests into inputs, by hand: what acts, what is refused and how, what S3 tells about each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.fields import Header, Query
from bushel.protocol.codec.members import members_of
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import (
    COPY_OBJECT,
    CREATE_BUCKET,
    CREATE_MULTIPART_UPLOAD,
    DELETE_BUCKET,
    DELETE_OBJECT,
    DELETE_OBJECTS,
    GET_BUCKET_LOCATION,
    GET_OBJECT,
    HEAD_OBJECT,
    LIST_BUCKETS,
    LIST_OBJECTS,
    LIST_OBJECTS_V2,
    LIST_PARTS,
    PUT_BUCKET_ACL,
    PUT_OBJECT,
    TABLE,
    UPLOAD_PART,
)
from bushel.protocol.shapes.object import GetObjectOutput, PutObjectInput

IMPLEMENTED = {name: operation for name, operation in TABLE.items() if operation.refused is None}


def refuse(operation, query=None, headers=None, payload=b""):
    """The error that a request gets."""
    with pytest.raises(S3Error) as refused:
        operation.read_input("bucket", "key", query or {}, headers or {}, payload)
    return refused.value


def read(operation, query=None, headers=None, payload=b""):
    return operation.read_input("bucket", "key", query or {}, headers or {}, payload)


def test_a_put_is_read_whole():
    body = object()
    headers = {
        "host": "localhost",
        "authorization": "AWS4-HMAC-SHA256 ...",
        "x-amz-date": "20260101T000000Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "content-length": "5",
        "content-type": "text/plain",
        "cache-control": "no-store",
        "expires": "tomorrow",
        "x-amz-meta-colour": "blue",
        "x-amz-meta-": "nameless",
        "x-amz-storage-class": "STANDARD",
        "x-amz-acl": "public-read",
        "if-none-match": "*",
    }

    assert read(PUT_OBJECT, {"x-id": "PutObject"}, headers, body) == PutObjectInput(
        bucket="bucket",
        key="key",
        body=body,
        content_length=5,
        content_type="text/plain",
        cache_control="no-store",
        expires="tomorrow",
        metadata={"colour": "blue", "": "nameless"},
        storage_class="STANDARD",
        acl="public-read",
        if_none_match="*",
    )


@pytest.mark.parametrize(
    ("operation", "header", "value", "reason", "detail"),
    [
        (
            PUT_OBJECT,
            "x-amz-object-lock-event-hold",
            "ON",
            "NotImplemented",
            {"Header": "x-amz-object-lock-event-hold"},
        ),
        (PUT_OBJECT, "x-amz-object-lock-event-hold", "", "NotImplemented", {"Header": "x-amz-object-lock-event-hold"}),
        (PUT_OBJECT, "x-amz-storage-class", "GLACIER", "NotImplemented", {"Header": "x-amz-storage-class"}),
        (PUT_OBJECT, "x-amz-storage-class", "TAPE", "InvalidStorageClass", {"StorageClassRequested": "TAPE"}),
        (PUT_OBJECT, "x-amz-storage-class", "standard", "InvalidStorageClass", {"StorageClassRequested": "standard"}),
        (
            PUT_OBJECT,
            "x-amz-acl",
            "public",
            "InvalidArgument.CannedACL",
            {"ArgumentName": "x-amz-acl", "ArgumentValue": "public"},
        ),
        (CREATE_BUCKET, "x-amz-acl", "bucket-owner-write", "InvalidArgument.CannedACL", None),
        (PUT_OBJECT, "x-amz-checksum-new", "AAAA", "InvalidRequest.ChecksumHeader", {"Header": "x-amz-checksum-new"}),
        (PUT_OBJECT, "x-amz-sdk-checksum-algorithm", "ROT13", "InvalidRequest.SdkChecksumAlgorithm", {}),
        (CREATE_MULTIPART_UPLOAD, "x-amz-checksum-algorithm", "SHA3", "InvalidRequest.ChecksumAlgorithm", None),
        (CREATE_MULTIPART_UPLOAD, "x-amz-checksum-type", "PARTIAL", "InvalidRequest.ChecksumType", {}),
        (DELETE_OBJECT, "x-amz-mfa", "serial 123456", "NotImplemented", {"Header": "x-amz-mfa"}),
        (DELETE_OBJECT, "x-amz-bypass-governance-retention", "perhaps", "InvalidArgument", None),
        (PUT_OBJECT, "x-amz-object-lock-mode", "governance", "InvalidArgument.LockMode", None),
        (PUT_OBJECT, "x-amz-object-lock-legal-hold", "on", "InvalidArgument.LegalHold", None),
        (PUT_OBJECT, "x-amz-object-lock-event-hold", "ON", "NotImplemented", None),
        (COPY_OBJECT, "x-amz-metadata-directive", "MERGE", "InvalidArgument.MetadataDirective", None),
        (COPY_OBJECT, "x-amz-tagging-directive", "MERGE", "InvalidArgument.TaggingDirective", None),
        (COPY_OBJECT, "x-amz-copy-source-if-modified-since", "yesterday", "InvalidArgument", None),
        (CREATE_BUCKET, "x-amz-object-ownership", "Everybody", "InvalidArgument.ObjectOwnership", None),
        (CREATE_BUCKET, "x-amz-bucket-object-lock-enabled", "perhaps", "InvalidArgument", None),
        (LIST_OBJECTS, "x-amz-optional-object-attributes", "RestoreStatus, Colour", "InvalidArgument", None),
        # Header fields of other operations that this one would not act on.
        (UPLOAD_PART, "x-amz-server-side-encryption", "AES256", "InvalidArgument.EncryptionHeader", None),
        (
            GET_BUCKET_LOCATION,
            "x-amz-server-side-encryption-customer-key",
            "c2VjcmV0",
            "InvalidArgument.EncryptionHeader",
            {"ArgumentName": "x-amz-server-side-encryption-customer-key"},
        ),
        (PUT_BUCKET_ACL, "x-amz-copy-source", "b/k", "InvalidArgument.CopySourceUnexpected", None),
        (PUT_BUCKET_ACL, "x-amz-checksum-sha3", "AAAA", "InvalidRequest.ChecksumHeader", None),
    ],
)
def test_a_header_that_cannot_act_is_refused(operation, header, value, reason, detail):
    query = {"uploadId": "u", "partNumber": "1"} if operation is UPLOAD_PART else {}
    headers = {"x-amz-copy-source": "b/k"} if operation is COPY_OBJECT else {}

    error = refuse(operation, query, headers | {header: value})

    assert error.reason == reason
    assert detail is None or error.detail == detail


@pytest.mark.parametrize(
    ("operation", "header", "value", "field", "expected"),
    [
        (CREATE_BUCKET, "x-amz-object-ownership", "ObjectWriter", "object_ownership", "ObjectWriter"),
        (CREATE_BUCKET, "x-amz-bucket-object-lock-enabled", "False", "object_lock_enabled_for_bucket", False),
        (CREATE_BUCKET, "x-amz-bucket-namespace", "global", "bucket_namespace", "global"),
        (PUT_OBJECT, "x-amz-sdk-checksum-algorithm", "crc64nvme", "checksum_algorithm", "CRC64NVME"),
        (CREATE_MULTIPART_UPLOAD, "x-amz-checksum-algorithm", "sha1", "checksum_algorithm", "SHA1"),
        (CREATE_MULTIPART_UPLOAD, "x-amz-checksum-type", "composite", "checksum_type", "COMPOSITE"),
        (GET_OBJECT, "x-amz-checksum-mode", "enabled", "checksum_mode", "ENABLED"),
        (GET_OBJECT, "x-amz-request-payer", "requester", "request_payer", "requester"),
        (GET_OBJECT, "if-modified-since", "Thu, 01 Jan 1970 00:00:01 GMT", "if_modified_since", 1000),
        # RFC 9110 section 13.1.3: a recipient ignores it.
        (GET_OBJECT, "if-modified-since", "yesterday", "if_modified_since", None),
        (
            LIST_OBJECTS,
            "x-amz-optional-object-attributes",
            "RestoreStatus",
            "optional_object_attributes",
            ("RestoreStatus",),
        ),
    ],
)
def test_a_header_that_acts_is_read(operation, header, value, field, expected):
    assert getattr(read(operation, headers={header: value}), field) == expected


@pytest.mark.parametrize(
    ("operation", "name", "value", "message"),
    [
        (LIST_OBJECTS, "max-keys", "ten", "Provided max-keys not an integer or within integer range"),
        (LIST_OBJECTS, "max-keys", " 1", "Provided max-keys not an integer or within integer range"),
        (LIST_OBJECTS, "max-keys", "2147483648", "Provided max-keys not an integer or within integer range"),
        (LIST_OBJECTS, "max-keys", "-1", "Argument max-keys must be an integer between 0 and 2147483647"),
        (LIST_OBJECTS, "encoding-type", "base64", "Invalid Encoding Method specified in Request"),
        (LIST_OBJECTS, "encoding-type", "", "Invalid Encoding Method specified in Request"),
        (LIST_BUCKETS, "max-buckets", "0", "Argument max-buckets must be an integer between 1 and 10000"),
        (
            LIST_PARTS,
            "part-number-marker",
            "-1",
            "Argument part-number-marker must be an integer between 0 and 2147483647",
        ),
        (GET_OBJECT, "partNumber", "0", "Part number must be an integer between 1 and 10000, inclusive"),
        (GET_OBJECT, "partNumber", "10001", "Part number must be an integer between 1 and 10000, inclusive"),
        (GET_OBJECT, "partNumber", "", "Part number must be an integer between 1 and 10000, inclusive"),
        (GET_OBJECT, "versionId", "", "Version id cannot be the empty string"),
        (GET_OBJECT, "response-content-type", "文", "Header value cannot be represented using ISO-8859-1."),
        (GET_OBJECT, "response-content-type", "a\r\nb: c", "Header value cannot be represented using ISO-8859-1."),
        (PUT_OBJECT, "versionId", "null", "This operation does not accept a version-id."),
        (DELETE_BUCKET, "versionId", "", "This operation does not accept a version-id."),
        (LIST_OBJECTS, "start-after", "a", "startAfter only supported in REST.GET.BUCKET with list-type=2"),
        (
            LIST_OBJECTS,
            "continuation-token",
            "",
            "continuation-token only supported in REST.GET.BUCKET with list-type=2",
        ),
        (LIST_OBJECTS_V2, "marker", "a", "Marker unsupported with REST.GET.BUCKET in list-type=2"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_in_s3s_words(operation, name, value, message):
    error = refuse(operation, ({"uploadId": "u"} if operation is LIST_PARTS else {}) | {name: value})

    assert (error.code, error.status, error.message) == ("InvalidArgument", 400, message)
    assert error.detail == {"ArgumentName": name, "ArgumentValue": value}


@pytest.mark.parametrize(
    ("operation", "name", "value", "field", "expected"),
    [
        (LIST_OBJECTS, "max-keys", "", "max_keys", None),
        (LIST_OBJECTS, "max-keys", "00005", "max_keys", 5),
        (LIST_OBJECTS, "prefix", "", "prefix", ""),
        (LIST_OBJECTS_V2, "fetch-owner", "true", "fetch_owner", True),
        (LIST_OBJECTS_V2, "fetch-owner", "yes", "fetch_owner", False),
        (GET_OBJECT, "versionId", "null", "version_id", "null"),
        (GET_OBJECT, "response-content-disposition", 'attachment; filename="é"', "response_content_disposition", None),
        (GET_OBJECT, "response-content-type", "", "response_content_type", None),
    ],
)
def test_a_parameter_that_acts_is_read(operation, name, value, field, expected):
    found = getattr(read(operation, {name: value}), field)

    assert found == (value if field == "response_content_disposition" else expected)


PRESIGNED = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Signature": "f00", "X-Amz-Expires": "60"}


@pytest.mark.parametrize("signature", [PRESIGNED, {"AWSAccessKeyId": "A", "Signature": "f00", "Expires": "1"}])
def test_a_presigned_url_carries_header_fields_in_its_query(signature):
    query = signature | {"x-amz-acl": "public-read", "X-Amz-Meta-Name": "café", "x-amz-storage-class": "STANDARD"}

    found = read(PUT_OBJECT, query, {"x-amz-storage-class": "STANDARD"})

    assert (found.acl, found.metadata, found.storage_class) == ("public-read", {"name": "café"}, "STANDARD")


def test_a_header_field_wins_over_the_one_in_the_query():
    query = PRESIGNED | {"x-amz-acl": "private", "x-amz-meta-a": "query"}

    found = read(PUT_OBJECT, query, {"x-amz-acl": "public-read", "x-amz-meta-a": "header"})

    assert (found.acl, found.metadata) == ("public-read", {"a": "header"})


def test_what_is_refused_as_a_header_is_refused_in_a_presigned_url():
    refused = refuse(PUT_OBJECT, PRESIGNED | {"x-amz-object-lock-event-hold": "ON"})
    assert refused.detail == {"Header": "x-amz-object-lock-event-hold"}
    assert refuse(GET_OBJECT, PRESIGNED | {"x-amz-server-side-encryption": "AES256"}).code == "InvalidArgument"


def test_a_checksum_in_a_presigned_url_is_ignored_as_s3_ignores_it():
    query = PRESIGNED | {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"}

    found = read(PUT_OBJECT, query)

    assert (found.checksum_crc32, found.checksum_algorithm) == (None, None)


def test_header_fields_in_the_query_count_in_presigned_urls_only():
    assert read(PUT_OBJECT, {"x-amz-acl": "public-read"}).acl is None


def test_a_document_that_must_be_there_is_missed():
    assert refuse(DELETE_OBJECTS, {"delete": ""}).code == "MissingRequestBodyError"


def test_a_document_that_may_be_there_is_none():
    assert read(CREATE_BUCKET).create_bucket_configuration is None


def test_a_location_constraint_is_read():
    document = b"<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint></CreateBucketConfiguration>"

    assert read(CREATE_BUCKET, payload=document).create_bucket_configuration.location_constraint == "mars-1"


@pytest.mark.parametrize("operation", [GET_OBJECT, HEAD_OBJECT])
def test_an_answer_with_a_range_is_partial(operation):
    output = operation.output

    assert operation.write_output(output(content_range="bytes 0-1/5"))[0] == 206
    assert operation.write_output(output())[0] == 200


def test_an_object_answers_with_s3s_header_fields():
    output = GetObjectOutput(
        accept_ranges="bytes",
        last_modified=1_255_369_830_123,
        content_length=5,
        e_tag='"x"',
        delete_marker=False,
        metadata={"name": "café", "plain": "x y"},
        body=object(),
    )

    assert GET_OBJECT.write_output(output) == (
        200,
        [
            ("x-amz-delete-marker", "false"),
            ("accept-ranges", "bytes"),
            ("Last-Modified", "Mon, 12 Oct 2009 17:50:30 GMT"),
            ("Content-Length", "5"),
            ("ETag", '"x"'),
            ("x-amz-meta-name", "=?UTF-8?B?Y2Fmw6k=?="),
            ("x-amz-meta-plain", "x y"),
        ],
        b"",
    )


def test_an_operation_without_output_answers_with_its_status_alone():
    assert DELETE_BUCKET.write_output(None) == (204, [], b"")


NAMES = sorted(
    {
        member.wire.lower() if isinstance(member.place, Header) else member.wire
        for operation in IMPLEMENTED.values()
        for member in members_of(operation.input)
        if isinstance(member.place, Header | Query)
    }
    | {"x-amz-meta-a", "x-amz-checksum-new", "X-Amz-Signature", "X-Amz-Meta-B", "x-amz-unheard-of"}
)
VALUES = st.text(max_size=30) | st.sampled_from(
    ["", "true", "-1", "9" * 40, "=?UTF-8?Q?=?=", "0001-01-01T00:00:00+23:59", "Mon, 01 Jan 0001 00:00:00 GMT", "1e5"]
)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(IMPLEMENTED)),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    st.binary(max_size=40),
)
def test_any_request_is_read_or_gets_s3s_error(name, query, headers, document):
    operation = IMPLEMENTED[name]
    required = {"partNumber": "1", "uploadId": "u", "id": "i"}

    try:
        found = operation.read_input(
            "bucket", "key", required | query, {"x-amz-copy-source": "b/k"} | headers, document
        )
    except S3Error as error:
        assert 400 <= error.status < 600  # noqa: PT017 - either is an answer
    else:
        assert type(found) is operation.input
