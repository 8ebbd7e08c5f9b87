"""Which hosts are web sites."""

import pytest

from bushel.protocol.address import Addressing
from bushel.web.hosts import SiteHosts, Speaks

S3 = Speaks.S3
SITE = Speaks.SITE
NAMED = Speaks.SITE_OF_A_BUCKET_OF_ITS_NAME

ADDRESSING = Addressing(
    ["s3.example.org", "api.web.example.org", "example.net"],
    ["files.example.com:9000", "web.example.org", "s3-website.localhost", "sites.example.net"],
)
HOSTS = SiteHosts(["web.example.org", "Sites.Example.net."], ADDRESSING)


@pytest.mark.parametrize(
    ("host", "speaks", "bucket"),
    [
        ("a.web.example.org", SITE, "a"),
        ("A.Web.Example.org:8080", SITE, "a"),
        ("a.b.web.example.org.", SITE, "a.b"),
        ("web.example.org", SITE, ""),
        ("a.s3-website.localhost:9000", SITE, "a"),
        ("a.s3.example.org", S3, ""),
        ("s3.example.org", S3, ""),
        # The longer of two domains counts, whichever it is.
        ("a.api.web.example.org", S3, ""),
        ("api.web.example.org", S3, ""),
        ("a.sites.example.net", SITE, "a"),
        ("a.example.net", S3, ""),
        # The service's own names are never the site of a bucket.
        ("localhost:9000", S3, ""),
        ("files.example.com", S3, ""),
        ("127.0.0.1:9000", S3, ""),
        ("[::1]:9000", S3, ""),
        ("a.localhost", S3, ""),
        # A bucket named like the host, perhaps.
        ("www.example.com", NAMED, "www.example.com"),
        ("intranet:80", NAMED, "intranet"),
        ("a", S3, ""),
        ("x" * 64, S3, ""),
        ("a_b.example.com", S3, ""),
        ("", S3, ""),
    ],
)
def test_a_host_is_told_by_its_name(host, speaks, bucket):
    assert HOSTS[host] == (speaks, bucket)


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("a.web.example.org", "a"),
        ("a.s3.example.org:8080", "a"),
        ("www.example.com", "www.example.com"),
        ("s3.example.org", ""),
        ("web.example.org", ""),
        ("127.0.0.1:8080", ""),
        ("files.example.com", ""),
    ],
)
def test_on_a_port_of_its_own_every_host_is_a_site(host, bucket):
    assert HOSTS.on_port_of_sites(host) == bucket


def test_no_bucket_can_have_the_name_of_a_domain_of_sites():
    assert {"web.example.org", "sites.example.net", "s3-website.localhost"} <= ADDRESSING.reserved_names
