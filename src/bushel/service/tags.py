"""Tags of objects where other operations touch them: how many there are, and what a copy takes over.

No permission of an ACL speaks of tags, so they are for the object's owner and whom an ACL grants full control (S3 User
Guide, "Access control list (ACL) overview", lists what each permission allows).
"""

from typing import Any, Final

from bushel.catalog.records import ObjectEntry
from bushel.protocol.acl import FULL_CONTROL
from bushel.protocol.errors import S3Error
from bushel.protocol.tags import tags_of_header
from bushel.service.authz import may_object
from bushel.service.context import Context

PERMISSION: Final = FULL_CONTROL


def may_read_tags(ctx: Context, entry: ObjectEntry) -> bool:
    """Whether the caller may know an object's tags; the entry has its metadata."""
    return may_object(ctx, entry, PERMISSION)


def copied_tags(ctx: Context, request: Any, source: ObjectEntry) -> dict[str, str]:
    """The tags of a copy: those of the source, or of the request where its directive is REPLACE.

    Args:
        request: An input shape with ``tagging`` and ``tagging_directive``.
        source: With its metadata.

    Raises:
        S3Error: AccessDenied where the source has tags that the caller may not read; what ``tags_of_header`` refuses.
    """
    if request.tagging_directive == "REPLACE":
        return tags_of_header(request.tagging or "")
    assert source.metadata is not None
    if source.metadata.tags and not may_read_tags(ctx, source):
        raise S3Error("AccessDenied")
    return source.metadata.tags
