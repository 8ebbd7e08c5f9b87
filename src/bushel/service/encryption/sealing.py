"""Bytes encrypted on their way in, and the record that says how.

An object's or a part's key is made at random when its request is looked at; it is wrapped when the bytes are there, so
that a master key which was replaced during a long upload is not used any more. What must not be here: what a request
or a bucket asks for (``choosing``).
"""

import asyncio
from typing import Any, Final, Protocol

import msgspec

from bushel.catalog.annotated import Annotation
from bushel.catalog.records import SSE_C, SSE_S3, AnnotationRecord, BucketRecord, Encryption
from bushel.core.ids import Randomness
from bushel.engine.api import BlobWriter
from bushel.protocol.encryption import AES256, CustomerKey
from bushel.service.digests import THREAD_BYTES
from bushel.service.encryption.annotations import seal_annotation
from bushel.service.encryption.envelope import (
    NONCE_BYTES,
    SALT_BYTES,
    bound_to_object,
    bound_to_part,
    customer_key_verifier,
    customer_wrapping_key,
    wrap,
)
from bushel.service.encryption.segments import KEY_BYTES, Encryptor, aes_gcm, encrypt

_TAG_BYTES: Final = 16


class Wrapping(Protocol):
    """What the keys of objects are wrapped under by one kind of encryption.

    Attributes:
        kind: SSE_C, SSE_S3 or SSE_KMS.
        kms_key: Name of the key for SSE_KMS, else empty.
        told: Members of the answers to requests that write.
    """

    @property
    def kind(self) -> int: ...
    @property
    def kms_key(self) -> str: ...
    @property
    def told(self) -> dict[str, Any]: ...

    def wrap(self, key: bytes, partition: bytes, row: bytes, randomness: Randomness) -> Encryption:
        """The record of an object in this row, of which this is the key."""


class CustomerWrapping:
    """SSE-C: under a key that the customer sends with each request."""

    kind: Final = SSE_C
    kms_key: Final = ""

    def __init__(self, customer: CustomerKey) -> None:
        self._key = customer.key
        self.told = told_of_customer(customer)

    def wrap(self, key: bytes, partition: bytes, row: bytes, randomness: Randomness) -> Encryption:
        salt = randomness.token(SALT_BYTES)
        cipher = aes_gcm(customer_wrapping_key(self._key, salt))
        wrapped = wrap(cipher, key, bound_to_object(partition, row), randomness.token(NONCE_BYTES))
        return Encryption(SSE_C, wrapped, customer_key_verifier(self._key, salt))


def told_of_customer(customer: CustomerKey) -> dict[str, Any]:
    """Members by which answers confirm a customer's key."""
    return {"sse_customer_algorithm": AES256, "sse_customer_key_md5": customer.md5}


class Sealing:
    """The encryption of one stream of bytes: of an object, or of a part.

    Attributes:
        kind: SSE_C, SSE_S3 or SSE_KMS.
        told: Members of the answer.
    """

    __slots__ = ("_key", "_randomness", "kind", "told")

    def __init__(self, key: bytes, kind: int, randomness: Randomness, told: dict[str, Any]) -> None:
        self._key, self.kind, self._randomness = key, kind, randomness
        self.told = told

    def encrypt(self, data: bytes) -> bytes:
        """All of a small object."""
        return encrypt(self._key, data)

    def writer(self, writer: BlobWriter) -> BlobWriter:
        """Takes plain bytes, and writes them encrypted."""
        return _EncryptingWriter(writer, self._key)

    def tag(self, md5: bytes) -> bytes:
        """What stands for the MD5 in an ETag (S3 API Reference, "Object"): the MD5 itself for SSE-S3.

        Others show nothing of the bytes, not even that two objects have the same.
        """
        return md5 if self.kind == SSE_S3 else self._randomness.token(_TAG_BYTES)


class ObjectSealing(Sealing):
    """The encryption of an object that is written in one piece, or of the parts' keys of an upload."""

    __slots__ = ("_place", "_wrapping")

    def __init__(self, wrapping: Wrapping, bucket: BucketRecord, key: str, randomness: Randomness) -> None:
        super().__init__(randomness.token(KEY_BYTES), wrapping.kind, randomness, wrapping.told)
        self._wrapping = wrapping
        self._place = bucket.partition, key.encode()

    def takes_over(self, encryption: Encryption | None) -> bool:
        """Whether the bytes of another object may stay as they are for this one: its key is wrapped anew."""
        return (
            encryption is not None
            and encryption.kind == self.kind != SSE_C
            and encryption.kms_key == self._wrapping.kms_key
        )

    def annotation(self, record: AnnotationRecord, payload: bytes) -> Annotation:
        """An annotation of the object; to be called when it is known which key the object has."""
        record = msgspec.structs.replace(record, md5=self.tag(record.md5))
        return seal_annotation(record, payload, self._key, self._randomness)

    def take_over(self, key: bytes) -> None:
        """Nothing will be encrypted: the bytes are encrypted already, with this key."""
        self._key = key

    def record(self) -> Encryption:
        """To be stored with the object: its key, wrapped now."""
        partition, row = self._place
        return self._wrapping.wrap(self._key, partition, row, self._randomness)


class PartSealing(Sealing):
    """The encryption of one part.

    Args:
        kind: SSE_C, SSE_S3 or SSE_KMS.
        part: Its upload and number.
        wrapping_key: ``envelope.part_wrapping_key`` of the upload.
        randomness: Makes keys.
        told: Members of the answer.

    Attributes:
        wrapped_key: To be stored with the part.
    """

    __slots__ = ("wrapped_key",)

    def __init__(
        self, kind: int, part: tuple[str, int], wrapping_key: bytes, randomness: Randomness, told: dict[str, Any]
    ) -> None:
        super().__init__(randomness.token(KEY_BYTES), kind, randomness, told)
        bound_to = bound_to_part(*part)
        self.wrapped_key = wrap(aes_gcm(wrapping_key), self._key, bound_to, randomness.token(NONCE_BYTES))


class _EncryptingWriter:
    """A blob that is written encrypted. Large pieces are encrypted in threads."""

    __slots__ = ("_encryptor", "_writer")

    def __init__(self, writer: BlobWriter, key: bytes) -> None:
        self._writer = writer
        self._encryptor = Encryptor(key)

    @property
    def blob(self) -> bytes:
        return self._writer.blob

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if len(data) < THREAD_BYTES:
            stored = self._encryptor.update(data)
        else:
            stored = await asyncio.get_running_loop().run_in_executor(None, self._encryptor.update, data)
        if stored:
            await self._writer.write(stored)

    async def seal(self) -> int:
        await self._writer.write(self._encryptor.finish())
        return await self._writer.seal()

    async def discard(self) -> None:
        await self._writer.discard()
