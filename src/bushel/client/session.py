"""One operation from its input to its output: addressed, signed, sent, tried again, understood.

Everything that the library does passes here. What must not be here: what an operation is for, more than one operation.
"""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from msgspec.structs import force_setattr

from bushel import __version__
from bushel.client.configuration import Configuration, Credentials
from bushel.client.endpoint import Endpoint
from bushel.client.errors import BadAnswer, NoCredentials, NotRepeatable, ResponseError, TransportError, error_class
from bushel.client.http.pool import Answer, Transport
from bushel.client.incoming import Incoming
from bushel.client.outgoing import EMPTY, Buffered, Outgoing, outgoing
from bushel.client.retries import Retries, is_worth_another
from bushel.client.sources import Opened
from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.protocol import sigv4
from bushel.protocol.address import encode_query
from bushel.protocol.checksums import ALGORITHMS, Algorithm
from bushel.protocol.codec.members import stream_member
from bushel.protocol.codec.unbind import RequestParts
from bushel.protocol.codec.xml_read import read_error
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.operations import COMPLETE_MULTIPART_UPLOAD, Operation

_MAX_DOCUMENT_BYTES: Final = 64 << 20
_MAX_ERROR_BYTES: Final = 1 << 20
_EXPECT_BYTES: Final = 1 << 20
"""A body from this on is announced first, until the bucket has taken one: sending it in vain costs more than asking."""

_SKEW_NS: Final = 240 * 1_000_000_000
"""A clock that is this far off is a reason for a refusal; S3 allows 15 minutes."""

_USER_AGENT: Final = f"bushel/{__version__}"

_CODES_OF_HEAD: Final = {
    301: "PermanentRedirect",
    304: "NotModified",
    400: "BadRequest",
    403: "Forbidden",
    405: "MethodNotAllowed",
    409: "Conflict",
    412: "PreconditionFailed",
    416: "InvalidRange",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "ServiceUnavailable",
}
"""What an answer without a document means; 404 depends on what was asked for."""

_log: Final = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class Options(NamedTuple):
    """How a session speaks, beside whom with.

    Attributes:
        checksum: Added to what is stored; ``None``: none.
        verify_checksums: Ask for checksums of what is read, and compare.
        sign_payload: Hash bodies for the signature. ``None``: where neither TLS guards the way nor both ends are this
            machine.
    """

    checksum: Algorithm | None = ALGORITHMS["CRC64NVME"]
    verify_checksums: bool = True
    sign_payload: bool | None = None


