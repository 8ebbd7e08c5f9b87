"""Signature Version 4: the documentation's examples, botocore as oracle, every refusal."""

import hashlib
import hmac

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bushel.protocol import sigv4
from bushel.protocol.address import canonical_query, encode_path, encode_query, normalized_path, parse_query
from bushel.protocol.credentials import Authentication
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from unit.protocol.signing import ACCESS_KEY, ADDRESSING, MAY_2013_NS, SECRET, from_botocore, seconds_ns, verify

SCOPE = f"{ACCESS_KEY}/20130524/us-east-1/s3/aws4_request"
HOST = "examplebucket.s3.amazonaws.com"


def documented(method, path, query, headers, signature) -> Request:
    fields = {"host": HOST, "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": sigv4.EMPTY_SHA256, **headers}
    names = ";".join(sorted(fields))
    fields["authorization"] = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={names},Signature={signature}"
    return Request(method, path, query, fields)


def presigned_example() -> Request:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    return Request("GET", "/test.txt", query, {"host": HOST})


EXAMPLES = {
    "GetObject": documented(
        "GET", "/test.txt", "", {"range": "bytes=0-9"},
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "PutObject": documented(
        "PUT", "/test%24file.text", "",
        {
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        },
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "GetBucketLifecycle": documented(
        "GET", "/", "lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    ),
    "ListObjects": documented(
        "GET", "/", "max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    ),
    "presigned": presigned_example(),
}  # fmt: skip


def refusal(request, now_ns=MAY_2013_NS, **options) -> S3Error:
    with pytest.raises(S3Error) as caught:
        verify(request, now_ns, **options)
    return caught.value


def signed(method="GET", path="/bucket/key", query="", headers=None, **options) -> Request:
    request = Request(method, path, query, {"host": "s3.amazonaws.com", **(headers or {})})
    sigv4.sign(
        request, **{"access_key": ACCESS_KEY, "secret": SECRET, "region": "us-east-1", "now_ns": MAY_2013_NS, **options}
    )
    return request


def presigned(method="GET", path="/bucket/key", query="", headers=None, **options) -> Request:
    request = Request(method, path, query, {"host": "s3.amazonaws.com", **(headers or {})})
    defaults = {
        "access_key": ACCESS_KEY, "secret": SECRET, "region": "us-east-1", "now_ns": MAY_2013_NS, "expires_seconds": 60,
    }  # fmt: skip
    sigv4.presign(request, **{**defaults, **options})
    return request


class TestDocumentedExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_the_documentations_requests_are_accepted(self, name):
        verify(EXAMPLES[name], MAY_2013_NS)

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_another_secret_is_refused(self, name):
        assert refusal(EXAMPLES[name], secret=SECRET + "x").code == "SignatureDoesNotMatch"

    def test_a_refusal_shows_what_was_signed(self):
        request = documented("GET", "/", "lifecycle", {}, "0" * 64)
        error = refusal(request)

        canonical = (
            f"GET\n/\nlifecycle=\nhost:{HOST}\nx-amz-content-sha256:{sigv4.EMPTY_SHA256}\nx-amz-date:20130524T000000Z\n"
            f"\nhost;x-amz-content-sha256;x-amz-date\n{sigv4.EMPTY_SHA256}"
        )
        text = (
            "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
            "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca"
        )
        assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
        assert list(error.detail.items()) == [
            ("AWSAccessKeyId", ACCESS_KEY),
            ("StringToSign", text),
            ("SignatureProvided", "0" * 64),
            ("StringToSignBytes", text.encode().hex(" ")),
            ("CanonicalRequest", canonical),
            ("CanonicalRequestBytes", canonical.encode().hex(" ")),
        ]


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.!#$%&'*+^`|~", min_size=1, max_size=8)
VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t"), max_size=30)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).filter(lambda name: name != "Signature")
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "host": st.sampled_from(
            ["s3.example.com", "b.s3.example.com:9000", "127.0.0.1:9000", "[::1]:9000", "x.test:80"]
        ),
        "path": KEYS.map(lambda key: "/bucket/" + encode_path(key)) | st.just("/") | st.just("/bucket//a//"),
        "query": st.dictionaries(NAMES, TEXT, max_size=4),
        "headers": st.dictionaries(TOKEN.map(lambda name: "x-amz-meta-" + name), VALUE, max_size=4),
        "content_type": st.none() | VALUE,
        "region": st.sampled_from(["us-east-1", "eu-central-1"]),
        "body": st.none() | st.binary(max_size=20),
    }
)


def botocore_request(drawn) -> AWSRequest:
    headers = dict(drawn["headers"])
    if drawn["content_type"] is not None:
        headers["Content-Type"] = drawn["content_type"]
    host = drawn["host"].removesuffix(":80")  # HTTP libraries leave the scheme's own port out, and so does the signer
    url = f"http://{host}{drawn['path']}"
    request = AWSRequest(drawn["method"], url, headers, drawn["body"] or b"", drawn["query"])
    request.context["payload_signing_enabled"] = drawn["body"] is not None
    return request


THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestBotocoreAsOracle:
    @THOROUGH
    @given(REQUESTS)
    def test_what_botocore_signs_in_the_headers_is_accepted(self, drawn):
        aws_request = botocore_request(drawn)
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET), "s3", drawn["region"]).add_auth(aws_request)
        aws_request.url = aws_request.prepare().url
        request = from_botocore(aws_request)

        claim = verify(request, seconds_ns(request.headers["x-amz-date"]), region=drawn["region"])

        assert not claim.presigned
        assert claim.content_sha256 == request.headers["x-amz-content-sha256"]
        assert claim.scope == f"{claim.amz_date[:8]}/{drawn['region']}/s3/aws4_request"

    @THOROUGH
    @given(REQUESTS, st.integers(1, 604_800))
    def test_what_botocore_presigns_is_accepted(self, drawn, expires):
        aws_request = botocore_request({**drawn, "body": None})
        S3SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET), "s3", drawn["region"], expires=expires).add_auth(aws_request)
        request = from_botocore(aws_request)

        claim = verify(request, seconds_ns(parse_query(request.query)["X-Amz-Date"]), region=drawn["region"])

        assert claim.presigned
        assert claim.content_sha256 == "UNSIGNED-PAYLOAD"

    @THOROUGH
    @given(REQUESTS)
    def test_what_is_signed_here_is_what_botocore_signs(self, drawn):
        assume("user-agent" not in drawn["headers"])
        aws_request = botocore_request(drawn)
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET), "s3", drawn["region"]).add_auth(aws_request)
        aws_request.url = aws_request.prepare().url
        theirs = from_botocore(aws_request)
        fields = {name: value for name, value in theirs.headers.items() if name not in {"authorization", "x-amz-date"}}
        # Theirs may say "+" for a space where they sign "%20".
        ours = Request(theirs.method, theirs.path, encode_query(drawn["query"].items()), fields)

        sigv4.sign(
            ours,
            access_key=ACCESS_KEY,
            secret=SECRET,
            region=drawn["region"],
            now_ns=seconds_ns(theirs.headers["x-amz-date"]),
            content_sha256=theirs.headers["x-amz-content-sha256"],
        )

        assert ours.headers["authorization"] == theirs.headers["authorization"]

    @THOROUGH
    @given(REQUESTS, st.booleans(), st.data())
    def test_one_flipped_bit_is_refused(self, drawn, in_query, data):
        """Whatever is flipped, in what is signed or in the signature, unless it is spelt anew and means the same."""
        make = presigned if in_query else signed
        headers = {**drawn["headers"], "host": drawn["host"]}
        request = make(drawn["method"], drawn["path"], encode_query(drawn["query"].items()), headers)
        before = (normalized_path(request.path), canonical_query(request.query))
        places = [
            "path",
            *(["query"] if request.query else []),
            *(name for name in request.headers if request.headers[name]),
        ]
        place = data.draw(st.sampled_from(places))
        text = getattr(request, place) if place in {"path", "query"} else request.headers[place]
        at = data.draw(st.integers(0, len(text) - 1))
        flipped = text[:at] + chr(ord(text[at]) ^ (1 << data.draw(st.integers(0, 6)))) + text[at + 1 :]
        if place in {"path", "query"}:
            setattr(request, place, flipped)
        else:
            assume(" ".join(flipped.split()) != " ".join(text.split()))
            request.headers[place] = flipped
            request.host = request.headers["host"].lower()

        try:
            claim = Authentication("us-east-1").read(
                request, parse_query(request.query), ADDRESSING.resolve(request.host, request.path), MAY_2013_NS
            )
            if claim is None:
                return  # it no longer claims anything: an anonymous request
            claim.verify(request, SECRET)
        except S3Error:
            return

        assert (normalized_path(request.path), canonical_query(request.query)) == before


