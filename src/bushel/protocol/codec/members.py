"""What the annotations of a shape say, taken apart once: the input of everything that compiles binders and writers."""

import types
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from bushel.protocol.codec.fields import (
    AnyCase,
    AtMost,
    Between,
    Demanded,
    Echoed,
    Header,
    HeaderPrefix,
    Invalid,
    Moment,
    NoEffect,
    Path,
    Payload,
    Query,
    Refused,
    Stream,
    Text,
    Xml,
)

Place = Path | Query | Header | HeaderPrefix | Xml | Text | Payload | Stream
Kind = Literal["string", "integer", "boolean", "timestamp", "structure", "map", "any"]

SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


class Member(Struct, frozen=True):
    """One member of a shape.

    Attributes:
        field: Name of the attribute.
        wire: Name on the wire; of the item for a flattened list; empty where the place has none.
        kind: Of the value, or of the items of a list.
        shape: The structure, for that kind.
        choices: The enumeration's values; empty for other strings.
        required: A request must have it.
    """

    field: str
    wire: str
    place: Place
    kind: Kind
    shape: type[Struct] | None
    choices: tuple[str, ...]
    is_list: bool
    required: bool
    refused: Refused | None
    no_effect: NoEffect | None
    invalid: Invalid | None
    between: Between | None
    at_most: AtMost | None
    moment: Moment | None
    echoed: bool
    any_case: bool


@cache
def members_of(shape: type[Struct]) -> tuple[Member, ...]:
    """The members of a shape in the order of their declaration."""
    hints = get_type_hints(shape, include_extras=True)
    required = {field.name for field in fields(shape) if field.default is field.default_factory is NODEFAULT}
    return tuple(_member(name, hints[name], required=name in required) for name in shape.__struct_fields__)


def stream_member(shape: type[Struct]) -> str | None:
    """The field that is the message's body as a stream; ``None`` where a shape has none."""
    return next((member.field for member in members_of(shape) if isinstance(member.place, Stream)), None)


def root_of(shape: type[Struct]) -> str:
    """The root element of the document that a shape's own elements make; empty if it makes none."""
    return str(getattr(shape, "root", ""))


def in_document(member: Member) -> bool:
    """Whether the member is part of the document that the shape itself is."""
    return isinstance(member.place, Xml | Text)


def _member(field: str, annotation: Any, *, required: bool) -> Member:
    marks: list[Any] = []
    is_list, core = _unwrap(annotation, marks)
    kind, shape, choices = _kind(core, marks)

    def mark(*wanted: type) -> Any:
        return next((each for each in marks if isinstance(each, wanted)), None)

    place = mark(Path, Query, Header, HeaderPrefix, Xml, Text, Payload, Stream) or Xml()
    return Member(
        field=field,
        wire=_wire(field, place),
        place=place,
        kind=kind,
        shape=shape,
        choices=choices,
        is_list=is_list,
        required=required or mark(Demanded) is not None,
        refused=mark(Refused),
        no_effect=mark(NoEffect),
        invalid=mark(Invalid),
        between=mark(Between),
        at_most=mark(AtMost),
        moment=mark(Moment),
        echoed=mark(Echoed) is not None,
        any_case=mark(AnyCase) is not None,
    )


def _unwrap(annotation: Any, marks: list[Any]) -> tuple[bool, Any]:
    """Strip ``Annotated``, ``| None`` and ``Sequence``. The outermost marks come first, so they win."""
    is_list = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *found = get_args(annotation)
            marks.extend(found)
        elif origin in {Union, types.UnionType}:
            annotation = next(each for each in get_args(annotation) if each is not types.NoneType)
        elif origin is Sequence:
            is_list = True
            (annotation,) = get_args(annotation)
        else:
            return is_list, annotation


def _kind(core: Any, marks: list[Any]) -> tuple[Kind, type[Struct] | None, tuple[str, ...]]:
    if get_origin(core) is Literal:
        return "string", None, get_args(core)
    if get_origin(core) is dict:
        return "map", None, ()
    if core is Any:
        return "any", None, ()
    if core is bool:
        return "boolean", None, ()
    if core is int:
        return ("timestamp" if any(isinstance(each, Moment) for each in marks) else "integer"), None, ()
    if core is str:
        return "string", None, ()
    if isinstance(core, type) and issubclass(core, Struct):
        return "structure", core, ()
    raise TypeError(f"{core} cannot be bound")


def _wire(field: str, place: Place) -> str:
    match place:
        case Path(name) | Query(name) | Header(name):
            return name
        case HeaderPrefix(prefix):
            return prefix
        case Payload(root):
            return root
        case Xml(name):
            return name or "".join(word.capitalize() for word in field.split("_"))
        case Text() | Stream():
            return ""
