"""The records of encryption of a whole store, replaced one row after the other while it is used.

What must not be here: keys. The caller says what becomes of a record.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.layout import CURRENT, CURRENT_CELL, UPLOADS, VERSIONS
from bushel.catalog.records import (
    BucketRecord,
    Encryption,
    ObjectEntry,
    UploadRecord,
    decode_entry,
    decode_upload,
    encode,
)
from bushel.engine.api import Change, Engine, Put, Range, Write

_SPACES: Final = (CURRENT, VERSIONS, UPLOADS)
_EVERYTHING: Final = 1 << 30

Replace = Callable[[Encryption], Encryption | None]
"""What is to be stored instead; ``None`` leaves the record alone."""


class Found(NamedTuple):
    """A row, and the encryption of one version or upload in it."""

    row: bytes
    encryption: Encryption


async def encryptions(engine: Engine, bucket: BucketRecord) -> AsyncIterator[Found]:
    """Every record of encryption in a bucket: of current objects, of older versions and of uploads."""
    for space in _SPACES:
        decode = decode_upload if space == UPLOADS else decode_entry
        start: tuple[bytes, bytes] | None = (b"", b"")
        while start is not None:
            page = await engine.scan(bucket.partition, space, start)
            for cell in page.cells:
                encryption = decode(cell.value).encryption
                if encryption is not None:
                    yield Found(cell.row, encryption)
            start = page.next


async def replace(engine: Engine, bucket: BucketRecord, row: bytes, instead: dict[Encryption, Encryption]) -> int:
    """Store other records of encryption in place of those of a row, in one atom; returns how many there were.

    Records that are not named stay: what was written meanwhile is new already.

    Raises:
        Gone: The bucket was deleted.
    """

    def transition(values: Sequence[Any]) -> Change:
        current, versions, uploads = values
        writes: list[Write] = []
        for space, cells in ((CURRENT, [] if current is None else [(b"", current)]), (VERSIONS, versions)):
            writes += [
                Put(space, suffix, encode(changed))
                for suffix, raw in cells
                if (changed := _changed(decode_entry(raw), instead)) is not None
            ]
        writes += [
            Put(UPLOADS, suffix, encode(changed))
            for suffix, raw in uploads
            if (changed := _changed(decode_upload(raw), instead)) is not None
        ]
        return Change(writes, result=len(writes))

    reads = (CURRENT_CELL, Range(VERSIONS, limit=_EVERYTHING), Range(UPLOADS, limit=_EVERYTHING))
    count: int = await engine.commit(bucket.partition, row, reads, transition)
    return count


def _changed(
    record: ObjectEntry | UploadRecord, instead: dict[Encryption, Encryption]
) -> ObjectEntry | UploadRecord | None:
    if record.encryption is None or record.encryption not in instead:
        return None
    return msgspec.structs.replace(record, encryption=instead[record.encryption])
