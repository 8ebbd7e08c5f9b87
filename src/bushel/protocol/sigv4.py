"""Signature Version 4: canonical request, keys, signatures of requests, chunks and trailers.

Signs for the client and verifies for the server with the same code.
What a request claims (and the refusals of claims that are malformed, expired or skewed) is read in ``credentials.py``.
Source: S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
"""

import hashlib
import hmac
from datetime import UTC, datetime
from operator import itemgetter
from typing import NoReturn

from bushel.protocol import short_hash
from bushel.protocol.address import canonical_query, encode_query, normalized_path, sorted_query
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MAX_EXPIRES_SECONDS = 604_800

_MAX_SIGNED_HEADERS = 200
_REMEMBERED_KEYS = 1024
_REMEMBERED_PLANS = 256
_SIGNATURE_PARAMETER = "X-Amz-Signature="
# What proxies and HTTP libraries add, change or drop on the way.
_NEVER_SIGNED = frozenset({
    "accept-encoding", "authorization", "connection", "content-length", "expect", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
})  # fmt: skip
# Parameters of a presigned URL that are about the URL; every other x-amz-* parameter stands for a header field.
_ABOUT_THE_URL = frozenset({
    "x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-expires",
    "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
})  # fmt: skip


class SigningKey:
    """HMAC-SHA-256 under one key, ready to be used many times.

    The key's blocks are hashed once and copied per message (RFC 2104 section 4), which takes a third of the time of
    ``hmac.digest``, which sets OpenSSL's key up each time.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
        self._inner = short_hash.sha256(bytes([octet ^ 0x36 for octet in block]))
        self._outer = short_hash.sha256(bytes([octet ^ 0x5C for octet in block]))

    def sign(self, text: str) -> str:
        """The signature of a text of octets, in hex."""
        inner = self._inner.copy()
        inner.update(text.encode("latin-1"))
        outer = self._outer.copy()
        outer.update(inner.digest())
        signature: str = outer.hexdigest()
        return signature


_signing_keys: dict[tuple[str, str, str], SigningKey] = {}


def signing_key(secret: str, date: str, region: str) -> SigningKey:
    """The key derived from a secret for one day (``yyyymmdd``) and region; kept, as it is the same for a whole day."""
    names = (secret, date, region)
    key = _signing_keys.get(names)
    if key is None:
        octets = b"AWS4" + secret.encode()
        for part in (date, region, "s3", "aws4_request"):
            octets = hmac.digest(octets, part.encode("latin-1"), "sha256")
        if len(_signing_keys) >= _REMEMBERED_KEYS:
            _signing_keys.clear()
        key = _signing_keys[names] = SigningKey(octets)
    return key


class HeaderPlan:
    """How the fields of one SignedHeaders list are laid out: worked out once per list, not once per request."""

    __slots__ = ("amz_count", "getter", "names", "template")

    def __init__(self, signed_headers: str) -> None:
        self.names = tuple(signed_headers.split(";"))
        self.amz_count = sum(name.startswith("x-amz-") for name in set(self.names))
        # A second name keeps the getter's answer a tuple where only one header is signed.
        self.getter = itemgetter(*self.names, "host")
        block = "".join([name.replace("%", "%%") + ":%s\n" for name in self.names])
        self.template = f"{block}%.0s\n{signed_headers.replace('%', '%%')}\n"

    def fields(self, request: Request) -> str:
        """CanonicalHeaders, an empty line and SignedHeaders. A header that was signed but is not there is empty."""
        values = []
        for name in self.names:
            value = _signed_host(request) if name == "host" else request.headers.get(name, "")
            # Only what a header field may hold as white space folds: str.split() would split UTF-8 octets too.
            values.append(" ".join([word for word in value.replace("\t", " ").split(" ") if word]))
        return self.template % (*values, "")

    def unsigned(self, headers: dict[str, str]) -> list[str]:
        """Names that S3 wants signed and are not: host, and of those that were sent Content-MD5 and x-amz-*.

        Except the payload's hash, which the signature covers by itself.
        """
        wanted = ["host"]
        wanted += [name for name in headers if name == "content-md5" or name.startswith("x-amz-")]
        return [name for name in wanted if name not in self.names and name != "x-amz-content-sha256"]


_plans: dict[str, HeaderPlan] = {}


def header_plan(signed_headers: str) -> HeaderPlan | None:
    """The plan for a SignedHeaders list; ``None`` for what is no list of lower-case names, or too long a one."""
    plan = _plans.get(signed_headers)
    if plan is None:
        if (
            not signed_headers
            or signed_headers != signed_headers.lower()
            or not signed_headers.isascii()
            or not signed_headers.isprintable()
            or " " in signed_headers
            or signed_headers.count(";") >= _MAX_SIGNED_HEADERS
        ):
            return None
        plan = HeaderPlan(signed_headers)
        if len(_plans) >= _REMEMBERED_PLANS:
            _plans.clear()
        if len(signed_headers) <= 1024:
            _plans[signed_headers] = plan
    return plan


def _signed_host(request: Request) -> str:
    """As the client sent it, unless a trusted proxy told of another one than it sent on."""
    sent = request.headers.get("host", "")
    return sent if sent.lower() == request.host.lower() or not request.host else request.host


class Claim:
    """Who signed a request, by its own account; true once ``verify`` returns.

    Attributes:
        access_key: Whose key it is said to be.
        amz_date: Time of signing, ``yyyymmddThhmmssZ``.
        scope: ``yyyymmdd/region/s3/aws4_request``.
        plan: The headers that are signed.
        content_sha256: What the payload is said to hash to, or the word that stands for it.
        presigned: In the query rather than the Authorization header.
        signature: The seed of the chunk signatures of a streamed payload.
        canonical_request: Set by ``verify``; what S3 shows when a later signature does not match.
    """

    __slots__ = (
        "_query", "access_key", "amz_date", "canonical_request", "content_sha256", "plan", "presigned", "scope",
        "signature",
    )  # fmt: skip

    version = 4

    def __init__(
        self,
        access_key: str,
        scope: str,
        amz_date: str,
        plan: HeaderPlan,
        signature: str,
        content_sha256: str,
        presigned_query: dict[str, str] | None,
    ) -> None:
        self.access_key = access_key
        self.scope = scope
        self.amz_date = amz_date
        self.signature = signature
        self.content_sha256 = content_sha256
        self.presigned = presigned_query is not None
        self.canonical_request = ""
        self.plan = plan
        self._query = presigned_query

    def key(self, secret: str) -> SigningKey:
        """The key that this claim's signatures are made with."""
        date, region, _ = self.scope.split("/", 2)
        return signing_key(secret, date, region)

    def verify(self, request: Request, secret: str) -> None:
        """Check the signature. Then x-amz-* parameters of a presigned URL become header fields of the request.

        The path and query are tried as sent and in S3's own encoding, since a client may escape more or less than it
        signs; both stand for the same resource and parameters.

        Raises:
            S3Error: ``SignatureDoesNotMatch``; ``AccessDenied.HeadersNotSigned``; ``InvalidToken`` (there are no
                temporary credentials here); ``InvalidURI``.
        """
        headers = request.headers
        plan = self.plan
        try:
            fields = plan.template % plan.getter(headers)
            if "  " in fields or "\t" in fields or headers["host"] != request.host:
                fields = plan.fields(request)
            # With every signed header here, an equal count means that every x-amz-* header here is signed.
            all_signed = (
                ("\n" + "\n".join(headers)).count("\nx-amz-") == plan.amz_count
                and "content-md5" not in headers
                and "host" in plan.names
            )
        except KeyError:
            fields = plan.fields(request)
            all_signed = False
        if not all_signed:
            unsigned = plan.unsigned(headers)
            if unsigned:
                raise S3Error("AccessDenied.HeadersNotSigned", HeadersNotSigned=", ".join(unsigned))
        key = self.key(secret)
        query = request.query and sorted_query(request.query, _SIGNATURE_PARAMETER)
        tail = f"{query}\n{fields}{self.content_sha256}"
        canonical = f"{request.method}\n{request.path}\n{tail}"
        if not self._matches(canonical, key):
            query = canonical_query(request.query, _SIGNATURE_PARAMETER)
            canonical = f"{request.method}\n{normalized_path(request.path)}\n{query}\n{fields}{self.content_sha256}"
            if not self._matches(canonical, key):
                self._refuse(canonical)
        self.canonical_request = canonical
        # Six parameters are needed for a presigned URL; only a longer query holds any to act upon.
        if "x-amz-security-token" in headers or (self._query is not None and len(self._query) > 6):
            self._finish(headers, self._query or {})

    def _matches(self, canonical: str, key: SigningKey) -> bool:
        expected = key.sign(string_to_sign(self.amz_date, self.scope, canonical))
        given = self.signature
        return given.isascii() and hmac.compare_digest(expected, given)

    @staticmethod
    def _finish(headers: dict[str, str], query: dict[str, str]) -> None:
        token = headers.get("x-amz-security-token") or query.get("X-Amz-Security-Token")
        if token is not None:
            raise S3Error("InvalidToken", headers=None, **{"Token-0": token})
        for name, value in query.items():
            lower = name.lower()
            if lower.startswith("x-amz-") and lower not in _ABOUT_THE_URL:
                headers.setdefault(lower, value.encode().decode("latin-1"))

    def _refuse(self, canonical: str) -> NoReturn:
        refuse_signature(
            self.access_key, string_to_sign(self.amz_date, self.scope, canonical), self.signature, canonical
        )


