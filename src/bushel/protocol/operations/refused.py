"""Operations of S3 that are not here: routed, so that none is taken for another, and answered with NotImplemented."""

from bushel.protocol.operations.record import Operation, Resource

_ABAC = "attribute-based access control needs tags on buckets"
_DELIVERY = "nothing is delivered from one bucket to another yet"
_DIRECTORY = "directory buckets are another service"
_ENCRYPTION = "an object's encryption is changed by copying it to itself"
_EVENTS = "no events are sent yet"
_METADATA_TABLES = "there are no tables of metadata"
_METRICS = "request metrics are the server's, not a bucket's"
_QUERIES = "objects are not queried"
_TIERS = "there is one storage class"

_ROWS: tuple[tuple[str, str, Resource, tuple[str, ...], str], ...] = (
    ("CreateBucketMetadataConfiguration", "POST", "bucket", ("metadataConfiguration",), _METADATA_TABLES),
    ("CreateBucketMetadataTableConfiguration", "POST", "bucket", ("metadataTable",), _METADATA_TABLES),
    ("CreateSession", "GET", "bucket", ("session",), _DIRECTORY),
    ("DeleteBucketAnalyticsConfiguration", "DELETE", "bucket", ("analytics",), _DELIVERY),
    ("DeleteBucketIntelligentTieringConfiguration", "DELETE", "bucket", ("intelligent-tiering",), _TIERS),
    ("DeleteBucketInventoryConfiguration", "DELETE", "bucket", ("inventory",), _DELIVERY),
    ("DeleteBucketMetadataConfiguration", "DELETE", "bucket", ("metadataConfiguration",), _METADATA_TABLES),
    ("DeleteBucketMetadataTableConfiguration", "DELETE", "bucket", ("metadataTable",), _METADATA_TABLES),
    ("DeleteBucketMetricsConfiguration", "DELETE", "bucket", ("metrics",), _METRICS),
    ("DeleteBucketReplication", "DELETE", "bucket", ("replication",), _DELIVERY),
    ("PutBucketAbac", "PUT", "bucket", ("abac",), _ABAC),
    ("PutBucketAccelerateConfiguration", "PUT", "bucket", ("accelerate",), "there is one place to send objects to"),
    ("PutBucketAnalyticsConfiguration", "PUT", "bucket", ("analytics",), _DELIVERY),
    ("PutBucketIntelligentTieringConfiguration", "PUT", "bucket", ("intelligent-tiering",), _TIERS),
    ("PutBucketInventoryConfiguration", "PUT", "bucket", ("inventory",), _DELIVERY),
    ("PutBucketLogging", "PUT", "bucket", ("logging",), _DELIVERY),
    ("PutBucketMetricsConfiguration", "PUT", "bucket", ("metrics",), _METRICS),
    ("PutBucketNotificationConfiguration", "PUT", "bucket", ("notification",), _EVENTS),
    ("PutBucketReplication", "PUT", "bucket", ("replication",), _DELIVERY),
    ("SelectObjectContent", "POST", "object", ("select",), _QUERIES),
    (
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "PUT",
        "bucket",
        ("metadataAnnotationTable",),
        _METADATA_TABLES,
    ),
    ("UpdateBucketMetadataInventoryTableConfiguration", "PUT", "bucket", ("metadataInventoryTable",), _METADATA_TABLES),
    ("UpdateBucketMetadataJournalTableConfiguration", "PUT", "bucket", ("metadataJournalTable",), _METADATA_TABLES),
    ("UpdateObjectEncryption", "PUT", "object", ("encryption",), _ENCRYPTION),
)

OPERATIONS = tuple(
    Operation(name, method, resource, query, refused=reason) for name, method, resource, query, reason in _ROWS
)

NOT_ROUTED = {
    "GetBucketLifecycle": "deprecated alias of GetBucketLifecycleConfiguration",
    "GetBucketNotification": "deprecated alias of GetBucketNotificationConfiguration",
    "ListDirectoryBuckets": "another endpoint, where the request means what is ListBuckets here",
    "PutBucketLifecycle": "deprecated alias of PutBucketLifecycleConfiguration",
    "PutBucketNotification": "deprecated alias of PutBucketNotificationConfiguration",
    "WriteGetObjectResponse": "another endpoint, which belongs to functions run by the service",
}
"""Operations of S3 whose requests are another operation's here, and why."""
