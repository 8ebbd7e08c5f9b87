"""Tags, and the operations on those of a bucket."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class Tag(Struct, frozen=True, kw_only=True):
    key: str
    value: str


class Tagging(Struct, frozen=True, kw_only=True):
    tag_set: Annotated[Sequence[Tag], Xml(item="Tag")]


class GetBucketTaggingOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "Tagging"

    tag_set: Annotated[Sequence[Tag], Xml(item="Tag")] = ()


class PutBucketTaggingInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    tagging: Annotated[Tagging, Payload("Tagging")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class DeleteBucketTaggingInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
