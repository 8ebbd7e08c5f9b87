"""Cross-origin rules of buckets. Preflights are no operation: they are answered before a request becomes one."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import cors as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_CORS = Operation(
    "GetBucketCors",
    "GET",
    "bucket",
    ("cors",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketCorsOutput,
    action="s3:GetBucketCORS",
)
PUT_BUCKET_CORS = Operation(
    "PutBucketCors",
    "PUT",
    "bucket",
    ("cors",),
    input=shapes.PutBucketCorsInput,
    action="s3:PutBucketCORS",
    body="document",
    # S3 API Reference, PutBucketCors.
    document_limit=1 << 16,
)
DELETE_BUCKET_CORS = Operation(
    "DeleteBucketCors",
    "DELETE",
    "bucket",
    ("cors",),
    input=shapes.DeleteBucketCorsInput,
    status=204,
    action="s3:PutBucketCORS",
)

OPERATIONS = (GET_BUCKET_CORS, PUT_BUCKET_CORS, DELETE_BUCKET_CORS)
