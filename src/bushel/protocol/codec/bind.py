"""The server's side of binding: a request's parts to an input shape, an output shape to an answer's parts.

Compiled once per operation, because every request passes here twice. Reading goes over what the request has, not over
what it could have; writing is compiled to source, one test per member.

Query parameters named ``x-amz-...`` count as header fields in requests that are signed in their query (presigned URLs
of the AWS SDK for JavaScript and of every signature version 2 client carry them there), except checksums, which S3
ignores in that place (aws-sdk-js-v3 puts the checksum of an empty body there).
"""

from collections.abc import Callable, Mapping
from itertools import compress
from operator import is_not
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import astuple

from bushel.protocol.checksums import BY_HEADER
from bushel.protocol.codec.converters import Convert, header_text, text_reader
from bushel.protocol.codec.fields import Header, HeaderPrefix, Path, Payload, Query, Stream
from bushel.protocol.codec.members import Member, members_of, root_of
from bushel.protocol.codec.scalars import read_words, write_iso8601, write_rfc1123, write_words
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import document_writer
from bushel.protocol.errors import S3Error

InputReader = Callable[[str | None, str | None, Mapping[str, str], Mapping[str, str], Any], Any]
_ReadField = Callable[[dict[str, Any], str, str], None]
OutputWriter = Callable[[Any], tuple[int, list[tuple[str, str]], bytes]]

META_PREFIX: Final = "x-amz-meta-"
_PREFIX_LENGTH: Final = len(META_PREFIX)
_XML: Final = ("Content-Type", "application/xml")
_JSON: Final = ("Content-Type", "application/json")

# Header fields that are signed, logged or verified elsewhere and mean nothing to any operation.
_ELSEWHERE: Final = frozenset(
    {"x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-security-token", "x-amz-trailer"}
)
_EVERYWHERE: Final = _ELSEWHERE | {
    "accept",
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "connection",
    "content-length",
    "date",
    "host",
    "user-agent",
}
"""Header fields that requests of any kind have; to operations that have no member of the name they say nothing."""
_CHECKSUM_FIELDS: Final = {*BY_HEADER, "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"}


_MISPLACED: Final = {"versionId": "InvalidArgument.VersionIdUnexpected"}
"""Query parameters that an operation which does not know them refuses; a shape may name more as ``misplaced``."""


def is_query_signed(query: Mapping[str, str]) -> bool:
    """Whether the request claims a signature in its query: version 4 or version 2."""
    return "X-Amz-Signature" in query or "Signature" in query


def header_in_query(name: str) -> str | None:
    """The header field that a query parameter of a presigned URL stands for; ``None`` for an ordinary parameter."""
    field = name.lower()
    if not field.startswith("x-amz-") or field.startswith("x-amz-checksum-") or field == "x-amz-sdk-checksum-algorithm":
        return None
    return field


def compile_input_reader(shape: type[Struct], *, takes_body: bool) -> InputReader:
    """Compile ``read_input(bucket, key, query, headers, payload) -> shape``.

    ``payload`` is the document, as bytes, of operations that have one; of operations that take a stream it is whatever
    stands for it, and becomes the shape's ``body``.

    Args:
        shape: Input shape.
        takes_body: Whether the operation reads a body, so that an unknown checksum is a promise not kept.
    """
    members = members_of(shape)
    by_header = {
        each.wire.lower(): (each.field, text_reader(each)) for each in members if isinstance(each.place, Header)
    }
    wants_bucket, wants_key = (any(each.place == Path(name) for each in members) for name in ("Bucket", "Key"))
    read_foreign = _foreign_reader(members, takes_body=takes_body)
    read_query = _query_reader(shape, by_header, read_foreign)
    read_payload = _payload_reader(members)
    silent = frozenset(_EVERYWHERE - by_header.keys())

    def read_input(
        bucket: str | None, key: str | None, query: Mapping[str, str], headers: Mapping[str, str], payload: Any = b""
    ) -> Any:
        values: dict[str, Any] = {}
        if wants_bucket:
            values["bucket"] = bucket
            if wants_key:
                values["key"] = key
        if query:
            read_query(values, query)  # first, so that a header field of the same name wins
        # A plain GET has nothing but what every request has, which one comparison in C tells.
        if not headers.keys() <= silent:
            for name, value in headers.items():
                known = by_header.get(name)
                if known is not None:
                    field, convert = known
                    values[field] = value if convert is None else convert(value)
                elif name[:6] == "x-amz-" and name not in _ELSEWHERE:
                    read_foreign(values, name, value)
        if read_payload is not None:
            read_payload(values, payload)
        return shape(**values)

    return read_input


def _query_reader(
    shape: type[Struct], by_header: dict[str, tuple[str, Convert | None]], read_foreign: _ReadField
) -> Callable[[dict[str, Any], Mapping[str, str]], None]:
    by_query = {
        each.wire: (each.field, text_reader(each)) for each in members_of(shape) if isinstance(each.place, Query)
    }
    misplaced = {
        name: reason for name, reason in (_MISPLACED | getattr(shape, "misplaced", {})).items() if name not in by_query
    }

    def read_query(values: dict[str, Any], query: Mapping[str, str]) -> None:
        presigned = is_query_signed(query)
        for name, value in query.items():
            known = by_query.get(name)
            if known is None:
                if name in misplaced:
                    raise S3Error(misplaced[name], ArgumentName=name, ArgumentValue=value)
                header = header_in_query(name) if presigned else None
                if header is None:
                    continue
                known = by_header.get(header)
                if known is None:
                    read_foreign(values, header, value)
                    continue
            field, convert = known
            values[field] = value if convert is None else convert(value)

    return read_query


