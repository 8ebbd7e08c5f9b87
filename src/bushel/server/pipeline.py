"""From Request to Response: the stages that every S3 request passes, in this order.

1. address: host and path to bucket and key; web sites, SOAP, own pages (``/_/``) and preflights end here
2. identify: the signature, and whose it is
3. route: the operation, from the table
4. bind: head and document to the operation's input; what is not done is refused here
5. operate: the operation's function
6. answer: its output to status, headers and body
7. origin: what a browser is told of the answer, whatever became of the request

Any stage may raise; ``answer_error`` makes S3's error document of it. What must not be here: sockets, S3's rules.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from bushel.core.ids import Randomness
from bushel.protocol.address import Address, Addressing, parse_query
from bushel.protocol.codec.xml_write import write_error
from bushel.protocol.conditions import NOT_MODIFIED_HEADERS
from bushel.protocol.cors import Fields
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.protocol.operations import COMPLETE_MULTIPART_UPLOAD, Operation
from bushel.protocol.operations.record import Resource
from bushel.protocol.router import route
from bushel.server.access_log import AccessLog
from bushel.server.own_pages import PREFIX, OwnPages
from bushel.service.authn import Authenticator
from bushel.service.context import Context, Service
from bushel.service.cors import answer_preflight, fields_for, rules_of
from bushel.service.faults import as_s3_error
from bushel.service.registry import HANDLERS


class Sites(Protocol):
    """The web sites that are served beside S3, by host."""

    s3_hosts: set[str]
    """Hosts that are known to be none."""

    async def answer(
        self, request: Request, request_id: str, host_id: str, *, own_port: bool = False
    ) -> Response | None: ...


SOAP: Final = "soap"
"""What the path of the SOAP interface has in place of a bucket's name, on the service's own hosts.