class Session:
    """A way to one S3, as one caller.

    Attributes:
        endpoint: Where it is.
        skew_ns: What is added to the clock, learnt from a server that refused our time.
    """

    def __init__(
        self,
        configuration: Configuration,
        transport: Transport,
        *,
        clock: Clock,
        randomness: Randomness,
        retries: Retries | None = None,
        options: Options | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.configuration = configuration
        self.endpoint = Endpoint(configuration.endpoint, configuration.region, configuration.addressing_style)
        self.options = options or Options()
        self.retries = retries or Retries()
        self.clock = clock
        self.randomness = randomness
        self.skew_ns = 0
        self._transport = transport
        self._sleep = sleep
        self._welcome: set[str | None] = set()
        guarded = self.endpoint.origin.scheme == "https" or _is_this_machine(self.endpoint.origin.host)
        self._sign_payload = not guarded if self.options.sign_payload is None else self.options.sign_payload

    async def call(self, operation: Operation, given: Any) -> Any:
        """Do one operation.

        Args:
            operation: From the table.
            given: Its input shape. A ``body`` is anything that ``sources.open_source`` takes.

        Returns:
            Its output shape; where that has a stream, its ``body`` is an ``Incoming``.

        Raises:
            ResponseError: The server refused.
            TransportError: No answer came, however often it was tried.
            NotRepeatable: It failed in a way that another attempt may mend, but the body is gone.
            NoCredentials: There is no key pair to sign with.
        """
        parts = operation.write_input(given)
        headers = parts.headers
        if operation.streams_output and self.options.verify_checksums and "range" not in headers:
            headers.setdefault("x-amz-checksum-mode", "ENABLED")
        if operation.body != "stream":
            return await self._attempt(operation, parts, self._document(operation, parts))
        length = headers.pop("content-length", None)
        stream = stream_member(type(given))
        data = None if stream is None else getattr(given, stream)
        if data is None:
            data = b""
        async with Opened(data) as source:
            size = None if length is None else int(length)
            body = await outgoing(source, size, self._checksum(headers), signed=self._sign_payload)
            return await self._attempt(operation, parts, body)

    def _checksum(self, headers: dict[str, str]) -> Algorithm | None:
        """What to add: the caller's choice, else the session's; nothing where the caller gives one himself."""
        if "content-md5" in headers or any(each.startswith("x-amz-checksum-") for each in headers):
            return None
        wanted = headers.get("x-amz-sdk-checksum-algorithm")
        return self.options.checksum if wanted is None else ALGORITHMS.get(wanted)

    def _document(self, operation: Operation, parts: RequestParts) -> Buffered:
        if not parts.document:
            return EMPTY
        headers = parts.headers
        if operation is not COMPLETE_MULTIPART_UPLOAD and "content-md5" not in headers:
            # Wanted by S3 for several documents, and known to every S3 there is.
            digest = hashlib.md5(parts.document, usedforsecurity=False).digest()
            headers["content-md5"] = base64.b64encode(digest).decode()
            headers.pop("x-amz-sdk-checksum-algorithm", None)
        if parts.document.startswith(b"<"):
            headers.setdefault("content-type", "application/xml")
        return Buffered((parts.document,), None)

    # --- attempts -------------------------------------------------------------------------------------------------

    async def _attempt(self, operation: Operation, parts: RequestParts, body: Outgoing) -> Any:
        attempt = 1
        mended: set[str] = set()
        while True:
            try:
                return await self._once(operation, parts, body)
            except (ResponseError, TransportError) as problem:
                repair = self._repair(problem, parts.bucket)
                if repair is not None and repair not in mended:
                    mended.add(repair)
                    pause = 0.0
                elif is_worth_another(problem) and attempt < self.retries.attempts:
                    pause = self.retries.pause_seconds(attempt, problem, self.randomness)
                    attempt += 1
                else:
                    if isinstance(problem, ResponseError):
                        problem.attempts = attempt
                    raise
                if not body.repeatable:
                    raise NotRepeatable(
                        f"{operation.name} failed and its body cannot be read again: {problem}"
                    ) from problem
                _log.info("again in %.2f s: %s", pause, problem)
                if pause:
                    await self._sleep(pause)

    async def pause(self, attempt: int, problem: Exception) -> None:
        """Wait as long as is right after the failure of an attempt of this number."""
        await self._sleep(self.retries.pause_seconds(attempt, problem, self.randomness))

    def _repair(self, problem: Exception, bucket: str | None) -> str | None:
        """Mend what a refusal shows to be wrong: our clock, or where the bucket is. Names what was mended."""
        if not isinstance(problem, ResponseError):
            return None
        if problem.code == "RequestTimeTooSkewed" or (problem.status == 403 and problem.code == "Forbidden"):
            theirs = _date_of(problem)
            if theirs is not None and abs(theirs - self.clock.now_ns() - self.skew_ns) > _SKEW_NS:
                self.skew_ns = theirs - self.clock.now_ns()
                _log.warning("this clock is %.0f s off the server's", self.skew_ns / 1e9)
                return "clock"
        if bucket is None:
            return None
        region = problem.detail.get("Region") or problem.headers.get("x-amz-bucket-region")
        misplaced = problem.status in {301, 307} or problem.code in {
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "BadRequest",
            "Forbidden",
        }
        if misplaced and region and region != self.endpoint.region_of(bucket):
            self.endpoint.learn_region(bucket, region)
            return "region"
        if problem.status == 307 and self.endpoint.follow(bucket, problem.headers.get("location", "")):
            return "host"
        return None

    async def _once(self, operation: Operation, parts: RequestParts, body: Outgoing) -> Any:
        place = self.endpoint.place(parts.bucket)
        request = Request(operation.method, place.path(parts.key), encode_query(parts.query.items()), {})
        headers = request.headers
        headers["host"] = place.origin.authority
        headers.update(parts.headers)
        coding = headers.get("content-encoding")
        headers.update(body.headers)
        if coding is not None and "content-encoding" in body.headers:
            headers["content-encoding"] = f"aws-chunked,{coding}"
        signer = self._sign(request, parts.bucket, body)
        if body.length or operation.method in {"PUT", "POST"}:
            headers["content-length"] = str(body.length)
        headers["user-agent"] = _USER_AGENT
        headers["accept-encoding"] = "identity"
        target = f"{request.path}?{request.query}" if request.query else request.path
        expect = body.length >= _EXPECT_BYTES and parts.bucket not in self._welcome
        answer = await self._transport.send(
            place.origin, request.method, target, headers, body.open(signer), expect=expect
        )
        if answer.status >= 300:
            raise await self._refusal(operation, parts, answer)
        if body.length >= _EXPECT_BYTES:
            self._welcome.add(parts.bucket)
        return await self._output(operation, parts, answer)

    def _sign(self, request: Request, bucket: str | None, body: Outgoing) -> sigv4.ChunkSigner | None:
        pair = self.credentials()
        if pair is None:
            if not isinstance(body, Buffered):
                request.headers["x-amz-content-sha256"] = body.content_sha256(signed=False)
            return None
        if pair.token is not None:
            request.headers["x-amz-security-token"] = pair.token
        sha256 = body.content_sha256(signed=self._sign_payload)
        claim = sigv4.sign(
            request,
            access_key=pair.access_key,
            secret=pair.secret_key,
            region=self.endpoint.region_of(bucket),
            now_ns=self.now_ns(),
            content_sha256=sha256,
        )
        return sigv4.ChunkSigner(claim, pair.secret_key) if sha256.startswith("STREAMING-AWS4") else None

    def credentials(self) -> Credentials | None:
        """What to sign with; ``None``: nothing is signed.

        Raises:
            NoCredentials: There is no key pair, and anonymity was not asked for.
        """
        pair = self.configuration.credentials
        if pair is None and self.configuration.reason is not None:
            raise NoCredentials(self.configuration.reason)
        return pair

    def now_ns(self) -> int:
        """The time as the server sees it, as far as that is known."""
        return self.clock.now_ns() + self.skew_ns

    # --- answers --------------------------------------------------------------------------------------------------

    async def _output(self, operation: Operation, parts: RequestParts, answer: Answer) -> Any:
        what = f"{operation.name} of {parts.bucket}/{parts.key}"
        if operation.streams_output:
            incoming = Incoming(answer, what, verify=self.options.verify_checksums)
            try:
                output = _read(operation, answer, b"")
            except BaseException:
                incoming.discard()
                raise
            stream = stream_member(type(output))
            assert stream is not None
            force_setattr(output, stream, incoming)
            return output
        document = await _read_all(answer, _MAX_DOCUMENT_BYTES)
        if document and b"<Error>" in document[:512] and answer.status == 200:
            # CopyObject and CompleteMultipartUpload begin their answer before they know its end.
            found = read_error(document)
            if found is not None:
                raise self._error(operation, parts, answer, document)
        return _read(operation, answer, document)

    async def _refusal(self, operation: Operation, parts: RequestParts, answer: Answer) -> ResponseError:
        return self._error(operation, parts, answer, await _read_all(answer, _MAX_ERROR_BYTES))

    def _error(self, operation: Operation, parts: RequestParts, answer: Answer, document: bytes) -> ResponseError:
        status = answer.status
        found = read_error(document) if document else None
        headers = answer.headers
        if found is not None:
            code, message, detail, request_id, host_id = found
            if status == 200:
                status = 503 if code in {"SlowDown", "ServiceUnavailable"} else 500 if code == "InternalError" else 400
        else:
            code, message, detail, request_id, host_id = _CODES_OF_HEAD.get(status, f"HTTP{status}"), "", {}, "", ""
            if status == 404:
                code = "NoSuchKey" if operation.resource == "object" else "NoSuchBucket"
        return error_class(code, status)(
            code,
            message,
            status,
            request_id=request_id or headers.get("x-amz-request-id", ""),
            host_id=host_id or headers.get("x-amz-id-2", ""),
            operation=operation.name,
            bucket=parts.bucket,
            key=parts.key,
            detail=detail,
            headers=headers,
        )


def _read(operation: Operation, answer: Answer, document: bytes) -> Any:
    try:
        return operation.read_output(answer.status, answer.headers, document)
    except (S3Error, ValueError, TypeError) as problem:
        raise BadAnswer(f"the answer to {operation.name} is not S3's: {problem}") from problem


async def _read_all(answer: Answer, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := await answer.read():
        size += len(piece)
        if size > limit:
            answer.discard()
            raise BadAnswer(f"the answer is longer than {limit} bytes")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _date_of(problem: ResponseError) -> int | None:
    try:
        return int(parsedate_to_datetime(problem.headers["date"]).timestamp()) * 1_000_000_000
    except (KeyError, ValueError, TypeError):
        return None


def _is_this_machine(host: str) -> bool:
    return (
        host in {"localhost", "::1"}
        or host.endswith(".localhost")
        or (host.startswith("127.") and host.replace(".", "").isdigit())
    )
