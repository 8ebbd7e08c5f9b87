"""Keys about keys: every object has a key of its own, which is stored wrapped under another one.

What wraps an object's key is the master key (SSE-S3), a named key (SSE-KMS), or a key made from the customer's (SSE-C).
The wrapping is bound to the bucket's instance and the object's key, so that an entry which was moved in the index
opens nothing. The object's key encrypts the bytes of an object that was written in one piece; that of a multipart
upload wraps the keys of its parts, each bound to its upload and number.

Wrapping is AES-256-GCM with a random nonce. NIST SP 800-38D section 8.3 allows 2^32 of them under one key: rotate a
master key before four thousand million objects.

Pure. What must not be here: where keys come from.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from bushel.service.encryption.segments import Damaged, library

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
_VERIFIER_BYTES: Final = 16


def wrap(cipher: "AESGCM", key: bytes, bound_to: bytes, nonce: bytes) -> bytes:
    """A key as it may be stored.

    Args:
        cipher: Of the wrapping key (``aes_gcm``).
        key: To be wrapped.
        bound_to: What must be the same when it is unwrapped.
        nonce: ``NONCE_BYTES`` at random.
    """
    return nonce + cipher.encrypt(nonce, key, bound_to)


def unwrap(cipher: "AESGCM", wrapped: bytes, bound_to: bytes) -> bytes:
    """The key.

    Raises:
        Damaged: It was wrapped under another key, for something else, or is not what was stored.
    """
    try:
        return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
    except (library()[1], ValueError):
        raise Damaged("a wrapped key is not what was stored, or belongs to another object") from None


def bound_to_object(partition: bytes, row: bytes, context: bytes = b"") -> bytes:
    """What an object's key is bound to: its place, and the digest of an encryption context. Partitions have no NUL."""
    return b"".join((b"bushel object 1\0", partition, b"\0", bytes((len(context),)), context, row))


def bound_to_part(upload_id: str, number: int) -> bytes:
    """What a part's key is bound to, besides the object's key that wraps it."""
    return b"bushel part 1\0" + number.to_bytes(2, "big") + upload_id.encode()


def part_wrapping_key(object_key: bytes, upload_id: str) -> bytes:
    """The key that wraps the keys of an object's parts: its own in an upload, where it encrypts nothing else.

    An object without an upload was written in one piece, with its own key, before parts were appended to it.
    """
    return object_key if upload_id else hmac.digest(object_key, b"bushel appended wrapping key 1", hashlib.sha256)


def bound_to_annotation(name: str) -> bytes:
    """What an annotation's key is bound to, besides the object's key from which its wrapping key is made."""
    return b"bushel annotation 1\0" + name.encode()


def annotation_wrapping_key(object_key: bytes) -> bytes:
    """The key that wraps the keys of an object's annotations: its own encrypts bytes, or wraps parts' keys."""
    return hmac.digest(object_key, b"bushel annotation wrapping key 1", hashlib.sha256)


def customer_wrapping_key(customer_key: bytes, salt: bytes) -> bytes:
    """The key that wraps for SSE-C: made from the customer's, which is itself never stored."""
    return hmac.digest(customer_key, b"bushel wrapping key 1" + salt, hashlib.sha256)


def customer_key_verifier(customer_key: bytes, salt: bytes) -> bytes:
    """What is stored to know a customer's key again; it leads to no key (S3 User Guide, "Using SSE-C")."""
    return salt + hmac.digest(customer_key, b"bushel verifier 1" + salt, hashlib.sha256)[:_VERIFIER_BYTES]


def is_customer_key(customer_key: bytes, verifier: bytes) -> bool:
    """Whether the verifier is of this key."""
    return hmac.compare_digest(customer_key_verifier(customer_key, verifier[:SALT_BYTES]), verifier)
