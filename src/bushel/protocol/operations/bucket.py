"""Buckets themselves."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import bucket as shapes

LIST_BUCKETS = Operation(
    "ListBuckets",
    "GET",
    "service",
    input=shapes.ListBucketsInput,
    output=shapes.ListBucketsOutput,
    action="s3:ListAllMyBuckets",
)
CREATE_BUCKET = Operation(
    "CreateBucket",
    "PUT",
    "bucket",
    input=shapes.CreateBucketInput,
    output=shapes.CreateBucketOutput,
    action="s3:CreateBucket",
    body="document",
)
HEAD_BUCKET = Operation(
    "HeadBucket",
    "HEAD",
    "bucket",
    input=shapes.HeadBucketInput,
    output=shapes.HeadBucketOutput,
    action="s3:ListBucket",
)
DELETE_BUCKET = Operation(
    "DeleteBucket",
    "DELETE",
    "bucket",
    input=shapes.DeleteBucketInput,
    status=204,
    action="s3:DeleteBucket",
)
GET_BUCKET_LOCATION = Operation(
    "GetBucketLocation",
    "GET",
    "bucket",
    ("location",),
    input=shapes.GetBucketLocationInput,
    output=shapes.GetBucketLocationOutput,
    action="s3:GetBucketLocation",
)

OPERATIONS = (LIST_BUCKETS, CREATE_BUCKET, HEAD_BUCKET, DELETE_BUCKET, GET_BUCKET_LOCATION)
