"""The records of encryption of a whole store, replaced one row after the other while it is used.

What must not be here: keys. The caller says what becomes of a record.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bushel.catalog.layout import CURRENT, CURRENT_CELL, NULL, NULL_CELL, UPLOADS, VERSIONS
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
                record = decode(cell.value)
                if record.encryption is None:
                    continue
                if space == CURRENT and isinstance(record, ObjectEntry) and record.version_id:
                    continue  # it is in VERSIONS too
                yield Found(cell.row, record.encryption)
            start = page.next


async def replace(engine: Engine, bucket: BucketRecord, row: bytes, instead: dict[Encryption, Encryption]) -> int:
    """Store other records of encryption in place of those of a row, in one atom; returns how many there were.

    A version's entry may be in several cells; all of them change.

    Records that are not named stay: what was written meanwhile is new already.

    Raises:
        Gone: The bucket was deleted.
    """

    def transition(values: Sequence[Any]) -> Change:
        current, null, versions, uploads = values
        writes: list[Write] = []
        singles = [(space, [(b"", raw)]) for space, raw in ((CURRENT, current), (NULL, null)) if raw is not None]
        for space, cells in (*singles, (VERSIONS, versions)):
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
        return Change(writes, result=_versions_and_uploads(writes, current))

    reads = (CURRENT_CELL, NULL_CELL, Range(VERSIONS, limit=_EVERYTHING), Range(UPLOADS, limit=_EVERYTHING))
    count: int = await engine.commit(bucket.partition, row, reads, transition)
    return count


def _versions_and_uploads(writes: Sequence[Write], current: bytes | None) -> int:
    """How many versions and uploads these writes are of: those with a history have an entry in VERSIONS."""
    alone = current is not None and not decode_entry(current).version_id
    return sum(write.space in {VERSIONS, UPLOADS} or (alone and write.space == CURRENT) for write in writes)


def _changed(
    record: ObjectEntry | UploadRecord, instead: dict[Encryption, Encryption]
) -> ObjectEntry | UploadRecord | None:
    if record.encryption is None or record.encryption not in instead:
        return None
    return msgspec.structs.replace(record, encryption=instead[record.encryption])
