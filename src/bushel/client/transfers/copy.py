"""One object to another place: by the server where one server has both, through this machine where not."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from bushel.client.entries import ObjectInfo, object_info
from bushel.client.errors import ObjectChanged, PreconditionFailed
from bushel.client.session import Session
from bushel.client.sources import IteratorSource
from bushel.client.transfers.download import Download, Progress
from bushel.client.transfers.failures import first_error
from bushel.client.transfers.plan import TransferOptions, part_sizes, segments
from bushel.client.transfers.upload import PartsUpload, Stored, UploadedPart, begin, upload_source
from bushel.protocol.address import encode_path, uri_encode
from bushel.protocol.operations import COPY_OBJECT, HEAD_OBJECT, UPLOAD_PART_COPY
from bushel.protocol.shapes.copy import CopyObjectInput
from bushel.protocol.shapes.multipart import UploadPartCopyInput
from bushel.protocol.shapes.object import HeadObjectInput

MAX_COPY_BYTES: Final = 5 << 30
"""Of one CopyObject or UploadPartCopy (S3 API Reference, "CopyObject")."""

_COPY_PART_BYTES: Final = 512 << 20

_OF_SOURCE: Final = "copy_source_"
_OF_CUSTOMER: Final = "sse_customer_"
"""How members are called that are of the source, and those that are of a key which the customer brings (SSE-C)."""

_KEPT: Final = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "expires",
    "metadata",
    "website_redirect_location",
)
"""What belongs to an object and goes with it wherever it goes. Its ACL and storage class do not, as with CopyObject."""


def kept_members(info: ObjectInfo) -> dict[str, Any]:
    """Members of PutObject that make a copy what its source is."""
    return {name: info.members[name] for name in _KEPT if name in info.members}


class Origin:
    """What is copied.

    Args:
        session: Where it is.
        bucket: Its bucket.
        key: Its key.
        version_id: ``None``: the newest.
    """

    def __init__(self, session: Session, bucket: str, key: str, version_id: str | None = None) -> None:
        self.session = session
        self.bucket = bucket
        self.key = key
        self.version_id = version_id

    @property
    def copy_source(self) -> str:
        """The value of ``x-amz-copy-source``."""
        version = "" if self.version_id is None else f"?versionId={uri_encode(self.version_id)}"
        return f"{uri_encode(self.bucket)}/{encode_path(self.key)}{version}"

    async def look(self, members: Mapping[str, Any]) -> ObjectInfo:
        """HeadObject of it, as a copy with these members reads it. Raises BushelError."""
        given = HeadObjectInput(bucket=self.bucket, key=self.key, checksum_mode="ENABLED", **self.asked(members))
        return object_info(self.key, await self.session.call(HEAD_OBJECT, given))

    def asked(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Members of a request that reads it: its version, and the key that its customer encrypted it with."""
        given = {
            name.removeprefix(_OF_SOURCE): value
            for name, value in members.items()
            if name.startswith(f"{_OF_SOURCE}{_OF_CUSTOMER}")
        }
        return given if self.version_id is None else given | {"version_id": self.version_id}


async def copy(
    origin: Origin,
    session: Session,
    bucket: str,
    key: str,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None = None,
    size: int | None = None,
) -> Stored:
    """Copy an object.

    Args:
        origin: From where.
        session: To where.
        bucket: To where.
        key: To where.
        options: How large objects are cut on their way through this machine.
        members: Further members of CopyObject; through this machine only those that PutObject has too.
        progress: Told of bytes as they are there.
        size: Of the object, if it is known, which saves asking.

    Raises:
        BushelError: There is no copy, and nothing is left behind.
    """
    if origin.session is not session:
        return await _through_here(origin, session, bucket, key, options, members, progress)
    if size is not None and size <= MAX_COPY_BYTES:
        return await _by_server(origin, bucket, key, members, progress, size)
    info = await origin.look(members)
    if info.size <= MAX_COPY_BYTES:
        return await _by_server(origin, bucket, key, members, progress, info.size)
    return await _in_parts(origin, info, bucket, key, options, members, progress)


async def _by_server(
    origin: Origin, bucket: str, key: str, members: Mapping[str, Any], progress: Progress | None, size: int
) -> Stored:
    given = CopyObjectInput(bucket=bucket, key=key, copy_source=origin.copy_source, **members)
    output = await origin.session.call(COPY_OBJECT, given)
    if progress is not None:
        progress(size)
    result = output.copy_object_result
    return Stored("" if result is None else result.e_tag or "", output.version_id, size)


async def _in_parts(
    origin: Origin,
    info: ObjectInfo,
    bucket: str,
    key: str,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None,
) -> Stored:
    session = origin.session
    given = {name: value for name, value in members.items() if not name.endswith("_directive")}
    if members.get("metadata_directive") != "REPLACE":
        given = kept_members(info) | given
    pinned = {name: value for name, value in given.items() if name.startswith((_OF_SOURCE, _OF_CUSTOMER))}
    pinned["copy_source_if_match"] = info.e_tag
    given = {name: value for name, value in given.items() if not name.startswith(_OF_SOURCE)}
    run = PartsUpload(session, bucket, key, await begin(session, bucket, key, given), options, given, progress)
    limit = asyncio.Semaphore(options.concurrency)

    async def one(number: int, start: int, end: int) -> None:
        try:
            part = UploadPartCopyInput(
                bucket=bucket,
                key=key,
                upload_id=run.upload_id,
                part_number=number,
                copy_source=origin.copy_source,
                copy_source_range=f"bytes={start}-{end - 1}",
                **pinned,
            )
            output = await session.call(UPLOAD_PART_COPY, part)
            result = output.copy_part_result
            digest = _digest_of(result, session)
            run.parts[number] = UploadedPart(number, result.e_tag or "", end - start, digest)
            if progress is not None:
                progress(end - start)
        except PreconditionFailed as problem:
            raise ObjectChanged(f"{origin.bucket}/{origin.key} was replaced while it was copied") from problem
        finally:
            limit.release()

    try:
        with first_error():
            async with asyncio.TaskGroup() as group:
                size = next(part_sizes(info.size, _COPY_PART_BYTES))
                for number, (start, end) in enumerate(segments(0, info.size, size), 1):
                    await limit.acquire()
                    group.create_task(one(number, start, end))
        return await run.complete()
    except BaseException as problem:
        await run.abort(problem)
        raise


def _digest_of(result: Any, session: Session) -> bytes:
    algorithm = session.options.checksum
    text = None if algorithm is None else getattr(result, algorithm.field, None)
    return (algorithm.parse(text) or b"") if algorithm is not None and text is not None else b""


async def _through_here(
    origin: Origin,
    session: Session,
    bucket: str,
    key: str,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None,
) -> Stored:
    download = await Download.open(origin.session, origin.bucket, origin.key, options, origin.asked(members))
    try:
        info = object_info(origin.key, download.output)
        given = {
            name: value
            for name, value in members.items()
            if not name.endswith("_directive") and not name.startswith(f"{_OF_SOURCE}{_OF_CUSTOMER}")
        }
        if members.get("metadata_directive") != "REPLACE":
            given = kept_members(info) | given
        source = IteratorSource(download.pieces(), download.size)
        try:
            return await upload_source(session, bucket, key, source, options, given, progress)
        finally:
            await source.close()
    finally:
        download.close()
