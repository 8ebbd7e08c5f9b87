"""Work on a bucket that takes several operations."""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from bushel.client import listings
from bushel.client.errors import BatchError, BucketAlreadyExists, NoSuchUpload
from bushel.client.session import Session
from bushel.protocol.operations import ABORT_MULTIPART_UPLOAD, CREATE_BUCKET, DELETE_OBJECT, DELETE_OBJECTS
from bushel.protocol.shapes.bucket import CreateBucketConfiguration, CreateBucketInput
from bushel.protocol.shapes.multipart import AbortMultipartUploadInput
from bushel.protocol.shapes.object import Delete, DeleteObjectInput, DeleteObjectsInput, ObjectIdentifier

_MOST: Final = 1000

# XML 1.0 has no way to write these (section 2.2), so a document would name another key, or none.
_cannot_be_written = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]").search


async def create_bucket(session: Session, bucket: str, members: Mapping[str, Any], *, exist_ok: bool) -> None:
    """Create a bucket in the session's region.

    Raises:
        BucketAlreadyExists: It is there; with ``exist_ok`` only if it is somebody else's.
    """
    given = dict(members)
    region = session.endpoint.region
    if region != "us-east-1" and "create_bucket_configuration" not in given:
        given["create_bucket_configuration"] = CreateBucketConfiguration(location_constraint=region)
    try:
        await session.call(CREATE_BUCKET, CreateBucketInput(bucket=bucket, **given))
    except BucketAlreadyExists as problem:
        if not exist_ok or problem.code != "BucketAlreadyOwnedByYou":
            raise


async def delete_objects(session: Session, bucket: str, keys: Iterable[str] | AsyncIterable[str]) -> int:
    """Delete many objects; how many.

    Raises:
        BatchError: Some are still there.
    """
    failures: dict[str, tuple[str, str]] = {}
    count = 0
    batch: list[str] = []

    async def flush() -> None:
        nonlocal count
        objects = [ObjectIdentifier(key=key) for key in batch]
        output = await session.call(
            DELETE_OBJECTS, DeleteObjectsInput(bucket=bucket, delete=Delete(objects=objects, quiet=True))
        )
        for error in output.errors:
            failures[error.key or ""] = (error.code or "", error.message or "")
        count += len(batch) - len(output.errors)
        batch.clear()

    async for key in _each(keys):
        if _cannot_be_written(key):
            await session.call(DELETE_OBJECT, DeleteObjectInput(bucket=bucket, key=key))
            count += 1
            continue
        batch.append(key)
        if len(batch) == _MOST:
            await flush()
    if batch:
        await flush()
    if failures:
        raise BatchError(failures)
    return count


async def _each(keys: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(keys, AsyncIterable):
        async for key in keys:
            yield key
    elif isinstance(keys, str):
        raise TypeError("keys are an iterable of texts; one text would be taken for its letters")
    else:
        # In a thread: the iterator may block, and may well be a listing by this same client.
        rest = iter(keys)
        while batch := await asyncio.to_thread(lambda: list(islice(rest, _MOST))):
            for key in batch:
                yield key


async def empty_bucket(session: Session, bucket: str) -> int:
    """Delete every object and abort every upload; the number of objects.

    Raises:
        BatchError: Some objects are still there.
    """
    async for uploads in listings.uploads(session, bucket):
        for each in uploads:
            given = AbortMultipartUploadInput(bucket=bucket, key=each.key, upload_id=each.upload_id)
            try:
                await session.call(ABORT_MULTIPART_UPLOAD, given)
            except NoSuchUpload:
                continue
    count = 0
    async for page in listings.objects(session, bucket):
        count += await delete_objects(session, bucket, [each[0] for each in page])
    return count
