"""Marks on the members of input shapes: each says one thing, in words that the catalogue of errors has."""

import re
from typing import get_args

import pytest

from bushel.protocol.checksums import ALGORITHMS
from bushel.protocol.codec.fields import Echoed, Header, Path, Payload, Query, Xml
from bushel.protocol.codec.members import members_of
from bushel.protocol.errors import CATALOGUE
from bushel.protocol.operations import TABLE
from bushel.protocol.shapes.enums import ChecksumAlgorithm
from bushel.protocol.shapes.members import ChecksumElements, ChecksumHeaders


def _members():
    for operation in TABLE.values():
        if operation.input is not None:
            for member in _deeply(operation.input):
                yield pytest.param(member, id=f"{operation.name}-{member.field}")


def _deeply(shape):
    for member in members_of(shape):
        yield member
        if member.shape is not None:
            yield from _deeply(member.shape)


@pytest.mark.parametrize("member", list(_members()))
def test_a_member_says_one_thing(member):
    assert member.refused is None or member.no_effect is None
    if member.refused is not None:
        reason = member.refused.reason
        assert reason in CATALOGUE
        assert CATALOGUE[reason].status in {400, 501}
        assert isinstance(member.place, Header | Xml)
        assert not member.refused.allow or isinstance(member.place, Header)
        assert not member.choices or set(member.refused.allow) < set(member.choices)
    if member.no_effect is not None:
        assert len(member.no_effect.why.split()) > 3
    if member.invalid is not None:
        assert member.invalid.reason in CATALOGUE
    if isinstance(member.place, Payload):
        assert member.place.malformed in CATALOGUE
    assert not member.echoed or isinstance(member.place, Query), Echoed
    assert not isinstance(member.place, Path) or member.required


NOT_THERE = re.compile("event-?hold|x-amz-mfa")


def test_what_asks_for_a_function_that_is_not_there_is_refused():
    asking = [
        (operation.name, member)
        for operation in TABLE.values()
        if operation.input is not None
        for member in _deeply(operation.input)
        if NOT_THERE.search(member.wire.lower())
    ]

    assert asking
    assert [(name, member.wire) for name, member in asking if member.refused is None] == []


def test_misplaced_parameters_have_an_error():
    for operation in TABLE.values():
        for reason in getattr(operation.input, "misplaced", {}).values():
            assert reason in CATALOGUE


def test_the_checksums_that_may_be_asked_for_are_those_that_are_computed():
    assert set(get_args(ChecksumAlgorithm)) == set(ALGORITHMS)
    assert {each.field for each in ALGORITHMS.values()} == set(ChecksumHeaders.__struct_fields__)
    assert set(ChecksumElements.__struct_fields__) == set(ChecksumHeaders.__struct_fields__)
