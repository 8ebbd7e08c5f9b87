"""What listings and looks at things give: plain records, times as datetime.

Made of the shapes of answers. What must not be here: requests.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from bushel.protocol.acl import ALL_USERS, GROUP_URIS
from bushel.protocol.checksums import ALGORITHMS
from bushel.protocol.shapes.acl import Grant
from bushel.protocol.shapes.tagging import Tag, Tagging

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ObjectEntry(NamedTuple):
    """An object in a listing.

    Attributes:
        size: Bytes.
        e_tag: In quotes, as S3 writes it.
        last_modified: When it was stored; whole seconds on most servers.
        storage_class: ``None`` where the server tells none.
        version_id: In listings of how it was at a moment; else ``None``.
    """

    key: str
    size: int
    e_tag: str
    last_modified: datetime
    storage_class: str | None = None
    version_id: str | None = None


class FolderEntry(NamedTuple):
    """What keys of a listing with a delimiter have in common.

    Attributes:
        prefix: The keys' beginning, delimiter included.
    """

    prefix: str


class VersionEntry(NamedTuple):
    """One version of an object, or the marker of its deletion.

    Attributes:
        latest: It is what is read without a version.
        deleted: It is a delete marker; without size and ETag.
        storage_class: ``None`` where the server tells none.
    """

    key: str
    version_id: str
    latest: bool
    deleted: bool
    size: int
    e_tag: str
    last_modified: datetime
    storage_class: str | None = None


class UploadEntry(NamedTuple):
    """An upload in parts that is neither complete nor aborted."""

    key: str
    upload_id: str
    initiated: datetime


class GrantEntry(NamedTuple):
    """Who may do what.

    Attributes:
        grantee: Canonical id, email address, or URI of a group.
        kind: ``CanonicalUser``, ``AmazonCustomerByEmail`` or ``Group``.
        name: The grantee's display name, if one is told.
        permission: ``READ``, ``WRITE``, ``READ_ACP``, ``WRITE_ACP`` or ``FULL_CONTROL``.
    """

    grantee: str
    kind: str
    name: str | None
    permission: str

    @property
    def everybody_reads(self) -> bool:
        """It lets people without a key read."""
        return self.grantee == GROUP_URIS[ALL_USERS] and self.permission in {"READ", "FULL_CONTROL"}


class ObjectInfo(NamedTuple):
    """What the server tells of an object without its bytes.

    Attributes:
        size: Bytes.
        metadata: The user's own, names in lower case.
        checksum: Algorithm and Base64 text (with ``-N`` behind it for one of part checksums), if one is known.
        parts: Number of parts that it was made of, if that was asked for.
        members: Everything that the server told, by the names of HeadObject's output.
    """

    key: str
    size: int
    e_tag: str
    last_modified: datetime
    content_type: str | None
    metadata: Mapping[str, str]
    version_id: str | None
    storage_class: str | None
    checksum: tuple[str, str] | None
    parts: int | None
    members: Mapping[str, Any]


def moment(milliseconds: int | None) -> datetime:
    """A time of a shape as a datetime; the epoch for one that is not told."""
    return _EPOCH + timedelta(milliseconds=milliseconds or 0)


def object_info(key: str, output: Any) -> ObjectInfo:
    """From the output of HeadObject or GetObject."""
    members = {
        name: value
        for name in output.__struct_fields__
        if name != "body" and (value := getattr(output, name)) is not None
    }
    size = output.content_length or 0
    if output.content_range is not None and (total := output.content_range.rpartition("/")[2]).isdecimal():
        size = int(total)
    return ObjectInfo(
        key,
        size,
        output.e_tag or "",
        moment(output.last_modified),
        output.content_type,
        output.metadata or {},
        output.version_id,
        output.storage_class,
        checksum_of(output),
        output.parts_count,
        members,
    )


def grant_entries(grants: Sequence[Grant]) -> list[GrantEntry]:
    """From the output of GetObjectAcl or GetBucketAcl."""
    found = []
    for each in grants:
        grantee = each.grantee
        if grantee is not None:
            who = grantee.uri or grantee.id or grantee.email_address or ""
            found.append(GrantEntry(who, grantee.type, grantee.display_name, each.permission or ""))
    return found


def tags_of(tags: Sequence[Tag]) -> dict[str, str]:
    """From the output of GetObjectTagging or GetBucketTagging."""
    return {each.key: each.value for each in tags}


def tagging_of(tags: Mapping[str, str]) -> Tagging:
    """For the input of PutObjectTagging or PutBucketTagging."""
    return Tagging(tag_set=[Tag(key=name, value=value) for name, value in tags.items()])


def checksum_of(output: Any) -> tuple[str, str] | None:
    """Algorithm and Base64 text of the checksum in an answer."""
    for algorithm in ALGORITHMS.values():
        value = getattr(output, algorithm.field, None)
        if value is not None:
            return algorithm.name, value
    return None
