"""Web sites of buckets."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import website as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_WEBSITE = Operation(
    "GetBucketWebsite",
    "GET",
    "bucket",
    ("website",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketWebsiteOutput,
    action="s3:GetBucketWebsite",
)
PUT_BUCKET_WEBSITE = Operation(
    "PutBucketWebsite",
    "PUT",
    "bucket",
    ("website",),
    input=shapes.PutBucketWebsiteInput,
    action="s3:PutBucketWebsite",
    body="document",
    document_limit=128 << 10,
)
DELETE_BUCKET_WEBSITE = Operation(
    "DeleteBucketWebsite",
    "DELETE",
    "bucket",
    ("website",),
    input=shapes.DeleteBucketWebsiteInput,
    status=204,
    action="s3:DeleteBucketWebsite",
)

OPERATIONS = (GET_BUCKET_WEBSITE, PUT_BUCKET_WEBSITE, DELETE_BUCKET_WEBSITE)
