"""Signature Version 2: the string to sign and its signature, for requests and for links that expire.

Kept for the clients that know nothing newer. The resource is signed as it was sent, percent-encoding and all. What a
request claims is read in ``credentials.py``. Source: S3 User Guide, "Signing and authenticating REST requests"
(Signature Version 2).
"""

import base64
import hmac
from email.utils import formatdate

from bushel.protocol.address import Address, decode_path, encode_query
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.sigv4 import refuse_signature

# The parameters that are part of what is asked for, so that the signature covers them. Clients differ about the younger
# ones; this is what S3's own libraries sign.
_SUBRESOURCES = frozenset({
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
    "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type",
    "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
})  # fmt: skip


class Claim:
    """Who signed a request, by its own account; true once ``verify`` returns.

    Attributes:
        access_key: Whose key it is said to be.
        presigned: In the query rather than the Authorization header.
        content_sha256: Nothing: the signature covers no payload.
    """

    __slots__ = ("_address", "_moment", "_query", "_signature", "access_key", "presigned")

    version = 2
    content_sha256 = None

    def __init__(
        self, access_key: str, signature: str, moment: str, address: Address, presigned_query: dict[str, str] | None
    ) -> None:
        self.access_key = access_key
        self.presigned = presigned_query is not None
        self._signature = signature
        self._moment = moment
        self._address = address
        self._query = presigned_query

    def verify(self, request: Request, secret: str) -> None:
        """Check the signature. Then x-amz-* parameters of a link become header fields of the request.

        Raises:
            S3Error: ``SignatureDoesNotMatch``, ``InvalidToken`` (there are no temporary credentials here).
        """
        headers = request.headers
        if self._query is not None:
            headers = {**_fields_in_query(self._query), **headers}
        text = string_to_sign(request, headers, self._moment, self._address)
        if not self._matches(text, secret) and not any(
            self._matches(other, secret) for other in self._other_readings(request, text)
        ):
            refuse_signature(self.access_key, text, self._signature)
        token = headers.get("x-amz-security-token") or (self._query or {}).get("x-amz-security-token")
        if token is not None:
            raise S3Error("InvalidToken", headers=None, **{"Token-0": token})
        for name in headers.keys() - request.headers.keys():
            request.headers[name] = headers[name]

    def _matches(self, text: str, secret: str) -> bool:
        return self._signature.isascii() and hmac.compare_digest(_signature(text, secret), self._signature)

    def _other_readings(self, request: Request, text: str) -> list[str]:
        """What clients in use sign instead, and S3 takes: the same request in other words."""
        lines, _, resource = text.rpartition("\n")
        found = []
        if self._address.on_service_host and request.path.count("/") == 1 and len(request.path) > 1:
            path, question, rest = resource.partition("?")
            found.append(f"{lines}\n{path}/{question}{rest}")  # botocore sends "/bucket" and signs "/bucket/"
        if "=&" in resource or resource.endswith("="):
            bare = resource.replace("=&", "&").removesuffix("=")
            found.append(f"{lines}\n{bare}")  # rclone sends "?uploads=" and signs "?uploads"
        return found


def _fields_in_query(query: dict[str, str]) -> dict[str, str]:
    """Header fields that a link carries as parameters: x-amz-* and the two that the signature covers."""
    return {
        name: value.encode().decode("latin-1")
        for name, value in query.items()
        if name in {"content-md5", "content-type"}
        or (name.startswith("x-amz-") and name.isascii() and name != "x-amz-security-token")
    }


def string_to_sign(request: Request, headers: dict[str, str], moment: str, address: Address) -> str:
    """Method, Content-MD5, Content-Type, date or expiry, the x-amz-* headers and the resource.

    Args:
        request: For its method, raw path and raw query.
        headers: Its header fields, and those that its query stands for.
        moment: The Date header as sent (empty where x-amz-date takes its place), or the Expires parameter.
        address: Its bucket goes before the path where the host named it.
    """
    lines = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), moment]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-amz-")]
    bucket = "" if address.on_service_host else f"/{address.bucket}"
    lines.append(f"{bucket}{request.path}{_subresources(request.query)}")
    return "\n".join(lines)


def _subresources(raw: str) -> str:
    found = []
    for pair in raw.split("&"):
        name, equals, value = pair.partition("=")
        if name in _SUBRESOURCES:
            # Unlike the path, values are signed decoded; their octets, since text may hold any character.
            found.append((name, f"{name}={_octets(value)}" if equals else name))
    found.sort(key=lambda subresource: subresource[0])
    return "?" + "&".join([text for _, text in found]) if found else ""


def _octets(raw: str) -> str:
    return decode_path(raw).encode().decode("latin-1")


def _signature(text: str, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1")).decode()


def sign(request: Request, address: Address, *, access_key: str, secret: str, now_ns: int) -> None:
    """Sign in the headers: sets Date and Authorization."""
    headers = request.headers
    headers["date"] = formatdate(now_ns // 1_000_000_000, usegmt=True)
    moment = "" if "x-amz-date" in headers else headers["date"]
    text = string_to_sign(request, headers, moment, address)
    headers["authorization"] = f"AWS {access_key}:{_signature(text, secret)}"


def presign(request: Request, address: Address, *, access_key: str, secret: str, expires_at_seconds: int) -> None:
    """Sign in the query, which grows by the signature; valid until a time in seconds since 1970."""
    moment = str(expires_at_seconds)
    text = string_to_sign(request, request.headers, moment, address)
    parameters = encode_query(
        [
            ("AWSAccessKeyId", access_key),
            ("Expires", moment),
            ("Signature", _signature(text, secret)),
        ]
    )
    request.query = f"{request.query}&{parameters}" if request.query else parameters
