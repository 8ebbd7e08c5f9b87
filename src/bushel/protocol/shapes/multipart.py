"""Uploads in parts, from their creation to the object that they become."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import (
    AtMost,
    Between,
    Header,
    Invalid,
    Payload,
    Query,
    Stream,
    Timestamp,
    Xml,
)
from bushel.protocol.shapes.enums import ChecksumAlgorithm, ChecksumType, EncodingType, StorageClass
from bushel.protocol.shapes.listing import CommonPrefix
from bushel.protocol.shapes.members import (
    MAX_INT,
    BucketKeyEnabledHeader,
    BucketName,
    ChecksumAlgorithmHeader,
    ChecksumElements,
    ChecksumHeaders,
    ChecksumTypeHeader,
    CopySourceSSECustomerAlgorithmHeader,
    CopySourceSSECustomerKeyHeader,
    CopySourceSSECustomerKeyMD5Header,
    EncodingTypeQuery,
    ExpectedBucketOwnerHeader,
    ExpectedSourceBucketOwnerHeader,
    GrantFullControlHeader,
    GrantReadACPHeader,
    GrantReadHeader,
    GrantWriteACPHeader,
    MetadataHeaders,
    ObjectCannedACLHeader,
    ObjectKey,
    ObjectLockEventHoldDurationDaysHeader,
    ObjectLockEventHoldDurationYearsHeader,
    ObjectLockEventHoldHeader,
    ObjectLockLegalHoldStatusHeader,
    ObjectLockModeHeader,
    ObjectLockRetainUntilDateHeader,
    Owner,
    PartNumberQuery,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    ServerSideEncryptionHeader,
    SSECustomerAlgorithmHeader,
    SSECustomerKeyHeader,
    SSECustomerKeyMD5Header,
    SSEKMSEncryptionContextHeader,
    SSEKMSKeyIdHeader,
    StorageClassHeader,
    TaggingHeader,
    UploadIdQuery,
    VersionIdHeader,
    WebsiteRedirectLocationHeader,
)


class CreateMultipartUploadInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    acl: ObjectCannedACLHeader = None
    cache_control: Annotated[str | None, Header("Cache-Control")] = None
    content_disposition: Annotated[str | None, Header("Content-Disposition")] = None
    content_encoding: Annotated[str | None, Header("Content-Encoding")] = None
    content_language: Annotated[str | None, Header("Content-Language")] = None
    content_type: Annotated[str | None, Header("Content-Type")] = None
    expires: Annotated[str | None, Header("Expires")] = None
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    metadata: MetadataHeaders = None
    server_side_encryption: ServerSideEncryptionHeader = None
    storage_class: StorageClassHeader = None
    website_redirect_location: WebsiteRedirectLocationHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    ssekms_encryption_context: SSEKMSEncryptionContextHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_payer: RequestPayerHeader = None
    tagging: TaggingHeader = None
    object_lock_mode: ObjectLockModeHeader = None
    object_lock_retain_until_date: ObjectLockRetainUntilDateHeader = None
    object_lock_legal_hold_status: ObjectLockLegalHoldStatusHeader = None
    object_lock_event_hold: ObjectLockEventHoldHeader = None
    object_lock_event_hold_duration_days: ObjectLockEventHoldDurationDaysHeader = None
    object_lock_event_hold_duration_years: ObjectLockEventHoldDurationYearsHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    checksum_algorithm: ChecksumAlgorithmHeader = None
    checksum_type: ChecksumTypeHeader = None


class CreateMultipartUploadOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "InitiateMultipartUploadResult"

    abort_date: Annotated[Timestamp | None, Header("x-amz-abort-date")] = None
    abort_rule_id: Annotated[str | None, Header("x-amz-abort-rule-id")] = None
    bucket: str | None = None
    key: str | None = None
    upload_id: str | None = None
    server_side_encryption: ServerSideEncryptionHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    ssekms_encryption_context: SSEKMSEncryptionContextHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_charged: RequestChargedHeader = None
    checksum_algorithm: ChecksumAlgorithmHeader = None
    checksum_type: ChecksumTypeHeader = None
    version_id: VersionIdHeader = None


class UploadPartInput(ChecksumHeaders, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    body: Annotated[Any | None, Stream()] = None
    content_length: Annotated[int | None, Header("Content-Length")] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    part_number: PartNumberQuery
    upload_id: UploadIdQuery
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class UploadPartOutput(ChecksumHeaders, frozen=True, kw_only=True):
    server_side_encryption: ServerSideEncryptionHeader = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_charged: RequestChargedHeader = None
    version_id: VersionIdHeader = None


class UploadPartCopyInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    copy_source: Annotated[str, Header("x-amz-copy-source")]
    copy_source_if_match: Annotated[str | None, Header("x-amz-copy-source-if-match")] = None
    copy_source_if_modified_since: Annotated[Timestamp | None, Header("x-amz-copy-source-if-modified-since")] = None
    copy_source_if_none_match: Annotated[str | None, Header("x-amz-copy-source-if-none-match")] = None
    copy_source_if_unmodified_since: Annotated[Timestamp | None, Header("x-amz-copy-source-if-unmodified-since")] = None
    copy_source_range: Annotated[str | None, Header("x-amz-copy-source-range")] = None
    part_number: PartNumberQuery
    upload_id: UploadIdQuery
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    copy_source_sse_customer_algorithm: CopySourceSSECustomerAlgorithmHeader = None
    copy_source_sse_customer_key: CopySourceSSECustomerKeyHeader = None
    copy_source_sse_customer_key_md5: CopySourceSSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    expected_source_bucket_owner: ExpectedSourceBucketOwnerHeader = None


class CopyPartResult(ChecksumElements, frozen=True, kw_only=True):
    e_tag: str | None = None
    last_modified: Timestamp | None = None


class UploadPartCopyOutput(Struct, frozen=True, kw_only=True):
    copy_source_version_id: Annotated[str | None, Header("x-amz-copy-source-version-id")] = None
    copy_part_result: Annotated[CopyPartResult | None, Payload("CopyPartResult")] = None
    server_side_encryption: ServerSideEncryptionHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_charged: RequestChargedHeader = None
    version_id: VersionIdHeader = None


class CompletedPart(ChecksumElements, frozen=True, kw_only=True):
    e_tag: str | None = None
    part_number: int | None = None


class CompletedMultipartUpload(Struct, frozen=True, kw_only=True):
    parts: Annotated[Sequence[CompletedPart], Xml("Part"), AtMost(10000)] = ()


class CompleteMultipartUploadInput(ChecksumHeaders, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    multipart_upload: Annotated[CompletedMultipartUpload | None, Payload("CompleteMultipartUpload")] = None
    upload_id: UploadIdQuery
    checksum_type: ChecksumTypeHeader = None
    mpu_object_size: Annotated[
        int | None, Header("x-amz-mp-object-size"), Between(0, 1 << 63), Invalid("InvalidRequest.ObjectSize")
    ] = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None


class CompleteMultipartUploadOutput(ChecksumElements, frozen=True, kw_only=True):
    root: ClassVar[str] = "CompleteMultipartUploadResult"

    location: str | None = None
    bucket: str | None = None
    key: str | None = None
    expiration: Annotated[str | None, Header("x-amz-expiration")] = None
    e_tag: str | None = None
    checksum_type: ChecksumType | None = None
    server_side_encryption: ServerSideEncryptionHeader = None
    version_id: VersionIdHeader = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_charged: RequestChargedHeader = None


class AbortMultipartUploadInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    upload_id: UploadIdQuery
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    if_match_initiated_time: Annotated[Timestamp | None, Header("x-amz-if-match-initiated-time")] = None


class AbortMultipartUploadOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None
    version_id: VersionIdHeader = None


class ListMultipartUploadsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    delimiter: Annotated[str | None, Query("delimiter")] = None
    encoding_type: EncodingTypeQuery = None
    key_marker: Annotated[str | None, Query("key-marker")] = None
    max_uploads: Annotated[int | None, Query("max-uploads"), Between(0, MAX_INT)] = None
    prefix: Annotated[str | None, Query("prefix")] = None
    upload_id_marker: Annotated[str | None, Query("upload-id-marker")] = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    request_payer: RequestPayerHeader = None


class Initiator(Struct, frozen=True, kw_only=True):
    id: Annotated[str | None, Xml("ID")] = None
    display_name: str | None = None


class MultipartUpload(Struct, frozen=True, kw_only=True):
    upload_id: str | None = None
    key: str | None = None
    initiated: Timestamp | None = None
    storage_class: StorageClass | None = None
    owner: Owner | None = None
    initiator: Initiator | None = None
    checksum_algorithm: ChecksumAlgorithm | None = None
    checksum_type: ChecksumType | None = None
    version_id: str | None = None


class ListMultipartUploadsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListMultipartUploadsResult"

    bucket: str | None = None
    key_marker: str | None = None
    upload_id_marker: str | None = None
    next_key_marker: str | None = None
    prefix: str | None = None
    delimiter: str | None = None
    next_upload_id_marker: str | None = None
    max_uploads: int | None = None
    is_truncated: bool | None = None
    uploads: Annotated[Sequence[MultipartUpload], Xml("Upload")] = ()
    common_prefixes: Sequence[CommonPrefix] = ()
    encoding_type: EncodingType | None = None
    request_charged: RequestChargedHeader = None


class ListPartsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    max_parts: Annotated[int | None, Query("max-parts"), Between(0, MAX_INT)] = None
    part_number_marker: Annotated[int | None, Query("part-number-marker"), Between(0, MAX_INT)] = None
    upload_id: UploadIdQuery
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None


class Part(ChecksumElements, frozen=True, kw_only=True):
    part_number: int | None = None
    last_modified: Timestamp | None = None
    e_tag: str | None = None
    size: int | None = None


class ListPartsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListPartsResult"

    abort_date: Annotated[Timestamp | None, Header("x-amz-abort-date")] = None
    abort_rule_id: Annotated[str | None, Header("x-amz-abort-rule-id")] = None
    bucket: str | None = None
    key: str | None = None
    upload_id: str | None = None
    part_number_marker: int | None = None
    next_part_number_marker: int | None = None
    max_parts: int | None = None
    is_truncated: bool | None = None
    parts: Annotated[Sequence[Part], Xml("Part")] = ()
    initiator: Initiator | None = None
    owner: Owner | None = None
    storage_class: StorageClass | None = None
    request_charged: RequestChargedHeader = None
    checksum_algorithm: ChecksumAlgorithm | None = None
    checksum_type: ChecksumType | None = None
    version_id: VersionIdHeader = None
