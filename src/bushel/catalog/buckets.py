"""Buckets: global names, owners, the number that one user may have.

Creating and deleting touch three places (the name, the owner's list, the bucket's partition) that no transaction spans.
The name's record is the truth; the order of steps keeps every prefix a valid state:

* create: owner's list (refuses the bucket too many), partition, name. A crash leaves an entry in the list that no name
  confirms; it is not shown, and dropped when the owner lists or creates again.
* delete: partition (``drop_if_empty`` decides against racing writes), name, owner's list. A crash leaves a name whose
  partition is gone: deleting again, or creating the name again, finishes the work.

What must not be here: access rules, what is inside a bucket.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from bushel.catalog.layout import BUCKET, CONFIGURED, OWNED, SYSTEM
from bushel.catalog.records import BucketRecord, Grants, decode_bucket, encode
from bushel.core.clock import Clock, whole_seconds
from bushel.core.ids import Randomness, milliseconds_of, sortable_id
from bushel.engine.api import Cell, Change, Delete, DeletePrefix, Engine, Gone, Put, Range, Write

_NAME_CELL: Final = (Cell(BUCKET),)
_OWNED_CELLS: Final = (Range(OWNED, limit=1_000_000),)


class BucketExists(Exception):
    """The name is taken; ``record`` says by whom."""

    def __init__(self, record: BucketRecord) -> None:
        super().__init__(record.name)
        self.record = record


class TooManyBuckets(Exception):
    """The owner has as many buckets as one user may have."""


class BucketNotEmpty(Exception):
    """The bucket's partition has cells."""


class BucketChanged(Exception):
    """The bucket is not there any more, or was made anew meanwhile."""


