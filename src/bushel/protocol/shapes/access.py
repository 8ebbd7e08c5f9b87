"""Policies of buckets, public access block, ownership controls."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.enums import ObjectOwnership
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class GetBucketPolicyOutput(Struct, frozen=True, kw_only=True):
    policy: Annotated[str, Payload("Policy")]


class PutBucketPolicyInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    confirm_remove_self_bucket_access: Annotated[bool | None, Header("x-amz-confirm-remove-self-bucket-access")] = None
    policy: Annotated[str, Payload("Policy", "MalformedPolicy")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PolicyStatus(Struct, frozen=True, kw_only=True):
    is_public: bool | None = None


class GetBucketPolicyStatusOutput(Struct, frozen=True, kw_only=True):
    policy_status: Annotated[PolicyStatus | None, Payload("PolicyStatus")] = None


class PublicAccessBlockConfiguration(Struct, frozen=True, kw_only=True):
    block_public_acls: bool | None = None
    ignore_public_acls: bool | None = None
    block_public_policy: bool | None = None
    restrict_public_buckets: bool | None = None


class GetPublicAccessBlockOutput(Struct, frozen=True, kw_only=True):
    public_access_block_configuration: Annotated[
        PublicAccessBlockConfiguration | None, Payload("PublicAccessBlockConfiguration")
    ] = None


class PutPublicAccessBlockInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    public_access_block_configuration: Annotated[
        PublicAccessBlockConfiguration, Payload("PublicAccessBlockConfiguration")
    ]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class OwnershipControlsRule(Struct, frozen=True, kw_only=True):
    object_ownership: ObjectOwnership


class OwnershipControls(Struct, frozen=True, kw_only=True):
    rules: Annotated[Sequence[OwnershipControlsRule], Xml("Rule")]


class GetBucketOwnershipControlsOutput(Struct, frozen=True, kw_only=True):
    ownership_controls: Annotated[OwnershipControls | None, Payload("OwnershipControls")] = None


class PutBucketOwnershipControlsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
    ownership_controls: Annotated[OwnershipControls, Payload("OwnershipControls")]
    checksum_algorithm: SdkChecksumAlgorithmHeader = None


class DeleteBucketAccessInput(Struct, frozen=True, kw_only=True):
    """Input of the operations that delete a bucket's policy, public access block or ownership controls."""

    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
