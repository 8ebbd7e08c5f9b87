"""Entity tags are made as S3 makes them and compared as RFC 9110 and S3 compare them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.etags import (
    matches_strongly,
    matches_weakly,
    multipart_etag,
    object_etag,
    quoted,
    unquoted,
)

TAG = "900150983cd24fb0d6963f7d28e17f72"
OTHER = "d41d8cd98f00b204e9800998ecf8427e"


def test_the_tag_of_an_object_is_its_md5():
    assert object_etag(hashlib.md5(b"abc").digest()) == TAG


def test_the_tag_of_a_multipart_object_is_the_md5_of_md5s_and_the_number_of_parts():
    parts = [hashlib.md5(part).digest() for part in (b"x" * 5, b"y")]

    assert multipart_etag(parts) == f"{hashlib.md5(parts[0] + parts[1]).hexdigest()}-2"
    assert multipart_etag(iter(parts[:1])) == f"{hashlib.md5(parts[0]).hexdigest()}-1"


@given(tag=st.text(alphabet="0123456789abcdef-", min_size=1, max_size=38))
def test_quotes_go_on_and_off(tag):
    assert unquoted(quoted(tag)) == unquoted(tag) == unquoted(f" {quoted(tag)} ") == tag


@pytest.mark.parametrize("text", ['"', '""', '"abc', 'abc"'])
def test_quotes_that_are_no_pair_hurt_nothing(text):
    assert unquoted(text) == ("" if text == '""' else text)


@pytest.mark.parametrize(
    "condition",
    [TAG, f'"{TAG}"', "*", " * ", f'"{OTHER}", "{TAG}"', f"{OTHER},{TAG}", f' "{TAG}" ,', f'"x", W/"y", "{TAG}"'],
)
def test_a_tag_that_is_there_matches(condition):
    assert matches_strongly(condition, TAG)
    assert matches_weakly(condition, TAG)


@pytest.mark.parametrize(
    "condition", ["", OTHER, f'"{OTHER}"', f'"{TAG}', f'"{TAG}-1"', '"*"', ",", TAG.upper(), TAG[:-1]]
)
def test_a_tag_that_is_not_there_does_not_match(condition):
    assert not matches_strongly(condition, TAG)
    assert not matches_weakly(condition, TAG)


@pytest.mark.parametrize("condition", [f'W/"{TAG}"', f'"{OTHER}", W/"{TAG}"', f" W/{quoted(TAG)}"])
def test_a_weak_tag_matches_weakly_only(condition):
    assert matches_weakly(condition, TAG)
    assert not matches_strongly(condition, TAG)


@given(condition=st.text(max_size=80))
def test_any_condition_gets_an_answer(condition):
    assert matches_strongly(condition, TAG) <= matches_weakly(condition, TAG)
