"""The client's side of binding, the inverse of ``bind``: an input to a request's parts, an answer to an output.

Not compiled: a client waits for the network. Lenient where the server is strict, because a server may be newer: values
that no enumeration here has pass as they are.
"""

from collections.abc import Callable, Mapping
from itertools import compress
from operator import is_not
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from bushel.protocol.codec.converters import plain_text_reader, text_writer
from bushel.protocol.codec.fields import Header, HeaderPrefix, Payload, Query
from bushel.protocol.codec.members import Member, in_document, members_of, root_of
from bushel.protocol.codec.scalars import read_words, write_words
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import document_writer


class RequestParts(NamedTuple):
    """A request before it is addressed and signed. Streams stay in the input.

    Attributes:
        query: With the parameters that select the operation.
        headers: By lower-case name.
    """

    bucket: str | None
    key: str | None
    query: dict[str, str]
    headers: dict[str, str]
    document: bytes


InputWriter = Callable[[Any], RequestParts]
OutputReader = Callable[[int, Mapping[str, str], bytes], Any]


def compile_input_writer(shape: type[Struct], query: frozenset[str]) -> InputWriter:
    """Make ``write_input(input) -> RequestParts``.

    Args:
        shape: Input shape.
        query: The operation's discriminators, ``name`` or ``name=value``.
    """
    members = members_of(shape)
    steps = [_writer_of(each) for each in members]
    nothing = (None,) * len(members)
    selectors = dict(each.partition("=")[::2] for each in sorted(query))

    def write_input(given: Any) -> RequestParts:
        parts = RequestParts(getattr(given, "bucket", None), getattr(given, "key", None), dict(selectors), {}, b"")
        values = astuple(given)
        document = b""
        # An object has some sixty members that it could have and a handful that it has.
        for step, value in compress(zip(steps, values, strict=True), map(is_not, values, nothing)):
            if step is not None and (value or not isinstance(value, tuple | list)):
                document = step(parts, value) or document
        return parts._replace(document=document) if document else parts

    return write_input


_Step = Callable[[RequestParts, Any], bytes | None]


def _writer_of(member: Member) -> _Step | None:
    """What puts a member's value into a request; gives the document if the member is one."""
    match member.place:
        case Query(name):
            write = text_writer(member)
            return lambda parts, value: parts.query.__setitem__(name, write(value))
        case Header(name):
            write, lower = text_writer(member), name.lower()
            return lambda parts, value: parts.headers.__setitem__(lower, write(value))
        case HeaderPrefix(prefix):
            return lambda parts, value: parts.headers.update(
                {prefix + name: write_words(text) for name, text in value.items()}
            )
        case Payload() if member.shape is None:
            return lambda _, value: bytes(value.encode())
        case Payload(root):
            assert member.shape is not None
            write_document = document_writer(member.shape, root)
            return lambda _, value: write_document(value)
        case _:
            return None


def compile_output_reader(shape: type[Struct] | None) -> OutputReader:
    """Make ``read_output(status, headers, body) -> output``; headers by lower-case name."""
    if shape is None:
        return lambda _status, _headers, _body: None
    members = members_of(shape)
    by_header = {
        each.wire.lower(): (each.field, plain_text_reader(each)) for each in members if isinstance(each.place, Header)
    }
    prefixed = next(((each.field, each.place.prefix) for each in members if isinstance(each.place, HeaderPrefix)), None)
    payload = next((each for each in members if isinstance(each.place, Payload)), None)
    root = root_of(shape)
    inner = document_reader(shape, root, strict=False) if root else None
    is_text = payload is not None and payload.shape is None
    if is_text:
        inner = bytes.decode
    elif payload is not None:
        assert payload.shape is not None
        inner = document_reader(payload.shape, payload.wire, strict=False)

    def read_output(_status: int, headers: Mapping[str, str], body: bytes) -> Any:
        values: dict[str, Any] = {}
        if inner is not None and (body or is_text):
            if payload is not None:
                values[payload.field] = inner(body)
            else:
                document = inner(body)
                values = {each.field: getattr(document, each.field) for each in members if in_document(each)}
        for name, text in headers.items():
            known = by_header.get(name)
            if known is not None:
                field, read = known
                values[field] = text if read is None else read(text)
            elif prefixed is not None and name.startswith(prefixed[1]):
                values.setdefault(prefixed[0], {})[name[len(prefixed[1]) :]] = read_words(text)
        return shape(**values)

    return read_output
