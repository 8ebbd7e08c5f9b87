"""The WSDL: whole, consistent in itself, and of the table."""

from xml.etree import ElementTree as ET

from bushel.protocol.codec.xml_write import NAMESPACE
from bushel.protocol.soap.messages import MESSAGES, NOT_IMPLEMENTED
from bushel.protocol.soap.wsdl import wsdl
from bushel.web.soap.operations import ACTIONS

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def document():
    return ET.fromstring(wsdl("http://s3.example.com/soap"))


def names(nodes):
    return [node.get("name") for node in nodes]


def test_every_operation_is_described_bound_and_acted_upon():
    root = document()
    assert names(root.findall(f"{WSDL}portType/{WSDL}operation")) == list(MESSAGES)
    assert names(root.findall(f"{WSDL}binding/{WSDL}operation")) == list(MESSAGES)
    assert ACTIONS.keys() == MESSAGES.keys()
    assert not NOT_IMPLEMENTED & MESSAGES.keys()


def test_no_name_is_given_twice_and_every_reference_leads_somewhere():
    root = document()
    schema = root.find(f"{WSDL}types/{XSD}schema")
    elements = names(schema.findall(f"{XSD}element"))
    types = names(schema.findall(f"{XSD}complexType")) + names(schema.findall(f"{XSD}simpleType"))
    messages = names(root.findall(f"{WSDL}message"))
    for given in (elements, types, messages):
        assert len(set(given)) == len(given)
    for node in schema.iter():
        for reference in (node.get("type"), node.get("base")):
            if reference and reference.startswith("tns:"):
                assert reference.removeprefix("tns:") in types
    for part in root.iter(f"{WSDL}part"):
        assert part.get("element").removeprefix("tns:") in elements
    for direction in ("input", "output"):
        for node in root.findall(f"{WSDL}portType/{WSDL}operation/{WSDL}{direction}"):
            assert node.get("message").removeprefix("tns:") in messages


def test_it_is_of_s3s_namespace_in_literal_documents():
    root = document()
    assert root.get("targetNamespace") == NAMESPACE
    assert root.find(f"{WSDL}types/{XSD}schema").get("targetNamespace") == NAMESPACE
    assert root.find(f"{WSDL}binding/{SOAP}binding").get("style") == "document"
    assert {node.get("use") for node in root.iter(f"{SOAP}body")} == {"literal"}


def test_every_operation_is_explained():
    root = document()
    texts = {
        node.get("name"): node.findtext(f"{WSDL}documentation")
        for node in root.findall(f"{WSDL}portType/{WSDL}operation")
    }
    assert "DIME is not implemented" in texts["PutObject"]
    assert all(texts.values())


def test_the_address_is_escaped():
    root = ET.fromstring(wsdl('http://a"<&/soap'))
    assert root.find(f"{WSDL}service/{WSDL}port/{SOAP}address").get("location") == 'http://a"<&/soap'
