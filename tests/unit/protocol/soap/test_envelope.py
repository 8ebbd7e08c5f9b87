"""SOAP messages read and written: what a value becomes and comes back as, and what any bytes become."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.xml_write import NAMESPACE
from bushel.protocol.errors import S3Error
from bushel.protocol.soap.envelope import ENVELOPE_NAMESPACE, _write, begins, read_request, write_answer, write_fault
from bushel.protocol.soap.messages import MESSAGES
from bushel.protocol.soap.types import BASE64, BOOLEAN, DATE_TIME, INT, LONG, STRING, Element, Simple, all_elements

XSI = "http://www.w3.org/2001/XMLSchema-instance"

texts = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=20)
moments = st.integers(-62_135_596_800_000, 253_402_300_799_000)


SIMPLE_VALUES = {
    STRING: texts,
    INT: st.integers(-(2**31), 2**31 - 1),
    LONG: st.integers(-(2**63), 2**63 - 1),
    BOOLEAN: st.booleans(),
    DATE_TIME: moments,
    BASE64: st.binary(max_size=50),
}


def values_of(kind):
    """Any value that an element of this type can have."""
    if isinstance(kind, Simple):
        return st.sampled_from(kind.choices) if kind.choices else SIMPLE_VALUES[kind]
    if kind.kinds:
        return st.one_of(
            [values_of(each).map(lambda value, name=name: {"": name, **value}) for name, each in kind.kinds.items()]
        )
    required, optional = {}, {}
    for element in all_elements(kind):
        value = values_of(element.type)
        if element.is_list:
            value = st.lists(value, min_size=1, max_size=3)
        (required if element.least else optional)[element.name] = value
    return st.fixed_dictionaries(required, optional=optional)


def envelope(content):
    return (
        f'<e:Envelope xmlns:e="{ENVELOPE_NAMESPACE}" xmlns:xsi="{XSI}"><e:Body>{content}</e:Body></e:Envelope>'
    ).encode()


def plain(value):
    """What was read, with instants as the writer takes them."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return getattr(value, "milliseconds", value)


@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
@settings(max_examples=30)
def test_what_is_asked_is_what_is_read(name, data):
    message = MESSAGES[name]
    values = data.draw(values_of(message.request))
    content = []
    for element in all_elements(message.request):
        for value in values[element.name] if element.is_list and element.name in values else [values.get(element.name)]:
            if value is not None:
                _write(content, element, value)
    document = envelope(f'<{name} xmlns="{NAMESPACE}">{"".join(content)}</{name}>')
    asked = read_request(document)
    assert asked.message is message
    assert plain(asked.values) == values


@pytest.mark.parametrize("name", [name for name, message in MESSAGES.items() if message.answer is not None])
@given(data=st.data())
@settings(max_examples=20)
def test_answers_have_the_elements_of_the_table_in_its_order(name, data):
    message = MESSAGES[name]
    values = data.draw(values_of(message.answer.type))
    root = ET.fromstring(write_answer(message, values))
    (answer,) = root.find(f"{{{ENVELOPE_NAMESPACE}}}Body")
    assert answer.tag == f"{{{NAMESPACE}}}{name}Response"
    (inner,) = answer
    assert inner.tag == f"{{{NAMESPACE}}}{message.answer.name}"
    check(message.answer, inner)


def check(element, node):
    if isinstance(element.type, Simple):
        element.type.read(node.text or "")
        return
    kinds = element.type.kinds
    structure = kinds[node.get(f"{{{XSI}}}type")] if kinds else element.type
    elements = {f"{{{NAMESPACE}}}{each.name}": each for each in all_elements(structure)}
    order = list(elements)
    positions = [order.index(child.tag) for child in node]
    assert positions == sorted(positions)
    for tag, each in elements.items():
        found = [child for child in node if child.tag == tag]
        assert len(found) >= each.least
        assert each.most is None or len(found) <= each.most
        for child in found:
            check(each, child)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_request_or_an_error(document):
    with pytest.raises(S3Error):
        read_request(document)  # none of these is a message
    assert begins(document, "PutObjectInline") is False


