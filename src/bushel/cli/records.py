"""What ``--json`` prints: one object a line, each of one of these shapes. Members that say nothing are left out.

The page of the command line lists them, from here. Members may be added; those that are here stay.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from bushel.cli.terminal import write_line


class BucketLine(Struct, omit_defaults=True, tag="bucket", tag_field="type"):
    """A bucket (``ls``, ``mb``, ``rb``, ``stat``)."""

    bucket: str
    created: Annotated[str, Meta(description="ISO 8601, UTC")] = ""
    region: str = ""
    status: Annotated[str, Meta(description="made, removed, exists or failed, where something was done")] = ""
    error: str = ""


class ObjectLine(Struct, omit_defaults=True, tag="object", tag_field="type"):
    """An object (``ls``, ``find``, ``stat``)."""

    bucket: str
    key: str
    size: Annotated[int | None, Meta(description="bytes")] = None
    last_modified: Annotated[str, Meta(description="ISO 8601, UTC")] = ""
    e_tag: Annotated[str, Meta(description="without quotes")] = ""
    storage_class: str = ""
    version_id: str = ""
    latest: Annotated[bool | None, Meta(description="in listings of versions")] = None
    deleted: Annotated[bool | None, Meta(description="it is a delete marker")] = None
    content_type: str = ""
    checksum: Annotated[str, Meta(description="algorithm:Base64")] = ""
    metadata: dict[str, str] = {}
    headers: Annotated[dict[str, str], Meta(description="content headers and what else is told of it")] = {}


class FolderLine(Struct, omit_defaults=True, tag="folder", tag_field="type"):
    """What keys have in common (``ls``, ``tree``)."""

    bucket: str
    prefix: str


class UploadLine(Struct, omit_defaults=True, tag="upload", tag_field="type"):
    """An upload in parts that is not complete (``ls --uploads``)."""

    bucket: str
    key: str
    upload_id: str
    initiated: Annotated[str, Meta(description="ISO 8601, UTC")] = ""


class UsageLine(Struct, omit_defaults=True, tag="usage", tag_field="type"):
    """How much there is below a place (``du``)."""

    place: str
    objects: int
    size: Annotated[int, Meta(description="bytes")]


class TransferLine(Struct, omit_defaults=True, tag="transfer", tag_field="type"):
    """One thing moved or removed (``put``, ``get``, ``cp``, ``mv``, ``rm``, ``sync``)."""

    action: Literal["put", "get", "copy", "delete"]
    status: Literal["done", "planned", "skipped", "failed"]
    source: str = ""
    target: str = ""
    size: Annotated[int | None, Meta(description="bytes")] = None
    e_tag: str = ""
    version_id: str = ""
    error: str = ""
    code: Annotated[str, Meta(description="S3's code of the error, where the server refused")] = ""


class SummaryLine(Struct, omit_defaults=True, tag="summary", tag_field="type"):
    """The last line of everything that moves or removes."""

    done: int
    failed: int
    skipped: int
    size: Annotated[int, Meta(description="bytes moved")]
    seconds: float


class LinkLine(Struct, omit_defaults=True, tag="link", tag_field="type"):
    """A URL (``presign``)."""

    url: str
    method: str
    place: str
    expires_seconds: int
    headers: Annotated[dict[str, str], Meta(description="to be sent with the request")] = {}


class TorrentLine(Struct, omit_defaults=True, tag="torrent", tag_field="type"):
    """An object shared by BitTorrent (``torrent``)."""

    place: str
    info_hash: Annotated[str, Meta(description="hexadecimal")]
    magnet: str
    name: str
    size: Annotated[int, Meta(description="bytes")]
    piece_size: Annotated[int, Meta(description="bytes")]
    tracker: str = ""
    web_seeds: list[str] = []
    file: Annotated[str, Meta(description="where the torrent was saved")] = ""


class GrantLine(Struct, omit_defaults=True, tag="grant", tag_field="type"):
    """One grant of an access control list (``acl``)."""

    place: str
    grantee: str
    kind: str
    permission: str
    name: str = ""


class PublicationLine(Struct, omit_defaults=True, tag="publication", tag_field="type"):
    """A publication of a web site (``site``)."""

    bucket: str
    name: str
    live: Annotated[bool, Meta(description="visitors see it")]
    created: Annotated[str, Meta(description="ISO 8601, UTC")] = ""
    files: Annotated[int | None, Meta(description="compressed forms are counted")] = None
    size: Annotated[int | None, Meta(description="bytes of all its files")] = None
    status: Annotated[
        str,
        Meta(description="published, restored, unchanged, planned or forgotten, where something was done; interrupted"),
    ] = ""
    url: Annotated[str, Meta(description="where visitors find it, as far as that is known")] = ""


LINES: tuple[type[Struct], ...] = (
    BucketLine,
    ObjectLine,
    FolderLine,
    UploadLine,
    UsageLine,
    TransferLine,
    SummaryLine,
    LinkLine,
    TorrentLine,
    GrantLine,
    PublicationLine,
)

_encode = msgspec.json.Encoder().encode


def write_json(line: Struct) -> None:
    """Print one line of JSON."""
    write_line(_encode(line).decode())
