"""Who signed a SOAP request: AWSAccessKeyId, Timestamp and Signature. Knows no users.

The signature covers the operation's name and the timestamp as it was sent, and nothing else. Source: S3 API Reference,
"Authenticating SOAP requests".
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from bushel.protocol.codec.scalars import write_iso8601
from bushel.protocol.credentials import MAX_SKEW_SECONDS
from bushel.protocol.errors import S3Error
from bushel.protocol.sigv4 import refuse_signature

_SERVICE = "AmazonS3"


def sign(operation: str, timestamp: str, secret: str) -> str:
    """The signature of a request for an operation: HMAC-SHA1 in Base64."""
    text = f"{_SERVICE}{operation}{timestamp}"
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


class Claim(NamedTuple):
    """Who signed a request, by its own account; true once ``verify`` returns."""

    access_key: str
    operation: str
    timestamp: str
    signature: str

    def verify(self, secret: str) -> None:
        """Check the signature.

        Raises:
            S3Error: SignatureDoesNotMatch.
        """
        expected = sign(self.operation, self.timestamp, secret)
        if not (self.signature.isascii() and hmac.compare_digest(expected, self.signature)):
            refuse_signature(self.access_key, f"{_SERVICE}{self.operation}{self.timestamp}", self.signature)


def read_claim(operation: str, values: Mapping[str, Any], now_ns: int) -> Claim | None:
    """What a request claims; ``None`` for an anonymous one.

    Args:
        operation: Its name.
        values: Of the request's elements.
        now_ns: Time of receipt.

    Raises:
        S3Error: MissingSecurityElement, RequestTimeTooSkewed; InvalidToken for a Credential, since nobody gives out
            any here.
    """
    access_key, signature = values.get("AWSAccessKeyId", "").strip(), values.get("Signature", "").strip()
    timestamp = values.get("Timestamp")
    credential = values.get("Credential", "").strip()
    if credential:
        raise S3Error("InvalidToken", headers=None, **{"Token-0": credential})
    if not access_key and not signature:
        return None
    for name, value in (("AWSAccessKeyId", access_key), ("Timestamp", timestamp), ("Signature", signature)):
        if not value:
            raise S3Error("MissingSecurityElement", Element=name)
    assert timestamp is not None
    now = now_ns // 1_000_000
    if abs(timestamp.milliseconds - now) > MAX_SKEW_SECONDS * 1000:
        raise S3Error(
            "RequestTimeTooSkewed",
            RequestTime=timestamp.text,
            ServerTime=write_iso8601(now),
            MaxAllowedSkewMilliseconds=str(MAX_SKEW_SECONDS * 1000),
        )
    return Claim(access_key, operation, timestamp.text, signature)
