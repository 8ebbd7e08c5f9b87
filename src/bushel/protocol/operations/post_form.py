"""Uploads by HTML form. S3's model for SDKs does not have the operation, so it is not in the table but beside it."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import post_form as shapes

POST_OBJECT = Operation(
    "PostObject",
    "POST",
    "bucket",
    input=shapes.PostObjectInput,
    output=shapes.PostObjectOutput,
    status=204,
    action="s3:PutObject",
    body="stream",
    streams_output=True,
)
