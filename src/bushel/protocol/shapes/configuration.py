"""Configurations of buckets and objects, in the only state that they can have yet: never configured.

What is answered then is either an error (no output shape), or a document that is empty but for the members here. The
members that describe a configuration come with the function that acts on it.
"""

from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Payload, Query
from bushel.protocol.shapes.enums import (
    BucketAbacStatus,
    BucketAccelerateStatus,
)
from bushel.protocol.shapes.members import (
    BucketName,
    ExpectedBucketOwnerHeader,
    ObjectKey,
    RequestChargedHeader,
    RequestPayerHeader,
    VersionIdQuery,
)


class BucketConfigurationInput(Struct, frozen=True, kw_only=True):
    """Input of every operation that reads the one configuration of a kind that a bucket has."""

    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class BucketConfigurationByIdInput(Struct, frozen=True, kw_only=True):
    """Input of every operation that reads one of the bucket's configurations of a kind."""

    bucket: BucketName
    id: Annotated[str, Query("id")]
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class ListBucketConfigurationsInput(Struct, frozen=True, kw_only=True):
    """Input of every operation that lists the bucket's configurations of a kind."""

    bucket: BucketName
    continuation_token: Annotated[str | None, Query("continuation-token")] = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class ObjectConfigurationInput(Struct, frozen=True, kw_only=True):
    """Input of every operation that reads what is configured for one object."""

    bucket: BucketName
    key: ObjectKey
    version_id: VersionIdQuery = None
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class AbacStatus(Struct, frozen=True, kw_only=True):
    status: BucketAbacStatus | None = None


class GetBucketAbacOutput(Struct, frozen=True, kw_only=True):
    abac_status: Annotated[AbacStatus | None, Payload("AbacStatus")] = None


class GetBucketAccelerateConfigurationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    request_payer: RequestPayerHeader = None
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetBucketAccelerateConfigurationOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "AccelerateConfiguration"

    status: BucketAccelerateStatus | None = None
    request_charged: RequestChargedHeader = None


class GetBucketLoggingOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "BucketLoggingStatus"


class GetBucketNotificationConfigurationOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "NotificationConfiguration"


class ListBucketAnalyticsConfigurationsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListBucketAnalyticsConfigurationsResult"

    is_truncated: bool | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None


class ListBucketIntelligentTieringConfigurationsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListIntelligentTieringConfigurationsResult"

    is_truncated: bool | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None


class ListBucketInventoryConfigurationsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListInventoryConfigurationsResult"

    continuation_token: str | None = None
    is_truncated: bool | None = None
    next_continuation_token: str | None = None


class ListBucketMetricsConfigurationsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListMetricsConfigurationsResult"

    is_truncated: bool | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None
