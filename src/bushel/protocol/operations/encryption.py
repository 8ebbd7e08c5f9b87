"""What buckets encrypt their objects with."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import encryption as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_ENCRYPTION = Operation(
    "GetBucketEncryption",
    "GET",
    "bucket",
    ("encryption",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketEncryptionOutput,
    action="s3:GetEncryptionConfiguration",
)
PUT_BUCKET_ENCRYPTION = Operation(
    "PutBucketEncryption",
    "PUT",
    "bucket",
    ("encryption",),
    input=shapes.PutBucketEncryptionInput,
    action="s3:PutEncryptionConfiguration",
    body="document",
)
DELETE_BUCKET_ENCRYPTION = Operation(
    "DeleteBucketEncryption",
    "DELETE",
    "bucket",
    ("encryption",),
    input=shapes.DeleteBucketEncryptionInput,
    status=204,
    action="s3:PutEncryptionConfiguration",
)

OPERATIONS = (GET_BUCKET_ENCRYPTION, PUT_BUCKET_ENCRYPTION, DELETE_BUCKET_ENCRYPTION)
