"""Where a member of a shape lives in the message, and what becomes of it: the markers inside ``Annotated``.

Only declarations; what they mean is compiled in ``bind`` (headers, query, path), ``xml_read`` and ``xml_write``. A
member without a place marker is an XML element of the document, named like the member in S3's capitals
(``part_number``: ``PartNumber``); a list is flattened unless its marker names the items.

Every member *acts* unless it is marked ``Refused`` or ``NoEffect``. There is no fourth way: what is accepted is done.
"""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Path:
    """Named by the request's path: ``Bucket`` or ``Key``."""

    name: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header field, in the capitals that S3 sends."""

    name: str


@dataclass(frozen=True, slots=True)
class HeaderPrefix:
    """A map: every header field whose name starts with the prefix (user metadata)."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Xml:
    """An element of the document.

    Attributes:
        name: The element's name; ``None`` for the member's own in capitals.
        item: For a list that is wrapped in the element, the name of one item; ``None`` for a flattened list.
        attribute: It is an attribute of the enclosing element, which has the schema-instance prefix.
    """

    name: str | None = None
    item: str | None = None
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The text of the document's root element."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The member is the whole document; ``root`` is the name of its root element."""

    root: str


@dataclass(frozen=True, slots=True)
class Stream:
    """The member is the body, a stream that the binder never looks into."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that carries the member is refused: there is no function behind it.

    Attributes:
        reason: Key into the catalogue of errors.
        allow: Values, as on the wire, that are not refused; ``true`` and ``false`` in lower case.
    """

    reason: str = "NotImplemented"
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoEffect:
    """By S3's own definition the member changes nothing here; ``why`` is for the compatibility page."""

    why: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """The error for a value that the member cannot have, where it is not InvalidArgument with the argument named.

    Attributes:
        reason: Key into the catalogue of errors.
        value_field: Child of ``<Error>`` that repeats the value, if S3 gives one.
    """

    reason: str
    value_field: str | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds of an integer, both allowed."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Moment:
    """How an instant is written: ``rfc1123`` or ``iso8601``; ``None`` for what is usual where the member lives.

    ``lenient``: RFC 9110 section 13.1 has a recipient ignore a condition whose date is malformed.
    """

    style: str | None = None
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Echoed:
    """The value comes back as a response header, so it must be one: ISO 8859-1 without control characters."""


Timestamp = Annotated[int, Moment()]
"""Milliseconds since 1970 UTC."""
