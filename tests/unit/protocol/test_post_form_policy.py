"""Policies of form uploads: S3's own example, botocore's, every condition, every refusal.

Source: S3 API Reference, "Browser-based uploads using POST".
"""

import base64
import hashlib
import hmac
import json

import pytest
from botocore.auth import HmacV1PostAuth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bushel.protocol.errors import S3Error
from bushel.protocol.post_form import Field
from bushel.protocol.post_form_fields import object_headers, object_key, success_redirect, success_status, with_filename
from bushel.protocol.post_form_policy import form_claim, presigned_post, read_policy
from unit.protocol.signing import ACCESS_KEY, SECRET

NOW_NS = 1_451_347_200 * 10**9  # 29 December 2015, the day of the documentation's example
LATER = "2015-12-30T12:00:00.000Z"


def fields_of(**values):
    return {name.lower().replace("_", "-"): Field(name.replace("_", "-"), value) for name, value in values.items()}


def named(values):
    return {name.lower(): Field(name, value) for name, value in values.items()}


def encoded(document):
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def check(conditions, values=None, bucket="b", expiration=LATER, now_ns=NOW_NS):
    """Hold a form with these values to a policy with these conditions and one for the bucket."""
    policy = read_policy(encoded({"expiration": expiration, "conditions": [{"bucket": bucket}, *conditions]}))
    return policy.check(named(values or {}), "b", now_ns)


def refused(call, *args, **kwargs):
    with pytest.raises(S3Error) as caught:
        call(*args, **kwargs)
    return caught.value


def test_the_documentations_example_is_signed_as_it_says():
    """S3 API Reference, "Example: Browser-based upload using HTTP POST (using AWS Signature Version 4)"."""
    policy = (
        '{ "expiration": "2015-12-30T12:00:00.000Z",\r\n'
        '  "conditions": [\r\n'
        '    {"bucket": "sigv4examplebucket"},\r\n'
        '    ["starts-with", "$key", "user/user1/"],\r\n'
        '    {"acl": "public-read"},\r\n'
        '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},\r\n'
        '    ["starts-with", "$Content-Type", "image/"],\r\n'
        '    {"x-amz-meta-uuid": "14365123651274"},\r\n'
        '    {"x-amz-server-side-encryption": "AES256"},\r\n'
        '    ["starts-with", "$x-amz-meta-tag", ""],\r\n'
        "\r\n"
        '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},\r\n'
        '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},\r\n'
        '    {"x-amz-date": "20151229T000000Z" }\r\n'
        "  ]\r\n"
        "}"
    )
    fields = named(
        {
            "key": "user/user1/${filename}",
            "acl": "public-read",
            "success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
            "Content-Type": "image/jpeg",
            "x-amz-meta-uuid": "14365123651274",
            "x-amz-server-side-encryption": "AES256",
            "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": "20151229T000000Z",
            "x-amz-meta-tag": "",
            "Policy": encoded(policy),
            "X-Amz-Signature": "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
        }
    )
    claim = form_claim(fields, "us-east-1")
    claim.verify(SECRET)
    assert claim.access_key == ACCESS_KEY
    error = refused(claim.verify, "another")
    assert error.code == "SignatureDoesNotMatch"
    assert error.detail["StringToSign"] == encoded(policy)
    read_policy(claim.policy).check(with_filename(fields, "a.jpg"), "sigv4examplebucket", NOW_NS)


@pytest.mark.parametrize("auth", [S3SigV4PostAuth, HmacV1PostAuth])
def test_what_botocore_signs_is_believed(auth):
    request = AWSRequest(method="POST", url="https://b.s3.amazonaws.com/")
    request.context["s3-presign-post-fields"] = {"key": "k"}
    document = {"expiration": "2100-01-01T00:00:00Z", "conditions": [{"bucket": "b"}, {"key": "k"}]}
    request.context["s3-presign-post-policy"] = document
    credentials = Credentials(ACCESS_KEY, SECRET)
    (auth(credentials) if auth is HmacV1PostAuth else auth(credentials, "s3", "eu-west-1")).add_auth(request)
    fields = named(request.context["s3-presign-post-fields"])
    claim = form_claim(fields, "any")
    claim.verify(SECRET)
    read_policy(claim.policy).check(fields, "b", NOW_NS)
    changed = claim._replace(policy=claim.policy.replace("e", "f", 1))
    assert refused(changed.verify, SECRET).code == "SignatureDoesNotMatch"


