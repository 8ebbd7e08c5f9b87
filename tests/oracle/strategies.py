"""Hypothesis strategies for shapes: any value that a member can have and that the server does not refuse."""

import string
from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from bushel.protocol.codec.fields import Header, HeaderPrefix, Path, Query, Stream, Xml
from bushel.protocol.codec.members import Member, members_of
from bushel.protocol.codec.scalars import write_rfc1123

# XML 1.0 section 2.2, without the carriage return, which a parser turns into a line feed unless it is escaped.
xml_text = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="￾￿") | st.sampled_from("\t\n"))
header_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
token_text = st.text(string.ascii_lowercase + string.digits + "-_", min_size=1, max_size=20)
any_text = st.text(st.characters(exclude_categories=("Cs",)))
latin_text = st.text(
    st.characters(min_codepoint=32, max_codepoint=126) | st.characters(min_codepoint=160, max_codepoint=255)
)
seconds = st.integers(0, 4_102_444_800).map(lambda second: second * 1000)

PLAIN_METADATA = st.dictionaries(token_text, header_text.filter(lambda text: "=?" not in text), max_size=3)
ANY_METADATA = st.dictionaries(token_text, any_text, max_size=3)


@cache
def shapes(shape: type[Struct], *, request: bool, metadata: Any = PLAIN_METADATA) -> st.SearchStrategy[Any]:
    """Instances of a shape.

    Args:
        shape: The shape.
        request: Whether it is sent to the server: refused members stay away then.
        metadata: Strategy for user metadata.
    """
    required, optional = {}, {}
    for member in members_of(shape):
        if isinstance(member.place, Stream) and member.required:
            required[member.field] = st.just(b"")  # the binder never looks into it, and botocore sends it
            continue
        values = _values(member, request=request, metadata=metadata)
        if values is not None:
            (required if member.required else optional)[member.field] = values
    return st.fixed_dictionaries(required, optional=optional).map(lambda chosen: shape(**chosen))


def _values(member: Member, *, request: bool, metadata: Any) -> st.SearchStrategy[Any] | None:
    if request and member.refused is not None:
        if not member.refused.allow:
            return None
        one = st.sampled_from(member.refused.allow)
        return one.map(lambda text: text == "true") if member.kind == "boolean" else one
    one = _one(member, request=request, metadata=metadata)
    if one is None or not member.is_list:
        return one
    wrapped = isinstance(member.place, Xml) and member.place.item is not None
    return st.lists(one, min_size=1 if member.required or not wrapped else 0, max_size=4).map(tuple)


def _one(member: Member, *, request: bool, metadata: Any) -> st.SearchStrategy[Any] | None:
    match member.kind:
        case "any":
            return None
        case "map":
            return metadata.filter(bool)
        case "structure":
            return shapes(member.shape, request=request, metadata=metadata)
        case "boolean":
            return st.booleans()
        case "timestamp":
            return seconds
        case "integer":
            between = member.between
            return st.integers(between.low, min(between.high, 2**62)) if between else st.integers(0, 2**40)
        case _:
            return _text(member)


def _text(member: Member) -> st.SearchStrategy[str]:
    if member.choices:
        return st.sampled_from(member.choices)
    if member.field in {"expires", "response_expires"}:
        return seconds.map(write_rfc1123)  # any text for us, a date for botocore
    match member.place:
        case Path("Bucket"):
            return st.from_regex(r"\A[a-z0-9]{3,20}\Z")
        case Path():
            return any_text.filter(lambda key: key not in ("", ".", "..") and not key.startswith("/"))
        case Header() | HeaderPrefix():
            return header_text
        case Query() if member.echoed:
            return latin_text.filter(bool)
        case Query():
            return any_text.filter(bool)
        case _ if member.required:
            return xml_text.filter(bool)
        case _:
            return xml_text
