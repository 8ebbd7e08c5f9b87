"""Versions of objects: the bucket's status, and the listing of what there is."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Between, Header, Payload, Query, Timestamp, Xml
from bushel.protocol.shapes.enums import (
    BucketVersioningStatus,
    ChecksumAlgorithm,
    ChecksumType,
    EncodingType,
    MFADeleteStatus,
    ObjectVersionStorageClass,
)
from bushel.protocol.shapes.listing import CommonPrefix, RestoreStatus
from bushel.protocol.shapes.members import (
    MAX_INT,
    BucketName,
    EncodingTypeQuery,
    ExpectedBucketOwnerHeader,
    MFAHeader,
    OptionalObjectAttributesHeader,
    Owner,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
)


class GetBucketVersioningOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "VersioningConfiguration"

    status: BucketVersioningStatus | None = None
    mfa_delete: Annotated[MFADeleteStatus | None, Xml("MfaDelete")] = None


class VersioningConfiguration(Struct, frozen=True, kw_only=True):
    mfa_delete: Annotated[MFADeleteStatus | None, Xml("MfaDelete")] = None
    status: BucketVersioningStatus | None = None


class PutBucketVersioningInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    mfa: MFAHeader = None
    versioning_configuration: Annotated[VersioningConfiguration, Payload("VersioningConfiguration")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class ListObjectVersionsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    delimiter: Annotated[str | None, Query("delimiter")] = None
    encoding_type: EncodingTypeQuery = None
    key_marker: Annotated[str | None, Query("key-marker")] = None
    max_keys: Annotated[int | None, Query("max-keys"), Between(0, MAX_INT)] = None
    prefix: Annotated[str | None, Query("prefix")] = None
    version_id_marker: Annotated[str | None, Query("version-id-marker")] = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    request_payer: RequestPayerHeader = None
    optional_object_attributes: OptionalObjectAttributesHeader = ()


class ObjectVersion(Struct, frozen=True, kw_only=True):
    e_tag: str | None = None
    checksum_algorithm: Sequence[ChecksumAlgorithm] = ()
    checksum_type: ChecksumType | None = None
    size: int | None = None
    storage_class: ObjectVersionStorageClass | None = None
    key: str | None = None
    version_id: str | None = None
    is_latest: bool | None = None
    last_modified: Timestamp | None = None
    owner: Owner | None = None
    restore_status: RestoreStatus | None = None


class DeleteMarkerEntry(Struct, frozen=True, kw_only=True):
    owner: Owner | None = None
    key: str | None = None
    version_id: str | None = None
    is_latest: bool | None = None
    last_modified: Timestamp | None = None


class ListObjectVersionsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListVersionsResult"

    name: str | None = None
    prefix: str | None = None
    key_marker: str | None = None
    version_id_marker: str | None = None
    next_key_marker: str | None = None
    next_version_id_marker: str | None = None
    max_keys: int | None = None
    delimiter: str | None = None
    encoding_type: EncodingType | None = None
    is_truncated: bool | None = None
    versions: Annotated[Sequence[ObjectVersion], Xml("Version")] = ()
    delete_markers: Annotated[Sequence[DeleteMarkerEntry], Xml("DeleteMarker")] = ()
    common_prefixes: Sequence[CommonPrefix] = ()
    request_charged: RequestChargedHeader = None
