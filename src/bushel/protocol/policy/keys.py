"""The condition keys of S3: which there are, and which actions have them.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". Keys of the vendor
``aws`` (IAM User Guide, "AWS global condition context keys") go with every action, and unknown ones are accepted, as S3
does: a request has no value for them.
"""

from typing import Final

from bushel.protocol.policy.actions import RESOURCE_OF, expand_all

_ALL: Final = frozenset(RESOURCE_OF)
_LISTING: Final = expand_all(("s3:ListBucket", "s3:ListBucketVersions"))
_PUT: Final = expand_all(("s3:PutObject", "s3:BypassGovernanceRetention"))
_ACL: Final = _PUT | expand_all(("s3:CreateBucket", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"))
_VERSION: Final = expand_all(("s3:*ObjectVersion*", "s3:PutObjectRetention", "s3:GetObjectRetention"))
_EXISTING_TAGS: Final = expand_all(
    ("s3:GetObject*", "s3:DeleteObject*", "s3:PutObjectAcl", "s3:PutObject*Tagging", "s3:PutObjectVersionAcl")
)
_REQUEST_TAGS: Final = _PUT | expand_all(("s3:PutObjectTagging", "s3:PutObjectVersionTagging"))
_RETENTION: Final = _PUT | expand_all(("s3:PutObjectRetention",))

_EXACT: Final = {
    "s3:accesspointnetworkorigin": _ALL,
    "s3:authtype": _ALL,
    "s3:dataaccesspointaccount": _ALL,
    "s3:dataaccesspointarn": _ALL,
    "s3:delimiter": _LISTING,
    "s3:if-match": _PUT | expand_all(("s3:DeleteObject", "s3:DeleteObjectVersion")),
    "s3:if-none-match": _PUT,
    "s3:locationconstraint": expand_all(("s3:CreateBucket",)),
    "s3:max-keys": _LISTING,
    "s3:object-lock-legal-hold": _PUT | expand_all(("s3:PutObjectLegalHold",)),
    "s3:object-lock-mode": _RETENTION,
    "s3:object-lock-remaining-retention-days": _RETENTION,
    "s3:object-lock-retain-until-date": _RETENTION,
    "s3:objectcreationoperation": expand_all(("s3:PutObject",)),
    "s3:prefix": _LISTING,
    "s3:requestobjecttagkeys": _REQUEST_TAGS,
    "s3:resourceaccount": _ALL,
    "s3:signatureage": _ALL,
    "s3:signatureversion": _ALL,
    "s3:tlsversion": _ALL,
    "s3:versionid": _VERSION,
    "s3:x-amz-acl": _ACL,
    "s3:x-amz-content-sha256": _ALL,
    "s3:x-amz-copy-source": _PUT,
    "s3:x-amz-grant-full-control": _ACL,
    "s3:x-amz-grant-read": _ACL,
    "s3:x-amz-grant-read-acp": _ACL,
    "s3:x-amz-grant-write": _ACL,
    "s3:x-amz-grant-write-acp": _ACL,
    "s3:x-amz-metadata-directive": _PUT,
    "s3:x-amz-object-ownership": expand_all(("s3:CreateBucket",)),
    "s3:x-amz-server-side-encryption": _PUT,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _PUT,
    "s3:x-amz-server-side-encryption-customer-algorithm": _PUT,
    "s3:x-amz-storage-class": _PUT,
    "s3:x-amz-website-redirect-location": _PUT,
}

_WITH_TAG: Final = {
    "s3:buckettag/": _ALL,
    "s3:existingobjecttag/": _EXISTING_TAGS,
    "s3:requestobjecttag/": _REQUEST_TAGS,
}
"""Keys that go on with the key of a tag."""


def actions_with(key: str) -> frozenset[str] | None:
    """The actions whose requests can have a value for a condition key; ``None`` for a key that does not exist.

    Args:
        key: In lower case, the key of a tag too: case does not count in condition keys.
    """
    if key.startswith("aws:"):
        return _ALL
    known = _EXACT.get(key)
    if known is None:
        start, slash, tag = key.partition("/")
        return _WITH_TAG.get(start + slash) if tag else None
    return known
