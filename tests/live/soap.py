"""SOAP messages as clients write them: by zeep from the server's own WSDL, and by hand.

Signing is written out here, so that no test takes the server's word for it.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import zeep

from live.wire import NAMESPACE, Answer, Wire

S3 = NAMESPACE[1:-1]
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def security(operation: str, access_key: str, secret_key: str, timestamp: str | None = None) -> dict[str, str]:
    """The three elements that sign a request."""
    timestamp = timestamp or now()
    digest = hmac.new(secret_key.encode(), f"AmazonS3{operation}{timestamp}".encode(), hashlib.sha1).digest()
    return {
        "AWSAccessKeyId": access_key,
        "Timestamp": timestamp,
        "Signature": base64.b64encode(digest).decode(),
    }


class Soap:
    """zeep for one server and one key pair: ``soap("CreateBucket", Bucket="b")``; without keys anonymous."""

    def __init__(self, endpoint: str, access_key: str = "", secret_key: str = "") -> None:
        self.client = zeep.Client(f"{endpoint}/soap?wsdl")
        self.types = self.client.type_factory(S3)
        self._keys = (access_key, secret_key) if access_key else None

    def __call__(self, operation: str, **elements: Any) -> Any:
        signed = security(operation, *self._keys) if self._keys else {}
        return getattr(self.client.service, operation)(**elements, **signed)

    def close(self) -> None:
        self.client.transport.session.close()


@contextmanager
def fault(code: str, **detail: str) -> Iterator[dict[str, str]]:
    """The call inside must end in this fault, with these elements in its detail; filled with all of them."""
    found: dict[str, str] = {}
    with pytest.raises(zeep.exceptions.Fault) as caught:
        yield found
    raised = caught.value
    assert raised.code == f"soapenv:{code}", raised.message
    found.update({child.tag: child.text or "" for child in raised.detail})
    for name, value in detail.items():
        assert found.get(name) == value, found


def envelope(content: str, header: str = "") -> bytes:
    """A message with this in its body."""
    return (
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsi="{XSI}">{header}'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def message(operation: str, content: str = "", signed: dict[str, str] | None = None) -> bytes:
    """A request: its elements as text, those that sign it behind them."""
    tail = "".join(f"<{name}>{value}</{name}>" for name, value in (signed or {}).items())
    return envelope(f'<{operation} xmlns="{S3}">{content}{tail}</{operation}>')


def send(wire: Wire, body: bytes, headers: dict[str, str] | None = None, target: str = "/soap") -> Answer:
    """A message on the wire."""
    return wire.send(
        "POST", target, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', **(headers or {})}, body
    )


def signed(wire: Wire, operation: str, content: str = "", **options: Any) -> Answer:
    """A message that the wire's user signs."""
    keys = (wire.credentials.access_key, wire.credentials.secret_key)
    return send(wire, message(operation, content, security(operation, *keys, **options)))


def related(*parts: tuple[dict[str, str], bytes], boundary: str = "MIME_boundary") -> tuple[str, bytes]:
    """Content-Type and body of a message with attachments: header fields and content of each part."""
    lines = b"".join(
        b"--%b\r\n%b\r\n%b\r\n"
        % (boundary.encode(), "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode(), content)
        for headers, content in parts
    )
    content_type = f'multipart/related; type="text/xml"; boundary="{boundary}"'
    return content_type, lines + b"--%b--\r\n" % boundary.encode()


def content_of(answer: Answer) -> ET.Element:
    """What is in the body of an answer that is no fault."""
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    (found,) = answer.xml.find(f"{{{ENVELOPE}}}Body")
    return found


def fault_of(answer: Answer) -> dict[str, str]:
    """Code, text, and the elements of the detail of an answer that is a fault."""
    assert answer.status == 500, answer.body
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    found = answer.xml.find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
    assert found is not None, answer.body
    detail = {child.tag: child.text or "" for child in found.find("detail")}
    assert detail["RequestId"] == answer.headers["x-amz-request-id"]
    return {"code": found.findtext("faultcode"), "text": found.findtext("faultstring"), **detail}


def assert_fault(answer: Answer, code: str, **detail: str) -> None:
    """The answer must be this fault, with these elements in its detail."""
    found = fault_of(answer)
    assert found["code"] == f"soapenv:{code}", answer.body
    for name, value in detail.items():
        assert found.get(name) == value, found
