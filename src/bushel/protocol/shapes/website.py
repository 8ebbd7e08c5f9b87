"""Web sites of buckets: how their pages are found, and where else requests are sent."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Header, Payload, Xml
from bushel.protocol.shapes.enums import Protocol
from bushel.protocol.shapes.members import BucketName, ExpectedBucketOwnerHeader, SdkChecksumAlgorithmHeader


class ErrorDocument(Struct, frozen=True, kw_only=True):
    key: str


class IndexDocument(Struct, frozen=True, kw_only=True):
    suffix: str


class RedirectAllRequestsTo(Struct, frozen=True, kw_only=True):
    host_name: str
    protocol: Protocol | None = None


class Condition(Struct, frozen=True, kw_only=True):
    http_error_code_returned_equals: str | None = None
    key_prefix_equals: str | None = None


class Redirect(Struct, frozen=True, kw_only=True):
    host_name: str | None = None
    http_redirect_code: str | None = None
    protocol: Protocol | None = None
    replace_key_prefix_with: str | None = None
    replace_key_with: str | None = None


class RoutingRule(Struct, frozen=True, kw_only=True):
    condition: Condition | None = None
    redirect: Redirect


class WebsiteConfiguration(Struct, frozen=True, kw_only=True):
    error_document: ErrorDocument | None = None
    index_document: IndexDocument | None = None
    redirect_all_requests_to: RedirectAllRequestsTo | None = None
    routing_rules: Annotated[Sequence[RoutingRule] | None, Xml(item="RoutingRule")] = None


class GetBucketWebsiteOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "WebsiteConfiguration"

    redirect_all_requests_to: RedirectAllRequestsTo | None = None
    index_document: IndexDocument | None = None
    error_document: ErrorDocument | None = None
    routing_rules: Annotated[Sequence[RoutingRule] | None, Xml(item="RoutingRule")] = None


class PutBucketWebsiteInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    content_md5: Annotated[str | None, Header("Content-MD5")] = None
    checksum_algorithm: SdkChecksumAlgorithmHeader = None
    website_configuration: Annotated[WebsiteConfiguration, Payload("WebsiteConfiguration")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class DeleteBucketWebsiteInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None
