"""What is known of an object, asked for by name: GetObjectAttributes."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Between, Demanded, Header, Invalid, Timestamp, Xml
from bushel.protocol.shapes.enums import ChecksumType, ObjectAttributes, StorageClass
from bushel.protocol.shapes.members import (
    MAX_INT,
    BucketName,
    ChecksumElements,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
    SSECustomerAlgorithmHeader,
    SSECustomerKeyHeader,
    SSECustomerKeyMD5Header,
    VersionIdHeader,
    VersionIdQuery,
)


class GetObjectAttributesInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    max_parts: Annotated[int | None, Header("x-amz-max-parts"), Between(0, MAX_INT)] = None
    part_number_marker: Annotated[int | None, Header("x-amz-part-number-marker"), Between(0, MAX_INT)] = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    object_attributes: Annotated[
        Sequence[ObjectAttributes],
        Header("x-amz-object-attributes"),
        Demanded(),
        Invalid("InvalidArgument.AttributeName"),
    ] = ()


class Checksum(ChecksumElements, frozen=True, kw_only=True):
    checksum_type: ChecksumType | None = None


class ObjectPart(ChecksumElements, frozen=True, kw_only=True):
    part_number: int | None = None
    size: int | None = None


class GetObjectAttributesParts(Struct, frozen=True, kw_only=True):
    total_parts_count: Annotated[int | None, Xml("PartsCount")] = None
    part_number_marker: int | None = None
    next_part_number_marker: int | None = None
    max_parts: int | None = None
    is_truncated: bool | None = None
    parts: Annotated[Sequence[ObjectPart], Xml("Part")] = ()


class GetObjectAttributesOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "GetObjectAttributesResponse"

    delete_marker: Annotated[bool | None, Header("x-amz-delete-marker")] = None
    last_modified: Annotated[Timestamp | None, Header("Last-Modified")] = None
    version_id: VersionIdHeader = None
    request_charged: RequestChargedHeader = None
    e_tag: Annotated[str | None, Xml("ETag")] = None
    checksum: Checksum | None = None
    object_parts: GetObjectAttributesParts | None = None
    storage_class: StorageClass | None = None
    object_size: int | None = None
