"""Whole objects: put, get, look at, copy, delete."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import (
    AnyCase,
    AtMost,
    Between,
    Echoed,
    Header,
    Moment,
    Payload,
    Query,
    Stream,
    Timestamp,
    Xml,
)
from bushel.protocol.shapes.enums import ArchiveStatus, ChecksumMode, ReplicationStatus
from bushel.protocol.shapes.members import (
    BucketKeyEnabledHeader,
    BucketName,
    BypassGovernanceRetentionHeader,
    ChecksumHeaders,
    ChecksumTypeHeader,
    ExpectedBucketOwnerHeader,
    GrantFullControlHeader,
    GrantReadACPHeader,
    GrantReadHeader,
    GrantWriteACPHeader,
    MetadataHeaders,
    MFAHeader,
    ObjectCannedACLHeader,
    ObjectKey,
    ObjectLockEventHoldDurationDaysHeader,
    ObjectLockEventHoldDurationYearsHeader,
    ObjectLockEventHoldHeader,
    ObjectLockLegalHoldStatusHeader,
    ObjectLockModeHeader,
    ObjectLockRetainUntilDateHeader,
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
    VersionIdHeader,
    VersionIdQuery,
    WebsiteRedirectLocationHeader,
)


class PutObjectInput(ChecksumHeaders, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    acl: ObjectCannedACLHeader = None
    body: Annotated[Any | None, Stream()] = None
    cache_control: Annotated[str | None, Header("Cache-Control")] = None
    content_disposition: Annotated[str | None, Header("Content-Disposition")] = None
    content_encoding: Annotated[str | None, Header("Content-Encoding")] = None
    content_language: Annotated[str | None, Header("Content-Language")] = None
    content_length: Annotated[int | None, Header("Content-Length")] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    content_type: Annotated[str | None, Header("Content-Type")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expires: Annotated[str | None, Header("Expires")] = None
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    write_offset_bytes: Annotated[int | None, Header("x-amz-write-offset-bytes"), Between(0, 2**63 - 1)] = None
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


class PutObjectOutput(ChecksumHeaders, frozen=True, kw_only=True):
    expiration: Annotated[str | None, Header("x-amz-expiration")] = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    checksum_type: ChecksumTypeHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    version_id: VersionIdHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    ssekms_encryption_context: SSEKMSEncryptionContextHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    size: Annotated[int | None, Header("x-amz-object-size")] = None
    request_charged: RequestChargedHeader = None


class GetObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_modified_since: Annotated[Timestamp | None, Header("If-Modified-Since"), Moment(lenient=True)] = None
    if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    if_unmodified_since: Annotated[Timestamp | None, Header("If-Unmodified-Since"), Moment(lenient=True)] = None
    range: Annotated[str | None, Header("Range")] = None
    response_cache_control: Annotated[str | None, Query("response-cache-control"), Echoed()] = None
    response_content_disposition: Annotated[str | None, Query("response-content-disposition"), Echoed()] = None
    response_content_encoding: Annotated[str | None, Query("response-content-encoding"), Echoed()] = None
    response_content_language: Annotated[str | None, Query("response-content-language"), Echoed()] = None
    response_content_type: Annotated[str | None, Query("response-content-type"), Echoed()] = None
    response_expires: Annotated[str | None, Query("response-expires"), Echoed()] = None
    version_id: VersionIdQuery = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    part_number: PartNumberQuery | None = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    checksum_mode: Annotated[ChecksumMode | None, Header("x-amz-checksum-mode"), AnyCase()] = None


class GetObjectOutput(ChecksumHeaders, frozen=True, kw_only=True):
    body: Annotated[Any | None, Stream()] = None
    delete_marker: Annotated[bool | None, Header("x-amz-delete-marker")] = None
    accept_ranges: Annotated[str | None, Header("accept-ranges")] = None
    expiration: Annotated[str | None, Header("x-amz-expiration")] = None
    restore: Annotated[str | None, Header("x-amz-restore")] = None
    last_modified: Annotated[Timestamp | None, Header("Last-Modified")] = None
    content_length: Annotated[int | None, Header("Content-Length")] = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    checksum_type: ChecksumTypeHeader = None
    missing_meta: Annotated[int | None, Header("x-amz-missing-meta")] = None
    version_id: VersionIdHeader = None
    cache_control: Annotated[str | None, Header("Cache-Control")] = None
    content_disposition: Annotated[str | None, Header("Content-Disposition")] = None
    content_encoding: Annotated[str | None, Header("Content-Encoding")] = None
    content_language: Annotated[str | None, Header("Content-Language")] = None
    content_range: Annotated[str | None, Header("Content-Range")] = None
    content_type: Annotated[str | None, Header("Content-Type")] = None
    expires: Annotated[str | None, Header("Expires")] = None
    website_redirect_location: WebsiteRedirectLocationHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    metadata: MetadataHeaders = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    storage_class: StorageClassHeader = None
    request_charged: RequestChargedHeader = None
    replication_status: Annotated[ReplicationStatus | None, Header("x-amz-replication-status")] = None
    parts_count: Annotated[int | None, Header("x-amz-mp-parts-count")] = None
    tag_count: Annotated[int | None, Header("x-amz-tagging-count")] = None
    object_lock_mode: ObjectLockModeHeader = None
    object_lock_retain_until_date: ObjectLockRetainUntilDateHeader = None
    object_lock_legal_hold_status: ObjectLockLegalHoldStatusHeader = None
    object_lock_event_hold: ObjectLockEventHoldHeader = None
    object_lock_event_hold_duration_days: ObjectLockEventHoldDurationDaysHeader = None
    object_lock_event_hold_duration_years: ObjectLockEventHoldDurationYearsHeader = None


class HeadObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_modified_since: Annotated[Timestamp | None, Header("If-Modified-Since"), Moment(lenient=True)] = None
    if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    if_unmodified_since: Annotated[Timestamp | None, Header("If-Unmodified-Since"), Moment(lenient=True)] = None
    range: Annotated[str | None, Header("Range")] = None
    response_cache_control: Annotated[str | None, Query("response-cache-control"), Echoed()] = None
    response_content_disposition: Annotated[str | None, Query("response-content-disposition"), Echoed()] = None
    response_content_encoding: Annotated[str | None, Query("response-content-encoding"), Echoed()] = None
    response_content_language: Annotated[str | None, Query("response-content-language"), Echoed()] = None
    response_content_type: Annotated[str | None, Query("response-content-type"), Echoed()] = None
    response_expires: Annotated[str | None, Query("response-expires"), Echoed()] = None
    version_id: VersionIdQuery = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    part_number: PartNumberQuery | None = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    checksum_mode: Annotated[ChecksumMode | None, Header("x-amz-checksum-mode"), AnyCase()] = None


class HeadObjectOutput(ChecksumHeaders, frozen=True, kw_only=True):
    delete_marker: Annotated[bool | None, Header("x-amz-delete-marker")] = None
    accept_ranges: Annotated[str | None, Header("accept-ranges")] = None
    expiration: Annotated[str | None, Header("x-amz-expiration")] = None
    restore: Annotated[str | None, Header("x-amz-restore")] = None
    archive_status: Annotated[ArchiveStatus | None, Header("x-amz-archive-status")] = None
    last_modified: Annotated[Timestamp | None, Header("Last-Modified")] = None
    content_length: Annotated[int | None, Header("Content-Length")] = None
    checksum_type: ChecksumTypeHeader = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    missing_meta: Annotated[int | None, Header("x-amz-missing-meta")] = None
    version_id: VersionIdHeader = None
    cache_control: Annotated[str | None, Header("Cache-Control")] = None
    content_disposition: Annotated[str | None, Header("Content-Disposition")] = None
    content_encoding: Annotated[str | None, Header("Content-Encoding")] = None
    content_language: Annotated[str | None, Header("Content-Language")] = None
    content_type: Annotated[str | None, Header("Content-Type")] = None
    content_range: Annotated[str | None, Header("Content-Range")] = None
    expires: Annotated[str | None, Header("Expires")] = None
    website_redirect_location: WebsiteRedirectLocationHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    metadata: MetadataHeaders = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    storage_class: StorageClassHeader = None
    request_charged: RequestChargedHeader = None
    replication_status: Annotated[ReplicationStatus | None, Header("x-amz-replication-status")] = None
    parts_count: Annotated[int | None, Header("x-amz-mp-parts-count")] = None
    tag_count: Annotated[int | None, Header("x-amz-tagging-count")] = None
    object_lock_mode: ObjectLockModeHeader = None
    object_lock_retain_until_date: ObjectLockRetainUntilDateHeader = None
    object_lock_legal_hold_status: ObjectLockLegalHoldStatusHeader = None
    object_lock_event_hold: ObjectLockEventHoldHeader = None
    object_lock_event_hold_duration_days: ObjectLockEventHoldDurationDaysHeader = None
    object_lock_event_hold_duration_years: ObjectLockEventHoldDurationYearsHeader = None


class DeleteObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    mfa: MFAHeader = None
    version_id: VersionIdQuery = None
    request_payer: RequestPayerHeader = None
    bypass_governance_retention: BypassGovernanceRetentionHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_match_last_modified_time: Annotated[Timestamp | None, Header("x-amz-if-match-last-modified-time")] = None
    if_match_size: Annotated[int | None, Header("x-amz-if-match-size")] = None


class DeleteObjectOutput(Struct, frozen=True, kw_only=True):
    delete_marker: Annotated[bool | None, Header("x-amz-delete-marker")] = None
    version_id: VersionIdHeader = None
    request_charged: RequestChargedHeader = None


class ObjectIdentifier(Struct, frozen=True, kw_only=True):
    key: str
    version_id: str | None = None
    e_tag: str | None = None
    last_modified_time: Annotated[Timestamp | None, Moment("rfc1123")] = None
    size: int | None = None


class Delete(Struct, frozen=True, kw_only=True):
    objects: Annotated[Sequence[ObjectIdentifier], Xml("Object"), AtMost(1000)]
    quiet: bool | None = None


class DeleteObjectsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    delete: Annotated[Delete, Payload("Delete")]
    mfa: MFAHeader = None
    request_payer: RequestPayerHeader = None
    bypass_governance_retention: BypassGovernanceRetentionHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None


class DeletedObject(Struct, frozen=True, kw_only=True):
    key: str | None = None
    version_id: str | None = None
    delete_marker: bool | None = None
    delete_marker_version_id: str | None = None


class Error(Struct, frozen=True, kw_only=True):
    key: str | None = None
    version_id: str | None = None
    code: str | None = None
    message: str | None = None


class DeleteObjectsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "DeleteResult"

    deleted: Sequence[DeletedObject] = ()
    request_charged: RequestChargedHeader = None
    errors: Annotated[Sequence[Error], Xml("Error")] = ()
