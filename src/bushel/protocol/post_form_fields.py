"""What the fields of a form upload say: the object's key, its properties as PutObject takes them, and the answer.

Source: S3 API Reference, "POST Object" and "HTML form fields" of "Browser-based uploads using POST".
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from bushel.protocol.address import check_key_length
from bushel.protocol.codec.bind import META_PREFIX
from bushel.protocol.codec.scalars import is_header_text
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import DECLARATION, escape
from bushel.protocol.errors import S3Error
from bushel.protocol.post_form import Field
from bushel.protocol.post_form_policy import FILENAME, missing_field
from bushel.protocol.shapes.tagging import Tagging
from bushel.protocol.tags import check_object_tags

_PROPERTIES: Final = frozenset({
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-md5", "content-type",
    "expires",
})  # fmt: skip
_RENAMED: Final = {"acl": "x-amz-acl", "x-amz-checksum-algorithm": "x-amz-sdk-checksum-algorithm"}
# About the policy, or about how a request's own body travels, which is not the file.
_NOT_OF_THE_OBJECT: Final = frozenset({
    "x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-decoded-content-length",
    "x-amz-security-token", "x-amz-signature", "x-amz-trailer",
})  # fmt: skip
_STATUSES: Final = {"200": 200, "201": 201}
_RESERVED: Final = "%:/?#[]@!$&'()*+,;=~"

_read_tagging = document_reader(Tagging, "Tagging")
_name = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch


def with_filename(fields: Mapping[str, Field], filename: str | None) -> dict[str, Field]:
    """The fields with the file's name in place of ``${filename}``; a path that a client put before it is left out.

    Where the client sent no name, S3 leaves the variable as it is.
    """
    if filename is None:
        return dict(fields)
    name = re.split(r"[/\\]", filename)[-1]
    return {
        each: field if each == "policy" else Field(field.name, field.value.replace(FILENAME, name))
        for each, field in fields.items()
    }


def object_key(fields: Mapping[str, Field]) -> str:
    """The key to upload to.

    Raises:
        S3Error: InvalidArgument where there is none, KeyTooLongError.
    """
    field = fields.get("key")
    if field is None:
        raise missing_field("key")
    if not field.value:
        raise S3Error("InvalidArgument.EmptyKeyField", ArgumentName="key", ArgumentValue="")
    check_key_length(field.value)
    return field.value


def object_headers(fields: Mapping[str, Field]) -> dict[str, str]:
    """The properties of the object as the header fields of a PutObject, by lower-case name; S3 ignores other fields.

    Raises:
        S3Error: InvalidArgument for what no header field can carry; MalformedXML, InvalidTag and BadRequest for tags.
    """
    headers = {}
    for name, field in fields.items():
        header = _RENAMED.get(name, name)
        if name == "tagging":
            headers["x-amz-tagging"] = _tagging_header(field.value)
        elif header.startswith(META_PREFIX):
            if _name(header) is None:
                raise S3Error("InvalidArgument.FieldName", ArgumentName=field.name, ArgumentValue=field.value)
            headers[header] = field.value
        elif header in _PROPERTIES or (header.startswith("x-amz-") and header not in _NOT_OF_THE_OBJECT):
            headers[header] = _header_value(field)
    return headers


def _tagging_header(document: str) -> str:
    """Tags from the document that a form has them in, as ``x-amz-tagging`` has them."""
    tags = _read_tagging(document.encode()).tag_set
    check_object_tags(tags)
    return urlencode([(tag.key, tag.value) for tag in tags])


def _header_value(field: Field) -> str:
    """Octets as in a header that was sent (``Request.headers``): UTF-8 comes back as it came."""
    value = field.value.strip(" \t").encode().decode("latin-1")
    if not is_header_text(value):
        raise S3Error("InvalidArgument.HeaderText", ArgumentName=field.name, ArgumentValue=field.value)
    return value


def success_status(fields: Mapping[str, Field]) -> int:
    """The status of success; 204 where the form asks for none that S3 has."""
    field = fields.get("success_action_status")
    return 204 if field is None else _STATUSES.get(field.value.strip(), 204)


def success_redirect(fields: Mapping[str, Field], bucket: str, key: str, etag: str) -> str | None:
    """Where to send the client after success, told bucket, key and quoted ETag; ``None`` where S3 would answer itself.

    What is no absolute HTTP address is ignored, as S3 does.
    """
    field = fields.get("success_action_redirect") or fields.get("redirect")
    if field is None or any(each < " " or each == "\x7f" for each in field.value):
        return None
    try:
        url = urlsplit(field.value)
    except ValueError:
        return None
    if url.scheme not in {"http", "https"} or not url.netloc:
        return None
    told = f"bucket={quote_plus(bucket)}&key={quote_plus(key)}&etag={quote_plus(etag)}"
    query = f"{quote(url.query, safe=_RESERVED)}&{told}" if url.query else told
    return url._replace(
        netloc=quote(url.netloc, safe=_RESERVED),
        path=quote(url.path, safe=_RESERVED),
        query=query,
        fragment=quote(url.fragment, safe=_RESERVED),
    ).geturl()


def post_response(location: str, bucket: str, key: str, etag: str) -> bytes:
    """The document of a 201, which has no namespace."""
    return (
        f"{DECLARATION}<PostResponse><Location>{escape(location)}</Location><Bucket>{escape(bucket)}</Bucket>"
        f"<Key>{escape(key)}</Key><ETag>{escape(etag)}</ETag></PostResponse>"
    ).encode()
