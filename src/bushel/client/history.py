"""A bucket that keeps versions, as it stood at a moment, and a step back from where it stands now.

Made of ListObjectVersions alone, so it works with every S3 that has versions; one page is held at a time. What a key
was then is its newest version that is not later; a key whose newest was a delete marker was not there. A bucket that
keeps no versions has one of each key, the present one: it is told if it was there then already. Servers tell the time
of a version in whole seconds, so that is how exact it is.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from bushel.client import listings
from bushel.client.entries import FolderEntry, ObjectEntry, VersionEntry
from bushel.client.errors import NoSuchKey, NotVersioned
from bushel.client.session import Session
from bushel.protocol.operations import DELETE_OBJECT, GET_BUCKET_VERSIONING, LIST_OBJECT_VERSIONS
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.object import DeleteObjectInput
from bushel.protocol.shapes.versioning import ListObjectVersionsInput

_VERSIONS_AT_ONCE: Final = 100
"""Asked for of one key: a thousand would mostly be those of its neighbours."""


async def objects_at(
    session: Session,
    bucket: str,
    at: datetime,
    *,
    prefix: str = "",
    delimiter: str | None = None,
    start_after: str | None = None,
    page_size: int | None = None,
) -> AsyncIterator[list[ObjectEntry | FolderEntry]]:
    """Objects as they were, with the versions that they were; with a delimiter folders that had any, once each.

    Raises:
        ValueError: The moment is without its time zone.
    """
    see_zone(at)
    decided: str | None = None
    folder: str | None = None
    async for versions in listings.versions(
        session, bucket, prefix=prefix, start_after=start_after, page_size=page_size
    ):
        page: list[ObjectEntry | FolderEntry] = []
        for index, newest in enumerate(versions):
            if newest.key == decided or newest.last_modified > at:
                continue
            decided = newest.key
            each = await _first(session, bucket, versions, index)
            if each.deleted:
                continue
            end = each.key.find(delimiter, len(prefix)) if delimiter else -1
            if delimiter is None or end < 0:
                page.append(_as_object(each))
            elif folder is None or not each.key.startswith(folder):
                folder = each.key[: end + len(delimiter)]
                page.append(FolderEntry(folder))
        yield page


async def version_at(session: Session, bucket: str, key: str, at: datetime) -> VersionEntry:
    """The version that an object was.

    Raises:
        NoSuchKey: There was none.
        ValueError: The moment is without its time zone.
    """
    see_zone(at)
    async for page in listings.versions(session, bucket, prefix=key, page_size=_VERSIONS_AT_ONCE):
        for index, newest in enumerate(page):
            if newest.key == key and newest.last_modified > at:
                continue
            if newest.key == key:
                found = await _first(session, bucket, page, index)
                if not found.deleted:
                    return found
            # The key itself comes first of those that begin with it.
            raise _no_such(bucket, key, f"The object was not there at {at.isoformat()}.")
    raise _no_such(bucket, key, f"The object was not there at {at.isoformat()}.")


async def undo(session: Session, bucket: str, key: str) -> VersionEntry:
    """Remove the newest version or delete marker of a key for good; what was removed.

    Raises:
        NoSuchKey: There is none.
        NotVersioned: It would remove the only one that there can be.
    """
    async for page in listings.versions(session, bucket, prefix=key, page_size=2):
        if not page or page[0].key != key:
            break
        await see_versioned(session, bucket)
        given = DeleteObjectInput(bucket=bucket, key=key, version_id=page[0].version_id)
        await session.call(DELETE_OBJECT, given)
        return page[0]
    raise _no_such(bucket, key, "There is no version of it.")


async def _first(session: Session, bucket: str, page: list[VersionEntry], index: int) -> VersionEntry:
    """The newest of a key's versions and markers that are as old as the one at this place of a page.

    Times are of whole seconds, and the two kinds come apart, each in order. Where both are there, the server is asked
    what follows behind the one: if the other does, it is older.
    """
    one = page[index]
    tied = index + 1
    other: VersionEntry | None = None
    while tied < len(page) and page[tied].key == one.key and page[tied].last_modified == one.last_modified:
        if other is None and page[tied].deleted != one.deleted:
            other = page[tied]
        tied += 1
    if other is None or one.latest:
        return one
    behind = ListObjectVersionsInput(
        bucket=bucket,
        prefix=one.key,
        key_marker=one.key,
        version_id_marker=one.version_id,
        max_keys=tied - index,
        encoding_type="url",
    )
    output = await session.call(LIST_OBJECT_VERSIONS, behind)
    follows = any(each.version_id == other.version_id for each in (*output.versions, *output.delete_markers))
    return one if follows else other


def _no_such(bucket: str, key: str, message: str) -> NoSuchKey:
    return NoSuchKey("NoSuchKey", message, 404, operation="ListObjectVersions", bucket=bucket, key=key)


async def see_versioned(session: Session, bucket: str) -> None:
    """Raises NotVersioned where the bucket never kept versions."""
    output = await session.call(GET_BUCKET_VERSIONING, BucketConfigurationInput(bucket=bucket))
    if output.status is None:
        raise NotVersioned(f"{bucket} keeps no versions: what is removed from it is gone")


def see_zone(at: datetime) -> None:
    """Raises ValueError for a moment that depends on where one is."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")


def _as_object(version: VersionEntry) -> ObjectEntry:
    return ObjectEntry(
        version.key,
        version.size,
        version.e_tag,
        version.last_modified,
        version.storage_class,
        version.version_id,
    )
