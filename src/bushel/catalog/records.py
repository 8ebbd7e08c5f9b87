"""What is stored, as records: msgpack arrays whose first element is the record's version.

A released version of a record never changes. A new one gets the next tag, and a function that turns the previous one
into it; the decoder then takes both. Times are milliseconds since 1970 UTC unless the name says ``_ns``.

Records know no S3 errors and no wire forms. ACL grants are stored as the tuples that protocol/acl.py defines and are
opaque here.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

import msgspec

from bushel.catalog.layout import bucket_partition
from bushel.engine.api import Corrupt

Grants = tuple[tuple[str, str, str], ...]
"""Explicit grants; empty means private to the owner."""

INLINE: Final = 0
BLOB: Final = 1
MULTIPART: Final = 2
MARKER: Final = 3

NULL_ID: Final = "null"

GOVERNANCE: Final = 1
COMPLIANCE: Final = 2

SSE_C: Final = 1
SSE_S3: Final = 2
SSE_KMS: Final = 3

MAX_ENTRY_BYTES: Final = 1024
"""An entry whose metadata would make it longer keeps them in an Extra record of its own."""


class Checksum(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A checksum of an object or a part.

    Attributes:
        algorithm: S3's name, ``CRC64NVME`` for example.
        type: ``FULL_OBJECT`` or ``COMPOSITE``.
        digest: The raw bytes.
        parts: For COMPOSITE the number of parts (the ``-N``); 0 otherwise.
    """

    algorithm: str
    type: Literal["FULL_OBJECT", "COMPOSITE"]
    digest: bytes
    parts: int = 0


