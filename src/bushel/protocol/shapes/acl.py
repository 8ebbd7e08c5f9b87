"""Access control lists of buckets and objects."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import AtMost, Header, Payload, Xml
from bushel.protocol.shapes.enums import GranteeType, Permission
from bushel.protocol.shapes.members import (
    BucketCannedACLHeader,
    BucketName,
    ExpectedBucketOwnerHeader,
    GrantFullControlHeader,
    GrantReadACPHeader,
    GrantReadHeader,
    GrantWriteACPHeader,
    GrantWriteHeader,
    ObjectCannedACLHeader,
    ObjectKey,
    Owner,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    VersionIdQuery,
)


class GetBucketAclInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class Grantee(Struct, frozen=True, kw_only=True):
    type: Annotated[GranteeType, Xml("type", attribute=True)]
    id: Annotated[str | None, Xml("ID")] = None
    display_name: str | None = None
    email_address: str | None = None
    uri: Annotated[str | None, Xml("URI")] = None


class Grant(Struct, frozen=True, kw_only=True):
    grantee: Grantee | None = None
    permission: Permission | None = None


class GetBucketAclOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "AccessControlPolicy"

    owner: Owner | None = None
    grants: Annotated[Sequence[Grant], Xml("AccessControlList", item="Grant")] = ()


class AccessControlPolicy(Struct, frozen=True, kw_only=True):
    grants: Annotated[Sequence[Grant], Xml("AccessControlList", item="Grant"), AtMost(100)] = ()
    owner: Owner | None = None


class PutBucketAclInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    acl: BucketCannedACLHeader = None
    access_control_policy: Annotated[
        AccessControlPolicy | None, Payload("AccessControlPolicy", "MalformedACLError")
    ] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write: GrantWriteHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetObjectAclInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetObjectAclOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "AccessControlPolicy"

    owner: Owner | None = None
    grants: Annotated[Sequence[Grant], Xml("AccessControlList", item="Grant")] = ()
    request_charged: RequestChargedHeader = None


class PutObjectAclInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    acl: ObjectCannedACLHeader = None
    access_control_policy: Annotated[
        AccessControlPolicy | None, Payload("AccessControlPolicy", "MalformedACLError")
    ] = None
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write: GrantWriteHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    request_payer: RequestPayerHeader = None
    version_id: VersionIdQuery = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class PutObjectAclOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None
