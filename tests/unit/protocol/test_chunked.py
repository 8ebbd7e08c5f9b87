"""The aws-chunked coding: the documentation's examples, botocore as oracle, every malformation, any piece size."""

import base64
import hashlib
import io
import zlib

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bushel.protocol import sigv4
from bushel.protocol.chunked import (
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    ChunkedDecoder,
    ChunkedEncoder,
    encoded_length,
)
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.sigv4 import ChunkSigner
from unit.protocol.signing import ACCESS_KEY, MAY_2013_NS, SECRET, verify

DOCUMENTED_BODY = b"a" * 66_560


def claim_for(mode: str):
    request = Request("PUT", "/b/k", "", {"host": "s3.amazonaws.com", "x-amz-decoded-content-length": "5"})
    sigv4.sign(
        request, access_key=ACCESS_KEY, secret=SECRET, region="us-east-1", now_ns=MAY_2013_NS, content_sha256=mode
    )
    return verify(request, MAY_2013_NS)


CLAIMS = {mode: claim_for(mode) for mode in (SIGNED, SIGNED_TRAILER)}


def decoder(mode: str, length: int, trailers=()) -> ChunkedDecoder:
    return ChunkedDecoder(mode, length, trailers, signer(mode))


def signer(mode: str) -> ChunkSigner | None:
    return None if mode == UNSIGNED_TRAILER else ChunkSigner(CLAIMS[mode], SECRET)


def decode(decoder: ChunkedDecoder, body: bytes, step: int | None = None) -> bytes:
    payload = b""
    step = step or len(body) or 1
    for at in range(0, len(body), step):
        payload += b"".join(decoder.feed(body[at : at + step]))
    decoder.finish()
    return payload


def encode(mode: str, data: bytes, trailers=None, chunk_bytes=8192) -> bytes:
    encoder = ChunkedEncoder(mode, signer(mode), chunk_bytes)
    return b"".join(encoder.encode(data)) + encoder.finish(trailers)


def refusal(mode: str, body: bytes, length: int, trailers=()) -> S3Error:
    """The one refusal, however the body comes in."""
    found = []
    for step in (None, 1, 7):
        with pytest.raises(S3Error) as caught:
            decode(decoder(mode, length, trailers), body, step)
        found.append((caught.value.reason, caught.value.detail))
    assert found[0] == found[1] == found[2]
    return caught.value


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


CRC = "x-amz-checksum-crc32"


class TestDocumentedExamples:
    """S3 API Reference, "Example: PUT Object" of the two pages on chunked uploads."""

    def documented(self, mode, names, extra, seed):
        headers = {
            "host": "s3.amazonaws.com", "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": mode,
            "x-amz-storage-class": "REDUCED_REDUNDANCY", "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": "66560", "content-length": "66824", **extra,
            "authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20130524/us-east-1/s3/aws4_request,"
                             f"SignedHeaders={names},Signature={seed}",
        }  # fmt: skip
        request = Request("PUT", "/examplebucket/chunkObject.txt", "", headers)
        claim = verify(request, MAY_2013_NS)
        trailers = [extra["x-amz-trailer"]] if extra else []
        return ChunkedDecoder(claim.content_sha256, 66_560, trailers, ChunkSigner(claim, SECRET))

    def test_signed_chunks(self):
        decoder = self.documented(
            SIGNED,
            "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
            "x-amz-storage-class",
            {},
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        )
        body = (
            b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
            + b"a" * 65_536
            + b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
            + b"a" * 1024
            + b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        )

        assert len(body) == 66_824 == encoded_length(SIGNED, 66_560)
        assert decode(decoder, body) == DOCUMENTED_BODY

    def test_signed_chunks_with_a_trailer(self):
        decoder = self.documented(
            SIGNED_TRAILER,
            "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
            "x-amz-trailer",
            {"x-amz-trailer": "x-amz-checksum-crc32c"},
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        )
        body = (
            b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
            + b"a" * 65_536
            + b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
            + b"a" * 1024
            + b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
            + b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
            + b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
        )

        assert decode(decoder, body) == DOCUMENTED_BODY
        assert decoder.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


