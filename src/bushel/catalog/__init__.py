"""What is stored: records, where they lie in the engine, and the atomic transitions between valid states."""

from bushel.catalog.buckets import Buckets
from bushel.catalog.objects import Objects
from bushel.catalog.uploads import Uploads
from bushel.catalog.users import Users
from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.engine.api import Engine

__all__ = ["Buckets", "Catalog", "Objects", "Uploads", "Users"]


class Catalog:
    """Everything that one engine stores, by kind."""

    def __init__(self, engine: Engine, clock: Clock, randomness: Randomness) -> None:
        self.engine = engine
        self.buckets = Buckets(engine, clock, randomness)
        self.users = Users(engine, clock, randomness)
        self.objects = Objects(engine, clock)
        self.uploads = Uploads(engine, self.objects, clock, randomness)
