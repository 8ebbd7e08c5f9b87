"""Bodies of requests, stored: bytes that nobody names yet. What must not be here: what becomes of them."""

from typing import Final

from bushel.catalog.records import BucketRecord
from bushel.service.context import Context
from bushel.service.encryption.sealing import Sealing
from bushel.service.payload import Payload

MAX_OBJECT_BYTES: Final = 5 * 1024**4
"""S3 User Guide, "Amazon S3 multipart upload limits"."""


async def receive(
    ctx: Context, bucket: BucketRecord, key: str, *, inline: bool = True, sealing: Sealing | None = None
) -> tuple[bytes | None, bytes]:
    """Read the request's body to its end: inline bytes if it is small, else a sealed blob that nobody names yet."""
    payload = ctx.payload
    limit = ctx.service.rules.inline_limit_bytes if inline else -1
    if payload.length <= limit:
        data = await payload.read_all(limit)
        return data if sealing is None else sealing.encrypt(data), b""
    return None, await receive_blob(ctx, payload, bucket, key, sealing)


async def receive_blob(
    ctx: Context, payload: Payload, bucket: BucketRecord, key: str, sealing: Sealing | None
) -> bytes:
    """The same for bytes that are a blob in any case."""
    writer = await ctx.catalog.objects.write_blob(bucket, key)
    if sealing is not None:
        writer = sealing.writer(writer)
    try:
        while piece := await payload.read():
            await writer.write(piece)
        await writer.seal()
    except BaseException:
        await writer.discard()
        raise
    return writer.blob
