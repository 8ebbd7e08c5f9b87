"""Tags in a header are what a query says, whichever way it is encoded."""

import string
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.tagging import Tag
from bushel.protocol.tags import MAX_OBJECT_TAGS, check_object_tags, tags_of_header

allowed = st.text(st.characters(categories=("L", "N", "Zs"), include_characters="+-=._:/@"), max_size=12)
keys = allowed.filter(lambda key: key and not key.lower().startswith("aws:"))


@given(tags=st.dictionaries(keys, allowed, max_size=MAX_OBJECT_TAGS), quoting=st.sampled_from([quote, quote_plus]))
def test_what_was_encoded_is_what_is_read(tags, quoting):
    assert tags_of_header(urlencode(tags, quote_via=quoting)) == tags


@given(text=st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_header_is_a_set_of_tags_or_refused(text):
    try:
        tags = tags_of_header(text)
    except S3Error as error:
        refused = error.code
    else:
        refused = None
        assert len(tags) <= MAX_OBJECT_TAGS
        assert all(tags)
    assert refused in {None, "InvalidArgument", "InvalidTag", "BadRequest"}


@given(text=st.text(string.ascii_letters, min_size=1, max_size=8))
def test_a_key_is_given_once_however_it_is_encoded(text):
    twice = f"{text}=1&{''.join(f'%{ord(letter):02x}' for letter in text)}=2"
    with pytest.raises(S3Error) as refused:
        tags_of_header(twice)
    assert refused.value.reason == "InvalidArgument.Tagging"


def test_what_is_wrong_with_a_tag_is_said_before_their_number():
    many = [Tag(key=f"k{number}", value="v") for number in range(11)]
    for tags, reason in ((many, "BadRequest.ObjectTags"), ([*many, Tag(key="!", value="v")], "InvalidTag.Key")):
        with pytest.raises(S3Error) as refused:
            check_object_tags(tags)
        assert refused.value.reason == reason
