"""What is in a bucket: both forms of the listing."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Between, Query, Timestamp
from bushel.protocol.shapes.enums import ChecksumAlgorithm, ChecksumType, EncodingType, StorageClass
from bushel.protocol.shapes.members import (
    MAX_INT,
    BucketName,
    EncodingTypeQuery,
    ExpectedBucketOwnerHeader,
    OptionalObjectAttributesHeader,
    Owner,
    RequestChargedHeader,
    RequestPayerHeader,
)


class ListObjectsInput(Struct, frozen=True, kw_only=True):
    misplaced: ClassVar[dict[str, str]] = {
        "continuation-token": "InvalidArgument.ContinuationTokenUnexpected",
        "start-after": "InvalidArgument.StartAfterUnexpected",
    }

    bucket: BucketName
    delimiter: Annotated[str | None, Query("delimiter")] = None
    encoding_type: EncodingTypeQuery = None
    marker: Annotated[str | None, Query("marker")] = None
    max_keys: Annotated[int | None, Query("max-keys"), Between(0, MAX_INT)] = None
    prefix: Annotated[str | None, Query("prefix")] = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    optional_object_attributes: OptionalObjectAttributesHeader = ()


class RestoreStatus(Struct, frozen=True, kw_only=True):
    is_restore_in_progress: bool | None = None
    restore_expiry_date: Timestamp | None = None


class Object(Struct, frozen=True, kw_only=True):
    key: str | None = None
    last_modified: Timestamp | None = None
    e_tag: str | None = None
    checksum_algorithm: Sequence[ChecksumAlgorithm] = ()
    checksum_type: ChecksumType | None = None
    size: int | None = None
    storage_class: StorageClass | None = None
    owner: Owner | None = None
    restore_status: RestoreStatus | None = None


class CommonPrefix(Struct, frozen=True, kw_only=True):
    prefix: str | None = None


class ListObjectsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListBucketResult"

    name: str | None = None
    prefix: str | None = None
    marker: str | None = None
    next_marker: str | None = None
    max_keys: int | None = None
    delimiter: str | None = None
    encoding_type: EncodingType | None = None
    is_truncated: bool | None = None
    contents: Sequence[Object] = ()
    common_prefixes: Sequence[CommonPrefix] = ()
    request_charged: RequestChargedHeader = None


class ListObjectsV2Input(Struct, frozen=True, kw_only=True):
    misplaced: ClassVar[dict[str, str]] = {"marker": "InvalidArgument.MarkerUnexpected"}

    bucket: BucketName
    delimiter: Annotated[str | None, Query("delimiter")] = None
    encoding_type: EncodingTypeQuery = None
    max_keys: Annotated[int | None, Query("max-keys"), Between(0, MAX_INT)] = None
    prefix: Annotated[str | None, Query("prefix")] = None
    continuation_token: Annotated[str | None, Query("continuation-token")] = None
    fetch_owner: Annotated[bool | None, Query("fetch-owner")] = None
    start_after: Annotated[str | None, Query("start-after")] = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    optional_object_attributes: OptionalObjectAttributesHeader = ()


class ListObjectsV2Output(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListBucketResult"

    name: str | None = None
    prefix: str | None = None
    start_after: str | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None
    key_count: int | None = None
    max_keys: int | None = None
    delimiter: str | None = None
    encoding_type: EncodingType | None = None
    is_truncated: bool | None = None
    contents: Sequence[Object] = ()
    common_prefixes: Sequence[CommonPrefix] = ()
    request_charged: RequestChargedHeader = None
