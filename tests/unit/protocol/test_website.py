"""Configurations of web sites, and where their rules send requests.

Source: S3 API Reference, PutBucketWebsite; S3 User Guide, "Configuring advanced conditional redirects".
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.website import WebsiteConfiguration
from bushel.protocol.website import (
    Asked,
    check_redirect_location,
    check_website,
    path_of,
    redirect_after,
    redirect_before,
    redirect_of_all,
)

read = document_reader(WebsiteConfiguration, "WebsiteConfiguration")
INDEX = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"


def site(inner, *, index=INDEX):
    return read(f"<WebsiteConfiguration>{index}{inner}</WebsiteConfiguration>".encode())


def rules(*pairs):
    """A site with rules of (condition, redirect)."""
    inner = "".join(
        f"<RoutingRule>{condition and f'<Condition>{condition}</Condition>'}"
        f"<Redirect>{redirect}</Redirect></RoutingRule>"
        for condition, redirect in pairs
    )
    return site(f"<RoutingRules>{inner}</RoutingRules>")


def refused(configuration):
    with pytest.raises(S3Error) as caught:
        check_website(configuration)
    return caught.value


def asked(key="", *, scheme="http", host="www.example.org:8080", query=""):
    return Asked(scheme, host, key, query)


HOST = "<HostName>example.org</HostName>"


@pytest.mark.parametrize(
    "configuration",
    [
        site(""),
        site("<ErrorDocument><Key>errors/404.html</Key></ErrorDocument>"),
        site(f"<RedirectAllRequestsTo>{HOST}<Protocol>https</Protocol></RedirectAllRequestsTo>", index=""),
        site("<RedirectAllRequestsTo><HostName>[::1]:9000</HostName></RedirectAllRequestsTo>", index=""),
        rules(*[("<KeyPrefixEquals>a</KeyPrefixEquals>", HOST)] * 50),
        rules(("", "<ReplaceKeyWith>a</ReplaceKeyWith><HttpRedirectCode>399</HttpRedirectCode>")),
        rules(("<HttpErrorCodeReturnedEquals>599</HttpErrorCodeReturnedEquals>", HOST)),
    ],
    ids=range(7),
)
def test_what_can_be(configuration):
    check_website(configuration)


INVALID = [
    (
        site("", index=""),
        "InvalidArgument",
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    ),
    (
        site("", index="<IndexDocument><Suffix>a/b</Suffix></IndexDocument>"),
        "InvalidArgument",
        "The IndexDocument Suffix is not well formed",
    ),
    (
        site("", index="<IndexDocument><Suffix/></IndexDocument>"),
        "InvalidArgument",
        "The IndexDocument Suffix is not well formed",
    ),
    (
        site("<ErrorDocument><Key></Key></ErrorDocument>"),
        "InvalidArgument",
        "The ErrorDocument Key is not well formed",
    ),
    (site(f"<RedirectAllRequestsTo>{HOST}</RedirectAllRequestsTo>"), "MalformedXML", None),
    (site("<RedirectAllRequestsTo><HostName/></RedirectAllRequestsTo>", index=""), "InvalidArgument", None),
    (
        rules(*[("", HOST)] * 51),
        "InvalidRequest",
        "51 routing rules provided, the number of routing rules in a website configuration is limited to 50.",
    ),
    (rules(("", "")), "MalformedXML", None),
    (rules(), "MalformedXML", None),
    (
        rules(("", "<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>")),
        "InvalidRequest",
        "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
    ),
    *[
        (
            rules(("", f"<HttpRedirectCode>{code}</HttpRedirectCode>")),
            "InvalidRequest",
            f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.",
        )
        for code in ("300", "200", "400", "3xx", "", "٣٠١")
    ],
    *[
        (
            rules((f"<HttpErrorCodeReturnedEquals>{code}</HttpErrorCodeReturnedEquals>", HOST)),
            "InvalidRequest",
            f"The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX.",
        )
        for code in ("302", "600", "x")
    ],
    (rules(("<!-- nothing -->", HOST)), "InvalidRequest", None),
    *[
        (rules(("", f"<HostName>{host}</HostName>")), "InvalidArgument", None)
        for host in ("example.org/path", "a@evil.example", "a b", "a&#13;&#10;Set-Cookie: b=c", "", "é.example")
    ],
]


@pytest.mark.parametrize(("configuration", "code", "message"), INVALID, ids=range(len(INVALID)))
def test_what_cannot_be_is_refused_in_s3s_words(configuration, code, message):
    error = refused(configuration)
    assert error.code == code
    assert message is None or error.message == message


def test_a_protocol_is_http_or_https():
    with pytest.raises(S3Error) as caught:
        check_website(rules(("", "<Protocol>ftp</Protocol>")))
    assert caught.value.code in {"InvalidRequest", "MalformedXML"}


@pytest.mark.parametrize(
    "location", ["/", "/a b", "//x", "http://example.org", "https://example.org/", "/" + "x" * 2047]
)
def test_a_page_redirects_to_a_path_or_an_address(location):
    check_redirect_location(location)


@pytest.mark.parametrize("location", ["", "a", "ftp://a", "javascript:alert(1)", " /", "/" + "x" * 2048])
def test_a_page_redirects_nowhere_else(location):
    with pytest.raises(S3Error) as caught:
        check_redirect_location(location)
    assert caught.value.code == "InvalidRedirectLocation"


def test_all_requests_can_go_elsewhere():
    configuration = site(f"<RedirectAllRequestsTo>{HOST}</RedirectAllRequestsTo>", index="")
    assert redirect_of_all(configuration, asked("a/b c", query="x=y&z")) == (301, "http://example.org/a/b%20c?x=y&z")
    assert redirect_of_all(configuration, asked("", scheme="https")) == (301, "https://example.org/")
    secure = site(f"<RedirectAllRequestsTo>{HOST}<Protocol>https</Protocol></RedirectAllRequestsTo>", index="")
    assert redirect_of_all(secure, asked("a")) == (301, "https://example.org/a")
    assert redirect_of_all(site(""), asked("a")) is None


DOCS = "<KeyPrefixEquals>docs/</KeyPrefixEquals>"


@pytest.mark.parametrize(
    ("rule", "key", "target"),
    [
        # The examples of the User Guide.
        (
            (DOCS, "<ReplaceKeyPrefixWith>documents/</ReplaceKeyPrefixWith>"),
            "docs/a.html",
            (301, "http://www.example.org:8080/documents/a.html"),
        ),
        (
            ("<KeyPrefixEquals>images/</KeyPrefixEquals>", "<ReplaceKeyWith>folderdeleted.html</ReplaceKeyWith>"),
            "images/a.png",
            (301, "http://www.example.org:8080/folderdeleted.html"),
        ),
        ((DOCS, "<ReplaceKeyPrefixWith/>"), "docs/a", (301, "http://www.example.org:8080/a")),
        ((DOCS, HOST), "docs/a", (301, "http://example.org/docs/a")),
        (("", "<ReplaceKeyPrefixWith>x/</ReplaceKeyPrefixWith>"), "a", (301, "http://www.example.org:8080/x/a")),
        (
            (DOCS, "<HttpRedirectCode>307</HttpRedirectCode><Protocol>https</Protocol>"),
            "docs/",
            (307, "https://www.example.org:8080/docs/"),
        ),
        ((DOCS, HOST), "other", None),
        ((DOCS, HOST), "a/docs/", None),
        (("<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>", HOST), "a", None),
    ],
    ids=range(9),
)
def test_rules_apply_before_anything_is_looked_for(rule, key, target):
    assert redirect_before(rules(rule), asked(key)) == target


def test_the_first_rule_that_applies_counts():
    configuration = rules(
        (DOCS, "<ReplaceKeyWith>first</ReplaceKeyWith>"), ("", "<ReplaceKeyWith>second</ReplaceKeyWith>")
    )
    assert redirect_before(configuration, asked("docs/")).location.endswith("/first")
    assert redirect_before(configuration, asked("x")).location.endswith("/second")


def test_rules_for_errors_apply_to_that_error_alone():
    report = "<ReplaceKeyPrefixWith>report-404/</ReplaceKeyPrefixWith>"
    error = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>"
    configuration = rules((error, HOST + report))
    assert redirect_after(configuration, asked("a/b"), 404) == (301, "http://example.org/report-404/a/b")
    assert redirect_after(configuration, asked("a/b"), 403) is None
    both = rules((error + DOCS, HOST), ("", HOST))
    assert redirect_after(both, asked("docs/a"), 404) is not None
    assert redirect_after(both, asked("a"), 404) is None


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_key_says_which_host_a_redirect_goes_to(key, replacement):
    if any(0xD800 <= ord(each) < 0xE000 for each in key + replacement):
        return
    location = path_of(key)
    assert location.startswith("/")
    assert not location.startswith("//")
    assert location.isascii()
    assert location.isprintable()
    assert "\\" not in location
