"""``/soap`` on the service's own hosts: the WSDL for who asks for it, and an answer or a fault for every message.

A message passes these stages: envelope, identify, operate, answer. What must not be here: what the operations do.
"""

import logging
from typing import Any, Final

from bushel.protocol.address import parse_query
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body, Request, Response
from bushel.protocol.operations import Operation
from bushel.protocol.soap.envelope import begins, read_request, write_answer, write_fault
from bushel.protocol.soap.messages import MAX_INLINE_BYTES
from bushel.protocol.soap.signature import read_claim
from bushel.protocol.soap.wsdl import wsdl
from bushel.service.authn import key_holder
from bushel.service.context import ANONYMOUS, Caller, Service
from bushel.service.faults import as_s3_error
from bushel.web.soap.attachments import Attached, Related
from bushel.web.soap.operations import ACTIONS
from bushel.web.soap.visit import Visit

MAX_MESSAGE_BYTES: Final = 2 * MAX_INLINE_BYTES
"""Base64 takes four bytes for three; lines, grants and metadata have what is left."""

TAKES_ATTACHMENT: Final = "PutObject"

PATHS: Final = frozenset({"/soap", "/soap/"})

_XML: Final = ("Content-Type", "text/xml; charset=utf-8")
_log: Final = logging.getLogger(__name__)


class SoapEndpoint:
    """The SOAP interface of one process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request, request_id: str, host_id: str) -> tuple[Response, Operation | None]:
        """The answer to a request for ``/soap``, and the operation of the table that it called.

        Raises:
            S3Error: It is neither a message nor a request for the WSDL.
        """
        if request.path not in PATHS:
            raise S3Error("NoSuchBucket", BucketName="soap")
        if request.method in {"GET", "HEAD"} and "wsdl" in map(str.lower, parse_query(request.query)):
            return Response(200, [_XML], wsdl(self._address(request))), None
        if request.method != "POST":
            allow = [("Allow", "GET, HEAD, POST")]
            raise S3Error("MethodNotAllowed", headers=allow, Method=request.method, ResourceType="SOAP")
        visit: Visit | None = None
        try:
            attached = self._admitted(request)
            envelope = (
                await _read(request.body) if attached is None else await attached.read_envelope(MAX_MESSAGE_BYTES)
            )
            message, values = read_request(envelope)
            if attached is not None and attached.has_attachment and message.name != TAKES_ATTACHMENT:
                raise S3Error("InvalidSOAPRequest.Attachment")
            visit = Visit(self._service, request, await self._identify(message.name, values), attached)
            response = self._response(visit, write_answer(message, await ACTIONS[message.name](visit, values)))
        except Exception as failure:  # noqa: BLE001 - as_s3_error logs what nobody expected
            response = _fault(request, as_s3_error(failure), request_id, host_id)
        return response, None if visit is None else visit.operation

    def _address(self, request: Request) -> str:
        """Where messages are sent: by the operator's own word, else as the request came."""
        here = f"{'https' if request.secure else 'http'}://{request.host}"
        return f"{self._service.public_endpoint or here}/soap"

    @staticmethod
    def _admitted(request: Request) -> Attached | None:
        """The message to come, if it is one with parts.

        Raises:
            S3Error: It is refused before it is read.
        """
        if not request.confidential:
            raise S3Error("InvalidRequest.InsecureSOAP")
        if "authorization" in request.headers:
            raise S3Error("InvalidRequest.SignedSOAP")
        content_type = request.headers.get("content-type", "").strip()
        if content_type.lower().startswith("application/dime"):
            raise S3Error("NotImplemented.Attachment")
        return Attached(request.body, content_type) if content_type.lower().startswith("multipart/") else None

    async def _identify(self, operation: str, values: dict[str, Any]) -> Caller:
        claim = read_claim(operation, values, self._service.clock.now_ns())
        if claim is None:
            return ANONYMOUS
        caller, secret_key = await key_holder(self._service, claim.access_key)
        claim.verify(secret_key)
        return caller

    def _response(self, visit: Visit, answer: bytes) -> Response:
        attachment = visit.answers_with
        if attachment is None:
            return Response(200, [_XML], answer)
        related = Related(answer, attachment, self._service.randomness.token(16).hex())
        fields = [("Content-Type", related.content_type), ("Content-Length", str(related.length))]
        return Response(200, fields, related)


async def _read(body: Body) -> bytes:
    """The message, which is all of the request's body.

    Raises:
        S3Error: There is none, or it has more bytes than any: InlineDataTooLarge where what has so many is an object's
            data, MaxMessageLengthExceeded where not.
    """
    document = bytearray()
    while piece := await body.read():
        document += piece
        if len(document) > MAX_MESSAGE_BYTES or (body.length or 0) > MAX_MESSAGE_BYTES:
            if begins(bytes(document), "PutObjectInline"):
                raise S3Error("InlineDataTooLarge", MaxSizeAllowed=str(MAX_INLINE_BYTES))
            raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(MAX_MESSAGE_BYTES))
    if not document:
        raise S3Error("MissingRequestBodyError")
    return bytes(document)


def _fault(request: Request, error: S3Error, request_id: str, host_id: str) -> Response:
    """Faults are answered 500, whatever they tell (SOAP 1.1, section 6.2; S3 API Reference, "SOAP error responses")."""
    if error.status == 403 and not error.logged:
        _log.info("denied: %s %s from %s: %s", request.method, request.path, request.peer, error.code)
    elif error.status == 500:
        _log.error("failed: %s %s, request %s", request.method, request.path, request_id)
    return Response(500, [_XML], write_fault(error, request_id, host_id))
