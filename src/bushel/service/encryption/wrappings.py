"""SSE-S3 and SSE-KMS: keys of objects wrapped under the operator's keys.

A bucket key (SSE-KMS) is made from the named key and the bucket's instance. What must not be here: files of keys
(``keyring``), which of them a request means (``choosing``).
"""

from typing import Any, Final

from bushel.catalog.records import SSE_C, SSE_KMS, SSE_S3, BucketRecord, Encryption
from bushel.catalog.users import ROOT_ID
from bushel.core.ids import Randomness
from bushel.protocol.encryption import AES256, KMS
from bushel.protocol.errors import S3Error
from bushel.protocol.policy import account_of
from bushel.service.encryption.envelope import NONCE_BYTES, bound_to_object, unwrap, wrap
from bushel.service.encryption.keyring import MASTER, Key, Keyring, KeySource, KeyVersion


def key_arn(bucket: BucketRecord, name: str) -> str:
    """A named key as answers tell it: in the bucket's region, of the operator's account."""
    return f"arn:aws:kms:{bucket.region}:{account_of(ROOT_ID)}:key/{name}"


def told_of(bucket: BucketRecord, encryption: Encryption) -> dict[str, Any]:
    """Members by which every answer tells of an encryption under the operator's keys."""
    if encryption.kind == SSE_C:
        return {}  # confirmed where a request brings the key
    if encryption.kind == SSE_S3:
        return {"server_side_encryption": AES256}
    told: dict[str, Any] = {
        "server_side_encryption": KMS,
        "ssekms_key_id": key_arn(bucket, encryption.kms_key),
    }
    if encryption.bucket_key:
        told["bucket_key_enabled"] = True  # S3 leaves it out where it is false
    return told


class MasterWrapping:
    """SSE-S3: under the newest version of the master key.

    Args:
        key: As it is now; a newer version that there is when the bytes are is taken instead.
    """

    kind: Final = SSE_S3
    kms_key: Final = ""

    def __init__(self, keys: KeySource, key: Key) -> None:
        self._keys, self._key = keys, key
        self.told: dict[str, Any] = {"server_side_encryption": AES256}

    def wrap(self, key: bytes, partition: bytes, row: bytes, randomness: Randomness) -> Encryption:
        version = (self._keys.current().master or self._key).current
        return Encryption(SSE_S3, *_wrapped(version, key, partition, row, randomness))


class NamedWrapping:
    """SSE-KMS: under the newest version of a named key.

    Args:
        key: As it is now, as in MasterWrapping.
        context: Digest of the encryption context; empty where there is none.
        context_told: The context as it was sent, for the answer.
        bucket_key: Whether a key of the bucket is to stand between.
    """

    kind: Final = SSE_KMS

    def __init__(
        self,
        keys: KeySource,
        key: Key,
        bucket: BucketRecord,
        context: bytes,
        context_told: str | None,
        *,
        bucket_key: bool,
    ) -> None:
        self._keys, self._key, self._context, self._bucket_key = keys, key, context, bucket_key
        self.kms_key: Final = key.name
        self.told: dict[str, Any] = {
            "server_side_encryption": KMS,
            "ssekms_key_id": key_arn(bucket, key.name),
            "ssekms_encryption_context": context_told,
            "bucket_key_enabled": True if bucket_key else None,
        }

    def wrap(self, key: bytes, partition: bytes, row: bytes, randomness: Randomness) -> Encryption:
        version = (self._keys.current().key(self._key.name) or self._key).current
        wrapped = _wrapped(version, key, partition, row, randomness, self._context, bucket_key=self._bucket_key)
        return Encryption(SSE_KMS, *wrapped, self._key.name, self._context, self._bucket_key)


def _wrapped(
    version: KeyVersion,
    key: bytes,
    partition: bytes,
    row: bytes,
    randomness: Randomness,
    context: bytes = b"",
    *,
    bucket_key: bool = False,
) -> tuple[bytes, bytes]:
    """The wrapped key, and what names the version that wraps it."""
    cipher = version.cipher_of_bucket(partition) if bucket_key else version.cipher
    nonce = randomness.token(NONCE_BYTES)
    return wrap(cipher, key, bound_to_object(partition, row, context), nonce), version.id


def open_key(keys: KeySource, encryption: Encryption, partition: bytes, row: bytes) -> bytes:
    """The key of an object that is encrypted under the operator's keys.

    The master key is never disabled, so a version of it that is known opens without a look at the file.

    Raises:
        S3Error: KMS.DisabledException; KMS.NotFoundException for a named key that is gone, InternalError for the
            master key.
        Damaged: The stored key is none.
    """
    return _open(_version_of(keys, encryption), encryption, partition, row)


def moved(
    keys: KeySource, encryption: Encryption, partition: bytes, rows: tuple[bytes, bytes], randomness: Randomness
) -> Encryption:
    """The same encryption of an object that moves from one row to another: its key, bound to the other one.

    Raises:
        S3Error: As ``open_key``.
        Damaged: As ``open_key``.
    """
    version = _version_of(keys, encryption)
    opened = _open(version, encryption, partition, rows[0])
    wrapped = _wrapped(
        version, opened, partition, rows[1], randomness, encryption.context, bucket_key=encryption.bucket_key
    )
    return Encryption(encryption.kind, *wrapped, encryption.kms_key, encryption.context, encryption.bucket_key)


def _version_of(keys: KeySource, encryption: Encryption) -> KeyVersion:
    if encryption.kind == SSE_S3:
        master = keys.known().master
        version = None if master is None else master.version(encryption.wrapped_by)
        if version is not None:
            return version
    key = keys.current().key(encryption.kms_key if encryption.kind == SSE_KMS else MASTER)
    if key is not None and not key.enabled:
        raise S3Error("KMS.DisabledException", KeyName=key.name)
    version = key.version(encryption.wrapped_by) if key is not None else None
    if version is None:
        if encryption.kind == SSE_KMS:
            raise S3Error("KMS.NotFoundException", message=f"Key '{encryption.kms_key}' does not exist")
        raise S3Error("InternalError.MasterKey")
    return version


def _open(version: KeyVersion, encryption: Encryption, partition: bytes, row: bytes) -> bytes:
    cipher = version.cipher_of_bucket(partition) if encryption.bucket_key else version.cipher
    return unwrap(cipher, encryption.key, bound_to_object(partition, row, encryption.context))


def rewrapped(
    keyring: Keyring, encryption: Encryption, partition: bytes, row: bytes, randomness: Randomness
) -> Encryption | None:
    """The same encryption under the newest version of its key; ``None`` where that is what it is under.

    Keys that are disabled are wrapped anew too: they are the operator's own to open.

    Raises:
        LookupError: The version that wraps it is not among the keys.
        Damaged: The stored key is none.
    """
    if encryption.kind not in {SSE_S3, SSE_KMS}:
        return None
    key = keyring.key(encryption.kms_key if encryption.kind == SSE_KMS else MASTER)
    version = None if key is None else key.version(encryption.wrapped_by)
    if key is None or version is None:
        raise LookupError(encryption.wrapped_by.hex())
    if version is key.current:
        return None
    opened = _open(version, encryption, partition, row)
    wrapped = _wrapped(
        key.current, opened, partition, row, randomness, encryption.context, bucket_key=encryption.bucket_key
    )
    return Encryption(encryption.kind, *wrapped, encryption.kms_key, encryption.context, encryption.bucket_key)