def _foreign_reader(members: tuple[Member, ...], *, takes_body: bool) -> _ReadField:
    """The reader of header fields that are no member by name: user metadata, and those of other operations."""
    map_field = next((each.field for each in members if isinstance(each.place, HeaderPrefix)), None)

    def read_foreign(values: dict[str, Any], name: str, value: str) -> None:
        if not name.startswith(META_PREFIX):
            _check_foreign(name, value, takes_body=takes_body)
        elif map_field is not None:
            entries = values.get(map_field)
            if entries is None:
                entries = values[map_field] = {}
            entries[name[_PREFIX_LENGTH:]] = read_words(value)

    return read_foreign


def _check_foreign(name: str, value: str, *, takes_body: bool) -> None:
    """Refuse header fields of other operations that ask for what this one would not do."""
    if name.startswith("x-amz-server-side-encryption"):
        error = S3Error("InvalidArgument.EncryptionHeader", ArgumentName=name)
        if "customer-key" not in name:  # a secret
            error.detail["ArgumentValue"] = value
        raise error
    if name == "x-amz-copy-source":
        raise S3Error("InvalidArgument.CopySourceUnexpected", ArgumentName=name, ArgumentValue=value)
    if takes_body and name.startswith("x-amz-checksum-") and name not in _CHECKSUM_FIELDS:
        raise S3Error("InvalidRequest.ChecksumHeader", Header=name)


def _payload_reader(members: tuple[Member, ...]) -> Callable[[dict[str, Any], Any], None] | None:
    member = next((each for each in members if isinstance(each.place, Stream | Payload)), None)
    if member is None:
        return None
    field, place, required = member.field, member.place, member.required
    if not isinstance(place, Payload):

        def read_stream(values: dict[str, Any], payload: Any) -> None:
            values[field] = payload

        return read_stream
    if member.shape is None:
        read = _text_reader(place.malformed)
    else:
        read = document_reader(member.shape, place.root, place.malformed)

    def read_document(values: dict[str, Any], payload: Any) -> None:
        if payload:
            values[field] = read(payload)
        elif required:
            raise S3Error("MissingRequestBodyError")

    return read_document


def _text_reader(malformed: str) -> Callable[[bytes], Any]:
    def read_text(document: bytes) -> str:
        try:
            return document.decode()
        except UnicodeDecodeError:
            raise S3Error(malformed) from None

    return read_text


def compile_output_writer(shape: type[Struct] | None, status: int) -> OutputWriter:
    """Compile ``write_output(output) -> (status, headers, body)``; a streaming payload is not in ``body``.

    An output that tells a content range is answered 206 (RFC 9110 section 15.3.7).
    """
    if shape is None:
        return lambda _: (status, [], b"")
    members = members_of(shape)
    scope: dict[str, Any] = {
        "write_iso8601": write_iso8601,
        "write_rfc1123": write_rfc1123,
        "write_words": write_words,
        "xml": _XML,
    }
    lines = ["def write_output(output):", "    headers = []", "    add = headers.append"]
    lines += _header_statements(shape, [member for member in members if isinstance(member.place, Header)], scope)
    body = "b''"
    for member in members:
        value = f"output.{member.field}"
        match member.place:
            case HeaderPrefix(prefix):
                lines += [
                    f"    if {value}:",
                    f"        for name, value in {value}.items():",
                    "            plain = value.isascii() and value.isalnum()",
                    f"            add(({prefix!r} + name, value if plain else write_words(value)))",
                ]
            case Payload() if member.shape is None:
                scope["xml"] = _JSON
                body = f"{value}.encode() if {value} is not None else b''"
            case Payload(root):
                assert member.shape is not None
                scope["write_document"] = document_writer(member.shape, root)
                body = f"write_document({value}) if {value} is not None else b''"
            case _:
                pass
    if root_of(shape):
        scope["write_document"] = document_writer(shape, root_of(shape))
        body = "write_document(output)"
    has_range = any(member.field == "content_range" for member in members)
    code = f"{status} if output.content_range is None else 206" if has_range else str(status)
    lines.append(f"    body = {body}")
    if body != "b''":
        lines += ["    if body:", "        add(xml)"]
    lines.append(f"    return {code}, headers, body")
    # As in xml_write: source, from the names of shapes in this package, takes a third of the time of a loop.
    exec("\n".join(lines), scope)  # noqa: S102
    write: OutputWriter = scope["write_output"]
    return write


_FEW_HEADERS: Final = 12


def _header_statements(shape: type[Struct], members: list[Member], scope: dict[str, Any]) -> list[str]:
    """Source that adds the header fields that are there.

    An object has 45 that it could have and some seven that it has: of a shape with many, those that are there are found
    by ``compress``, in C, and not by as many comparisons here.
    """
    if len(members) <= _FEW_HEADERS:
        return [
            line
            for member in members
            for line in (
                f"    value = output.{member.field}",
                "    if value is not None:",
                f"        add(({_name(member)!r}, {header_text(member)}))",
            )
        ]
    by_field = {member.field: member for member in members}
    fields = shape.__struct_fields__
    places = []
    for index, field in enumerate(fields):
        member = by_field.get(field)
        text = eval(f"lambda value: {header_text(member)}", scope) if member is not None else None  # noqa: S307 - ours
        plain = member is not None and header_text(member) == "value"
        places.append((index, "" if member is None else _name(member), None if plain else text))
    scope.update(astuple=astuple, compress=compress, is_not=is_not, nothing=(None,) * len(fields), places=places)
    return [
        "    fields = astuple(output)",
        "    for index, name, text in compress(places, map(is_not, fields, nothing)):",
        "        if name:",
        "            add((name, fields[index] if text is None else text(fields[index])))",
    ]


def _name(member: Member) -> str:
    assert isinstance(member.place, Header)
    return member.place.name
