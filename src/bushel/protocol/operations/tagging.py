"""Tags of buckets and objects."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import tagging as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_TAGGING = Operation(
    "GetBucketTagging",
    "GET",
    "bucket",
    ("tagging",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketTaggingOutput,
    action="s3:GetBucketTagging",
)
PUT_BUCKET_TAGGING = Operation(
    "PutBucketTagging",
    "PUT",
    "bucket",
    ("tagging",),
    input=shapes.PutBucketTaggingInput,
    action="s3:PutBucketTagging",
    body="document",
)
DELETE_BUCKET_TAGGING = Operation(
    "DeleteBucketTagging",
    "DELETE",
    "bucket",
    ("tagging",),
    input=shapes.DeleteBucketTaggingInput,
    status=204,
    action="s3:PutBucketTagging",
)
GET_OBJECT_TAGGING = Operation(
    "GetObjectTagging",
    "GET",
    "object",
    ("tagging",),
    input=shapes.GetObjectTaggingInput,
    output=shapes.GetObjectTaggingOutput,
    action="s3:GetObjectTagging",
)
PUT_OBJECT_TAGGING = Operation(
    "PutObjectTagging",
    "PUT",
    "object",
    ("tagging",),
    input=shapes.PutObjectTaggingInput,
    output=shapes.PutObjectTaggingOutput,
    action="s3:PutObjectTagging",
    body="document",
)
DELETE_OBJECT_TAGGING = Operation(
    "DeleteObjectTagging",
    "DELETE",
    "object",
    ("tagging",),
    input=shapes.DeleteObjectTaggingInput,
    output=shapes.DeleteObjectTaggingOutput,
    status=204,
    action="s3:DeleteObjectTagging",
)

OPERATIONS = (
    GET_BUCKET_TAGGING,
    PUT_BUCKET_TAGGING,
    DELETE_BUCKET_TAGGING,
    GET_OBJECT_TAGGING,
    PUT_OBJECT_TAGGING,
    DELETE_OBJECT_TAGGING,
)
