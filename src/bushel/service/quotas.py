"""Quotas held: a write that would not fit is refused before its bytes are taken.

What there is is looked at when a write begins, so writes that begin at the same moment may exceed a quota together,
each by its own size. A write that replaces an object has to fit beside it. What must not be here: setting quotas
(``bushel quota`` does that).
"""

from typing import Final

from bushel.catalog.quotas import OF_BUCKET, OF_OWNER, Limits, Used, read_limits, write_limits
from bushel.catalog.records import BucketRecord
from bushel.protocol.errors import S3Error
from bushel.service.configurations import Configuration
from bushel.service.context import Context

_BUCKET: Final = Configuration(OF_BUCKET, read_limits, write_limits)
_OWNER: Final = Configuration(OF_OWNER, read_limits, write_limits)


async def require_room(ctx: Context, bucket: BucketRecord, size: int, *, objects: int = 1) -> None:
    """Refuse what would exceed a quota of the bucket or of its owner. To be called where the bucket has configurations.

    Args:
        ctx: The request.
        bucket: Where something is to be stored.
        size: Its bytes.
        objects: How many objects it is.

    Raises:
        S3Error: QuotaExceeded.
    """
    buckets, quotas = ctx.catalog.buckets, ctx.catalog.quotas
    limits = await _BUCKET.of(buckets, bucket)
    if limits is not None and not _fits(limits, await quotas.used(bucket), size, objects):
        raise S3Error("QuotaExceeded", BucketName=bucket.name)
    limits = await _OWNER.of(buckets, bucket)
    if limits is not None and not _fits(limits, await quotas.used_by(bucket.owner), size, objects):
        raise S3Error("QuotaExceeded.User", BucketName=bucket.name)


def _fits(limits: Limits, used: Used, size: int, objects: int) -> bool:
    return (limits.max_bytes is None or used.bytes + size <= limits.max_bytes) and (
        limits.max_objects is None or used.objects + objects <= limits.max_objects
    )
