"""Signature Version 2: the documentation's examples, botocore as oracle, every refusal."""

from email.utils import parsedate_to_datetime

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bushel.core.clock import SystemClock
from bushel.protocol import sigv2
from bushel.protocol.address import encode_path, parse_query, uri_encode
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from unit.protocol.signing import ACCESS_KEY, ADDRESSING, SECRET, from_botocore, verify

NOW_NS = 1_175_024_202 * 10**9  # Tue, 27 Mar 2007 19:36:42 +0000, the first of the documentation's examples
HOST = "johnsmith.s3.amazonaws.com"


def documented(method, path, query, headers, signature) -> tuple[Request, int]:
    fields = {"host": HOST, **headers, "authorization": f"AWS {ACCESS_KEY}:{signature}"}
    moment = parsedate_to_datetime(fields.get("x-amz-date") or fields["date"])
    return Request(method, path, query, fields), int(moment.timestamp()) * 10**9


# S3 User Guide, "Signing and authenticating REST requests", Authentication Examples
EXAMPLES = {
    "object get": documented(
        "GET", "/photos/puppy.jpg", "", {"date": "Tue, 27 Mar 2007 19:36:42 +0000"}, "bWq2s1WEIj+Ydj0vQ697zp+IXMU="
    ),
    "object put": documented(
        "PUT", "/photos/puppy.jpg", "",
        {"content-type": "image/jpeg", "content-length": "94328", "date": "Tue, 27 Mar 2007 21:15:45 +0000"},
        "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
    ),
    "list": documented(
        "GET", "/", "prefix=photos&max-keys=50&marker=puppy",
        {"user-agent": "Mozilla/5.0", "date": "Tue, 27 Mar 2007 19:42:41 +0000"}, "htDYFYduRNen8P9ZfE/s9SuKy0U=",
    ),
    "fetch": documented(
        "GET", "/", "acl", {"date": "Tue, 27 Mar 2007 19:44:46 +0000"}, "c2WLPFtWHVgbEmeEG93a4cG37dM="
    ),
    "upload": documented(
        "PUT", "/static.johnsmith.net/db-backup.dat.gz", "",
        {
            "host": "s3.amazonaws.com", "user-agent": "curl/7.15.5", "date": "Tue, 27 Mar 2007 21:06:08 +0000",
            "x-amz-acl": "public-read", "content-type": "application/x-download",
            "content-md5": "4gJE4saaMU4BqNR0kLY+lw==",
            "x-amz-meta-reviewedby": "joe@johnsmith.net,jane@johnsmith.net",
            "x-amz-meta-filechecksum": "0x02661779", "x-amz-meta-checksumalgorithm": "crc32",
            "content-disposition": "attachment; filename=database.dat", "content-encoding": "gzip",
            "content-length": "5913339",
        },
        "ilyl83RwaSoYIEdixDQcA4OnAnc=",
    ),
    "list all my buckets": documented(
        "GET", "/", "", {"host": "s3.amazonaws.com", "date": "Wed, 28 Mar 2007 01:29:59 +0000"},
        "qGdzdERIC03wnaRNKh6OqZehG9s=",
    ),
    "unicode keys": documented(
        "GET", "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", "",
        {"host": "s3.amazonaws.com", "date": "Wed, 28 Mar 2007 01:49:49 +0000"}, "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
    ),
}  # fmt: skip


def signed(method="GET", path="/bucket/key", query="", headers=None, *, now_ns=NOW_NS) -> Request:
    request = Request(method, path, query, {"host": "s3.amazonaws.com", **(headers or {})})
    address = ADDRESSING.resolve(request.host, path)
    sigv2.sign(request, address, access_key=ACCESS_KEY, secret=SECRET, now_ns=now_ns)
    return request


def presigned(method="GET", path="/bucket/key", query="", headers=None, *, expires=NOW_NS // 10**9 + 60) -> Request:
    request = Request(method, path, query, {"host": "s3.amazonaws.com", **(headers or {})})
    address = ADDRESSING.resolve(request.host, path)
    sigv2.presign(request, address, access_key=ACCESS_KEY, secret=SECRET, expires_at_seconds=expires)
    return request


def refusal(request, now_ns=NOW_NS, **options) -> S3Error:
    with pytest.raises(S3Error) as caught:
        verify(request, now_ns, **options)
    return caught.value


class TestDocumentedExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_the_documentations_requests_are_accepted(self, name):
        request, now_ns = EXAMPLES[name]
        verify(request, now_ns)

        assert refusal(request, now_ns, secret="other").code == "SignatureDoesNotMatch"

    def test_the_documentations_link_is_accepted(self):
        query = f"AWSAccessKeyId={ACCESS_KEY}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"
        claim = verify(Request("GET", "/photos/puppy.jpg", query, {"host": HOST}), NOW_NS)

        assert claim.presigned
        assert claim.version == 2

    def test_a_refusal_shows_what_was_signed(self):
        error = refusal(signed(query="acl&prefix=a", headers={"x-amz-meta-a": "1"}), secret="other")

        text = "GET\n\n\nTue, 27 Mar 2007 19:36:42 GMT\nx-amz-meta-a:1\n/bucket/key?acl"
        assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
        assert error.detail["AWSAccessKeyId"] == ACCESS_KEY
        assert error.detail["StringToSign"] == text
        assert error.detail["StringToSignBytes"] == text.encode().hex(" ")
        assert list(error.detail) == ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]


