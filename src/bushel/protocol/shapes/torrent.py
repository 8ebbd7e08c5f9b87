"""Objects shared by BitTorrent."""

from typing import Annotated, Any

from msgspec import Struct

from bushel.protocol.codec.fields import Stream
from bushel.protocol.shapes.members import (
    BucketName,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
)


class GetObjectTorrentInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetObjectTorrentOutput(Struct, frozen=True, kw_only=True):
    body: Annotated[Any | None, Stream()] = None
    request_charged: RequestChargedHeader = None
