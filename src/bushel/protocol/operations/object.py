"""Whole objects."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import copy, rename
from bushel.protocol.shapes import object as shapes

PUT_OBJECT = Operation(
    "PutObject",
    "PUT",
    "object",
    input=shapes.PutObjectInput,
    output=shapes.PutObjectOutput,
    action="s3:PutObject",
    body="stream",
)
GET_OBJECT = Operation(
    "GetObject",
    "GET",
    "object",
    input=shapes.GetObjectInput,
    output=shapes.GetObjectOutput,
    action="s3:GetObject",
    streams_output=True,
)
HEAD_OBJECT = Operation(
    "HeadObject",
    "HEAD",
    "object",
    input=shapes.HeadObjectInput,
    output=shapes.HeadObjectOutput,
    action="s3:GetObject",
)
DELETE_OBJECT = Operation(
    "DeleteObject",
    "DELETE",
    "object",
    input=shapes.DeleteObjectInput,
    output=shapes.DeleteObjectOutput,
    status=204,
    action="s3:DeleteObject",
)
DELETE_OBJECTS = Operation(
    "DeleteObjects",
    "POST",
    "bucket",
    ("delete",),
    input=shapes.DeleteObjectsInput,
    output=shapes.DeleteObjectsOutput,
    action="s3:DeleteObject",
    body="document",
    # 1,000 keys of 1,024 bytes, every byte as a character reference such as "&quot;".
    document_limit=8 << 20,
)
COPY_OBJECT = Operation(
    "CopyObject",
    "PUT",
    "object",
    headers=("x-amz-copy-source",),
    input=copy.CopyObjectInput,
    output=copy.CopyObjectOutput,
    action="s3:PutObject",
)
RENAME_OBJECT = Operation(
    "RenameObject",
    "PUT",
    "object",
    ("renameObject",),
    input=rename.RenameObjectInput,
    output=rename.RenameObjectOutput,
    action="s3:RenameObject",
)

OPERATIONS = (PUT_OBJECT, GET_OBJECT, HEAD_OBJECT, DELETE_OBJECT, DELETE_OBJECTS, COPY_OBJECT, RENAME_OBJECT)
