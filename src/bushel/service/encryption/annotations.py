"""Annotations encrypted as their object is: each payload under a key of its own, which the object's key leads to.

What must not be here: how the object's key is come by (``unlocking``, ``sealing``).
"""

import msgspec

from bushel.catalog.annotated import Annotation, stored
from bushel.catalog.records import AnnotationRecord
from bushel.core.ids import Randomness
from bushel.engine.api import Corrupt
from bushel.service.encryption.envelope import (
    NONCE_BYTES,
    annotation_wrapping_key,
    bound_to_annotation,
    unwrap,
    wrap,
)
from bushel.service.encryption.segments import KEY_BYTES, Damaged, aes_gcm, decrypt, encrypt


def seal_annotation(record: AnnotationRecord, payload: bytes, object_key: bytes, randomness: Randomness) -> Annotation:
    """An annotation of an encrypted object as it is stored."""
    key = randomness.token(KEY_BYTES)
    cipher = aes_gcm(annotation_wrapping_key(object_key))
    wrapped_key = wrap(cipher, key, bound_to_annotation(record.name), randomness.token(NONCE_BYTES))
    return stored(msgspec.structs.replace(record, wrapped_key=wrapped_key), encrypt(key, payload))


def open_annotation(annotation: Annotation, object_key: bytes | None) -> bytes:
    """The payload as it was sent.

    Raises:
        Corrupt: It is not what was stored.
    """
    record, payload = annotation
    if not record.wrapped_key:
        return payload
    if object_key is None:
        raise Corrupt("an annotation is encrypted, its object is not")
    try:
        cipher = aes_gcm(annotation_wrapping_key(object_key))
        key = unwrap(cipher, record.wrapped_key, bound_to_annotation(record.name))
        return decrypt(key, payload, record.size)
    except Damaged as error:
        raise Corrupt(f"an annotation: {error}") from error