def test_our_forms_are_signed_as_the_documentation_says_and_hold_to_their_policy():
    fields = presigned_post(
        "b",
        "in/${filename}",
        access_key=ACCESS_KEY,
        secret=SECRET,
        region="eu-west-1",
        now_ns=NOW_NS,
        expires_seconds=60,
        fields={"acl": "private"},
        conditions=[["content-length-range", 1, 10], ["starts-with", "$Content-Type", "image/"]],
    )
    key = b"AWS4" + SECRET.encode()
    for part in ("20151229", "eu-west-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    expected = hmac.new(key, fields["policy"].encode(), hashlib.sha256).hexdigest()
    assert fields["x-amz-signature"] == expected

    form = with_filename(named(fields | {"Content-Type": "image/png"}), "a.png")
    claim = form_claim(form, "eu-west-1")
    claim.verify(SECRET)
    policy = read_policy(claim.policy)
    assert policy.check(form, "b", NOW_NS) == (1, 10)
    assert refused(policy.check, form, "other", NOW_NS).code == "AccessDenied"
    assert refused(policy.check, form, "b", NOW_NS + 60 * 10**9).message == (
        "Invalid according to Policy: Policy expired."
    )
    assert refused(policy.check, form | named({"acl": "public-read"}), "b", NOW_NS).code == "AccessDenied"
    assert object_key(form) == "in/a.png"


V4 = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": f"{ACCESS_KEY}/20151229/us-east-1/s3/aws4_request",
    "X-Amz-Date": "20151229T000000Z",
    "X-Amz-Signature": "0" * 64,
    "Policy": "e30=",
}
V2 = {"AWSAccessKeyId": ACCESS_KEY, "Signature": "x", "Policy": "e30="}


@pytest.mark.parametrize(("form", "name"), [(V4, name) for name in V4] + [(V2, name) for name in V2])
def test_a_claim_with_a_field_missing_is_refused_and_the_field_named(form, name):
    error = refused(form_claim, named({each: value for each, value in form.items() if each != name}), "us-east-1")
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert error.detail == {"ArgumentName": name, "ArgumentValue": ""}
    assert error.message == (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )


def test_a_form_without_a_signature_is_anonymous_whatever_else_it_has():
    assert form_claim(named({"key": "k", "policy": "e30=", "x-amz-meta-a": "b"}), "us-east-1") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X-Amz-Algorithm": "AWS4-HMAC-SHA1"}, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        ({"X-Amz-Date": "2015-12-29T00:00:00Z"}, "X-Amz-Date must be formated via ISO8601 Long format"),
        ({"X-Amz-Date": "20151230T000000Z"}, "Invalid credential date"),
        ({"X-Amz-Credential": "a/b"}, "the Credential is mal-formed"),
        ({"X-Amz-Credential": "é/20151229/us-east-1/s3/aws4_request"}, "the Credential is mal-formed"),
        ({"X-Amz-Credential": "/20151229/us-east-1/s3/aws4_request"}, "a non-empty Access Key"),
        (
            {"X-Amz-Credential": "a/20151229/eu-west-1/s3/aws4_request"},
            "the region 'eu-west-1' is wrong; expecting 'us-east-1'",
        ),
        ({"X-Amz-Credential": "a/20151229/us-east-1/ec2/aws4_request"}, "incorrect service"),
        ({"X-Amz-Credential": "a/20151229/us-east-1/s3/aws5_request"}, "incorrect terminal"),
    ],
    ids=range(9),
)
def test_a_claim_that_cannot_be_is_refused_in_s3s_words(change, message):
    error = refused(form_claim, named(V4 | change), "us-east-1")
    assert error.code == "InvalidArgument"
    assert message in error.message


