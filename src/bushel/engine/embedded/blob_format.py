"""How a blob looks on disk, and the proof that it is what was written.

::

    data                        size bytes
    checksums                   8 bytes for each segment of 256 KiB: XXH3-64, little-endian
    back pointer                0 to 4096 bytes, the row that names the blob
    footer                      40 bytes: FOOTER

Everything after the data is the trailer; it comes last because a blob is a stream whose size is not known beforehand.
The footer's last field is the XXH3-64 of all of the trailer before it. What must not be here: files, threads, the event
loop.
"""

from struct import Struct
from typing import Final, NamedTuple

from xxhash import xxh3_64, xxh3_64_intdigest

from bushel.engine.api import SEGMENT_BYTES, Corrupt

FORMAT: Final = 1
MAX_BACK_POINTER_BYTES: Final = 4096

_MAGIC: Final = b"BUSHBLOB"
FOOTER: Final = Struct("<8sHHIIIQQ")
"""Magic, format, zero, segment bytes, back pointer bytes, segments, data bytes, checksum of the trailer."""

_CHECKSUM: Final = Struct("<Q")
_CHECKED: Final = FOOTER.size - _CHECKSUM.size


class SegmentHasher:
    """Checksums of the segments of a stream that arrives in pieces of any size."""

    __slots__ = ("_digests", "_filled", "_hasher", "size_bytes")

    def __init__(self) -> None:
        self.size_bytes = 0
        self._digests: list[int] = []
        self._hasher = xxh3_64()
        self._filled = 0

    def update(self, data: bytes | bytearray) -> None:
        length = len(data)
        self.size_bytes += length
        if self._filled + length < SEGMENT_BYTES:
            self._hasher.update(data)
            self._filled += length
            return
        view = memoryview(data)
        at = 0
        if self._filled:
            at = SEGMENT_BYTES - self._filled
            self._hasher.update(view[:at])
            self._digests.append(self._hasher.intdigest())
            self._hasher.reset()
        while length - at >= SEGMENT_BYTES:
            self._digests.append(xxh3_64_intdigest(view[at : at + SEGMENT_BYTES]))
            at += SEGMENT_BYTES
        self._filled = length - at
        if self._filled:
            self._hasher.update(view[at:])

    def trailer(self, back_pointer: bytes) -> bytes:
        """The bytes to write after the data. The stream is over."""
        if self._filled:
            self._digests.append(self._hasher.intdigest())
            self._filled = 0
        count = len(self._digests)
        checked = b"".join(
            (
                Struct(f"<{count}Q").pack(*self._digests),
                back_pointer,
                FOOTER.pack(_MAGIC, FORMAT, 0, SEGMENT_BYTES, len(back_pointer), count, self.size_bytes, 0)[:_CHECKED],
            )
        )
        return checked + _CHECKSUM.pack(xxh3_64_intdigest(checked))


class Footer(NamedTuple):
    """What the end of the file says about the trailer; to be believed once ``parse_trailer`` has checked it."""

    size_bytes: int
    back_pointer_bytes: int
    segments: int

    @property
    def trailer_bytes(self) -> int:
        return self.segments * _CHECKSUM.size + self.back_pointer_bytes + FOOTER.size


class Trailer(NamedTuple):
    size_bytes: int
    checksums: tuple[int, ...]
    back_pointer: bytes

    def verify(self, first: int, data: bytes | bytearray) -> None:
        """``data`` holds whole segments, from segment ``first`` on.

        Raises:
            Corrupt: One of them is not what was written.
        """
        checksums = self.checksums
        if len(data) <= SEGMENT_BYTES:
            if data and xxh3_64_intdigest(data) != checksums[first]:
                raise Corrupt(f"segment {first} does not match its checksum")
            return
        view = memoryview(data)
        for index, at in enumerate(range(0, len(data), SEGMENT_BYTES), first):
            if xxh3_64_intdigest(view[at : at + SEGMENT_BYTES]) != checksums[index]:
                raise Corrupt(f"segment {index} does not match its checksum")


def parse_footer(tail: bytes | bytearray, file_bytes: int) -> Footer:
    """Read the footer at the end of ``tail``, the last bytes of a file of ``file_bytes``.

    Raises:
        Corrupt: It is no footer, or does not fit the file.
    """
    if len(tail) < FOOTER.size:
        raise Corrupt("the blob is shorter than its footer")
    magic, version, zero, segment_bytes, pointer_bytes, count, size, _ = FOOTER.unpack_from(
        tail, len(tail) - FOOTER.size
    )
    if (magic, version, zero, segment_bytes) != (_MAGIC, FORMAT, 0, SEGMENT_BYTES):
        raise Corrupt("the blob has no footer of a known format")
    footer = Footer(size, pointer_bytes, count)
    if count != -(-size // SEGMENT_BYTES) or size + footer.trailer_bytes != file_bytes:
        raise Corrupt("the blob's footer does not fit its file")
    return footer


def parse_trailer(trailer: bytes | bytearray, footer: Footer) -> Trailer:
    """Check and read a whole trailer.

    Raises:
        Corrupt: It does not match its checksum.
    """
    if len(trailer) != footer.trailer_bytes:
        raise Corrupt("the blob's trailer is cut short")
    if xxh3_64_intdigest(memoryview(trailer)[: -_CHECKSUM.size]) != _CHECKSUM.unpack_from(trailer, len(trailer) - 8)[0]:
        raise Corrupt("the blob's trailer does not match its checksum")
    checksums = Struct(f"<{footer.segments}Q").unpack_from(trailer)
    at = footer.segments * _CHECKSUM.size
    return Trailer(footer.size_bytes, checksums, bytes(trailer[at : at + footer.back_pointer_bytes]))
