"""Tags: what S3 takes as one, and as a set of them.

Source: S3 User Guide, "Categorizing your objects using tags" and "Using cost allocation S3 bucket tags".
"""

import re
from collections.abc import Sequence
from typing import Final

from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.tagging import Tag

MAX_BUCKET_TAGS: Final = 50
MAX_KEY_LENGTH: Final = 128
MAX_VALUE_LENGTH: Final = 256

# Letters, digits and white space of any script, and these (User Guide, "Tag restrictions").
_allowed = re.compile(r"[\w\s+\-=.:/@]*").fullmatch


def check_bucket_tags(tags: Sequence[Tag]) -> None:
    """Refuse a set of tags that a bucket cannot have.

    Raises:
        S3Error: ``InvalidTag``; ``BadRequest.BucketTags`` for too many.
    """
    if len(tags) > MAX_BUCKET_TAGS:
        raise S3Error("BadRequest.BucketTags")
    check_tags(tags)


def check_tags(tags: Sequence[Tag]) -> None:
    """Refuse tags that nothing can have; how many there may be is the caller's to say.

    Raises:
        S3Error: ``InvalidTag``, with the key.
    """
    seen = set()
    for tag in tags:
        if not 1 <= len(tag.key) <= MAX_KEY_LENGTH or not _allowed(tag.key):
            raise S3Error("InvalidTag.Key", TagKey=tag.key)
        if len(tag.value) > MAX_VALUE_LENGTH or not _allowed(tag.value):
            raise S3Error("InvalidTag.Value", TagKey=tag.key, TagValue=tag.value)
        if tag.key.lower().startswith("aws:"):
            raise S3Error("InvalidTag.System", TagKey=tag.key)
        if tag.key in seen:
            raise S3Error("InvalidTag.Twice", TagKey=tag.key)
        seen.add(tag.key)