class TestRoundTrip:
    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from([UNSIGNED_TRAILER, SIGNED, SIGNED_TRAILER]),
        st.integers(0, 40_000),
        st.lists(st.integers(1, 20_000), max_size=6),
        st.integers(8192, 20_000),
        st.integers(1, 30_000),
    )
    @example(SIGNED, 0, [], 8192, 1)
    @example(UNSIGNED_TRAILER, 8192, [8192], 8192, 1)
    def test_what_is_encoded_comes_back_however_it_was_cut(self, mode, size, cuts, chunk_bytes, step):
        data = hashlib.shake_128(b"seed").digest(size)
        trailers = {} if mode == SIGNED else {CRC: crc32(data)}
        encoder = ChunkedEncoder(mode, signer(mode), chunk_bytes)
        body, at = b"", 0
        for cut in [*cuts, size]:
            body += b"".join(encoder.encode(data[at : at + cut]))
            at += cut
        body += encoder.finish(trailers)
        receiver = decoder(mode, size, trailers)

        assert decode(receiver, body, step) == data
        assert receiver.trailers == trailers
        assert len(body) == encoded_length(mode, size, {name: len(v) for name, v in trailers.items()}, chunk_bytes)

    @pytest.mark.parametrize("size", [0, 1, 10, 8192, 100_000])
    @pytest.mark.parametrize("step", [None, 1, 1000])
    def test_what_botocore_sends_is_read(self, size, step):
        data = hashlib.shake_128(b"seed").digest(size)
        wrapper = AwsChunkedWrapper(io.BytesIO(data), Crc32Checksum, CRC, chunk_size=32_768)
        receiver = decoder(UNSIGNED_TRAILER, size, [CRC])

        assert decode(receiver, wrapper.read(), step) == data
        assert receiver.trailers == {CRC: crc32(data)}

    def test_bytes_are_handed_on_as_they_come(self):
        receiver = decoder(UNSIGNED_TRAILER, 1 << 30)
        receiver.feed(b"40000000\r\n")
        block = b"x" * 65_536

        for _ in range(3):
            assert b"".join(receiver.feed(block)) == block


def signed_chunk(link: ChunkSigner, data: bytes) -> bytes:
    signature = link.sign(link.chunk_text(hashlib.sha256(data).hexdigest()))
    return f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + (b"\r\n" if data else b"")


class TestSizeLines:
    @pytest.mark.parametrize(
        "line",
        [
            b"", b"zz", b"-5", b"+5", b"0x5", b"5_0", b" ", b"\xff\xfe", b"5;a=b", b"5;chunk-signature=" + b"0" * 64,
            b"5 5", b"00000000000000005", b"5\r", b"5\nhello", "٣".encode(), b"5" + b" " * 1100,
        ],
    )  # fmt: skip
    def test_a_malformed_size_is_refused(self, line):
        error = refusal(UNSIGNED_TRAILER, line + b"\r\nhello\r\n0\r\n\r\n", 5)

        assert (error.reason, error.status) == ("IncompleteBody", 400)
        assert error.message == "The request body terminated unexpectedly"

    @pytest.mark.parametrize("line", [b"5", b"05", b"0000000000000005", b" 5 "])
    def test_leading_zeros_and_white_space_are_no_matter(self, line):
        assert decode(decoder(UNSIGNED_TRAILER, 5), line + b"\r\nhello\r\n0\r\n\r\n") == b"hello"

    def test_hex_digits_may_be_of_either_case(self):
        for line in (b"a", b"A"):
            assert decode(decoder(UNSIGNED_TRAILER, 10), line + b"\r\nhellohello\r\n0\r\n\r\n") == b"hellohello"

    @pytest.mark.parametrize(
        ("body", "length"),
        [
            (b"5\nhello\n0\n\n", 5),
            (b"5\rhello\r0\r\r", 5),
            (b"5\r\nhello0\r\n\r\n", 5),
            (b"5\r\nhelloX\r\n0\r\n\r\n", 5),
            (b"hello", 5),
            (b"", 0),
            (b"", 5),
            (b"5\r\nhel", 5),
            (b"5\r\nhello", 5),
            (b"5\r\nhello\r", 5),
            (b"5\r\nhello\r\n", 5),
            (b"5\r\nhello\r\n0", 5),
            (b"5\r\nhello\r\n0\r", 5),
            (b"5\r\nhello\r\n0\r\n\r", 5),
            (b"x" * 5000, 5),
        ],
    )
    def test_what_is_not_framed_or_cut_short_is_refused(self, body, length):
        assert refusal(UNSIGNED_TRAILER, body, length).reason == "IncompleteBody"

    def test_the_last_empty_line_may_be_missing(self):
        assert decode(decoder(UNSIGNED_TRAILER, 5), b"5\r\nhello\r\n0\r\n") == b"hello"

    @pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED])
    @pytest.mark.parametrize(
        "junk", [b"\r\n", b"\r\n\r\n", b"\xff\xde\xad\xbe\xef", b"5\r\nhello\r\n0\r\n\r\n", b"a:b\r\n"]
    )
    def test_what_comes_after_the_end_is_dropped(self, mode, junk):
        body = encode(mode, b"hello")

        for step in (None, 1):
            assert decode(decoder(mode, 5), body + junk, step) == b"hello"

    @pytest.mark.parametrize("mode", [UNSIGNED_TRAILER, SIGNED])
    def test_only_the_last_chunk_may_be_small(self, mode):
        link = signer(mode)
        if link is None:
            body = b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"
        else:
            body = signed_chunk(link, b"hello") + signed_chunk(link, b"world") + signed_chunk(link, b"") + b"\r\n"
        error = refusal(mode, body, 10)

        assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
        assert error.detail == {"Chunk": "2", "BadChunkSize": "5"}

    def test_chunks_may_differ_in_size(self):
        link = signer(SIGNED)
        pieces = [b"x" * 15_360, b"y" * 8192, b"z" * 16_384, b"last", b""]
        body = b"".join(signed_chunk(link, piece) for piece in pieces) + b"\r\n"

        assert decode(decoder(SIGNED, 39_940), body, 4096) == b"".join(pieces)


