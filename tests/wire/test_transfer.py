"""The chunked coding: what is taken off, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.server.transfer import MAX_LINE_BYTES, MAX_TRAILER_BYTES, ChunkedDecoder


def decoded(data: bytes, cuts: list[int] = ()) -> tuple[bytes, bool, int] | str:  # type: ignore[assignment]
    """Content, whether it ended, and where."""
    decoder = ChunkedDecoder()
    content: list[bytes] = []
    start = used = 0
    try:
        for cut in [*cuts, len(data)]:
            if not decoder.ended:
                used = start + decoder.feed(data[start:cut], 0, content)
            start = cut
    except S3Error as error:
        return error.reason
    return b"".join(content), decoder.ended, used


@pytest.mark.parametrize(
    "coded",
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"0005\r\nhello\r\n000\r\n\r\n",
        b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"5;a=b;c\r\nhello\r\n0;d\r\n\r\n",
        b'5;a="b;c"\r\nhello\r\n0\r\n\r\n',
        b"5\r\nhello\r\n0\r\nTrailer: value\r\nx-other:\r\n\r\n",
    ],
)
def test_content(coded):
    assert decoded(coded + b"GET /") == (b"hello", True, len(coded))
    assert decoded(coded + b"GET /", list(range(len(coded)))) == (b"hello", True, len(coded))


def test_hexadecimal_sizes():
    assert decoded(b"1a\r\n" + b"x" * 26 + b"\r\nA\r\n" + b"y" * 10 + b"\r\n0\r\n\r\n")[0] == b"x" * 26 + b"y" * 10


@pytest.mark.parametrize(
    "coded",
    [
        b"\r\n",
        b"5 \r\n",
        b" 5\r\n",
        b"+5\r\n",
        b"0x5\r\n",
        b"-1\r\n",
        b"g\r\n",
        b"5_0\r\n",
        b"5\n",
        b"5\rhello\r\n",
        b"5\r\r\n",
        b"5;\r\n",
        b"5;a\x00\r\n",
        b"5;a\rb\r\n",
        b"5 ;a\r\n",
        b"1234567890abcdef\r\n",
        b"0" * 16 + b"\r\n",
        b"5;" + b"a" * MAX_LINE_BYTES + b"\r\n",
        b"5" * (MAX_LINE_BYTES + 10),
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n",
        b"5\r\nhello\r0\r\n",
        b"5\r\nhelloo\r\n0\r\n\r\n",
        b"0\r\n\n",
        b"0\r\nx\r\n\r\n",
        b"0\r\n: x\r\n\r\n",
        b"0\r\na : b\r\n\r\n",
        b"0\r\na: b\r\n c\r\n\r\n",
        b"0\r\na: \x00\r\n\r\n",
        b"0\r\n" + b"a: b\r\n" * (MAX_TRAILER_BYTES // 6 + 1) + b"\r\n",
        b"0\r\na: " + b"b" * MAX_TRAILER_BYTES + b"\r\n\r\n",
    ],
)
def test_malformed(coded):
    assert decoded(coded) == "BadRequest"
    assert decoded(coded, list(range(len(coded)))) == "BadRequest"


PIECES = st.sampled_from([b"5\r\n", b"hello", b"\r\n", b"0\r\n", b"a: b\r\n", b"\n", b"\r", b";x", b"1\r\na\r\n", b" "])


@given(st.lists(PIECES | st.binary(max_size=4), max_size=14).map(b"".join), st.data())
def test_in_pieces_as_whole(data, draw):
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))

    assert decoded(data, cuts) == decoded(data)
    assert decoded(data, list(range(len(data)))) == decoded(data)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_what_was_coded_comes_back(chunks):
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    assert decoded(coded) == (b"".join(chunks), True, len(coded))
