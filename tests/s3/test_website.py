"""Web sites of buckets: their configuration, and what a browser is served.

Source: S3 API Reference, PutBucketWebsite; S3 User Guide, "Hosting a static website using Amazon S3".
"""

import gzip
import json
import re

import pytest

from live.expect import assert_refused, refused
from live.forms import post_form
from live.wire import Wire, content_md5

INDEX = {"IndexDocument": {"Suffix": "index.html"}}
ERRORS = {"ErrorDocument": {"Key": "404.html"}}


@pytest.fixture
def make_site(server, s3, bucket_names):
    """A bucket that everybody may read, with a site: ``make_site(configuration, name=...)``."""

    def make(configuration=None, *, name=None, listed=True, public=True):
        bucket = bucket_names(name=name)
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration or INDEX | ERRORS)
        if public:
            statements = [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{bucket}/*",
                }
            ]
            if listed:
                statements.append(
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:ListBucket",
                        "Resource": f"arn:aws:s3:::{bucket}",
                    }
                )
            statements.append(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{bucket}/private/*",
                }
            )
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return bucket

    return make


@pytest.fixture
def site(make_site, s3):
    """A site with some pages."""
    bucket = make_site()
    for key, body in {
        "index.html": b"home",
        "about/index.html": b"about",
        "plain.txt": b"0123456789",
        "404.html": b"not here",
        "private/index.html": b"secret",
    }.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return bucket


@pytest.fixture
def visit(server, wire):
    """What a browser is answered: ``visit(bucket, path, headers, method)``."""

    def send(bucket, path="/", headers=None, method="GET", host=None):
        return wire.send(method, path, headers, host=host or f"{bucket}.s3-website.localhost:{server.port}")

    return send


# --- configuration ----------------------------------------------------------------------------------------------------

RULES = [
    {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
    {
        "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "x/"},
        "Redirect": {"HostName": "example.org", "Protocol": "https", "HttpRedirectCode": "302", "ReplaceKeyWith": "k"},
    },
]


@pytest.mark.parametrize(
    "configuration",
    [
        INDEX,
        INDEX | ERRORS | {"RoutingRules": RULES},
        {"RedirectAllRequestsTo": {"HostName": "example.org", "Protocol": "https"}},
        {"RedirectAllRequestsTo": {"HostName": "example.org"}},
    ],
    ids=range(4),
)
def test_what_was_put_is_what_is_read_until_it_is_deleted(s3, bucket, configuration):
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=INDEX)
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)
    answer = s3.get_bucket_website(Bucket=bucket)
    del answer["ResponseMetadata"]
    assert answer == configuration
    for _ in range(2):
        s3.delete_bucket_website(Bucket=bucket)
    with refused("NoSuchWebsiteConfiguration", 404):
        s3.get_bucket_website(Bucket=bucket)


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
        (INDEX | {"RedirectAllRequestsTo": {"HostName": "example.org"}}, "MalformedXML"),
        (INDEX | {"RoutingRules": [{"Redirect": {"HttpRedirectCode": "300"}}]}, "InvalidRequest"),
        (INDEX | {"RoutingRules": [{"Redirect": {"HostName": "a/b"}}]}, "InvalidArgument"),
    ],
    ids=range(5),
)
def test_what_cannot_be_leaves_what_there_was(s3, bucket, configuration, code):
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=INDEX)
    with refused(code, 400):
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)
    assert s3.get_bucket_website(Bucket=bucket)["IndexDocument"] == INDEX["IndexDocument"]


@pytest.mark.parametrize(
    "body",
    [b"not xml", b"<Website/>", b"<WebsiteConfiguration><IndexDocument/></WebsiteConfiguration>"],
    ids=range(3),
)
def test_malformed_documents_have_s3s_code(wire, bucket, body):
    answer = wire.signed("PUT", f"/{bucket}?website", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, "MalformedXML", 400)


def test_it_is_nobody_elses_business(second, bucket):
    body = b"<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix></IndexDocument></WebsiteConfiguration>"
    for method in ("GET", "PUT", "DELETE"):
        sent = body if method == "PUT" else b""
        headers = {"Content-MD5": content_md5(sent)} if sent else {}
        assert_refused(second.wire.signed(method, f"/{bucket}?website", headers, sent), "AccessDenied", 403)


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_site_has_an_index_in_every_folder(visit, site):
    for path, body in {
        "/": b"home",
        "/index.html": b"home",
        "/about/": b"about",
        "/about/index.html": b"about",
    }.items():
        answer = visit(site, path)
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["content-type"] == "text/html"


def test_a_folder_without_its_slash_is_sent_to_it(visit, site):
    answer = visit(site, "/about")
    assert (answer.status, answer.headers["location"], answer.body) == (302, "/about/", b"")
    # Nobody learns of a folder whose index nobody may read.
    assert visit(site, "/private").status == 404


def test_a_folder_is_found_where_nobody_may_list_the_bucket(visit, make_site, s3):
    bucket = make_site(listed=False)
    s3.put_object(Bucket=bucket, Key="a b/index.html", Body=b"")
    assert visit(bucket, "/a%20b").headers["location"] == "/a%20b/"
    assert visit(bucket, "/c").status == 403  # S3 tells nobody what there is not


def test_a_key_that_reads_as_a_host_is_not_where_a_browser_is_sent(visit, site, s3):
    s3.put_object(Bucket=site, Key="/evil.example/index.html", Body=b"")
    s3.put_object(Bucket=site, Key="\\evil.example/index.html", Body=b"")
    assert visit(site, "//evil.example").headers["location"] == "/%2Fevil.example/"
    assert visit(site, "/\\evil.example").headers["location"] == "/%5Cevil.example/"


def test_errors_have_the_sites_own_page_and_their_status(visit, site):
    for path, status, code in (("/missing", 404, "NoSuchKey"), ("/private/", 403, "AccessDenied")):
        answer = visit(site, path, {"Range": "bytes=0-1", "If-None-Match": "*"})
        assert (answer.status, answer.body) == (status, b"not here")
        assert answer.headers["x-amz-error-code"] == code
        assert answer.headers["content-type"] == "text/html"
    head = visit(site, "/missing", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (404, b"", "8")


def test_errors_without_a_page_have_s3s(visit, s3, site):
    s3.delete_object(Bucket=site, Key="404.html")
    answer = visit(site, "/<script>alert(1)</script>")
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = answer.body.decode()
    assert "<title>404 Not Found</title>" in page
    assert "<li>Code: NoSuchKey</li>" in page
    assert "<li>Key: &lt;script&gt;alert(1)&lt;/script&gt;</li>" in page
    assert "An Error Occurred While Attempting to Retrieve a Custom Error Document" in page
    assert f"<li>RequestId: {answer.headers['x-amz-request-id']}</li>" in page
    assert "<script" not in page


def test_what_is_private_stays_private(visit, make_site, s3):
    bucket = make_site(INDEX, public=False)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"secret")
    s3.put_object(Bucket=bucket, Key="open.html", Body=b"open", ACL="public-read")
    answer = visit(bucket)
    assert (answer.status, answer.headers["x-amz-error-code"]) == (403, "AccessDenied")
    assert b"secret" not in answer.body
    assert visit(bucket, "/open.html").body == b"open"


def test_a_signature_gives_no_rights_on_a_site(server, wire, make_site, s3):
    bucket = make_site(INDEX, public=False)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"secret")
    host = f"{bucket}.s3-website.localhost:{server.port}"
    assert wire.signed("GET", "/", host=host).status == 403


def test_buckets_that_are_no_site_say_so(visit, bucket):
    answer = visit(bucket)
    assert (answer.status, answer.headers["x-amz-error-code"]) == (404, "NoSuchWebsiteConfiguration")
    assert f"<li>BucketName: {bucket}</li>" in answer.body.decode()
    for name in ("no-such-bucket", "x" * 64):
        assert visit(name).headers["x-amz-error-code"] == "NoSuchBucket"


def test_only_reading(server, visit, site):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = visit(site, "/index.html", method=method)
        assert (answer.status, answer.headers["x-amz-error-code"]) == (405, "MethodNotAllowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/%", "/%ff", "/" + "a" * 1025, "/?versionId=x", "/" + "a" * 1015 + "/"])
def test_paths_that_are_no_key(visit, site, path):
    answer = visit(site, path)
    assert answer.status == {"/?versionId=x": 200}.get(path, 400)
    if answer.status == 400:
        assert answer.headers["content-type"].startswith("text/html")


def test_the_servers_own_paths_are_the_sites_keys(visit, site):
    assert visit(site, "/_/health/live").status == 404


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_entity_tags_dates_ranges_and_head(visit, site):
    first = visit(site, "/plain.txt")
    assert (first.body, first.headers["content-type"]) == (b"0123456789", "text/plain")
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        answer = visit(site, "/plain.txt", condition)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
    part = visit(site, "/plain.txt", {"Range": "bytes=2-4", "If-Range": etag})
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert visit(site, "/plain.txt", {"Range": "bytes=2-4", "If-Range": '"other"'}).status == 200
    assert visit(site, "/plain.txt", {"Range": "bytes=20-"}).status == 416
    assert visit(site, "/plain.txt", {"If-Match": '"other"'}).status == 412
    head = visit(site, "/plain.txt", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")
    assert head.headers["etag"] == etag


def test_headers_of_objects_are_told(visit, s3, site):
    s3.put_object(
        Bucket=site, Key="a.html", Body=b"", ContentType="text/x", CacheControl="max-age=9", ContentLanguage="de"
    )
    headers = visit(site, "/a.html").headers
    assert (headers["content-type"], headers["cache-control"], headers["content-language"]) == (
        "text/x",
        "max-age=9",
        "de",
    )


def test_a_large_page_is_sent_whole(visit, s3, site):
    body = bytes(range(256)) * 20_000
    s3.put_object(Bucket=site, Key="big.bin", Body=body)
    assert visit(site, "/big.bin").body == body


def test_compressed_forms_are_sent_to_those_who_take_them(visit, s3, site):
    page = b"body { color: green }" * 100
    s3.put_object(Bucket=site, Key="a.css", Body=page)
    plain = visit(site, "/a.css", {"Accept-Encoding": "br, gzip"})
    assert (plain.body, plain.headers.get("vary")) == (page, None)
    s3.put_object(Bucket=site, Key="a.css.gz", Body=gzip.compress(page), ContentType="application/gzip")
    s3.put_object(Bucket=site, Key="a.css.br", Body=b"brotli")

    best = visit(site, "/a.css", {"Accept-Encoding": "gzip, deflate, br"})
    assert (best.status, best.body, best.headers["content-encoding"]) == (200, b"brotli", "br")
    zipped = visit(site, "/a.css", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.body) == page
    none = visit(site, "/a.css", {"Accept-Encoding": "identity"})
    assert (none.body, none.headers.get("content-encoding")) == (page, None)
    for answer in (best, zipped, none):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == "text/css"
    assert len({answer.headers["etag"] for answer in (best, zipped, none)}) == 3

    again = visit(site, "/a.css", {"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["etag"]})
    assert (again.status, again.headers["vary"]) == (304, "Accept-Encoding")
    other = visit(site, "/a.css", {"Accept-Encoding": "br", "If-None-Match": zipped.headers["etag"]})
    assert other.status == 200
    head = visit(site, "/a.css", {"Accept-Encoding": "gzip"}, method="HEAD")
    assert head.headers["content-length"] == zipped.headers["content-length"]
    assert visit(site, "/a.css.gz").headers["content-type"] == "application/gzip"


def test_a_compressed_form_that_nobody_may_read_is_not_there(visit, make_site, s3):
    bucket = make_site(INDEX, public=False)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"open", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="index.html.gz", Body=b"secret")
    answer = visit(bucket, "/", {"Accept-Encoding": "gzip"})
    assert (answer.body, answer.headers.get("vary")) == (b"open", None)


def test_a_compressed_form_that_says_what_it_is_a_form_of_is_sent_for_that_page_only(visit, s3, site):
    page = b"body { color: green }"
    s3.put_object(Bucket=site, Key="a.css.gz", Body=b"zipped", Metadata={"bushel-compressed-from": "11"})
    for metadata, sent in (({}, page), ({"bushel-sha256": "22"}, page), ({"bushel-sha256": "11"}, b"zipped")):
        s3.put_object(Bucket=site, Key="a.css", Body=page, Metadata=metadata)
        assert visit(site, "/a.css", {"Accept-Encoding": "gzip"}).body == sent


def test_browsers_are_told_not_to_guess(visit, site):
    for path in ("/", "/plain.txt", "/missing"):
        assert visit(site, path).headers["x-content-type-options"] == "nosniff"


def test_what_earlier_publications_left_is_never_served(visit, s3, site):
    for key in (".bushel-site/index.html", ".bushel-site/objects/a"):
        s3.put_object(Bucket=site, Key=key, Body=b"earlier")
        answer = visit(site, f"/{key}")
        assert (answer.status, answer.body) == (404, b"not here")
    for path in ("/.bushel-site", "/.bushel-site/", "/%2ebushel-site/objects/a"):
        assert visit(site, path).status == 404


# --- what buckets can be beside ---------------------------------------------------------------------------------------


def test_pages_that_are_encrypted_here_are_served_and_customers_own_are_not(visit, s3, site, clients, server):
    s3.put_object(Bucket=site, Key="sealed.html", Body=b"sealed", ServerSideEncryption="AES256")
    assert visit(site, "/sealed.html").body == b"sealed"
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=site, Key="theirs.html", Body=b"theirs", **key)
    answer = visit(site, "/theirs.html")
    assert (answer.status, answer.body) == (400, b"not here")


def test_a_site_shows_what_is_current(visit, s3, site):
    s3.put_bucket_versioning(Bucket=site, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=site, Key="v.html", Body=b"one")["VersionId"]
    s3.put_object(Bucket=site, Key="v.html", Body=b"two")
    assert visit(site, "/v.html").body == b"two"
    assert visit(site, f"/v.html?versionId={first}").body == b"two"
    marker = s3.delete_object(Bucket=site, Key="v.html")["VersionId"]
    gone = visit(site, "/v.html")
    assert (gone.status, gone.body, gone.headers["x-amz-error-code"]) == (404, b"not here", "NoSuchKey")
    s3.delete_object(Bucket=site, Key="v.html", VersionId=marker)
    assert visit(site, "/v.html").body == b"two"


def test_where_the_requester_pays_there_is_no_site(visit, s3, site):
    s3.put_bucket_request_payment(Bucket=site, RequestPaymentConfiguration={"Payer": "Requester"})
    answer = visit(site, "/", {"x-amz-request-payer": "requester"})
    assert (answer.status, answer.headers["x-amz-error-code"]) == (403, "AccessDenied")


def test_browsers_of_other_origins_are_told_what_the_buckets_rules_allow(visit, s3, site):
    rule = {"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["range"]}
    origin = {"Origin": "https://app.example"}
    question = origin | {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    for method, path, headers in (("GET", "/", origin), ("GET", "/missing", origin)):
        assert "access-control-allow-origin" not in visit(site, path, headers, method).headers
    assert visit(site, "/", question, "OPTIONS").status == 403

    s3.put_bucket_cors(Bucket=site, CORSConfiguration={"CORSRules": [rule]})
    for method, path in (("GET", "/"), ("HEAD", "/"), ("GET", "/missing"), ("GET", "/about"), ("OPTIONS", "/")):
        answer = visit(site, path, question if method == "OPTIONS" else origin, method)
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
    unchanged = visit(site, "/", origin | {"If-None-Match": visit(site).headers["etag"]})
    assert (unchanged.status, unchanged.headers["access-control-allow-origin"]) == (304, "https://app.example")
    preflight = visit(site, "/any", question, "OPTIONS")
    assert (preflight.status, preflight.headers["access-control-allow-headers"]) == (200, "range")
    for headers in ({"Origin": "https://other.example"}, {"Origin": "https://app.example<script>"}):
        assert "access-control-allow-origin" not in visit(site, "/", headers).headers
    refusal = visit(site, "/", question | {"Access-Control-Request-Method": "PUT"}, "OPTIONS")
    assert (refusal.status, refusal.headers["x-amz-error-code"]) == (403, "AccessForbidden")
    assert visit(site, "/", method="OPTIONS").status == 400


# --- redirects --------------------------------------------------------------------------------------------------------


def test_all_requests_go_elsewhere(server, visit, make_site):
    bucket = make_site({"RedirectAllRequestsTo": {"HostName": "example.org"}}, public=False)
    for method in ("GET", "HEAD"):
        answer = visit(bucket, "/a%20b?c=d", method=method)
        assert (answer.status, answer.body) == (301, b"")
        assert answer.headers["location"] == "http://example.org/a%20b?c=d"


def test_rules_send_requests_elsewhere_before_and_after(server, visit, make_site, s3):
    rules = [
        {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
        {
            "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "shop/"},
            "Redirect": {"HostName": "shop.example.org", "Protocol": "https", "HttpRedirectCode": "307"},
        },
        {"Condition": {"HttpErrorCodeReturnedEquals": "403"}, "Redirect": {"ReplaceKeyWith": "login.html"}},
    ]
    bucket = make_site(INDEX | {"RoutingRules": rules})
    s3.put_object(Bucket=bucket, Key="docs/index.html", Body=b"never seen")
    s3.put_object(Bucket=bucket, Key="shop/here", Body=b"here")
    s3.put_object(Bucket=bucket, Key="private/x", Body=b"secret")
    own = f"http://{bucket}.s3-website.localhost:{server.port}"
    assert visit(bucket, "/docs/a").headers["location"] == f"{own}/documents/a"
    assert visit(bucket, "/shop/here").body == b"here"
    gone = visit(bucket, "/shop/gone")
    assert (gone.status, gone.headers["location"]) == (307, "https://shop.example.org/shop/gone")
    denied = visit(bucket, "/private/x")
    assert (denied.status, denied.headers["location"]) == (301, f"{own}/login.html")
    assert visit(bucket, "/elsewhere").status == 404


def test_a_page_can_send_its_visitors_elsewhere(visit, s3, site):
    s3.put_object(Bucket=site, Key="old.html", Body=b"moved", WebsiteRedirectLocation="/new.html?a=b")
    for method in ("GET", "HEAD"):
        answer = visit(site, "/old.html", {"Range": "bytes=0-1"}, method=method)
        assert (answer.status, answer.headers["location"], answer.body) == (301, "/new.html?a=b", b"")
    # On the interface of S3 it is an object that tells where.
    assert s3.get_object(Bucket=site, Key="old.html")["WebsiteRedirectLocation"] == "/new.html?a=b"
    assert s3.head_object(Bucket=site, Key="old.html")["WebsiteRedirectLocation"] == "/new.html?a=b"


def test_a_copy_redirects_only_where_it_is_told_to(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", WebsiteRedirectLocation="/there", ContentType="text/x")
    source = {"Bucket": bucket, "Key": "a"}
    s3.copy_object(Bucket=bucket, Key="b", CopySource=source)
    copy = s3.head_object(Bucket=bucket, Key="b")
    assert ("WebsiteRedirectLocation" in copy, copy["ContentType"]) == (False, "text/x")
    s3.copy_object(Bucket=bucket, Key="a", CopySource=source, WebsiteRedirectLocation="/elsewhere")
    assert s3.head_object(Bucket=bucket, Key="a")["WebsiteRedirectLocation"] == "/elsewhere"
    assert s3.head_object(Bucket=bucket, Key="a")["ContentType"] == "text/x"
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE", WebsiteRedirectLocation="/c")
    assert s3.head_object(Bucket=bucket, Key="c")["WebsiteRedirectLocation"] == "/c"
    with refused("InvalidRedirectLocation", 400):
        s3.copy_object(Bucket=bucket, Key="c", CopySource=source, WebsiteRedirectLocation="javascript:alert(1)")


def test_parts_and_forms_can_redirect_too(server, clients, wire, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m", WebsiteRedirectLocation="https://example.org/")
    ids = {"Bucket": bucket, "Key": "m", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**ids, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(**ids, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.head_object(Bucket=bucket, Key="m")["WebsiteRedirectLocation"] == "https://example.org/"
    values = {"x-amz-website-redirect-location": "/form"}
    fields = s3.generate_presigned_post(bucket, "f", Fields=values, Conditions=[values])["fields"]
    assert post_form(wire, f"/{bucket}", fields, b"x").status == 204
    assert s3.head_object(Bucket=bucket, Key="f")["WebsiteRedirectLocation"] == "/form"


@pytest.mark.parametrize("location", ["there", "ftp://example.org/", "/" + "x" * 2048])
def test_a_redirect_that_cannot_be_is_refused(s3, bucket, location):
    with refused("InvalidRedirectLocation", 400):
        s3.put_object(Bucket=bucket, Key="a", Body=b"", WebsiteRedirectLocation=location)
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="a")


# --- hosts ------------------------------------------------------------------------------------------------------------


def test_a_bucket_named_like_a_domain_is_served_on_it(visit, wire, make_site, s3, worker_id):
    name = f"www-{worker_id}.example.org"
    bucket = make_site(name=name)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"home")
    for host in (name, f"{name.upper()}:8080", f"{name}."):
        assert visit(bucket, host=host).body == b"home"
    # Signed requests are S3's: the host is one that the service does not know, so the path has the bucket.
    assert wire.signed("GET", f"/{bucket}/index.html", host=name).body == b"home"
    assert wire.signed("GET", f"/{bucket}?list-type=2", host=name).text("KeyCount") == "1"

    s3.delete_bucket_website(Bucket=bucket)
    answer = visit(bucket, f"/{bucket}/index.html", host=name)
    assert (answer.status, answer.body) == (200, b"home")
    assert_refused(visit(bucket, host=name), "AccessDenied", 403)


def test_the_interface_of_s3_is_where_it_was(server, wire, site):
    assert wire.send("GET", f"/{site}/index.html").body == b"home"
    assert wire.send("GET", "/index.html", host=f"{site}.s3.localhost:{server.port}").body == b"home"
    listing = wire.send("GET", "/", host=f"{site}.localhost")
    assert b"<ListBucketResult" in listing.body


def test_no_bucket_takes_the_name_of_the_sites_domain(s3):
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket="s3-website.localhost")


def test_domains_and_a_port_of_its_own(start_server, clients):
    server = start_server(
        workers=2,
        flags=(
            *("--website-domain", "web.example.org", "--website-domain", "sites.example.net"),
            *("--website-listen", "127.0.0.1:0", "--access-log", "-", "--domain", "s3.example.org"),
        ),
    )
    s3 = clients(server)
    s3.create_bucket(Bucket="site")
    s3.put_bucket_website(Bucket="site", WebsiteConfiguration=INDEX)
    s3.put_object(Bucket="site", Key="index.html", Body=b"home", ACL="public-read")
    port = re.search(r"web sites alone are served on 127\.0\.0\.1:(\d+)", server.log_text())[1]
    everything = Wire(server.endpoint, server.access_key, server.secret_key)
    sites = Wire(f"http://127.0.0.1:{port}", server.access_key, server.secret_key)
    for wire in (everything, sites):
        for host in ("site.web.example.org", "site.sites.example.net:80", "site.s3-website.localhost"):
            assert wire.send("GET", "/", host=host).body == b"home"
    assert b"<ListBucketResult" not in sites.send("GET", "/", host="site.s3.example.org").body
    assert sites.send("GET", "/", host="site.s3.example.org").body == b"home"
    assert sites.send("GET", "/", host="site").body == b"home"
    assert sites.signed("GET", "/site/index.html").headers["x-amz-error-code"] == "NoSuchBucket"
    assert sites.send("GET", "/_/health/live").status == 404
    assert everything.send("GET", "/_/health/live").status == 200
    assert everything.send("GET", "/site/index.html").body == b"home"
    assert '"GET /" 200 4' in server.log_text()
