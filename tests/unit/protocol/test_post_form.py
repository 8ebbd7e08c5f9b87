"""Forms taken apart: the same whatever the pieces they come in, and nothing that could be read in two ways.

Source: RFC 2046 section 5.1.1, RFC 7578; S3 API Reference, "POST Object".
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.post_form import MAX_BYTES_BEHIND_FILE, FormDecoder, boundary_of, is_form

BOUNDARY = b"-9b"
FILE = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' % BOUNDARY
END = b"\r\n--%b--\r\n" % BOUNDARY


def field(name, value, more=b""):
    head = b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n%b\r\n' % (BOUNDARY, name, more)
    return head + value + b"\r\n"


def read(pieces):
    """What a decoder makes of a body in these pieces: fields, file, content; or the reason of its refusal."""
    decoder = FormDecoder(BOUNDARY)
    content = b""
    try:
        for piece in pieces:
            content += b"".join(decoder.feed(piece))
            if decoder.file is not None and not content:
                assert decoder.fields is not None
        decoder.finish()
    except S3Error as error:
        return error.reason
    values = {name: (each.name, each.value) for name, each in decoder.fields.items()}
    return values, decoder.file, content


def test_fields_and_the_file_are_found():
    body = field(b"Key", b"a/b") + field(b"empty", b"") + FILE + b"one\r\ntwo\r\n" + END
    fields, file, content = read([body])
    assert fields == {"key": ("Key", "a/b"), "empty": ("empty", "")}
    assert file == ("a.txt", "")
    assert content == b"one\r\ntwo\r\n"


def test_what_comes_behind_the_file_is_ignored_but_must_be_a_form():
    fields, _, content = read([FILE + b"x\r\n" + field(b"key", b"k") + b"--%b--" % BOUNDARY])
    assert (fields, content) == ({}, b"x")
    assert read([FILE + b"x" + END + b"epilogue"])[2] == b"x"
    assert read([FILE + b"x\r\n" + field(b"key", b"k")]) == "MalformedPOSTRequest"


def test_a_field_that_comes_twice_has_both_values_as_a_header_field_has():
    fields, _, _ = read([field(b"x", b"1") + field(b"X", b"2") + FILE + END])
    assert fields == {"x": ("X", "1,2")}


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        (b'name="file"; filename="a b.txt"', "a b.txt"),
        (b"name=file; filename=a.txt", "a.txt"),
        (b'NAME="file" ; FileName=""', ""),
        (b'name="file"', None),
        (b'name="FILE"; filename="say \\"x\\"; filename=y"', 'say "x"; filename=y'),
        (b'name="file"; filename="C:\\dir\\a.txt"', "C:\\dir\\a.txt"),
        ('name="file"; filename="é\U0001f9fa.txt"'.encode(), "é\U0001f9fa.txt"),
        (b'name="file"; filename="a.txt"; filename*=UTF-8\'\'b.txt', "a.txt"),
        (b'name="file"; filename="<script>alert(1)</script>"', "<script>alert(1)</script>"),
    ],
    ids=range(9),
)
def test_the_files_name_is_what_was_sent(disposition, filename):
    head = b"--%b\r\ncontent-disposition:form-data; %b\r\nX-Other: y\r\nContent-Type: a/b\r\n\r\n"
    assert read([head % (BOUNDARY, disposition) + END])[1] == (filename, "a/b")


GOOD = field(b"key", b"k") + FILE + b"content" + END
MALFORMED = {
    "empty": b"",
    "only the end": b"--%b--\r\n" % BOUNDARY,
    "preamble": b"x\r\n" + GOOD,
    "preamble of a line": b"x\n" + GOOD,
    "two empty lines before": b"\r\n\r\n" + GOOD,
    "no end": GOOD[: -len(END)],
    "end without its last hyphen": GOOD[:-3],
    "other boundary": GOOD.replace(b"--%b" % BOUNDARY, b"--x"),
    "boundary that goes on": GOOD.replace(b"\r\n--%b\r\n" % BOUNDARY, b"\r\n--%bx\r\n" % BOUNDARY),
    "hyphen behind white space": GOOD.replace(b"--%b--" % BOUNDARY, b"--%b --" % BOUNDARY),
    "one hyphen": GOOD.replace(b"--%b--" % BOUNDARY, b"--%b-\r\n" % BOUNDARY),
    "bare line feeds": GOOD.replace(b"\r\n", b"\n"),
    "bare line feed in a head": GOOD.replace(b'"key"\r\n', b'"key"\nX: y\r\n'),
    "bare carriage return in a head": GOOD.replace(b'"key"\r\n', b'"key"\rX: y\r\n'),
    "NUL in a name": GOOD.replace(b'"key"', b'"k\0y"'),
    "escape in a name that is none": GOOD.replace(b'"key"', b'"key\\"'),
    "folded head": GOOD.replace(b'; name="key"', b';\r\n name="key"'),
    "head without a colon": GOOD.replace(b"Content-Disposition:", b"Content-Disposition", 1),
    "space before the colon": GOOD.replace(b"Content-Disposition:", b"Content-Disposition :", 1),
    "no disposition": b"--%b\r\n\r\nvalue\r\n" % BOUNDARY + GOOD,
    "two dispositions": field(b"a", b"b", b"Content-Disposition: form-data; name=c\r\n") + GOOD,
    "another disposition": GOOD.replace(b"form-data", b"attachment", 1),
    "no name": GOOD.replace(b'name="key"', b'title="key"'),
    "two names": GOOD.replace(b'name="key"', b'name="key"; name="acl"'),
    "text behind the name": GOOD.replace(b'name="key"', b'name="key" x'),
    "field that is no UTF-8": field(b"key", b"\xff") + FILE + END,
    "name that is no UTF-8": field(b"\xff", b"k") + FILE + END,
    "content that begins with a delimiter": field(b"key", b"--%b\r\n" % BOUNDARY) + FILE + END,
    "coded value": field(b"key", b"a2V5", b"Content-Transfer-Encoding: base64\r\n") + FILE + END,
    "long head": field(b"key", b"k", b"X: " + b"y" * 9000 + b"\r\n") + FILE + END,
    "long head of many lines": field(b"key", b"k", b"X: y\r\n" * 2500) + FILE + END,
    "endless white space behind a boundary": b"--" + BOUNDARY + b" " * 9000 + b"\r\n",
    "too much behind the file": GOOD + b"x" * MAX_BYTES_BEHIND_FILE,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_two_readers_could_read_differently_is_refused(name):
    whole = read([MALFORMED[name]])
    assert whole in {"MalformedPOSTRequest", "InvalidArgument.FilesInForm", "MaxPostPreDataLengthExceeded"}
    if len(MALFORMED[name]) < 20_000:
        assert bytewise(MALFORMED[name]) == whole


def bytewise(body):
    return read([body[at : at + 1] for at in range(len(body))])


def test_a_form_has_exactly_one_file():
    assert read([field(b"key", b"k") + b"--%b--" % BOUNDARY]) == "InvalidArgument.FilesInForm"
    assert read([FILE + b"x\r\n" + FILE + b"y" + END]) == "InvalidArgument.FilesInForm"


def test_twenty_kilobytes_may_come_before_the_file_and_no_byte_more():
    padding = 20_480 - len(field(b"x", b"")) - len(FILE)
    assert read([field(b"x", b"y" * padding) + FILE + b"z" * 50_000 + END])[2] == b"z" * 50_000
    for pieces in (lambda body: [body], lambda body: [body[:100], body[100:]]):
        assert read(pieces(field(b"x", b"y" * (padding + 1)) + FILE + END)) == "MaxPostPreDataLengthExceeded"
    assert bytewise(field(b"x", b"y" * (padding + 1)) + FILE + END) == "MaxPostPreDataLengthExceeded"


def test_an_endless_field_is_cut_off_where_it_is_too_long_and_an_endless_file_is_not_held():
    decoder = FormDecoder(BOUNDARY)
    decoder.feed(field(b"x", b"")[:-2])
    for _ in range(20):
        decoder.feed(b"y" * 1000)
    with pytest.raises(S3Error):
        decoder.feed(b"y" * 1000)

    decoder = FormDecoder(BOUNDARY)
    decoder.feed(FILE)
    for piece in (b"\r\n--", b"\r" * 70_000, b"\r\n" * 40_000, b"\r\n--" * 10_000):
        decoder.feed(piece)
        assert decoder.held < len(BOUNDARY) + 4


tricky = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", BOUNDARY, b"\r\n--" + BOUNDARY[:-1], b"a", b"\0", b"\r\n", b"\r\n\r\n"])
).map(b"".join)


@st.composite
def forms(draw):
    """Forms, some of them broken; and where to cut them."""
    parts = draw(
        st.lists(
            st.one_of(
                st.builds(field, st.sampled_from([b"key", b"acl", b"x"]), tricky),
                tricky.map(lambda content: FILE + content + b"\r\n"),
            ),
            max_size=4,
        )
    )
    body = b"".join(parts) + draw(st.sampled_from([b"--%b--\r\n" % BOUNDARY, b"--%b--" % BOUNDARY, b"", b"--"]))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(tricky) + body[at + draw(st.integers(0, 3)) :]
    return body, sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))


@given(forms())
def test_however_a_form_is_cut_it_is_the_same_form(form):
    body, cuts = form
    whole = read([body])
    assert bytewise(body) == whole
    assert read([body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]) == whole


@given(tricky)
def test_content_without_the_delimiter_comes_out_as_it_went_in(content):
    if b"\r\n--" + BOUNDARY in b"\r\n" + content + END[: 4 + len(BOUNDARY) - 1]:
        return
    assert read([field(b"key", b"k") + FILE + content + END])[2] == content


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data;charset=utf-8; BOUNDARY="a b:c"', b"a b:c"),
        ("multipart/form-data; boundary=----WebKitFormBoundary7MA4;", b"----WebKitFormBoundary7MA4"),
        ("multipart/form-data; boundary=" + "x" * 70, b"x" * 70),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ('multipart/form-data; boundary=""', None),
        ('multipart/form-data; boundary="a "', None),
        ("multipart/form-data; boundary=" + "x" * 71, None),
        ("multipart/form-data; boundary=a; boundary=b", None),
        ("multipart/form-data; boundary=a, multipart/form-data; boundary=b", None),
        ('multipart/form-data; boundary="a', None),
        ("multipart/form-data; boundary=a\u00e9", None),
        ("multipart/form-data; boundary=a b", None),
    ],
    ids=range(14),
)
def test_the_boundary_is_named_once_and_can_be_one(content_type, boundary):
    assert is_form(content_type)
    if boundary is not None:
        assert boundary_of(content_type) == boundary
        return
    with pytest.raises(S3Error) as refused:
        boundary_of(content_type)
    assert refused.value.code == "MalformedPOSTRequest"


@pytest.mark.parametrize("content_type", ["", "multipart/mixed; boundary=a", "multipart/form-dataset", "text/plain"])
def test_what_is_no_form(content_type):
    assert not is_form(content_type)