def string_to_sign(amz_date: str, scope: str, canonical: str) -> str:
    return f"{ALGORITHM}\n{amz_date}\n{scope}\n{short_hash.sha256(canonical.encode('latin-1')).hexdigest()}"


def refuse_signature(access_key: str, text: str, provided: str, canonical: str | None = None) -> NoReturn:
    """Refuse as S3 does: with all that a client's author needs to see what was signed differently.

    Raises:
        S3Error: ``SignatureDoesNotMatch``.
    """
    detail = {
        "AWSAccessKeyId": access_key,
        "StringToSign": _shown(text),
        "SignatureProvided": provided,
        "StringToSignBytes": text.encode("latin-1").hex(" "),
    }
    if canonical is not None:
        detail["CanonicalRequest"] = _shown(canonical)
        detail["CanonicalRequestBytes"] = canonical.encode("latin-1").hex(" ")
    raise S3Error("SignatureDoesNotMatch", headers=None, **detail)


def _shown(octets: str) -> str:
    return octets.encode("latin-1").decode("utf-8", "replace")


class ChunkSigner:
    """The chain of signatures over a streamed payload: each covers the one before, the first covers the request's.

    Source: S3 API Reference, "Transferring Payload in Multiple Chunks (Chunked Upload)".
    """

    __slots__ = ("_key", "_scope", "access_key", "canonical_request", "previous")

    def __init__(self, claim: Claim, secret: str) -> None:
        self._key = claim.key(secret)
        self._scope = f"{claim.amz_date}\n{claim.scope}\n"
        self.access_key = claim.access_key
        self.canonical_request = claim.canonical_request
        self.previous = claim.signature

    def chunk_text(self, sha256_hex: str) -> str:
        return f"AWS4-HMAC-SHA256-PAYLOAD\n{self._scope}{self.previous}\n{EMPTY_SHA256}\n{sha256_hex}"

    def trailer_text(self, sha256_hex: str) -> str:
        return f"AWS4-HMAC-SHA256-TRAILER\n{self._scope}{self.previous}\n{sha256_hex}"

    def sign(self, text: str) -> str:
        """Sign the next link of the chain."""
        self.previous = self._key.sign(text)
        return self.previous

    def verify(self, text: str, provided: str) -> None:
        """Check the next link of the chain.

        Raises:
            S3Error: ``SignatureDoesNotMatch``.
        """
        if not provided.isascii() or not hmac.compare_digest(self.sign(text), provided):
            refuse_signature(self.access_key, text, provided, self.canonical_request)


