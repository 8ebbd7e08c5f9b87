"""Objects, versions and delete markers that go because their time has come, and only if it has.

Who walks a bucket sees what was there a moment ago; whether a thing goes is decided again within the transition that
removes it, by what is there then. A lock is above every rule. What must not be here: rules, who walks.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from bushel.catalog import history
from bushel.catalog.layout import EXTRA, EXTRA_CELL, VERSIONS, order_suffix
from bushel.catalog.locks import Locked
from bushel.catalog.objects import Objects, Step
from bushel.catalog.records import NULL_ID, BucketRecord, ObjectEntry, decode_entry, decode_extra
from bushel.engine.api import Cell, Change, Range

Due = Callable[[ObjectEntry], bool]
"""Whether the time of what is there has come; it is given the entry with its metadata."""

_NEWEST_TWO: Final = Range(VERSIONS, limit=2)


class _NotDue(Exception):
    """What is there stays."""


class Expiring:
    """Removals that are decided as they are done. Each returns whether it removed what was seen."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def current(self, bucket: BucketRecord, key: str, seen: ObjectEntry, due: Due) -> bool:
        """Remove the current version if it is the one seen, or put a delete marker of the bucket's owner on top of it.

        Raises:
            Gone: The bucket was deleted.
        """

        def deciding(step: Step) -> Step:
            def transition(values: Sequence[Any]) -> Change:
                extra, *row = values
                if row[0] is None or not _is_due(decode_entry(row[0]), extra, seen, due):
                    raise _NotDue
                return step.transition(row)

            after = step.otherwise
            return Step((EXTRA_CELL, *step.reads), transition, None if after is None else lambda: deciding(after()))

        return await self._reclaim(bucket, key, deciding(self._objects.deleting(bucket, bucket.owner, None)))

    async def noncurrent(
        self, bucket: BucketRecord, key: str, seen: ObjectEntry, newer: Sequence[int], due: Due
    ) -> bool:
        """Remove a version or delete marker for good if it is the one seen and newer ones are still there.

        Args:
            bucket: Where.
            key: Which key.
            seen: The version.
            newer: Orders of the versions that must be there for this one to go.
            due: As of ``Due``.

        Raises:
            Gone: The bucket was deleted.
        """
        assert newer
        witnesses = [Cell(VERSIONS, order_suffix(order)) for order in newer]
        extra = Cell(EXTRA, history.suffix_of(seen))
        step = self._objects.removing(seen.version_id or NULL_ID, None)

        def transition(values: Sequence[Any]) -> Change:
            if any(value is None for value in values[: len(witnesses)]):
                raise _NotDue
            raw_extra, *row = values[len(witnesses) :]
            change = step.transition(row)
            if change.result is None or not _is_due(change.result, raw_extra, seen, due):
                raise _NotDue
            return change

        return await self._reclaim(bucket, key, Step((*witnesses, extra, *step.reads), transition))

    async def lone_marker(self, bucket: BucketRecord, key: str, seen: ObjectEntry) -> bool:
        """Remove a delete marker that nothing is left under.

        Raises:
            Gone: The bucket was deleted.
        """
        step = self._objects.removing(seen.version_id, None)

        def transition(values: Sequence[Any]) -> Change:
            newest, *row = values
            if len(newest) != 1 or decode_entry(newest[0][1]).order != seen.order:
                raise _NotDue
            return step.transition(row)

        return await self._reclaim(bucket, key, Step((_NEWEST_TWO, *step.reads), transition))

    async def _reclaim(self, bucket: BucketRecord, key: str, step: Step) -> bool:
        try:
            await self._objects.reclaim(bucket, key, step)
        except (_NotDue, Locked):  # a locked version is looked at again when the next walk comes by
            return False
        return True


def _is_due(entry: ObjectEntry, raw_extra: bytes | None, seen: ObjectEntry, due: Due) -> bool:
    if entry.order != seen.order:
        return False
    if entry.metadata is None and raw_extra is not None:
        entry = msgspec.structs.replace(entry, metadata=decode_extra(raw_extra))
    return due(entry)
