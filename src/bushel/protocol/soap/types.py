"""Types of XML Schema, as far as S3's SOAP messages are made of them: what the reader, the writer and the WSDL share.

Values are plain: text, numbers, bytes, ``Moment``, and dictionaries by element name for structures.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from bushel.protocol.codec.scalars import read_integer, read_iso8601, write_iso8601


class Moment(NamedTuple):
    """An instant as it was written, which is what a signature covers, and in milliseconds since 1970 UTC."""

    text: str
    milliseconds: int


class Simple(NamedTuple):
    """A type of text.

    Attributes:
        name: As the schema refers to it.
        read: Text to value; raises ValueError.
        write: Value to text.
        choices: The values of an enumeration.
    """

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()


class Structure(NamedTuple):
    """A type of elements.

    Attributes:
        name: As the schema refers to it; empty for the type of a message.
        elements: In the schema's order, those of ``base`` before them.
        base: The type that this one extends.
        kinds: The types that may stand for this one, by what ``xsi:type`` calls them; itself stands for nothing then.
    """

    name: str
    elements: "tuple[Element, ...]" = ()
    base: "Structure | None" = None
    kinds: "Mapping[str, Structure] | None" = None


class Element(NamedTuple):
    """An element of a structure.

    Attributes:
        name: Its tag.
        type: Of its content.
        least: How often it must come.
        most: How often it may come; ``None`` for any number. More than once makes its value a list.
        nillable: Whether it may come empty, marked by ``xsi:nil``.
    """

    name: str
    type: Simple | Structure
    least: int = 1
    most: int | None = 1
    nillable: bool = False

    @property
    def is_list(self) -> bool:
        return self.most != 1


def all_elements(structure: Structure) -> tuple[Element, ...]:
    """Those of a structure and of what it extends."""
    before = all_elements(structure.base) if structure.base is not None else ()
    return before + structure.elements


_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_EARLIEST_MS: Final = read_iso8601("0001-01-01T00:00:00Z")
_LATEST_MS: Final = read_iso8601("9999-12-31T23:59:59Z")
"""An offset may lead out of the calendar."""
_WHITE_SPACE: Final = str.maketrans("", "", " \t\r\n")


def _read_moment(text: str) -> Moment:
    text = text.strip()
    if _DATE_TIME.fullmatch(text) is None:
        raise ValueError(text)
    milliseconds = read_iso8601(text)
    if not _EARLIEST_MS <= milliseconds <= _LATEST_MS:
        raise ValueError(text)
    return Moment(text, milliseconds)


def _read_boolean(text: str) -> bool:
    match text.strip():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise ValueError(text)


def _read_bytes(text: str) -> bytes:
    text = text.translate(_WHITE_SPACE)
    if len(text) % 4 or text.endswith("==="):
        raise ValueError("padding")
    return binascii.a2b_base64(text, strict_mode=True)


def _write_bytes(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def enumeration(name: str, *choices: str) -> Simple:
    """A type of a few words."""

    def read(text: str) -> str:
        word = text.strip()
        if word not in choices:
            raise ValueError(text)
        return word

    return Simple(name, read, choices=choices)


STRING: Final = Simple("string", str)
INT: Final = Simple("int", lambda text: read_integer(text.strip()))
LONG: Final = Simple("long", lambda text: read_integer(text.strip()))
BOOLEAN: Final = Simple("boolean", _read_boolean, lambda value: "true" if value else "false")
DATE_TIME: Final = Simple("dateTime", _read_moment, write_iso8601)
BASE64: Final = Simple("base64Binary", _read_bytes, _write_bytes)
