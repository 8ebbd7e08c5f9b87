"""Cross-origin requests over a real port: rules, preflights, and what a browser is told of an answer.

Source: S3 User Guide, "Using cross-origin resource sharing"; S3's recorded answers where it is silent.
"""

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5

ORIGIN = "https://app.example"
RULE = {
    "ID": "app",
    "AllowedOrigins": [ORIGIN, "http://*.test"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 3000,
}
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
TOLD = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": "GET, PUT",
    "access-control-expose-headers": "ETag",
    "access-control-max-age": "3000",
    "access-control-allow-credentials": "true",
    "vary": VARY,
}


@pytest.fixture
def allow(s3, bucket):
    def put_rules(*rules):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": list(rules)})

    return put_rules


def told(answer):
    """What of an answer is for browsers."""
    return {name: value for name, value in answer.headers.items() if name == "vary" or name.startswith("access-")}


def asks(method="PUT", origin=ORIGIN, **more):
    return {"Origin": origin, "Access-Control-Request-Method": method, **more}


# --- the configuration --------------------------------------------------------------------------------------------


def test_rules_are_read_as_they_were_put_until_they_are_deleted(s3, bucket, allow):
    with refused("NoSuchCORSConfiguration", 404, BucketName=bucket):
        s3.get_bucket_cors(Bucket=bucket)
    least = {"AllowedOrigins": [""], "AllowedMethods": ["HEAD"]}
    odd = {**RULE, "ID": "odd", "AllowedHeaders": ["x-AMZ-a", "*"], "AllowedOrigins": ["http://test.com:80", "*"]}
    allow(RULE, least, odd)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [RULE, least, odd]

    allow(least)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [least]
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_cors(Bucket=bucket)
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)


def test_rules_that_cannot_be_leave_those_that_are(s3, bucket, allow):
    allow(RULE)
    with refused("InvalidRequest", 400) as refusal:
        allow(RULE | {"ID": "b"}, {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "MYMETHOD"]})
    assert refusal.message == "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD"
    with refused("InvalidRequest", 400):
        allow(*[{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}] * 101)
    with refused("MalformedXML", 400):
        allow()
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [RULE]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (b"<CORSRule/>", "MalformedXML"),
        (b"<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>", "MalformedXML"),
        (b"<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>", "MalformedXML"),
        (b"<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod/></CORSRule>", "InvalidRequest"),
        (
            b"<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>%s</CORSRule>"
            % b"<MaxAgeSeconds>long</MaxAgeSeconds>",
            "MalformedXML",
        ),
        (
            b"<CORSRule><AllowedOrigin>" + b"a" * 65_536 + b"</AllowedOrigin></CORSRule>",
            "MaxMessageLengthExceeded",
        ),
    ],
    ids=range(6),
)
def test_malformed_documents_have_s3s_codes(wire, bucket, rules, code):
    body = b"<CORSConfiguration>" + rules + b"</CORSConfiguration>"
    answer = wire.signed("PUT", f"/{bucket}?cors", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)


def test_rules_are_the_owners_business(second, wire, bucket, allow):
    allow(RULE)
    for method in ("GET", "PUT", "DELETE"):
        body = b""
        if method == "PUT":
            rule = b"<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>"
            body = b"<CORSConfiguration>" + rule + b"</CORSConfiguration>"
        headers = {"Content-MD5": content_md5(body)} if body else {}
        assert_refused(second.wire.signed(method, f"/{bucket}?cors", headers, body), "AccessDenied", 403)
    assert wire.signed("GET", f"/{bucket}?cors").text("CORSRule/AllowedMethod") == "GET"


# --- preflights ---------------------------------------------------------------------------------------------------


def test_a_preflight_is_answered_without_a_signature_in_either_style(server, wire, bucket, allow):
    allow(RULE)
    asked = asks(**{"Access-Control-Request-Headers": "X-Amz-Date,authorization"})
    host = f"{bucket}.s3.localhost:{server.port}"
    for target, at in ((f"/{bucket}/no/such/key", None), (f"/{bucket}", None), ("/key", host), ("/", host)):
        answer = wire.send("OPTIONS", target, asked, host=at)
        assert (answer.status, answer.body) == (200, b"")
        assert told(answer) == TOLD | {"access-control-allow-headers": "x-amz-date, authorization"}
        assert answer.headers["content-length"] == "0"
        assert answer.headers["x-amz-request-id"]


def test_a_preflight_of_a_presigned_url_is_no_use_of_the_signature(wire, bucket, allow):
    """Browsers send it to the very URL, with another method than was signed."""
    allow(RULE)
    answer = wire.send("OPTIONS", wire.presigned("PUT", f"/{bucket}/key"), asks("PUT"))
    assert (answer.status, told(answer)) == (200, TOLD)


def test_preflights_that_no_rule_allows_say_why(wire, bucket, allow):
    missing = wire.send("OPTIONS", "/no-such-bucket/key", asks())
    assert_refused(missing, "AccessForbidden", 403, Method="PUT", ResourceType="BUCKET")
    assert missing.error["Message"] == "CORSResponse: Bucket not found"

    without = wire.send("OPTIONS", f"/{bucket}/key", {"Origin": ORIGIN})
    assert_refused(without, "AccessForbidden", 403, Method="OPTIONS", ResourceType="BUCKET")
    assert without.error["Message"] == "CORSResponse: CORS is not enabled for this bucket."

    allow(RULE)
    for answer, kind, method in (
        (wire.send("OPTIONS", f"/{bucket}/key", asks("DELETE")), "OBJECT", "DELETE"),
        (wire.send("OPTIONS", f"/{bucket}/key", asks(origin="https://other.example")), "OBJECT", "PUT"),
        (wire.send("OPTIONS", f"/{bucket}", asks(origin=ORIGIN + "/")), "BUCKET", "PUT"),
    ):
        assert_refused(answer, "AccessForbidden", 403, Method=method, ResourceType=kind)
        assert answer.error["Message"].startswith("CORSResponse: This CORS request is not allowed. ")
        assert told(answer) == {}


