"""What a folder of a bucket has to show to a viewer: its folders and its pictures, films and sounds, page by page.

A page walks through a bounded stretch of keys, whatever is in them, and says where the next page begins, so that a page
of a bucket of a hundred thousand objects costs no more than one of a small bucket.
"""

from typing import Final, NamedTuple

from bushel.catalog.records import SSE_C, BucketRecord, ObjectEntry, decode_entry
from bushel.protocol.operations import GET_OBJECT, LIST_OBJECTS_V2
from bushel.service.authz import READ, may_object, require_bucket
from bushel.service.context import Context
from bushel.service.listing import Listing, fold
from bushel.web.gallery.media import Medium, medium_of
from bushel.web.gallery.visit import Visit

PAGE: Final = 120
"""What is shown on a page, before it ends with the stretch of keys that it is in."""

_STRETCH: Final = 60
"""Fewest keys and folders to look at in one go."""

_WALK: Final = 2000
"""Most keys and folders that are looked at for one page, shown or not."""

_COVER_WALK: Final = 200

_GET: Final = "s3:GetObject"


class Item(NamedTuple):
    """A picture, a film or a sound that the viewer may see.

    Attributes:
        key: Its key.
        name: Its key within the folder.
        medium: How it is shown.
        version: Differs from one version of the object to the next.
        size: Bytes.
        last_modified: Milliseconds since 1970.
    """

    key: str
    name: str
    medium: Medium
    version: str
    size: int
    last_modified: int


class Contents(NamedTuple):
    """A page of a folder.

    Attributes:
        folders: Prefixes, in order.
        items: In order of their keys.
        following: The key after which the next page begins; ``None`` on the last.
    """

    folders: list[str]
    items: list[Item]
    following: str | None


async def contents(visit: Visit, prefix: str, after: str) -> Contents:
    """A page of a folder.

    Raises:
        S3Error: NoSuchBucket, AccessDenied where the viewer may not list the bucket.
    """
    ctx, bucket = await _listing_context(visit, prefix)
    reading = _reading_context(visit, ctx, bucket)
    folders: list[str] = []
    items: list[Item] = []
    walked = 0
    truncated = True
    while truncated and len(folders) + len(items) < PAGE and walked < _WALK:
        room = max(PAGE - len(folders) - len(items), _STRETCH)
        listing = await _fold(ctx, bucket, prefix, "/", after, room)
        walked += len(listing.keys) + len(listing.prefixes)
        folders += [found.decode() for found in listing.prefixes]
        items += await _items(reading, bucket, prefix, listing)
        truncated, after = listing.truncated, listing.last.decode()
    return Contents(folders, items, after if truncated else None)


async def first_picture(visit: Visit, prefix: str) -> str | None:
    """Key of the first picture in or below a folder, of those that a thumbnail can be made of.

    Raises:
        S3Error: As ``contents``.
    """
    ctx, bucket = await _listing_context(visit, prefix)
    reading = _reading_context(visit, ctx, bucket)
    listing = await _fold(ctx, bucket, prefix, "", "", _COVER_WALK)
    for key, raw in zip(listing.keys, listing.values, strict=True):
        item = await _item(reading, bucket, prefix, key.decode(), decode_entry(raw))
        if item is not None and item.medium.paintable:
            return item.key
    return None


async def _listing_context(visit: Visit, prefix: str) -> tuple[Context, BucketRecord]:
    ctx = visit.context(LIST_OBJECTS_V2, None, {"list-type": "2", "prefix": prefix, "delimiter": "/"})
    bucket = await ctx.bucket(visit.asked.bucket)
    require_bucket(ctx, bucket, READ)
    return ctx, bucket


def _reading_context(visit: Visit, listing: Context, bucket: BucketRecord) -> Context:
    """For the question whether the viewer may read each of the objects that were found."""
    ctx = visit.context(GET_OBJECT, "-")
    ctx.bucket_record, ctx.access = bucket, listing.access
    return ctx


async def _fold(ctx: Context, bucket: BucketRecord, prefix: str, delimiter: str, after: str, max_keys: int) -> Listing:
    objects = ctx.catalog.objects

    async def scan(start: bytes, stop: bytes | None, limit: int) -> tuple[list[bytes], list[bytes], bytes | None]:
        return await objects.scan(bucket, start, stop, limit)

    return await fold(scan, prefix.encode(), delimiter.encode(), after.encode(), max_keys)


async def _items(ctx: Context, bucket: BucketRecord, prefix: str, listing: Listing) -> list[Item]:
    found = []
    for key, raw in zip(listing.keys, listing.values, strict=True):
        item = await _item(ctx, bucket, prefix, key.decode(), decode_entry(raw))
        if item is not None:
            found.append(item)
    return found


async def _item(ctx: Context, bucket: BucketRecord, prefix: str, key: str, listed: ObjectEntry) -> Item | None:
    """What a key shows; ``None`` where that is nothing, or nothing for this viewer."""
    entry: ObjectEntry | None = listed
    if listed.metadata is None:  # too long for a listing
        entry = await ctx.catalog.objects.head(bucket, key)
    if entry is None or entry.metadata is None or not entry.size or key == prefix:
        return None
    if entry.encryption is not None and entry.encryption.kind == SSE_C:
        return None
    medium = medium_of(key, entry.metadata.content_type)
    if medium is None or not may_object(ctx, bucket, key, entry, READ, _GET):
        return None
    return Item(key, key[len(prefix) :], medium, f"{entry.order:x}", entry.size, entry.last_modified)
