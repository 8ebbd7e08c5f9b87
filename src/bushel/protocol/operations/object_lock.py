"""Object Lock: a bucket's default retention, retention and legal hold of versions."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import object_lock as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput, ObjectConfigurationInput

GET_OBJECT_LOCK_CONFIGURATION = Operation(
    "GetObjectLockConfiguration",
    "GET",
    "bucket",
    ("object-lock",),
    input=BucketConfigurationInput,
    output=shapes.GetObjectLockConfigurationOutput,
    action="s3:GetBucketObjectLockConfiguration",
)
PUT_OBJECT_LOCK_CONFIGURATION = Operation(
    "PutObjectLockConfiguration",
    "PUT",
    "bucket",
    ("object-lock",),
    input=shapes.PutObjectLockConfigurationInput,
    output=shapes.PutObjectLockConfigurationOutput,
    action="s3:PutBucketObjectLockConfiguration",
    body="document",
)
GET_OBJECT_RETENTION = Operation(
    "GetObjectRetention",
    "GET",
    "object",
    ("retention",),
    input=ObjectConfigurationInput,
    output=shapes.GetObjectRetentionOutput,
    action="s3:GetObjectRetention",
)
PUT_OBJECT_RETENTION = Operation(
    "PutObjectRetention",
    "PUT",
    "object",
    ("retention",),
    input=shapes.PutObjectRetentionInput,
    output=shapes.PutObjectRetentionOutput,
    action="s3:PutObjectRetention",
    body="document",
)
GET_OBJECT_LEGAL_HOLD = Operation(
    "GetObjectLegalHold",
    "GET",
    "object",
    ("legal-hold",),
    input=ObjectConfigurationInput,
    output=shapes.GetObjectLegalHoldOutput,
    action="s3:GetObjectLegalHold",
)
PUT_OBJECT_LEGAL_HOLD = Operation(
    "PutObjectLegalHold",
    "PUT",
    "object",
    ("legal-hold",),
    input=shapes.PutObjectLegalHoldInput,
    output=shapes.PutObjectLegalHoldOutput,
    action="s3:PutObjectLegalHold",
    body="document",
)

OPERATIONS = (
    GET_OBJECT_LOCK_CONFIGURATION,
    PUT_OBJECT_LOCK_CONFIGURATION,
    GET_OBJECT_RETENTION,
    PUT_OBJECT_RETENTION,
    GET_OBJECT_LEGAL_HOLD,
    PUT_OBJECT_LEGAL_HOLD,
)
