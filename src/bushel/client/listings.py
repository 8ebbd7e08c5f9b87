"""Listings, page by page, until there are no more. What is on a page, is made into entries here."""

from collections.abc import AsyncIterator
from heapq import merge
from typing import Any
from urllib.parse import unquote_plus

from bushel.client.entries import FolderEntry, ObjectEntry, UploadEntry, VersionEntry, moment
from bushel.client.errors import BadAnswer
from bushel.client.session import Session
from bushel.protocol.operations import LIST_BUCKETS, LIST_MULTIPART_UPLOADS, LIST_OBJECT_VERSIONS, LIST_OBJECTS_V2
from bushel.protocol.shapes.bucket import Bucket as BucketShape
from bushel.protocol.shapes.bucket import ListBucketsInput
from bushel.protocol.shapes.listing import ListObjectsV2Input
from bushel.protocol.shapes.multipart import ListMultipartUploadsInput
from bushel.protocol.shapes.versioning import ListObjectVersionsInput


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


async def versions(
    session: Session,
    bucket: str,
    *,
    prefix: str = "",
    start_after: str | None = None,
    page_size: int | None = None,
) -> AsyncIterator[list[VersionEntry]]:
    """Versions and delete markers, in the order in which the server lists them: by key, the newest first."""
    key_marker = start_after
    id_marker: str | None = None
    while True:
        output = await session.call(
            LIST_OBJECT_VERSIONS,
            ListObjectVersionsInput(
                bucket=bucket,
                prefix=prefix or None,
                max_keys=page_size,
                key_marker=key_marker,
                version_id_marker=id_marker,
                encoding_type="url",
            ),
        )
        encoded = output.encoding_type == "url"
        # The shape has both apart, each in order.
        yield list(
            merge(
                [_version(each, encoded=encoded, deleted=False) for each in output.versions],
                [_version(each, encoded=encoded, deleted=True) for each in output.delete_markers],
                key=_age,
            )
        )
        if not output.is_truncated:
            return
        following = _key(output.next_key_marker, encoded=encoded), output.next_version_id_marker
        if following == (key_marker, id_marker):
            raise BadAnswer("the listing does not get on")
        key_marker, id_marker = following


def _age(version: VersionEntry) -> tuple[bytes, bool, float, bool]:
    """By key, the newest first. Of one key at the same time the marker is taken for the newer one: some servers tell
    whole seconds, and what is removed was stored before.
    """
    return version.key.encode(), not version.latest, -version.last_modified.timestamp(), not version.deleted


def _version(each: Any, *, encoded: bool, deleted: bool) -> VersionEntry:
    return VersionEntry(
        _key(each.key, encoded=encoded),
        each.version_id or "null",
        bool(each.is_latest),
        deleted,
        0 if deleted else each.size or 0,
        "" if deleted else each.e_tag or "",
        moment(each.last_modified),
        None if deleted else each.storage_class,
    )


def _following(token: str | None, following: str | None) -> str | None:
    if following is not None and following == token:
        raise BadAnswer("the listing does not get on")
    return following or None


def _key(text: str | None, *, encoded: bool) -> str:
    return unquote_plus(text or "", errors="strict") if encoded else text or ""


def _name(entry: ObjectEntry | FolderEntry) -> bytes:
    return entry[0].encode()
