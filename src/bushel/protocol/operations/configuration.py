"""Reading configurations that nobody can make yet: the answers are S3's for what was never configured."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import configuration as shapes

GET_BUCKET_ABAC = Operation(
    "GetBucketAbac",
    "GET",
    "bucket",
    ("abac",),
    input=shapes.BucketConfigurationInput,
    output=shapes.GetBucketAbacOutput,
    action="s3:GetBucketAbac",
)
GET_BUCKET_ACCELERATE_CONFIGURATION = Operation(
    "GetBucketAccelerateConfiguration",
    "GET",
    "bucket",
    ("accelerate",),
    input=shapes.GetBucketAccelerateConfigurationInput,
    output=shapes.GetBucketAccelerateConfigurationOutput,
    action="s3:GetAccelerateConfiguration",
)
GET_BUCKET_ANALYTICS_CONFIGURATION = Operation(
    "GetBucketAnalyticsConfiguration",
    "GET",
    "bucket",
    ("analytics", "id"),
    input=shapes.BucketConfigurationByIdInput,
    action="s3:GetAnalyticsConfiguration",
    never_configured="NoSuchConfiguration",
)
LIST_BUCKET_ANALYTICS_CONFIGURATIONS = Operation(
    "ListBucketAnalyticsConfigurations",
    "GET",
    "bucket",
    ("analytics",),
    input=shapes.ListBucketConfigurationsInput,
    output=shapes.ListBucketAnalyticsConfigurationsOutput,
    action="s3:GetAnalyticsConfiguration",
)
GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION = Operation(
    "GetBucketIntelligentTieringConfiguration",
    "GET",
    "bucket",
    ("intelligent-tiering", "id"),
    input=shapes.BucketConfigurationByIdInput,
    action="s3:GetIntelligentTieringConfiguration",
    never_configured="NoSuchConfiguration",
)
LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS = Operation(
    "ListBucketIntelligentTieringConfigurations",
    "GET",
    "bucket",
    ("intelligent-tiering",),
    input=shapes.ListBucketConfigurationsInput,
    output=shapes.ListBucketIntelligentTieringConfigurationsOutput,
    action="s3:GetIntelligentTieringConfiguration",
)
GET_BUCKET_INVENTORY_CONFIGURATION = Operation(
    "GetBucketInventoryConfiguration",
    "GET",
    "bucket",
    ("inventory", "id"),
    input=shapes.BucketConfigurationByIdInput,
    action="s3:GetInventoryConfiguration",
    never_configured="NoSuchConfiguration",
)
LIST_BUCKET_INVENTORY_CONFIGURATIONS = Operation(
    "ListBucketInventoryConfigurations",
    "GET",
    "bucket",
    ("inventory",),
    input=shapes.ListBucketConfigurationsInput,
    output=shapes.ListBucketInventoryConfigurationsOutput,
    action="s3:GetInventoryConfiguration",
)
GET_BUCKET_LOGGING = Operation(
    "GetBucketLogging",
    "GET",
    "bucket",
    ("logging",),
    input=shapes.BucketConfigurationInput,
    output=shapes.GetBucketLoggingOutput,
    action="s3:GetBucketLogging",
)
GET_BUCKET_METADATA_CONFIGURATION = Operation(
    "GetBucketMetadataConfiguration",
    "GET",
    "bucket",
    ("metadataConfiguration",),
    input=shapes.BucketConfigurationInput,
    action="s3:GetBucketMetadataTableConfiguration",
    never_configured="MetadataConfigurationNotFound",
)
GET_BUCKET_METADATA_TABLE_CONFIGURATION = Operation(
    "GetBucketMetadataTableConfiguration",
    "GET",
    "bucket",
    ("metadataTable",),
    input=shapes.BucketConfigurationInput,
    action="s3:GetBucketMetadataTableConfiguration",
    never_configured="MetadataConfigurationNotFound",
)
GET_BUCKET_METRICS_CONFIGURATION = Operation(
    "GetBucketMetricsConfiguration",
    "GET",
    "bucket",
    ("metrics", "id"),
    input=shapes.BucketConfigurationByIdInput,
    action="s3:GetMetricsConfiguration",
    never_configured="NoSuchConfiguration",
)
LIST_BUCKET_METRICS_CONFIGURATIONS = Operation(
    "ListBucketMetricsConfigurations",
    "GET",
    "bucket",
    ("metrics",),
    input=shapes.ListBucketConfigurationsInput,
    output=shapes.ListBucketMetricsConfigurationsOutput,
    action="s3:GetMetricsConfiguration",
)
GET_BUCKET_NOTIFICATION_CONFIGURATION = Operation(
    "GetBucketNotificationConfiguration",
    "GET",
    "bucket",
    ("notification",),
    input=shapes.BucketConfigurationInput,
    output=shapes.GetBucketNotificationConfigurationOutput,
    action="s3:GetBucketNotification",
)
GET_BUCKET_REPLICATION = Operation(
    "GetBucketReplication",
    "GET",
    "bucket",
    ("replication",),
    input=shapes.BucketConfigurationInput,
    action="s3:GetReplicationConfiguration",
    never_configured="ReplicationConfigurationNotFoundError",
)

OPERATIONS = (
    GET_BUCKET_ABAC,
    GET_BUCKET_ACCELERATE_CONFIGURATION,
    GET_BUCKET_ANALYTICS_CONFIGURATION,
    LIST_BUCKET_ANALYTICS_CONFIGURATIONS,
    GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
    LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS,
    GET_BUCKET_INVENTORY_CONFIGURATION,
    LIST_BUCKET_INVENTORY_CONFIGURATIONS,
    GET_BUCKET_LOGGING,
    GET_BUCKET_METADATA_CONFIGURATION,
    GET_BUCKET_METADATA_TABLE_CONFIGURATION,
    GET_BUCKET_METRICS_CONFIGURATION,
    LIST_BUCKET_METRICS_CONFIGURATIONS,
    GET_BUCKET_NOTIFICATION_CONFIGURATION,
    GET_BUCKET_REPLICATION,
)