class Metadata(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the writer said of an object beside its bytes.

    Attributes:
        content_type: As sent, or S3's default.
        headers: Content headers to give back, by lower-case header name (cache-control, expires, …).
        user: User metadata, names lower case without ``x-amz-meta-``.
        grants: ACL.
        tags: By key, in the order in which they were given.
    """

    content_type: str = "binary/octet-stream"
    headers: dict[str, str] = {}
    user: dict[str, str] = {}
    grants: Grants = ()
    tags: dict[str, str] = {}


NO_METADATA: Final = Metadata()


class Encryption(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How an object's bytes are encrypted. What a key is wrapped under is elsewhere: nothing stored here opens it.

    Attributes:
        kind: SSE_C, SSE_S3 or SSE_KMS.
        key: The object's key, wrapped: of its bytes, or for MULTIPART of its parts' keys.
        wrapped_by: Which key version wraps it; for SSE_C what the customer's key is verified with.
        kms_key: Name of the key for SSE_KMS.
        context: Digest of the encryption context for SSE_KMS; empty where there is none.
        bucket_key: Whether a key of the bucket stands between that of SSE_KMS and the object's.
    """

    kind: int
    key: bytes
    wrapped_by: bytes
    kms_key: str = ""
    context: bytes = b""
    bucket_key: bool = False


class Lock(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What keeps a version from being removed; catalog/locks.py has the rules.

    Attributes:
        mode: Of its retention, GOVERNANCE or COMPLIANCE; 0 where it has none.
        until: When the retention ends, in milliseconds; 0 where it has none.
        hold: Whether a legal hold is on it; ``None`` where nobody ever said.
    """

    mode: int = 0
    until: int = 0
    hold: bool | None = None


class ObjectEntry(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """One version of an object, or a delete marker.

    Attributes:
        order: Nanoseconds; strictly growing within a row, so it orders versions however the clock steps.
        version_id: NULL_ID for the null version; empty for one of a key that was never written with versions.
        last_modified: Milliseconds.
        size: Bytes of the object.
        etag: Without quotes.
        owner: User id.
        storage: INLINE, BLOB or MULTIPART: where the bytes are; MARKER for a delete marker.
        blob: Name of the blob for BLOB.
        check: xxh3-64 of the inline bytes for INLINE.
        parts: Number of parts for MULTIPART.
        checksum: As S3 would tell it; ``None`` only for what was stored without one.
        metadata: ``None`` when it is in the row's EXTRA cell.
        annotations: How many annotations it has, and their bytes.
        encryption: ``None`` where the bytes are stored as they are. ``size`` is that of the plain bytes all the same;
            ``check`` is of what is stored.
        lock: ``None`` where nothing was ever locked.
        renamed: Digests of the client token and the request that gave the object this key, if a token came with it.
    """

    order: int
    version_id: str
    last_modified: int
    size: int
    etag: str
    owner: str
    storage: int
    blob: bytes = b""
    check: int = 0
    parts: int = 0
    checksum: Checksum | None = None
    metadata: Metadata | None = NO_METADATA
    annotations: tuple[int, int] | None = None
    encryption: Encryption | None = None
    lock: Lock | None = None
    renamed: bytes | None = None

    @property
    def counted_bytes(self) -> int:
        """What the version counts in its bucket's bytes: its own, and those of its annotations."""
        return self.size if self.annotations is None else self.size + self.annotations[1]


class ManifestPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One part of a completed multipart object.

    Attributes:
        checksum: The raw digest in the upload's algorithm, or empty.
        key: The part's key, wrapped under the object's; empty where it is not encrypted, and for what was the whole of
            an encrypted object before something was appended to it: the object's own key encrypts it.
    """

    number: int
    size: int
    blob: bytes
    checksum: bytes = b""
    key: bytes = b""


class Manifest(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """The parts of a multipart object in order.

    ``upload_id`` lets a repeated Complete be answered as the first was; it is empty for an object that was in one piece
    until something was appended to it.
    """

    upload_id: str
    parts: list[ManifestPart]


class UploadRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A multipart upload in progress.

    Attributes:
        revision: Grows with every part stored, so that Complete notices a part that came while it looked.
        checksum_algorithm: Empty when the client named none.
        checksum_type: Empty when the client named neither.
        lock: What the client asked for; the bucket's default comes with the object.
    """

    upload_id: str
    initiated: int
    owner: str
    initiator: str
    metadata: Metadata
    checksum_algorithm: str = ""
    checksum_type: Literal["FULL_OBJECT", "COMPOSITE", ""] = ""
    revision: int = 0
    encryption: Encryption | None = None
    lock: Lock | None = None


class PartRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """One uploaded part.

    Attributes:
        md5: Raw; of encrypted parts whatever stands for it in their ETag.
        checksum: ``None`` when no algorithm was asked for and none sent.
        key: As in ManifestPart.
    """

    number: int
    size: int
    md5: bytes
    last_modified: int
    blob: bytes
    checksum: Checksum | None = None
    key: bytes = b""


class AnnotationRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """One annotation of a version.

    Attributes:
        size: Bytes of the payload as it was sent.
        md5: Raw; for SSE-KMS what stands for it in an ETag.
        check: xxh3-64 of the payload as it is stored.
        wrapped_key: Of an encrypted payload, under the object's key; empty where the object is not encrypted.
    """

    name: str
    size: int
    md5: bytes
    last_modified: int
    checksum: Checksum
    check: int = 0
    wrapped_key: bytes = b""


class BucketRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A bucket. Every request reads it, so what is long is elsewhere and only named here.

    Attributes:
        ownership: S3's ObjectOwnership value, or empty where no ownership controls were set.
        configured: Kinds of configuration that the bucket has; their documents are cells of the same row.
        versioning: S3's versioning status; empty where it was never set.
        revision: Grows with every change of a configuration, so that what was read of one can be remembered.
    """

    name: str
    instance: str
    owner: str
    created: int
    region: str
    grants: Grants = ()
    ownership: str = ""
    configured: frozenset[str] = frozenset()
    versioning: str = ""
    revision: int = 0

    @property
    def partition(self) -> bytes:
        return bucket_partition(self.instance)


class UserRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A user.

    Attributes:
        id: Canonical user id (64 hexadecimal digits unless it was given).
        policies: Name to JSON document; an empty document stands for the policy that comes with Bushel.
        quota: Limits of all the user's buckets together, as catalog/quotas.py writes them; empty where there are none.
    """

    name: str
    id: str
    display_name: str
    email: str
    access_key: str
    created: int
    enabled: bool = True
    policies: dict[str, str] = {}
    quota: bytes = b""


class BackPointer(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """For which row a blob was written: recovery looks there whether the index names it."""

    partition: bytes
    row: bytes


class TorrentRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A torrent without its piece hashes.

    Attributes:
        bucket: Name of the bucket.
        instance: Of the bucket.
        order: Of the version, which it keeps as long as it lives.
        version_id: As it was then.
        name: Of the file.
        size: Of the object.
        made: Milliseconds.
    """

    bucket: str
    instance: str
    key: str
    order: int
    version_id: str
    name: str
    size: int
    piece_bytes: int
    info_hash: bytes
    made: int


class IssuedRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """What an info-hash names: the row of its torrent. ``made`` in milliseconds."""

    row: bytes
    made: int


class AccessKeyRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """What authentication needs, in one read. Kept in step with UserRecord in the same atom."""

    secret_key: str
    user_name: str
    user_id: str
    display_name: str
    enabled: bool = True
    policies: dict[str, str] = {}


encode = msgspec.msgpack.Encoder().encode

RecordT = TypeVar("RecordT")


def _decoder(kind: str, record: type[RecordT]) -> Callable[[bytes], RecordT]:
    """A decoder that reports what it cannot read as the engine's Corrupt: such bytes were not written by us."""
    decode = msgspec.msgpack.Decoder(record).decode

    def decode_record(raw: bytes) -> RecordT:
        try:
            return decode(raw)
        except msgspec.DecodeError as error:
            raise Corrupt(f"a stored {kind} cannot be read: {error}") from error

    return decode_record


decode_entry = _decoder("object entry", ObjectEntry)
decode_extra = _decoder("metadata record", Metadata)
decode_manifest = _decoder("manifest", Manifest)
decode_upload = _decoder("upload", UploadRecord)
decode_part = _decoder("part", PartRecord)
decode_annotation = _decoder("annotation", AnnotationRecord)
decode_bucket = _decoder("bucket", BucketRecord)
decode_user = _decoder("user", UserRecord)
decode_access_key = _decoder("access key", AccessKeyRecord)
decode_back_pointer = _decoder("back pointer", BackPointer)
decode_torrent = _decoder("torrent", TorrentRecord)
decode_issued = _decoder("issued torrent", IssuedRecord)
