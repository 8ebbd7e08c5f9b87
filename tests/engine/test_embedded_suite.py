"""The embedded engine keeps the contract."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from bushel.core.ids import SystemRandomness
from bushel.engine.embedded.blob_epochs import parse_blob
from bushel.engine.embedded.engine import EmbeddedEngine
from bushel.engine.embedded.folder import BLOBS
from bushel.testing.engine_place import EnginePlace, run_in_process
from bushel.testing.engine_suite import DamageSuite, EngineSuite, SharedSuite


class EmbeddedPlace(EnginePlace):
    """A data folder; a killed process is another process that is killed."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        options = {"clock": self.clock, "randomness": SystemRandomness(), "floor_bytes": 0, "reserve_bytes": 1 << 16}
        # Only what is shipped is named in it: another process imports that wherever it runs.
        self._opening = partial(asyncio.to_thread, partial(EmbeddedEngine.open, folder, **options))

    async def open(self) -> EmbeddedEngine:
        return await self._opening()

    def run_and_kill(self, scenario):
        return run_in_process(self._opening, scenario, kill=True)

    def run_beside(self, scenario):
        return run_in_process(self._opening, scenario, kill=False)

    def damage_blob(self, blob, offset):
        place = parse_blob(blob)
        file = self._folder / BLOBS / place.epoch / place.slot
        data = bytearray(file.read_bytes())
        data[offset] ^= 1
        file.chmod(0o600)
        file.write_bytes(data)


class TestEmbedded(EngineSuite, SharedSuite, DamageSuite):
    @pytest.fixture
    def place(self, tmp_path):
        return EmbeddedPlace(tmp_path / "data")