class TestLength:
    @pytest.mark.parametrize(
        ("body", "length", "provided"),
        [
            (b"5\r\nhello\r\n0\r\n\r\n", 4, "5"),
            (b"5\r\nhello\r\n0\r\n\r\n", 105, "5"),
            (b"0\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 5, "0"),
            (b"ffffffffffffffff\r\nhello", 5, "18446744073709551615"),
        ],
    )
    def test_there_must_be_as_many_bytes_as_announced(self, body, length, provided):
        error = refusal(UNSIGNED_TRAILER, body, length)

        assert (error.code, error.status) == ("IncompleteBody", 400)
        assert error.message == "You did not provide the number of bytes specified by the Content-Length HTTP header"
        assert error.detail == {"NumberBytesExpected": str(length), "NumberBytesProvided": provided}

    def test_too_much_is_refused_before_it_is_read(self):
        receiver = decoder(UNSIGNED_TRAILER, 5)

        with pytest.raises(S3Error):
            receiver.feed(b"6\r\n")

    def test_signed_payloads_are_counted_too(self):
        assert refusal(SIGNED, encode(SIGNED, b"hello"), 6).reason == "IncompleteBody.Length"
        assert refusal(SIGNED, encode(SIGNED, b"hello"), 4).reason == "IncompleteBody.Length"


class TestSignatures:
    BODY = encode(SIGNED, b"x" * 8192 + b"tail")

    def test_a_flipped_bit_anywhere_is_refused(self):
        """In the data, the sizes, the signatures or the frame; the frame's end is dropped, so it is left out."""
        for at in [*range(100), *range(8260, len(self.BODY) - 2)]:
            body = bytearray(self.BODY)
            body[at] ^= 1
            with pytest.raises(S3Error):
                decode(decoder(SIGNED, 8196), bytes(body))

    def test_a_wrong_signature_is_refused_at_the_end_of_its_chunk(self):
        bad = "0" * 64
        body = f"5;chunk-signature={bad}\r\nhello\r\n0;chunk-signature={bad}\r\n\r\n".encode()
        error = refusal(SIGNED, body, 5)

        claim = CLAIMS[SIGNED]
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{claim.signature}\n"
            f"{sigv4.EMPTY_SHA256}\n{hashlib.sha256(b'hello').hexdigest()}"
        )
        assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
        assert error.detail["AWSAccessKeyId"] == ACCESS_KEY
        assert error.detail["StringToSign"] == text
        assert error.detail["SignatureProvided"] == bad
        assert error.detail["CanonicalRequest"] == claim.canonical_request != ""

    @pytest.mark.parametrize("victim", [0, 1, 2])
    def test_every_link_is_checked_the_last_one_too(self, victim):
        parts = self.BODY.split(b"chunk-signature=")
        parts[victim + 1] = (b"0" * 64) + parts[victim + 1][64:]

        assert refusal(SIGNED, b"chunk-signature=".join(parts), 8196).code == "SignatureDoesNotMatch"

    def test_chunks_cannot_change_places(self):
        link = signer(SIGNED)
        first, second, last = (signed_chunk(link, data) for data in (b"1" * 8192, b"2" * 8192, b""))

        assert refusal(SIGNED, second + first + last, 16_384).code == "SignatureDoesNotMatch"

    def test_a_payload_cannot_be_cut_at_a_chunk(self):
        link = signer(SIGNED)
        first, second, last = (signed_chunk(link, data) for data in (b"1" * 8192, b"2" * 8192, b""))

        assert refusal(SIGNED, first + last, 8192).code == "SignatureDoesNotMatch"
        assert refusal(SIGNED, first + second, 16_384).reason == "IncompleteBody"

    @pytest.mark.parametrize(
        ("extension", "reason"),
        [
            (b"", "IncompleteBody"),
            (b";", "IncompleteBody"),
            (b";chunk-signature", "IncompleteBody"),
            (b";chunk-signature=", "IncompleteBody"),
            (b";chunk-signature=%s;extra=param", "IncompleteBody"),
            (b";extra=param;chunk-signature=%s", "SignatureDoesNotMatch"),
            (b";chunk-signature=invalid", "SignatureDoesNotMatch"),
            (b";chunk-signature=\xe9", "SignatureDoesNotMatch"),
        ],
    )
    def test_a_chunk_without_a_proper_signature_is_refused(self, extension, reason):
        link = signer(SIGNED)
        good = signed_chunk(link, b"hello")
        extension = extension.replace(b"%s", good.partition(b"=")[2][:64])
        body = b"5" + extension + b"\r\nhello\r\n" + signed_chunk(link, b"") + b"\r\n"

        assert refusal(SIGNED, body, 5).reason == reason

    @pytest.mark.parametrize(
        "form", [b"%s ; chunk-signature=%s", b"%s;chunk-signature = %s ", b" %s;\tchunk-signature=%s"]
    )
    def test_white_space_around_the_signature_is_no_matter(self, form):
        size, _, signature = encode(SIGNED, b"hello").split(b"\r\n")[0].partition(b";chunk-signature=")
        line = form % (size, signature)
        body = line + encode(SIGNED, b"hello").removeprefix(size + b";chunk-signature=" + signature)

        assert decode(decoder(SIGNED, 5), body) == b"hello"

    def test_trailers_are_refused_where_none_may_follow(self):
        body = encode(SIGNED, b"hello").removesuffix(b"\r\n") + b"x-amz-checksum-crc32:AAAA\r\n\r\n"

        assert refusal(SIGNED, body, 5).reason == "IncompleteBody"


