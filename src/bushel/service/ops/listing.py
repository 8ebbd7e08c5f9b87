"""What is in a bucket: both forms of the listing."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from bushel.catalog.records import BucketRecord, decode_entry
from bushel.protocol.checksums import ALGORITHMS
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import LIST_OBJECTS, LIST_OBJECTS_V2
from bushel.protocol.shapes.listing import (
    CommonPrefix,
    ListObjectsInput,
    ListObjectsOutput,
    ListObjectsV2Input,
    ListObjectsV2Output,
    Object,
)
from bushel.protocol.shapes.members import Owner
from bushel.service.access import ENFORCED
from bushel.service.authz import READ, require_bucket
from bushel.service.context import Context
from bushel.service.listing import MAX_KEYS, Listing, fold
from bushel.service.registry import implements


@implements(LIST_OBJECTS)
async def list_objects(ctx: Context, request: ListObjectsInput) -> ListObjectsOutput:
    """Keys after a marker; the next marker is told only with a delimiter, else it is the last key."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ)
    wanted = _limit(request.max_keys)
    listing = await _fold(ctx, bucket, request.prefix, request.delimiter, request.marker or "", wanted)
    encode = encoder(request.encoding_type)
    next_marker = listing.last.decode() if listing.truncated and request.delimiter else None
    return ListObjectsOutput(
        is_truncated=listing.truncated,
        marker=encode(request.marker or ""),
        next_marker=next_marker and encode(next_marker),
        contents=await _contents(ctx, bucket, listing, encode, with_owner=True),
        name=bucket.name,
        prefix=_prefix_told(request),
        delimiter=encode(request.delimiter) if request.delimiter else None,
        max_keys=wanted,
        common_prefixes=_prefixes(listing, encode),
        encoding_type=request.encoding_type,
    )


_DECODED_OR_NOT: Final = {each: f"%{each:02X}" for each in (*range(9), *range(11, 32), *b"%+\x7f")}


def _prefix_told(request: ListObjectsInput) -> str:
    """The prefix so that it reads the same decoded and not: botocore, alone, takes it as it is in this listing.

    What is left to encode is what decoding would change, and what XML cannot hold.
    """
    prefix = request.prefix or ""
    return prefix.translate(_DECODED_OR_NOT) if request.encoding_type == "url" else prefix


@implements(LIST_OBJECTS_V2)
async def list_objects_v2(ctx: Context, request: ListObjectsV2Input) -> ListObjectsV2Output:
    """Keys after a token or after a key; the token wins."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_bucket(ctx, bucket, READ)
    wanted = _limit(request.max_keys)
    token = request.continuation_token
    after = (request.start_after or "") if token is None else _decode_token(token)
    listing = await _fold(ctx, bucket, request.prefix, request.delimiter, after, wanted)
    encode = encoder(request.encoding_type)
    return ListObjectsV2Output(
        is_truncated=listing.truncated,
        contents=await _contents(ctx, bucket, listing, encode, with_owner=bool(request.fetch_owner)),
        name=bucket.name,
        prefix=encode(request.prefix or ""),
        delimiter=encode(request.delimiter) if request.delimiter else None,
        max_keys=wanted,
        common_prefixes=_prefixes(listing, encode),
        encoding_type=request.encoding_type,
        key_count=len(listing.keys) + len(listing.prefixes),
        continuation_token=token,
        next_continuation_token=_encode_token(listing.last) if listing.truncated else None,
        start_after=request.start_after and encode(request.start_after),
    )


Encoder = Callable[[str], str]

_URL_SAFE: Final = "/*"


def encoder(encoding_type: str | None) -> Encoder:
    """How keys are written: as they are, or percent-encoded for ``encoding-type=url``.

    S3 itself writes a space as a plus sign. ``%20`` is a space to those who decode that, and to those who do not.
    """
    return _url_encoded if encoding_type == "url" else _as_it_is


def _url_encoded(text: str) -> str:
    return quote(text, _URL_SAFE)


def _as_it_is(text: str) -> str:
    return text


def _limit(max_keys: int | None) -> int:
    return MAX_KEYS if max_keys is None else min(max_keys, MAX_KEYS)


async def _fold(
    ctx: Context, bucket: BucketRecord, prefix: str | None, delimiter: str | None, after: str, max_keys: int
) -> Listing:
    objects = ctx.catalog.objects

    async def scan(start: bytes, stop: bytes | None, limit: int) -> tuple[list[bytes], list[bytes], bytes | None]:
        return await objects.scan(bucket, start, stop, limit)

    return await fold(scan, (prefix or "").encode(), (delimiter or "").encode(), after.encode(), max_keys)


async def _contents(
    ctx: Context, bucket: BucketRecord, listing: Listing, encode: Encoder, *, with_owner: bool
) -> list[Object]:
    entries = [decode_entry(value) for value in listing.values]
    owners: dict[str, Owner] = {}
    if with_owner:
        for user_id in {entry.owner for entry in entries}:
            shown = bucket.owner if bucket.ownership == ENFORCED else user_id
            owners[user_id] = Owner(id=shown, display_name=await ctx.display_name(shown))
    plain = encode is _as_it_is
    return [
        Object(
            key=key.decode() if plain else encode(key.decode()),
            last_modified=entry.last_modified,
            e_tag=f'"{entry.etag}"',
            checksum_algorithm=_ONE_ALGORITHM[entry.checksum.algorithm] if entry.checksum is not None else (),
            checksum_type=entry.checksum.type if entry.checksum is not None else None,
            size=entry.size,
            storage_class="STANDARD",
            owner=owners.get(entry.owner),
        )
        for key, entry in zip(listing.keys, entries, strict=True)
    ]


_ONE_ALGORITHM: Final[dict[str, Any]] = {name: (name,) for name in ALGORITHMS}


def _prefixes(listing: Listing, encode: Encoder) -> list[CommonPrefix]:
    return [CommonPrefix(prefix=encode(prefix.decode())) for prefix in listing.prefixes]


def _encode_token(last: bytes) -> str:
    return base64.urlsafe_b64encode(b"1" + last).decode()


def _decode_token(token: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(token.encode())
        if raw[:1] == b"1":
            return raw[1:].decode()
    except (binascii.Error, UnicodeError):
        pass
    raise S3Error("InvalidArgument.ContinuationToken", ArgumentName="continuation-token")
