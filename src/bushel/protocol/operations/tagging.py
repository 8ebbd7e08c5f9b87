"""Tags of buckets."""

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

OPERATIONS = (GET_BUCKET_TAGGING, PUT_BUCKET_TAGGING, DELETE_BUCKET_TAGGING)
