"""Tags, and the operations on those of buckets and objects."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.members import (
    BucketName,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    VersionIdHeader,
    VersionIdQuery,
)


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


class GetObjectTaggingInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    request_payer: RequestPayerHeader = None


class GetObjectTaggingOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "Tagging"

    version_id: VersionIdHeader = None
    tag_set: Annotated[Sequence[Tag], Xml(item="Tag")] = ()


class PutObjectTaggingInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    tagging: Annotated[Tagging, Payload("Tagging")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    request_payer: RequestPayerHeader = None


class PutObjectTaggingOutput(Struct, frozen=True, kw_only=True):
    version_id: VersionIdHeader = None


class DeleteObjectTaggingInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class DeleteObjectTaggingOutput(Struct, frozen=True, kw_only=True):
    version_id: VersionIdHeader = None
