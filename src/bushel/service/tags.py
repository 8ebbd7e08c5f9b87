"""Tags of objects where other operations touch them: how many there are, and what a copy takes over.

No permission of an ACL speaks of tags, so they are for the object's owner and whom an ACL grants full control (S3 User
Guide, "Access control list (ACL) overview", lists what each permission allows).
"""

from typing import Any, Final

from bushel.catalog.records import BucketRecord, ObjectEntry
from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.tags import tags_of_header
from bushel.service.authz import denied, may_object
from bushel.service.context import Context
from bushel.service.sources import Source, parse_copy_source

PERMISSION: Final = FULL_CONTROL


def may_read_tags(
    ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry, version_id: str | None = None
) -> bool:
    """Whether the caller may know an object's tags; the entry has its metadata."""
    return may_object(ctx, bucket, key, entry, PERMISSION, "s3:GetObjectTagging", version_id)


def copied_tags(ctx: Context, request: Any, source: Source) -> dict[str, str]:
    """The tags of a copy: those of the source, or of the request where its directive is REPLACE.

    Args:
        request: An input shape with ``tagging`` and ``tagging_directive``.
        source: What is copied.

    Raises:
        S3Error: AccessDenied where the source has tags that the caller may not read; what ``tags_of_header`` refuses.
    """
    if request.tagging_directive == "REPLACE":
        return tags_of_header(request.tagging or "")
    bucket, key, entry = source.bucket, source.key, source.stored.entry
    assert entry.metadata is not None
    tags = entry.metadata.tags
    if tags:
        _, _, version_id = parse_copy_source(request.copy_source)
        if not may_read_tags(ctx, bucket, key, entry, version_id):
            raise denied(ctx, "the tags of the source are for those who may read them", "s3:GetObjectTagging")
    return tags
