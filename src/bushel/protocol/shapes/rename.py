"""An object that gets another key: RenameObject."""

from typing import Annotated

from msgspec import Struct

from bushel.protocol.codec.fields import Demanded, Header, Timestamp
from bushel.protocol.shapes.members import BucketName, ObjectKey


class RenameObjectInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    key: ObjectKey
    rename_source: Annotated[str | None, Header("x-amz-rename-source"), Demanded()] = None
    destination_if_match: Annotated[str | None, Header("If-Match")] = None
    destination_if_none_match: Annotated[str | None, Header("If-None-Match")] = None
    destination_if_modified_since: Annotated[Timestamp | None, Header("If-Modified-Since")] = None
    destination_if_unmodified_since: Annotated[Timestamp | None, Header("If-Unmodified-Since")] = None
    source_if_match: Annotated[str | None, Header("x-amz-rename-source-if-match")] = None
    source_if_none_match: Annotated[str | None, Header("x-amz-rename-source-if-none-match")] = None
    source_if_modified_since: Annotated[Timestamp | None, Header("x-amz-rename-source-if-modified-since")] = None
    source_if_unmodified_since: Annotated[Timestamp | None, Header("x-amz-rename-source-if-unmodified-since")] = None
    client_token: Annotated[str | None, Header("x-amz-client-token")] = None


class RenameObjectOutput(Struct, frozen=True, kw_only=True):
    """Nothing: the status says it."""