class TestCanonicalForms:
    def test_a_path_may_be_signed_as_sent_or_in_s3s_encoding(self):
        request = signed(path="/bucket/a(b)")
        verify(request, MAY_2013_NS)
        request.path = "/bucket/a%28b%29"
        assert refusal(request).code == "SignatureDoesNotMatch"

        request = signed(path="/bucket/a%28b%29")
        request.path = "/bucket/a(b)"
        verify(request, MAY_2013_NS)

    def test_a_query_may_escape_more_or_less_than_was_signed(self):
        request = signed(query="prefix=a%20b%2Fc~")
        request.query = "prefix=a+b/c%7e"
        verify(request, MAY_2013_NS)

    def test_an_escaped_slash_is_no_slash(self):
        request = signed(path="/bucket/a/b")
        request.path = "/bucket/a%2Fb"

        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_parameters_are_sorted(self):
        request = signed(query="a=1&b=2&versionId")
        request.query = "versionId=&b=2&a=1"
        verify(request, MAY_2013_NS)

    def test_white_space_in_headers_folds_but_utf8_octets_do_not(self):
        value = "été \x85".encode().decode("latin-1")
        request = signed(headers={"x-amz-meta-a": f" a  b \t c{value} "})
        request.headers["x-amz-meta-a"] = f"a b c{value}"
        verify(request, MAY_2013_NS)

    def test_a_signed_header_that_is_not_there_counts_as_empty(self):
        request = signed(headers={"content-type": ""})
        del request.headers["content-type"]
        verify(request, MAY_2013_NS)

    def test_the_host_that_a_trusted_proxy_tells_of_is_the_one_that_was_signed(self):
        request = signed(headers={"host": "files.example.org"})
        request.headers["host"] = "127.0.0.1:9000"
        request.host = "127.0.0.1:9000"
        assert refusal(request).code == "SignatureDoesNotMatch"

        request.host = "files.example.org"
        verify(request, MAY_2013_NS)

    def test_a_host_in_upper_case_is_signed_in_upper_case(self):
        request = signed(headers={"host": "S3.AmazonAWS.com"})
        request.host = "s3.amazonaws.com"
        verify(request, MAY_2013_NS)

    def test_only_the_date_header_will_do(self):
        request = Request("GET", "/", "", {"host": HOST, "date": "Fri, 24 May 2013 00:00:00 GMT"})
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        names = "date;host;x-amz-content-sha256"
        plan = sigv4.header_plan(names)
        scope = "20130524/us-east-1/s3/aws4_request"
        canonical = f"GET\n/\n\n{plan.fields(request)}UNSIGNED-PAYLOAD"
        text = sigv4.string_to_sign("20130524T000000Z", scope, canonical)
        signature = sigv4.signing_key(SECRET, "20130524", "us-east-1").sign(text)
        request.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={names}, Signature={signature}"
        )
        verify(request, MAY_2013_NS)

    @given(st.binary(max_size=200), st.text(st.characters(max_codepoint=255), max_size=300))
    def test_the_prepared_hmac_is_the_standard_one(self, key, text):
        expected = hmac.new(key, text.encode("latin-1"), hashlib.sha256).hexdigest()

        assert sigv4.SigningKey(key).sign(text) == expected

    def test_what_is_remembered_is_bounded(self):
        for number in range(3000):
            sigv4.signing_key(str(number), "20130524", "us-east-1")
            sigv4.header_plan(f"host;x-amz-meta-{number}")

        assert len(sigv4._signing_keys) <= 1024
        assert len(sigv4._plans) <= 256
        verify(EXAMPLES["GetObject"], MAY_2013_NS)


