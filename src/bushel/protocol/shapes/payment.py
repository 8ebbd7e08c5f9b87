"""Who pays for requests to a bucket."""

from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload
from bushel.protocol.shapes.enums import Payer
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class RequestPaymentConfiguration(Struct, frozen=True, kw_only=True):
    payer: Payer


class GetBucketRequestPaymentOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "RequestPaymentConfiguration"

    payer: Payer | None = None


class PutBucketRequestPaymentInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    request_payment_configuration: Annotated[RequestPaymentConfiguration, Payload("RequestPaymentConfiguration")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
