"""Members that many shapes share, each with its place and its mark, said once; and the structures used everywhere.

An alias ends in ``Header`` when the member is a header field, in ``Query`` when it is a query parameter. A mark
(``Refused``, ``NoEffect``) is about requests; where the same alias stands in an output shape it says nothing.
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import (
    AnyCase,
    Between,
    Header,
    HeaderPrefix,
    Invalid,
    Moment,
    NoEffect,
    Path,
    Query,
    Refused,
    Timestamp,
    Xml,
)
from bushel.protocol.shapes.enums import (
    BucketCannedACL,
    ChecksumAlgorithm,
    ChecksumType,
    EncodingType,
    ObjectCannedACL,
    ObjectLockEventHold,
    ObjectLockLegalHoldStatus,
    ObjectLockMode,
    ObjectOwnership,
    OptionalObjectAttributes,
    RequestCharged,
    RequestPayer,
    ServerSideEncryption,
    StorageClass,
)

MAX_INT = 2**31 - 1
_EVENT_HOLD = Refused()

# What is asked for.
BucketName = Annotated[str, Path("Bucket")]
ObjectKey = Annotated[str, Path("Key")]
VersionIdQuery = Annotated[str | None, Query("versionId")]
UploadIdQuery = Annotated[str, Query("uploadId")]
PartNumberQuery = Annotated[int, Query("partNumber"), Between(1, 10000), Invalid("InvalidArgument.PartNumber")]
EncodingTypeQuery = Annotated[EncodingType | None, Query("encoding-type"), Invalid("InvalidArgument.EncodingType")]
OptionalObjectAttributesHeader = Annotated[
    Sequence[OptionalObjectAttributes],
    Header("x-amz-optional-object-attributes"),
    NoEffect("it asks for the restore state of archived objects, and none is archived"),
]

# Who asks, who pays, whose bucket it must be.
ExpectedBucketOwnerHeader = Annotated[str | None, Header("x-amz-expected-bucket-owner")]
ExpectedSourceBucketOwnerHeader = Annotated[str | None, Header("x-amz-source-expected-bucket-owner")]
RequestPayerHeader = Annotated[RequestPayer | None, Header("x-amz-request-payer")]
RequestChargedHeader = Annotated[RequestCharged | None, Header("x-amz-request-charged")]

# Grants.
BucketCannedACLHeader = Annotated[BucketCannedACL | None, Header("x-amz-acl"), Invalid("InvalidArgument.CannedACL")]
ObjectCannedACLHeader = Annotated[ObjectCannedACL | None, Header("x-amz-acl"), Invalid("InvalidArgument.CannedACL")]
GrantFullControlHeader = Annotated[str | None, Header("x-amz-grant-full-control")]
GrantReadHeader = Annotated[str | None, Header("x-amz-grant-read")]
GrantReadACPHeader = Annotated[str | None, Header("x-amz-grant-read-acp")]
GrantWriteHeader = Annotated[str | None, Header("x-amz-grant-write")]
GrantWriteACPHeader = Annotated[str | None, Header("x-amz-grant-write-acp")]
ObjectOwnershipHeader = Annotated[
    ObjectOwnership | None,
    Header("x-amz-object-ownership"),
    Invalid("InvalidArgument.ObjectOwnership"),
]

# Properties of an object.
MetadataHeaders = Annotated[dict[str, str] | None, HeaderPrefix("x-amz-meta-")]
StorageClassHeader = Annotated[
    StorageClass | None,
    Header("x-amz-storage-class"),
    Refused(allow=("STANDARD",)),
    Invalid("InvalidStorageClass", "StorageClassRequested"),
]
TaggingHeader = Annotated[str | None, Header("x-amz-tagging")]
VersionIdHeader = Annotated[str | None, Header("x-amz-version-id")]
WebsiteRedirectLocationHeader = Annotated[str | None, Header("x-amz-website-redirect-location")]

# Protection against deletion.
MFAHeader = Annotated[str | None, Header("x-amz-mfa"), Refused()]
BypassGovernanceRetentionHeader = Annotated[bool | None, Header("x-amz-bypass-governance-retention")]
ObjectLockModeHeader = Annotated[
    ObjectLockMode | None, Header("x-amz-object-lock-mode"), Invalid("InvalidArgument.LockMode")
]
ObjectLockRetainUntilDateHeader = Annotated[
    Timestamp | None, Header("x-amz-object-lock-retain-until-date"), Moment("iso8601")
]
ObjectLockLegalHoldStatusHeader = Annotated[
    ObjectLockLegalHoldStatus | None, Header("x-amz-object-lock-legal-hold"), Invalid("InvalidArgument.LegalHold")
]
ObjectLockEventHoldHeader = Annotated[ObjectLockEventHold | None, Header("x-amz-object-lock-event-hold"), _EVENT_HOLD]
ObjectLockEventHoldDurationDaysHeader = Annotated[
    int | None, Header("x-amz-object-lock-event-hold-duration-days"), _EVENT_HOLD
]
ObjectLockEventHoldDurationYearsHeader = Annotated[
    int | None, Header("x-amz-object-lock-event-hold-duration-years"), _EVENT_HOLD
]

# Encryption.
ServerSideEncryptionHeader = Annotated[
    ServerSideEncryption | None,
    Header("x-amz-server-side-encryption"),
    Refused(allow=("AES256", "aws:kms")),
    Invalid("InvalidArgument.EncryptionMethod"),
]
SSECustomerAlgorithmHeader = Annotated[str | None, Header("x-amz-server-side-encryption-customer-algorithm")]
SSECustomerKeyHeader = Annotated[str | None, Header("x-amz-server-side-encryption-customer-key")]
SSECustomerKeyMD5Header = Annotated[str | None, Header("x-amz-server-side-encryption-customer-key-MD5")]
SSEKMSKeyIdHeader = Annotated[str | None, Header("x-amz-server-side-encryption-aws-kms-key-id")]
SSEKMSEncryptionContextHeader = Annotated[str | None, Header("x-amz-server-side-encryption-context")]
BucketKeyEnabledHeader = Annotated[bool | None, Header("x-amz-server-side-encryption-bucket-key-enabled")]
CopySourceSSECustomerAlgorithmHeader = Annotated[
    str | None, Header("x-amz-copy-source-server-side-encryption-customer-algorithm")
]
CopySourceSSECustomerKeyHeader = Annotated[str | None, Header("x-amz-copy-source-server-side-encryption-customer-key")]
CopySourceSSECustomerKeyMD5Header = Annotated[
    str | None, Header("x-amz-copy-source-server-side-encryption-customer-key-MD5")
]

# Checksums.
ChecksumAlgorithmHeader = Annotated[
    ChecksumAlgorithm | None,
    Header("x-amz-checksum-algorithm"),
    AnyCase(),
    Invalid("InvalidRequest.ChecksumAlgorithm"),
]
SdkChecksumAlgorithmHeader = Annotated[
    ChecksumAlgorithm | None,
    Header("x-amz-sdk-checksum-algorithm"),
    AnyCase(),
    Invalid("InvalidRequest.SdkChecksumAlgorithm"),
]
ChecksumTypeHeader = Annotated[
    ChecksumType | None, Header("x-amz-checksum-type"), AnyCase(), Invalid("InvalidRequest.ChecksumType")
]


class ChecksumHeaders(Struct, frozen=True, kw_only=True):
    """Base of shapes that carry checksums in header fields, base64."""

    checksum_crc32: Annotated[str | None, Header("x-amz-checksum-crc32")] = None
    checksum_crc32_c: Annotated[str | None, Header("x-amz-checksum-crc32c")] = None
    checksum_crc64_nvme: Annotated[str | None, Header("x-amz-checksum-crc64nvme")] = None
    checksum_sha1: Annotated[str | None, Header("x-amz-checksum-sha1")] = None
    checksum_sha256: Annotated[str | None, Header("x-amz-checksum-sha256")] = None
    checksum_sha512: Annotated[str | None, Header("x-amz-checksum-sha512")] = None
    checksum_md5: Annotated[str | None, Header("x-amz-checksum-md5")] = None
    checksum_xxhash64: Annotated[str | None, Header("x-amz-checksum-xxhash64")] = None
    checksum_xxhash3: Annotated[str | None, Header("x-amz-checksum-xxhash3")] = None
    checksum_xxhash128: Annotated[str | None, Header("x-amz-checksum-xxhash128")] = None


class ChecksumElements(Struct, frozen=True, kw_only=True):
    """Base of structures that carry checksums in XML, base64."""

    checksum_crc32: Annotated[str | None, Xml("ChecksumCRC32")] = None
    checksum_crc32_c: Annotated[str | None, Xml("ChecksumCRC32C")] = None
    checksum_crc64_nvme: Annotated[str | None, Xml("ChecksumCRC64NVME")] = None
    checksum_sha1: Annotated[str | None, Xml("ChecksumSHA1")] = None
    checksum_sha256: Annotated[str | None, Xml("ChecksumSHA256")] = None
    checksum_sha512: Annotated[str | None, Xml("ChecksumSHA512")] = None
    checksum_md5: Annotated[str | None, Xml("ChecksumMD5")] = None
    checksum_xxhash64: Annotated[str | None, Xml("ChecksumXXHASH64")] = None
    checksum_xxhash3: Annotated[str | None, Xml("ChecksumXXHASH3")] = None
    checksum_xxhash128: Annotated[str | None, Xml("ChecksumXXHASH128")] = None


class Owner(Struct, frozen=True, kw_only=True):
    id: Annotated[str | None, Xml("ID")] = None
    display_name: str | None = None
