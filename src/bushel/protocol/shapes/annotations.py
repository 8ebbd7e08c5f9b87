"""Named payloads that belong to a version of an object."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import AnyCase, Between, Header, Query, Stream, Timestamp, Xml
from bushel.protocol.shapes.enums import ChecksumAlgorithm, ChecksumMode, ReplicationStatus
from bushel.protocol.shapes.members import (
    BucketName,
    ChecksumHeaders,
    ChecksumTypeHeader,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    ServerSideEncryptionHeader,
    VersionIdQuery,
)

AnnotationNameQuery = Annotated[str, Query("annotationName")]
ObjectIfMatchHeader = Annotated[str | None, Header("x-amz-object-if-match")]
ObjectVersionIdHeader = Annotated[str | None, Header("x-amz-object-version-id")]


class PutObjectAnnotationInput(ChecksumHeaders, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    annotation_name: AnnotationNameQuery
    annotation_payload: Annotated[Any, Stream()]
    object_if_match: ObjectIfMatchHeader = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PutObjectAnnotationOutput(ChecksumHeaders, frozen=True, kw_only=True):
    root: ClassVar[str] = "PutObjectAnnotationResult"

    key: str | None = None
    annotation_name: str | None = None
    object_version_id: ObjectVersionIdHeader = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    checksum_type: ChecksumTypeHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    request_charged: RequestChargedHeader = None


class GetObjectAnnotationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    annotation_name: AnnotationNameQuery
    version_id: VersionIdQuery = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    checksum_mode: Annotated[ChecksumMode | None, Header("x-amz-checksum-mode"), AnyCase()] = None


class GetObjectAnnotationOutput(ChecksumHeaders, frozen=True, kw_only=True):
    annotation_payload: Annotated[Any | None, Stream()] = None
    object_version_id: ObjectVersionIdHeader = None
    last_modified: Annotated[Timestamp | None, Header("Last-Modified")] = None
    content_length: Annotated[int | None, Header("Content-Length")] = None
    e_tag: Annotated[str | None, Header("ETag")] = None
    checksum_type: ChecksumTypeHeader = None
    server_side_encryption: ServerSideEncryptionHeader = None
    request_charged: RequestChargedHeader = None
    replication_status: Annotated[ReplicationStatus | None, Header("x-amz-replication-status")] = None

    @property
    def body(self) -> Any:
        """The stream of the answer, under the name that every streamed output has it."""
        return self.annotation_payload


class ListObjectAnnotationsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    max_annotation_results: Annotated[int | None, Query("max-annotation-results"), Between(1, 1000)] = None
    annotation_prefix: Annotated[str | None, Query("annotation-prefix")] = None
    continuation_token: Annotated[str | None, Query("continuation-token")] = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class AnnotationEntry(Struct, frozen=True, kw_only=True):
    annotation_name: str
    last_modified: Timestamp
    e_tag: Annotated[str | None, Xml("ETag")] = None
    checksum_algorithm: Sequence[ChecksumAlgorithm] = ()
    size: int
    replication_status: ReplicationStatus | None = None


class ListObjectAnnotationsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListObjectAnnotationsResult"

    annotations: Annotated[Sequence[AnnotationEntry], Xml(item="AnnotationEntry")] = ()
    bucket: str | None = None
    key: str | None = None
    object_version_id: ObjectVersionIdHeader = None
    annotation_prefix: str | None = None
    max_annotation_results: int | None = None
    annotation_count: int | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None
    request_charged: RequestChargedHeader = None


class DeleteObjectAnnotationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    annotation_name: AnnotationNameQuery
    version_id: VersionIdQuery = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    object_if_match: ObjectIfMatchHeader = None


class DeleteObjectAnnotationOutput(Struct, frozen=True, kw_only=True):
    object_version_id: ObjectVersionIdHeader = None
    request_charged: RequestChargedHeader = None
