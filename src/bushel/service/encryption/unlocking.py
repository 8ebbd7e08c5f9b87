"""The key of an object that is read: taken out of its wrapping for whoever may have it.

What must not be here: bytes (``service.content``), rights to read (``service.authz``).
"""

from typing import Any, Final, NamedTuple

from bushel.catalog.records import SSE_C, SSE_KMS, SSE_S3, BucketRecord, Encryption, ObjectEntry, UploadRecord
from bushel.catalog.users import ROOT_ID
from bushel.engine.api import Corrupt
from bushel.protocol.encryption import (
    AES256,
    Asked,
    CustomerKey,
    asked_encryption,
    context_digest,
    customer_key,
    key_name,
    names_customer_key,
    source_customer_key,
)
from bushel.protocol.errors import S3Error
from bushel.protocol.policy import account_of
from bushel.protocol.sigv4 import Claim
from bushel.service.context import Context
from bushel.service.encryption.envelope import (
    SALT_BYTES,
    bound_to_object,
    customer_wrapping_key,
    is_customer_key,
    part_wrapping_key,
    unwrap,
)
from bushel.service.encryption.sealing import PartSealing, told_of_customer
from bushel.service.encryption.segments import Damaged, aes_gcm
from bushel.service.encryption.wrappings import moved, open_key, told_of


class Unlocked(NamedTuple):
    """An object whose key is at hand.

    Attributes:
        key: ``None`` for an object that is not encrypted.
        told: Members of the answer.
    """

    key: bytes | None
    told: dict[str, Any]


NOT_ENCRYPTED: Final = Unlocked(None, {})


def unlock(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, request: Any) -> Unlocked:
    """The key of the object that GetObject, HeadObject or the like names.

    Raises:
        S3Error: InvalidRequest where the object's encryption needs headers that are missing, or none of those sent;
            AccessDenied for another key than the one it was written with; what the headers can be refused for;
            KMS.DisabledException, KMS.NotFoundException and InternalError for keys that the server does not have.
        Corrupt: The stored key is damaged.
    """
    return _unlock(ctx, bucket, key, entry, confidential(ctx, customer_key(request)))


def unlock_kept(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry) -> Unlocked:
    """The key of an object that no customer's key is needed for.

    Raises:
        S3Error: As ``unlock``.
        Corrupt: The stored key is damaged.
    """
    return NOT_ENCRYPTED if entry.encryption is None else _unlock(ctx, bucket, key, entry, None)


def unlock_source(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, request: Any) -> Unlocked:
    """The same for the source of a copy, whose headers have names of their own."""
    return _unlock(ctx, bucket, key, entry, confidential(ctx, source_customer_key(request)))


def _unlock(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, customer: CustomerKey | None) -> Unlocked:
    encryption = entry.encryption
    if encryption is None or encryption.kind != SSE_C:
        if customer is not None:
            raise S3Error("InvalidRequest.NotCustomerEncrypted")
        if encryption is None:
            return NOT_ENCRYPTED
        return Unlocked(_open_kept(ctx, bucket, key, encryption), told_of(bucket, encryption))
    if customer is None:
        raise S3Error("InvalidRequest.CustomerKeyNeeded")
    if not is_customer_key(customer.key, encryption.wrapped_by):
        raise S3Error("AccessDenied.CustomerKey")
    return Unlocked(_open_customer(bucket, key, encryption, customer), told_of_customer(customer))


def moved_encryption(
    ctx: Context, bucket: BucketRecord, keys: tuple[str, str], entry: ObjectEntry
) -> Encryption | None:
    """The record of encryption of an object that gets the second key in place of the first.

    Raises:
        S3Error: InvalidRequest for an object that only its customer can open; as ``unlock``.
        Corrupt: The stored key is damaged.
    """
    encryption = entry.encryption
    if encryption is None:
        return None
    if encryption.kind == SSE_C:
        raise S3Error("InvalidRequest.RenameOfCustomer")
    if encryption.kind == SSE_KMS:
        require_signature_v4(ctx)
    rows = keys[0].encode(), keys[1].encode()
    try:
        return moved(ctx.service.keys, encryption, bucket.partition, rows, ctx.service.randomness)
    except Damaged as error:
        raise Corrupt(f"{bucket.name}/{keys[0]}: {error}") from error


