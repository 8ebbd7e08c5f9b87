"""The actions that policies of S3 can name, and what they apply to. Names are IAM's; many are not those of operations.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". Actions of what is not
here (access points, jobs, storage lens, S3 Tables) are left out: a bucket policy that names one is refused as S3
refuses an unknown action.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from bushel.protocol.policy.wildcards import compile_pattern

VENDOR: Final = "s3:"

BUCKET: Final = "bucket"
OBJECT: Final = "object"
SERVICE: Final = "service"

_SERVICE_ACTIONS: Final = ("ListAllMyBuckets",)

_BUCKET_ACTIONS: Final = (
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketOwnershipControls",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAbac",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketMetadataTableConfiguration",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAbac",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
)

_OBJECT_ACTIONS: Final = (
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteObject",
    "DeleteObjectAnnotation",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionAnnotation",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAnnotation",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAnnotation",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "ListMultipartUploadParts",
    "ListObjectAnnotations",
    "ListObjectVersionAnnotations",
    "ObjectOwnerOverrideToBucketOwner",
    "PutObject",
    "PutObjectAcl",
    "PutObjectAnnotation",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionAnnotation",
    "PutObjectVersionTagging",
    "RenameObject",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "RestoreObject",
    "UpdateObjectEncryption",
)

RESOURCE_OF: Final[dict[str, str]] = {
    VENDOR + name: resource
    for resource, names in ((SERVICE, _SERVICE_ACTIONS), (BUCKET, _BUCKET_ACTIONS), (OBJECT, _OBJECT_ACTIONS))
    for name in names
}
"""Every action, ``s3:GetObject``, and what it applies to: ``bucket``, ``object`` or ``service``."""

_OF_A_VERSION: Final = {
    VENDOR + plain: VENDOR + versioned
    for plain, versioned in (
        ("DeleteObject", "DeleteObjectVersion"),
        ("DeleteObjectAnnotation", "DeleteObjectVersionAnnotation"),
        ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
        ("GetObject", "GetObjectVersion"),
        ("GetObjectAcl", "GetObjectVersionAcl"),
        ("GetObjectAnnotation", "GetObjectVersionAnnotation"),
        ("GetObjectAttributes", "GetObjectVersionAttributes"),
        ("GetObjectTagging", "GetObjectVersionTagging"),
        ("GetObjectTorrent", "GetObjectVersionTorrent"),
        ("ListObjectAnnotations", "ListObjectVersionAnnotations"),
        ("PutObjectAcl", "PutObjectVersionAcl"),
        ("PutObjectAnnotation", "PutObjectVersionAnnotation"),
        ("PutObjectTagging", "PutObjectVersionTagging"),
    )
}


def of_a_version(action: str) -> str:
    """The action that takes the place of ``action`` when a request names a version."""
    return _OF_A_VERSION.get(action, action)


@lru_cache(maxsize=1024)
def expand(pattern: str) -> frozenset[str]:
    """The actions that a pattern of an Action element means; case does not count. ``*`` means all of them."""
    if pattern == "*":
        return frozenset(RESOURCE_OF)
    matches = compile_pattern(pattern.lower())
    return frozenset(action for action in RESOURCE_OF if matches(action.lower()))


def expand_all(patterns: Iterable[str]) -> frozenset[str]:
    """The actions that any of the patterns means."""
    return frozenset().union(*(expand(pattern) for pattern in patterns))
