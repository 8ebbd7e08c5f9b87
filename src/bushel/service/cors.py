"""Cross-origin rules of buckets, kept; preflights, which nobody signs, answered from them.

What must not be here: what a rule means (``protocol.cors``).
"""

from typing import Final

from bushel.catalog import Buckets
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import document_writer
from bushel.protocol.cors import Cors, Fields, preflight
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.shapes.cors import CorsConfiguration
from bushel.service.configurations import Configuration

_read = document_reader(CorsConfiguration, "CORSConfiguration")
_write = document_writer(CorsConfiguration, "CORSConfiguration")

CORS: Final[Configuration[Cors]] = Configuration(
    "cors", lambda document: Cors(_read(document)), lambda cors: _write(cors.configuration)
)


async def rules_of(buckets: Buckets, name: str) -> Cors | None:
    """The rules of a bucket by its name; ``None`` where it has none or is not there."""
    bucket = await buckets.get(name)
    return None if bucket is None else await CORS.of(buckets, bucket)


def fields_for(cors: Cors | None, request: Request) -> Fields:
    """What a browser is told of the answer to a request that has an ``Origin``; nothing where no rule matches."""
    if cors is None:
        return []
    headers = request.headers
    method = headers.get("access-control-request-method", request.method)
    return cors.allow(headers["origin"], method, headers.get("access-control-request-headers")) or []


async def answer_preflight(buckets: Buckets, name: str, key: str | None, request: Request) -> Fields:
    """What a browser may send to a bucket, and to a key in it, which need not exist.

    Raises:
        S3Error: AccessForbidden, BadRequest.
    """
    headers = request.headers
    method = headers.get("access-control-request-method")
    bucket = await buckets.get(name)
    if bucket is None:
        raise S3Error("AccessForbidden.NoBucket", Method=method or "OPTIONS", ResourceType="BUCKET")
    return preflight(
        await CORS.of(buckets, bucket),
        headers["origin"],
        method,
        headers.get("access-control-request-headers"),
        "BUCKET" if key is None else "OBJECT",
    )