VALID = envelope(
    f'<GetObject xmlns="{NAMESPACE}"><Bucket>b</Bucket><Key>k</Key><GetMetadata>true</GetMetadata>'
    "<GetData>1</GetData><InlineData>0</InlineData></GetObject>"
)


@given(st.integers(0, len(VALID)), st.integers(0, 40), st.binary(max_size=10))
@settings(max_examples=300)
def test_a_damaged_request_is_a_request_or_an_error(start, length, inserted):
    try:
        asked = read_request(VALID[:start] + inserted + VALID[start + length :])
    except S3Error:
        return
    assert asked.message.name in MESSAGES


def refusal(document):
    with pytest.raises(S3Error) as caught:
        read_request(document)
    return caught.value


def test_what_is_read_of_a_request():
    asked = read_request(VALID)
    assert asked.message.name == "GetObject"
    assert asked.values == {"Bucket": "b", "Key": "k", "GetMetadata": True, "GetData": True, "InlineData": False}


def test_prefixes_comments_and_encodings_do_not_matter():
    elements = "".join(f"<a:{name}><![CDATA[{name}]]></a:{name}>" for name in ("Bucket",))
    body = f'<!-- c --><a:DeleteBucket xmlns:a="{NAMESPACE}"><?pi x?>{elements}</a:DeleteBucket>'
    document = envelope(body)
    assert read_request(document).values == {"Bucket": "Bucket"}
    assert read_request(document.decode().encode("utf-16")).values == {"Bucket": "Bucket"}
    assert read_request(b"\xef\xbb\xbf" + document).values == {"Bucket": "Bucket"}


def test_no_entity_is_resolved():
    body = f'<DeleteBucket xmlns="{NAMESPACE}"><Bucket>&x;</Bucket></DeleteBucket>'
    assert refusal(envelope(body)).code == "MalformedXML"
    bomb = b'<!DOCTYPE x [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]>'
    assert refusal(bomb + envelope(body)).code == "MalformedXML"


def test_an_element_that_is_nil_is_not_there():
    body = f'<ListBucket xmlns="{NAMESPACE}"><Bucket>b</Bucket><Prefix xsi:nil="true"/><Marker/></ListBucket>'
    assert read_request(envelope(body)).values == {"Bucket": "b", "Marker": ""}


def test_how_a_message_begins_is_known_before_it_ended():
    document = envelope(f'<PutObjectInline xmlns="{NAMESPACE}"><Bucket>b</Bucket>')
    beginning = document[: document.index(b"</e:Body>")]
    assert begins(beginning, "PutObjectInline")
    assert not begins(beginning, "GetObject")
    assert not begins(beginning[:40], "PutObjectInline")


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("NoSuchKey", "Client.NoSuchKey"),
        ("AccessDenied.Expired", "Client.AccessDenied"),
        ("InternalError", "Server.InternalError"),
        ("SlowDown", "Server.SlowDown"),
        ("InsufficientStorage", "Server.InsufficientStorage"),
    ],
)
def test_whose_fault_it_is(reason, code):
    root = ET.fromstring(write_fault(S3Error(reason, Key="a<b>&\x00"), "request", "host"))
    fault = root.find(f"{{{ENVELOPE_NAMESPACE}}}Body/{{{ENVELOPE_NAMESPACE}}}Fault")
    assert fault.findtext("faultcode") == f"soapenv:{code}"
    detail = [(child.tag, child.text) for child in fault.find("detail")]
    assert detail == [("Key", "a<b>&\ufffd"), ("RequestId", "request"), ("HostId", "host")]


def test_an_answer_without_an_element():
    root = ET.fromstring(write_answer(MESSAGES["SetObjectAccessControlPolicy"], None))
    (answer,) = root.find(f"{{{ENVELOPE_NAMESPACE}}}Body")
    assert answer.tag == f"{{{NAMESPACE}}}SetObjectAccessControlPolicyResponse"
    assert list(answer) == []


def test_data_that_are_not_wanted_are_nil():
    content = []
    _write(content, Element("Data", BASE64, nillable=True), None)
    assert content == ['<Data xsi:nil="true"/>']
