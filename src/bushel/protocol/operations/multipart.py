"""Uploads in parts."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import multipart as shapes

CREATE_MULTIPART_UPLOAD = Operation(
    "CreateMultipartUpload",
    "POST",
    "object",
    ("uploads",),
    input=shapes.CreateMultipartUploadInput,
    output=shapes.CreateMultipartUploadOutput,
    action="s3:PutObject",
)
UPLOAD_PART = Operation(
    "UploadPart",
    "PUT",
    "object",
    ("partNumber", "uploadId"),
    input=shapes.UploadPartInput,
    output=shapes.UploadPartOutput,
    action="s3:PutObject",
    body="stream",
)
UPLOAD_PART_COPY = Operation(
    "UploadPartCopy",
    "PUT",
    "object",
    ("partNumber", "uploadId"),
    headers=("x-amz-copy-source",),
    input=shapes.UploadPartCopyInput,
    output=shapes.UploadPartCopyOutput,
    action="s3:PutObject",
)
COMPLETE_MULTIPART_UPLOAD = Operation(
    "CompleteMultipartUpload",
    "POST",
    "object",
    ("uploadId",),
    input=shapes.CompleteMultipartUploadInput,
    output=shapes.CompleteMultipartUploadOutput,
    action="s3:PutObject",
    body="document",
    # 10,000 parts, each with its number, ETag, one SHA-256 and indentation, take 3 MB.
    document_limit=8 << 20,
)
ABORT_MULTIPART_UPLOAD = Operation(
    "AbortMultipartUpload",
    "DELETE",
    "object",
    ("uploadId",),
    input=shapes.AbortMultipartUploadInput,
    output=shapes.AbortMultipartUploadOutput,
    status=204,
    action="s3:AbortMultipartUpload",
)
LIST_MULTIPART_UPLOADS = Operation(
    "ListMultipartUploads",
    "GET",
    "bucket",
    ("uploads",),
    input=shapes.ListMultipartUploadsInput,
    output=shapes.ListMultipartUploadsOutput,
    action="s3:ListBucketMultipartUploads",
)
LIST_PARTS = Operation(
    "ListParts",
    "GET",
    "object",
    ("uploadId",),
    input=shapes.ListPartsInput,
    output=shapes.ListPartsOutput,
    action="s3:ListMultipartUploadParts",
)

OPERATIONS = (
    CREATE_MULTIPART_UPLOAD,
    UPLOAD_PART,
    UPLOAD_PART_COPY,
    COMPLETE_MULTIPART_UPLOAD,
    ABORT_MULTIPART_UPLOAD,
    LIST_MULTIPART_UPLOADS,
    LIST_PARTS,
)
