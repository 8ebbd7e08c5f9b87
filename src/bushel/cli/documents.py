"""Documents of settings in files: JSON with S3's names of members, as every AWS tool writes them, or S3's XML."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from bushel.protocol.codec.fields import Xml
from bushel.protocol.codec.members import Member, members_of
from bushel.protocol.codec.scalars import write_iso8601
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.errors import S3Error

_PLAIN: Final = {"string": str, "integer": int, "boolean": bool}


def read_document(shape: type[Struct], root: str, document: bytes) -> Any:
    """What a document says, as a shape.

    Args:
        shape: What it is read into.
        root: Name of the root element where it is XML.
        document: JSON, or XML.

    Raises:
        ValueError: It is neither, or says what the shape has no place for.
    """
    document = document.strip()
    if document.startswith(b"<"):
        try:
            return document_reader(shape, root, strict=False)(document)
        except S3Error as problem:
            raise ValueError(f"this is no {root} in XML: {problem.message}") from None
    try:
        value = msgspec.json.decode(document)
    except msgspec.DecodeError as problem:
        raise ValueError(f"this is neither XML nor JSON: {problem}") from None
    return _structure(shape, value, root)


def document_of(value: Struct) -> dict[str, Any]:
    """A shape with S3's names of its members; those that say nothing are left out."""
    found: dict[str, Any] = {}
    for member in members_of(type(value)):
        held = getattr(value, member.field)
        if isinstance(member.place, Xml) and held is not None and not (member.is_list and not held):
            found[name_of(member)] = [_plain(member, each) for each in held] if member.is_list else _plain(member, held)
    return found


def name_of(member: Member) -> str:
    """S3's name of a member: its element's, in the plural where that is one of several."""
    name = member.wire
    return f"{name}s" if member.is_list and _letters(member.field) == f"{_letters(name)}s" else name


def _plain(member: Member, value: Any) -> Any:
    if member.shape is not None:
        return document_of(value)
    return write_iso8601(value) if member.kind == "timestamp" else value


def _structure(shape: type[Struct], value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is an object of JSON, not {value!r}")  # noqa: TRY004 - a document
    members = [each for each in members_of(shape) if isinstance(each.place, Xml)]
    known = {_letters(name): each for each in members for name in (each.wire, name_of(each))}
    given: dict[str, Any] = {}
    for name, held in value.items():
        member = known.get(_letters(name))
        if member is None:
            raise ValueError(f"{where} has no {name!r}; it has {', '.join(name_of(each) for each in members)}")
        place = f"{where}.{name}"
        if not member.is_list:
            given[member.field] = _value(member, held, place)
        elif isinstance(held, list):
            given[member.field] = [_value(member, each, f"{place}[{index}]") for index, each in enumerate(held)]
        else:
            raise ValueError(f"{place} is a list of JSON, not {held!r}")
    for member in members:
        if member.required and member.field not in given:
            raise ValueError(f"{where} lacks {name_of(member)}")
    return shape(**given)


def _value(member: Member, value: Any, where: str) -> Any:
    if member.shape is not None:
        return _structure(member.shape, value, where)
    if member.kind == "timestamp":
        try:
            found = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError(f"{where} is a time like 2027-01-01T00:00:00Z, not {value!r}") from None
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    if type(value) is not _PLAIN[member.kind]:
        raise ValueError(f"{where} is of the kind {member.kind}, not {value!r}")
    if member.choices and value not in member.choices:
        raise ValueError(f"{where} is {' or '.join(member.choices)}, not {value!r}")
    return value


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