class Buckets:
    """The buckets of a store."""

    def __init__(self, engine: Engine, clock: Clock, randomness: Randomness) -> None:
        self._engine = engine
        self._clock = clock
        self._randomness = randomness
        self._decoded: dict[str, tuple[bytes, BucketRecord]] = {}

    async def get(self, name: str) -> BucketRecord | None:
        """The bucket of this name as it is now. Decoding is remembered, reading is not."""
        (raw,) = await self._engine.read(SYSTEM, name.encode(), _NAME_CELL)
        if raw is None:
            return None
        known = self._decoded.get(name)
        if known is not None and known[0] == raw:
            return known[1]
        record = decode_bucket(raw)
        if len(self._decoded) >= 1024:
            self._decoded.clear()
        self._decoded[name] = (raw, record)
        return record

    async def create(
        self,
        name: str,
        owner: str,
        region: str,
        *,
        grants: Grants = (),
        ownership: str = "",
        documents: Mapping[str, bytes] | None = None,
        versioning: str = "",
        limit: int,
    ) -> BucketRecord:
        """Make a bucket, with the configurations that it has from the start (kind to document).

        Raises:
            BucketExists: The name is taken (by the same owner, perhaps).
            TooManyBuckets: The owner has ``limit`` buckets.
        """
        existing = await self.get(name)
        if existing is not None:
            if not await self._is_half_deleted(existing):
                raise BucketExists(existing)
            await self._forget(existing)
        now_ns = self._clock.now_ns()
        instance = sortable_id(now_ns, self._randomness)
        documents = documents or {}
        record = BucketRecord(
            name, instance, owner, whole_seconds(now_ns), region, grants, ownership, frozenset(documents), versioning
        )
        await self._claim_place(record, limit)
        await self._engine.create_partition(record.partition)

        def name_it(values: Sequence[Any]) -> Change:
            (raw,) = values
            if raw is not None:
                raise BucketExists(decode_bucket(raw))
            configured = (Put(CONFIGURED, kind.encode(), document) for kind, document in documents.items())
            return Change(writes=(Put(BUCKET, b"", encode(record)), *configured))

        try:
            await self._engine.commit(SYSTEM, name.encode(), _NAME_CELL, name_it)
        except BucketExists:
            await self._engine.drop_if_empty(record.partition)
            await self._give_up_place(record)
            raise
        return record

    async def update(self, bucket: BucketRecord, change: Callable[[BucketRecord], BucketRecord]) -> BucketRecord:
        """Store what ``change`` makes of the bucket's record as it is now.

        Raises:
            BucketChanged: That instance of the bucket is gone.
        """

        def replace(values: Sequence[Any]) -> Change:
            (raw,) = values
            current = None if raw is None else decode_bucket(raw)
            if current is None or current.instance != bucket.instance:
                raise BucketChanged(bucket.name)
            changed = change(current)
            return Change(writes=(Put(BUCKET, b"", encode(changed)),), result=changed)

        record: BucketRecord = await self._engine.commit(SYSTEM, bucket.name.encode(), _NAME_CELL, replace)
        return record

    async def configuration(self, bucket: BucketRecord, kind: str) -> bytes | None:
        """The document of one configuration as it is now; ``None`` where there is none."""
        (raw,) = await self._engine.read(SYSTEM, bucket.name.encode(), (Cell(CONFIGURED, kind.encode()),))
        document: bytes | None = raw
        return document

    async def configure(
        self,
        bucket: BucketRecord,
        kind: str,
        document: bytes | None,
        change: Callable[[BucketRecord], BucketRecord] | None = None,
    ) -> BucketRecord:
        """Store a configuration, or remove it where ``document`` is ``None``.

        Args:
            bucket: As the caller saw it.
            kind: Which of the bucket's configurations, ``cors`` for example.
            document: As S3 writes it: the one form that stays the same from version to version.
            change: What else becomes of the bucket's record in the same atom; raises to refuse.

        Raises:
            BucketChanged: That instance of the bucket is gone.
        """

        def replace(values: Sequence[Any]) -> Change:
            (raw,) = values
            current = None if raw is None else decode_bucket(raw)
            if current is None or current.instance != bucket.instance:
                raise BucketChanged(bucket.name)
            kinds = current.configured - {kind} if document is None else current.configured | {kind}
            changed = msgspec.structs.replace(current, configured=kinds, revision=current.revision + 1)
            if change is not None:
                changed = change(changed)
            cell = kind.encode()
            write: Write = Delete(CONFIGURED, cell) if document is None else Put(CONFIGURED, cell, document)
            return Change(writes=(Put(BUCKET, b"", encode(changed)), write), result=changed)

        record: BucketRecord = await self._engine.commit(
            SYSTEM, bucket.name.encode(), _NAME_CELL, replace, reclaims=document is None
        )
        return record

    async def delete(self, record: BucketRecord) -> None:
        """Delete an empty bucket.

        Raises:
            BucketNotEmpty: It has objects or uploads.
        """
        if not await self._engine.drop_if_empty(record.partition):
            raise BucketNotEmpty(record.name)
        await self._forget(record)

    async def owned_by(self, owner: str) -> list[BucketRecord]:
        """The owner's buckets in order of their names."""
        (places,) = await self._engine.read(SYSTEM, owner.encode(), _OWNED_CELLS)
        found = []
        for suffix, _ in places:
            name, _, instance = suffix.decode().partition("/")
            record = await self.get(name)
            if record is not None and record.instance == instance:
                found.append(record)
        return found

    async def all(self) -> list[BucketRecord]:
        """Every bucket of the store in order of their names."""
        found: list[BucketRecord] = []
        start: tuple[bytes, bytes] | None = (b"", b"")
        while start is not None:
            page = await self._engine.scan(SYSTEM, BUCKET, start)
            found += [decode_bucket(cell.value) for cell in page.cells]
            start = page.next
        return found

    async def finish_deletions(self) -> None:
        """Forget the names of buckets whose partition is gone: deletions that a crash cut short."""
        for record in await self.all():
            if await self._is_half_deleted(record):
                await self._forget(record)

    async def _is_half_deleted(self, record: BucketRecord) -> bool:
        try:
            await self._engine.commit(record.partition, b"?", (), _change_nothing, reclaims=True)
        except Gone:
            return True
        return False

    async def _claim_place(self, record: BucketRecord, limit: int) -> None:
        confirmed = {_place(bucket) for bucket in await self.owned_by(record.owner)}
        mine = _place(record)

        def claim(values: Sequence[Any]) -> Change:
            (places,) = values
            # A place that no name confirms is a creation going on at this moment, or what a crash left of one.
            stale = {place for place, _ in places if place not in confirmed and _is_stale(place, mine)}
            if len(places) - len(stale) >= limit:
                raise TooManyBuckets(record.owner)
            return Change(writes=[*(Delete(OWNED, place) for place in stale), Put(OWNED, mine, b"")])

        await self._engine.commit(SYSTEM, record.owner.encode(), _OWNED_CELLS, claim)

    async def _give_up_place(self, record: BucketRecord) -> None:
        change = Change(writes=(Delete(OWNED, _place(record)),))
        await self._engine.commit(SYSTEM, record.owner.encode(), (), lambda _: change, reclaims=True)

    async def _forget(self, record: BucketRecord) -> None:
        def forget(values: Sequence[Any]) -> Change:
            (raw,) = values
            mine = raw is not None and decode_bucket(raw).instance == record.instance
            return Change(writes=(Delete(BUCKET), DeletePrefix(CONFIGURED)) if mine else ())

        await self._engine.commit(SYSTEM, record.name.encode(), _NAME_CELL, forget, reclaims=True)
        await self._give_up_place(record)


def _change_nothing(_: Sequence[Any]) -> Change:
    return Change()


def _place(record: BucketRecord) -> bytes:
    """The suffix of a bucket in its owner's list. With the instance, so that racing creations have one each."""
    return f"{record.name}/{record.instance}".encode()


_STALE_AFTER_MS: Final = 3_600_000


def _is_stale(place: bytes, now: bytes) -> bool:
    """Whether a place was claimed so long before ``now`` that nobody can still be creating its bucket."""
    return milliseconds_of(now[-16:].decode()) - milliseconds_of(place[-16:].decode()) > _STALE_AFTER_MS
