"""Where things are in the engine: partitions, spaces, rows and suffixes. Nothing else may invent a key.

The system partition knows buckets and users; each bucket's contents are one partition, named by the bucket's instance
id (never by its name, so that a bucket made anew under an old name shares nothing with the old one).

=========== ============= ======================= ================================================================
space       row           suffix                  value
=========== ============= ======================= ================================================================
system partition
BUCKET      bucket name   (empty)                 BucketRecord
OWNED       user id       bucket name/instance id (empty); a hint that is checked against BUCKET
USER        ``users``     user name               UserRecord
USER_ID     ``users``     user id                 user name
USER_EMAIL  ``users``     e-mail, lower case      user name
ACCESS_KEY  ``users``     access key id           AccessKeyRecord
CONFIGURED  bucket name   kind                    the configuration as S3 writes it: an XML or a JSON document
bucket partition
CURRENT     S3 key        (empty)                 ObjectEntry of the current version; never a delete marker
VERSIONS    S3 key        inverted order, 8 bytes ObjectEntry of every version and delete marker, the current one too,
                                                  newest first; nothing for a key that was never written with versions
NULL        S3 key        (empty)                 ObjectEntry of the null version while it is not the current one
DATA        S3 key        (empty) or version      inline bytes of the current or of an older version
MANIFEST    S3 key        (empty) or version      Manifest of a multipart object; NO_CURRENT where the newest version is
                                                  a delete marker
EXTRA       S3 key        (empty) or version      Extra: metadata too large for the entry
UPLOADS     S3 key        upload id               UploadRecord
PARTS       S3 key        upload id, number (2)   PartRecord
ANNOTATIONS S3 key        inverted order, digest  AnnotationRecord; the digest is SHA-256 of the annotation's name
ANNOTATED   S3 key        same, number (2)        a piece of the annotation's payload
torrents, a partition of its own
TORRENT     version's     (empty)                 TorrentRecord; the row is a digest of bucket instance, order and key
HASHES      version's     number (1)              some of the piece hashes
ISSUED      info-hash     (empty)                 IssuedRecord: the row of the torrent that it names
=========== ============= ======================= ================================================================

The suffix "version" is the inverted order of an older version, or NULL_VERSION for the null version, which the atoms
that replace it must find without knowing its order. What annotates a version is found by its order, which it keeps as
long as it lives, so that nothing moves with it. A listing walks CURRENT alone, so it never touches inline bytes,
manifests, or what is not current.
"""

import hashlib
from typing import Final

from bushel.engine.api import Cell

SYSTEM: Final = b"system"
TORRENTS: Final = b"torrents"

BUCKET: Final = 1
OWNED: Final = 2
USER: Final = 3
USER_ID: Final = 4
USER_EMAIL: Final = 5
ACCESS_KEY: Final = 6
CONFIGURED: Final = 7

CURRENT: Final = 1
VERSIONS: Final = 2
DATA: Final = 3
MANIFEST: Final = 4
EXTRA: Final = 5
UPLOADS: Final = 6
PARTS: Final = 7
NULL: Final = 8
ANNOTATIONS: Final = 9
ANNOTATED: Final = 10

TORRENT: Final = 1
HASHES: Final = 2
ISSUED: Final = 3

USERS_ROW: Final = b"users"

CURRENT_CELL: Final = Cell(CURRENT)
DATA_CELL: Final = Cell(DATA)
MANIFEST_CELL: Final = Cell(MANIFEST)
EXTRA_CELL: Final = Cell(EXTRA)
NULL_CELL: Final = Cell(NULL)

NULL_VERSION: Final = b"\xff" * 8
"""Suffix of what belongs to the null version while it is not the current one; sorts after every order."""

NO_CURRENT: Final = b"\xc0"
"""Stands where the manifest of a current version would be: who writes to a bucket without versions reads that cell
anyway, and so learns that versioning began since."""

UPLOAD_ID_LENGTH: Final = 32

OBJECTS_COUNTER: Final = b"objects"
BYTES_COUNTER: Final = b"bytes"


def bucket_partition(instance: str) -> bytes:
    return b"b" + instance.encode()


def order_suffix(order: int) -> bytes:
    """Suffix of a version: newer ones sort first."""
    return (_LAST_ORDER - order).to_bytes(8, "big")


_LAST_ORDER: Final = 2**64 - 1


def annotation_suffix(order: int, name: str) -> bytes:
    """Suffix of one annotation of the version of this order."""
    return order_suffix(order) + hashlib.sha256(name.encode()).digest()


def part_suffix(upload_id: str, number: int) -> bytes:
    return upload_id.encode() + number.to_bytes(2, "big")