def part_sealing(
    ctx: Context, bucket: BucketRecord, key: str, upload: UploadRecord, number: int, request: Any
) -> PartSealing | None:
    """How a part is to be encrypted; ``None`` for an upload that is not.

    Raises:
        S3Error: InvalidRequest where the part's headers are not those of the upload.
        Corrupt: The stored key is damaged.
    """
    encryption = upload.encryption
    if encryption is None and not names_customer_key(request):
        return None
    customer = check_upload_key(ctx, upload, request)
    if encryption is None:
        return None
    if encryption.kind != SSE_C:
        opened, told = _open_kept(ctx, bucket, key, encryption), told_of(bucket, encryption)
    elif customer is None:
        raise S3Error("InvalidRequest.PartEncryption")
    else:
        opened, told = _open_customer(bucket, key, encryption, customer), told_of_customer(customer)
    wrapping_key = part_wrapping_key(opened, upload.upload_id)
    return PartSealing(encryption.kind, (upload.upload_id, number), wrapping_key, ctx.service.randomness, told)


def appended_sealing(
    ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, part: tuple[str, int], request: Any
) -> PartSealing | None:
    """How bytes that are appended to an object are to be encrypted: as the object is; ``None`` if it is not.

    Args:
        ctx: The request.
        bucket: Where.
        key: Which key.
        entry: The object.
        part: Its upload and the number of the new part.
        request: The request's input.

    Raises:
        S3Error: EncryptionTypeMismatch where the request asks for another encryption; as ``unlock``.
        Corrupt: The stored key is damaged.
    """
    encryption = entry.encryption
    asked = asked_encryption(request)
    if asked is not None and (encryption is None or not _is_asked(bucket, encryption, asked)):
        raise S3Error("EncryptionTypeMismatch")
    if names_customer_key(request) and (encryption is None or encryption.kind != SSE_C):
        raise S3Error("EncryptionTypeMismatch")
    if encryption is None:
        return None
    key_of_object, told = unlock(ctx, bucket, key, entry, request)
    assert key_of_object is not None
    wrapping_key = part_wrapping_key(key_of_object, part[0])
    return PartSealing(encryption.kind, part, wrapping_key, ctx.service.randomness, told)


def _is_asked(bucket: BucketRecord, encryption: Encryption, asked: Asked) -> bool:
    if asked.algorithm == AES256:
        return encryption.kind == SSE_S3
    return (
        encryption.kind == SSE_KMS
        and (asked.key_id is None or key_name(asked.key_id, bucket.region, account_of(ROOT_ID)) == encryption.kms_key)
        and (asked.context is None or context_digest(asked.context) == encryption.context)
        and (asked.bucket_key is None or asked.bucket_key == encryption.bucket_key)
    )


def check_upload_key(ctx: Context, upload: UploadRecord, request: Any) -> CustomerKey | None:
    """The customer's key that a request about an upload brings, if it is the upload's.

    Raises:
        S3Error: InvalidRequest where it is another one, or the upload has none.
    """
    if not names_customer_key(request):
        return None
    customer = confidential(ctx, customer_key(request))
    assert customer is not None
    if upload.encryption is None or upload.encryption.kind != SSE_C:
        raise S3Error("InvalidRequest.PartEncryption")
    if not is_customer_key(customer.key, upload.encryption.wrapped_by):
        raise S3Error("InvalidRequest.PartCustomerKey")
    return customer


def _open_kept(ctx: Context, bucket: BucketRecord, key: str, encryption: Encryption) -> bytes:
    """The key of an object that is encrypted under a key of the operator's."""
    if encryption.kind == SSE_KMS:
        require_signature_v4(ctx)
    try:
        return open_key(ctx.service.keys, encryption, bucket.partition, key.encode())
    except Damaged as error:
        raise Corrupt(f"{bucket.name}/{key}: {error}") from error


def _open_customer(bucket: BucketRecord, key: str, encryption: Encryption, customer: CustomerKey) -> bytes:
    salt = encryption.wrapped_by[:SALT_BYTES]
    cipher = aes_gcm(customer_wrapping_key(customer.key, salt))
    try:
        return unwrap(cipher, encryption.key, bound_to_object(bucket.partition, key.encode()))
    except Damaged as error:
        raise Corrupt(f"{bucket.name}/{key}: {error}") from error


def confidential(ctx: Context, customer: CustomerKey | None) -> CustomerKey | None:
    """Refuses a key that others could read on its way (S3 User Guide, "Using SSE-C": "You must use HTTPS")."""
    if customer is not None and not ctx.confidential:
        raise S3Error("InvalidRequest.Insecure")
    return customer


def require_signature_v4(ctx: Context) -> None:
    """Refuses what S3 refuses for SSE-KMS (S3 User Guide, "Using SSE-KMS"): anonymous callers and older signatures."""
    if not isinstance(ctx.claim, Claim):
        raise S3Error("InvalidArgument.KMSSignature", ArgumentName="Authorization", ArgumentValue="null")
