"""Shapes from XML documents. The plan of a shape is compiled once; expat drives it, so no tree is built.

Strict where S3 is: the root, the types and what is required must fit, and nothing may come twice. Lenient where clients
rely on it: elements not known are skipped with all that is in them, and namespaces do not matter. Bounded: a document
type is refused (so no entity can grow), depth and the length of lists have limits, and size is the caller's to limit.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from msgspec import Struct

from bushel.protocol.codec.fields import Text, Xml
from bushel.protocol.codec.members import Member, in_document, members_of
from bushel.protocol.codec.refusals import refusal
from bushel.protocol.codec.scalars import read_boolean, read_integer, read_iso8601, read_rfc1123
from bushel.protocol.errors import S3Error

_DEEPEST: Final = 32


class _Slot(Struct):
    """What becomes of one element: a value, or an item of a list, under ``field``.

    Exactly one of ``plan`` (a structure), ``items`` (the wrapper of a list) and ``read`` (text) is set.
    """

    field: str
    is_list: bool = False
    at_most: int | None = None
    refused: Member | None = None
    plan: "_Plan | None" = None
    items: "dict[str, _Slot] | None" = None
    read: Callable[[str], Any] | None = None


class _Plan(Struct):
    shape: type[Struct]
    elements: dict[str, _Slot]
    attributes: dict[str, _Slot]
    required: tuple[str, ...]
    text: _Slot | None = None


class _Frame(NamedTuple):
    """A structure that is being read; without a plan, the wrapper of a list in the structure around."""

    plan: _Plan | None
    elements: dict[str, _Slot]
    values: dict[str, Any]
    slot: _Slot | None


class _Malformed(Exception):
    pass


@cache
def document_reader(
    shape: type[Struct], root: str, malformed: str = "MalformedXML", *, strict: bool = True
) -> Callable[[bytes], Any]:
    """Compile the reader of documents with this root element.

    Args:
        shape: What the document is read into.
        root: Name of the root element.
        malformed: Reason of the error for a document that does not fit.
        strict: Whether values outside an enumeration are an error, and refused members are refused (requests), or
            pass (answers of a server that may be newer).
    """
    plan = _plan(shape, strict=strict)

    def read(document: bytes) -> Any:
        try:
            return _Reader(plan, root).read(document)
        except (expat.ExpatError, _Malformed):
            raise S3Error(malformed) from None

    return read


class _Reader:
    """One document's way through expat."""

    def __init__(self, plan: _Plan, root: str) -> None:
        self._plan = plan
        self._root = root
        self._stack: list[_Frame] = []
        self._skipped = 0
        self._slot: _Slot | None = None
        self._text: list[str] = []
        self._result: Any = None

    def read(self, document: bytes) -> Any:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(document, True)
        return self._result

    def _doctype(self, *_: object) -> None:
        raise _Malformed

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            if self._skipped > _DEEPEST:
                raise _Malformed
            return
        name = name.rpartition(":")[2]
        if not self._stack:
            if name != self._root:
                raise _Malformed
            self._enter(self._plan, attributes, None)
            self._slot = self._plan.text
            return
        if self._slot is not None:
            raise _Malformed
        frame = self._stack[-1]
        slot = frame.elements.get(name)
        if slot is None:
            self._skipped = 1
        elif slot.refused is not None:
            raise refusal(slot.refused)
        elif slot.items is not None:
            if slot.field in frame.values:
                raise _Malformed
            frame.values[slot.field] = []
            self._stack.append(_Frame(None, slot.items, frame.values, slot))
        elif slot.plan is not None:
            self._enter(slot.plan, attributes, slot)
        else:
            self._slot = slot

    def _enter(self, plan: _Plan, attributes: dict[str, str], slot: _Slot | None) -> None:
        values: dict[str, Any] = {}
        if plan.attributes:
            for name, value in attributes.items():
                known = plan.attributes.get(name.rpartition(":")[2])
                if known is not None:
                    _keep(values, known, _scalar(known, value))
        self._stack.append(_Frame(plan, plan.elements, values, slot))

    def _characters(self, data: str) -> None:
        if self._slot is not None:
            self._text.append(data)
        elif not self._skipped and not data.isspace():
            raise _Malformed

    def _end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        frame = self._stack[-1]
        if self._slot is not None:
            slot, self._slot = self._slot, None
            text = "".join(self._text)
            self._text.clear()
            if slot is not self._plan.text:
                _keep(frame.values, slot, _scalar(slot, text))
                return
            if text:
                frame.values[slot.field] = text
        self._stack.pop()
        if frame.plan is None:
            return
        value = _build(frame.plan, frame.values)
        if frame.slot is None:
            self._result = value
        else:
            _keep(self._stack[-1].values, frame.slot, value)


