"""Cross-origin rules of buckets."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class CorsRule(Struct, frozen=True, kw_only=True):
    id: Annotated[str | None, Xml("ID")] = None
    allowed_headers: Annotated[Sequence[str], Xml("AllowedHeader")] = ()
    allowed_methods: Annotated[Sequence[str], Xml("AllowedMethod")]
    allowed_origins: Annotated[Sequence[str], Xml("AllowedOrigin")]
    expose_headers: Annotated[Sequence[str], Xml("ExposeHeader")] = ()
    max_age_seconds: int | None = None


class CorsConfiguration(Struct, frozen=True, kw_only=True):
    cors_rules: Annotated[Sequence[CorsRule], Xml("CORSRule")]


class GetBucketCorsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "CORSConfiguration"

    cors_rules: Annotated[Sequence[CorsRule], Xml("CORSRule")] = ()


class PutBucketCorsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    cors_configuration: Annotated[CorsConfiguration, Payload("CORSConfiguration")]
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class DeleteBucketCorsInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
