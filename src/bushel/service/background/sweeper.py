"""The sweeper: deletes the bytes of overwritten and deleted objects, and what dead writers left behind.

One process of a server runs it. Whatever it is doing when it is killed, doing it again is harmless.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bushel.catalog import Catalog
from bushel.catalog.garbage import recover, sweep
from bushel.core.clock import Clock
from bushel.engine.api import Closed
from bushel.service.reads import ActiveReads

log = logging.getLogger(__name__)


async def sweep_once(catalog: Catalog, clock: Clock, reads: ActiveReads, grace_seconds: int) -> None:
    """One round. Nothing goes that was dropped within the grace, or after the oldest read going on had begun."""
    before = clock.now_ns() - grace_seconds * 1_000_000_000
    oldest = reads.oldest_ns()
    if oldest is not None:
        before = min(before, oldest)
    recovered = await recover(catalog.engine)
    swept = await sweep(catalog.engine, before)
    if recovered or swept:
        log.info("deleted %d blobs; found %d that writers had left behind", swept, recovered)


async def _attempt(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Closed:
        raise
    except Exception:
        log.exception("a round of the sweeper failed")


async def run_sweeper(
    catalog: Catalog, clock: Clock, reads: ActiveReads, *, grace_seconds: int, interval_seconds: int
) -> None:
    """Rounds until cancelled. A failed round is logged and tried again at the next."""
    await _attempt(catalog.buckets.finish_deletions())
    while True:
        await _attempt(sweep_once(catalog, clock, reads, grace_seconds))
        await asyncio.sleep(interval_seconds)
