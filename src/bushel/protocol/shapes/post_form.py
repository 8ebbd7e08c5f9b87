"""An object uploaded by an HTML form. What the form holds is no member: it is read from the body."""

from typing import Annotated, Any

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Stream
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader
from bushel.protocol.shapes.object import PutObjectOutput


class PostObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    body: Annotated[Any | None, Stream()] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    content_type: Annotated[str, Header("Content-Type")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PostObjectOutput(PutObjectOutput, frozen=True, kw_only=True):
    body: Annotated[Any, Stream()] = b""
    content_type: Annotated[str | None, Header("Content-Type")] = None
    location: Annotated[str | None, Header("Location")] = None