None can have it; who asks for a bucket of that name is told so as by S3.
"""


class Soap(Protocol):
    """The SOAP interface beside REST."""

    async def answer(self, request: Request, request_id: str, host_id: str) -> tuple[Response, Operation | None]: ...


_NO_QUERY: Final[Mapping[str, str]] = {}

_log: Final = logging.getLogger(__name__)


class Pipeline:
    """The application of one process."""

    def __init__(
        self,
        service: Service,
        addressing: Addressing,
        authenticator: Authenticator,
        own_pages: OwnPages,
        sites: Sites,
        randomness: Randomness,
        access_log: AccessLog | None = None,
        *,
        soap: Soap,
    ) -> None:
        self._service = service
        self._resolve = addressing.resolve
        self._identify = authenticator.identify
        self._own_pages = own_pages
        self._answer_own = own_pages.answer
        self._sites = sites
        self._s3_hosts = sites.s3_hosts
        self._soap = soap
        self._access_log = access_log
        # Request ids only have to differ: a random start for each process, then one after the other.
        self._last_id = int.from_bytes(randomness.token(8), "big")
        self._host_id = randomness.token(24).hex()
        self._host_field = ("x-amz-id-2", self._host_id)

    async def __call__(self, request: Request) -> Response:
        self._last_id = number = (self._last_id + 1) & 0xFFFF_FFFF_FFFF_FFFF
        request_id = f"{number:016X}"
        operation: Operation | None = None
        if request.host not in self._s3_hosts:
            site = await self._sites.answer(request, request_id, self._host_id)
            if site is not None:
                return self._signed_off(request, site, None, request_id)
        address: Address | None = None
        ctx: Context | None = None
        origin = request.headers.get("origin")
        try:
            address = self._resolve(request.host, request.path)
            if address.on_service_host and request.path.startswith(PREFIX):
                response = await self._answer_own(request)
            elif address.bucket == SOAP and address.on_service_host and request.method != "PUT":
                response, operation = await self._soap.answer(request, request_id, self._host_id)
            elif origin and request.method == "OPTIONS" and address.bucket is not None:
                buckets = self._service.catalog.buckets
                response = Response(200, await answer_preflight(buckets, address.bucket, address.key, request))
            else:
                query = parse_query(request.query) if request.query else cast("dict[str, str]", _NO_QUERY)
                caller, claim, secret_key = await self._identify(request, query, address)
                bucket, key = address.bucket, address.key
                resource: Resource = "object" if key is not None else "bucket" if bucket is not None else "service"
                headers = request.headers
                operation = route(request.method, resource, query, headers)
                if operation.refused is not None:
                    raise S3Error("NotImplemented.Operation", Operation=operation.name)
                ctx = Context(self._service, caller, request, operation, key, claim, secret_key)
                document = b""
                if operation.body == "document":
                    document = await ctx.payload.read_document(
                        operation.document_limit, checksum_of_object=operation is COMPLETE_MULTIPART_UPLOAD
                    )
                ctx.input = bound = operation.read_input(bucket, key, query, headers, document)
                output = await HANDLERS[operation.name](ctx, bound)
                response = self._answer(operation, ctx, output)
        except Exception as error:  # noqa: BLE001 - as_s3_error logs what nobody expected
            response = self._answer_error(request, as_s3_error(error), request_id)
        if origin and address is not None and address.bucket is not None and request.method != "OPTIONS":
            response.headers += await self._fields_for_origin(request, address.bucket, ctx)
        response.headers.append(("x-amz-request-id", request_id))
        response.headers.append(self._host_field)
        if self._access_log is not None:
            self._access_log.write(request, response, operation, request_id)
        return response

    async def close(self) -> None:
        """End what goes on beside requests; none may be at work."""
        await self._own_pages.close()

    async def answer_site(self, request: Request) -> Response:
        """The answer on the port of the web sites, where S3 is not spoken."""
        self._last_id = number = (self._last_id + 1) & 0xFFFF_FFFF_FFFF_FFFF
        request_id = f"{number:016X}"
        response = await self._sites.answer(request, request_id, self._host_id, own_port=True)
        assert response is not None
        return self._signed_off(request, response, None, request_id)

    def _signed_off(
        self, request: Request, response: Response, operation: Operation | None, request_id: str
    ) -> Response:
        response.headers += (("x-amz-request-id", request_id), self._host_field)
        if self._access_log is not None:
            self._access_log.write(request, response, operation, request_id)
        return response

    def render_error(self, error: S3Error, request: Request | None) -> Response:
        """The answer to what never became a request (the HTTP adapter calls this)."""
        self._last_id = number = (self._last_id + 1) & 0xFFFF_FFFF_FFFF_FFFF
        request_id = f"{number:016X}"
        response = self._answer_error(request, error, request_id)
        response.headers += (("x-amz-request-id", request_id), self._host_field)
        return response

    async def _fields_for_origin(self, request: Request, bucket: str, ctx: Context | None) -> Fields:
        try:
            if ctx is not None and ctx.bucket_record is not None:
                cors = ctx.cors
            else:  # refused before its bucket was looked at
                cors = await rules_of(self._service.catalog.buckets, bucket)
        except Exception as error:  # noqa: BLE001 - the answer stands, whatever became of this
            as_s3_error(error)
            return []
        return fields_for(cors, request)

    @staticmethod
    def _answer(operation: Operation, ctx: Context, output: Any) -> Response:
        status, headers, body = operation.write_output(output)
        if ctx.charged:
            headers.append(("x-amz-request-charged", "requester"))
        if ctx.status:
            status = ctx.status
            headers += ctx.beside
            if status == 304:
                return Response(304, [field for field in headers if field[0].lower() in NOT_MODIFIED_HEADERS])
        if operation.streams_output:
            return Response(status, headers, output.body)
        return Response(status, headers, body)

    def _answer_error(self, request: Request | None, error: S3Error, request_id: str) -> Response:
        if error.status == 403 and request is not None and not error.logged:
            _log.info("denied: %s %s from %s: %s", request.method, request.path, request.peer, error.code)
        elif error.status == 500 and request is not None:
            _log.error("failed: %s %s, request %s", request.method, request.path, request_id)
        detail = dict(error.detail)
        if request is not None:
            detail.setdefault("Resource", request.path)
        body = write_error(error.code, error.message, detail, request_id, self._host_id)
        headers = [("Content-Type", "application/xml"), *error.headers]
        return Response(error.status, headers, body)
