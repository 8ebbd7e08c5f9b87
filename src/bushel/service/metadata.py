"""An object's metadata: from a request to what is stored, and from there to an answer."""

from typing import Any, Final

from bushel.catalog.records import Grants, Metadata
from bushel.protocol.errors import S3Error
from bushel.protocol.tags import tags_of_header
from bushel.protocol.website import check_redirect_location

MAX_USER_METADATA_BYTES: Final = 2048
"""Names and values together, in UTF-8 (S3 User Guide, "Working with object metadata")."""

_CONTENT_FIELDS: Final = ("cache_control", "content_disposition", "content_encoding", "content_language", "expires")
_DEFAULT: Final = Metadata()

REDIRECT: Final = "website_redirect_location"
"""Where the web site of the bucket sends those who ask for the object; among an object's ``headers``."""


def metadata_of(request: Any, grants: Grants) -> Metadata:
    """What a request says of the object it writes.

    Args:
        request: An input shape with the content header fields, ``metadata`` and ``tagging``.
        grants: The object's ACL.

    Raises:
        S3Error: MetadataTooLarge, InvalidRedirectLocation; what ``tags_of_header`` refuses.
    """
    headers = {}
    for field in _CONTENT_FIELDS:
        value = getattr(request, field)
        if value is not None:
            headers[field] = value
    if "content_encoding" in headers:
        _remove_transfer_coding(headers)
    if request.website_redirect_location is not None:
        check_redirect_location(request.website_redirect_location)
        headers[REDIRECT] = request.website_redirect_location
    user = request.metadata or {}
    if user:
        check_size(user)
    tags = tags_of_header(request.tagging) if request.tagging else {}
    return Metadata(request.content_type or _DEFAULT.content_type, headers, user, grants, tags)


def copied_headers(headers: dict[str, str], redirect: str | None) -> dict[str, str]:
    """The headers of a copy that keeps its source's metadata; where it redirects to is the request's to say (S3).

    Raises:
        S3Error: InvalidRedirectLocation.
    """
    kept = {field: value for field, value in headers.items() if field != REDIRECT}
    if redirect is not None:
        check_redirect_location(redirect)
        kept[REDIRECT] = redirect
    return kept


def check_size(user: dict[str, str]) -> None:
    """Raises S3Error MetadataTooLarge where user metadata exceed S3's limit."""
    size = sum(len(name.encode()) + len(value.encode()) for name, value in user.items())
    if size > MAX_USER_METADATA_BYTES:
        raise S3Error("MetadataTooLarge", Size=str(size), MaxSizeAllowed=str(MAX_USER_METADATA_BYTES))


def _remove_transfer_coding(headers: dict[str, str]) -> None:
    """``aws-chunked`` says how the bytes travelled, not what they are; S3 does not store it (SigV4 streaming)."""
    codings = [coding.strip() for coding in headers["content_encoding"].split(",")]
    kept = [coding for coding in codings if coding.lower() != "aws-chunked"]
    if len(kept) == len(codings):
        return
    if kept:
        headers["content_encoding"] = ",".join(kept)
    else:
        del headers["content_encoding"]
