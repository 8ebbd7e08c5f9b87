"""Policies of buckets, public access block, ownership controls."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import access as shapes
from bushel.protocol.shapes.configuration import BucketConfigurationInput

GET_BUCKET_POLICY = Operation(
    "GetBucketPolicy",
    "GET",
    "bucket",
    ("policy",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketPolicyOutput,
    action="s3:GetBucketPolicy",
)
PUT_BUCKET_POLICY = Operation(
    "PutBucketPolicy",
    "PUT",
    "bucket",
    ("policy",),
    input=shapes.PutBucketPolicyInput,
    action="s3:PutBucketPolicy",
    body="document",
    # 20 KiB, without the white space between its elements.
    document_limit=1 << 18,
)
DELETE_BUCKET_POLICY = Operation(
    "DeleteBucketPolicy",
    "DELETE",
    "bucket",
    ("policy",),
    input=shapes.DeleteBucketAccessInput,
    status=204,
    action="s3:DeleteBucketPolicy",
)
GET_BUCKET_POLICY_STATUS = Operation(
    "GetBucketPolicyStatus",
    "GET",
    "bucket",
    ("policyStatus",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketPolicyStatusOutput,
    action="s3:GetBucketPolicyStatus",
)
GET_PUBLIC_ACCESS_BLOCK = Operation(
    "GetPublicAccessBlock",
    "GET",
    "bucket",
    ("publicAccessBlock",),
    input=BucketConfigurationInput,
    output=shapes.GetPublicAccessBlockOutput,
    action="s3:GetBucketPublicAccessBlock",
)
PUT_PUBLIC_ACCESS_BLOCK = Operation(
    "PutPublicAccessBlock",
    "PUT",
    "bucket",
    ("publicAccessBlock",),
    input=shapes.PutPublicAccessBlockInput,
    action="s3:PutBucketPublicAccessBlock",
    body="document",
)
DELETE_PUBLIC_ACCESS_BLOCK = Operation(
    "DeletePublicAccessBlock",
    "DELETE",
    "bucket",
    ("publicAccessBlock",),
    input=shapes.DeleteBucketAccessInput,
    status=204,
    action="s3:PutBucketPublicAccessBlock",
)
GET_BUCKET_OWNERSHIP_CONTROLS = Operation(
    "GetBucketOwnershipControls",
    "GET",
    "bucket",
    ("ownershipControls",),
    input=BucketConfigurationInput,
    output=shapes.GetBucketOwnershipControlsOutput,
    action="s3:GetBucketOwnershipControls",
)
PUT_BUCKET_OWNERSHIP_CONTROLS = Operation(
    "PutBucketOwnershipControls",
    "PUT",
    "bucket",
    ("ownershipControls",),
    input=shapes.PutBucketOwnershipControlsInput,
    action="s3:PutBucketOwnershipControls",
    body="document",
)
DELETE_BUCKET_OWNERSHIP_CONTROLS = Operation(
    "DeleteBucketOwnershipControls",
    "DELETE",
    "bucket",
    ("ownershipControls",),
    input=shapes.DeleteBucketAccessInput,
    status=204,
    action="s3:PutBucketOwnershipControls",
)

OPERATIONS = (
    GET_BUCKET_POLICY,
    PUT_BUCKET_POLICY,
    DELETE_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_PUBLIC_ACCESS_BLOCK,
    PUT_PUBLIC_ACCESS_BLOCK,
    DELETE_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_OWNERSHIP_CONTROLS,
    PUT_BUCKET_OWNERSHIP_CONTROLS,
    DELETE_BUCKET_OWNERSHIP_CONTROLS,
)
