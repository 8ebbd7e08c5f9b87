"""Where a member of a shape lives in the message, and what becomes of it: the markers inside ``Annotated``.

Only declarations; what they mean is compiled in ``bind`` (headers, query, path), ``xml_read`` and ``xml_write``. A
member without a place marker is an XML element of the document, named like the member in S3's capitals
(``part_number``: ``PartNumber``); a list is flattened unless its marker names the items.

Every member *acts* unless it is marked ``Refused`` or ``NoEffect``. There is no fourth way: what is accepted is done.
"""

from typing import Annotated

from msgspec import Struct


class Path(Struct, frozen=True):
    """Named by the request's path: ``Bucket`` or ``Key``."""

    name: str


class Query(Struct, frozen=True):
    """A query parameter."""

    name: str


class Header(Struct, frozen=True):
    """A header field, in the capitals that S3 sends."""

    name: str


class HeaderPrefix(Struct, frozen=True):
    """A map: every header field whose name starts with the prefix (user metadata)."""

    prefix: str


class Xml(Struct, frozen=True):
    """An element of the document.

    Attributes:
        name: The element's name; ``None`` for the member's own in capitals.
        item: For a list that is wrapped in the element, the name of one item; ``None`` for a flattened list. A wrapped
            list that is ``None`` has no element.
        attribute: It is an attribute of the enclosing element, which has the schema-instance prefix.
    """

    name: str | None = None
    item: str | None = None
    attribute: bool = False


class Text(Struct, frozen=True):
    """The text of the document's root element."""


class Payload(Struct, frozen=True):
    """The member is the whole document: a structure in XML, or a text (JSON) as it is.

    Attributes:
        root: Name of its root element; of a text, S3's name for it.
        malformed: Reason (key into the catalogue of errors) of a document that does not fit.
    """

    root: str
    malformed: str = "MalformedXML"


class Stream(Struct, frozen=True):
    """The member is the body, a stream that the binder never looks into."""


class Refused(Struct, frozen=True):
    """A request that carries the member is refused: there is no function behind it.

    Attributes:
        reason: Key into the catalogue of errors.
        allow: Values, as on the wire, that are not refused; ``true`` and ``false`` in lower case.
    """

    reason: str = "NotImplemented"
    allow: tuple[str, ...] = ()


class NoEffect(Struct, frozen=True):
    """By S3's own definition the member changes nothing here; ``why`` is for the compatibility page."""

    why: str


class Invalid(Struct, frozen=True):
    """The error for a value that the member cannot have, where it is not InvalidArgument with the argument named.

    Attributes:
        reason: Key into the catalogue of errors. An InvalidArgument names the argument and its value.
        value_field: Child of ``<Error>`` that repeats the value, if S3 gives one.
    """

    reason: str
    value_field: str | None = None


class Demanded(Struct, frozen=True):
    """S3 requires the member and has an error of its own for its absence: the field has a default, and the operation
    raises that error.
    """


class AnyCase(Struct, frozen=True):
    """The enumeration's values are recognised in any case."""


class AtMost(Struct, frozen=True):
    """Bound of a list in a document; a longer one is refused like a document that is not well-formed."""

    count: int


class Between(Struct, frozen=True):
    """Bounds of an integer, both allowed."""

    low: int
    high: int


class Moment(Struct, frozen=True):
    """How an instant is written: ``rfc1123`` or ``iso8601``; ``None`` for what is usual where the member lives.

    ``lenient``: RFC 9110 section 13.1 has a recipient ignore a condition whose date is malformed.
    """

    style: str | None = None
    lenient: bool = False


class Echoed(Struct, frozen=True):
    """The value comes back as a response header, so it must be one: ISO 8859-1 without control characters."""


Timestamp = Annotated[int, Moment()]
"""Milliseconds since 1970 UTC."""
