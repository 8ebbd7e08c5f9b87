"""Configurations that nobody can make yet, read: S3's answer for a bucket or an object never configured."""

from typing import Any

from bushel.protocol.errors import S3Error
from bushel.protocol.operations import TABLE, Operation
from bushel.protocol.operations import configuration as operations
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.registry import HANDLERS, Handler


def _answer(operation: Operation) -> Any:
    """The document that says "never configured"; ``None`` where S3 says it with an error."""
    if operation.output is None:
        return None
    if "is_truncated" in operation.output.__struct_fields__:
        return operation.output(is_truncated=False)
    return operation.output()


def _reader(operation: Operation) -> Handler:
    answer = _answer(operation)
    reason = operation.never_configured

    async def read_bucket_configuration(ctx: Context, request: Any) -> Any:
        bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
        require_owner(ctx, bucket)
        if reason is not None:
            raise S3Error(reason, BucketName=bucket.name)
        return answer

    return read_bucket_configuration


HANDLERS.update({each.name: _reader(each) for each in TABLE.values() if each in operations.OPERATIONS})
