"""What a bucket encrypts its objects with, and the operations on it."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.enums import EncryptionType, ServerSideEncryption
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class ServerSideEncryptionByDefault(Struct, frozen=True, kw_only=True):
    sse_algorithm: Annotated[ServerSideEncryption, Xml("SSEAlgorithm")]
    kms_master_key_id: Annotated[str | None, Xml("KMSMasterKeyID")] = None


class BlockedEncryptionTypes(Struct, frozen=True, kw_only=True):
    encryption_type: Annotated[Sequence[EncryptionType], Xml("EncryptionType")] = ()


class ServerSideEncryptionRule(Struct, frozen=True, kw_only=True):
    apply_server_side_encryption_by_default: ServerSideEncryptionByDefault | None = None
    bucket_key_enabled: bool | None = None
    blocked_encryption_types: BlockedEncryptionTypes | None = None


class ServerSideEncryptionConfiguration(Struct, frozen=True, kw_only=True):
    rules: Annotated[Sequence[ServerSideEncryptionRule], Xml("Rule")]


class GetBucketEncryptionOutput(Struct, frozen=True, kw_only=True):
    server_side_encryption_configuration: Annotated[
        ServerSideEncryptionConfiguration | None, Payload("ServerSideEncryptionConfiguration")
    ] = None


class PutBucketEncryptionInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    server_side_encryption_configuration: Annotated[
        ServerSideEncryptionConfiguration, Payload("ServerSideEncryptionConfiguration")
    ]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class DeleteBucketEncryptionInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
