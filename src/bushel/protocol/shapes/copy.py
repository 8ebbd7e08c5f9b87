"""Copies of whole objects."""

from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Invalid, Payload, Timestamp
from bushel.protocol.shapes.enums import AnnotationDirective, ChecksumType, MetadataDirective, TaggingDirective
from bushel.protocol.shapes.members import (
    BucketKeyEnabledHeader,
    BucketName,
    ChecksumAlgorithmHeader,
    ChecksumElements,
    CopySourceSSECustomerAlgorithmHeader,
    CopySourceSSECustomerKeyHeader,
    CopySourceSSECustomerKeyMD5Header,
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
    RequestChargedHeader,
    RequestPayerHeader,
    ServerSideEncryptionHeader,
    SSECustomerAlgorithmHeader,
    SSECustomerKeyHeader,
    SSECustomerKeyMD5Header,
    SSEKMSEncryptionContextHeader,
    SSEKMSKeyIdHeader,
    StorageClassHeader,
    TaggingHeader,
    VersionIdHeader,
    WebsiteRedirectLocationHeader,
)


class CopyObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    acl: ObjectCannedACLHeader = None
    cache_control: Annotated[str | None, Header("Cache-Control")] = None
    checksum_algorithm: ChecksumAlgorithmHeader = None
    content_disposition: Annotated[str | None, Header("Content-Disposition")] = None
    content_encoding: Annotated[str | None, Header("Content-Encoding")] = None
    content_language: Annotated[str | None, Header("Content-Language")] = None
    content_type: Annotated[str | None, Header("Content-Type")] = None
    copy_source: Annotated[str, Header("x-amz-copy-source")]
    copy_source_if_match: Annotated[str | None, Header("x-amz-copy-source-if-match")] = None
    copy_source_if_modified_since: Annotated[Timestamp | None, Header("x-amz-copy-source-if-modified-since")] = None
    copy_source_if_none_match: Annotated[str | None, Header("x-amz-copy-source-if-none-match")] = None
    copy_source_if_unmodified_since: Annotated[Timestamp | None, Header("x-amz-copy-source-if-unmodified-since")] = None
    expires: Annotated[str | None, Header("Expires")] = None
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    if_match: Annotated[str | None, Header("If-Match")] = None
    if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    metadata: MetadataHeaders = None
    metadata_directive: Annotated[
        MetadataDirective | None, Header("x-amz-metadata-directive"), Invalid("InvalidArgument.MetadataDirective")
    ] = None
    tagging_directive: Annotated[
        TaggingDirective | None,
        Header("x-amz-tagging-directive"),
        Invalid("InvalidArgument.TaggingDirective"),
    ] = None
    annotation_directive: Annotated[AnnotationDirective | None, Header("x-amz-object-annotation-directive")] = None
    server_side_encryption: ServerSideEncryptionHeader = None
    storage_class: StorageClassHeader = None
    website_redirect_location: WebsiteRedirectLocationHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key: SSECustomerKeyHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    ssekms_encryption_context: SSEKMSEncryptionContextHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    copy_source_sse_customer_algorithm: CopySourceSSECustomerAlgorithmHeader = None
    copy_source_sse_customer_key: CopySourceSSECustomerKeyHeader = None
    copy_source_sse_customer_key_md5: CopySourceSSECustomerKeyMD5Header = None
    request_payer: RequestPayerHeader = None
    tagging: TaggingHeader = None
    object_lock_mode: ObjectLockModeHeader = None
    object_lock_retain_until_date: ObjectLockRetainUntilDateHeader = None
    object_lock_legal_hold_status: ObjectLockLegalHoldStatusHeader = None
    object_lock_event_hold: ObjectLockEventHoldHeader = None
    object_lock_event_hold_duration_days: ObjectLockEventHoldDurationDaysHeader = None
    object_lock_event_hold_duration_years: ObjectLockEventHoldDurationYearsHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    expected_source_bucket_owner: ExpectedSourceBucketOwnerHeader = None


class CopyObjectResult(ChecksumElements, frozen=True, kw_only=True):
    e_tag: str | None = None
    last_modified: Timestamp | None = None
    checksum_type: ChecksumType | None = None


class CopyObjectOutput(Struct, frozen=True, kw_only=True):
    copy_object_result: Annotated[CopyObjectResult | None, Payload("CopyObjectResult")] = None
    expiration: Annotated[str | None, Header("x-amz-expiration")] = None
    copy_source_version_id: Annotated[str | None, Header("x-amz-copy-source-version-id")] = None
    version_id: VersionIdHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    sse_customer_algorithm: SSECustomerAlgorithmHeader = None
    sse_customer_key_md5: SSECustomerKeyMD5Header = None
    ssekms_key_id: SSEKMSKeyIdHeader = None
    ssekms_encryption_context: SSEKMSEncryptionContextHeader = None
    bucket_key_enabled: BucketKeyEnabledHeader = None
    request_charged: RequestChargedHeader = None
