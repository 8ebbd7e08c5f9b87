"""Tags: what S3 takes as one, and as a set of them.

Source: S3 User Guide, "Categorizing your objects using tags" and "Using cost allocation S3 bucket tags".
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.tagging import Tag

MAX_BUCKET_TAGS: Final = 50
MAX_OBJECT_TAGS: Final = 10
MAX_KEY_LENGTH: Final = 128
MAX_VALUE_LENGTH: Final = 256

# Letters, digits and white space of any script, and these (User Guide, "Tag restrictions").
_allowed = re.compile(r"[\w\s+\-=.:/@]*").fullmatch
_broken_escape = re.compile(r"%(?![0-9A-Fa-f]{2})").search


def check_bucket_tags(tags: Sequence[Tag]) -> None:
    """Refuse a set of tags that a bucket cannot have.

    Raises:
        S3Error: ``InvalidTag``; ``BadRequest.BucketTags`` for too many.
    """
    if len(tags) > MAX_BUCKET_TAGS:
        raise S3Error("BadRequest.BucketTags")
    check_tags(tags)


def check_object_tags(tags: Sequence[Tag]) -> None:
    """Refuse a set of tags that an object cannot have. What is wrong with one of them is said before their number is.

    Raises:
        S3Error: ``InvalidTag``; ``BadRequest.ObjectTags`` for too many.
    """
    check_tags(tags)
    if len(tags) > MAX_OBJECT_TAGS:
        raise S3Error("BadRequest.ObjectTags")


def tags_of_header(text: str) -> dict[str, str]:
    """The tags that ``x-amz-tagging`` gives an object: ``key=value`` pairs as in a query, checked.

    Empty pairs count for nothing, and a key alone has an empty value.

    Args:
        text: The header's value.

    Raises:
        S3Error: As ``check_object_tags``, and InvalidArgument for what is not encoded so, and for a key given twice.
    """
    tags: dict[str, str] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        key = _decoded(name, text)
        if not key or key in tags:
            raise _not_encoded(text)
        tags[key] = _decoded(value, text)
    check_object_tags([Tag(key=key, value=value) for key, value in tags.items()])
    return tags


def _decoded(encoded: str, header: str) -> str:
    if _broken_escape(encoded):
        raise _not_encoded(header)
    try:
        # A header field is ISO 8859-1 here; what came in UTF-8 without being encoded is its own bytes again.
        return unquote_to_bytes(encoded.replace("+", " ").encode("latin-1")).decode()
    except UnicodeError:
        raise _not_encoded(header) from None


def _not_encoded(header: str) -> S3Error:
    return S3Error("InvalidArgument.Tagging", ArgumentName="x-amz-tagging", ArgumentValue=header)


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