class TestTrailers:
    DATA = b"5\r\nhello\r\n0\r\n"

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            (b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n", "NhCmhg=="),
            (b"x-amz-checksum-crc32: NhCmhg== \r\n", "NhCmhg=="),
            (b"X-Amz-Checksum-CRC32 :NhCmhg==\r\n\r\n", "NhCmhg=="),
            (b"x-amz-checksum-crc32:AAAA\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "NhCmhg=="),
            (b"x-amz-checksum-crc32:NhCmhg==\r\n\r\nbonus: trailer\r\n", "NhCmhg=="),
            (b"x-amz-checksum-crc32:a:b\r\n\r\n", "a:b"),
            (b"x-amz-checksum-crc32:\r\n\r\n", ""),
        ],
    )
    def test_an_announced_trailer_is_read(self, text, value):
        for step in (None, 1):
            receiver = decoder(UNSIGNED_TRAILER, 5, [CRC])
            assert decode(receiver, self.DATA + text, step) == b"hello"
            assert receiver.trailers == {CRC: value}

    @pytest.mark.parametrize(
        ("announced", "text", "reason"),
        [
            ([CRC], b"", "MalformedTrailerError"),
            ([CRC], b"\r\n", "MalformedTrailerError"),
            ([CRC], b"\r\nx-amz-checksum-crc32:NhCmhg==\r\n", "MalformedTrailerError"),
            ([CRC], b"x-amz-checksum-crc32c:NhCmhg==\r\n\r\n", "MalformedTrailerError"),
            ([CRC], b"x-amz-checksum-crc32:NhCmhg==\r\nbonus: trailer\r\n\r\n", "MalformedTrailerError"),
            ([CRC], b":NhCmhg==\r\n\r\n", "MalformedTrailerError"),
            ([], b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n", "MalformedTrailerError"),
            ([CRC], b"no-colon-here\r\n\r\n", "IncompleteBody"),
            ([CRC], b"x-amz-checksum-crc32:NhCmhg==\n", "IncompleteBody"),
            ([CRC], b"x-amz-checksum-crc32:NhCmhg==\r", "IncompleteBody"),
            ([CRC], b"x-amz-checksum-crc32:NhCmhg==", "IncompleteBody"),
            ([CRC], b"x-amz-checksum-crc32:" + b"A" * 1100 + b"\r\n\r\n", "IncompleteBody"),
            ([CRC], b"x-amz-checksum-crc32:NhCmhg==\r\n" * 300 + b"\r\n", "IncompleteBody"),
        ],
    )
    def test_other_trailers_are_refused(self, announced, text, reason):
        assert refusal(UNSIGNED_TRAILER, self.DATA + text, 5, announced).reason == reason

    def test_an_announced_trailer_must_come_in_the_mode_without_trailers_too(self):
        assert refusal(UNSIGNED_TRAILER, self.DATA, 5, [CRC]).status == 400

    SIGNED_BODY = encode(SIGNED_TRAILER, b"hello", {CRC: "NhCmhg=="})

    def test_the_signature_of_the_trailers_may_end_the_body(self):
        receiver = decoder(SIGNED_TRAILER, 5, [CRC])

        assert decode(receiver, self.SIGNED_BODY.removesuffix(b"\r\n")) == b"hello"
        assert receiver.trailers == {CRC: "NhCmhg=="}

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            (b"NhCmhg==", b"NhCmhh==", "SignatureDoesNotMatch"),
            (b"x-amz-checksum-crc32:", b"x-amz-checksum-crc32c:", "SignatureDoesNotMatch"),
            (b"x-amz-trailer-signature:", b"x-amz-trailer-signature:0", "SignatureDoesNotMatch"),
            (b"x-amz-trailer-signature:", b"another: value\r\nx-amz-trailer-signature:", "SignatureDoesNotMatch"),
            (b"x-amz-checksum-crc32:NhCmhg==\r\n", b"", "IncompleteBody"),
            (b"x-amz-trailer-signature:", b"x-amz-other:", "IncompleteBody"),
            (b"\r\n\r\n", b"\r\nafter: signature\r\n\r\n", "IncompleteBody"),
        ],
    )
    def test_signed_trailers_are_held_to_their_signature(self, old, new, reason):
        assert old in self.SIGNED_BODY
        body = self.SIGNED_BODY.replace(old, new)

        assert refusal(SIGNED_TRAILER, body, 5, [CRC]).reason == reason

    def test_the_refusal_shows_the_trailers_string_to_sign(self):
        body = self.SIGNED_BODY.replace(b"NhCmhg==", b"NhCmhh==")

        assert refusal(SIGNED_TRAILER, body, 5, [CRC]).detail["StringToSign"].startswith("AWS4-HMAC-SHA256-TRAILER\n")

    def test_signed_trailers_that_were_not_announced_are_refused(self):
        assert refusal(SIGNED_TRAILER, self.SIGNED_BODY, 5).reason == "MalformedTrailerError"


