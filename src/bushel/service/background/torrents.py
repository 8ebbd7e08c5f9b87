"""Removes the torrents of versions that are gone. One process of a server runs it.

It walks all torrents, a few at a time, so that requests are served in between. Torrents are small, and nobody is given
those of versions that are gone, so it is in no hurry.
"""

import asyncio
import logging
from typing import Final

from bushel.catalog import Catalog
from bushel.engine.api import Closed

INTERVAL_SECONDS: Final = 600
_REST_SECONDS: Final = 0.02

log = logging.getLogger(__name__)


async def sweep_torrents(catalog: Catalog) -> int:
    """One round; returns how many were removed."""
    removed = 0
    start: tuple[bytes, bytes] | None = (b"", b"")
    while start is not None:
        count, start = await catalog.torrents.sweep(start)
        removed += count
        await asyncio.sleep(_REST_SECONDS)
    return removed


async def run_torrent_sweeper(catalog: Catalog) -> None:
    """Rounds until cancelled. A failed round is logged and tried again at the next."""
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        try:
            removed = await sweep_torrents(catalog)
        except Closed:
            raise
        except Exception:
            log.exception("a round over the torrents failed")
            continue
        if removed:
            log.info("removed %d torrents of versions that are gone", removed)
