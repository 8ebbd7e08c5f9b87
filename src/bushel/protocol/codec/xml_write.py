"""XML documents from shapes. A writer is compiled once per shape, as source: a listing spends its time here.

S3's dialect is small: elements in a fixed order, lists flattened or wrapped, one attribute (a grantee's type), no mixed
content. What XML 1.0 cannot carry (control characters, lone surrogates, U+FFFE and U+FFFF) is written as U+FFFD: S3
writes character references that no parser accepts, and a document that cannot be read is worth less than one key in it.
Clients that want such keys whole ask for ``encoding-type=url``.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from msgspec import Struct

from bushel.protocol.codec.fields import Text, Xml
from bushel.protocol.codec.members import SCHEMA_INSTANCE, Member, in_document, members_of
from bushel.protocol.codec.scalars import write_iso8601, write_rfc1123

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

_special = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]').search
_REPLACEMENTS: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
    | {chr(code): "\ufffd" for code in (*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)}
)


def escape(text: str) -> str:
    """Text as the content of an element or the value of an attribute."""
    return text if _special(text) is None else text.translate(_REPLACEMENTS)


def escape_etag(etag: str) -> str:
    """The same, quicker for what entity tags look like: letters, digits and a hyphen within quotes."""
    inner = etag[1:-1]
    if f'"{inner}"' == etag and (inner.isalnum() or inner.replace("-", "").isalnum()):
        return f"&quot;{inner}&quot;"
    return escape(etag)


@cache
def document_writer(shape: type[Struct], root: str) -> Callable[[Any], bytes]:
    """Compile the writer of whole documents with this root element."""
    lines = [
        "def write(shape):",
        "    parts = [head]",
        "    add = parts.append",
        *_content(shape, "shape", 1),
        "    add(tail)",
        "    return ''.join(parts).encode()",
    ]
    scope: dict[str, Any] = {
        "head": f'{DECLARATION}<{root} xmlns="{NAMESPACE}">',
        "tail": f"</{root}>",
        "escape": escape,
        "escape_etag": escape_etag,
        "special": _special,
        "write_iso8601": write_iso8601,
        "write_rfc1123": write_rfc1123,
    }
    # Source rather than closures halves the time of a listing, as in dataclasses and namedtuple. Names in it come from
    # the shapes in this package, never from a request.
    exec("\n".join(lines), scope)  # noqa: S102
    write: Callable[[Any], bytes] = scope["write"]
    return write


def _content(shape: type[Struct], owner: str, depth: int) -> list[str]:
    """Statements that add what stands between the tags of an element; ``owner`` is the expression of its value."""
    lines: list[str] = []
    for member in members_of(shape):
        if in_document(member) and not _is_attribute(member):
            lines += _statements(member, f"{owner}.{member.field}", f"value{depth}", depth)
    return lines


def _statements(member: Member, source: str, value: str, depth: int) -> list[str]:
    indent = "    " * depth
    if not member.is_list:
        return [f"{indent}{value} = {source}", f"{indent}if {value} is not None:", *_element(member, value, depth + 1)]
    if not _is_wrapped(member):
        return [f"{indent}for {value} in {source}:", *_element(member, value, depth + 1)]
    return [
        f"{indent}if {source} is not None:",
        f"{indent}    add('<{member.wire}>')",
        f"{indent}    for {value} in {source}:",
        *_element(member, value, depth + 2),
        f"{indent}    add('</{member.wire}>')",
    ]


def _element(member: Member, value: str, depth: int) -> list[str]:
    """Statements that add the element of one value."""
    indent = "    " * depth
    name = _item_name(member)
    if isinstance(member.place, Text):
        return [f"{indent}add(escape({value}))"]
    if member.shape is not None:
        opening = _opening_tag(member.shape, name, value)
        return [f"{indent}add({opening})", *_content(member.shape, value, depth), f"{indent}add('</{name}>')"]
    match member.kind:
        case "integer":
            text = value
        case "boolean":
            text = f"'true' if {value} else 'false'"
        case "timestamp":
            rfc1123 = member.moment is not None and member.moment.style == "rfc1123"
            text = f"write_{'rfc1123' if rfc1123 else 'iso8601'}({value})"
        case "string" if member.choices:
            text = value
        case "string" if member.field == "e_tag":
            text = f"escape_etag({value})"
        case "string":
            text = f"{value} if special({value}) is None else escape({value})"
        case _:
            raise TypeError(f"{member.field}: {member.kind} is no element")
    return [f'{indent}add(f"<{name}>{{{text}}}</{name}>")']


def _opening_tag(shape: type[Struct], name: str, value: str) -> str:
    """Source of an expression: an element's opening tag with the attribute that the shape declares."""
    attributes = [each for each in members_of(shape) if _is_attribute(each)]
    if not attributes:
        return f"'<{name}>'"
    (only,) = attributes
    tag = f'<{name} xmlns:xsi="{SCHEMA_INSTANCE}" xsi:{only.wire}='
    return f"""f'{tag}"{{escape({value}.{only.field})}}">'"""


def _is_attribute(member: Member) -> bool:
    return isinstance(member.place, Xml) and member.place.attribute


def _is_wrapped(member: Member) -> bool:
    return isinstance(member.place, Xml) and member.place.item is not None


def _item_name(member: Member) -> str:
    if isinstance(member.place, Xml) and member.place.item is not None:
        return member.place.item
    return member.wire


def write_error(code: str, message: str, detail: Mapping[str, str], request_id: str, host_id: str) -> bytes:
    """The document of an error. Error documents have no namespace; the ids come last, as in S3's."""
    extra = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in detail.items())
    return (
        f"{DECLARATION}<Error><Code>{code}</Code><Message>{escape(message)}</Message>{extra}"
        f"<RequestId>{escape(request_id)}</RequestId><HostId>{escape(host_id)}</HostId></Error>"
    ).encode()