class TestSignedHeaders:
    def test_every_amz_header_must_be_signed(self):
        request = signed()
        request.headers |= {"x-amz-acl": "public-read", "x-amz-meta-a": "1"}
        error = refusal(request)

        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == "There were headers present in the request which were not signed"
        assert error.detail == {"HeadersNotSigned": "x-amz-acl, x-amz-meta-a"}

    def test_an_unsigned_header_does_not_hide_behind_a_signed_one_that_was_taken_away(self):
        request = signed(headers={"x-amz-acl": "private"})
        del request.headers["x-amz-acl"]
        request.headers["x-amz-meta-a"] = "1"

        assert refusal(request).detail == {"HeadersNotSigned": "x-amz-meta-a"}

    def test_an_unsigned_header_does_not_hide_behind_one_that_is_listed_twice(self):
        request = signed()
        request.headers["x-amz-acl"] = "public-read"
        request.headers["authorization"] = request.headers["authorization"].replace(
            "x-amz-date,", "x-amz-date;x-amz-date,"
        )

        assert refusal(request).detail == {"HeadersNotSigned": "x-amz-acl"}

    def test_content_md5_must_be_signed(self):
        request = signed()
        request.headers["content-md5"] = "1B2M2Y8AsgTpgAmY7PhCfg=="
        assert refusal(request).detail == {"HeadersNotSigned": "content-md5"}

        verify(signed(headers={"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), MAY_2013_NS)

    @pytest.mark.parametrize("make", [signed, presigned])
    def test_the_host_must_be_signed(self, make):
        request = make()
        if make is signed:
            request.headers["authorization"] = request.headers["authorization"].replace("=host;", "=")
        else:
            request.query = request.query.replace("SignedHeaders=host", "SignedHeaders=range")

        assert refusal(request).detail == {"HeadersNotSigned": "host"}

    def test_other_headers_need_not_be_signed(self):
        request = signed()
        request.headers |= {"content-type": "text/plain", "range": "bytes=0-1", "x-custom": "1"}
        verify(request, MAY_2013_NS)

    def test_the_payloads_hash_is_covered_without_being_listed(self):
        request = Request("GET", "/", "", {"host": HOST, "x-amz-date": "20130524T000000Z"})
        plan = sigv4.header_plan("host;x-amz-date")
        canonical = f"GET\n/\n\n{plan.fields(request)}UNSIGNED-PAYLOAD"
        text = sigv4.string_to_sign("20130524T000000Z", "20130524/us-east-1/s3/aws4_request", canonical)
        signature = sigv4.signing_key(SECRET, "20130524", "us-east-1").sign(text)
        request.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={signature}"
        )
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        verify(request, MAY_2013_NS)

        request.headers["x-amz-content-sha256"] = sigv4.EMPTY_SHA256
        assert refusal(request).code == "SignatureDoesNotMatch"


MALFORMED_HEADER = "AuthorizationHeaderMalformed"
MALFORMED_QUERY = "AuthorizationQueryParametersError"


class TestPresigned:
    def test_further_parameters_are_signed(self):
        request = presigned(query="response-content-type=text%2Fplain&versionId=null")
        verify(request, MAY_2013_NS)

        request.query = request.query.replace("null", "other")
        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_an_added_parameter_is_refused(self):
        request = presigned()
        request.query += "&acl"

        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_a_payload_hash_in_the_header_takes_part(self):
        request = presigned("PUT", headers={"x-amz-content-sha256": sigv4.EMPTY_SHA256})
        assert verify(request, MAY_2013_NS).content_sha256 == sigv4.EMPTY_SHA256

        request = presigned("PUT")
        request.headers["x-amz-content-sha256"] = sigv4.EMPTY_SHA256
        assert refusal(request).code == "SignatureDoesNotMatch"

    def test_a_payload_hash_in_the_query_takes_part(self):
        request = presigned("PUT", query="X-Amz-Content-Sha256=UNSIGNED-PAYLOAD")
        assert verify(request, MAY_2013_NS).content_sha256 == "UNSIGNED-PAYLOAD"

    def test_amz_parameters_become_header_fields_once_the_signature_is_right(self):
        request = presigned("PUT", query="X-Amz-Acl=public-read&x-amz-meta-a=%C3%A9&x-id=PutObject")
        verify(request, MAY_2013_NS)

        assert request.headers == {
            "host": "s3.amazonaws.com",
            "x-amz-acl": "public-read",
            "x-amz-meta-a": "é".encode().decode("latin-1"),
        }

    def test_a_header_goes_before_the_parameter_of_its_name(self):
        request = presigned("PUT", query="x-amz-acl=public-read", headers={"x-amz-acl": "private"})
        verify(request, MAY_2013_NS)

        assert request.headers["x-amz-acl"] == "private"

    def test_nothing_becomes_a_header_field_under_a_wrong_signature(self):
        request = presigned("PUT", query="x-amz-acl=public-read")
        refusal(request, secret="other")

        assert "x-amz-acl" not in request.headers

    def test_it_expires_by_the_second(self):
        request = presigned(expires_seconds=60)
        verify(request, MAY_2013_NS + 60 * 10**9)
        error = refusal(request, MAY_2013_NS + 61 * 10**9)

        assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
        assert error.detail == {
            "X-Amz-Expires": "60",
            "Expires": "2013-05-24T00:01:00Z",
            "ServerTime": "2013-05-24T00:01:01Z",
        }

    def test_it_may_begin_a_quarter_of_an_hour_early_for_clocks_that_differ(self):
        request = presigned()
        verify(request, MAY_2013_NS - 900 * 10**9)
        error = refusal(request, MAY_2013_NS - 901 * 10**9)

        assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")
        assert error.detail == {
            "X-Amz-Date": "1369353600000",
            "Expires": "2013-05-24T00:01:00Z",
            "ServerTime": "2013-05-23T23:44:59Z",
        }

    @pytest.mark.parametrize("seconds", [0, -1, 604_801])
    def test_the_client_makes_no_link_that_cannot_work(self, seconds):
        with pytest.raises(ValueError, match="604800"):
            presigned(expires_seconds=seconds)

    @pytest.mark.parametrize(
        ("old", "new", "code", "message"),
        [
            ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", MALFORMED_QUERY, "only supports"),
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "NotImplemented", "AWS4-ECDSA-P256-SHA256"),
            ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", "", MALFORMED_QUERY, "requires the X-Amz-Algorithm"),
            ("X-Amz-Signature=", "X-Other=", MALFORMED_QUERY, "requires the X-Amz-Algorithm"),
            ("X-Amz-SignedHeaders=host&", "", MALFORMED_QUERY, "requires the X-Amz-Algorithm"),
            ("X-Amz-Date=", "X-Amz-Dat=", MALFORMED_QUERY, "requires the X-Amz-Algorithm"),
            ("X-Amz-Expires=60", "X-Amz-Expires=", MALFORMED_QUERY, "requires the X-Amz-Algorithm"),
            ("X-Amz-Expires=60", "X-Amz-Expires=1m", MALFORMED_QUERY, "X-Amz-Expires should be a number"),
            ("X-Amz-Expires=60", "X-Amz-Expires=%D9%A3", MALFORMED_QUERY, "should be a number"),
            ("X-Amz-Expires=60", "X-Amz-Expires=-1", MALFORMED_QUERY, "must be non-negative"),
            ("X-Amz-Expires=60", "X-Amz-Expires=604801", MALFORMED_QUERY, "less than a week"),
            ("X-Amz-Expires=60", "X-Amz-Expires=0", "AccessDenied", "Request has expired"),
            ("%2Fs3%2F", "%2Fec2%2F", MALFORMED_QUERY, 'incorrect service "ec2". This endpoint belongs'),
            ("aws4_request", "aws5_request", MALFORMED_QUERY, 'incorrect terminal "aws5_request".'),
            ("%2F20130524%2F", "%2F2013052%2F", MALFORMED_QUERY, 'incorrect date format "2013052".'),
            ("%2F20130524%2F", "%2F20130525%2F", MALFORMED_QUERY, "not the same as X-Amz-Date"),
            ("%2Fs3%2Faws4_request", "", MALFORMED_QUERY, "the Credential is mal-formed"),
            ("T000000Z", "T000000", MALFORMED_QUERY, "ISO8601 Long Format"),
            ("T000000Z", "T240000Z", MALFORMED_QUERY, "ISO8601 Long Format"),
            ("SignedHeaders=host", "SignedHeaders=Host", MALFORMED_QUERY, "SignedHeaders"),
            ("SignedHeaders=host", "SignedHeaders=host%0Ax", MALFORMED_QUERY, "SignedHeaders"),
            ("X-Amz-Signature=", "X-Amz-Signature=%C3%A9", "SignatureDoesNotMatch", "signature"),
            ("X-Amz-Signature=", "X-Amz-Content-Sha256=x&X-Amz-Signature=", "InvalidArgument", "must be UNSIGNED-P"),
        ],
    )  # fmt: skip
    def test_malformed_parameters_are_refused_in_s3s_words(self, old, new, code, message):
        request = presigned()
        assert old in request.query
        request.query = request.query.replace(old, new)
        error = refusal(request)

        assert error.code == code
        assert message in error.message

    def test_another_region_is_named(self):
        error = refusal(presigned(region="eu-west-1"))

        assert error.code == "AuthorizationQueryParametersError"
        assert error.message.endswith("; the region 'eu-west-1' is wrong; expecting 'us-east-1'")
        assert error.detail == {"Region": "us-east-1"}


def with_authorization(old, new) -> Request:
    request = signed()
    assert old in request.headers["authorization"]
    request.headers["authorization"] = request.headers["authorization"].replace(old, new)
    return request


class TestHeader:
    @pytest.mark.parametrize(
        ("old", "new", "code", "message"),
        [
            ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256", "InvalidArgument", "Unsupported Authorization Type"),
            ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", "InvalidArgument", "Unsupported Authorization Type"),
            ("AWS4-HMAC-SHA256", "Bearer", "InvalidArgument", "Unsupported Authorization Type"),
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "NotImplemented", "AWS4-ECDSA-P256-SHA256"),
            (", Signature=", ", Sig=", MALFORMED_HEADER, "missing Signature."),
            ("Credential=", "Cred=", MALFORMED_HEADER, "missing Credential."),
            ("SignedHeaders=", "Signed=", MALFORMED_HEADER, "missing SignedHeaders."),
            (", Signature", "; Signature", MALFORMED_HEADER, "requires three components"),
            (", Signature=", ", A=1, Signature=", MALFORMED_HEADER, "requires three components"),
            ("Signature=", "Signature", MALFORMED_HEADER, "is malformed."),
            ("/s3/aws4_request", "", MALFORMED_HEADER, "the Credential is mal-formed; expecting"),
            ("Credential=" + ACCESS_KEY, "Credential=", MALFORMED_HEADER, "the Credential is mal-formed"),
            ("/s3/", "/iam/", MALFORMED_HEADER, 'incorrect service "iam". This endpoint belongs to "s3".'),
            ("aws4_request", "aws4", MALFORMED_HEADER, 'incorrect terminal "aws4".'),
            ("/20130524/", "/20130532/", MALFORMED_HEADER, 'incorrect date format "20130532".'),
            ("/20130524/", "/20130523/", MALFORMED_HEADER, "not the same as X-Amz-Date"),
            ("=host;", "=Host;", MALFORMED_HEADER, "SignedHeaders are mal-formed"),
            ("=host;", "=host;" + "a;" * 200, MALFORMED_HEADER, "SignedHeaders are mal-formed"),
        ],
    )  # fmt: skip
    def test_malformed_headers_are_refused_in_s3s_words(self, old, new, code, message):
        error = refusal(with_authorization(old, new))

        assert error.code == code
        assert message in error.message
        assert error.status == (501 if code == "NotImplemented" else 400)

    def test_another_region_is_named(self):
        error = refusal(signed(region="us-west-2"))

        assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
        assert error.message == (
            "The authorization header is malformed; the region 'us-west-2' is wrong; expecting 'us-east-1'"
        )
        assert error.detail == {"Region": "us-east-1"}

    def test_any_region_accepts_all(self):
        verify(signed(region="mars-north-1"), MAY_2013_NS, region="any")
        verify(presigned(region="auto"), MAY_2013_NS, region="any")

    @pytest.mark.parametrize("clock", [-900, 0, 900])
    def test_clocks_may_differ_by_a_quarter_of_an_hour(self, clock):
        verify(signed(), MAY_2013_NS + clock * 10**9)

    @pytest.mark.parametrize("clock", [-901, 901])
    def test_clocks_that_differ_by_more_are_refused(self, clock):
        error = refusal(signed(), MAY_2013_NS + clock * 10**9)

        assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
        assert error.detail["RequestTime"] == "20130524T000000Z"
        assert error.detail["ServerTime"] in {"2013-05-23T23:44:59Z", "2013-05-24T00:15:01Z"}
        assert error.detail["MaxAllowedSkewMilliseconds"] == "900000"

    @pytest.mark.parametrize("value", [None, "", "yesterday", "20130524", "20130524T000000+00", "20130524T0000 1Z"])
    def test_a_date_is_needed(self, value):
        request = signed()
        del request.headers["x-amz-date"]
        if value is not None:
            request.headers["x-amz-date"] = value
        error = refusal(request)

        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == "AWS authentication requires a valid Date or x-amz-date header"

    def test_the_payloads_hash_is_needed(self):
        request = signed()
        del request.headers["x-amz-content-sha256"]
        error = refusal(request)

        assert (error.code, error.status) == ("InvalidRequest", 400)
        assert error.message == "Missing required header for this request: x-amz-content-sha256"

    @pytest.mark.parametrize("value", ["invalid", "unsigned-payload", "STREAMING-UNKNOWN", "f" * 63, "g" * 64, ""])
    def test_a_payload_hash_must_be_one(self, value):
        error = refusal(signed(content_sha256=value))

        assert (error.code, error.status) == ("InvalidArgument", 400)
        assert error.detail == {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": value}

    def test_a_payload_hash_may_be_in_upper_case(self):
        verify(signed(content_sha256=sigv4.EMPTY_SHA256.upper()), MAY_2013_NS)

    def test_a_session_token_is_refused_once_the_signature_is_right(self):
        request = signed(headers={"x-amz-security-token": "token"})
        error = refusal(request)
        assert (error.code, error.status, error.detail) == ("InvalidToken", 400, {"Token-0": "token"})
        assert refusal(request, secret="other").code == "SignatureDoesNotMatch"

        error = refusal(presigned(query="X-Amz-Security-Token=token"))
        assert (error.code, error.detail) == ("InvalidToken", {"Token-0": "token"})

    @pytest.mark.parametrize("query", ["X-Amz-Algorithm=AWS4-HMAC-SHA256", "Signature=x"])
    def test_header_and_query_together_are_refused(self, query):
        request = signed(query=query)
        error = refusal(request)

        assert (error.code, error.status) == ("InvalidArgument", 400)
        assert error.message.startswith("Only one auth mechanism allowed")
        assert error.detail == {"ArgumentName": "Authorization", "ArgumentValue": request.headers["authorization"]}

    def test_spaces_and_order_of_components_do_not_matter(self):
        request = signed()
        credential, names, signature = request.headers["authorization"].removeprefix("AWS4-HMAC-SHA256 ").split(", ")
        forms = ("{2},{1},{0}", " {0} , {1} ,  {2} ", "{0} , {1}, {2}", "{0}, {1}, {2} ", "{0},{1},{2}")
        for rest in [form.format(credential, names, signature) for form in forms]:
            request.headers["authorization"] = f"AWS4-HMAC-SHA256 {rest}"
            verify(request, MAY_2013_NS)

    @pytest.mark.parametrize("headers", [{}, {"authorization": ""}])
    def test_without_a_claim_a_request_is_anonymous(self, headers):
        request = Request("GET", "/b/k", "prefix=a", {"host": "s3.amazonaws.com", **headers})
        address = ADDRESSING.resolve(request.host, request.path)

        assert Authentication("us-east-1").read(request, parse_query(request.query), address, MAY_2013_NS) is None

    def test_what_is_remembered_of_credentials_is_bounded(self):
        authentication = Authentication("us-east-1")
        for number in range(10_000):
            request = with_authorization(ACCESS_KEY, f"KEY{number}")
            authentication.read(request, {}, ADDRESSING.resolve("", "/"), MAY_2013_NS)

        assert len(authentication._known) <= 4096


LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
PIECES = st.lists(st.sampled_from(["Credential=", "SignedHeaders=", "Signature=", SCOPE, "host", ",", "é", "x"]))
CLAIMED_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "authorization": LATIN
        | LATIN.map(lambda rest: "AWS4-HMAC-SHA256 " + rest)
        | PIECES.map(lambda parts: "AWS4-HMAC-SHA256 " + "".join(parts))
        | LATIN.map(lambda rest: "AWS " + rest),
        "date": LATIN,
        "x-amz-date": st.text("0123456789TZ é", max_size=20),
        "x-amz-content-sha256": LATIN,
    },
)
CLAIMED_QUERIES = st.dictionaries(
    st.sampled_from([
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
        "X-Amz-Content-Sha256", "Signature", "Expires", "AWSAccessKeyId", "x",
    ]),
    st.text(max_size=20) | st.sampled_from(["AWS4-HMAC-SHA256", SCOPE, "20130524T000000Z", "60", "host", "f" * 64]),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(CLAIMED_HEADERS, CLAIMED_QUERIES)
def test_any_text_gives_nobody_or_s3s_refusal(headers, query):
    request = Request("GET", "/b/k", encode_query(query.items()), {"host": "s3.amazonaws.com", **headers})
    address = ADDRESSING.resolve(request.host, request.path)

    def identify():
        claim = Authentication("any").read(request, query, address, MAY_2013_NS)
        if claim is None:
            raise S3Error("AccessDenied")
        claim.verify(request, SECRET)

    with pytest.raises(S3Error):
        identify()