def _build(plan: _Plan, values: dict[str, Any]) -> Any:
    for field in plan.required:
        if field not in values:  # the wrapper of a list may be there and empty
            raise _Malformed
    for field, value in values.items():
        if type(value) is list:
            values[field] = tuple(value)
    return plan.shape(**values)


def _keep(values: dict[str, Any], slot: _Slot, value: Any) -> None:
    if slot.is_list:
        items = values.setdefault(slot.field, [])
        if slot.at_most is not None and len(items) >= slot.at_most:
            raise _Malformed
        items.append(value)
    elif slot.field in values:
        raise _Malformed
    else:
        values[slot.field] = value


def _scalar(slot: _Slot, text: str) -> Any:
    assert slot.read is not None
    try:
        return slot.read(text)
    except ValueError:
        raise _Malformed from None


@cache
def _plan(shape: type[Struct], *, strict: bool) -> _Plan:
    members = [each for each in members_of(shape) if in_document(each)]
    plan = _Plan(shape, {}, {}, tuple(each.field for each in members if each.required))
    for member in members:
        slot = _slot(member, strict=strict)
        if isinstance(member.place, Text):
            plan.text = slot
        elif isinstance(member.place, Xml) and member.place.attribute:
            plan.attributes[member.wire] = slot
        elif isinstance(member.place, Xml) and member.place.item is not None:
            # An empty list of what is refused asks for nothing, so it is the items that are refused.
            plan.elements[member.wire] = _Slot(member.field, items={member.place.item: slot})
        else:
            plan.elements[member.wire] = slot
    return plan


def _slot(member: Member, *, strict: bool) -> _Slot:
    slot = _Slot(member.field, member.is_list, member.at_most.count if member.at_most else None)
    if strict and member.refused is not None:
        slot.refused = member
    if member.kind == "structure":
        assert member.shape is not None
        slot.plan = _plan(member.shape, strict=strict)
    else:
        slot.read = _text_reader(member, strict=strict)
    return slot


def _text_reader(member: Member, *, strict: bool) -> Callable[[str], Any]:
    match member.kind:
        case "integer":
            return lambda text: read_integer(text.strip())
        case "boolean":
            return lambda text: read_boolean(text.strip())
        case "timestamp":
            rfc1123 = member.moment is not None and member.moment.style == "rfc1123"
            read = read_rfc1123 if rfc1123 else read_iso8601
            return lambda text: read(text.strip())
        case "string" if member.choices and strict:
            return _choice_reader(member.choices)
        case "string":
            return str
        case _:
            raise TypeError(f"{member.field}: {member.kind} is no element")


def _choice_reader(choices: tuple[str, ...]) -> Callable[[str], str]:
    known = {each: each for each in choices}

    def read(text: str) -> str:
        try:
            return known[text.strip()]
        except KeyError:
            raise ValueError(text) from None

    return read


class ErrorDocument(NamedTuple):
    """An error as a client sees it."""

    code: str
    message: str
    detail: dict[str, str]
    request_id: str
    host_id: str


def read_error(document: bytes) -> ErrorDocument | None:
    """The document of an error; ``None`` if it is none (a proxy's page, an empty body)."""
    children: dict[str, str] = {}
    path: list[str] = []
    text: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name.rpartition(":")[2])
        text.clear()

    def end(_: str) -> None:
        if len(path) == 2 and path[0] == "Error":
            children[path[1]] = "".join(text)
        path.pop()
        text.clear()

    def doctype(*_: object) -> None:
        raise _Malformed

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, _Malformed, LookupError, ValueError):
        return None
    if "Code" not in children:
        return None
    code, message = children.pop("Code"), children.pop("Message", "")
    request_id, host_id = children.pop("RequestId", ""), children.pop("HostId", "")
    return ErrorDocument(code, message, children, request_id, host_id)
