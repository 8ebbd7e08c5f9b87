"""The format of encrypted bytes: whatever is done to what is stored, no byte comes out that was not put in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.engine.api import SEGMENT_BYTES
from bushel.service.encryption.segments import (
    PLAIN_BYTES,
    STORED_BYTES,
    TAG_BYTES,
    Damaged,
    Decryptor,
    Encryptor,
    decrypt,
    encrypt,
    stored_size,
)

unhurried = settings(deadline=None, max_examples=50)  # some examples encrypt a quarter of a megabyte several times

KEY = bytes(range(32))
OTHER_KEY = bytes(32)

# Sizes round the ends of segments, where mistakes are.
sizes = st.sampled_from(
    [
        *(0, 1, 2, 1000, PLAIN_BYTES - 1, PLAIN_BYTES, PLAIN_BYTES + 1),
        *(2 * PLAIN_BYTES - 1, 2 * PLAIN_BYTES, 2 * PLAIN_BYTES + 1, 3 * PLAIN_BYTES + 7),
    ]
)


def text(size: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def in_segments(stored: bytes) -> list[bytes]:
    return [stored[start : start + STORED_BYTES] for start in range(0, len(stored), STORED_BYTES)]


def test_segments_fill_the_engine_s_checksummed_ones():
    assert SEGMENT_BYTES % STORED_BYTES == 0


@unhurried
@given(sizes, st.lists(st.integers(0, 2 * PLAIN_BYTES), max_size=6))
def test_what_went_in_comes_out_however_it_was_cut(size, cuts):
    plain = text(size)
    ends = sorted({min(cut, size) for cut in cuts} | {size})
    encryptor = Encryptor(KEY)

    pieces = [encryptor.update(plain[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    stored = b"".join(pieces) + encryptor.finish()

    assert stored == encrypt(KEY, plain)
    assert len(stored) == stored_size(size)
    assert all(len(piece) % STORED_BYTES == 0 for piece in pieces)
    assert decrypt(KEY, stored, size) == plain


@unhurried
@given(sizes, st.data())
def test_a_range_is_read_from_the_segments_that_it_touches_and_no_others(size, data):
    first = data.draw(st.integers(0, max(0, size - 1)))
    length = data.draw(st.integers(min(1, size), size - first))
    plain, stored = text(size), encrypt(KEY, text(size))

    decryptor = Decryptor(KEY, size, first, length)
    offset, end = decryptor.stored_offset, decryptor.stored_offset + decryptor.stored_length
    opened = b"".join(
        decryptor.open(start, stored[start : min(start + STORED_BYTES, end)])
        for start in range(offset, end, STORED_BYTES)
    )

    assert opened == plain[first : first + length]
    assert decryptor.open(offset, stored[offset:end]) == opened
    assert offset // STORED_BYTES == first // PLAIN_BYTES
    assert -(-(end - offset) // STORED_BYTES) == (max(first + length - 1, 0)) // PLAIN_BYTES - first // PLAIN_BYTES + 1


@unhurried
@given(sizes, st.data())
def test_a_changed_bit_is_found_before_a_byte_is_given_out(size, data):
    stored = bytearray(encrypt(KEY, text(size)))
    bit = data.draw(st.integers(0, len(stored) * 8 - 1))
    stored[bit // 8] ^= 1 << bit % 8

    with pytest.raises(Damaged):
        decrypt(KEY, bytes(stored), size)


@unhurried
@given(sizes.filter(lambda size: size > PLAIN_BYTES), st.data())
def test_segments_in_another_order_are_found(size, data):
    segments = in_segments(encrypt(KEY, text(size)))
    other = data.draw(st.permutations(segments).filter(lambda found: list(found) != segments))

    with pytest.raises(Damaged):
        Decryptor(KEY, size, 0, size).open(0, b"".join(other))


@unhurried
@given(sizes.filter(lambda size: size > PLAIN_BYTES), st.data())
def test_a_stream_cut_at_a_segment_is_found_even_when_its_size_is_said_to_be_less(size, data):
    segments = in_segments(encrypt(KEY, text(size)))
    kept = data.draw(st.integers(1, len(segments) - 1))

    with pytest.raises(Damaged):
        decrypt(KEY, b"".join(segments[:kept]), kept * PLAIN_BYTES)


@unhurried
@given(sizes, sizes)
def test_a_stream_with_more_behind_it_is_found(size, more):
    stored = encrypt(KEY, text(size))
    longer = size + more + 1

    with pytest.raises(Damaged):
        decrypt(KEY, stored + bytes(stored_size(longer) - len(stored)), longer)


@unhurried
@given(sizes)
def test_another_key_opens_nothing(size):
    with pytest.raises(Damaged):
        decrypt(OTHER_KEY, encrypt(KEY, text(size)), size)


def test_a_segment_of_another_stream_at_the_same_place_is_found():
    ours, theirs = (in_segments(encrypt(key, text(3 * PLAIN_BYTES))) for key in (KEY, OTHER_KEY))

    with pytest.raises(Damaged):
        decrypt(KEY, ours[0] + theirs[1] + ours[2], 3 * PLAIN_BYTES)


def test_nothing_is_a_tag_that_must_be_right():
    assert len(encrypt(KEY, b"")) == TAG_BYTES
    with pytest.raises(Damaged):
        decrypt(KEY, bytes(TAG_BYTES), 0)
    with pytest.raises(Damaged):
        decrypt(KEY, b"", 0)


def test_two_streams_of_the_same_bytes_have_nothing_in_common():
    assert encrypt(KEY, text(100)) != encrypt(OTHER_KEY, text(100))
