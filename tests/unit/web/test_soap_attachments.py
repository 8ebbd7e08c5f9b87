"""Attachments of SOAP messages, as they arrive: in pieces of any size, and broken off anywhere."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.web.soap.attachments import Attached, Attachment, Related
from live.soap import related

LIMIT = 1000


class Pieces:
    """A request's body, cut at these places."""

    def __init__(self, data, cuts=()):
        places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
        self.pieces = [data[start:end] for start, end in pairwise(places)]
        self.length = len(data)

    async def read(self):
        return self.pieces.pop(0) if self.pieces else b""


async def read(body, content_type, length):
    """Envelope and attachment; ``None`` for no attachment."""
    attached = Attached(body, content_type)
    envelope = await attached.read_envelope(LIMIT)
    if not attached.has_attachment:
        return envelope, None
    await attached.open(length)
    assert attached.length == length
    data = b""
    while piece := await attached.read():
        data += piece
    assert await attached.read() == b""
    return envelope, data


contents = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"\r\n", b"--", b"b", b"\r\n--b", b"\r\n--b--", b"x"]), max_size=8
).map(b"".join)


@given(contents.filter(lambda content: b"\r\n--b" not in content), contents, st.lists(st.integers(0, 400)))
def test_what_was_sent_is_read_however_it_is_cut(envelope, data, cuts):
    content_type, body = related(({"Content-ID": "<e>"}, envelope), ({}, data), boundary="b")
    assert asyncio.run(read(Pieces(body, cuts), content_type, len(data))) == (envelope, data)


@given(st.integers(0, 200), st.lists(st.integers(0, 200)))
def test_a_message_that_breaks_off_is_never_taken_for_whole(length, cuts):
    content_type, body = related(({}, b"envelope"), ({}, b"data"), boundary="b")
    end = len(body) - len(b"\r\n")  # what stands behind the last delimiter says nothing
    if length >= end:
        return
    with pytest.raises(S3Error) as caught:
        asyncio.run(read(Pieces(body[:length], cuts), content_type, 4))
    assert caught.value.code == "IncompleteBody"


@given(st.binary(max_size=200), st.integers(0, 50))
def test_any_bytes_are_parts_or_an_error(body, length):
    try:
        envelope, _ = asyncio.run(read(Pieces(body), "multipart/related; boundary=b", length))
    except S3Error:
        return
    assert isinstance(envelope, bytes)


def test_an_envelope_has_its_limit():
    for size, refused in ((LIMIT, False), (LIMIT + 1, True)):
        content_type, body = related(({}, b"e" * size))
        if refused:
            with pytest.raises(S3Error, match="MaxMessageLengthExceeded"):
                asyncio.run(read(Pieces(body), content_type, 0))
        else:
            assert asyncio.run(read(Pieces(body), content_type, 0)) == (b"e" * size, None)


@given(st.binary(max_size=100))
def test_what_an_answer_says_of_its_length_is_true(data):
    async def gather():
        answer = Related(b"<e/>", Attachment(data, len(data), "text/plain; a=\xe9"), "b")
        return answer, [piece async for piece in answer]

    answer, pieces = asyncio.run(gather())
    assert answer.length == len(b"".join(pieces))
    envelope, back = asyncio.run(read(Pieces(b"".join(pieces)), answer.content_type, len(data)))
    assert (envelope, back) == (b"<e/>", data)
