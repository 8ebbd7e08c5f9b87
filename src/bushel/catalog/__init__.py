"""What is stored: records, where they lie in the engine, and the atomic transitions between valid states."""

from typing import Self

from bushel.catalog.annotations import Annotations
from bushel.catalog.appending import Appending
from bushel.catalog.buckets import Buckets
from bushel.catalog.expiring import Expiring
from bushel.catalog.layout import SYSTEM
from bushel.catalog.objects import Objects
from bushel.catalog.quotas import Quotas
from bushel.catalog.renaming import Renaming
from bushel.catalog.torrents import Torrents
from bushel.catalog.uploads import Uploads
from bushel.catalog.users import Users
from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.engine.api import Engine

__all__ = [
    "Annotations",
    "Appending",
    "Buckets",
    "Catalog",
    "Expiring",
    "Objects",
    "Quotas",
    "Renaming",
    "Torrents",
    "Uploads",
    "Users",
]


class Catalog:
    """Everything that one engine stores, by kind. Made by ``open``."""

    def __init__(self, engine: Engine, clock: Clock, randomness: Randomness) -> None:
        self.engine = engine
        self.buckets = Buckets(engine, clock, randomness)
        self.users = Users(engine, clock, randomness)
        self.objects = Objects(engine, clock, randomness)
        self.annotations = Annotations(engine)
        self.quotas = Quotas(engine, self.buckets, self.users)
        self.torrents = Torrents(engine, clock, self.buckets, self.objects)
        self.uploads = Uploads(engine, self.objects, clock, randomness)
        self.expiring = Expiring(self.objects)
        self.appending = Appending(self.objects, clock)
        self.renaming = Renaming(engine, self.objects, self.annotations)

    @classmethod
    async def open(cls, engine: Engine, clock: Clock, randomness: Randomness) -> Self:
        """The catalog of an engine, which may be empty still.

        Raises:
            Full: There is no room for a new store's first partition.
        """
        await engine.create_partition(SYSTEM)
        return cls(engine, clock, randomness)
