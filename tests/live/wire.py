"""HTTP as it stands on the wire, for answers that an SDK would hide: exact targets, headers, error XML.

Signing is botocore's (an implementation that this project did not write).
"""

import base64
import hashlib
import http.client
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Answer(NamedTuple):
    """One response, complete."""

    status: int
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes

    @property
    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)

    @property
    def error(self) -> dict[str, str]:
        """Children of the ``<Error>`` document."""
        root = self.xml
        assert root.tag == "Error", self.body
        return {child.tag: child.text or "" for child in root}

    @property
    def code(self) -> str:
        return self.error["Code"]

    def text(self, path: str) -> str | None:
        """Text of the first element at ``a/b/c``, S3's namespace understood."""
        return self.xml.findtext("/".join(NAMESPACE + step for step in path.split("/")))


class Wire:
    """Sends single requests to one endpoint, each on its own connection unless told otherwise."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str, region: str = "us-east-1") -> None:
        self.endpoint = endpoint
        self.netloc = urlsplit(endpoint).netloc
        self.credentials = Credentials(access_key, secret_key)
        self.region = region

    def send(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        host: str | None = None,
    ) -> Answer:
        """Exactly this request: nothing is added but Host and Content-Length."""
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            lower = {name.lower() for name in headers or {}}
            if "host" not in lower:
                connection.putheader("Host", host or self.netloc)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            sized = "content-length" in lower or "transfer-encoding" in lower
            if not sized and (body or method in {"PUT", "POST"}):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            data = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)
        finally:
            connection.close()

    def signed_headers(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        host: str | None = None,
        payload_hash: str | None = None,
        version: int = 4,
    ) -> dict[str, str]:
        """The request's headers with Authorization, signed with V4 (default) or V2."""
        given = {"Host": host or self.netloc, **(headers or {})}
        request = AWSRequest(method=method, url=f"http://{host or self.netloc}{target}", headers=given, data=body)
        if version == 2:
            HmacV1Auth(self.credentials).add_auth(request)
        else:
            digest = payload_hash if payload_hash is not None else hashlib.sha256(body).hexdigest()
            signer = _FixedHash(self.credentials, "s3", self.region)
            signer.digest = digest
            signer.add_auth(request)
        return dict(request.headers.items())

    def signed(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        host: str | None = None,
        payload_hash: str | None = None,
        version: int = 4,
    ) -> Answer:
        """Sign as sent and send."""
        complete = self.signed_headers(
            method, target, headers, body, host=host, payload_hash=payload_hash, version=version
        )
        return self.send(method, target, complete, body, host=host)

    def presigned(
        self, method: str, target: str, *, expires: int = 300, version: int = 4, headers: dict[str, str] | None = None
    ) -> str:
        """Path and query of a presigned URL."""
        request = AWSRequest(method=method, url=f"{self.endpoint}{target}", headers=headers or {})
        if version == 2:
            HmacV1QueryAuth(self.credentials, expires=expires).add_auth(request)
        else:
            S3SigV4QueryAuth(self.credentials, "s3", self.region, expires=expires).add_auth(request)
        return request.url[len(self.endpoint) :]


class _FixedHash(S3SigV4Auth):
    """Signs with the payload hash it is told, so that UNSIGNED-PAYLOAD and wrong hashes can be sent."""

    digest = ""

    def payload(self, request):
        return self.digest

    def canonical_query_string(self, request):
        # the query as it stands in the URL, not a table of parameters
        return self._canonical_query_string_url(urlsplit(request.url))


def content_md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()
