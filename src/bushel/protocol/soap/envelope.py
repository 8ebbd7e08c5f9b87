"""SOAP 1.1 messages: requests read, answers and faults written. Source: W3C Note "SOAP 1.1", sections 4 and 6.

Strict: what is not in the table of messages is refused by name, nothing comes twice that may come once, document types
are refused (so no entity can grow), and how deep and how often is bounded. Size is the caller's to limit.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn
from xml.parsers import expat

from bushel.protocol.codec.members import SCHEMA_INSTANCE
from bushel.protocol.codec.xml_write import DECLARATION, NAMESPACE, escape
from bushel.protocol.errors import S3Error
from bushel.protocol.soap.messages import MESSAGES, NOT_IMPLEMENTED, Message
from bushel.protocol.soap.types import Element, Simple, Structure, all_elements

ENVELOPE_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"

S3_NAMESPACES: Final = frozenset(
    f"{scheme}://{rest}{slash}"
    for scheme in ("http", "https")
    for rest in ("s3.amazonaws.com/doc/2006-03-01", "doc.s3.amazonaws.com/2006-03-01")
    for slash in ("", "/")
)
"""The schema's, and those that S3's documentation has in its examples."""

_DEEPEST: Final = 32
_SEPARATOR: Final = " "


class Asked(NamedTuple):
    """A request: its operation, and the values of its elements by their names."""

    message: Message
    values: dict[str, Any]


def read_request(document: bytes) -> Asked:
    """A request that came whole.

    Raises:
        S3Error: MalformedXML, InvalidSOAPRequest, NotImplemented.
    """
    reader = _Reader()
    reader.feed(document, final=True)
    if reader.asked is None:
        raise S3Error("InvalidSOAPRequest.Missing", Element="Body")
    return reader.asked


def begins(document: bytes, name: str) -> bool:
    """Whether a document, of which only the beginning came, is a request for this operation."""
    reader = _Reader()
    try:
        reader.feed(document, final=False)
    except S3Error:
        return False
    return reader.message is not None and reader.message.name == name


class _Frame(NamedTuple):
    """A structure that is being read."""

    elements: dict[str, Element]
    values: dict[str, Any]
    element: Element | None
    structure: Structure


class _Reader:
    """One document's way through expat.

    Attributes:
        message: The operation, once its element began.
        asked: The request, once its element ended.
    """

    def __init__(self) -> None:
        self.message: Message | None = None
        self.asked: Asked | None = None
        self._namespace = ""
        self._above: list[str] = []  # Envelope, then Header or Body
        self._skipped = 0
        self._stack: list[_Frame] = []
        self._element: Element | None = None
        self._nil = False
        self._text: list[str] = []
        parser = self._parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def feed(self, document: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(document, final)
        except expat.ExpatError:
            raise S3Error("MalformedXML") from None

    def _doctype(self, *_: object) -> NoReturn:
        raise S3Error("MalformedXML")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(_SEPARATOR)
        if self._skipped:
            self._skipped += 1
            if self._skipped > _DEEPEST:
                raise S3Error("MalformedXML")
        elif self._element is not None:
            raise S3Error("InvalidSOAPRequest.Element", Element=name)
        elif self._stack:
            self._enter(name, namespace, attributes)
        elif self._above == ["Envelope", "Body"]:
            self._begin(name, namespace)
        elif self._above == ["Envelope", "Header"]:
            if attributes.get(f"{ENVELOPE_NAMESPACE}{_SEPARATOR}mustUnderstand", "0").strip() in {"1", "true"}:
                raise S3Error("InvalidSOAPRequest.MustUnderstand", Element=name)
            self._skipped = 1
        else:
            self._enter_envelope(name, namespace)

    def _enter_envelope(self, name: str, namespace: str) -> None:
        expected = {"Header", "Body"} if self._above else {"Envelope"}
        if name not in expected or (self.asked is not None):
            raise S3Error("InvalidSOAPRequest.Element", Element=name)
        if namespace != ENVELOPE_NAMESPACE:
            raise S3Error("InvalidSOAPRequest.Version", Namespace=namespace)
        self._above.append(name)

    def _begin(self, name: str, namespace: str) -> None:
        """The element of the operation."""
        if self.message is not None:
            raise S3Error("InvalidSOAPRequest.Element", Element=name)
        if namespace not in S3_NAMESPACES:
            raise S3Error("InvalidSOAPRequest.Namespace", Namespace=namespace, Element=name)
        if name in NOT_IMPLEMENTED:
            raise S3Error("NotImplemented.Operation", Operation=name)
        if name not in MESSAGES:
            raise S3Error("InvalidSOAPRequest.Element", Element=name)
        self.message = MESSAGES[name]
        self._namespace = namespace
        self._push(None, self.message.request)

    def _enter(self, name: str, namespace: str, attributes: dict[str, str]) -> None:
        """An element within that of the operation. Toolkits of the time left out the namespace, and S3 let it pass."""
        if namespace not in {"", self._namespace}:
            raise S3Error("InvalidSOAPRequest.Namespace", Namespace=namespace, Element=name)
        frame = self._stack[-1]
        element = frame.elements.get(name)
        if element is None:
            raise S3Error("InvalidSOAPRequest.Element", Element=name)
        if name in frame.values and (not element.is_list or len(frame.values[name]) == element.most):
            raise S3Error("InvalidSOAPRequest.Twice", Element=name)
        self._nil = attributes.get(f"{SCHEMA_INSTANCE}{_SEPARATOR}nil", "").strip() in {"1", "true"}
        if isinstance(element.type, Simple) or self._nil:
            self._element = element
        else:
            self._push(element, _kind(element, attributes))

    def _push(self, element: Element | None, structure: Structure) -> None:
        self._stack.append(_Frame({each.name: each for each in all_elements(structure)}, {}, element, structure))

    def _characters(self, data: str) -> None:
        if self._element is not None and not self._nil:
            self._text.append(data)
        elif not self._skipped and not data.isspace():
            raise S3Error("InvalidSOAPRequest.Text")

    def _end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif self._element is not None:
            self._end_of_text(self._element)
        elif self._stack:
            self._end_of_structure()
        else:
            self._above.pop()

    def _end_of_text(self, element: Element) -> None:
        self._element = None
        text = "".join(self._text)
        self._text.clear()
        if self._nil:
            self._nil = False
            return
        assert isinstance(element.type, Simple)
        try:
            value = element.type.read(text)
        except ValueError:
            raise S3Error("InvalidSOAPRequest.Value", Element=element.name) from None
        _keep(self._stack[-1].values, element, value)

    def _end_of_structure(self) -> None:
        frame = self._stack.pop()
        values = frame.values
        for element in frame.elements.values():
            if element.least and element.name not in values:
                raise S3Error("InvalidSOAPRequest.Missing", Element=element.name)
        if frame.element is None:
            assert self.message is not None
            self.asked = Asked(self.message, values)
            return
        assert isinstance(frame.element.type, Structure)
        if frame.element.type.kinds:
            values[""] = frame.structure.name
        _keep(self._stack[-1].values, frame.element, values)


def _kind(element: Element, attributes: Mapping[str, str]) -> Structure:
    """The structure that an element has: its type, or the one of its kinds that ``xsi:type`` names."""
    assert isinstance(element.type, Structure)
    kinds = element.type.kinds
    if not kinds:
        return element.type
    name = attributes.get(f"{SCHEMA_INSTANCE}{_SEPARATOR}type", "").strip().rpartition(":")[2]
    if name not in kinds:
        raise S3Error("InvalidSOAPRequest.Value", Element=element.name)
    return kinds[name]


def _keep(values: dict[str, Any], element: Element, value: Any) -> None:
    if element.is_list:
        values.setdefault(element.name, []).append(value)
    else:
        values[element.name] = value


# --- writing ----------------------------------------------------------------------------------------------------------

_HEAD: Final = (
    f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{ENVELOPE_NAMESPACE}" xmlns:xsi="{SCHEMA_INSTANCE}"><soapenv:Body>'
)
_TAIL: Final = "</soapenv:Body></soapenv:Envelope>"


def write_answer(message: Message, values: Mapping[str, Any] | None) -> bytes:
    """The answer to a request: values by the names of the answer's elements.

    A structure of several kinds has its kind under ``""``, as in requests.
    """
    content: list[str] = []
    if message.answer is not None:
        assert values is not None
        _write(content, message.answer, values)
    name = message.answer_name
    return f'{_HEAD}<{name} xmlns="{NAMESPACE}">{"".join(content)}</{name}>{_TAIL}'.encode()


def _write(content: list[str], element: Element, value: Any) -> None:
    name = element.name
    if value is None:
        content.append(f'<{name} xsi:nil="true"/>')
        return
    if isinstance(element.type, Simple):
        content.append(f"<{name}>{escape(element.type.write(value))}</{name}>")
        return
    structure = element.type
    if structure.kinds:
        structure = structure.kinds[value[""]]
        content.append(f'<{name} xsi:type="{structure.name}">')
    else:
        content.append(f"<{name}>")
    for inner in all_elements(structure):
        if inner.is_list:
            for each in value.get(inner.name, ()):
                _write(content, inner, each)
        elif inner.nillable or inner.least or value.get(inner.name) is not None:
            _write(content, inner, value[inner.name])
    content.append(f"</{name}>")


_FAULT_CODES: Final = {
    "InvalidSOAPRequest.MustUnderstand": "MustUnderstand",
    "InvalidSOAPRequest.Version": "VersionMismatch",
}
"""What SOAP itself has a code for; all else is Client or Server, a dot, and S3's code."""


def write_fault(error: S3Error, request_id: str, host_id: str) -> bytes:
    """The fault that tells of an error."""
    side = "Server" if error.status >= 500 else "Client"
    code = _FAULT_CODES.get(error.reason, f"{side}.{error.code}")
    detail = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in error.detail.items())
    return (
        f"{_HEAD}<soapenv:Fault><faultcode>soapenv:{code}</faultcode><faultstring>{escape(error.message)}</faultstring>"
        f"<detail>{detail}<RequestId>{escape(request_id)}</RequestId><HostId>{escape(host_id)}</HostId></detail>"
        f"</soapenv:Fault>{_TAIL}"
    ).encode()
