"""Work on a bucket that takes several operations."""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from bushel.client import listings
from bushel.client.errors import BatchError, BucketAlreadyExists, NoSuchUpload
from bushel.client.session import Session
from bushel.protocol.operations import ABORT_MULTIPART_UPLOAD, CREATE_BUCKET, DELETE_OBJECT, DELETE_OBJECTS
from bushel.protocol.shapes.bucket import CreateBucketConfiguration, CreateBucketInput
from bushel.protocol.shapes.multipart import AbortMultipartUploadInput
from bushel.protocol.shapes.object import Delete, DeleteObjectInput, DeleteObjectsInput, ObjectIdentifier

Named = tuple[str, str | None]
"""A key, and a version of it; without one, the object."""

_Thing = TypeVar("_Thing")

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

    async def named() -> AsyncIterator[Named]:
        async for key in _each(keys):
            yield key, None

    return await _delete(session, bucket, named(), bypass=None)


async def delete_versions(
    session: Session, bucket: str, versions: Iterable[Named] | AsyncIterable[Named], *, bypass: bool = False
) -> int:
    """Delete many versions and delete markers for good; how many.

    Args:
        session: Where they are.
        bucket: Its name.
        versions: Key and version id of each.
        bypass: Of retention in governance mode.

    Raises:
        BatchError: Some are still there; its failures are by ``version_name``.
    """
    return await _delete(session, bucket, _each(versions), bypass=bypass or None)


def version_name(key: str, version_id: str | None) -> str:
    """What a version is called among failures: as S3 writes it in the source of a copy; of an object its key."""
    return key if version_id is None else f"{key}?versionId={version_id}"


async def _delete(session: Session, bucket: str, named: AsyncIterator[Named], *, bypass: bool | None) -> int:
    failures: dict[str, tuple[str, str]] = {}
    count = 0
    batch: list[Named] = []

    async def flush() -> None:
        nonlocal count
        objects = [ObjectIdentifier(key=key, version_id=version_id) for key, version_id in batch]
        given = DeleteObjectsInput(
            bucket=bucket, delete=Delete(objects=objects, quiet=True), bypass_governance_retention=bypass
        )
        output = await session.call(DELETE_OBJECTS, given)
        for error in output.errors:
            failures[version_name(error.key or "", error.version_id)] = (error.code or "", error.message or "")
        count += len(batch) - len(output.errors)
        batch.clear()

    async for key, version_id in named:
        if _cannot_be_written(key):
            single = DeleteObjectInput(
                bucket=bucket, key=key, version_id=version_id, bypass_governance_retention=bypass
            )
            await session.call(DELETE_OBJECT, single)
            count += 1
            continue
        batch.append((key, version_id))
        if len(batch) == _MOST:
            await flush()
    if batch:
        await flush()
    if failures:
        raise BatchError(failures)
    return count


async def _each(things: Iterable[_Thing] | AsyncIterable[_Thing]) -> AsyncIterator[_Thing]:
    if isinstance(things, AsyncIterable):
        async for thing in things:
            yield thing
    elif isinstance(things, str):
        raise TypeError("keys are an iterable of texts; one text would be taken for its letters")
    else:
        # In a thread: the iterator may block, and may well be a listing by this same client.
        rest = iter(things)
        while batch := await asyncio.to_thread(lambda: list(islice(rest, _MOST))):
            for thing in batch:
                yield thing


async def empty_bucket(session: Session, bucket: str, *, versions: bool = False) -> int:
    """Delete every object and abort every upload; the number of objects.

    With ``versions`` every version and delete marker is deleted for good, and counted.

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
    if versions:
        async for entries in listings.versions(session, bucket):
            count += await delete_versions(session, bucket, [(each.key, each.version_id) for each in entries])
        return count
    async for page in listings.objects(session, bucket):
        count += await delete_objects(session, bucket, [each[0] for each in page])
    return count
