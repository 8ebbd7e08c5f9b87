"""The server as a web seed: ``/_/seed/INFO-HASH/NAME`` has the bytes of the version that the torrent is of, or nothing.

Not the object's own URL: that one has other bytes when the object was overwritten, and clients that got some of those
come to distrust every source that a piece was put together from. Nor one with a ``versionId``, since many clients take
no URL with a query from a private network. What must not be here: rights and ranges, which are GetObject's.
"""

from typing import Final

from bushel.catalog.records import NULL_ID
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response
from bushel.protocol.operations import GET_OBJECT
from bushel.protocol.shapes.object import GetObjectInput
from bushel.protocol.torrent import HASH_BYTES, SEED
from bushel.service.context import Service
from bushel.service.registry import HANDLERS
from bushel.service.torrents import anybody

_PRIVATE: Final = ("Content-Security-Policy", "sandbox")


class Seed:
    """The web seed of one process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """The bytes, or the range that is asked for, to whoever may read them without a name.

        Raises:
            S3Error: NoSuchKey where the torrent is none of ours or its version is gone, and whatever GetObject raises.
        """
        if request.method != "GET":
            raise S3Error("MethodNotAllowed", headers=[("Allow", "GET")])
        try:
            info_hash = bytes.fromhex(request.path[len(SEED) :].partition("/")[0])
        except ValueError:
            info_hash = b""
        catalog = self._service.catalog
        record = await catalog.torrents.issued(info_hash) if len(info_hash) == HASH_BYTES else None
        bucket = None if record is None else await catalog.buckets.get(record.bucket)
        if record is None or bucket is None or bucket.instance != record.instance:
            raise S3Error("NoSuchKey", Key=request.path)
        version_id = None
        found = await catalog.objects.head(bucket, record.key)
        if found is None or found.order != record.order:
            version_id = record.version_id or NULL_ID
            found = await catalog.objects.head(bucket, record.key, version_id)
            if found is None or found.order != record.order:
                raise S3Error("NoSuchKey", Key=request.path)
        ctx = anybody(self._service, request, record.bucket, record.key)
        ctx.input = GetObjectInput(
            bucket=record.bucket,
            key=record.key,
            version_id=version_id,
            range=request.headers.get("range"),
            if_match=f'"{found.etag}"',  # another object may come before its bytes are read
        )
        output = await HANDLERS[GET_OBJECT.name](ctx, ctx.input)
        status, headers, _ = GET_OBJECT.write_output(output)
        return Response(ctx.status or status, [*headers, _PRIVATE], output.body)
