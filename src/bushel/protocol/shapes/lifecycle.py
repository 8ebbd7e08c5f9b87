"""Lifecycle rules of buckets."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Invalid, NoEffect, Payload, Refused, Timestamp, Xml
from bushel.protocol.shapes.enums import (
    ExpirationStatus,
    TransitionDefaultMinimumObjectSize,
    TransitionStorageClass,
)
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader
from bushel.protocol.shapes.tagging import Tag


class LifecycleExpiration(Struct, frozen=True, kw_only=True):
    date: Timestamp | None = None
    days: int | None = None
    expired_object_delete_marker: bool | None = None


class LifecycleRuleAndOperator(Struct, frozen=True, kw_only=True):
    prefix: str | None = None
    tags: Annotated[Sequence[Tag], Xml("Tag")] = ()
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None


class LifecycleRuleFilter(Struct, frozen=True, kw_only=True):
    prefix: str | None = None
    tag: Tag | None = None
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None
    and_: LifecycleRuleAndOperator | None = None


class Transition(Struct, frozen=True, kw_only=True):
    date: Timestamp | None = None
    days: int | None = None
    storage_class: TransitionStorageClass | None = None


class NoncurrentVersionTransition(Struct, frozen=True, kw_only=True):
    noncurrent_days: int | None = None
    storage_class: TransitionStorageClass | None = None
    newer_noncurrent_versions: int | None = None


class NoncurrentVersionExpiration(Struct, frozen=True, kw_only=True):
    noncurrent_days: int | None = None
    newer_noncurrent_versions: int | None = None


class AbortIncompleteMultipartUpload(Struct, frozen=True, kw_only=True):
    days_after_initiation: int | None = None


class LifecycleRule(Struct, frozen=True, kw_only=True):
    expiration: LifecycleExpiration | None = None
    id: Annotated[str | None, Xml("ID")] = None
    prefix: str | None = None
    filter: LifecycleRuleFilter | None = None
    status: ExpirationStatus
    transitions: Annotated[Sequence[Transition], Xml("Transition"), Refused("NotImplemented.Transition")] = ()
    noncurrent_version_transitions: Annotated[
        Sequence[NoncurrentVersionTransition],
        Xml("NoncurrentVersionTransition"),
        Refused("NotImplemented.Transition"),
    ] = ()
    noncurrent_version_expiration: NoncurrentVersionExpiration | None = None
    abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload | None = None


class LifecycleConfiguration(Struct, frozen=True, kw_only=True):
    rules: Annotated[Sequence[LifecycleRule], Xml("Rule")]


class StoredLifecycle(Struct, frozen=True, kw_only=True):
    """What a bucket keeps: the document, and in it what came in a header beside it."""

    rules: Annotated[Sequence[LifecycleRule], Xml("Rule")]
    transition_default_minimum_object_size: TransitionDefaultMinimumObjectSize


MinimumObjectSizeHeader = Annotated[
    TransitionDefaultMinimumObjectSize | None,
    Header("x-amz-transition-default-minimum-object-size"),
    NoEffect("it bounds transitions, and rules with transitions are refused; it is kept and told"),
    Invalid("InvalidRequest.MinimumObjectSize"),
]


class GetBucketLifecycleConfigurationOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "LifecycleConfiguration"

    rules: Annotated[Sequence[LifecycleRule], Xml("Rule")] = ()
    transition_default_minimum_object_size: MinimumObjectSizeHeader = None


class PutBucketLifecycleConfigurationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    lifecycle_configuration: Annotated[LifecycleConfiguration | None, Payload("LifecycleConfiguration")] = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    transition_default_minimum_object_size: MinimumObjectSizeHeader = None


class PutBucketLifecycleConfigurationOutput(Struct, frozen=True, kw_only=True):
    transition_default_minimum_object_size: MinimumObjectSizeHeader = None


class DeleteBucketLifecycleInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
