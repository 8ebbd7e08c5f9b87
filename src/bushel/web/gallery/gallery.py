"""Requests under ``/_/gallery/`` and their answers.

Everything that is answered keeps scripts away: a page runs its own script and style alone, by their hashes, and what
somebody stored is sent with a type that is never a page's, in a sandbox, and with the browser's guessing switched off.
"""

import logging
from typing import Final

from bushel.catalog.records import MARKER
from bushel.protocol.conditions import NOT_MODIFIED_HEADERS, is_not_modified
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.protocol.operations import GET_OBJECT, HEAD_OBJECT
from bushel.service.authn import Authenticator
from bushel.service.authz import READ, require_object
from bushel.service.content import BlobStream
from bushel.service.context import Service
from bushel.service.faults import as_s3_error
from bushel.service.registry import HANDLERS
from bushel.service.versions import missing_version
from bushel.web.gallery import links, page
from bushel.web.gallery.cache import Cache
from bushel.web.gallery.folders import contents, first_picture
from bushel.web.gallery.media import medium_of
from bushel.web.gallery.thumbnails import Picture, Thumbnails, is_available
from bushel.web.gallery.visit import Visit, visit

KEPT_SECONDS: Final = 86_400
"""How long a browser, and nothing in between, may keep what has the version in its address."""

_STORED_FIELDS: Final = frozenset(
    {"accept-ranges", "content-encoding", "content-length", "content-range", "etag", "last-modified"}
)
"""What a browser is told of an object. Other fields that were stored with it are for clients of S3."""

_SANDBOX: Final = (
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'",
    ),
    ("Referrer-Policy", "no-referrer"),
)

_log: Final = logging.getLogger(__name__)


class Gallery:
    """The galleries of all buckets, in one process.

    Args:
        cache: Where small pictures are kept; ``None``: in memory.
    """

    def __init__(self, service: Service, authenticator: Authenticator, cache: Cache | None = None) -> None:
        self._service = service
        self._authenticator = authenticator
        self._cache = cache
        self._thumbnails: Thumbnails | None = None

    async def answer(self, request: Request) -> Response:
        """The answer to any request whose path begins with the gallery's."""
        is_page = True
        try:
            if request.method not in {"GET", "HEAD"}:
                raise S3Error("MethodNotAllowed", headers=[("Allow", "GET, HEAD")], Method=request.method)
            asked = links.read(request)
            is_page = asked.is_page
            seen = await visit(self._service, self._authenticator, request, asked)
            if asked.thumbnail is not None:
                return await self._thumbnail(seen, request, asked.thumbnail)
            if asked.file is not None:
                return await _file(seen, request, asked.file)
            if asked.cover is not None:
                return await self._cover(seen, request, asked.cover)
            return await self._page(seen)
        except Exception as problem:  # noqa: BLE001 - as_s3_error logs what nobody expected
            error = as_s3_error(problem)
            if error.status == 403 and not error.logged:
                _log.info("denied: %s %s from %s: %s", request.method, request.path, request.peer, error.code)
            return page.error_page(error, request.path) if is_page else page.short_error(error)

    async def close(self) -> None:
        """End what is under way."""
        if self._thumbnails is not None:
            await self._thumbnails.close()

    async def _page(self, seen: Visit) -> Response:
        asked = seen.asked
        shown = await contents(seen, asked.prefix, asked.after)
        return page.folder_page(seen, shown, thumbnails=is_available())

    async def _cover(self, seen: Visit, request: Request, prefix: str) -> Response:
        key = await first_picture(seen, prefix)
        if key is None:
            raise S3Error("NoSuchKey", Key=prefix)
        return await self._thumbnail(seen, request, key)

    async def _thumbnail(self, seen: Visit, request: Request, key: str) -> Response:
        ctx = seen.context(GET_OBJECT, key)
        bucket = await ctx.bucket(seen.asked.bucket)
        stored = await ctx.catalog.objects.get(bucket, key)
        if stored is None or stored.entry.storage == MARKER:
            raise await missing_version(ctx, bucket, key, None)
        require_object(ctx, stored.entry, READ)
        assert stored.entry.metadata is not None
        medium = medium_of(key, stored.entry.metadata.content_type)
        if medium is None or not medium.paintable:
            raise S3Error("UnsupportedMediaType.Gallery", Reason="it is no picture that can be made smaller")
        if not is_available():
            raise S3Error("NotImplemented.Thumbnails")
        picture = Picture(ctx, bucket, key, stored.entry, stored.data)
        etag = picture.name
        fields = [*_SANDBOX, ("ETag", f'"{etag}"'), _kept(seen, KEPT_SECONDS)]
        if_none_match = request.headers.get("if-none-match")
        if if_none_match is not None and is_not_modified(etag, 0, 0, if_none_match=if_none_match):
            return Response(304, fields)
        if self._thumbnails is None:
            self._thumbnails = Thumbnails(self._cache)
        made = await self._thumbnails.get(picture)
        return Response(200, [("Content-Type", "image/webp"), *fields], made)


async def _file(seen: Visit, request: Request, key: str) -> Response:
    operation = HEAD_OBJECT if request.method == "HEAD" else GET_OBJECT
    ctx = seen.context(operation, key)
    output = await HANDLERS[operation.name](ctx, ctx.input)
    medium = medium_of(key, output.content_type or "")
    if medium is None:
        if isinstance(getattr(output, "body", None), BlobStream):
            await output.body.aclose()
        raise S3Error("UnsupportedMediaType.Gallery", Reason="it is no picture, film or sound")
    status, stored, _ = operation.write_output(output)
    fields = [field for field in stored if field[0].lower() in _STORED_FIELDS]
    fields += [*_SANDBOX, _kept(seen, KEPT_SECONDS)]
    if ctx.status == 304:
        return Response(304, [field for field in fields if field[0].lower() in NOT_MODIFIED_HEADERS])
    fields.append(("Content-Type", medium.content_type))
    return Response(ctx.status or status, fields, b"" if operation is HEAD_OBJECT else output.body)


def _kept(seen: Visit, seconds: int) -> tuple[str, str]:
    """For browsers alone, and no longer than the link that opened the page is good."""
    if seen.seconds_left is not None:
        seconds = min(seconds, seen.seconds_left)
    if not seen.asked.query.get("v"):
        return "Cache-Control", "private, no-cache"
    return "Cache-Control", f"private, max-age={seconds}"
