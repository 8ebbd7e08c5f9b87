"""Stored bytes read again to be stored anew: for copies whose tag, checksum or extent is not that of the source.

Hashing runs in threads while the next piece is read, so a large copy does not hold up other requests.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from bushel.catalog.records import BucketRecord
from bushel.protocol.checksums import Algorithm, Hasher
from bushel.service.content import BlobStream
from bushel.service.context import Context
from bushel.service.encryption.sealing import Sealing


class Rewritten(NamedTuple):
    """Bytes stored anew, nobody names them yet: inline bytes, or a sealed blob. Size and digests are of plain bytes."""

    size: int
    md5: bytes
    digest: bytes
    data: bytes | None
    blob: bytes


async def rewrite(
    ctx: Context,
    content: bytes | AsyncIterator[bytes],
    bucket: BucketRecord,
    key: str,
    algorithm: Algorithm,
    inline_limit_bytes: int,
    sealing: Sealing | None = None,
) -> Rewritten:
    """Store ``content`` for a key, inline up to the limit; -1 keeps even nothing from being inline.

    Args:
        sealing: How it is to be encrypted.
    """
    if isinstance(content, bytes) and len(content) <= inline_limit_bytes:
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        data = content if sealing is None else sealing.encrypt(content)
        return Rewritten(len(content), md5, algorithm.digest(content), data, b"")
    hashers = (hashlib.md5(usedforsecurity=False), algorithm.hasher())
    size = 0
    writer = await ctx.catalog.objects.write_blob(bucket, key)
    if sealing is not None:
        writer = sealing.writer(writer)
    try:
        async for piece in _pieces(content):
            size += len(piece)
            hashing = asyncio.to_thread(_update, hashers, piece)
            await asyncio.gather(hashing, writer.write(piece))
        await writer.seal()
    except BaseException:
        await writer.discard()
        raise
    finally:
        if isinstance(content, BlobStream):
            await content.aclose()
    return Rewritten(size, hashers[0].digest(), hashers[1].digest(), None, writer.blob)


async def _pieces(content: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for piece in content:
        yield piece


def _update(hashers: tuple[Hasher, ...], piece: bytes) -> None:
    for hasher in hashers:
        hasher.update(piece)
