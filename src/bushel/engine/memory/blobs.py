"""Blobs in memory: what was sealed, what is pending, and the writer and reader of one blob."""

from bushel.core.ids import Randomness
from bushel.engine.api import BlobNotFound, PendingBlob

MAX_BACK_POINTER_BYTES = 4096


class Blobs:
    """Sealed blobs by name. Names are drawn at random, so nobody leans on their order in time."""

    __slots__ = ("_randomness", "_sequence", "abandoned", "pending", "sealed")

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._sequence = 0
        self.sealed: dict[bytes, bytes] = {}
        self.pending: dict[bytes, bytes] = {}
        self.abandoned: dict[bytes, bytes] = {}

    def new_name(self, back_pointer: bytes) -> bytes:
        if len(back_pointer) > MAX_BACK_POINTER_BYTES:
            raise ValueError(f"a back pointer has at most {MAX_BACK_POINTER_BYTES} bytes, not {len(back_pointer)}")
        self._sequence += 1
        return self._randomness.token(6) + self._sequence.to_bytes(6, "big")

    def seal(self, blob: bytes, data: bytes, back_pointer: bytes) -> None:
        self.sealed[blob] = data
        self.pending[blob] = bytes(back_pointer)

    def content(self, blob: bytes) -> bytes:
        try:
            return self.sealed[blob]
        except KeyError:
            raise BlobNotFound(blob.hex()) from None

    def settle(self, blob: bytes) -> None:
        self.pending.pop(blob, None)
        self.abandoned.pop(blob, None)

    def delete(self, blob: bytes) -> None:
        self.sealed.pop(blob, None)
        self.settle(blob)

    def after_kill(self) -> "Blobs":
        """The writer died: what was pending under it is for recovery now, what it still seals nobody sees."""
        heir = Blobs(self._randomness)
        heir._sequence = self._sequence
        heir.sealed = dict(self.sealed)
        heir.abandoned = self.abandoned | self.pending
        return heir

    def left_behind(self) -> list[PendingBlob]:
        return [PendingBlob(blob, pointer) for blob, pointer in self.abandoned.items()]


class MemoryBlobWriter:
    __slots__ = ("_back_pointer", "_blob", "_blobs", "_chunks", "_open")

    def __init__(self, blobs: Blobs, back_pointer: bytes) -> None:
        self._blobs = blobs
        self._back_pointer = back_pointer
        self._blob = blobs.new_name(back_pointer)
        self._chunks: list[bytes] = []
        self._open = True

    @property
    def blob(self) -> bytes:
        return self._blob

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self._check_open()
        self._chunks.append(bytes(data))

    async def seal(self) -> int:
        self._check_open()
        self._open = False
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._blobs.seal(self._blob, data, self._back_pointer)
        return len(data)

    async def discard(self) -> None:
        self._open = False
        self._chunks.clear()

    def _check_open(self) -> None:
        if not self._open:
            raise ValueError("the blob writer was sealed or discarded")


class MemoryBlobReader:
    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data

    @property
    def size_bytes(self) -> int:
        return len(self._content())

    async def read(self, offset: int, length: int) -> bytes:
        return self._content()[offset : offset + length]

    async def close(self) -> None:
        self._data = None

    def _content(self) -> bytes:
        if self._data is None:
            raise ValueError("the blob reader was closed")
        return self._data
