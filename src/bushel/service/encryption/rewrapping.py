"""Every key of a store wrapped under the newest versions: the second half of a rotation. Servers may run meanwhile.

What is written while the walk goes on is under the newest version already: a server looks at the file of keys for
every key that it wraps. A walk that was cut short is done again from the beginning.
"""

import contextlib
from typing import Final, NamedTuple

from bushel.catalog import Catalog
from bushel.catalog.records import SSE_C, SSE_KMS, BucketRecord, Encryption
from bushel.catalog.rewrapping import encryptions, replace
from bushel.core.ids import Randomness
from bushel.engine.api import Gone
from bushel.service.encryption.keyring import MASTER, Keyring
from bushel.service.encryption.segments import Damaged
from bushel.service.encryption.wrappings import rewrapped

_BATCH: Final = 256
"""Rows that are gathered before they are written, so that a scan and the writes behind it do not hinder each other."""


class Outcome(NamedTuple):
    """What a walk did.

    Attributes:
        rewrapped: Objects, versions and uploads whose key is under the newest version now.
        kept: Those whose key was before.
        lost: Bucket and key of those whose key is damaged, or under a version that is not among the keys.
    """

    rewrapped: int
    kept: int
    lost: list[str]


async def rewrap(catalog: Catalog, keyring: Keyring, randomness: Randomness) -> Outcome:
    """Wrap every object's key under the newest version of the key that it is under. SSE-C is left to its customers."""
    done = kept = 0
    lost: list[str] = []
    for bucket in await catalog.buckets.all():
        instead: dict[bytes, dict[Encryption, Encryption]] = {}
        async for row, encryption in encryptions(catalog.engine, bucket):
            try:
                new = rewrapped(keyring, encryption, bucket.partition, row, randomness)
            except (LookupError, Damaged):
                lost.append(f"{bucket.name}/{row.decode()}")
                continue
            if new is None:
                kept += encryption.kind != SSE_C
                continue
            instead.setdefault(row, {})[encryption] = new
            if len(instead) >= _BATCH:
                done += await _replace(catalog, bucket, instead)
        done += await _replace(catalog, bucket, instead)
    return Outcome(done, kept, lost)


async def _replace(catalog: Catalog, bucket: BucketRecord, instead: dict[bytes, dict[Encryption, Encryption]]) -> int:
    done = 0
    with contextlib.suppress(Gone):  # the bucket was deleted, and with it what was to be done
        for row, records in instead.items():
            done += await replace(catalog.engine, bucket, row, records)
    instead.clear()
    return done


async def versions_in_use(catalog: Catalog) -> set[tuple[str, bytes]]:
    """Key (MASTER for the master key) and version of every key that wraps something."""
    used = set()
    for bucket in await catalog.buckets.all():
        async for _, encryption in encryptions(catalog.engine, bucket):
            if encryption.kind != SSE_C:
                used.add((encryption.kms_key if encryption.kind == SSE_KMS else MASTER, encryption.wrapped_by))
    return used
