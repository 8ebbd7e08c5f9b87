"""What is in a bucket."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import listing as shapes

LIST_OBJECTS = Operation(
    "ListObjects",
    "GET",
    "bucket",
    input=shapes.ListObjectsInput,
    output=shapes.ListObjectsOutput,
    action="s3:ListBucket",
)
LIST_OBJECTS_V2 = Operation(
    "ListObjectsV2",
    "GET",
    "bucket",
    ("list-type=2",),
    input=shapes.ListObjectsV2Input,
    output=shapes.ListObjectsV2Output,
    action="s3:ListBucket",
)

OPERATIONS = (LIST_OBJECTS, LIST_OBJECTS_V2)
