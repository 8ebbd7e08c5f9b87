"""The WSDL of S3's SOAP interface, made from the table of messages."""

from collections.abc import Iterator
from functools import cache
from typing import Final

from bushel.protocol.codec.xml_write import DECLARATION, NAMESPACE, escape
from bushel.protocol.soap.messages import MESSAGES, Message
from bushel.protocol.soap.types import Element, Simple, Structure

_PLACE: Final = "{place}"
_DOCUMENTATION: Final = (
    "S3 as SOAP 1.1, document/literal. A request is signed with AWSAccessKeyId, Timestamp and Signature, which is the "
    "HMAC-SHA1 of AmazonS3, the operation's name and the text of Timestamp; without them it is anonymous. Attachments "
    "are MIME parts (SOAP Messages with Attachments); DIME is not implemented."
)


def wsdl(address: str) -> bytes:
    """The document.

    Args:
        address: Where requests are sent.
    """
    return _template().replace(_PLACE, escape(address)).encode()


@cache
def _template() -> str:
    messages = MESSAGES.values()
    lines = [
        f'<wsdl:definitions name="AmazonS3" targetNamespace="{NAMESPACE}" xmlns:tns="{NAMESPACE}"',
        '    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"',
        '    xmlns:xsd="http://www.w3.org/2001/XMLSchema">',
        f"<wsdl:documentation>{_DOCUMENTATION}</wsdl:documentation>",
        "<wsdl:types>",
        f'<xsd:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">',
        *_types(),
        *(line for message in messages for line in _elements(message)),
        "</xsd:schema>",
        "</wsdl:types>",
        *(line for message in messages for line in _parts(message)),
        '<wsdl:portType name="AmazonS3">',
        *(line for message in messages for line in _port_operation(message)),
        "</wsdl:portType>",
        '<wsdl:binding name="AmazonS3SoapBinding" type="tns:AmazonS3">',
        '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>',
        *(line for message in messages for line in _bound_operation(message)),
        "</wsdl:binding>",
        '<wsdl:service name="AmazonS3">',
        f'<wsdl:port name="AmazonS3" binding="tns:AmazonS3SoapBinding"><soap:address location="{_PLACE}"/></wsdl:port>',
        "</wsdl:service>",
        "</wsdl:definitions>",
        "",
    ]
    return DECLARATION + "\n".join(lines)


def _types() -> Iterator[str]:
    """Every named type once, before those that refer to it."""
    written: set[str] = set()
    for message in MESSAGES.values():
        yield from _named(message.request, written)
        if message.answer is not None:
            yield from _named(message.answer.type, written)


def _named(kind: Simple | Structure, written: set[str]) -> Iterator[str]:
    if isinstance(kind, Simple):
        if kind.choices and kind.name not in written:
            written.add(kind.name)
            values = "".join(f'<xsd:enumeration value="{choice}"/>' for choice in kind.choices)
            restriction = f'<xsd:restriction base="xsd:string">{values}</xsd:restriction>'
            yield f'<xsd:simpleType name="{kind.name}">{restriction}</xsd:simpleType>'
        return
    if kind.name not in written:
        if kind.base is not None:
            yield from _named(kind.base, written)
        for element in kind.elements:
            yield from _named(element.type, written)
        if kind.name:
            written.add(kind.name)
            yield _complex(kind)
    for each in (kind.kinds or {}).values():
        yield from _named(each, written)


def _complex(structure: Structure) -> str:
    content = _sequence(structure)
    if structure.base is not None:
        extension = f'<xsd:extension base="tns:{structure.base.name}">{content}</xsd:extension>'
        content = f"<xsd:complexContent>{extension}</xsd:complexContent>"
    abstract = ' abstract="true"' if structure.kinds is not None else ""
    return f'<xsd:complexType name="{structure.name}"{abstract}>{content}</xsd:complexType>'


def _sequence(structure: Structure) -> str:
    return f"<xsd:sequence>{''.join(_element(each) for each in structure.elements)}</xsd:sequence>"


def _element(element: Element) -> str:
    kind = element.type
    prefix = "xsd" if isinstance(kind, Simple) and not kind.choices else "tns"
    attributes = f'name="{element.name}" type="{prefix}:{kind.name}"'
    if element.least != 1:
        attributes += f' minOccurs="{element.least}"'
    if element.most != 1:
        attributes += f' maxOccurs="{"unbounded" if element.most is None else element.most}"'
    if element.nillable:
        attributes += ' nillable="true"'
    return f"<xsd:element {attributes}/>"


def _elements(message: Message) -> Iterator[str]:
    answer = Structure("", () if message.answer is None else (message.answer,))
    for name, structure in ((message.name, message.request), (message.answer_name, answer)):
        yield f'<xsd:element name="{name}"><xsd:complexType>{_sequence(structure)}</xsd:complexType></xsd:element>'


def _parts(message: Message) -> Iterator[str]:
    for name, element in ((f"{message.name}Request", message.name), (message.answer_name, message.answer_name)):
        yield f'<wsdl:message name="{name}"><wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>'


def _port_operation(message: Message) -> Iterator[str]:
    yield f'<wsdl:operation name="{message.name}">'
    yield f"<wsdl:documentation>{escape(message.documentation)}</wsdl:documentation>"
    yield f'<wsdl:input message="tns:{message.name}Request"/><wsdl:output message="tns:{message.answer_name}"/>'
    yield "</wsdl:operation>"


def _bound_operation(message: Message) -> Iterator[str]:
    yield f'<wsdl:operation name="{message.name}"><soap:operation soapAction=""/>'
    yield '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>'
    yield "</wsdl:operation>"
