"""Checksums as S3 writes them, computed apart from the server: base64 of the big-endian value."""

import base64
import hashlib
import zlib

from awscrt import checksums

ALGORITHMS = (
    "CRC32",
    "CRC32C",
    "CRC64NVME",
    "SHA1",
    "SHA256",
    "SHA512",
    "MD5",
    "XXHASH64",
    "XXHASH3",
    "XXHASH128",
)


def raw_checksum(algorithm: str, data: bytes) -> bytes:
    match algorithm:
        case "CRC32":
            return zlib.crc32(data).to_bytes(4, "big")
        case "CRC32C":
            return checksums.crc32c(data).to_bytes(4, "big")
        case "CRC64NVME":
            return checksums.crc64nvme(data).to_bytes(8, "big")
        case "SHA1" | "SHA256" | "SHA512" | "MD5":
            return hashlib.new(algorithm, data).digest()
        case "XXHASH64":
            return _xxhash(checksums.XXHash.new_xxhash64(), data)
        case "XXHASH3":
            return _xxhash(checksums.XXHash.new_xxhash3_64(), data)
        case "XXHASH128":
            return _xxhash(checksums.XXHash.new_xxhash3_128(), data)
    raise AssertionError(algorithm)


def _xxhash(state: checksums.XXHash, data: bytes) -> bytes:
    """By awscrt, whose implementation is not the server's."""
    state.update(data)
    return bytes(state.finalize())


def checksum(algorithm: str, data: bytes) -> str:
    return base64.b64encode(raw_checksum(algorithm, data)).decode()


def composite(algorithm: str, parts: list[bytes]) -> str:
    """Checksum of the parts' checksums, and the number of parts."""
    inner = b"".join(raw_checksum(algorithm, part) for part in parts)
    return f"{checksum(algorithm, inner)}-{len(parts)}"
