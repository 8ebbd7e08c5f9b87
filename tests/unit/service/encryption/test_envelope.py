"""Wrapped keys: each opens for its own object, part and customer, and for nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.service.encryption.envelope import (
    bound_to_object,
    bound_to_part,
    customer_key_verifier,
    customer_wrapping_key,
    is_customer_key,
    unwrap,
    wrap,
)
from bushel.service.encryption.segments import Damaged, aes_gcm

unhurried = settings(deadline=None)

keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=12, max_size=12)
salts = st.binary(min_size=16, max_size=16)
partitions = st.binary(min_size=1, max_size=24).map(lambda name: name.replace(b"\0", b"\1"))
places = st.tuples(partitions, st.binary(min_size=1, max_size=80), st.sampled_from([b"", bytes(32), bytes(range(32))]))


@unhurried
@given(keys, keys, nonces, places)
def test_a_wrapped_key_is_unwrapped(wrapping, key, nonce, place):
    wrapped = wrap(aes_gcm(wrapping), key, bound_to_object(*place), nonce)

    assert key not in wrapped
    assert unwrap(aes_gcm(wrapping), wrapped, bound_to_object(*place)) == key


@unhurried
@given(keys, nonces, places, places)
def test_it_opens_nothing_in_another_place_or_context(key, nonce, here, there):
    wrapped = wrap(aes_gcm(key), key, bound_to_object(*here), nonce)

    assert (bound_to_object(*here) == bound_to_object(*there)) == (here == there)
    if here != there:
        with pytest.raises(Damaged):
            unwrap(aes_gcm(key), wrapped, bound_to_object(*there))


@unhurried
@given(keys, nonces, st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_part_s_key_belongs_to_its_number_and_upload(key, nonce, number, other):
    wrapped = wrap(aes_gcm(key), key, bound_to_part("u" * 32, number), nonce)

    for bound_to in [bound_to_part("v" * 32, number), *([bound_to_part("u" * 32, other)] if other != number else [])]:
        with pytest.raises(Damaged):
            unwrap(aes_gcm(key), wrapped, bound_to)


@unhurried
@given(keys, keys, nonces, st.data())
def test_a_changed_wrapping_is_found(wrapping, key, nonce, data):
    wrapped = bytearray(wrap(aes_gcm(wrapping), key, b"", nonce))
    wrapped[data.draw(st.integers(0, len(wrapped) - 1))] ^= 1

    with pytest.raises(Damaged):
        unwrap(aes_gcm(wrapping), bytes(wrapped), b"")


@pytest.mark.parametrize("length", [0, 1, 12, 13, 59])
def test_what_is_too_short_to_be_one_is_found(length):
    with pytest.raises(Damaged):
        unwrap(aes_gcm(bytes(32)), bytes(length), b"")


@unhurried
@given(keys, keys, salts)
def test_a_customer_s_key_is_known_again_and_is_not_what_is_stored(key, other, salt):
    verifier = customer_key_verifier(key, salt)

    assert is_customer_key(key, verifier)
    assert is_customer_key(other, verifier) == (other == key)
    assert key not in verifier + customer_wrapping_key(key, salt)
    assert customer_wrapping_key(key, salt)[:16] != verifier[16:]
