"""Annotations in the row of their object: which cells they are, read and written as part of an atom.

A payload lies in pieces, since the index handles values of a few pages best. What must not be here: the engine.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from xxhash import xxh3_64_intdigest

from bushel.catalog.layout import ANNOTATED, ANNOTATIONS, annotation_suffix, order_suffix
from bushel.catalog.records import AnnotationRecord, encode
from bushel.engine.api import Corrupt, DeletePrefix, Put, Write

PIECE_BYTES: Final = 12 * 1024
"""Three pages of the index, as the largest object that lives there by default."""


class Annotation(NamedTuple):
    """An annotation with its payload."""

    record: AnnotationRecord
    payload: bytes


def annotating(order: int, annotations: Iterable[Annotation]) -> list[Write]:
    """What stores annotations of the version of this order, each in place of what its name holds."""
    writes: list[Write] = []
    for record, payload in annotations:
        suffix = annotation_suffix(order, record.name)
        writes += (Put(ANNOTATIONS, suffix, encode(record)), DeletePrefix(ANNOTATED, suffix))
        for number, first in enumerate(range(0, len(payload), PIECE_BYTES)):
            piece = payload[first : first + PIECE_BYTES]
            writes.append(Put(ANNOTATED, suffix + number.to_bytes(2, "big"), piece))
    return writes


def unannotating(order: int) -> list[Write]:
    """What removes all annotations of the version of this order."""
    prefix = order_suffix(order)
    return [DeletePrefix(ANNOTATIONS, prefix), DeletePrefix(ANNOTATED, prefix)]


def joined(record: AnnotationRecord, pieces: Sequence[bytes]) -> bytes:
    """The payload of its pieces.

    Raises:
        Corrupt: They are not what was stored.
    """
    payload = b"".join(pieces)
    if len(payload) != record.size or xxh3_64_intdigest(payload) != record.check:
        raise Corrupt("an annotation does not match its checksum")
    return payload


def summed(annotations: Sequence[Annotation]) -> tuple[int, int]:
    """How many they are, and their bytes."""
    return len(annotations), sum(record.size for record, _ in annotations)
