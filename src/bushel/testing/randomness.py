"""Randomness that can be repeated."""

import random


class SeededRandomness:
    """A ``core.ids.Randomness`` whose bytes follow from its seed."""

    def __init__(self, seed: int = 0) -> None:
        self._generator = random.Random(seed)  # noqa: S311 - to be repeated is its purpose

    def token(self, length: int) -> bytes:
        return self._generator.randbytes(length)
