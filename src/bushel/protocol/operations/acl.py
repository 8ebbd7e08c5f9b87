"""Access control lists."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import acl as shapes

GET_BUCKET_ACL = Operation(
    "GetBucketAcl",
    "GET",
    "bucket",
    ("acl",),
    input=shapes.GetBucketAclInput,
    output=shapes.GetBucketAclOutput,
    action="s3:GetBucketAcl",
)
PUT_BUCKET_ACL = Operation(
    "PutBucketAcl",
    "PUT",
    "bucket",
    ("acl",),
    input=shapes.PutBucketAclInput,
    action="s3:PutBucketAcl",
    body="document",
)
GET_OBJECT_ACL = Operation(
    "GetObjectAcl",
    "GET",
    "object",
    ("acl",),
    input=shapes.GetObjectAclInput,
    output=shapes.GetObjectAclOutput,
    action="s3:GetObjectAcl",
)
PUT_OBJECT_ACL = Operation(
    "PutObjectAcl",
    "PUT",
    "object",
    ("acl",),
    input=shapes.PutObjectAclInput,
    output=shapes.PutObjectAclOutput,
    action="s3:PutObjectAcl",
    body="document",
)

OPERATIONS = (GET_BUCKET_ACL, PUT_BUCKET_ACL, GET_OBJECT_ACL, PUT_OBJECT_ACL)
