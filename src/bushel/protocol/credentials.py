"""Who is asking, by the request's own account: Authorization header or query, Signature Version 4 or 2, or nobody.

Refuses what is malformed, expired or too far off the clock, each with S3's own code and words; signatures are checked
by ``sigv4`` and ``sigv2`` once the caller has looked up the secret. Knows no users.
"""

from datetime import UTC, date, datetime
from email.utils import mktime_tz, parsedate_tz
from typing import NoReturn

from bushel.protocol import sigv2, sigv4
from bushel.protocol.address import Address
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request

ANY_REGION = "any"
MAX_SKEW_SECONDS = 900

Claim = sigv4.Claim | sigv2.Claim

_SECOND_NS = 1_000_000_000
_REMEMBERED = 4096
_LONGEST_HEAD = 1024
_V4_PARAMETERS = (
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires",
)  # fmt: skip
_KNOWN_PAYLOADS = frozenset({
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    sigv4.EMPTY_SHA256,
})  # fmt: skip
_HEX = b"0123456789abcdefABCDEF"


class Authentication:
    """Reads claims for one region.

    Args:
        region: The one that credentials must be scoped to; ``any`` accepts all.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._known: dict[str, tuple[str, str]] = {}
        self._heads: dict[str, tuple[str, str, sigv4.HeaderPlan | None]] = {}

    def read(self, request: Request, query: dict[str, str], address: Address, now_ns: int) -> Claim | None:
        """What the request claims; ``None`` for an anonymous one. Its ``verify`` is the next step.

        Args:
            request: As received.
            query: Its query, decoded.
            address: What it points at; Signature Version 2 covers the bucket's name of a virtual-hosted request.
            now_ns: Time of receipt.

        Raises:
            S3Error: The claim is malformed, expired, skewed or of a kind that is not supported.
        """
        authorization = request.headers.get("authorization")
        if authorization:
            if query and ("X-Amz-Algorithm" in query or "Signature" in query):
                raise S3Error(
                    "InvalidArgument.TwoMechanisms", ArgumentName="Authorization", ArgumentValue=authorization
                )
            head, _, signature = authorization.rpartition(" Signature=")
            known = self._heads.get(head)
            if known is not None and signature and "," not in signature and " " not in signature:
                return self._v4_claim(known, signature, request.headers, now_ns)
            algorithm, space, rest = authorization.partition(" ")
            if not space:
                _refuse_argument("InvalidArgument.Authorization", authorization)
            if algorithm == sigv4.ALGORITHM:
                return self._v4_header(rest, request, now_ns)
            if algorithm == "AWS":
                return _v2_header(rest.strip(), request, address, now_ns)
            if algorithm == "AWS4-ECDSA-P256-SHA256":
                raise S3Error("NotImplemented.SignatureV4A")
            _refuse_argument("InvalidArgument.AuthorizationType", authorization)
        if query:
            if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query or "X-Amz-Credential" in query:
                return self._v4_query(request, query, now_ns)
            if "Signature" in query or "AWSAccessKeyId" in query:
                return _v2_query(query, address, now_ns)
        return None

    def _v4_header(self, rest: str, request: Request, now_ns: int) -> sigv4.Claim:
        credential, signed_headers, signature = _components(rest)
        try:
            access_key, scope = self._known[credential]
        except KeyError:
            access_key, scope = self._learn(credential, query=False)
        plan = sigv4.header_plan(signed_headers)
        claim = self._v4_claim((access_key, scope, plan), signature, request.headers, now_ns)
        # As nearly every client writes it: what is in front of its signature will come again.
        head = f"{sigv4.ALGORITHM} Credential={credential}, SignedHeaders={signed_headers},"
        if len(head) <= _LONGEST_HEAD:
            if len(self._heads) >= _REMEMBERED:
                self._heads.clear()
            self._heads[head] = (access_key, scope, plan)
        return claim

    @staticmethod
    def _v4_claim(
        known: tuple[str, str, sigv4.HeaderPlan | None], signature: str, headers: dict[str, str], now_ns: int
    ) -> sigv4.Claim:
        access_key, scope, plan = known
        signed_at, amz_date = _time_of_header(headers)
        if abs(signed_at * _SECOND_NS - now_ns) > MAX_SKEW_SECONDS * _SECOND_NS:
            _refuse_skew(headers.get("x-amz-date") or headers["date"], now_ns)
        if not scope.startswith(amz_date[:8]):
            _malformed_header(
                f'Invalid credential date "{scope[:8]}". This date is not the same as X-Amz-Date: "{amz_date[:8]}".'
            )
        if plan is None:
            _malformed_header("the SignedHeaders are mal-formed; expecting lower-case names separated by semicolons.")
        content_sha256 = headers.get("x-amz-content-sha256")
        if content_sha256 is None:
            raise S3Error("InvalidRequest.ContentSHA256")
        _check_content_sha256(content_sha256)
        return sigv4.Claim(access_key, scope, amz_date, plan, signature, content_sha256, None)

    def _v4_query(self, request: Request, query: dict[str, str], now_ns: int) -> sigv4.Claim:
        algorithm = query.get("X-Amz-Algorithm")
        if algorithm == "AWS4-ECDSA-P256-SHA256":
            raise S3Error("NotImplemented.SignatureV4A")
        if algorithm and algorithm != sigv4.ALGORITHM:
            _malformed_query('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
        for name in _V4_PARAMETERS:
            if not query.get(name):
                _malformed_query(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
                )
        credential = query["X-Amz-Credential"]
        try:
            access_key, scope = self._known[credential]
        except KeyError:
            access_key, scope = self._learn(credential, query=True)
        amz_date = query["X-Amz-Date"]
        signed_at = _seconds(amz_date)
        if signed_at is None:
            _malformed_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        if not scope.startswith(amz_date[:8]):
            _malformed_query(
                f'Invalid credential date "{scope[:8]}". This date is not the same as X-Amz-Date: "{amz_date[:8]}".'
            )
        _check_expiry(signed_at, query["X-Amz-Expires"], now_ns)
        plan = sigv4.header_plan(query["X-Amz-SignedHeaders"])
        if plan is None:
            _malformed_query("X-Amz-SignedHeaders must be lower-case names separated by semicolons")
        content_sha256 = query.get("X-Amz-Content-Sha256") or request.headers.get("x-amz-content-sha256")
        if content_sha256 is None:
            content_sha256 = sigv4.UNSIGNED_PAYLOAD
        else:
            _check_content_sha256(content_sha256)
        return sigv4.Claim(access_key, scope, amz_date, plan, query["X-Amz-Signature"], content_sha256, query)

    def _learn(self, credential: str, *, query: bool) -> tuple[str, str]:
        """Access key and scope of a Credential, which is the same for all requests of a key on a day."""
        refuse = _malformed_credential if query else _malformed_header
        parts = credential.rsplit("/", 4)
        if len(parts) != 5 or not parts[0] or not credential.isascii():
            refuse('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
        access_key, day, region, service, terminal = parts
        if self._region not in (region, ANY_REGION):
            refuse(f"the region '{region}' is wrong; expecting '{self._region}'", Region=self._region)
        if service != "s3":
            refuse(f'incorrect service "{service}". This endpoint belongs to "s3".')
        if terminal != "aws4_request":
            refuse(f'incorrect terminal "{terminal}". This endpoint uses "aws4_request".')
        if _day(day) is None:
            refuse(f'incorrect date format "{day}". This date in the credential must be in the format "yyyyMMdd".')
        known = (access_key, credential[len(access_key) + 1 :])
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        if len(credential) <= 256:
            self._known[credential] = known
        return known


def _components(rest: str) -> tuple[str, str, str]:
    """Credential, SignedHeaders and Signature, in whatever order they came."""
    parts = rest.split(",")
    if len(parts) != 3:
        _malformed_header(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        )
    first, second, third = parts
    if (
        first[:11] == "Credential="
        and second[:15] == " SignedHeaders="
        and third[:11] == " Signature="
        and len(third) > 11
        and rest.count(" ") == 2
    ):
        return first[11:], second[15:], third[11:]  # as nearly every client writes them
    components = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            _malformed_header(f'the authorization component "{part.strip()}" is malformed.')
        components[name.strip()] = value.strip()
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not components.get(name):
            _malformed_header(f"missing {name}.")
    return components["Credential"], components["SignedHeaders"], components["Signature"]


def _v2_header(credential: str, request: Request, address: Address, now_ns: int) -> sigv2.Claim:
    access_key, colon, signature = credential.rpartition(":")
    if not colon or not access_key or not signature:
        _refuse_argument("InvalidArgument.AWSAuthorization", f"AWS {credential}")
    headers = request.headers
    text = headers.get("x-amz-date") or headers.get("date") or ""
    signed_at = _http_seconds(text)
    if signed_at is None:
        raise S3Error("AccessDenied.Date")
    if abs(signed_at * _SECOND_NS - now_ns) > MAX_SKEW_SECONDS * _SECOND_NS:
        _refuse_skew(text, now_ns)
    moment = "" if "x-amz-date" in headers else headers.get("date", "")
    return sigv2.Claim(access_key, signature, moment, address, None)


def _v2_query(query: dict[str, str], address: Address, now_ns: int) -> sigv2.Claim:
    access_key = query.get("AWSAccessKeyId")
    signature = query.get("Signature")
    expires = query.get("Expires")
    if not access_key or not signature or not expires:
        raise S3Error("AccessDenied.QueryAuthentication")
    if not _is_number(expires):
        raise S3Error("AccessDenied.Expires", message=f"Invalid date (should be seconds since epoch): {expires}")
    until = int(expires)
    if now_ns > until * _SECOND_NS:
        raise S3Error("AccessDenied.Expired", Expires=_iso8601(until), ServerTime=_iso8601(now_ns // _SECOND_NS))
    return sigv2.Claim(access_key, signature, expires, address, query)


def _check_content_sha256(value: str) -> None:
    # Whatever its case: S3 compares the hash with the payload's when it has read it.
    if value not in _KNOWN_PAYLOADS and (
        len(value) != 64 or not value.isascii() or value.encode().translate(None, _HEX)
    ):
        raise S3Error("InvalidArgument.ContentSHA256", ArgumentName="x-amz-content-sha256", ArgumentValue=value)


def _check_expiry(signed_at: int, expires: str, now_ns: int) -> None:
    if not _is_number(expires.removeprefix("-")):
        _malformed_query("X-Amz-Expires should be a number")
    seconds = int(expires)
    if seconds < 0:
        _malformed_query("X-Amz-Expires must be non-negative")
    if seconds > sigv4.MAX_EXPIRES_SECONDS:
        _malformed_query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds"
        )
    now = now_ns // _SECOND_NS
    if signed_at > now + MAX_SKEW_SECONDS:
        until = _iso8601(signed_at + seconds)
        detail = {"X-Amz-Date": str(signed_at * 1000), "Expires": until, "ServerTime": _iso8601(now)}
        raise S3Error("AccessDenied.NotYetValid", headers=None, **detail)
    if seconds == 0 or now > signed_at + seconds:
        until = _iso8601(signed_at + seconds)
        detail = {"X-Amz-Expires": expires, "Expires": until, "ServerTime": _iso8601(now)}
        raise S3Error("AccessDenied.Expired", headers=None, **detail)


def _time_of_header(headers: dict[str, str]) -> tuple[int, str]:
    """When a request was signed: in seconds, and as Signature Version 4 writes it. x-amz-date goes before Date."""
    amz_date = headers.get("x-amz-date")
    if amz_date is not None:
        signed_at = _seconds(amz_date)
    else:
        signed_at = _http_seconds(headers.get("date", ""))
        if signed_at is not None:
            amz_date = sigv4.amz_date(signed_at * _SECOND_NS)
    if signed_at is None or amz_date is None:
        raise S3Error("AccessDenied.Date")
    return signed_at, amz_date


_days: dict[str, int] = {}


def _day(text: str) -> int | None:
    """Days since 1970 of ``yyyymmdd``."""
    day = _days.get(text)
    if day is None:
        if len(text) != 8 or not _is_number(text):
            return None
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() - 719_163
        except ValueError:
            return None
        if len(_days) >= _REMEMBERED:
            _days.clear()
        _days[text] = day
    return day


def second_of(amz_date: str) -> int:
    """Seconds since 1970 of the time in a claim that was read here, ``yyyymmddThhmmssZ``."""
    second = _seconds(amz_date)
    assert second is not None
    return second


_moments: dict[str, int] = {}


def _seconds(text: str) -> int | None:
    """Seconds since 1970 of ``yyyymmddThhmmssZ``; those of a busy server come many times in their second."""
    moment = _moments.get(text)
    if moment is None:
        moment = _parsed_seconds(text)
        if moment is not None:
            if len(_moments) >= _REMEMBERED:
                _moments.clear()
            _moments[text] = moment
    return moment


def _parsed_seconds(text: str) -> int | None:
    if len(text) != 16 or text[8] != "T" or text[15] != "Z":
        return None
    day = _day(text[:8])
    clock = text[9:15]
    if day is None or not _is_number(clock):
        return None
    number = int(clock)
    hours, minutes, seconds = number // 10_000, number // 100 % 100, number % 100
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return day * 86_400 + hours * 3_600 + minutes * 60 + seconds


def _http_seconds(text: str) -> int | None:
    """Seconds since 1970 of a date as HTTP or RFC 5322 writes it, or as Signature Version 4 does."""
    signed_at = _seconds(text)
    if signed_at is not None:
        return signed_at
    try:
        parsed = parsedate_tz(text)
        return None if parsed is None else mktime_tz(parsed)
    except (ValueError, TypeError, IndexError, OverflowError):
        # The parser was made for mail and stumbles over some of what is no date at all.
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _iso8601(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)  # a year that the calendar does not have


def _refuse_argument(reason: str, value: str) -> NoReturn:
    raise S3Error(reason, ArgumentName="Authorization", ArgumentValue=value)


def _refuse_skew(said: str, now_ns: int) -> NoReturn:
    raise S3Error(
        "RequestTimeTooSkewed",
        RequestTime=said,
        ServerTime=_iso8601(now_ns // _SECOND_NS),
        MaxAllowedSkewMilliseconds=str(MAX_SKEW_SECONDS * 1000),
    )


def _malformed_header(problem: str, **detail: str) -> NoReturn:
    message = f"The authorization header is malformed; {problem}"
    raise S3Error("AuthorizationHeaderMalformed", message=message, headers=None, **detail)


def _malformed_query(message: str, **detail: str) -> NoReturn:
    raise S3Error("AuthorizationQueryParametersError", message=message, headers=None, **detail)


def _malformed_credential(problem: str, **detail: str) -> NoReturn:
    _malformed_query(f"Error parsing the X-Amz-Credential parameter; {problem}", **detail)
