"""Transfers of files that can be interrupted and gone on with, by means of a note beside them (``journal``)."""

import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from bushel.client.errors import (
    BushelError,
    IntegrityError,
    NoSuchUpload,
    NotFound,
    ObjectChanged,
    PreconditionFailed,
    ResponseError,
)
from bushel.client.session import Session
from bushel.client.sources import FileSource
from bushel.client.transfers.download import Download, Progress
from bushel.client.transfers.journal import DownloadJournal, UploadJournal
from bushel.client.transfers.plan import TransferOptions
from bushel.client.transfers.upload import PartsUpload, Stored, UploadedPart, begin, parts_of, upload_source
from bushel.protocol.operations import ABORT_MULTIPART_UPLOAD, LIST_PARTS
from bushel.protocol.shapes.multipart import AbortMultipartUploadInput, ListPartsInput

_FATAL: Final = (IntegrityError, ObjectChanged, PreconditionFailed, NoSuchUpload)
"""What going on cannot mend: what there is of the transfer is removed, and the note with it."""


async def upload_file(
    session: Session,
    bucket: str,
    key: str,
    path: Path,
    options: TransferOptions,
    members: Mapping[str, Any],
    progress: Progress | None,
    journal: UploadJournal,
) -> Stored:
    """Store a file; where it is interrupted, the parts stay at the server, and a call with the same note goes on.

    A part that is there is compared with the file before it is counted. If the file, its target or the size of parts is
    another than the note says, the upload is begun anew and the old one aborted.

    Raises:
        BushelError: It is not stored. The note remains, unless there is nothing to go on with.
        OSError: The file cannot be read, or the note not written.
    """
    source = FileSource.open(path)
    try:
        if source.length is None or source.length <= options.part_bytes:
            return await upload_source(session, bucket, key, source, options, members, progress)
        identity = {
            "endpoint": _name(session),
            "bucket": bucket,
            "key": key,
            "file": os.path.abspath(path),  # noqa: ASYNC240, PTH100 - asks for no more than the working directory
            "size": source.length,
            "mtime_ns": source.mtime_ns,
            "part_bytes": options.part_bytes,
            "members": {name: repr(value) for name, value in sorted(members.items()) if "customer_key" not in name},
        }
        known: dict[int, UploadedPart] = {}
        upload_id = journal.upload_id(identity)
        if upload_id is None:
            await abandon(session, journal)
        else:
            try:
                known = {part.number: part async for part in _there(session, bucket, key, upload_id)}
            except NoSuchUpload:
                upload_id = None
        if upload_id is None:
            upload_id = await begin(session, bucket, key, members)
            journal.write(identity, upload_id)
        run = PartsUpload(session, bucket, key, upload_id, options, members, progress, known)
        try:
            await run.send_all(parts_of(source, options.part_bytes))
            await source.check()
        except _FATAL as problem:
            await run.abort(problem)
            journal.remove()
            raise
        try:
            stored = await run.complete()
        except ResponseError as problem:
            if problem.status < 500:
                await run.abort(problem)
                journal.remove()
            raise
        journal.remove()
        return stored
    finally:
        await source.close()


async def _there(session: Session, bucket: str, key: str, upload_id: str) -> AsyncIterator[UploadedPart]:
    """The parts that the server has."""
    algorithm = session.options.checksum
    marker: int | None = None
    while True:
        given = ListPartsInput(bucket=bucket, key=key, upload_id=upload_id, part_number_marker=marker)
        output = await session.call(LIST_PARTS, given)
        for part in output.parts:
            text = None if algorithm is None else getattr(part, algorithm.field)
            digest = b"" if algorithm is None or text is None else algorithm.parse(text) or b""
            if part.part_number is not None:
                yield UploadedPart(part.part_number, part.e_tag or "", part.size or 0, digest)
        if not output.is_truncated or output.next_part_number_marker in (None, marker):
            return
        marker = output.next_part_number_marker


async def abandon(session: Session, journal: UploadJournal) -> bool:
    """Have the server forget the upload of a note, and remove the note. Whether there was one.

    Raises:
        BushelError: The server could not be told; the note remains.
        OSError: The note cannot be read or removed.
    """
    found = journal.read()
    if found is None:
        journal.remove()
        return False
    if found.get("endpoint") == _name(session):
        given = AbortMultipartUploadInput(bucket=found["bucket"], key=found["key"], upload_id=found["upload_id"])
        with contextlib.suppress(NotFound):  # the upload, or the whole bucket, is gone already
            await session.call(ABORT_MULTIPART_UPLOAD, given)
    journal.remove()
    return True


async def save_file(download: Download, path: Path, journal: DownloadJournal, draft: Path) -> None:
    """Make a file of an object; where it is interrupted, draft and note stay, and a call with the same ones goes on.

    A segment of the draft is compared with the note before it is counted.

    Raises:
        BushelError: The object could not be had whole. What was at ``path`` before is untouched.
        OSError: The file cannot be written.
    """
    output = download.output
    identity = {
        "object": download.name,
        "e_tag": output.e_tag,
        "version_id": output.version_id,
        "size": download.size,
        "range": output.content_range,
        "part_bytes": download.part_bytes,
    }
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            journal.open(identity)
            os.truncate(descriptor, download.size)
            await download.into(descriptor, journal)
        finally:
            os.close(descriptor)
            journal.close()
    except BushelError as problem:
        if isinstance(problem, _FATAL):
            _remove(draft)
            journal.remove()
        raise
    finally:
        download.close()
    _move(draft, path)
    journal.remove()


def _move(draft: Path, path: Path) -> None:
    draft.replace(path)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _name(session: Session) -> str:
    origin = session.endpoint.origin
    return f"{origin.scheme}://{origin.authority}{session.endpoint.base}"


def note_beside(path: Path) -> tuple[Path, Path]:
    """Where the draft and the note of a download are: beside its target, hidden, the same for every call."""
    name = path.name if len(path.name.encode()) < 200 else hashlib.sha256(path.name.encode()).hexdigest()
    return path.with_name(f".{name}.bushel"), path.with_name(f".{name}.bushel-note")
