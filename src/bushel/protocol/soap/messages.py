"""The table of S3's SOAP operations: what each is asked and what it answers. Reader, writer and WSDL work by it.

Source of names, types and order: S3's schema of 2006-03-01, and S3 API Reference, "Appendix: SOAP API".
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bushel.protocol.soap.types import (
    BASE64,
    BOOLEAN,
    DATE_TIME,
    INT,
    LONG,
    STRING,
    Element,
    Simple,
    Structure,
    enumeration,
)

MAX_INLINE_BYTES: Final = 1024 * 1024
"""What one message may carry of an object (S3 API Reference, "PutObjectInline" and "GetObject")."""

_PERMISSION: Final = enumeration("Permission", "READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
_STORAGE_CLASS: Final = enumeration("StorageClass", "STANDARD", "REDUCED_REDUNDANCY", "GLACIER", "UNKNOWN")
_METADATA_DIRECTIVE: Final = enumeration("MetadataDirective", "COPY", "REPLACE")

# --- types ------------------------------------------------------------------------------------------------------------


def _optional(name: str, type: Simple | Structure = STRING, most: int | None = 1) -> Element:  # noqa: A002 - Element's
    return Element(name, type, 0, most)


def _any_number(name: str, type: Simple | Structure) -> Element:  # noqa: A002 - Element's
    return Element(name, type, 0, None)


_ABSTRACT_GRANTEE: Final = Structure("Grantee", kinds={})
_USER: Final = Structure("User", base=_ABSTRACT_GRANTEE, kinds={})
_CANONICAL_USER: Final = Structure("CanonicalUser", (Element("ID", STRING), _optional("DisplayName")), _USER)
_BY_EMAIL: Final = Structure("AmazonCustomerByEmail", (Element("EmailAddress", STRING),), _USER)
_GROUP: Final = Structure("Group", (Element("URI", STRING),), _ABSTRACT_GRANTEE)
_GRANTEE: Final = Structure("Grantee", kinds={each.name: each for each in (_CANONICAL_USER, _BY_EMAIL, _GROUP)})

_GRANT: Final = Structure("Grant", (Element("Grantee", _GRANTEE), Element("Permission", _PERMISSION)))
_ACCESS_CONTROL_LIST: Final = Structure("AccessControlList", (_optional("Grant", _GRANT, 100),))
_ACCESS_CONTROL_POLICY: Final = Structure(
    "AccessControlPolicy",
    (Element("Owner", _CANONICAL_USER), Element("AccessControlList", _ACCESS_CONTROL_LIST)),
)
_METADATA_ENTRY: Final = Structure("MetadataEntry", (Element("Name", STRING), Element("Value", STRING)))
_STATUS: Final = Structure("Status", (Element("Code", INT), Element("Description", STRING)))
_RESULT: Final = Structure("Result", (Element("Status", _STATUS),))
_CREATE_BUCKET_RESULT: Final = Structure("CreateBucketResult", (Element("BucketName", STRING),))
_GET_OBJECT_RESULT: Final = Structure(
    "GetObjectResult",
    (
        _any_number("Metadata", _METADATA_ENTRY),
        Element("Data", BASE64, nillable=True),
        Element("LastModified", DATE_TIME),
        Element("ETag", STRING),
    ),
    _RESULT,
)
_PUT_OBJECT_RESULT: Final = Structure("PutObjectResult", (Element("ETag", STRING), Element("LastModified", DATE_TIME)))
_COPY_OBJECT_RESULT: Final = Structure(
    "CopyObjectResult", (Element("LastModified", DATE_TIME), Element("ETag", STRING))
)
_LIST_ENTRY: Final = Structure(
    "ListEntry",
    (
        Element("Key", STRING),
        Element("LastModified", DATE_TIME),
        Element("ETag", STRING),
        Element("Size", LONG),
        _optional("Owner", _CANONICAL_USER),
        Element("StorageClass", _STORAGE_CLASS),
    ),
)
_LIST_BUCKET_RESULT: Final = Structure(
    "ListBucketResult",
    (
        _any_number("Metadata", _METADATA_ENTRY),
        Element("Name", STRING),
        Element("Prefix", STRING),
        Element("Marker", STRING),
        _optional("NextMarker"),
        Element("MaxKeys", INT),
        _optional("Delimiter"),
        Element("IsTruncated", BOOLEAN),
        _any_number("Contents", _LIST_ENTRY),
        _any_number("CommonPrefixes", Structure("PrefixEntry", (Element("Prefix", STRING),))),
    ),
)
_LIST_ALL_MY_BUCKETS_ENTRY: Final = Structure(
    "ListAllMyBucketsEntry", (Element("Name", STRING), Element("CreationDate", DATE_TIME))
)
_LIST_ALL_MY_BUCKETS_RESULT: Final = Structure(
    "ListAllMyBucketsResult",
    (
        Element("Owner", _CANONICAL_USER),
        Element("Buckets", Structure("ListAllMyBucketsList", (_any_number("Bucket", _LIST_ALL_MY_BUCKETS_ENTRY),))),
    ),
)

# --- operations -------------------------------------------------------------------------------------------------------

_SIGNED: Final = (_optional("AWSAccessKeyId"), _optional("Timestamp", DATE_TIME), _optional("Signature"))
_SECURITY: Final = (*_SIGNED, _optional("Credential"))
_BUCKET: Final = Element("Bucket", STRING)
_OBJECT: Final = (_BUCKET, Element("Key", STRING))
_ACL: Final = Element("AccessControlList", _ACCESS_CONTROL_LIST)
_OPTIONAL_ACL: Final = _ACL._replace(least=0)
_METADATA: Final = _optional("Metadata", _METADATA_ENTRY, 100)
_STORED_AS: Final = (
    Element("ContentLength", LONG),
    _OPTIONAL_ACL,
    _optional("StorageClass", _STORAGE_CLASS),
)
_WANTED: Final = (
    Element("GetMetadata", BOOLEAN),
    Element("GetData", BOOLEAN),
    Element("InlineData", BOOLEAN),
)


class Message(NamedTuple):
    """One operation.

    Attributes:
        name: S3's, which is that of the request's element too.
        request: What the request's element has in it.
        answer: The one element that the answer's has in it; ``None`` for none.
        documentation: What the WSDL says of it.
    """

    name: str
    request: Structure
    answer: Element | None
    documentation: str

    @property
    def answer_name(self) -> str:
        """The tag of the answer's element."""
        return f"{self.name}Response"