VALUE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=8)
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
QUERIES = st.dictionaries(
    st.sampled_from([*sorted(sigv2._SUBRESOURCES), "prefix", "max-keys", "x-id"]), TEXT, max_size=4
)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "virtual": st.booleans(),
        "key": st.text(st.characters(codec="utf-8"), max_size=20),
        "query": QUERIES,
        "headers": st.dictionaries(TOKEN.map(lambda name: "x-amz-meta-" + name), VALUE, max_size=4),
        "content_type": st.none() | VALUE,
    }
)
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def botocore_request(drawn) -> AWSRequest:
    headers = dict(drawn["headers"])
    if drawn["content_type"] is not None:
        headers["Content-Type"] = drawn["content_type"]
    path = f"/{encode_path(drawn['key'])}"
    host = "bucket.s3.example.com" if drawn["virtual"] else "s3.example.com"
    url = f"http://{host}{'' if drawn['virtual'] else '/bucket'}{path}"
    request = AWSRequest(drawn["method"], url, headers, b"", drawn["query"])
    request.url = request.prepare().url
    request.params = {}
    request.auth_path = f"/bucket{path}"
    return request


class TestBotocoreAsOracle:
    @THOROUGH
    @given(REQUESTS)
    def test_what_botocore_signs_in_the_headers_is_accepted(self, drawn):
        aws_request = botocore_request(drawn)
        HmacV1Auth(Credentials(ACCESS_KEY, SECRET)).add_auth(aws_request)
        request = from_botocore(aws_request)

        claim = verify(request, SystemClock().now_ns())

        assert (claim.presigned, claim.version) == (False, 2)

    @THOROUGH
    @given(REQUESTS, st.booleans())
    def test_what_botocore_presigns_is_accepted(self, drawn, with_headers):
        """With the header fields sent along, or only in the link, where they act all the same."""
        assume("#" not in encode_path(drawn["key"]))
        aws_request = botocore_request(drawn)
        fields = {name.lower(): value for name, value in aws_request.headers.items()}
        HmacV1QueryAuth(Credentials(ACCESS_KEY, SECRET), expires=60).add_auth(aws_request)
        request = from_botocore(aws_request)
        for name in [name for name in request.headers if name != "host"]:
            if not with_headers or name == "date":
                del request.headers[name]

        claim = verify(request, SystemClock().now_ns())

        assert (claim.presigned, claim.version) == (True, 2)
        assert {name: request.headers[name] for name in fields if name.startswith("x-amz-")} == drawn["headers"]

    @THOROUGH
    @given(REQUESTS, st.booleans(), st.data())
    def test_one_flipped_bit_is_refused(self, drawn, in_query, data):
        make = presigned if in_query else signed
        path = f"/bucket/{encode_path(drawn['key'])}"
        request = make(drawn["method"], path, "", {**drawn["headers"], "content-type": "text/plain"})
        names = [name for name in request.headers if name != "host" and request.headers[name]]
        place = data.draw(st.sampled_from(["path", *(["query"] if in_query else []), *names]))
        text = getattr(request, place) if place in {"path", "query"} else request.headers[place]
        at = data.draw(st.integers(0, len(text) - 1))
        flipped = text[:at] + chr(ord(text[at]) ^ (1 << data.draw(st.integers(0, 6)))) + text[at + 1 :]
        if place in {"path", "query"}:
            setattr(request, place, flipped)
        else:
            request.headers[place] = flipped

        try:
            verify(request, NOW_NS)
        except S3Error:
            return
        # Only another spelling of the same parameters passes.
        assert place == "query"
        assert parse_query(flipped) == parse_query(text)


