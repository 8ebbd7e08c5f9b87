"""Archived objects fetched back."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import restore as shapes

RESTORE_OBJECT = Operation(
    "RestoreObject",
    "POST",
    "object",
    ("restore",),
    input=shapes.RestoreObjectInput,
    output=shapes.RestoreObjectOutput,
    action="s3:RestoreObject",
    body="document",
)

OPERATIONS = (RESTORE_OBJECT,)
