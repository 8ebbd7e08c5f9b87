"""The enumerations of S3, as the types of members. A value outside one is refused when a request is bound."""

from typing import Literal

AnnotationDirective = Literal["COPY", "EXCLUDE"]
ArchiveStatus = Literal["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"]
BucketAbacStatus = Literal["Enabled", "Disabled"]
BucketAccelerateStatus = Literal["Enabled", "Suspended"]
BucketCannedACL = Literal[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
]
"""More than SDKs list: those that buckets can have by S3 User Guide, "Access control list (ACL) overview"."""
BucketNamespace = Literal["account-regional", "global"]
BucketType = Literal["Directory"]
BucketVersioningStatus = Literal["Enabled", "Suspended"]
ChecksumAlgorithm = Literal[
    "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"
]
ChecksumMode = Literal["ENABLED"]
ChecksumType = Literal["COMPOSITE", "FULL_OBJECT"]
CompressionType = Literal["NONE", "GZIP", "BZIP2"]
DataRedundancy = Literal["SingleAvailabilityZone", "SingleLocalZone"]
EncodingType = Literal["url"]
EncryptionType = Literal["NONE", "SSE-C"]
ExpirationStatus = Literal["Enabled", "Disabled"]
ExpressionType = Literal["SQL"]
FileHeaderInfo = Literal["USE", "IGNORE", "NONE"]
GranteeType = Literal["CanonicalUser", "AmazonCustomerByEmail", "Group"]
JSONType = Literal["DOCUMENT", "LINES"]
LocationType = Literal["AvailabilityZone", "LocalZone"]
MFADeleteStatus = Literal["Enabled", "Disabled"]
MetadataDirective = Literal["COPY", "REPLACE"]
ObjectCannedACL = Literal[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
]
ObjectAttributes = Literal["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
ObjectLockEnabled = Literal["Enabled"]
ObjectLockEventHold = Literal["ON", "OFF"]
ObjectLockLegalHoldStatus = Literal["ON", "OFF"]
ObjectLockMode = Literal["GOVERNANCE", "COMPLIANCE"]
ObjectLockRetentionMode = Literal["GOVERNANCE", "COMPLIANCE"]
ObjectOwnership = Literal["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"]
ObjectVersionStorageClass = Literal["STANDARD"]
OptionalObjectAttributes = Literal["RestoreStatus"]
Payer = Literal["Requester", "BucketOwner"]
Permission = Literal["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"]
Protocol = Literal["http", "https"]
QuoteFields = Literal["ALWAYS", "ASNEEDED"]
ReplicationStatus = Literal["COMPLETE", "PENDING", "FAILED", "REPLICA", "COMPLETED"]
RequestCharged = Literal["requester"]
RequestPayer = Literal["requester"]
RestoreRequestType = Literal["SELECT"]
ServerSideEncryption = Literal["AES256", "aws:fsx", "aws:backup", "aws:kms", "aws:kms:dsse"]
StorageClass = Literal[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
    "FSX_OPENZFS",
    "FSX_ONTAP",
    "AWS_BACKUP_WARM",
    "AWS_BACKUP_LOW_COST_WARM",
]
TaggingDirective = Literal["COPY", "REPLACE"]
Tier = Literal["Standard", "Bulk", "Expedited"]
TransitionDefaultMinimumObjectSize = Literal["varies_by_storage_class", "all_storage_classes_128K"]
TransitionStorageClass = Literal[
    "GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"
]
