"""Named payloads that belong to a version of an object."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import annotations as shapes

PUT_OBJECT_ANNOTATION = Operation(
    "PutObjectAnnotation",
    "PUT",
    "object",
    ("annotation", "annotationName"),
    input=shapes.PutObjectAnnotationInput,
    output=shapes.PutObjectAnnotationOutput,
    action="s3:PutObjectAnnotation",
    body="stream",
)
GET_OBJECT_ANNOTATION = Operation(
    "GetObjectAnnotation",
    "GET",
    "object",
    ("annotation", "annotationName"),
    input=shapes.GetObjectAnnotationInput,
    output=shapes.GetObjectAnnotationOutput,
    action="s3:GetObjectAnnotation",
    streams_output=True,
)
LIST_OBJECT_ANNOTATIONS = Operation(
    "ListObjectAnnotations",
    "GET",
    "object",
    ("annotation",),
    input=shapes.ListObjectAnnotationsInput,
    output=shapes.ListObjectAnnotationsOutput,
    action="s3:ListObjectAnnotations",
)
DELETE_OBJECT_ANNOTATION = Operation(
    "DeleteObjectAnnotation",
    "DELETE",
    "object",
    ("annotation", "annotationName"),
    input=shapes.DeleteObjectAnnotationInput,
    output=shapes.DeleteObjectAnnotationOutput,
    status=204,
    action="s3:DeleteObjectAnnotation",
)

OPERATIONS = (PUT_OBJECT_ANNOTATION, GET_OBJECT_ANNOTATION, LIST_OBJECT_ANNOTATIONS, DELETE_OBJECT_ANNOTATION)
