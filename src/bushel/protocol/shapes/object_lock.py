"""Object Lock: a bucket's default retention, retention and legal hold of versions.

Event holds (protection that lasts until something happens, and some time after) are refused.
"""

from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Header, NoEffect, Payload, Refused, Timestamp
from bushel.protocol.shapes.enums import (
    ObjectLockEnabled,
    ObjectLockEventHold,
    ObjectLockLegalHoldStatus,
    ObjectLockRetentionMode,
)
from bushel.protocol.shapes.members import (
    BucketName,
    BypassGovernanceRetentionHeader,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    VersionIdQuery,
)


class EventHoldDuration(Struct, frozen=True, kw_only=True):
    days: int | None = None
    years: int | None = None


class DefaultRetention(Struct, frozen=True, kw_only=True):
    mode: ObjectLockRetentionMode | None = None
    days: int | None = None
    years: int | None = None
    default_event_hold: Annotated[EventHoldDuration | None, Refused()] = None


class ObjectLockRule(Struct, frozen=True, kw_only=True):
    default_retention: DefaultRetention | None = None


class ObjectLockConfiguration(Struct, frozen=True, kw_only=True):
    object_lock_enabled: ObjectLockEnabled | None = None
    rule: ObjectLockRule | None = None


class GetObjectLockConfigurationOutput(Struct, frozen=True, kw_only=True):
    object_lock_configuration: Annotated[ObjectLockConfiguration | None, Payload("ObjectLockConfiguration")] = None


class PutObjectLockConfigurationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    object_lock_configuration: Annotated[ObjectLockConfiguration | None, Payload("ObjectLockConfiguration")] = None
    request_payer: RequestPayerHeader = None
    token: Annotated[
        str | None,
        Header("x-amz-bucket-object-lock-token"),
        NoEffect("it allowed what needs no permission of the service any more: locking in a bucket that exists"),
    ] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PutObjectLockConfigurationOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None


class ObjectLockRetention(Struct, frozen=True, kw_only=True):
    mode: ObjectLockRetentionMode | None = None
    retain_until_date: Timestamp | None = None
    event_hold: Annotated[ObjectLockEventHold | None, Refused()] = None
    event_hold_duration: Annotated[EventHoldDuration | None, Refused()] = None


class GetObjectRetentionOutput(Struct, frozen=True, kw_only=True):
    retention: Annotated[ObjectLockRetention | None, Payload("Retention")] = None


class PutObjectRetentionInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    retention: Annotated[ObjectLockRetention | None, Payload("Retention")] = None
    request_payer: RequestPayerHeader = None
    version_id: VersionIdQuery = None
    bypass_governance_retention: BypassGovernanceRetentionHeader = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PutObjectRetentionOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None


class ObjectLockLegalHold(Struct, frozen=True, kw_only=True):
    status: ObjectLockLegalHoldStatus | None = None


class GetObjectLegalHoldOutput(Struct, frozen=True, kw_only=True):
    legal_hold: Annotated[ObjectLockLegalHold | None, Payload("LegalHold")] = None


class PutObjectLegalHoldInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    legal_hold: Annotated[ObjectLockLegalHold | None, Payload("LegalHold")] = None
    request_payer: RequestPayerHeader = None
    version_id: VersionIdQuery = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PutObjectLegalHoldOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None