FRAGMENTS = st.sampled_from([
    b"5", b"0", b"2000", b"\r\n", b"\r", b"\n", b";", b"hello", b"x" * 8192, b"chunk-signature=", b"0" * 64, b":",
    b"x-amz-checksum-crc32:", b"NhCmhg==", b"x-amz-trailer-signature:", b"-", b" ", b"\xff", b"a" * 700,
])  # fmt: skip


class TestAnyBytes:
    @settings(max_examples=500, deadline=None)
    @given(
        st.sampled_from([UNSIGNED_TRAILER, SIGNED, SIGNED_TRAILER]),
        st.lists(FRAGMENTS | st.binary(max_size=5), max_size=12).map(b"".join),
        st.integers(0, 8197),
        st.sampled_from([(), (CRC,)]),
        st.integers(1, 2000),
    )
    @example(UNSIGNED_TRAILER, b"5\r\nhello\r\n0\r\n" + b"a" * 1021 + b":\r\n\r\n", 5, (), 1000)
    @example(UNSIGNED_TRAILER, b"5\r\nhello\r\n0\r\n" + b"a" * 1022 + b":\r\n\r\n", 5, (), 1000)
    def test_whole_and_in_pieces_come_to_the_same(self, mode, body, length, announced, step):
        def outcome(step):
            receiver = decoder(mode, length, announced)
            try:
                return decode(receiver, body, step), receiver.trailers
            except S3Error as error:
                return error.reason, error.detail

        assert outcome(None) == outcome(1) == outcome(step)

    def test_what_is_kept_of_a_line_is_bounded(self):
        receiver = decoder(UNSIGNED_TRAILER, 5)

        for _ in range(15):
            receiver.feed(b" " * 64)
        assert len(receiver._partial) == 960
        with pytest.raises(S3Error):
            receiver.feed(b" " * 64)
