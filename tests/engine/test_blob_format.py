"""The trailer of a blob proves its bytes, and itself."""

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.engine.api import SEGMENT_BYTES, Corrupt
from bushel.engine.embedded.blob_format import FOOTER, SegmentHasher, parse_footer, parse_trailer
from bushel.testing.engine_blobs import pattern


def trailer_of(data, back_pointer=b"pointer", cuts=()):
    hasher = SegmentHasher()
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        hasher.update(data[start:stop])
    assert hasher.size_bytes == len(data)
    return hasher.trailer(back_pointer)


@settings(max_examples=30, deadline=None)
@given(
    size=st.sampled_from([0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES + 5]),
    cuts=st.lists(st.integers(0, 3 * SEGMENT_BYTES + 5), max_size=6),
    back_pointer=st.binary(max_size=40),
)
def test_checksums_do_not_depend_on_how_the_stream_was_cut(size, cuts, back_pointer):
    data = pattern(size)
    trailer = trailer_of(data, back_pointer, sorted(min(cut, size) for cut in cuts))
    footer = parse_footer(trailer, size + len(trailer))
    parsed = parse_trailer(trailer, footer)
    assert parsed.size_bytes == size
    assert parsed.back_pointer == back_pointer
    segments = [data[at : at + SEGMENT_BYTES] for at in range(0, size, SEGMENT_BYTES)]
    assert parsed.checksums == tuple(xxhash.xxh3_64_intdigest(segment) for segment in segments)


def test_every_changed_byte_of_a_trailer_is_noticed():
    trailer = trailer_of(pattern(2 * SEGMENT_BYTES + 1))
    total = 2 * SEGMENT_BYTES + 1 + len(trailer)
    for at in range(len(trailer)):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(trailer)
            damaged[at] ^= change
            with pytest.raises(Corrupt):
                parse_trailer(damaged, parse_footer(damaged, total))


def test_a_file_that_lost_or_gained_bytes_has_no_trailer():
    trailer = trailer_of(pattern(1000))
    for total in (999 + len(trailer), 1001 + len(trailer), len(trailer), 0):
        with pytest.raises(Corrupt):
            parse_footer(trailer, total)
    for tail in (b"", trailer[-(FOOTER.size - 1) :], bytes(100)):
        with pytest.raises(Corrupt):
            parse_footer(tail, 1000 + len(trailer))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_trailer_or_corrupt(tail):
    with pytest.raises(Corrupt):
        parse_trailer(tail, parse_footer(tail, len(tail)))


def test_swapped_segments_are_noticed():
    data = pattern(2 * SEGMENT_BYTES)
    trailer = trailer_of(data)
    parsed = parse_trailer(trailer, parse_footer(trailer, len(data) + len(trailer)))
    parsed.verify(0, data)
    parsed.verify(1, data[SEGMENT_BYTES:])
    with pytest.raises(Corrupt, match="segment 0"):
        parsed.verify(0, data[SEGMENT_BYTES:] + data[:SEGMENT_BYTES])
    with pytest.raises(Corrupt, match="segment 1"):
        parsed.verify(0, data[:SEGMENT_BYTES] * 2)
