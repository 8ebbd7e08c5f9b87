"""What is known of an object."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import attributes as shapes

GET_OBJECT_ATTRIBUTES = Operation(
    "GetObjectAttributes",
    "GET",
    "object",
    ("attributes",),
    input=shapes.GetObjectAttributesInput,
    output=shapes.GetObjectAttributesOutput,
    action="s3:GetObjectAttributes",
)

OPERATIONS = (GET_OBJECT_ATTRIBUTES,)
