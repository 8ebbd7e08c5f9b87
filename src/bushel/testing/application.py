"""The application of a server, opened in this process: over memory or a folder, with or without a port.

The same stages that ``bushel serve`` has, put together without worker processes, log set-up or signals.
"""

import contextlib
import mmap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from bushel.assemble import build, new_hashing, shared_memory
from bushel.catalog import Catalog
from bushel.catalog.users import KeyPair
from bushel.core.clock import Clock, SystemClock
from bushel.core.ids import Randomness, SystemRandomness
from bushel.core.settings import Settings
from bushel.engine.api import Engine
from bushel.server.health import Health
from bushel.server.pipeline import Pipeline
from bushel.service.reads import SLOT_BYTES, ActiveReads

ACCESS_KEY: Final = "BUSHELTESTINGKEY0000"
SECRET_KEY: Final = "bushel/testing+secret/of/no/value+at/all"  # noqa: S105 - opens nothing but test servers
REGION: Final = "us-east-1"


_FOREIGN: Final = frozenset({"listen", "workers", "log_level", "log_format", "access_log"})


class Application(NamedTuple):
    """What a server does with requests, and what it was made of."""

    pipeline: Pipeline
    health: Health
    catalog: Catalog
    clock: Clock
    reads: ActiveReads
    settings: Settings


def settings_of(overrides: dict[str, Any]) -> Settings:
    """Settings by name, over the defaults and the key pair of test servers.

    Raises:
        TypeError: There is no such setting, or it is one of processes and logs, which are the test's own.
    """
    foreign = sorted(_FOREIGN & overrides.keys())
    if foreign:
        raise TypeError(f"{', '.join(foreign)}: no setting of a server in the test process")
    return Settings(**({"root_access_key": ACCESS_KEY, "root_secret_key": SECRET_KEY} | overrides))


@contextlib.asynccontextmanager
async def open_application(
    folder: Path | None, settings: Settings, clock: Clock | None = None, randomness: Randomness | None = None
) -> AsyncIterator[Application]:
    """Open a store and put the application over it.

    Raises:
        EngineError: The folder cannot be used, or a server has it.
    """
    clock = clock or SystemClock()
    randomness = randomness or SystemRandomness()
    assert settings.root_access_key is not None
    assert settings.root_secret_key is not None
    with contextlib.ExitStack() as held:
        engine: Engine
        if folder is None:
            from bushel.engine.memory.engine import MemoryEngine  # noqa: PLC0415 - one of two is used

            engine = MemoryEngine(clock=clock, randomness=randomness)
        else:
            from bushel.engine.embedded.engine import EmbeddedEngine  # noqa: PLC0415 - one of two is used
            from bushel.engine.embedded.folder import acquire_folder_lock  # noqa: PLC0415

            held.enter_context(acquire_folder_lock(folder))
            engine = EmbeddedEngine.open(folder, clock=clock, randomness=randomness)
        try:
            catalog = await Catalog.open(engine, clock, randomness)
            reads = ActiveReads(memoryview(mmap.mmap(-1, SLOT_BYTES)), 0)
            pair = KeyPair(settings.root_access_key, settings.root_secret_key)
            shared = shared_memory()
            hashing = new_hashing(shared)
            pipeline, health = build(
                settings,
                catalog,
                pair,
                reads,
                clock=clock,
                randomness=randomness,
                shared=shared,
                hashing=hashing,
            )
            try:
                yield Application(pipeline, health, catalog, clock, reads, settings)
            finally:
                await hashing.close()
        finally:
            await engine.close()
