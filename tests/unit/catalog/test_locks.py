"""Locks in the catalog: no way of removing a version goes past one, none makes COMPLIANCE weaker, and time is exact."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.catalog.test_catalog import inline, run

from bushel.catalog.locks import UNLOCKED, Locked, require_allowed, require_removable
from bushel.catalog.records import (
    COMPLIANCE,
    GOVERNANCE,
    NULL_ID,
    SSE_S3,
    Encryption,
    Lock,
    Metadata,
    ObjectEntry,
)
from bushel.catalog.rewrapping import replace

KEY = "key"
DAY_NS = 86_400_000_000_000
NOW_MS = 1_704_164_645_000
NOW_NS = NOW_MS * 1_000_000
HELD = Lock(hold=True)
WRAPPED, WRAPPED_ANEW = Encryption(SSE_S3, b"wrapped", b"1"), Encryption(SSE_S3, b"anew", b"2")


def until(days):
    return NOW_MS + round(days * 86_400_000)


def entry(lock):
    return ObjectEntry(1, "v", 0, 1, "e", "ann", 0, lock=lock)


def removable(lock, now_ns=NOW_NS, *, bypass=False):
    try:
        require_removable(entry(lock), now_ns, bypass_governance=bypass)
    except Locked:
        return False
    return True


def allowed(old, new, *, bypass=False):
    try:
        require_allowed(old, new, NOW_NS, bypass_governance=bypass)
    except Locked:
        return False
    return True


# --- the rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [GOVERNANCE, COMPLIANCE])
def test_a_retention_protects_to_the_millisecond(mode):
    lock = Lock(mode, NOW_MS)
    assert not removable(lock, NOW_NS - 1)
    assert removable(lock, NOW_NS)


def test_what_protects_from_whom():
    assert removable(None)
    assert removable(UNLOCKED)
    assert removable(Lock(hold=False))
    for bypass in (False, True):
        assert not removable(HELD, bypass=bypass)
        assert not removable(Lock(COMPLIANCE, until(1)), bypass=bypass)
        assert not removable(Lock(GOVERNANCE, until(-1), hold=True), bypass=bypass)
        assert removable(Lock(COMPLIANCE, until(-1), hold=False), bypass=bypass)
    assert not removable(Lock(GOVERNANCE, until(1)))
    assert removable(Lock(GOVERNANCE, until(1)), bypass=True)


locks = st.builds(
    Lock,
    st.just(0) | st.sampled_from([GOVERNANCE, COMPLIANCE]),
    st.integers(-3, 3).map(until),
    st.sampled_from([None, False, True]),
).map(lambda lock: lock if lock.mode else msgspec.structs.replace(lock, until=0))


@given(locks, locks, st.booleans(), st.integers(0, 4))
def test_a_change_takes_no_protection_away_that_it_may_not(old, new, bypass, days):
    """Whatever time comes: what one who changed the lock may remove then, they might have removed with the old lock."""
    if not allowed(old, new, bypass=bypass):
        return
    at = NOW_NS + days * DAY_NS
    free = removable(msgspec.structs.replace(new, hold=None), at, bypass=bypass)
    was_free = removable(msgspec.structs.replace(old, hold=None), at, bypass=bypass)
    assert was_free or not free


@given(locks, st.sampled_from([None, False, True]), st.booleans())
def test_a_hold_comes_and_goes_whatever_the_retention(lock, hold, bypass):
    assert allowed(lock, msgspec.structs.replace(lock, hold=hold), bypass=bypass)


def test_compliance_lasts_and_may_only_last_longer():
    old = Lock(COMPLIANCE, until(2))
    for bypass in (False, True):
        assert allowed(old, Lock(COMPLIANCE, until(2)), bypass=bypass)
        assert allowed(old, Lock(COMPLIANCE, until(3)), bypass=bypass)
        for weaker in (Lock(COMPLIANCE, until(1)), Lock(GOVERNANCE, until(9)), UNLOCKED):
            assert not allowed(old, weaker, bypass=bypass)
    assert allowed(Lock(COMPLIANCE, until(-1)), UNLOCKED)


def test_governance_may_become_anything_for_who_bypasses_it():
    old = Lock(GOVERNANCE, until(2))
    assert allowed(old, Lock(GOVERNANCE, until(3)))
    for other in (Lock(GOVERNANCE, until(1)), Lock(COMPLIANCE, until(9)), UNLOCKED):
        assert not allowed(old, other)
        assert allowed(old, other, bypass=True)


# --- every way a version goes -------------------------------------------------------------------------------------


def _with(bucket, status):
    return msgspec.structs.replace(bucket, versioning=status)


async def _locked(store, lock):
    """A bucket with a locked null version that was written before versions: its record as it was then."""
    bucket = await store.bucket()
    version = await store.catalog.objects.put(bucket, KEY, inline(b"kept"))
    await store.catalog.objects.change_lock(bucket, KEY, version, lambda _: lock)
    return bucket


WAYS = {
    "a deletion by who knows of no versions": lambda objects, bucket: objects.delete(bucket, KEY, "ann"),
    "a write by who knows of no versions": lambda objects, bucket: objects.put(bucket, KEY, inline(b"new")),
    "a null marker": lambda objects, bucket: objects.delete(_with(bucket, "Suspended"), KEY, "ann"),
    "a null version": lambda objects, bucket: objects.put(_with(bucket, "Suspended"), KEY, inline(b"new")),
    "a removal by id": lambda objects, bucket: objects.delete_version(_with(bucket, "Enabled"), KEY, NULL_ID),
}


@pytest.mark.parametrize("covered", [False, True])
@pytest.mark.parametrize("lock", [HELD, Lock(COMPLIANCE, until(1)), Lock(GOVERNANCE, until(1))], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_removes_what_is_locked(way, lock, covered):
    """SEMANTICS.md, S10."""

    async def scenario(store):
        objects = store.catalog.objects
        bucket = await _locked(store, lock)
        if covered:
            await objects.put(_with(bucket, "Enabled"), KEY, inline(b"on top"))
        with pytest.raises(Locked):
            await WAYS[way](objects, bucket)
        kept = await objects.get(bucket, KEY, NULL_ID)
        assert (kept.data, kept.entry.lock) == (b"kept", lock)
        assert (await store.engine.counters(bucket.partition))[b"objects"] == 1 + covered
        store.clock.advance(86_400)
        if lock == HELD:
            await objects.change_lock(bucket, KEY, kept.entry, lambda _: Lock(hold=False))
        await WAYS[way](objects, bucket)
        gone = await objects.head(bucket, KEY, NULL_ID)
        assert gone is None or gone.order != kept.entry.order

    run(scenario)


def test_who_may_bypasses_governance_by_id_alone():
    async def scenario(store):
        objects = store.catalog.objects
        bucket = await _locked(store, Lock(GOVERNANCE, until(1)))
        await objects.delete_version(bucket, KEY, NULL_ID, bypass_governance=True)
        assert await objects.head(bucket, KEY) is None

    run(scenario)


def test_a_lock_goes_with_its_version_wherever_that_goes():
    async def scenario(store):
        objects = store.catalog.objects
        bucket = _with(await store.bucket(), "Enabled")
        lock = Lock(COMPLIANCE, until(1), hold=True)
        draft = inline(b"x", user={"m": "v" * 1500})._replace(lock=lock, encryption=WRAPPED)
        first = await objects.put(bucket, KEY, draft)
        await objects.put(bucket, KEY, inline(b"y"))
        marker = await objects.delete(bucket, KEY, "ann")
        second = (await objects.scan_versions(bucket, (b"", b""), None, 10)).versions[1].entry
        assert second.lock is None
        assert (await objects.head(bucket, KEY, first.version_id)).lock == lock
        await objects.delete_version(bucket, KEY, marker.version_id)
        await objects.delete_version(bucket, KEY, second.version_id)
        assert (await objects.head(bucket, KEY)).lock == lock
        await objects.change_metadata(bucket, KEY, lambda _: Metadata(tags={"a": "b"}))
        assert (await objects.head(bucket, KEY)).lock == lock
        await replace(store.engine, bucket, KEY.encode(), {WRAPPED: WRAPPED_ANEW})
        entry = await objects.head(bucket, KEY)
        assert (entry.encryption, entry.lock) == (WRAPPED_ANEW, lock)

    run(scenario)


def test_a_change_of_metadata_cannot_touch_the_lock():
    async def scenario(store):
        bucket = await _locked(store, HELD)
        objects = store.catalog.objects
        with pytest.raises(ValueError, match="lock"):
            await objects.change_entry(bucket, KEY, lambda entry: msgspec.structs.replace(entry, lock=None))
        assert (await objects.head(bucket, KEY)).lock == HELD

    run(scenario)


def test_a_lock_is_put_on_the_version_that_was_looked_at_or_on_none():
    async def scenario(store):
        objects = store.catalog.objects
        bucket = await store.bucket()
        seen = await objects.put(bucket, KEY, inline(b"seen"))
        await objects.put(bucket, KEY, inline(b"other"))
        assert await objects.change_lock(bucket, KEY, seen, lambda _: HELD) is None
        assert (await objects.head(bucket, KEY)).lock is None

    run(scenario)


def test_an_upload_remembers_the_lock_that_was_asked_for():
    async def scenario(store):
        bucket = await store.bucket()
        lock = Lock(GOVERNANCE, until(1), hold=True)
        made = await store.catalog.uploads.create(
            bucket, KEY, owner="ann", initiator="ann", metadata=inline(b"").metadata, lock=lock
        )
        assert (await store.catalog.uploads.get(bucket, KEY, made.upload_id)).lock == lock

    run(scenario)