def _message(
    name: str,
    *request: Element,
    answer: Structure | None,
    answered_in: str | None = None,
    documentation: str,
) -> Message:
    element = None if answer is None else Element(answered_in or f"{name}Response", answer)
    return Message(name, Structure("", request), element, documentation)


_ALL: Final = (
    _message(
        "ListAllMyBuckets",
        *_SIGNED,
        answer=_LIST_ALL_MY_BUCKETS_RESULT,
        documentation="The buckets of the caller, who must have signed the request.",
    ),
    _message(
        "CreateBucket",
        _BUCKET,
        _OPTIONAL_ACL,
        _optional("Acl"),  # in S3's own example of a signed request, and nowhere in its schema
        *_SIGNED,
        answer=_CREATE_BUCKET_RESULT,
        answered_in="CreateBucketReturn",
        documentation="Makes a bucket. Acl is a canned list, such as public-read, in place of an AccessControlList.",
    ),
    _message(
        "DeleteBucket",
        _BUCKET,
        *_SECURITY,
        answer=_STATUS,
        documentation="Deletes a bucket that has no objects.",
    ),
    _message(
        "ListBucket",
        _BUCKET,
        _optional("Prefix"),
        _optional("Marker"),
        _optional("MaxKeys", INT),
        _optional("Delimiter"),
        *_SECURITY,
        answer=_LIST_BUCKET_RESULT,
        documentation="The keys of a bucket in order, behind Marker, at most 1,000 in one answer.",
    ),
    _message(
        "GetBucketAccessControlPolicy",
        _BUCKET,
        *_SECURITY,
        answer=_ACCESS_CONTROL_POLICY,
        documentation="A bucket's owner and grants.",
    ),
    _message(
        "SetBucketAccessControlPolicy",
        _BUCKET,
        _ACL,
        *_SECURITY,
        answer=None,
        documentation="Replaces the grants of a bucket with at least one.",
    ),
    _message(
        "PutObjectInline",
        *_OBJECT,
        _METADATA,
        Element("Data", BASE64),
        *_STORED_AS,
        *_SECURITY,
        answer=_PUT_OBJECT_RESULT,
        documentation=f"Stores an object of at most {MAX_INLINE_BYTES} bytes, which are in the message.",
    ),
    _message(
        "PutObject",
        *_OBJECT,
        _METADATA,
        *_STORED_AS,
        *_SECURITY,
        answer=_PUT_OBJECT_RESULT,
        documentation="Stores an object whose ContentLength bytes are the attachment of the message, which then is "
        "multipart/related with the envelope first. DIME is not implemented.",
    ),
    _message(
        "GetObject",
        *_OBJECT,
        *_WANTED,
        *_SECURITY,
        answer=_GET_OBJECT_RESULT,
        documentation=f"An object's metadata, and its bytes: at most {MAX_INLINE_BYTES} inline, or any number as the "
        "attachment of an answer that is multipart/related.",
    ),
    _message(
        "GetObjectExtended",
        *_OBJECT,
        *_WANTED,
        _optional("ByteRangeStart", LONG),
        _optional("ByteRangeEnd", LONG),
        _optional("IfModifiedSince", DATE_TIME),
        _optional("IfUnmodifiedSince", DATE_TIME),
        _optional("IfMatch", STRING, 100),
        _optional("IfNoneMatch", STRING, 100),
        _optional("ReturnCompleteObjectOnConditionFailure", BOOLEAN),
        *_SECURITY,
        answer=_GET_OBJECT_RESULT,
        answered_in="GetObjectResponse",
        documentation="GetObject for a range of bytes, and under conditions.",
    ),
    _message(
        "GetObjectAccessControlPolicy",
        *_OBJECT,
        *_SECURITY,
        answer=_ACCESS_CONTROL_POLICY,
        documentation="An object's owner and grants.",
    ),
    _message(
        "SetObjectAccessControlPolicy",
        *_OBJECT,
        _ACL,
        *_SECURITY,
        answer=None,
        documentation="Replaces the grants of an object with at least one.",
    ),
    _message(
        "DeleteObject",
        *_OBJECT,
        *_SECURITY,
        answer=_STATUS,
        documentation="Deletes an object; that there was none is no fault.",
    ),
    _message(
        "CopyObject",
        Element("SourceBucket", STRING),
        Element("SourceKey", STRING),
        Element("DestinationBucket", STRING),
        Element("DestinationKey", STRING),
        _optional("MetadataDirective", _METADATA_DIRECTIVE),
        _METADATA,
        _OPTIONAL_ACL,
        _optional("CopySourceIfModifiedSince", DATE_TIME),
        _optional("CopySourceIfUnmodifiedSince", DATE_TIME),
        _optional("CopySourceIfMatch", STRING, 100),
        _optional("CopySourceIfNoneMatch", STRING, 100),
        _optional("StorageClass", _STORAGE_CLASS),
        *_SECURITY,
        answer=_COPY_OBJECT_RESULT,
        answered_in="CopyObjectResult",
        documentation="Copies an object. Its grants are those of the request.",
    ),
)

MESSAGES: Final[Mapping[str, Message]] = {message.name: message for message in _ALL}

NOT_IMPLEMENTED: Final = frozenset({"GetBucketLoggingStatus", "SetBucketLoggingStatus"})
"""Operations of S3's that are answered with NotImplemented, and that the WSDL does not have."""
