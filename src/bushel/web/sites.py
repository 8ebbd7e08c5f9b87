"""Web sites of buckets: index documents, redirects, error documents, compressed forms.

Every page is read with GetObject and HeadObject as a caller without a name, so that what is public there is public
here, and nothing else. Source: S3 User Guide, "Hosting a static website using Amazon S3".
"""

from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.records import BucketRecord
from bushel.protocol.address import MAX_KEY_BYTES, check_key_length, decode_path
from bushel.protocol.conditions import NOT_MODIFIED_HEADERS
from bushel.protocol.cors import Fields
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.protocol.operations import GET_OBJECT, HEAD_OBJECT, Operation
from bushel.protocol.shapes.object import HeadObjectOutput
from bushel.protocol.shapes.website import WebsiteConfiguration
from bushel.protocol.website import (
    COMPRESSED_FROM,
    CONTENT_SHA256,
    MOVED,
    PUBLICATIONS,
    Asked,
    Target,
    path_of,
    redirect_after,
    redirect_before,
    redirect_of_all,
)
from bushel.service.context import ANONYMOUS, Context, Service
from bushel.service.cors import answer_preflight, fields_for, rules_of
from bushel.service.faults import as_s3_error
from bushel.service.registry import HANDLERS
from bushel.service.websites import WEBSITE
from bushel.web.error_pages import error_fields, error_page
from bushel.web.hosts import Host, SiteHosts, Speaks
from bushel.web.negotiation import SIBLINGS, accepted, is_compressible, media_type

