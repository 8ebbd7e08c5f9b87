"""S3's additional checksums: the table of algorithms, hashing, Base64 forms, and how part checksums become one.

Pure computation over bytes that are here. Which checksum a request declares, and what S3 refuses, is in
checksum_headers.py; reading bodies is the service's payload. A new algorithm is one line of the table.

A CRC of a whole follows from those of its parts and their lengths, so a multipart object can have a FULL_OBJECT one;
of a hash there is COMPOSITE only.

Source: S3 User Guide, "Checking object integrity in Amazon S3"; vectors from the CRC catalogue and S3's own answers.
"""

import hashlib
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

import xxhash

ChecksumType: TypeAlias = Literal["FULL_OBJECT", "COMPOSITE"]
Octets: TypeAlias = bytes | bytearray | memoryview

FULL_OBJECT: Final = "FULL_OBJECT"
COMPOSITE: Final = "COMPOSITE"


class Hasher(Protocol):
    """A checksum being computed; hashlib's objects are such."""

    def update(self, data: Octets, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc(NamedTuple):
    """The arithmetic of one CRC: going on from a value over more bytes, and the value of two stretches from theirs."""

    advance: Callable[[Octets, int], int]
    combine: Callable[[int, int, int], int]


class CrcHasher:
    """A Hasher over a CRC."""

    __slots__ = ("_advance", "_digest_bytes", "_value")

    def __init__(self, crc: Crc, digest_bytes: int) -> None:
        self._advance = crc.advance
        self._digest_bytes = digest_bytes
        self._value = 0

    def update(self, data: Octets, /) -> None:
        self._value = self._advance(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._digest_bytes, "big")


class Algorithm:
    """One checksum algorithm. There is one object per algorithm, so identity compares.

    Attributes:
        name: S3's, upper case; what ``x-amz-checksum-algorithm`` carries.
        header: The header or trailer that carries a value.
        element: The XML element that carries a value.
        field: The shape field that carries a value.
        digest_bytes: Length of the raw digest.
        types: Checksum types that a multipart upload may have with it; the first is S3's default.
        hasher: Makes a Hasher.
        digest: Digest of bytes that are all here.
    """

    __slots__ = ("_crc", "digest", "digest_bytes", "element", "field", "hasher", "header", "name", "types")

    def __init__(
        self,
        name: str,
        field: str,
        digest_bytes: int,
        types: tuple[ChecksumType, ...],
        source: Crc | Callable[[], Hasher],
    ) -> None:
        self.name = name
        self.header = f"x-amz-checksum-{name.lower()}"
        self.element = f"Checksum{name}"
        self.field = field
        self.digest_bytes = digest_bytes
        self.types = types
        self._crc = source if isinstance(source, Crc) else None
        if isinstance(source, Crc):
            crc = source
            self.hasher: Callable[[], Hasher] = lambda: CrcHasher(crc, digest_bytes)
            self.digest: Callable[[Octets], bytes] = lambda data: crc.advance(data, 0).to_bytes(digest_bytes, "big")
        else:
            self.hasher = source
            self.digest = lambda data: _hashed(source(), data)

    def __repr__(self) -> str:
        return f"<Algorithm {self.name}>"

    def parse(self, text: str) -> bytes | None:
        """The digest that ``text`` is the Base64 form of; ``None`` where it is none.

        Strict as S3 is: length, alphabet, padding and the unused bits of the last character all have to be right.
        """
        try:
            digest = a2b_base64(text)
        except ValueError:
            return None
        if len(digest) != self.digest_bytes or base64_text(digest) != text:
            return None
        return digest

    def composite(self, digests: Iterable[bytes]) -> bytes:
        """COMPOSITE: the checksum of the part checksums, one after another."""
        return self.digest(b"".join(digests))

    def combine(self, parts: Iterable[tuple[bytes, int]]) -> bytes:
        """FULL_OBJECT: the CRC of the whole from each part's digest and length in bytes, without its bytes.

        Raises:
            ValueError: The algorithm is no CRC.
        """
        if self._crc is None:
            raise ValueError(f"{self.name} of a whole does not follow from its parts")
        combine = self._crc.combine
        value = 0
        for digest, length in parts:
            value = combine(value, int.from_bytes(digest, "big"), length)
        return value.to_bytes(self.digest_bytes, "big")


class Checksum(NamedTuple):
    """A checksum of an object or a part, as S3 tells it.

    Attributes:
        algorithm: Name of the algorithm.
        type: FULL_OBJECT or COMPOSITE.
        digest: Raw bytes.
        parts: Number of parts for COMPOSITE, the ``-N`` of its text; otherwise 0.
    """

    algorithm: str
    type: ChecksumType
    digest: bytes
    parts: int = 0


def checksum_text(digest: bytes, parts: int = 0) -> str:
    """Base64, with ``-N`` after it where ``parts`` says that it is a checksum of N part checksums."""
    return f"{base64_text(digest)}-{parts}" if parts else base64_text(digest)


def base64_text(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode("ascii")


def _hashed(hasher: Hasher, data: Octets) -> bytes:
    hasher.update(data)
    return hasher.digest()


@cache
def _awscrt() -> ModuleType:
    """awscrt.checksums, imported when first needed: the import takes 50 to 90 ms, and a start must not wait for it."""
    from awscrt import checksums  # noqa: PLC0415 - see above

    module: ModuleType = checksums
    return module


def _crc32c(data: Octets, value: int) -> int:
    result: int = _awscrt().crc32c(data, value)
    return result


def _crc64nvme(data: Octets, value: int) -> int:
    result: int = _awscrt().crc64nvme(data, value)
    return result


def _combination(name: str) -> Callable[[int, int, int], int]:
    def combine(first: int, second: int, second_length: int) -> int:
        result: int = getattr(_awscrt(), name)(first, second, second_length)
        return result

    return combine


_EITHER: Final = (COMPOSITE, FULL_OBJECT)

# zlib's CRC-32 and awscrt's take the same time (5 us for 10 KiB); zlib needs no import.
CRC32: Final = Algorithm("CRC32", "checksum_crc32", 4, _EITHER, Crc(zlib.crc32, _combination("combine_crc32")))
CRC32C: Final = Algorithm("CRC32C", "checksum_crc32_c", 4, _EITHER, Crc(_crc32c, _combination("combine_crc32c")))
CRC64NVME: Final = Algorithm(
    "CRC64NVME", "checksum_crc64_nvme", 8, (FULL_OBJECT,), Crc(_crc64nvme, _combination("combine_crc64nvme"))
)
SHA1: Final = Algorithm("SHA1", "checksum_sha1", 20, (COMPOSITE,), lambda: hashlib.sha1(usedforsecurity=False))
SHA256: Final = Algorithm("SHA256", "checksum_sha256", 32, (COMPOSITE,), hashlib.sha256)
SHA512: Final = Algorithm("SHA512", "checksum_sha512", 64, (COMPOSITE,), hashlib.sha512)
MD5: Final = Algorithm("MD5", "checksum_md5", 16, (COMPOSITE,), lambda: hashlib.md5(usedforsecurity=False))
# xxHash in its canonical form, big-endian, as S3's SDKs write it.
XXHASH64: Final = Algorithm("XXHASH64", "checksum_xxhash64", 8, (COMPOSITE,), xxhash.xxh64)
XXHASH3: Final = Algorithm("XXHASH3", "checksum_xxhash3", 8, (COMPOSITE,), xxhash.xxh3_64)
XXHASH128: Final = Algorithm("XXHASH128", "checksum_xxhash128", 16, (COMPOSITE,), xxhash.xxh3_128)

ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    each.name: each for each in (CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128)
}
"""By name, in the order in which S3 lists them."""

BY_HEADER: Final[Mapping[str, Algorithm]] = {each.header: each for each in ALGORITHMS.values()}

DEFAULT: Final = CRC64NVME
"""What S3 computes for itself where the client names no algorithm."""