def test_signature_4a_is_refused_by_name():
    form = named(V4 | {"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256"})
    assert refused(form_claim, form, "us-east-1").reason == "NotImplemented.SignatureV4A"


@pytest.mark.parametrize(
    ("conditions", "values"),
    [
        ([["starts-with", "$key", "a/"]], {"key": "a/b"}),
        ([["STARTS-WITH", "$KeY", ""]], {"kEy": "anything"}),
        ([{"Key": "k"}, ["eq", "$key", "k"], ["starts-with", "$key", "k"]], {"key": "k"}),
        ([["starts-with", "$Content-Type", "image/"]], {"content-type": "image/png, image/gif,image/jpeg"}),
        ([["eq", "$Content-Type", "image/png,text/html"]], {"Content-Type": "image/png,text/html"}),
        ([], {"x-ignore-me": "1", "X-Ignore-Too": "2", "policy": "", "AWSAccessKeyId": "", "signature": ""}),
        ([], {"x-amz-signature": "s"}),
        ([{"x-amz-meta-a": ""}], {"x-amz-meta-a": ""}),
        ([["starts-with", "$key", "\\$foo"]], {"key": "\\$foo.txt"}),
    ],
    ids=range(9),
)
def test_a_form_that_meets_its_policy(conditions, values):
    assert check(conditions, values) == (0, None)


@pytest.mark.parametrize(
    ("conditions", "values", "problem"),
    [
        ([["starts-with", "$key", "a/"]], {"key": "b/a/"}, 'Policy Condition failed: ["starts-with", "$key", "a/"]'),
        ([{"Key": "K"}], {"key": "k"}, 'Policy Condition failed: ["eq", "$Key", "K"]'),
        ([["eq", "$acl", "private"]], {}, 'Policy Condition failed: ["eq", "$acl", "private"]'),
        ([["starts-with", "$acl", ""]], {}, 'Policy Condition failed: ["starts-with", "$acl", ""]'),
        ([["eq", "key", "k"]], {"key": "k"}, 'Policy Condition failed: ["eq", "key", "k"]'),
        (
            [["starts-with", "$Content-Type", "image/"]],
            {"content-type": "image/png,text/html"},
            'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]',
        ),
        (
            [["starts-with", "$key", "a"]],
            {"key": "b,a"},
            'Policy Condition failed: ["starts-with", "$key", "a"]',
        ),
        ([{"x": 'a"b'}], {"x": "a"}, 'Policy Condition failed: ["eq", "$x", "a\\"b"]'),
        (
            [["content-length-range", "test", "10"]],
            {},
            'Policy Condition failed: ["content-length-range", "test", "10"]',
        ),
        ([], {"StorageClass": "x"}, "Extra input fields: StorageClass"),
        ([], {"b": "1", "a": "2"}, "Extra input fields: b, a"),
        ([], {"x-amz-date": ""}, "Extra input fields: x-amz-date"),
        ([["content-length-range", 0, 1]], {"content-length-range": "1"}, "Extra input fields: content-length-range"),
    ],
    ids=range(13),
)
def test_a_form_that_does_not_meet_its_policy_is_told_what(conditions, values, problem):
    error = refused(check, conditions, values)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"Invalid according to Policy: {problem}"


def test_a_policy_is_for_one_bucket():
    assert refused(check, [], bucket="other").message.endswith('["eq", "$bucket", "other"]')
    assert refused(check, [], {"bucket": "other"}, bucket="other").code == "AccessDenied"
    policy = read_policy(encoded({"expiration": LATER, "conditions": []}))
    assert refused(policy.check, {}, "b", NOW_NS).message.endswith("Extra input fields: bucket")


def test_bounds_of_the_size_are_those_of_all_ranges_together():
    assert check([["content-length-range", 5, 10]]) == (5, 10)
    assert check([["Content-Length-Range", "5", "10"], ["content-length-range", 0, 7]]) == (5, 7)
    bounds = check([["content-length-range", 5, 10]])
    for size in (5, 10):
        bounds.check_minimum(size)
        bounds.check_maximum(size)
    assert refused(bounds.check_minimum, 4).detail == {"ProposedSize": "4", "MinSizeAllowed": "5"}
    assert refused(bounds.check_maximum, 11).detail == {"ProposedSize": "11", "MaxSizeAllowed": "10"}


