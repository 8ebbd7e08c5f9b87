"""One object up: in one request if it is small, else in parts. Whole or not at all.

A source is read in order by one reader; its parts go up side by side, each with its checksum, and are held until they
are there, so that a part can be sent again whatever it came from. When anything fails the upload is aborted.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, Final, NamedTuple

from bushel.client.errors import BushelError, NoSuchUpload
from bushel.client.session import Session
from bushel.client.sources import Buffer, Data, Source, open_source
from bushel.client.transfers.failures import first_error
from bushel.client.transfers.plan import TransferOptions, part_sizes
from bushel.client.transfers.slots import Slots
from bushel.protocol.checksums import Algorithm, Octets, base64_text
from bushel.protocol.operations import (
    ABORT_MULTIPART_UPLOAD,
    COMPLETE_MULTIPART_UPLOAD,
    CREATE_MULTIPART_UPLOAD,
    HEAD_OBJECT,
    PUT_OBJECT,
    UPLOAD_PART,
)
from bushel.protocol.shapes.multipart import (
    AbortMultipartUploadInput,
    CompletedMultipartUpload,
    CompletedPart,
    CompleteMultipartUploadInput,
    CreateMultipartUploadInput,
    UploadPartInput,
)
from bushel.protocol.shapes.object import HeadObjectInput, PutObjectInput

_log: Final = logging.getLogger(__name__)

Progress = Callable[[int], object]
"""Called with a number of bytes that are done (fewer than none where a part is sent again)."""

_OF_COMPLETION: Final = frozenset({"if_match", "if_none_match", "mpu_object_size"})
_OF_PARTS: Final = frozenset(
    {
        "expected_bucket_owner",
        "request_payer",
        "sse_customer_algorithm",
        "sse_customer_key",
        "sse_customer_key_md5",
    }
)


class Stored(NamedTuple):
    """What became of an upload.

    Attributes:
        e_tag: As S3 writes it, in quotes.
        version_id: ``None`` where the bucket keeps no versions.
        size: Bytes.
        checksum: Algorithm and Base64 of the checksum of all bytes; ``None`` if none was made.
    """

    e_tag: str
    version_id: str | None
    size: int
    checksum: tuple[str, str] | None = None


class UploadedPart(NamedTuple):
    """A part that the server has.

    Attributes:
        digest: Of its bytes; empty without a checksum.
    """

    number: int
    e_tag: str
    size: int
    digest: bytes


async def upload(
    session: Session,
    bucket: str,
    key: str,
    data: Data,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None = None,
) -> Stored:
    """Store an object.

    Args:
        session: Where to.
        bucket: Its name.
        key: The object's.
        data: Bytes, a path, a file, an iterator.
        options: How large objects are cut.
        members: Further members of PutObject's input (and so of CreateMultipartUpload's): metadata, ACL, conditions.
        progress: Told of bytes as they are stored.

    Raises:
        BushelError: It is not stored; nothing is left behind, unless the server could not be told.
        OSError: The file cannot be read.
        TypeError: No such member, or data that cannot be stored.
    """
    source = open_source(data)
    try:
        return await upload_source(session, bucket, key, source, options, members, progress)
    finally:
        await source.close()


async def upload_source(
    session: Session,
    bucket: str,
    key: str,
    source: Source,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None = None,
) -> Stored:
    """As ``upload``, of a source that the caller closes."""
    length = source.length
    first = await source.take(options.part_bytes)
    ended = source.length == 0 if length is not None else len(first) < options.part_bytes
    if ended:
        await source.check()
        output = await session.call(PUT_OBJECT, PutObjectInput(bucket=bucket, key=key, body=first, **members))
        if progress is not None:
            progress(len(first))
        return Stored(output.e_tag or "", output.version_id, len(first), _told(output, session.options.checksum))
    upload_id = await begin(session, bucket, key, members)
    run = PartsUpload(session, bucket, key, upload_id, options, members, progress)
    try:
        await run.send_all(parts_of(source, options.part_bytes, first, length))
        await source.check()
        return await run.complete()
    except BaseException as problem:
        await run.abort(problem)
        raise


async def begin(session: Session, bucket: str, key: str, members: Mapping[str, Any]) -> str:
    """Create the upload; its id."""
    algorithm = session.options.checksum
    given = {name: value for name, value in members.items() if name not in _OF_COMPLETION}
    if algorithm is not None:
        given.setdefault("checksum_algorithm", algorithm.name)
        given.setdefault("checksum_type", algorithm.types[-1])
    output = await session.call(CREATE_MULTIPART_UPLOAD, CreateMultipartUploadInput(bucket=bucket, key=key, **given))
    if not output.upload_id:
        raise BushelError("the server gave the upload no id")
    upload_id: str = output.upload_id
    return upload_id


class Cut(NamedTuple):
    """How the next part is got: its size at most, and what reads it."""

    size: int
    take: Callable[[], Coroutine[Any, Any, Buffer]]


def parts_of(source: Source, part_bytes: int, first: Buffer = b"", length: int | None = None) -> Iterator[Cut]:
    """How a source is cut.

    Args:
        source: What is left of it.
        part_bytes: Size of parts, unless they would be too many.
        first: What was taken already.
        length: Of all; ``None``: what the source knows.
    """
    sizes = part_sizes(source.length if length is None else length, part_bytes)
    size = next(sizes)

    async def take_first() -> Buffer:
        missing = size - len(first)
        return first if not missing else b"".join((first, await source.take(missing)))

    yield Cut(size, take_first)
    for size_now in sizes:
        yield Cut(size_now, lambda size_now=size_now: source.take(size_now))  # type: ignore[misc]


class PartsUpload:
    """The parts of one upload.

    Attributes:
        upload_id: The server's name for it.
        parts: Those that are there, by number.
    """

    def __init__(
        self,
        session: Session,
        bucket: str,
        key: str,
        upload_id: str,
        options: TransferOptions,
        members: Mapping[str, Any],
        progress: Progress | None = None,
        known: Mapping[int, UploadedPart] | None = None,
    ) -> None:
        self._known = known or {}
        self.upload_id = upload_id
        self.parts: dict[int, UploadedPart] = {}
        self._session = session
        self._bucket = bucket
        self._key = key
        self._options = options
        self._members = members
        self._for_parts = {name: value for name, value in members.items() if name in _OF_PARTS}
        self._progress = progress

    async def send_all(self, cuts: Iterator[Cut]) -> None:
        """Read and send parts until the source ends.

        Raises:
            BushelError: One could not be sent; the others are given up.
        """
        slots = Slots(self._options.concurrency, self._options.memory_bytes)
        with first_error():
            async with asyncio.TaskGroup() as group:
                for number, cut in enumerate(cuts, 1):
                    await slots.acquire(cut.size)
                    piece = await cut.take()
                    if not piece and number > 1:
                        slots.release(cut.size)
                        break
                    group.create_task(self._send(number, piece, slots, cut.size))
                    if len(piece) < cut.size:
                        break

    async def _send(self, number: int, piece: Buffer, slots: Slots, size: int) -> None:
        try:
            await self.send(number, piece)
        finally:
            slots.release(size)

    async def send(self, number: int, piece: Octets) -> UploadedPart:
        """Send one part. Raises BushelError."""
        algorithm = self._session.options.checksum
        digest = b""
        extra: dict[str, Any] = {}
        if algorithm is not None:
            digest = await _digest(algorithm, piece)
            extra[algorithm.field] = base64_text(digest)
        if self._is_there(number, piece, digest):
            part = self.parts[number] = self._known[number]
            if self._progress is not None:
                self._progress(len(piece))
            return part
        given = UploadPartInput(
            bucket=self._bucket,
            key=self._key,
            upload_id=self.upload_id,
            part_number=number,
            body=piece,
            **extra,
            **self._for_parts,
        )
        output = await self._session.call(UPLOAD_PART, given)
        part = self.parts[number] = UploadedPart(number, output.e_tag or "", len(piece), digest)
        if self._progress is not None:
            self._progress(len(piece))
        return part

    def _is_there(self, number: int, piece: Octets, digest: bytes) -> bool:
        """Whether the server has this part from an earlier attempt, byte for byte as far as it tells."""
        known = self._known.get(number)
        if known is None or known.size != len(piece):
            return False
        if digest:
            return known.digest == digest
        return known.e_tag.strip('"') == hashlib.md5(piece, usedforsecurity=False).hexdigest()

    async def complete(self) -> Stored:
        """Make the parts an object. Raises BushelError."""
        algorithm = self._session.options.checksum
        parts = [self.parts[number] for number in sorted(self.parts)]
        size = sum(part.size for part in parts)
        extra = {name: value for name, value in self._members.items() if name in _OF_COMPLETION | _OF_PARTS}
        checksum = None
        if algorithm is not None and all(part.digest for part in parts):
            if algorithm.types[-1] == "FULL_OBJECT":
                checksum = (algorithm.name, base64_text(algorithm.combine((part.digest, part.size) for part in parts)))
                extra[algorithm.field] = checksum[1]
            extra["checksum_type"] = algorithm.types[-1]
        given = CompleteMultipartUploadInput(
            bucket=self._bucket,
            key=self._key,
            upload_id=self.upload_id,
            multipart_upload=CompletedMultipartUpload(parts=[_completed(part, algorithm) for part in parts]),
            **extra,
        )
        try:
            output = await self._session.call(COMPLETE_MULTIPART_UPLOAD, given)
        except NoSuchUpload as problem:
            # An answer that was lost: the request had its effect, and its repetition finds no upload any more.
            return await self._find(parts, size, checksum, problem)
        return Stored(output.e_tag or "", output.version_id, size, checksum)

    async def _find(
        self, parts: list[UploadedPart], size: int, checksum: tuple[str, str] | None, problem: NoSuchUpload
    ) -> Stored:
        if problem.attempts == 1:
            raise problem
        try:
            output = await self._session.call(HEAD_OBJECT, HeadObjectInput(bucket=self._bucket, key=self._key))
        except BushelError:
            raise problem from None
        if output.e_tag != _e_tag(parts) or output.content_length != size:
            raise problem
        return Stored(output.e_tag or "", output.version_id, size, checksum)

    async def abort(self, reason: BaseException) -> None:
        """Have the server forget the parts. Never raises: what went wrong before is what the caller must see."""
        given = AbortMultipartUploadInput(bucket=self._bucket, key=self._key, upload_id=self.upload_id)
        task = asyncio.ensure_future(self._session.call(ABORT_MULTIPART_UPLOAD, given))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            with contextlib.suppress(BushelError):
                await task
        except NoSuchUpload:
            pass
        except BushelError as problem:
            _log.warning("upload %s of %s/%s is left behind: %s", self.upload_id, self._bucket, self._key, problem)
            reason.add_note(
                f"the upload {self.upload_id} of {self._bucket}/{self._key} could not be aborted: {problem}"
            )


async def _digest(algorithm: Algorithm, piece: Octets) -> bytes:
    if algorithm.name == "CRC64NVME" or len(piece) < 1 << 20:
        return algorithm.digest(piece)
    return await asyncio.to_thread(algorithm.digest, piece)


def _completed(part: UploadedPart, algorithm: Algorithm | None) -> CompletedPart:
    extra = {} if algorithm is None or not part.digest else {algorithm.field: base64_text(part.digest)}
    return CompletedPart(part_number=part.number, e_tag=part.e_tag, **extra)


def _e_tag(parts: list[UploadedPart]) -> str:
    """What S3 calls the object that these parts become."""
    try:
        digests = b"".join(bytes.fromhex(part.e_tag.strip('"')) for part in parts)
    except ValueError:
        return ""
    return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"'


def _told(output: Any, algorithm: Algorithm | None) -> tuple[str, str] | None:
    value = None if algorithm is None else getattr(output, algorithm.field)
    return None if algorithm is None or value is None else (algorithm.name, value)