def amz_date(now_ns: int) -> str:
    """A time as ``yyyymmddThhmmssZ``."""
    return datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")


def sign(
    request: Request, *, access_key: str, secret: str, region: str, now_ns: int, content_sha256: str = EMPTY_SHA256
) -> Claim:
    """Sign in the headers: sets Authorization, x-amz-date and x-amz-content-sha256.

    Args:
        request: Its path and query must be encoded (``encode_path``, ``encode_query``) and its Host header set.
        access_key: Of the caller.
        secret: Of the caller.
        region: Of the bucket.
        now_ns: Time of signing.
        content_sha256: Hex SHA-256 of the payload, ``UNSIGNED-PAYLOAD`` or one of the streaming modes of ``chunked``.
    """
    headers = request.headers
    date = headers["x-amz-date"] = amz_date(now_ns)
    headers["x-amz-content-sha256"] = content_sha256
    names = sorted([name for name in headers if name not in _NEVER_SIGNED])
    claim = _signed(request, access_key, secret, f"{date[:8]}/{region}/s3/aws4_request", date, names, content_sha256)
    headers["authorization"] = (
        f"{ALGORITHM} Credential={access_key}/{claim.scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={claim.signature}"
    )
    return claim


def presign(request: Request, *, access_key: str, secret: str, region: str, now_ns: int, expires_seconds: int) -> None:
    """Sign in the query, which grows by the signature. Every header the request has by now must be sent along.

    Args:
        request: Its path and query must be encoded and its Host header set.
        access_key: Of the caller.
        secret: Of the caller.
        region: Of the bucket.
        now_ns: From when on it is valid.
        expires_seconds: For how long; 1 second to 7 days.
    """
    if not 1 <= expires_seconds <= MAX_EXPIRES_SECONDS:
        raise ValueError(f"a presigned URL is valid for 1 to {MAX_EXPIRES_SECONDS} seconds, not {expires_seconds}")
    date = amz_date(now_ns)
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    names = sorted([name for name in request.headers if name not in _NEVER_SIGNED])
    parameters = encode_query(
        [
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", f"{access_key}/{scope}"),
            ("X-Amz-Date", date),
            ("X-Amz-Expires", str(expires_seconds)),
            ("X-Amz-SignedHeaders", ";".join(names)),
        ]
    )
    request.query = f"{request.query}&{parameters}" if request.query else parameters
    content_sha256 = request.headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
    claim = _signed(request, access_key, secret, scope, date, names, content_sha256)
    request.query += f"&{_SIGNATURE_PARAMETER}{claim.signature}"


def _signed(
    request: Request, access_key: str, secret: str, scope: str, date: str, names: list[str], content_sha256: str
) -> Claim:
    signed_headers = ";".join(names)
    plan = header_plan(signed_headers) or HeaderPlan(signed_headers)
    claim = Claim(access_key, scope, date, plan, "", content_sha256, None)
    fields = claim.plan.fields(request)
    canonical = f"{request.method}\n{request.path}\n{sorted_query(request.query)}\n{fields}{content_sha256}"
    claim.canonical_request = canonical
    claim.signature = claim.key(secret).sign(string_to_sign(date, scope, canonical))
    return claim
