"""Checksums on their way into an answer: which member of a shape carries which value."""

from typing import Any

from bushel.catalog.records import UploadRecord
from bushel.protocol.checksum_headers import UploadChecksum, stored_upload
from bushel.protocol.checksums import ALGORITHMS, checksum_text


def checksum_member(algorithm: str, digest: bytes, parts: int = 0) -> dict[str, Any]:
    """The member that carries a digest, as keyword argument of an output shape."""
    return {ALGORITHMS[algorithm].field: checksum_text(digest, parts)}


def checksum_of_upload(upload: UploadRecord) -> UploadChecksum:
    """What the upload was created with, as the protocol has it."""
    return stored_upload(upload.checksum_algorithm, upload.checksum_type)


def upload_members(kept: UploadChecksum) -> dict[str, Any]:
    """Algorithm and type as keyword arguments of an output shape: told only to clients that named an algorithm."""
    if not kept.named:
        return {}
    return {"checksum_algorithm": kept.algorithm.name, "checksum_type": kept.type}
