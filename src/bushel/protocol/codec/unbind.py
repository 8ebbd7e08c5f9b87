"""The client's side of binding, the inverse of ``bind``: an input to a request's parts, an answer to an output.

Not compiled: a client waits for the network. Lenient where the server is strict, because a server may be newer: values
that no enumeration here has pass as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from bushel.protocol.codec.converters import plain_text_reader, text_writer
from bushel.protocol.codec.fields import Header, HeaderPrefix, Payload, Query
from bushel.protocol.codec.members import in_document, members_of, root_of
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
    writers = {each.field: text_writer(each) for each in members if isinstance(each.place, Query | Header)}
    documents = {
        each.field: document_writer(each.shape, each.place.root)
        for each in members
        if isinstance(each.place, Payload) and each.shape is not None
    }
    selectors = dict(each.partition("=")[::2] for each in sorted(query))

    def write_input(value: Any) -> RequestParts:
        parts = RequestParts(getattr(value, "bucket", None), getattr(value, "key", None), dict(selectors), {}, b"")
        document = b""
        for member in members:
            given = getattr(value, member.field)
            if given is None or (member.is_list and not given):
                continue
            match member.place:
                case Query(name):
                    parts.query[name] = writers[member.field](given)
                case Header(name):
                    parts.headers[name.lower()] = writers[member.field](given)
                case HeaderPrefix(prefix):
                    parts.headers.update({prefix + name: write_words(text) for name, text in given.items()})
                case Payload():
                    document = given.encode() if member.shape is None else documents[member.field](given)
                case _:
                    pass
        return parts._replace(document=document)

    return write_input


def compile_output_reader(shape: type[Struct] | None) -> OutputReader:
    """Make ``read_output(status, headers, body) -> output``; headers by lower-case name."""
    if shape is None:
        return lambda _status, _headers, _body: None
    members = members_of(shape)
    readers = {each.field: plain_text_reader(each) for each in members if isinstance(each.place, Header)}
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
        for member in members:
            if isinstance(member.place, Header):
                text = headers.get(member.wire.lower())
                if text is not None:
                    read = readers[member.field]
                    values[member.field] = text if read is None else read(text)
            elif isinstance(member.place, HeaderPrefix):
                prefix = member.place.prefix
                found = {
                    name[len(prefix) :]: read_words(text) for name, text in headers.items() if name.startswith(prefix)
                }
                if found:
                    values[member.field] = found
        return shape(**values)

    return read_output