class TestHeader:
    def test_the_bucket_in_the_host_is_part_of_the_resource(self):
        request = signed(path="/key", headers={"host": "bucket.s3.amazonaws.com"})
        verify(request, NOW_NS)

        request.headers["host"] = request.host = "other.s3.amazonaws.com"
        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_the_path_is_signed_as_sent(self):
        request = signed(path="/bucket/a%2fb%20c")
        verify(request, NOW_NS)

        request.path = "/bucket/a%2Fb%20c"
        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_subresources_are_signed_and_other_parameters_are_not(self):
        request = signed(query="uploadId=a%2Bb&prefix=x")
        request.query = "prefix=y&uploadId=a%2Bb"
        verify(request, NOW_NS)

        request.query = "uploadId=other"
        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_x_amz_date_goes_before_date(self):
        request = signed(headers={"x-amz-date": "Tue, 27 Mar 2007 19:36:42 GMT"})
        request.headers["date"] = "Mon, 1 Jan 2001 00:00:00 GMT"
        verify(request, NOW_NS)

    @pytest.mark.parametrize(
        "value", ["Tue, 27 Mar 2007 19:36:42 +0000", "20070327T193642Z", "27 Mar 2007 20:36:42 +0100"]
    )
    def test_dates_may_be_written_in_several_ways(self, value):
        verify(signed(headers={"x-amz-date": value}), NOW_NS)

    @pytest.mark.parametrize("value", [None, "", "soon", "Tue", "2007-03-27", "Tue, 99 Foo 2007 19:36:42 GMT"])
    def test_a_date_is_needed(self, value):
        request = signed()
        del request.headers["date"]
        if value is not None:
            request.headers["date"] = value
        error = refusal(request)

        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == "AWS authentication requires a valid Date or x-amz-date header"

    @pytest.mark.parametrize("clock", [-901, 901])
    def test_clocks_that_differ_too_much_are_refused(self, clock):
        verify(signed(), NOW_NS + clock // 901 * 900 * 10**9)
        error = refusal(signed(), NOW_NS + clock * 10**9)

        assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
        assert error.detail["RequestTime"] == "Tue, 27 Mar 2007 19:36:42 GMT"

    @pytest.mark.parametrize("value", ["AWS x", "AWS :x", "AWS x:", "AWS "])
    def test_a_malformed_authorization_is_refused(self, value):
        request = signed()
        request.headers["authorization"] = value
        error = refusal(request)

        assert (error.code, error.status) == ("InvalidArgument", 400)

    def test_a_signature_that_is_no_ascii_is_refused(self):
        request = signed()
        request.headers["authorization"] += "é"

        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_a_session_token_is_refused_once_the_signature_is_right(self):
        request = signed(headers={"x-amz-security-token": "token"})

        assert refusal(request).code == "InvalidToken"
        assert refusal(request, secret="other").code == "SignatureDoesNotMatch"

    def test_it_claims_nothing_about_the_payload(self):
        assert verify(signed("PUT"), NOW_NS).content_sha256 is None


class TestLinks:
    def test_it_expires_by_the_second(self):
        request = presigned(expires=NOW_NS // 10**9)
        verify(request, NOW_NS)
        error = refusal(request, NOW_NS + 10**9)

        assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
        assert error.detail == {"Expires": "2007-03-27T19:36:42Z", "ServerTime": "2007-03-27T19:36:43Z"}

    @pytest.mark.parametrize("expires", ["soon", "-1", "1e9", "٣", "1" * 19])
    def test_the_time_of_expiry_is_a_number(self, expires):
        request = presigned()
        request.query = request.query.replace(str(NOW_NS // 10**9 + 60), uri_encode(expires))
        error = refusal(request)

        assert error.code == "AccessDenied"
        assert error.message == f"Invalid date (should be seconds since epoch): {expires}"

    def test_years_that_no_calendar_has_do_no_harm(self):
        verify(presigned(expires=10**17), NOW_NS)

    @pytest.mark.parametrize("name", ["AWSAccessKeyId", "Signature", "Expires"])
    def test_all_parameters_are_needed(self, name):
        request = presigned()
        request.query = request.query.replace(name + "=", "other=")
        error = refusal(request)

        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == (
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )

    def test_amz_parameters_become_header_fields_once_the_signature_is_right(self):
        request = presigned("PUT", headers={"x-amz-acl": "public-read", "x-amz-meta-a": "Ã©"})
        request.query += "&x-amz-acl=public-read&x-amz-meta-a=%C3%A9"
        del request.headers["x-amz-acl"], request.headers["x-amz-meta-a"]
        verify(request, NOW_NS)

        assert request.headers == {"host": "s3.amazonaws.com", "x-amz-acl": "public-read", "x-amz-meta-a": "Ã©"}

    def test_a_session_token_in_the_link_is_refused(self):
        request = presigned()
        request.query += "&x-amz-security-token=token"

        assert refusal(request).code == "InvalidToken"
