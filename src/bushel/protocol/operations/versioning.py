"""Versions of objects."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import versioning as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_VERSIONING = Operation(
    "GetBucketVersioning",
    "GET",
    "bucket",
    ("versioning",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketVersioningOutput,
    action="s3:GetBucketVersioning",
)
PUT_BUCKET_VERSIONING = Operation(
    "PutBucketVersioning",
    "PUT",
    "bucket",
    ("versioning",),
    input=shapes.PutBucketVersioningInput,
    action="s3:PutBucketVersioning",
    body="document",
)
LIST_OBJECT_VERSIONS = Operation(
    "ListObjectVersions",
    "GET",
    "bucket",
    ("versions",),
    input=shapes.ListObjectVersionsInput,
    output=shapes.ListObjectVersionsOutput,
    action="s3:ListBucketVersions",
)

OPERATIONS = (GET_BUCKET_VERSIONING, PUT_BUCKET_VERSIONING, LIST_OBJECT_VERSIONS)
