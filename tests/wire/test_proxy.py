"""What proxies say of their clients, and who is believed."""

from ipaddress import ip_network

import pytest

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.server.proxy import TrustedProxies

PROXIES = TrustedProxies([ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def believed(**headers: str) -> Request:
    fields = {"host": "inside:9000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request("GET", "/", headers=fields, peer="127.0.0.1")
    PROXIES.believe(request)
    return request


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("10.1.2.3", True),
        ("fd00::1", True),
        ("::1", False),
        ("::ffff:10.1.2.3", True),
        ("", False),
        ("unix:", False),
    ],
)
def test_who_is_trusted(address, trusted):
    assert PROXIES.trusts(address) is trusted


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5678", "203.0.113.7"),
        ("[2001:db8::7]:5678", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("198.51.100.1,203.0.113.7 ,10.0.0.2, 10.0.0.1", "203.0.113.7"),
        ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
        ("203.0.113.7, unknown, 10.0.0.1", "10.0.0.1"),
        ("unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_trusted_proxy(forwarded, peer):
    """What stands before it is what that client chose to say."""
    assert believed(x_forwarded_for=forwarded).peer == peer


@pytest.mark.parametrize(
    ("scheme", "secure"), [("https", True), ("HTTPS", True), ("http", False), ("https, http", False), ("", False)]
)
def test_the_scheme(scheme, secure):
    assert believed(x_forwarded_proto=scheme).secure is secure


def test_the_host():
    request = believed(x_forwarded_host="spoofed.example, Photos.Example.org:443")

    assert request.host == "photos.example.org:443"
    assert request.headers["host"] == "Photos.Example.org:443"


def test_a_malformed_host_is_refused():
    with pytest.raises(S3Error, match="BadRequest"):
        believed(x_forwarded_host="a b")


def test_without_these_fields_nothing_changes():
    request = believed()

    assert (request.peer, request.host, request.secure) == ("127.0.0.1", "inside:9000", False)


@pytest.mark.parametrize("trusted", [False, True])
def test_only_a_trusted_peer_is_believed(serve, told, trusted):
    proxies = TrustedProxies([ip_network("127.0.0.0/8" if trusted else "10.0.0.0/8")])
    forwarded = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: i\r\n\r\n"
    head = b"GET / HTTP/1.1\r\nHost: h\r\n" + forwarded
    served = serve(told, proxies=proxies)
    assert served.ask(head).status == 200
    request = told.requests[0]

    seen = (request.peer, request.secure, request.host)
    assert seen == (("203.0.113.7", True, "i") if trusted else ("127.0.0.1", False, "h"))
    if trusted:
        answer = served.ask(head.replace(b"Host: i", b"Host: ["))
        assert (answer.status, answer.code) == (400, "BadRequest")
