"""Lifecycle rules of buckets."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import lifecycle as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_LIFECYCLE_CONFIGURATION = Operation(
    "GetBucketLifecycleConfiguration",
    "GET",
    "bucket",
    ("lifecycle",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketLifecycleConfigurationOutput,
    action="s3:GetLifecycleConfiguration",
)
PUT_BUCKET_LIFECYCLE_CONFIGURATION = Operation(
    "PutBucketLifecycleConfiguration",
    "PUT",
    "bucket",
    ("lifecycle",),
    input=shapes.PutBucketLifecycleConfigurationInput,
    output=shapes.PutBucketLifecycleConfigurationOutput,
    action="s3:PutLifecycleConfiguration",
    body="document",
)
DELETE_BUCKET_LIFECYCLE = Operation(
    "DeleteBucketLifecycle",
    "DELETE",
    "bucket",
    ("lifecycle",),
    input=shapes.DeleteBucketLifecycleInput,
    status=204,
    action="s3:PutLifecycleConfiguration",
)

OPERATIONS = (
    GET_BUCKET_LIFECYCLE_CONFIGURATION,
    PUT_BUCKET_LIFECYCLE_CONFIGURATION,
    DELETE_BUCKET_LIFECYCLE,
)
