"""Listings, page by page, until there are no more. What is on a page, is made into entries here."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote_plus

from bushel.client.entries import FolderEntry, ObjectEntry, UploadEntry, VersionEntry, moment
from bushel.client.errors import BadAnswer, NotSupported
from bushel.client.session import Session
from bushel.protocol.operations import LIST_BUCKETS, LIST_MULTIPART_UPLOADS, LIST_OBJECTS_V2, TABLE
from bushel.protocol.shapes.bucket import Bucket as BucketShape
from bushel.protocol.shapes.bucket import ListBucketsInput
from bushel.protocol.shapes.listing import ListObjectsV2Input
from bushel.protocol.shapes.multipart import ListMultipartUploadsInput


async def buckets(session: Session) -> AsyncIterator[list[BucketShape]]:
    """The caller's buckets."""
    token: str | None = None
    while True:
        output = await session.call(LIST_BUCKETS, ListBucketsInput(continuation_token=token))
        yield list(output.buckets)
        token = _following(token, output.continuation_token)
        if token is None:
            return


async def objects(
    session: Session,
    bucket: str,
    *,
    prefix: str = "",
    delimiter: str | None = None,
    start_after: str | None = None,
    page_size: int | None = None,
) -> AsyncIterator[list[ObjectEntry | FolderEntry]]:
    """Objects and, with a delimiter, folders; each page in the order of keys.

    Keys travel percent-encoded, since XML cannot carry all that a key may hold.
    """
    token: str | None = None
    while True:
        output = await session.call(
            LIST_OBJECTS_V2,
            ListObjectsV2Input(
                bucket=bucket,
                prefix=prefix or None,
                delimiter=delimiter,
                start_after=start_after if token is None else None,
                continuation_token=token,
                max_keys=page_size,
                encoding_type="url",
            ),
        )
        encoded = output.encoding_type == "url"
        page: list[ObjectEntry | FolderEntry] = [
            ObjectEntry(
                _key(each.key, encoded=encoded),
                each.size or 0,
                each.e_tag or "",
                moment(each.last_modified),
                each.storage_class,
            )
            for each in output.contents
        ]
        if output.common_prefixes:
            page += [FolderEntry(_key(each.prefix, encoded=encoded)) for each in output.common_prefixes]
            page.sort(key=_name)
        yield page
        token = _following(token, output.next_continuation_token) if output.is_truncated else None
        if token is None:
            return


async def uploads(session: Session, bucket: str, *, prefix: str = "") -> AsyncIterator[list[UploadEntry]]:
    """Uploads in parts that are under way, or were forgotten."""
    key_marker: str | None = None
    id_marker: str | None = None
    while True:
        output = await session.call(
            LIST_MULTIPART_UPLOADS,
            ListMultipartUploadsInput(
                bucket=bucket,
                prefix=prefix or None,
                key_marker=key_marker,
                upload_id_marker=id_marker,
                encoding_type="url",
            ),
        )
        encoded = output.encoding_type == "url"
        yield [
            UploadEntry(_key(each.key, encoded=encoded), each.upload_id or "", moment(each.initiated))
            for each in output.uploads
        ]
        if not output.is_truncated or not output.next_key_marker:
            return
        if (output.next_key_marker, output.next_upload_id_marker) == (key_marker, id_marker):
            raise BadAnswer("the listing does not get on")
        key_marker = _key(output.next_key_marker, encoded=encoded)
        id_marker = output.next_upload_id_marker


async def versions(session: Session, bucket: str, *, prefix: str = "") -> AsyncIterator[list[VersionEntry]]:
    """Versions and delete markers, in the order in which the server lists them: by key, the newest first.

    Raises:
        NotSupported: The table has no shapes for it.
    """
    operation = TABLE["ListObjectVersions"]
    if operation.input is None:
        raise NotSupported("NotImplemented", "versions are not listed", 501, operation=operation.name, bucket=bucket)
    markers: dict[str, str | None] = {}
    while True:
        given = operation.input(bucket=bucket, prefix=prefix or None, encoding_type="url", **markers)
        output = await session.call(operation, given)
        encoded = output.encoding_type == "url"
        page = [_version(each, encoded=encoded, deleted=False) for each in output.versions]
        page += [_version(each, encoded=encoded, deleted=True) for each in output.delete_markers]
        # The shape has both apart; within a key the newest is first, and markers of a key are as old as they are.
        page.sort(key=lambda each: (each.key.encode(), not each.latest, -each.last_modified.timestamp()))
        yield page
        if not output.is_truncated:
            return
        following: dict[str, str | None] = {
            "key_marker": _key(output.next_key_marker, encoded=encoded),
            "version_id_marker": output.next_version_id_marker,
        }
        if following == markers:
            raise BadAnswer("the listing does not get on")
        markers = following


def _version(each: Any, *, encoded: bool, deleted: bool) -> VersionEntry:
    return VersionEntry(
        _key(each.key, encoded=encoded),
        each.version_id or "null",
        bool(each.is_latest),
        deleted,
        0 if deleted else each.size or 0,
        "" if deleted else each.e_tag or "",
        moment(each.last_modified),
    )


def _following(token: str | None, following: str | None) -> str | None:
    if following is not None and following == token:
        raise BadAnswer("the listing does not get on")
    return following or None


def _key(text: str | None, *, encoded: bool) -> str:
    return unquote_plus(text or "", errors="strict") if encoded else text or ""


def _name(entry: ObjectEntry | FolderEntry) -> bytes:
    return entry[0].encode()