def test_preflights_that_ask_nothing_are_bad_requests(wire, bucket, allow):
    allow(RULE)
    assert_refused(wire.send("OPTIONS", f"/{bucket}/key"), "BadRequest", 400)
    assert_refused(wire.send("OPTIONS", f"/{bucket}/key", {"Origin": ORIGIN}), "BadRequest", 400)
    assert_refused(wire.send("OPTIONS", f"/{bucket}/key", asks("BREW")), "BadRequest", 400)


def test_a_change_of_the_rules_acts_on_the_next_preflight(s3, wire, bucket, allow):
    for origin in ("*", "https://a.example", "https://b.example"):
        allow({"AllowedOrigins": [origin], "AllowedMethods": ["GET"]})
        answer = wire.send("OPTIONS", f"/{bucket}", asks("GET", "https://b.example"))
        expected = {"*": "*", "https://b.example": "https://b.example"}.get(origin)
        assert answer.headers.get("access-control-allow-origin") == expected
    s3.delete_bucket_cors(Bucket=bucket)
    assert wire.send("OPTIONS", f"/{bucket}", asks("GET")).status == 403


# --- answers to ordinary requests ---------------------------------------------------------------------------------


def test_a_browser_is_told_of_answers_signed_and_not(s3, wire, bucket, put, allow):
    allow(RULE)
    put("small", b"hello", ACL="public-read")
    put("large", b"x" * 200_000)
    for answer in (
        wire.send("GET", f"/{bucket}/small", {"Origin": ORIGIN}),
        wire.signed("GET", f"/{bucket}/small", {"Origin": ORIGIN}),
        wire.signed("GET", f"/{bucket}/large", {"Origin": ORIGIN, "Range": "bytes=1-9"}),
        wire.signed("PUT", f"/{bucket}/new", {"Origin": ORIGIN}, b"body"),
        wire.signed("GET", f"/{bucket}?list-type=2", {"Origin": ORIGIN}),
    ):
        assert answer.status in {200, 206}
        assert told(answer) == TOLD
    wild = wire.signed("GET", f"/{bucket}/small", {"Origin": "http://a.test"})
    assert wild.headers["access-control-allow-origin"] == "http://a.test"


def test_a_browser_is_told_of_errors_too(wire, second, bucket, put, allow):
    """Otherwise a page could not tell a missing key from a server that cannot be reached."""
    allow(RULE)
    put("key", b"hello")
    origin = {"Origin": ORIGIN}
    etag = wire.signed("HEAD", f"/{bucket}/key").headers["etag"]
    for answer, status in (
        (wire.signed("GET", f"/{bucket}/missing", origin), 404),
        (wire.send("GET", f"/{bucket}/key", origin), 403),
        (second.wire.signed("GET", f"/{bucket}/key", origin), 403),
        (wire.send("GET", f"/{bucket}/key", {**origin, "Authorization": "AWS4-HMAC-SHA256 nonsense"}), 400),
        (wire.signed("GET", f"/{bucket}/key?acl&tagging", origin), 400),
        (wire.signed("GET", f"/{bucket}/key", {**origin, "If-Match": '"other"'}), 412),
        (wire.signed("GET", f"/{bucket}/key", {**origin, "If-None-Match": etag}), 304),
        (wire.signed("PUT", f"/{bucket}/key?website", origin, b"x"), 400),
    ):
        assert answer.status == status
        assert told(answer) == TOLD


def test_nothing_is_told_where_no_rule_matches_but_the_request_is_done(wire, bucket, put, read, allow):
    """CORS keeps a page from reading an answer; it never keeps the server from doing what is allowed."""
    origin = {"Origin": ORIGIN}
    put("key", b"hello")
    assert told(wire.signed("GET", f"/{bucket}/key", origin)) == {}
    allow({"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"]})
    assert told(wire.signed("GET", f"/{bucket}/key")) == {}
    for answer in (
        wire.signed("GET", f"/{bucket}/key", {"Origin": "https://other.example"}),
        wire.signed("HEAD", f"/{bucket}/key", origin),
        wire.signed("PUT", f"/{bucket}/key", origin, b"changed"),
        wire.signed("GET", f"/{bucket}/key", asks("PUT")),
        wire.signed("GET", f"/{bucket}/key", {**origin, "Access-Control-Request-Headers": "x-amz-date"}),
        wire.signed("GET", "/", origin),
        wire.signed("GET", "/no-such-bucket", origin),
    ):
        assert answer.status in {200, 404}
        assert told(answer) == {}
    assert read("key") == b"changed"
    assert told(wire.signed("GET", f"/{bucket}/key", {**origin, "x-amz-request-payer": "requester"})) != {}


def test_what_ends_the_rules_is_still_told_to_a_browser(s3, wire, bucket_names):
    bucket = bucket_names()
    rules = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["DELETE"]}]}
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    assert told(wire.signed("DELETE", f"/{bucket}?cors", {"Origin": ORIGIN}))["access-control-allow-origin"] == "*"
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    answer = wire.signed("DELETE", f"/{bucket}", {"Origin": ORIGIN})
    assert (answer.status, told(answer)["access-control-allow-origin"]) == (204, "*")
