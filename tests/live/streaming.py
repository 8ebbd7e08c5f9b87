"""Signed ``aws-chunked`` bodies, made from the description in S3's API Reference ("Signature calculations for the
Authorization header: transferring payload in multiple chunks"); no SDK in Python sends them."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

EMPTY = hashlib.sha256(b"").hexdigest()
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Stream:
    """One signed streaming PUT.

    Attributes:
        headers: Complete, with the seed signature.
        body: Chunks, each signed over the one before it.
    """

    def __init__(
        self,
        wire,
        target: str,
        pieces: list[bytes],
        *,
        headers: dict[str, str] | None = None,
        trailer: dict[str, str] | None = None,
        decoded_length: int | None = None,
        tamper: Callable[[int, str], str] = lambda number, signature: signature,
    ) -> None:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{now[:8]}/{wire.region}/s3/aws4_request"
        self.now = now
        key = f"AWS4{wire.credentials.secret_key}".encode()
        for step in self.scope.split("/"):
            key = _hmac(key, step)
        self.key = key
        kind = SIGNED if trailer is None else SIGNED_TRAILER
        length = sum(map(len, pieces)) if decoded_length is None else decoded_length
        self.headers = {
            "host": wire.netloc,
            "content-encoding": "aws-chunked",
            "x-amz-content-sha256": kind,
            "x-amz-date": now,
            "x-amz-decoded-content-length": str(length),
            **({"x-amz-trailer": ",".join(trailer)} if trailer else {}),
            **(headers or {}),
        }
        names = ";".join(sorted(self.headers))
        canonical = "".join(f"{name}:{self.headers[name]}\n" for name in sorted(self.headers))
        path = quote(target, safe="/-_.~%")
        request = f"PUT\n{path}\n\n{canonical}\n{names}\n{kind}"
        seed = self._sign("AWS4-HMAC-SHA256", hashlib.sha256(request.encode()).hexdigest())
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={wire.credentials.access_key}/{self.scope},"
            f"SignedHeaders={names},Signature={seed}"
        )
        body, previous = b"", seed
        for number, piece in enumerate([*pieces, b""]):
            previous = self._sign("AWS4-HMAC-SHA256-PAYLOAD", previous, EMPTY, hashlib.sha256(piece).hexdigest())
            body += b"%x;chunk-signature=%b\r\n" % (len(piece), tamper(number, previous).encode())
            body += piece + b"\r\n" if piece else b""
        if trailer is None:
            body += b"\r\n"
        else:
            text = "".join(f"{name}:{value}\n" for name, value in trailer.items())
            signature = self._sign("AWS4-HMAC-SHA256-TRAILER", previous, hashlib.sha256(text.encode()).hexdigest())
            lines = "".join(f"{name}:{value}\r\n" for name, value in trailer.items())
            body += f"{lines}x-amz-trailer-signature:{tamper(-1, signature)}\r\n\r\n".encode()
        self.body = body

    def _sign(self, algorithm: str, *lines: str) -> str:
        text = "\n".join([algorithm, self.now, self.scope, *lines])
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