_METHODS: Final = "GET, HEAD, OPTIONS"
_REMEMBERED_HOSTS: Final = 4096
_CONDITIONS: Final = frozenset(
    {"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)

_NO_SNIFFING: Final = ("X-Content-Type-Options", "nosniff")

_OLDER_MS: Final = 5_000
"""A compressed form that does not say what it is a form of may be older than its page by so much, as where both were
uploaded side by side. One that is older still may be of what the page was before."""


class Page(NamedTuple):
    """A page that is there and public, and how to send it.

    Attributes:
        key: Of the bytes that are sent.
        content_type: Of the page.
        coding: Of the bytes, where they are a compressed form; empty otherwise.
        varies: Whether the bytes depend on what the client accepts.
        redirect: Where the page sends its visitors; empty where it does not.
    """

    key: str
    content_type: str
    coding: str
    varies: bool
    redirect: str


class Sites:
    """The web sites of one process.

    Attributes:
        s3_hosts: Hosts, as clients write them, that are known to speak S3 and nothing else.
    """

    def __init__(self, service: Service, hosts: SiteHosts) -> None:
        self.s3_hosts: set[str] = set()
        self._service = service
        self._hosts = hosts
        self._others: dict[str, Host] = {}

    async def answer(
        self, request: Request, request_id: str, host_id: str, *, own_port: bool = False
    ) -> Response | None:
        """The answer to a request for a page; ``None`` where the host speaks S3.

        A signed request is S3's even where the host is that of a bucket with a site of its own name.

        Args:
            request: Any.
            request_id: For pages that tell of errors.
            host_id: Likewise.
            own_port: It came to a port where nothing but sites is served.
        """
        bucket = ""
        try:
            if own_port:
                bucket = self._hosts.on_port_of_sites(request.host)
            else:
                speaks, bucket = self._others.get(request.host) or self._learn(request.host)
                if speaks is Speaks.S3:
                    return None
                if speaks is not Speaks.SITE and not await self._has_site(request, bucket):
                    return None
            response = await _Visit(self._service, request, request_id, host_id).answer(bucket)
        except Exception as error:  # noqa: BLE001 - as_s3_error logs what nobody expected
            response = error_page(as_s3_error(error), request_id, host_id)
        if bucket and "origin" in request.headers and request.method != "OPTIONS":
            response.headers += await self._fields_for_origin(request, bucket)
        return response

    def _learn(self, name: str) -> Host:
        host = self._hosts[name]
        known: set[str] | dict[str, Host] = self.s3_hosts if host.speaks is Speaks.S3 else self._others
        if len(known) >= _REMEMBERED_HOSTS:
            known.clear()
        if isinstance(known, set):
            known.add(name)
        else:
            known[name] = host
        return host

    async def _fields_for_origin(self, request: Request, bucket: str) -> Fields:
        try:
            return fields_for(await rules_of(self._service.catalog.buckets, bucket), request)
        except Exception as error:  # noqa: BLE001 - the answer stands, whatever became of this
            as_s3_error(error)
            return []

    async def _has_site(self, request: Request, bucket: str) -> bool:
        if "authorization" in request.headers or "Signature=" in request.query:
            return False
        record = await self._service.catalog.buckets.get(bucket)
        return record is not None and WEBSITE.kind in record.configured


class _Visit:
    """One request to a site."""

    def __init__(self, service: Service, request: Request, request_id: str, host_id: str) -> None:
        self._service = service
        self._request = request
        self._ids = (request_id, host_id)
        # What a signature or another operation would mean has no meaning here.
        self._headers = {
            name: value
            for name, value in request.headers.items()
            if name != "authorization" and not name.startswith("x-amz-")
        }

    async def answer(self, name: str) -> Response:
        """The answer of the site of a bucket.

        Raises:
            S3Error: There is no such site, or it is asked for what no site does.
        """
        request = self._request
        bucket = await self._service.catalog.buckets.get(name) if name else None
        if bucket is None:
            raise S3Error("NoSuchBucket", BucketName=name)
        site = await WEBSITE.of(self._service.catalog.buckets, bucket)
        if site is None:
            raise S3Error("NoSuchWebsiteConfiguration", BucketName=name)
        if request.method == "OPTIONS":
            if "origin" not in request.headers:
                raise S3Error("BadRequest.Origin")
            key = decode_path(request.path[1:])
            return Response(200, await answer_preflight(self._service.catalog.buckets, name, key, request))
        if request.method not in {"GET", "HEAD"}:
            raise S3Error(
                "MethodNotAllowed", headers=[("Allow", _METHODS)], Method=request.method, ResourceType="OBJECT"
            )
        key = decode_path(request.path[1:])
        check_key_length(key)
        asked = Asked("https" if request.secure else "http", request.host, key, request.query)
        target = redirect_of_all(site, asked) or redirect_before(site, asked)
        if target is not None:
            return _redirection(target)
        return await self._page(bucket, site, asked)

    async def _page(self, bucket: BucketRecord, site: WebsiteConfiguration, asked: Asked) -> Response:
        assert site.index_document is not None
        suffix = site.index_document.suffix
        is_folder = not asked.key or asked.key.endswith("/")
        try:
            return await self._send(bucket, f"{asked.key}{suffix}" if is_folder else asked.key, self._headers)
        except Exception as failure:  # noqa: BLE001 - as_s3_error logs what nobody expected
            error = as_s3_error(failure)
        if error.status in {403, 404} and not is_folder and await self._is_public(bucket, f"{asked.key}/{suffix}"):
            return _redirection(Target(302, f"{path_of(asked.key)}/"))
        target = redirect_after(site, asked, error.status)
        if target is not None:
            return _redirection(target)
        if site.error_document is None or not 400 <= error.status < 500 or error.status in {412, 416}:
            return error_page(error, *self._ids)
        return await self._error_document(bucket, site.error_document.key, error)

    async def _error_document(self, bucket: BucketRecord, key: str, error: S3Error) -> Response:
        """The site's own page for an error, with the error's status."""
        plain = {name: value for name, value in self._headers.items() if name not in _CONDITIONS}
        try:
            response = await self._send(bucket, key, plain)
        except Exception as failure:  # noqa: BLE001 - as_s3_error logs what nobody expected
            return error_page(error, *self._ids, beside=as_s3_error(failure))
        if response.status == MOVED:
            return response
        kept = [field for field in response.headers if field[0].lower() not in {"accept-ranges", "etag"}]
        return Response(error.status, [*kept, *error_fields(error)], response.body)

    async def _send(self, bucket: BucketRecord, key: str, headers: dict[str, str]) -> Response:
        """A page with all that HTTP can ask of one.

        Raises:
            S3Error: As GetObject does.
        """
        check_key_length(key)  # an index document's may be longer than any key
        if key.startswith(PUBLICATIONS):
            raise S3Error("NoSuchKey", Key=key)
        page = await self._find(bucket, key)
        if page.redirect:
            return _redirection(Target(MOVED, page.redirect))
        operation = HEAD_OBJECT if self._request.method == "HEAD" else GET_OBJECT
        ctx, output = await self._operate(operation, bucket, page.key, headers)
        changes: dict[str, Any] = {"content_type": page.content_type}
        if page.coding:
            changes["content_encoding"] = page.coding
        status, fields, _ = operation.write_output(msgspec.structs.replace(output, **changes))
        fields.append(_NO_SNIFFING)
        if page.varies:
            fields.append(("Vary", "Accept-Encoding"))
        if ctx.status == 304:
            return Response(304, [field for field in fields if field[0].lower() in NOT_MODIFIED_HEADERS])
        return Response(ctx.status or status, fields, output.body if operation is GET_OBJECT else b"")

    async def _find(self, bucket: BucketRecord, key: str) -> Page:
        head = await self._head(bucket, key)
        content_type = media_type(key, head.content_type or "")
        redirect = head.website_redirect_location or ""
        if redirect or head.content_encoding is not None or not is_compressible(content_type):
            return Page(key, content_type, "", False, redirect)
        beside = [
            coding
            for coding, ending in SIBLINGS.items()
            if len(key.encode()) + len(ending) <= MAX_KEY_BYTES and await self._is_form_of(head, bucket, key + ending)
        ]
        for coding in accepted(self._headers.get("accept-encoding", "")) if beside else ():
            if coding in beside:
                return Page(key + SIBLINGS[coding], content_type, coding, True, "")
        return Page(key, content_type, "", bool(beside), "")

    async def _is_form_of(self, page: HeadObjectOutput, bucket: BucketRecord, key: str) -> bool:
        """Whether an object is there, public, and a form of this page: it says so, or it is not older than the page."""
        try:
            form = await self._head(bucket, key)
        except S3Error:
            return False
        if form.website_redirect_location is not None:
            return False
        compressed_from = form.metadata.get(COMPRESSED_FROM) if form.metadata else None
        if compressed_from is not None:
            return page.metadata is not None and page.metadata.get(CONTENT_SHA256) == compressed_from
        assert form.last_modified is not None
        assert page.last_modified is not None
        return form.last_modified >= page.last_modified - _OLDER_MS

    async def _is_public(self, bucket: BucketRecord, key: str) -> bool:
        if len(key.encode()) > MAX_KEY_BYTES or key.startswith(PUBLICATIONS):
            return False
        try:
            await self._head(bucket, key)
        except S3Error:
            return False
        return True

    async def _head(self, bucket: BucketRecord, key: str) -> HeadObjectOutput:
        plain = {name: value for name, value in self._headers.items() if name not in _CONDITIONS}
        _, output = await self._operate(HEAD_OBJECT, bucket, key, plain)
        assert isinstance(output, HeadObjectOutput)
        return output

    async def _operate(
        self, operation: Operation, bucket: BucketRecord, key: str, headers: dict[str, str]
    ) -> tuple[Context, Any]:
        asked = self._request
        request = Request(asked.method, asked.path, "", headers, host=asked.host, peer=asked.peer, secure=asked.secure)
        ctx = Context(self._service, ANONYMOUS, request, operation, key)
        ctx.input = operation.read_input(bucket.name, key, {}, headers, b"")
        return ctx, await HANDLERS[operation.name](ctx, ctx.input)


def _redirection(target: Target) -> Response:
    return Response(target.status, [("Location", target.location)])
