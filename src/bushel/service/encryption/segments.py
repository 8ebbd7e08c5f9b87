"""The format of encrypted bytes: AES-256-GCM in segments, so that any of them can be read and proven alone.

A stream of plain bytes under its own key becomes segments of ``STORED_BYTES``, the last one shorter; each has
``PLAIN_BYTES`` of ciphertext and a tag. Four of them fill one checksummed segment of a blob (``engine.api``), so a
range that is decrypted costs no look at bytes beside those that are verified anyhow. An empty stream is one segment of
nothing: the tag alone.

* Swapped and reordered: a segment's number is its nonce. A key encrypts one stream, once, so no nonce comes twice.
* Truncated and appended to: the last byte of the nonce is 1 for the last segment and 0 for the others.
* Moved to another object: no two streams have one key, and a key is wrapped for its object alone (``envelope``).

Pure. What must not be here: keys' whereabouts, files, threads.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
STORED_BYTES: Final = 64 * 1024
PLAIN_BYTES: Final = STORED_BYTES - TAG_BYTES

FORMAT: Final = b"bushel segments 1"
"""Authenticated with every segment: bytes of another format are never taken for this one."""


class Damaged(Exception):
    """Stored bytes are not what was encrypted, or not with this key. None of them are returned."""


def aes_gcm(key: bytes) -> "AESGCM":
    """AES-256-GCM with a key. Its library is loaded when first needed: most stores encrypt nothing."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)


def stored_size(size: int) -> int:
    """Bytes that ``size`` plain bytes take."""
    return size + TAG_BYTES * _segments(size)


def encrypt(key: bytes, data: bytes) -> bytes:
    """A whole stream at once."""
    encryptor = Encryptor(key)
    return encryptor.update(data) + encryptor.finish()


def decrypt(key: bytes, stored: bytes, size: int) -> bytes:
    """The ``size`` bytes of a whole stream.

    Raises:
        Damaged: ``stored`` is not what was encrypted.
    """
    if len(stored) != stored_size(size):
        raise Damaged("an encrypted object has another length than its entry says")
    return Decryptor(key, size, 0, size).open(0, stored)


class Encryptor:
    """One stream on its way in, in pieces of any size. The key must never have been used for another."""

    __slots__ = ("_cipher", "_number", "_rest")

    def __init__(self, key: bytes) -> None:
        self._cipher = aes_gcm(key)
        self._number = 0
        self._rest = b""

    def update(self, data: bytes | bytearray | memoryview) -> bytes:
        """The segments that are complete with ``data``. What could be the last is kept back, at most one segment."""
        view = memoryview(data)
        missing = PLAIN_BYTES - len(self._rest)
        if len(view) <= missing:
            self._rest += view
            return b""
        sealed = [self._seal(b"".join((self._rest, view[:missing])) if self._rest else view[:missing], last=False)]
        start = missing
        while len(view) - start > PLAIN_BYTES:
            sealed.append(self._seal(view[start : start + PLAIN_BYTES], last=False))
            start += PLAIN_BYTES
        self._rest = bytes(view[start:])
        return b"".join(sealed)

    def finish(self) -> bytes:
        """The last segment."""
        return self._seal(self._rest, last=True)

    def _seal(self, plain: bytes | memoryview, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), plain, FORMAT)
        self._number += 1
        return sealed


class Decryptor:
    """Bytes ``[first, first + length)`` of a stream of ``size`` bytes on their way out; ``length`` is not 0 unless
    ``size`` is.

    Attributes:
        stored_offset: Where the stored bytes begin that are needed for it: a segment's begin.
        stored_length: How many they are: whole segments.
    """

    __slots__ = ("_cipher", "_first", "_last", "_stop", "stored_length", "stored_offset")

    def __init__(self, key: bytes, size: int, first: int, length: int) -> None:
        self._cipher = aes_gcm(key)
        self._last = _segments(size) - 1
        self._first, self._stop = first, first + length
        self.stored_offset = first // PLAIN_BYTES * STORED_BYTES
        end = min(_segments(first + length) * STORED_BYTES, stored_size(size))
        self.stored_length = end - self.stored_offset

    def open(self, offset: int, stored: bytes) -> bytes:
        """What is wanted of some whole segments.

        Args:
            offset: Of the first of them among the stored bytes.
            stored: The segments.

        Raises:
            Damaged: One of them is not what was encrypted.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in aes_gcm

        number, beside = divmod(offset, STORED_BYTES)
        assert not beside, "segments are opened whole"
        opened = []
        for begin in range(0, len(stored), STORED_BYTES):
            sealed = stored[begin : begin + STORED_BYTES]
            try:
                plain = self._cipher.decrypt(_nonce(number, last=number == self._last), sealed, FORMAT)
            except InvalidTag:
                raise Damaged(f"segment {number} of an encrypted object is not what was written") from None
            start = number * PLAIN_BYTES
            if start < self._first or start + len(plain) > self._stop:
                plain = plain[max(0, self._first - start) : self._stop - start]
            opened.append(plain)
            number += 1
        return opened[0] if len(opened) == 1 else b"".join(opened)


def _segments(size: int) -> int:
    return -(-size // PLAIN_BYTES) or 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
