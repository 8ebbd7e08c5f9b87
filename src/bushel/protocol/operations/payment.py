"""Who pays for requests to a bucket."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import payment as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_REQUEST_PAYMENT = Operation(
    "GetBucketRequestPayment",
    "GET",
    "bucket",
    ("requestPayment",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketRequestPaymentOutput,
    action="s3:GetBucketRequestPayment",
)
PUT_BUCKET_REQUEST_PAYMENT = Operation(
    "PutBucketRequestPayment",
    "PUT",
    "bucket",
    ("requestPayment",),
    input=shapes.PutBucketRequestPaymentInput,
    action="s3:PutBucketRequestPayment",
    body="document",
)

OPERATIONS = (GET_BUCKET_REQUEST_PAYMENT, PUT_BUCKET_REQUEST_PAYMENT)
