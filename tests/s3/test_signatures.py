"""Who is asking: Signature V4 and V2 in headers and queries, streaming bodies, and what is said when it is wrong.

Sources: S3 API Reference, "Authenticating Requests (AWS Signature Version 4)"; User Guide of 2006-03-01, "Signing and
authenticating REST requests" (V2).
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from live.expect import assert_refused
from live.wire import Wire


def later(headers, **changes):
    """Signed headers, changed after signing."""
    return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}


# --- V4 in the header -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 4])
def test_both_versions_are_understood(wire, bucket, version):
    assert wire.signed("PUT", f"/{bucket}/a%20b%2Bc/%C3%A4", body=b"x", version=version).status == 200
    assert wire.signed("GET", f"/{bucket}/a%20b%2Bc/%C3%A4", version=version).body == b"x"
    listing = wire.signed("GET", f"/{bucket}?prefix=a%20b&delimiter=/&max-keys=5", version=version)
    assert listing.text("CommonPrefixes/Prefix") == "a b+c/"
    assert wire.signed("GET", f"/{bucket}?acl", version=version).status == 200
    assert wire.signed("GET", f"/{bucket}?location", version=version).status == 200
    got = wire.signed("GET", f"/{bucket}/a%20b%2Bc/%C3%A4?response-content-type=text/x", version=version)
    assert got.headers["content-type"] == "text/x"
    assert wire.signed("DELETE", f"/{bucket}/a%20b%2Bc/%C3%A4", version=version).status == 204


@pytest.mark.parametrize("version", [2, 4])
def test_an_unknown_key(server, bucket, version):
    stranger = Wire(server.endpoint, "NOSUCHKEY00000000000", "secret")
    answer = stranger.signed("GET", f"/{bucket}", version=version)
    assert_refused(answer, "InvalidAccessKeyId", 403, AWSAccessKeyId="NOSUCHKEY00000000000")


@pytest.mark.parametrize("version", [2, 4])
def test_a_wrong_secret_shows_what_was_to_be_signed(server, bucket, version):
    liar = Wire(server.endpoint, server.access_key, "wrong secret")
    answer = liar.signed("GET", f"/{bucket}?prefix=a%20b&list-type=2", {"x-amz-meta-x": "1"}, version=version)
    assert_refused(answer, "SignatureDoesNotMatch", 403, AWSAccessKeyId=server.access_key)
    error = answer.error
    said = bytes.fromhex(error["StringToSignBytes"].replace(" ", "")).decode()
    assert said == error["StringToSign"]
    assert error["SignatureProvided"]
    if version == 4:
        assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
        assert error["CanonicalRequest"].startswith(f"GET\n/{bucket}\nlist-type=2&prefix=a%20b\n")
        canonical = bytes.fromhex(error["CanonicalRequestBytes"].replace(" ", "")).decode()
        assert canonical == error["CanonicalRequest"]
        assert error["StringToSign"].endswith(hashlib.sha256(canonical.encode()).hexdigest())
    else:
        assert error["StringToSign"].startswith("GET\n\n\n")
    assert server.secret_key.encode() not in answer.body


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("change", ["method", "path", "query", "meta", "date", "signature"])
def test_whatever_was_signed_must_arrive_unchanged(wire, bucket, put, version, change):
    put("key", b"kept")
    headers = wire.signed_headers("GET", f"/{bucket}/key?acl", {"x-amz-meta-a": "1"}, version=version)
    method, target = "GET", f"/{bucket}/key?acl"
    match change:
        case "method":
            method = "DELETE"
            target = f"/{bucket}/key?acl"
        case "path":
            target = f"/{bucket}/kez?acl"
        case "query":
            target = f"/{bucket}/key?acl&versionId=null"
        case "meta":
            headers["x-amz-meta-a"] = "2"
        case "date":
            if version == 2:
                headers["Date"] = format_datetime(datetime.now(UTC) - timedelta(seconds=90), usegmt=True)
            else:
                headers["X-Amz-Date"] = (datetime.now(UTC) - timedelta(seconds=90)).strftime("%Y%m%dT%H%M%SZ")
        case "signature":
            last = headers["Authorization"][-1]
            headers["Authorization"] = headers["Authorization"][:-1] + ("0" if last != "0" else "1")
    assert_refused(wire.send(method, target, headers), "SignatureDoesNotMatch", 403)
    assert wire.signed("GET", f"/{bucket}/key").body == b"kept"


def test_amz_headers_must_be_signed(wire, bucket):
    """API Reference: all x-amz-* headers of the request must be among the signed ones."""
    headers = wire.signed_headers("PUT", f"/{bucket}/key", body=b"x")
    answer = wire.send("PUT", f"/{bucket}/key", {**headers, "x-amz-acl": "public-read"}, b"x")
    assert_refused(answer, "AccessDenied", 403)
    assert "x-amz-acl" in answer.body.decode().lower()
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_off_by_more_than_a_quarter_of_an_hour(wire, bucket, version, minutes, monkeypatch):
    signed = _signed_at(monkeypatch, wire, timedelta(minutes=minutes), version, f"/{bucket}")
    answer = wire.send("GET", f"/{bucket}", signed)
    assert_refused(answer, "RequestTimeTooSkewed", 403, MaxAllowedSkewMilliseconds="900000")
    assert answer.error["RequestTime"]
    assert answer.error["ServerTime"]
    near = _signed_at(monkeypatch, wire, timedelta(minutes=minutes - minutes // 8), version, f"/{bucket}")
    assert wire.send("GET", f"/{bucket}", near).status == 200


def _signed_at(monkeypatch, wire, shift, version, target):
    import botocore.auth

    moment = datetime.now(UTC) + shift
    with monkeypatch.context() as patch:
        if hasattr(botocore.auth, "get_current_datetime"):
            patch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moment.replace(tzinfo=None))
        patch.setattr(botocore.auth, "formatdate", lambda **_: format_datetime(moment, usegmt=True))
        return wire.signed_headers("GET", target, version=version)


@pytest.mark.parametrize(
    ("authorization", "status", "codes"),
    [
        ("AWS4-HMAC-SHA256", 400, {"AuthorizationHeaderMalformed", "InvalidArgument"}),
        ("AWS4-HMAC-SHA256 Credential=x", 400, {"AuthorizationHeaderMalformed"}),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x",
            400,
            {"AuthorizationHeaderMalformed"},
        ),
        ("AWS4-HMAC-SHA256 Credential=,SignedHeaders=,Signature=", 400, {"AuthorizationHeaderMalformed"}),
        ("AWS4-HMAC-SHA512 Credential=x", 400, {"InvalidArgument", "AuthorizationHeaderMalformed"}),
        ("AWS", 400, {"InvalidArgument", "AuthorizationHeaderMalformed"}),
        ("AWS nocolon", 400, {"InvalidArgument"}),
        ("AWS :", 400, {"InvalidArgument", "AuthorizationHeaderMalformed", "InvalidAccessKeyId"}),
        ("Basic dXNlcjpwYXNz", 400, {"InvalidArgument"}),
        ("Bearer token", 400, {"InvalidArgument"}),
        ("", 400, {"InvalidArgument", "AuthorizationHeaderMalformed"}),
    ],
)
def test_an_authorization_that_is_none(wire, bucket, authorization, status, codes):
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Authorization": authorization, "x-amz-date": stamp, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    answer = wire.send("GET", f"/{bucket}", headers)
    if not authorization and answer.status == 403:
        assert answer.code == "AccessDenied"  # an empty field may count as none
        return
    assert answer.status in {status, 403}, answer.body
    assert answer.code in codes, answer.body


@pytest.mark.parametrize(
    ("pattern", "replacement", "code"),
    [
        (r"/s3/aws4_request", "/ec2/aws4_request", "AuthorizationHeaderMalformed"),
        (r"/s3/aws4_request", "/s3/aws4", "AuthorizationHeaderMalformed"),
        (r"/us-east-1/", "/eu-west-9/", "AuthorizationHeaderMalformed"),
        (r"/(\d{8})/", "/20080101/", "AuthorizationHeaderMalformed"),
        (r"SignedHeaders=[^,]*", "SignedHeaders=x-amz-date", "AccessDenied"),
    ],
)
def test_a_scope_that_does_not_fit(wire, bucket, pattern, replacement, code):
    headers = wire.signed_headers("GET", f"/{bucket}")
    headers["Authorization"] = re.sub(pattern, replacement, headers["Authorization"])
    answer = wire.send("GET", f"/{bucket}", headers)
    assert answer.code in {code, "SignatureDoesNotMatch"} if code == "AccessDenied" else answer.code == code, (
        answer.body
    )


def test_another_region_is_told_the_right_one(server, bucket):
    abroad = Wire(server.endpoint, server.access_key, server.secret_key, region="eu-central-1")
    answer = abroad.signed("GET", f"/{bucket}")
    assert_refused(answer, "AuthorizationHeaderMalformed", 400, Region="us-east-1")


def test_a_request_without_date_or_hash(wire, bucket):
    headers = wire.signed_headers("GET", f"/{bucket}")
    no_date = {name: value for name, value in headers.items() if name.lower() != "x-amz-date"}
    assert_refused(wire.send("GET", f"/{bucket}", no_date), "AccessDenied", 403)
    no_hash = {name: value for name, value in headers.items() if name.lower() != "x-amz-content-sha256"}
    assert wire.send("GET", f"/{bucket}", no_hash).status in {400, 403}


@pytest.mark.parametrize("value", ["abc", "UNSIGNED", "STREAMING-NOTHING", "0" * 63, "g" * 64])
def test_a_payload_hash_that_is_none(wire, bucket, value):
    answer = wire.signed("PUT", f"/{bucket}/key", body=b"x", payload_hash=value)
    assert answer.status == 400, answer.body
    assert answer.code in {"InvalidArgument", "InvalidRequest", "XAmzContentSHA256Mismatch"}
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_unsigned_payload(wire, bucket):
    assert wire.signed("PUT", f"/{bucket}/key", body=b"x", payload_hash="UNSIGNED-PAYLOAD").status == 200
    assert wire.signed("GET", f"/{bucket}/key", payload_hash="UNSIGNED-PAYLOAD").body == b"x"


def test_a_signature_twice_is_one_too_many(wire, bucket):
    target = wire.presigned("GET", f"/{bucket}")
    headers = wire.signed_headers("GET", target)
    answer = wire.send("GET", target, headers)
    assert_refused(answer, "InvalidArgument", 400)


# --- presigned ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 4])
def test_presigned_urls(wire, bucket, version):
    put = wire.presigned("PUT", f"/{bucket}/a%20b", version=version)
    assert wire.send("PUT", put, body=b"hello").status == 200
    get = wire.presigned("GET", f"/{bucket}/a%20b", version=version)
    assert wire.send("GET", get).body == b"hello"
    assert wire.send("GET", get, {"Range": "bytes=1-2"}).body == b"el"
    head = wire.presigned("HEAD", f"/{bucket}/a%20b", version=version)
    assert wire.send("HEAD", head).status == 200
    override = wire.presigned("GET", f"/{bucket}/a%20b?response-content-disposition=attachment", version=version)
    assert wire.send("GET", override).headers["content-disposition"] == "attachment"
    assert_refused(wire.send("PUT", get, body=b"x"), "SignatureDoesNotMatch", 403)
    assert_refused(wire.send("GET", get.replace("a%20b", "other")), "SignatureDoesNotMatch", 403)
    delete = wire.presigned("DELETE", f"/{bucket}/a%20b", version=version)
    assert wire.send("DELETE", delete).status == 204


@pytest.mark.parametrize("virtual", [False, True], ids=["path", "virtual"])
@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_boto3_presigns_for_us(server, clients, wire, bucket, put, signature, virtual):
    put("dir/a b+c.txt", b"hello")
    client = clients(server, signature_version=signature, virtual=virtual)
    url = client.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": "dir/a b+c.txt", "ResponseContentType": "text/x"},
        ExpiresIn=60,
    )
    netloc, _, target = url.removeprefix("http://").partition("/")
    answer = wire.send("GET", f"/{target}", host=netloc)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"hello", "text/x")


def test_an_expired_url(wire, bucket, put, monkeypatch):
    import botocore.auth

    put("key")
    past = datetime.now(UTC) - timedelta(seconds=100)
    with monkeypatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: past.replace(tzinfo=None))
        target = wire.presigned("GET", f"/{bucket}/key", expires=90)
    answer = wire.send("GET", target)
    assert_refused(answer, "AccessDenied", 403, Message="Request has expired")
    assert answer.error["Expires"]
    assert answer.error["ServerTime"]
    old = wire.presigned("GET", f"/{bucket}/key", version=2, expires=-100)
    assert_refused(wire.send("GET", old), "AccessDenied", 403, Message="Request has expired")


def test_seven_days_and_no_longer(wire, bucket, put):
    put("key")
    assert wire.send("GET", wire.presigned("GET", f"/{bucket}/key", expires=604_800)).status == 200
    answer = wire.send("GET", wire.presigned("GET", f"/{bucket}/key", expires=604_801))
    assert_refused(answer, "AuthorizationQueryParametersError", 400)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"X-Amz-Expires=\d+", "X-Amz-Expires=-1"),
        (r"X-Amz-Expires=\d+", "X-Amz-Expires=x"),
        (r"X-Amz-Expires=\d+", "X-Amz-Expires="),
        (r"X-Amz-Date=[^&]+", "X-Amz-Date=yesterday"),
        (r"X-Amz-Credential=[^&]+", "X-Amz-Credential=x"),
        (r"X-Amz-Algorithm=[^&]+", "X-Amz-Algorithm=AWS4-HMAC-MD5"),
        (r"&X-Amz-Date=[^&]+", ""),
        (r"&X-Amz-Expires=\d+", ""),
        (r"&X-Amz-SignedHeaders=[^&]+", ""),
        (r"us-east-1", "eu-central-1"),
    ],
)
def test_malformed_query_signatures(wire, bucket, pattern, replacement):
    target, changed = re.subn(pattern, replacement, wire.presigned("GET", f"/{bucket}"))
    assert changed
    assert_refused(wire.send("GET", target), "AuthorizationQueryParametersError", 400)


def test_a_presigned_url_counts_from_its_date_on(wire, bucket, put, monkeypatch):
    """A URL signed for the far future is not valid yet."""
    import botocore.auth

    put("key")
    future = datetime.now(UTC) + timedelta(minutes=30)
    with monkeypatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: future.replace(tzinfo=None))
        target = wire.presigned("GET", f"/{bucket}/key")
    assert_refused(wire.send("GET", target), "AccessDenied", 403)


def test_headers_that_were_presigned_must_be_sent(wire, bucket):
    target = wire.presigned("PUT", f"/{bucket}/key", headers={"Content-Type": "text/x", "x-amz-acl": "public-read"})
    assert_refused(wire.send("PUT", target, body=b"x"), "SignatureDoesNotMatch", 403)
    extra = wire.send("PUT", wire.presigned("PUT", f"/{bucket}/key"), {"x-amz-acl": "public-read"}, b"x")
    assert_refused(extra, "AccessDenied", 403)
    right = wire.send("PUT", target, {"Content-Type": "text/x", "x-amz-acl": "public-read"}, b"x")
    assert right.status == 200, right.body
