"""Heads: the grammar, and that arriving in pieces changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.server.head import MAX_FIELDS, MAX_HEAD_BYTES, PLAIN, find_end, parse_head

GOOD = b"GET /bucket/key?x=1 HTTP/1.1\r\nHost: s3.localhost:9000"


def refused(raw: bytes) -> str:
    with pytest.raises(S3Error) as caught:
        parse_head(raw)
    return caught.value.reason


def test_a_plain_head():
    request, framing = parse_head(GOOD + b"\r\nX-Amz-Date:  20260801T101112Z \t\r\nx-odd:a")

    assert (request.method, request.path, request.query) == ("GET", "/bucket/key", "x=1")
    assert request.headers == {"host": "s3.localhost:9000", "x-amz-date": "20260801T101112Z", "x-odd": "a"}
    assert request.host == "s3.localhost:9000"
    assert framing is PLAIN


def test_the_target_is_kept_as_sent():
    request, _ = parse_head(b"GET //a/%2e%2E/b;c=d/?&x=%zz&+?/ HTTP/1.1\r\nHost: h")

    assert request.path == "//a/%2e%2E/b;c=d/"
    assert request.query == "&x=%zz&+?/"


def test_octets_outside_ascii_in_a_target_are_percent_encoded():
    request, _ = parse_head("GET /b/ключ HTTP/1.1\r\nHost: h".encode())

    assert request.path == "/b/%D0%BA%D0%BB%D1%8E%D1%87"


def test_the_host_is_compared_in_lower_case_and_kept_as_sent():
    request, _ = parse_head(b"GET / HTTP/1.1\r\nHost: Photos.EXAMPLE.org:80")

    assert request.host == "photos.example.org:80"
    assert request.headers["host"] == "Photos.EXAMPLE.org:80"


def test_an_absolute_target_names_the_host():
    request, _ = parse_head(b"GET HTTP://Other:8080/a?b HTTP/1.1\r\nHost: h")

    assert (request.path, request.query, request.host) == ("/a", "b", "other:8080")
    assert request.headers["host"] == "Other:8080"


@pytest.mark.parametrize("target", [b"http://h", b"https://h?a"])
def test_an_absolute_target_without_a_path_asks_for_the_root(target):
    request, _ = parse_head(b"GET %b HTTP/1.1\r\nHost: x" % target)

    assert request.path == "/"


def test_fields_sent_twice_are_joined():
    request, _ = parse_head(GOOD + b"\r\nx-amz-meta-a: 1\r\nX-Amz-Meta-A:2")

    assert request.headers["x-amz-meta-a"] == "1,2"


def test_an_empty_line_before_the_request_is_skipped():
    request, _ = parse_head(b"\r\n" + GOOD)

    assert request.path == "/bucket/key"


def test_http_1_0_needs_no_host_and_does_not_keep_the_connection():
    request, framing = parse_head(b"GET / HTTP/1.0")

    assert request.host == ""
    assert framing.old
    assert not framing.keep_alive


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        (b"1.0", b"Keep-Alive", True),
        (b"1.0", b"x, keep-alive", True),
        (b"1.1", b"keep-alive", True),
        (b"1.1", b"Close", False),
        (b"1.1", b"upgrade, close", False),
        (b"1.0", b"keep-alive, close", False),
    ],
)
def test_the_connection_field(version, connection, kept):
    _, framing = parse_head(b"GET / HTTP/%b\r\nHost: h\r\nConnection: %b" % (version, connection))

    assert framing.keep_alive is kept


def test_expectations():
    expecting = b"\r\nContent-Length: 5\r\nExpect: 100-Continue"

    assert parse_head(GOOD + expecting)[1].expects_continue
    assert not parse_head(b"PUT / HTTP/1.0" + expecting)[1].expects_continue
    assert not parse_head(GOOD + b"\r\nExpect:")[1].expects_continue
    assert refused(GOOD + b"\r\nExpect: 200-ok") == "ExpectationFailed"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / ",
        b"GET  / HTTP/1.1",
        b" GET / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET /a b HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"\xc3\x89 / HTTP/1.1",
        b"GET / http/1.1",
        b"GET / HTTP/1.10",
        b"GET / HTTPS/1.1",
        b"GET / HTTP/11",
        b"GET / HTTP/1,1",
    ],
)
def test_malformed_request_lines(line):
    assert refused(line + b"\r\nHost: h") == "BadRequest"


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/3.0"])
def test_other_versions(version):
    assert refused(b"GET / %b\r\nHost: h" % version) == "HTTPVersionNotSupported"


@pytest.mark.parametrize(
    "target",
    [b"/a#b", b"a", b"*", b"?a", b"ftp://h/a", b"h:80", b"/a\tb", b"http:///a#", b"http:/h/a", b"javascript:alert(1)"],
)
def test_targets_that_are_none(target):
    assert refused(b"GET %b HTTP/1.1\r\nHost: h" % target) == "InvalidURI"


def test_connect_is_refused_and_options_may_ask_about_the_server():
    assert refused(b"CONNECT h:80 HTTP/1.1\r\nHost: h:80") == "MethodNotAllowed"
    assert parse_head(b"OPTIONS * HTTP/1.1\r\nHost: h")[0].path == "*"


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a b",
        b"a/b",
        b"user@a",
        b"a:b",
        b"a:80:80",
        b"a:99999",
        b"a:123456",
        b":80",
        b"[::1",
        b"[]",
        b"[::1]x",
        b"[::1]:x",
        b"[g::]",
        b"::1",
        b"a%2f",
        b"h\xc3\xb6st",
        b"a\\b",
        b"a" * 256,
    ],
)
def test_hosts_that_are_none(host):
    assert refused(b"GET / HTTP/1.1\r\nHost: %b" % host) == "BadRequest"
    if b"/" not in host and b" " not in host:
        assert refused(b"GET http://%b/ HTTP/1.1\r\nHost: h" % host) == "BadRequest"


@pytest.mark.parametrize("host", [b"h", b"[::1]", b"[::1]:9000", b"127.0.0.1:9000", b"h:", b"my_bucket.h", b"a" * 255])
def test_hosts(host):
    assert parse_head(b"GET / HTTP/1.1\r\nHost: %b" % host)[0].host == host.decode()


def test_exactly_one_host():
    assert refused(b"GET / HTTP/1.1\r\nAccept: x") == "BadRequest"
    assert refused(b"GET / HTTP/1.1\r\nHost: h\r\nHost: h") == "BadRequest"
    assert refused(b"GET / HTTP/1.0\r\nHost: h\r\nhost: i") == "BadRequest"
    assert refused(b"GET http://h/ HTTP/1.1\r\nHost: h\r\nHost: h") == "BadRequest"


@pytest.mark.parametrize(
    "field",
    [
        b"name",
        b"Host",
        b": value",
        b"name : value",
        b" name: value",
        b"\tname: value",
        b"na me: value",
        b"na(me: value",
        b"n\xc3\xa4me: value",
        b"name: a\x00b",
        b"name: a\x0bb",
        b"name: a\x7fb",
        b"na\x00me: b",
        b"a: b\r\n c",
        b"a: b\r\n\tc",
        b"a: b\rc: d",
        b"a: b\nc: d",
        b"a: b\r\r\nc: d",
        b"a: b\n\rc: d",
        b"",
    ],
)
def test_malformed_fields(field):
    assert refused(GOOD + b"\r\n" + field) == "BadRequest"
    assert refused(GOOD + b"\r\n" + field + b"\r\nAccept: *") == "BadRequest"


def test_values_may_hold_what_http_allows():
    request, _ = parse_head(GOOD + "\r\nx-amz-meta-a: a\tb é: c ".encode("latin-1"))

    assert request.headers["x-amz-meta-a"] == "a\tb é: c"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5, 5",
        b"Content-Length: ",
        b"Content-Length: +5",
        b"Content-Length: -5",
        b"Content-Length: 5 5",
        b"Content-Length: 0x5",
        b"Content-Length: 5_0",
        b"Content-Length: 5.0",
        b"Content-Length: \xb2",
        b"Content-Length: 9999999999999999999",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 0",
    ],
)
def test_framing_that_can_be_read_in_two_ways(fields):
    assert refused(b"PUT /b/k HTTP/1.1\r\nHost: h\r\n" + fields) == "BadRequest"


@pytest.mark.parametrize(
    "coding", [b"gzip, chunked", b"chunked, gzip", b"identity", b"chunked, chunked", b"xchunked", b"", b'"chunked"']
)
def test_transfer_codings_other_than_chunked(coding):
    assert refused(b"PUT /b/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + coding) == "NotImplemented"


def test_transfer_codings():
    head = b"PUT /b/k HTTP/%b\r\nHost: h\r\nTransfer-Encoding: %b"

    assert parse_head(head % (b"1.1", b"Chunked"))[1].length is None
    assert refused(head % (b"1.0", b"chunked")) == "BadRequest"
    assert refused(head % (b"1.1", b"chunked\r\nTransfer-Encoding: chunked")) == "NotImplemented"


def test_the_number_of_fields_is_bounded():
    assert len(parse_head(GOOD + b"\r\na: b" * (MAX_FIELDS - 1))[0].headers) == 2
    assert refused(GOOD + b"\r\na: b" * MAX_FIELDS) == "RequestHeaderSectionTooLarge"


def test_the_length_is_bounded():
    room = MAX_HEAD_BYTES - len(GOOD + b"\r\na: \r\n\r\n")
    longest = GOOD + b"\r\na: " + b"b" * room + b"\r\n\r\n"

    assert find_end(longest, 0, 0) == MAX_HEAD_BYTES - 4
    with pytest.raises(S3Error, match="RequestHeaderSectionTooLarge"):
        find_end(longest.replace(b"bb", b"bbb", 1), 0, 0)


def test_names_that_clients_invent_take_bounded_room():
    """Each head with other names: the table that remembers them does not grow, and still knows the usual ones."""
    from bushel.server import head

    for number in range(3000):
        request, _ = parse_head(GOOD + b"\r\nx-amz-meta-%d: a" % number)
        assert request.headers[f"x-amz-meta-{number}"] == "a"
        parse_head(b"GET / HTTP/1.1\r\nHost: b%d" % number)
    assert len(head._NAMES) <= 1024
    assert len(head._HOSTS) <= 1024


def outcome(data: bytes, cuts: list[int]) -> object:
    """What comes of data that arrives in pieces."""
    arrived = bytearray()
    start = 0
    try:
        for cut in [*cuts, len(data)]:
            seen = len(arrived)
            arrived += data[start:cut]
            start = cut
            end = find_end(arrived, 0, seen)
            if end >= 0:
                request, framing = parse_head(bytes(arrived[:end]))
                return end, request.method, request.path, request.query, request.headers, request.host, framing
    except S3Error as error:
        return error.reason, error.detail
    return "incomplete"


PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\r", b"\n", b"\r\n\r\n", b":", b" ", b"\t", b"\x00", b"\xff", b"GET / HTTP/1.1", b"HTTP/1.0"),
        *(
            b"Host: h",
            b"a: b",
            b"Content-Length: 3",
            b"Transfer-Encoding: chunked",
            b"Connection: close",
            b"x" * 40_000,
        ),
    ]
)


@given(st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b"".join), st.data())
def test_a_head_in_pieces_is_a_head_whole(data, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))

    assert outcome(data, cuts) == outcome(data, [])


@given(st.lists(PIECES.filter(lambda piece: len(piece) < 100) | st.binary(max_size=8), max_size=10).map(b"".join))
def test_a_head_byte_by_byte_is_a_head_whole(data):
    assert outcome(data, list(range(len(data)))) == outcome(data, [])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_an_error(data):
    outcome(data, [])
    outcome(data + b"\r\n\r\n", [])


def test_a_long_head_byte_by_byte_takes_time_in_proportion():
    """Finding the end looks at each byte once: at 32 KiB, looking from the start would be 500 million."""
    looked = 0

    class Counting(bytearray):
        def find(self, what, start, end):
            nonlocal looked
            looked += len(self) - start
            return super().find(what, start, end)

    data = Counting()
    for _ in range(MAX_HEAD_BYTES - 1):
        seen = len(data)
        data += b"a"
        assert find_end(data, 0, seen) == -1
    assert looked <= 4 * MAX_HEAD_BYTES