def test_a_policy_holds_until_its_expiration():
    at = "2015-12-29T00:00:01.5Z"
    check([], expiration=at, now_ns=NOW_NS + 1_499_999_999)
    assert refused(check, [], expiration=at, now_ns=NOW_NS + 1_500_000_000).message == (
        "Invalid according to Policy: Policy expired."
    )


def policy_with(conditions):
    return {"expiration": LATER, "conditions": conditions}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("expiration", "Invalid JSON."),
        ("", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ("[" * 100_000, "Invalid JSON."),
        ('{"expiration": NaN, "conditions": []}', "Invalid JSON."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": LATER}, "Policy missing conditions."),
        ({"EXPIRATION": LATER, "conditions": []}, "Unexpected: 'expiration'"),
        ({"Version": "2012-10-17", "expiration": LATER, "conditions": []}, "Unexpected: 'version'"),
        ({"expiration": LATER, "conditions": {}}, "Invalid 'conditions' value: must be a List."),
        ({"expiration": 3, "conditions": []}, "Invalid 'expiration' value: '3'"),
        ({"expiration": "2015-12-30 12:00:00", "conditions": []}, "Invalid 'expiration' value: '2015-12-30 12:00:00'"),
        (
            {"expiration": "2015-12-30T12:00:00+00:00", "conditions": []},
            "Invalid 'expiration' value: '2015-12-30T12:00:00+00:00'",
        ),
        (
            {"expiration": "2015-02-30T12:00:00Z", "conditions": []},
            "Invalid 'expiration' value: '2015-02-30T12:00:00Z'",
        ),
        (
            policy_with([{}]),
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (
            policy_with([{"a": "b", "c": "d"}]),
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (policy_with([{"a": 1}]), "Invalid Simple-Condition: value must be a string."),
        (policy_with(["a"]), "Invalid condition test: must be a List or Object."),
        (policy_with([[]]), "Invalid Condition: missing operation identifier."),
        (policy_with([["ends-with", "$a", "b"]]), "Invalid Condition: unknown operation 'ends-with'."),
        (policy_with([["eq", "$a"]]), "Invalid eq: wrong number of arguments."),
        (policy_with([["content-length-range", 0]]), "Invalid content-length-range: wrong number of arguments."),
        (policy_with([["content-length-range", -1, 0]]), "Invalid JSON."),
        (policy_with([["content-length-range", 0, 512.0]]), "Invalid JSON."),
        (policy_with([["content-length-range", 0, True]]), "Invalid JSON."),
        (policy_with([["eq", "$a", None]]), "Invalid JSON."),
        (policy_with([["eq", "$a", 1]]), "Invalid JSON."),
    ],
    ids=range(27),
)
def test_a_document_that_is_no_policy_is_refused_in_s3s_words(document, problem):
    error = refused(read_policy, encoded(document))
    assert (error.code, error.status) == ("InvalidPolicyDocument", 400)
    assert error.message == f"Invalid Policy: {problem}"


@pytest.mark.parametrize("text", ["{}", "e30", "é", "/w=="])
def test_a_policy_that_is_no_base64_of_utf8_is_refused(text):
    assert refused(read_policy, text).message == "Invalid Policy: Invalid Base64 encoding."


def test_the_escapes_that_only_policies_have_are_understood():
    conditions = '[{"bucket": "b"}, ["eq", "$key", "\\$a\\v\\\\$\\u0041"]]'
    text = f'{{"expiration": "{LATER}", "conditions": {conditions}}}'
    read_policy(encoded(text)).check(named({"key": "$a\x0b\\$A"}), "b", NOW_NS)


def test_a_policy_may_be_broken_into_lines():
    text = encoded(policy_with([{"bucket": "b"}]))
    read_policy("\r\n".join([text[:20], text[20:]])).check({}, "b", NOW_NS)


# --- what the fields mean ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "filename", "expected"),
    [
        ("in/${filename}", "a.txt", "in/a.txt"),
        ("${filename}-${filename}", "/etc/passwd", "passwd-passwd"),
        ("in/${filename}", "C:\\dir\\..\\a b.txt", "in/a b.txt"),
        ("in/${filename}", "", "in/"),
        ("in/${filename}", None, "in/${filename}"),
        ("in/${filename}", "../../x/..", "in/.."),
        ("in/${FileName}", "a", "in/${FileName}"),
        ("${filename}", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ],
    ids=range(8),
)
def test_the_files_name_stands_for_its_variable_without_any_path(key, filename, expected):
    assert object_key(with_filename(named({"key": key}), filename)) == expected


def test_a_key_must_be_there_and_be_one():
    assert refused(object_key, {}).detail["ArgumentName"] == "key"
    assert refused(object_key, named({"key": ""})).message == "User key must have a length greater than 0."
    assert refused(object_key, named({"key": "é" * 513})).code == "KeyTooLongError"


def test_fields_become_header_fields_and_nothing_else_does():
    fields = {
        "key": "k",
        "ACL": "public-read",
        "Content-Type": " text/plain ",
        "Content-Disposition": 'inline; filename="é"',
        "x-amz-meta-Name": "ÄM\tÄ\x00",
        "x-amz-storage-class": "STANDARD",
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": "x",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "x-amz-decoded-content-length": "1",
        "X-Amz-Signature": "s",
        "submit": "Upload",
        "If-None-Match": "*",
    }
    assert object_headers(named(fields)) == {
        "x-amz-acl": "public-read",
        "content-type": "text/plain",
        "content-disposition": 'inline; filename="é"'.encode().decode("latin-1"),
        "x-amz-meta-name": "ÄM\tÄ\x00",
        "x-amz-storage-class": "STANDARD",
        "x-amz-sdk-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": "x",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/html\r\nSet-Cookie: a=b"),
        ("Cache-Control", "\x00"),
        ("x-amz-meta-a\r\nb", "c"),
        ("x-amz-meta-a:b", "c"),
        ("x-amz-meta-é", "c"),
        ("x-amz-meta-", "c"),
    ],
)
def test_no_field_writes_a_header_of_its_own(name, value):
    if name == "x-amz-meta-":
        assert object_headers(named({name: value})) == {"x-amz-meta-": "c"}
        return
    assert refused(object_headers, named({name: value})).code == "InvalidArgument"


@pytest.mark.parametrize(("value", "status"), [("200", 200), (" 201", 201), ("204", 204), ("404", 204), ("", 204)])
def test_the_status_of_success_is_one_of_three(value, status):
    assert success_status(named({"success_action_status": value})) == status


TOLD = "bucket=b&key=a%2Fb+%C3%A9%26&etag=%22e%22"


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://example.org/done", f"https://example.org/done?{TOLD}"),
        ("http://example.org/?a=b", f"http://example.org/?a=b&{TOLD}"),
        ("http://example.org/a b?c=é#part", f"http://example.org/a%20b?c=%C3%A9&{TOLD}#part"),
        ("http://example.org/%20?x=%41", f"http://example.org/%20?x=%41&{TOLD}"),
        ("/relative", None),
        ("//example.org/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://", None),
        ("http://[", None),
        ("http://a/\r\nSet-Cookie: a=b", None),
        ("", None),
    ],
    ids=range(12),
)
def test_a_redirect_is_an_absolute_address_that_learns_what_was_stored(url, location):
    for name in ("success_action_redirect", "redirect"):
        assert success_redirect(named({name: url}), "b", "a/b é&", '"e"') == location
    assert success_redirect({}, "b", "k", '"e"') is None


def test_the_newer_name_of_the_redirect_goes_first():
    fields = named({"redirect": "http://old/", "success_action_redirect": "http://new/"})
    assert success_redirect(fields, "b", "k", '"e"').startswith("http://new/?")
