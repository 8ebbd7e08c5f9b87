"""Archived objects fetched back: RestoreObject, and what its document may hold."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Refused, Xml
from bushel.protocol.shapes.acl import Grant
from bushel.protocol.shapes.enums import (
    CompressionType,
    ExpressionType,
    FileHeaderInfo,
    JSONType,
    ObjectCannedACL,
    QuoteFields,
    RestoreRequestType,
    ServerSideEncryption,
    StorageClass,
    Tier,
)
from bushel.protocol.shapes.members import (
    BucketName,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
    SdkChecksumAlgorithmHeader,
    VersionIdQuery,
)
from bushel.protocol.shapes.tagging import Tagging


class GlacierJobParameters(Struct, frozen=True, kw_only=True):
    tier: Tier


class CSVInput(Struct, frozen=True, kw_only=True):
    file_header_info: FileHeaderInfo | None = None
    comments: str | None = None
    quote_escape_character: str | None = None
    record_delimiter: str | None = None
    field_delimiter: str | None = None
    quote_character: str | None = None
    allow_quoted_record_delimiter: bool | None = None


class JSONInput(Struct, frozen=True, kw_only=True):
    type: JSONType | None = None


class ParquetInput(Struct, frozen=True, kw_only=True):
    pass


class InputSerialization(Struct, frozen=True, kw_only=True):
    csv: Annotated[CSVInput | None, Xml("CSV")] = None
    compression_type: CompressionType | None = None
    json: Annotated[JSONInput | None, Xml("JSON")] = None
    parquet: ParquetInput | None = None


class CSVOutput(Struct, frozen=True, kw_only=True):
    quote_fields: QuoteFields | None = None
    quote_escape_character: str | None = None
    record_delimiter: str | None = None
    field_delimiter: str | None = None
    quote_character: str | None = None


class JSONOutput(Struct, frozen=True, kw_only=True):
    record_delimiter: str | None = None


class OutputSerialization(Struct, frozen=True, kw_only=True):
    csv: Annotated[CSVOutput | None, Xml("CSV")] = None
    json: Annotated[JSONOutput | None, Xml("JSON")] = None


class SelectParameters(Struct, frozen=True, kw_only=True):
    input_serialization: InputSerialization
    expression_type: ExpressionType
    expression: str
    output_serialization: OutputSerialization


class Encryption(Struct, frozen=True, kw_only=True):
    encryption_type: ServerSideEncryption
    kms_key_id: Annotated[str | None, Xml("KMSKeyId")] = None
    kms_context: Annotated[str | None, Xml("KMSContext")] = None


class MetadataEntry(Struct, frozen=True, kw_only=True):
    name: str | None = None
    value: str | None = None


class S3Location(Struct, frozen=True, kw_only=True):
    bucket_name: str
    prefix: str
    encryption: Encryption | None = None
    canned_acl: Annotated[ObjectCannedACL | None, Xml("CannedACL")] = None
    access_control_list: Annotated[Sequence[Grant], Xml(item="Grant")] = ()
    tagging: Tagging | None = None
    user_metadata: Annotated[Sequence[MetadataEntry], Xml(item="MetadataEntry")] = ()
    storage_class: StorageClass | None = None


class OutputLocation(Struct, frozen=True, kw_only=True):
    s3: Annotated[S3Location | None, Xml("S3")] = None


class RestoreRequest(Struct, frozen=True, kw_only=True):
    days: int | None = None
    glacier_job_parameters: GlacierJobParameters | None = None
    type: Annotated[RestoreRequestType | None, Refused()] = None
    tier: Tier | None = None
    description: str | None = None
    select_parameters: Annotated[SelectParameters | None, Refused()] = None
    output_location: Annotated[OutputLocation | None, Refused()] = None


class RestoreObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    restore_request: Annotated[RestoreRequest | None, Payload("RestoreRequest")] = None
    request_payer: RequestPayerHeader = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class RestoreObjectOutput(Struct, frozen=True, kw_only=True):
    request_charged: RequestChargedHeader = None
    restore_output_path: Annotated[str | None, Header("x-amz-restore-output-path")] = None
