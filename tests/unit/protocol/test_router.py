"""Every operation is found, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.operations import POST_OBJECT, TABLE
from bushel.protocol.router import route

SAMPLE = {"service": ("GET", {}), "bucket": ("PUT", {}), "object": ("PUT", {})}
SUBRESOURCES = sorted(
    {name.partition("=")[0] for each in TABLE.values() for name in each.query}
    - {"id", "partNumber", "annotationName", "list-type"}
)
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


def query_of(operation):
    return {name: value or "1" for name, _, value in (each.partition("=") for each in operation.query)}


def refuse(method, resource, query=(), headers=None):
    with pytest.raises(S3Error) as refused:
        route(method, resource, dict(query), headers or {})
    return refused.value


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("value", ["", "1"])
def test_every_operation_is_found_by_its_discriminators(name, value):
    operation = TABLE[name]
    query = {each: text if text == "2" else value for each, text in query_of(operation).items()}
    headers = dict.fromkeys(operation.headers, "bucket/key")

    for more in ({}, {"x-id": name}, {"prefix": "acl", "Acl": "", "unheard-of": ""}):
        assert route(operation.method, operation.resource, query | more, headers | {"host": "a"}) is operation


def test_no_two_operations_fit_one_request_equally_well():
    for one in TABLE.values():
        for other in TABLE.values():
            if one is not other and (one.method, one.resource) == (other.method, other.resource):
                assert (one.query, one.headers) != (other.query, other.headers)
                if (one.query & other.query) - {"id"}:
                    assert one.query <= other.query or other.query <= one.query


@pytest.mark.parametrize(
    ("method", "query", "headers", "name"),
    [
        ("GET", {"partNumber": "1", "versionId": "null"}, {}, "GetObject"),
        ("HEAD", {"partNumber": "1"}, {}, "HeadObject"),
        ("GET", {"uploadId": "u", "part-number-marker": "1"}, {}, "ListParts"),
        ("PUT", {"uploadId": "u", "partNumber": "1"}, {"x-amz-copy-source": "b/k"}, "UploadPartCopy"),
        ("PUT", {}, {"x-amz-copy-source": "b/k"}, "CopyObject"),
        ("PUT", {"X-Amz-Signature": "f", "x-amz-copy-source": "b/k"}, {}, "CopyObject"),
        (
            "PUT",
            {"X-Amz-Signature": "f", "X-Amz-Copy-Source": "b/k", "uploadId": "u", "partNumber": "1"},
            {},
            "UploadPartCopy",
        ),
        ("PUT", {"x-amz-copy-source": "b/k"}, {}, "PutObject"),
        ("GET", {}, {"x-amz-copy-source": "b/k"}, "GetObject"),
        ("PUT", {"acl": ""}, {"x-amz-copy-source": "b/k"}, "PutObjectAcl"),
        ("DELETE", {"uploadId": ""}, {}, "AbortMultipartUpload"),
        ("GET", {"id": "1"}, {}, "GetObject"),
        ("GET", {"annotation": "", "annotationName": "a"}, {}, "GetObjectAnnotation"),
        ("GET", {"annotation": ""}, {}, "ListObjectAnnotations"),
    ],
)
def test_what_looks_alike_on_objects_is_told_apart(method, query, headers, name):
    assert route(method, "object", query, headers).name == name


@pytest.mark.parametrize(
    ("method", "query", "name"),
    [
        ("GET", {}, "ListObjects"),
        ("GET", {"list-type": "2"}, "ListObjectsV2"),
        ("GET", {"list-type": "1"}, "ListObjects"),
        ("GET", {"list-type": ""}, "ListObjects"),
        ("GET", {"uploads": "", "prefix": "a"}, "ListMultipartUploads"),
        ("GET", {"inventory": "", "id": "a"}, "GetBucketInventoryConfiguration"),
        ("GET", {"inventory": ""}, "ListBucketInventoryConfigurations"),
        ("PUT", {"inventory": ""}, "PutBucketInventoryConfiguration"),
        ("PUT", {"inventory": "", "id": "a"}, "PutBucketInventoryConfiguration"),
        ("HEAD", {"list-type": "2"}, "HeadBucket"),
        ("POST", {"delete": ""}, "DeleteObjects"),
    ],
)
def test_what_looks_alike_on_buckets_is_told_apart(method, query, name):
    assert route(method, "bucket", query, {}).name == name


@pytest.mark.parametrize(
    ("method", "resource", "query", "message", "value"),
    [
        ("GET", "object", ["acl", "tagging"], "Conflicting query string parameters: acl, tagging", "acl"),
        ("PUT", "object", ["tagging", "acl"], "Conflicting query string parameters: acl, tagging", "acl"),
        ("GET", "bucket", ["versioning", "acl"], "Conflicting query string parameters: acl, versioning", "acl"),
        ("HEAD", "bucket", ["versioning", "acl"], "Conflicting query string parameters: acl, versioning", "acl"),
        (
            "DELETE",
            "object",
            ["uploadId", "tagging"],
            "Conflicting query string parameters: tagging, uploadId",
            "tagging",
        ),
        ("GET", "object", ["partNumber", "acl"], "Conflicting query string parameters: acl, partNumber", "acl"),
        ("GET", "object", ["annotationName", "acl"], "Conflicting query string parameters: acl, annotationName", "acl"),
        ("GET", "object", ["annotationName"], "Unexpected query string parameter", "annotationName"),
        ("PUT", "object", ["inventory"], "Unexpected query string parameter", "inventory"),
        ("GET", "object", ["policy"], "Unexpected query string parameter", "policy"),
        ("DELETE", "object", ["lifecycle"], "Unexpected query string parameter", "lifecycle"),
        ("PUT", "bucket", ["legal-hold"], "Unexpected query string parameter", "legal-hold"),
        ("GET", "service", ["acl"], "Unexpected query string parameter", "acl"),
    ],
)
def test_a_contradiction_is_refused_in_s3s_words(method, resource, query, message, value):
    error = refuse(method, resource, dict.fromkeys(query, ""))

    assert (error.code, error.status, error.message) == ("InvalidArgument", 400, message)
    assert error.detail == {"ArgumentName": "ResourceType", "ArgumentValue": value}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_part_number_alone_never_reaches_the_whole_object(method):
    assert refuse(method, "object", {"partNumber": "1"}).reason == "InvalidArgument.PartNumberAlone"


def test_an_upload_is_not_written_without_a_part_number():
    assert refuse("PUT", "object", {"uploadId": "u"}).reason == "InvalidArgument.UploadIdAlone"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_part_is_only_put(method):
    error = refuse(method, "object", {"uploadId": "u", "partNumber": "1"})

    assert (error.status, error.headers) == (405, [("Allow", "PUT")])
    assert error.detail == {"Method": method, "ResourceType": "PART"}


@pytest.mark.parametrize(("name", "code"), [("uploadId", "KeyMissing"), ("partNumber", "KeyName")])
def test_parts_and_uploads_belong_to_keys(name, code):
    for method in METHODS:
        assert refuse(method, "bucket", {name: "1"}).reason == f"InvalidRequest.{code}"


@pytest.mark.parametrize(
    ("method", "resource", "query", "allowed", "resource_type"),
    [
        ("HEAD", "object", "acl", "GET, PUT", "ACL"),
        ("POST", "object", "tagging", "GET, PUT, DELETE", "TAGGING"),
        ("PUT", "object", "attributes", "GET", "ATTRIBUTES"),
        ("PUT", "object", "uploads", "POST", "UPLOADS"),
        ("HEAD", "bucket", "versioning", "GET, PUT", "VERSIONING"),
        ("PUT", "bucket", "location", "GET", "LOCATION"),
        ("PUT", "bucket", "delete", "POST", "DELETE"),
    ],
)
def test_a_subresource_tells_which_methods_it_has(method, resource, query, allowed, resource_type):
    error = refuse(method, resource, {query: ""})

    assert (error.code, error.status, error.headers) == ("MethodNotAllowed", 405, [("Allow", allowed)])
    assert error.detail == {"Method": method, "ResourceType": resource_type}


@pytest.mark.parametrize(
    ("method", "resource", "allowed"),
    [
        ("POST", "service", "GET"),
        ("HEAD", "service", "GET"),
        ("POST", "object", "GET, HEAD, PUT, DELETE"),
        ("PATCH", "bucket", "GET, HEAD, PUT, DELETE"),
    ],
)
def test_a_method_that_is_not_there_is_not_allowed(method, resource, allowed):
    error = refuse(method, resource)

    assert (error.status, error.headers) == (405, [("Allow", allowed)])


def test_a_form_posted_to_a_bucket_is_an_upload():
    assert route("POST", "bucket", {}, {"content-type": "Multipart/Form-Data; boundary=x"}) is POST_OBJECT


def test_another_post_to_a_bucket_lacks_the_form():
    error = refuse("POST", "bucket", headers={"content-type": "text/plain"})

    assert (error.code, error.status) == ("PreconditionFailed", 412)
    assert error.detail == {"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"}


def test_a_preflight_that_names_no_origin_or_no_bucket_is_refused():
    """Those that name both never come here: they are answered from the bucket's rules."""
    headers = {"origin": "https://example.org", "access-control-request-method": "PUT"}
    error = refuse("OPTIONS", "service", headers=headers)

    assert (error.code, error.status) == ("AccessForbidden", 403)
    assert error.detail == {"Method": "PUT", "ResourceType": "SERVICE"}
    assert refuse("OPTIONS", "bucket").code == "BadRequest"


@given(
    st.sampled_from(METHODS),
    st.sampled_from(["service", "bucket", "object"]),
    st.dictionaries(
        st.sampled_from([*SUBRESOURCES, "partNumber", "id", "annotationName", "prefix"]), st.just(""), max_size=3
    ),
    st.sampled_from([{}, {"x-amz-copy-source": "b/k"}]),
)
def test_a_request_that_names_a_subresource_is_never_the_plain_operation(method, resource, query, headers):
    try:
        operation = route(method, resource, query, headers)
    except S3Error:
        return

    assert (operation.method, operation.resource) == (method, resource)
    assert operation.query >= set(query) & set(SUBRESOURCES)
    assert operation.query <= set(query)
    assert operation.headers <= set(headers)
