"""How a transfer is cut: the sizes of parts, how many go at once, what memory they may hold. Pure arithmetic.

S3's limits: parts of 5 MiB to 5 GiB except the last, 10,000 of them (S3 User Guide, "Amazon S3 multipart upload
limits").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MIB: Final = 1 << 20
MIN_PART_BYTES: Final = 5 * MIB
MAX_PARTS: Final = 10_000
_GROWTH_PARTS: Final = 1_000
"""Of unknown length: so many parts of one size, then as many of twice the size. 10,000 parts hold 8 TiB then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """How large objects are moved.

    Attributes:
        part_bytes: Size of a part, and the least size of an object that is moved in several.
        concurrency: Parts on their way at once.
        memory_bytes: That parts may hold together; fewer go at once where they are large.
    """

    part_bytes: int = 8 * MIB
    concurrency: int = 8
    memory_bytes: int = 64 * MIB

    def __post_init__(self) -> None:
        if self.part_bytes < MIN_PART_BYTES:
            raise ValueError(f"a part has at least {MIN_PART_BYTES} bytes")
        if self.concurrency < 1 or self.memory_bytes < self.part_bytes:
            raise ValueError("there must be room for one part at once")


def part_sizes(length: int | None, part_bytes: int) -> Iterator[int]:
    """Sizes to cut by, without end: the last part is what is left.

    Args:
        length: Of the whole, if it is known.
        part_bytes: The size that is wanted; larger where parts would be too many.
    """
    if length is not None:
        least = -(-length // MAX_PARTS)
        size = max(part_bytes, -(-least // MIB) * MIB)
        while True:
            yield size
    size = part_bytes
    while True:
        for _ in range(_GROWTH_PARTS):
            yield size
        size *= 2


def segments(start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """Stretches ``(first byte, byte after the last)`` that a download is cut into."""
    while start < end:
        yield start, min(start + size, end)
        start += size
