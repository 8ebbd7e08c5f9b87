"""The lifecycle worker: walks buckets that have rules, and removes what their rules say.

One process of a server runs it. A bucket is walked once after each midnight UTC, and once after each change of its
rules: what rules say changes at no other time. A walk goes page by page and rests after each as long as it took, so
that requests have the processor for half of the time at least; one that was interrupted goes on where it was. Whatever
the worker is doing when it is killed, doing it again is harmless, because each removal decides anew.

What must not be here: what rules mean (``protocol.lifecycle``), the removals (``catalog.expiring``).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from bushel.catalog import Catalog
from bushel.catalog.objects import Version
from bushel.catalog.records import MARKER, BucketRecord, ObjectEntry, decode_entry
from bushel.catalog.uploads import NoSuchUpload
from bushel.core.clock import Clock
from bushel.engine.api import Closed, Gone
from bushel.protocol.lifecycle import MAX_KEPT, Expiry, Lifecycle
from bushel.service.lifecycle import LIFECYCLE, tags_of
from bushel.service.listing import successor

PAGE: Final = 256
"""Entries that are looked at in one step."""

AT_ONCE: Final = 16
"""Removals under way at one time: they share the syncs of the disk."""

Removal = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class _State(NamedTuple):
    """What a walk is good for: the day, and the bucket as it was."""

    day: int
    revision: int
    versioning: str


class _Place(NamedTuple):
    """How far a walk has come: a walk of versions or of uploads, below one of the prefixes."""

    uploads: bool
    prefix: int
    start: tuple[bytes, bytes]
    passed: "_Passed"


class _Passed(NamedTuple):
    """What a walk has seen of the key that it is in.

    Attributes:
        key: Which; empty before the first.
        latest: Order of its newest version.
        before: When the version before the next one was written, in milliseconds.
        kept: Orders of its noncurrent versions that stay, newest first; no more than a rule can ask for.
        marker: Its newest version, while that is a delete marker whose time has come and nothing was seen under it.
    """

    key: bytes = b""
    latest: int = 0
    before: int = 0
    kept: tuple[int, ...] = ()
    marker: ObjectEntry | None = None


_NOTHING_PASSED: Final = _Passed()


class _Changed(Exception):
    """The bucket is gone, or is not as the walk believes."""


class LifecycleWorker:
    """Carries out the rules of all buckets of a store.

    Args:
        catalog: The store.
        clock: Of the rules.
        day_seconds: Length of a day.
    """

    def __init__(self, catalog: Catalog, clock: Clock, *, day_seconds: int) -> None:
        self._catalog = catalog
        self._clock = clock
        self._day_ms = day_seconds * 1000
        self._walked: dict[str, _State] = {}
        self._interrupted: dict[str, _Walk] = {}

    async def round(self) -> None:
        """Walk every bucket that has rules and was not walked since they said something new."""
        buckets = [each for each in await self._catalog.buckets.all() if LIFECYCLE.kind in each.configured]
        instances = {bucket.instance for bucket in buckets}
        for known in (self._walked, self._interrupted):
            for instance in known.keys() - instances:
                del known[instance]
        for bucket in buckets:
            try:
                await self._walk(bucket)
            except Closed:
                raise
            except (Gone, _Changed):
                log.debug("the bucket %s changed while its lifecycle was carried out", bucket.name)
            except Exception:
                log.exception("carrying out the lifecycle of %s failed", bucket.name)

    async def _walk(self, bucket: BucketRecord) -> None:
        rules = await LIFECYCLE.of(self._catalog.buckets, bucket)
        state = _State(self._now_ms() // self._day_ms, bucket.revision, bucket.versioning)
        if rules is None or self._walked.get(bucket.instance) == state:
            return
        walk = self._interrupted.get(bucket.instance)
        if walk is None or walk.state != state:
            walk = _Walk(self._catalog, self._clock, bucket, rules.lifecycle, self._day_ms, state)
        self._interrupted[bucket.instance] = walk
        complete = await walk.finish()
        del self._interrupted[bucket.instance]
        if complete:
            self._walked[bucket.instance] = state

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000


class _Walk:
    """One walk over one bucket."""

    def __init__(
        self,
        catalog: Catalog,
        clock: Clock,
        bucket: BucketRecord,
        lifecycle: Lifecycle,
        day_ms: int,
        state: _State,
    ) -> None:
        self.state = state
        self._catalog = catalog
        self._clock = clock
        self._bucket = bucket
        self._lifecycle = lifecycle
        self._day_ms = day_ms
        self._now_ms = 0
        self._removed: Counter[str] = Counter()
        self._failed = 0
        self._place = self._first(uploads=False)

    async def finish(self) -> bool:
        """Go on to the end. Returns whether everything could be done that was to be done.

        Raises:
            _Changed: The bucket is not as it was when the walk began.
            EngineError: The walk can be gone on with later.
        """
        while self._place is not None:
            began = self._clock.monotonic_ns()
            await self._check_bucket()
            self._now_ms = self._clock.now_ns() // 1_000_000
            self._place = await self._step(self._place)
            await asyncio.sleep((self._clock.monotonic_ns() - began) / 1_000_000_000)
        if self._removed:
            counts = ", ".join(f"{count} {what}" for what, count in sorted(self._removed.items()))
            log.info("lifecycle of %s: removed %s", self._bucket.name, counts)
        return not self._failed

    async def _check_bucket(self) -> None:
        bucket = await self._catalog.buckets.get(self._bucket.name)
        known = self._bucket
        if (
            bucket is None
            or bucket.instance != known.instance
            or (bucket.revision, bucket.versioning) != (known.revision, known.versioning)
        ):
            raise _Changed

    def _first(self, *, uploads: bool) -> _Place | None:
        """Where the walk begins, of objects or of uploads; uploads come last."""
        prefixes = self._prefixes(uploads=uploads)
        if prefixes:
            return _Place(uploads, 0, (prefixes[0], b""), _NOTHING_PASSED)
        return None if uploads else self._first(uploads=True)

    def _after(self, place: _Place) -> _Place | None:
        """The place after the end of a prefix."""
        prefixes, index = self._prefixes(uploads=place.uploads), place.prefix + 1
        if index < len(prefixes):
            return _Place(place.uploads, index, (prefixes[index], b""), _NOTHING_PASSED)
        return None if place.uploads else self._first(uploads=True)

    def _prefixes(self, *, uploads: bool) -> tuple[bytes, ...]:
        return self._lifecycle.upload_prefixes if uploads else self._lifecycle.object_prefixes

    async def _step(self, place: _Place) -> _Place | None:
        stop = successor(self._prefixes(uploads=place.uploads)[place.prefix])
        if place.uploads:
            following = await self._step_uploads(place, stop)
        elif self._bucket.versioning:
            following = await self._step_versions(place, stop)
        else:
            following = await self._step_objects(place, stop)
        return following or self._after(place)

    # objects of buckets that never had versions

    async def _step_objects(self, place: _Place, stop: bytes | None) -> _Place | None:
        found = await self._catalog.objects.scan(self._bucket, place.start[0], stop, PAGE)
        removals = []
        for key, raw in zip(found.keys, found.raw, strict=True):
            entry = decode_entry(raw)
            if self._passes(await self._expiry(key, entry)):
                removals.append(partial(self._expire, key, entry))
        await self._all(removals)
        return None if found.next is None else place._replace(start=(found.next, b""))

    # versions

    async def _step_versions(self, place: _Place, stop: bytes | None) -> _Place | None:
        passed = place.passed
        found = await self._catalog.objects.scan_versions(self._bucket, place.start, stop, PAGE, passed.key)
        removals: list[Removal] = []
        for version in found.versions:
            if version.is_latest:
                removals += self._leave(passed)
                passed = await self._pass_latest(version, removals)
            else:
                passed = await self._pass_noncurrent(version, passed, removals)
        if found.next is None:
            removals += self._leave(passed)
        await self._all(removals)
        return None if found.next is None else place._replace(start=found.next, passed=passed)

    async def _pass_latest(self, version: Version, removals: list[Removal]) -> _Passed:
        key, entry = version.key, version.entry
        marker = None
        if entry.storage != MARKER:
            if self._passes(await self._expiry(key, entry)):
                removals.append(partial(self._expire, key, entry))
        elif self._passes(self._lifecycle.marker_expiry(key, entry.last_modified, self._day_ms)):
            marker = entry
        return _Passed(key, entry.order, entry.last_modified, (), marker)

    async def _pass_noncurrent(self, version: Version, passed: _Passed, removals: list[Removal]) -> _Passed:
        key, entry = version.key, version.entry
        if entry.storage != MARKER:
            entry = await self._whole(key, entry)
        kept, since = passed.kept, passed.before
        found = self._noncurrent_expiry(key, entry, since, len(kept))
        if found is not None and self._passes(found[0]):
            newer = (passed.latest, *kept[: found[1]])
            removals.append(partial(self._remove, key, entry, since, newer, len(kept)))
        elif entry.storage != MARKER and len(kept) < MAX_KEPT:
            # A marker is no version that anybody would want back, so it does not count among those that are kept.
            kept = (*kept, entry.order)
        return passed._replace(before=entry.last_modified, kept=kept, marker=None)

    def _leave(self, passed: _Passed) -> list[Removal]:
        """What there is to remove of a key once all its versions were seen."""
        return [] if passed.marker is None else [partial(self._remove_marker, passed.key, passed.marker)]

    # uploads

    async def _step_uploads(self, place: _Place, stop: bytes | None) -> _Place | None:
        found = await self._catalog.uploads.scan(self._bucket, place.start, stop, PAGE)
        await self._all(
            [
                partial(self._abort, key, upload.upload_id)
                for key, upload in found.uploads
                if self._passes(self._lifecycle.upload_expiry(key, upload.initiated, self._day_ms))
            ]
        )
        return None if found.next is None else place._replace(start=found.next)

    # decisions

    def _passes(self, expiry: Expiry | None) -> bool:
        return expiry is not None and expiry.at <= self._now_ms

    async def _expiry(self, key: bytes, entry: ObjectEntry) -> Expiry | None:
        return self._expiry_of(key, await self._whole(key, entry))

    def _expiry_of(self, key: bytes, entry: ObjectEntry) -> Expiry | None:
        return self._lifecycle.expiry(key, entry.size, tags_of(entry), entry.last_modified, self._day_ms)

    def _noncurrent_expiry(self, key: bytes, entry: ObjectEntry, since: int, newer: int) -> tuple[Expiry, int] | None:
        size = None if entry.storage == MARKER else entry.size
        return self._lifecycle.noncurrent_expiry(key, size, tags_of(entry), since, newer, self._day_ms)

    async def _whole(self, key: bytes, entry: ObjectEntry) -> ObjectEntry:
        """The entry with its metadata, which are elsewhere if they are long; as it is, if the version is gone."""
        if entry.metadata is not None or not self._lifecycle.asks_for_tags:
            return entry
        version_id = entry.version_id or None
        found = await self._catalog.objects.head(self._bucket, key.decode(), version_id)
        return entry if found is None or found.order != entry.order else found

    # removals

    async def _all(self, removals: Sequence[Removal]) -> None:
        """Do them. One that fails does not keep the others from being done; the walk comes back for it."""
        for first in range(0, len(removals), AT_ONCE):
            together = removals[first : first + AT_ONCE]
            outcomes = await asyncio.gather(*(removal() for removal in together), return_exceptions=True)
            failures = [outcome for outcome in outcomes if outcome is not None]
            for failure in failures:
                if isinstance(failure, Closed | Gone) or not isinstance(failure, Exception):
                    raise failure
            if failures:
                self._failed += len(failures)
                log.error("lifecycle of %s: %d removals failed", self._bucket.name, len(failures), exc_info=failures[0])

    async def _expire(self, key: bytes, seen: ObjectEntry) -> None:
        def due(entry: ObjectEntry) -> bool:
            return self._passes(self._expiry_of(key, entry))

        if await self._catalog.expiring.current(self._bucket, key.decode(), seen, due):
            self._count("current versions", key)

    async def _remove(self, key: bytes, seen: ObjectEntry, since: int, newer: Sequence[int], count: int) -> None:
        def due(entry: ObjectEntry) -> bool:
            found = self._noncurrent_expiry(key, entry, since, count)
            return found is not None and self._passes(found[0])

        if await self._catalog.expiring.noncurrent(self._bucket, key.decode(), seen, newer, due):
            self._count("noncurrent versions", key)

    async def _remove_marker(self, key: bytes, seen: ObjectEntry) -> None:
        if await self._catalog.expiring.lone_marker(self._bucket, key.decode(), seen):
            self._count("delete markers", key)

    async def _abort(self, key: bytes, upload_id: str) -> None:
        try:
            await self._catalog.uploads.abort(self._bucket, key.decode(), upload_id)
        except NoSuchUpload:
            return
        self._count("uploads", key)

    def _count(self, what: str, key: bytes) -> None:
        self._removed[what] += 1
        log.debug("lifecycle of %s: removed %a, one of the %s", self._bucket.name, key.decode(), what)


async def run_lifecycle(catalog: Catalog, clock: Clock, *, day_seconds: int, interval_seconds: int) -> None:
    """Rounds until cancelled. A failed round is logged and tried again at the next."""
    worker = LifecycleWorker(catalog, clock, day_seconds=day_seconds)
    while True:
        try:
            await worker.round()
        except Closed:
            raise
        except Exception:
            log.exception("a round of the lifecycle failed")
        await asyncio.sleep(interval_seconds)
