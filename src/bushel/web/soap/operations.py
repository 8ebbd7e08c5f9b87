"""What each SOAP operation asks of the operations of the table, and what it makes of their output.

Source: S3 API Reference, "Appendix: SOAP API".
"""

import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from bushel.protocol.address import check_key_length, encode_path
from bushel.protocol.codec.bind import META_PREFIX
from bushel.protocol.codec.scalars import is_header_text, write_rfc1123, write_words
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body, BytesBody
from bushel.protocol.operations import (
    COPY_OBJECT,
    CREATE_BUCKET,
    DELETE_BUCKET,
    DELETE_OBJECT,
    GET_BUCKET_ACL,
    GET_OBJECT,
    GET_OBJECT_ACL,
    HEAD_OBJECT,
    LIST_BUCKETS,
    LIST_OBJECTS,
    PUT_BUCKET_ACL,
    PUT_OBJECT,
    PUT_OBJECT_ACL,
)
from bushel.protocol.shapes.acl import GetBucketAclOutput, GetObjectAclOutput, Grantee
from bushel.protocol.shapes.listing import Object
from bushel.protocol.shapes.members import Owner
from bushel.protocol.soap.messages import MAX_INLINE_BYTES, MESSAGES
from bushel.service.content import BlobStream
from bushel.web.soap.attachments import Attachment
from bushel.web.soap.visit import Visit

Values = Mapping[str, Any]
Action = Callable[[Visit, Values], Awaitable[dict[str, Any] | None]]
F = TypeVar("F", bound=Action)

ACTIONS: Final[dict[str, Action]] = {}
"""By the name of the operation."""


def _acts_for(name: str) -> Callable[[F], F]:
    assert name in MESSAGES

    def register(action: F) -> F:
        ACTIONS[name] = action
        return action

    return register


# --- buckets ----------------------------------------------------------------------------------------------------------


@_acts_for("ListAllMyBuckets")
async def _list_all_my_buckets(visit: Visit, __: Values) -> dict[str, Any]:
    _, output = await visit.call(LIST_BUCKETS)
    entries = [{"Name": each.name, "CreationDate": each.creation_date} for each in output.buckets]
    return {"Owner": _owner(output.owner), "Buckets": {"Bucket": entries}}


@_acts_for("CreateBucket")
async def _create_bucket(visit: Visit, asked: Values) -> dict[str, Any]:
    """A bucket in the server's own region: the messages have no word for another."""
    headers = _grants(asked)
    if "Acl" in asked:
        headers["x-amz-acl"] = asked["Acl"].strip()
    region, document = visit.service.rules.region, b""
    if region not in {"us-east-1", "any"}:
        constraint = f"<LocationConstraint>{region}</LocationConstraint>"
        document = f"<CreateBucketConfiguration>{constraint}</CreateBucketConfiguration>".encode()
    await visit.call(CREATE_BUCKET, asked["Bucket"], headers=headers, document=document)
    return {"BucketName": asked["Bucket"]}


@_acts_for("DeleteBucket")
async def _delete_bucket(visit: Visit, asked: Values) -> dict[str, Any]:
    await visit.call(DELETE_BUCKET, asked["Bucket"])
    return _status(204)


@_acts_for("ListBucket")
async def _list_bucket(visit: Visit, asked: Values) -> dict[str, Any]:
    query = {
        parameter: str(asked[name])
        for name, parameter in (
            ("Prefix", "prefix"),
            ("Marker", "marker"),
            ("MaxKeys", "max-keys"),
            ("Delimiter", "delimiter"),
        )
        if name in asked
    }
    _, output = await visit.call(LIST_OBJECTS, asked["Bucket"], query=query)
    return {
        "Name": output.name,
        "Prefix": output.prefix or "",
        "Marker": output.marker or "",
        "NextMarker": output.next_marker,
        "MaxKeys": output.max_keys,
        "Delimiter": output.delimiter,
        "IsTruncated": output.is_truncated,
        "Contents": [_list_entry(each) for each in output.contents],
        "CommonPrefixes": [{"Prefix": each.prefix} for each in output.common_prefixes],
    }


def _list_entry(found: Object) -> dict[str, Any]:
    return {
        "Key": found.key,
        "LastModified": found.last_modified,
        "ETag": found.e_tag,
        "Size": found.size,
        "Owner": None if found.owner is None else _owner(found.owner),
        "StorageClass": found.storage_class,
    }


# --- access control ---------------------------------------------------------------------------------------------------


@_acts_for("GetBucketAccessControlPolicy")
async def _get_bucket_access_control_policy(visit: Visit, asked: Values) -> dict[str, Any]:
    _, output = await visit.call(GET_BUCKET_ACL, asked["Bucket"])
    return _policy(output)


@_acts_for("GetObjectAccessControlPolicy")
async def _get_object_access_control_policy(visit: Visit, asked: Values) -> dict[str, Any]:
    _, output = await visit.call(GET_OBJECT_ACL, asked["Bucket"], _key(asked["Key"]))
    return _policy(output)


@_acts_for("SetBucketAccessControlPolicy")
async def _set_bucket_access_control_policy(visit: Visit, asked: Values) -> None:
    await visit.call(PUT_BUCKET_ACL, asked["Bucket"], headers=_grants(asked))


@_acts_for("SetObjectAccessControlPolicy")
async def _set_object_access_control_policy(visit: Visit, asked: Values) -> None:
    await visit.call(PUT_OBJECT_ACL, asked["Bucket"], _key(asked["Key"]), headers=_grants(asked))


_GRANTEES: Final = {
    "CanonicalUser": ("id", "ID"),
    "AmazonCustomerByEmail": ("emailAddress", "EmailAddress"),
    "Group": ("uri", "URI"),
}


def _grants(asked: Values) -> dict[str, str]:
    """An AccessControlList as the header fields of REST: what follows of it is one and the same for both.

    Raises:
        S3Error: MalformedACLError for a list without grants, which header fields cannot say.
    """
    if "AccessControlList" not in asked:
        return {}
    grants = asked["AccessControlList"].get("Grant", ())
    if not grants:
        raise S3Error("MalformedACLError")
    fields: dict[str, list[str]] = {}
    for grant in grants:
        grantee = grant["Grantee"]
        kind, element = _GRANTEES[grantee[""]]
        who = grantee[element].strip()
        if '"' in who or not who:
            raise S3Error("MalformedACLError")
        field = f"x-amz-grant-{grant['Permission'].lower().replace('_', '-')}"
        fields.setdefault(field, []).append(f'{kind}="{who}"')
    return {field: ", ".join(items) for field, items in fields.items()}


def _policy(output: GetBucketAclOutput | GetObjectAclOutput) -> dict[str, Any]:
    assert output.owner is not None
    grants = [{"Grantee": _grantee(each.grantee), "Permission": each.permission} for each in output.grants]
    return {"Owner": _owner(output.owner), "AccessControlList": {"Grant": grants}}


def _grantee(grantee: Grantee | None) -> dict[str, Any]:
    assert grantee is not None
    if grantee.type == "Group":
        return {"": "Group", "URI": grantee.uri}
    return {"": "CanonicalUser", "ID": grantee.id, "DisplayName": grantee.display_name}


def _owner(owner: Owner) -> dict[str, Any]:
    return {"ID": owner.id, "DisplayName": owner.display_name}


# --- objects ----------------------------------------------------------------------------------------------------------


@_acts_for("PutObjectInline")
async def _put_object_inline(visit: Visit, asked: Values) -> dict[str, Any]:
    data = asked["Data"]
    if len(data) > MAX_INLINE_BYTES:
        raise _too_large(len(data))
    body = BytesBody(data)
    body.length = asked["ContentLength"]
    return await _write(visit, asked, body)


@_acts_for("PutObject")
async def _put_object(visit: Visit, asked: Values) -> dict[str, Any]:
    if visit.attached is None or not visit.attached.has_attachment:
        raise S3Error("MissingAttachment")
    length = asked["ContentLength"]
    if length < 0:
        raise S3Error("InvalidSOAPRequest.Value", Element="ContentLength")
    await visit.attached.open(length)
    return await _write(visit, asked, visit.attached)


async def _write(visit: Visit, asked: Values, body: Body) -> dict[str, Any]:
    headers = _metadata(asked) | _grants(asked) | _storage_class(asked)
    ctx, output = await visit.call(PUT_OBJECT, asked["Bucket"], _key(asked["Key"]), headers=headers, body=body)
    return {"ETag": output.e_tag, "LastModified": ctx.written.last_modified}


@_acts_for("GetObject")
async def _get_object(visit: Visit, asked: Values) -> dict[str, Any]:
    return await _read(visit, asked, {})


@_acts_for("GetObjectExtended")
async def _get_object_extended(visit: Visit, asked: Values) -> dict[str, Any]:
    """GetObject for a range and under conditions. The complete object is what If-Range of HTTP would give."""
    span = _range(asked)
    conditions = _conditions(asked, "If", "if-")
    try:
        return await _read(visit, asked, span | conditions)
    except S3Error as error:
        of_range = {"if-match", "if-unmodified-since"} & conditions.keys()
        complete = asked.get("ReturnCompleteObjectOnConditionFailure", False)
        if error.code != "PreconditionFailed" or not (complete and span and of_range):
            raise
        if error.detail["Condition"].lower() not in of_range:
            raise
        return await _read(visit, asked, {name: value for name, value in conditions.items() if name not in of_range})


@_acts_for("DeleteObject")
async def _delete_object(visit: Visit, asked: Values) -> dict[str, Any]:
    await visit.call(DELETE_OBJECT, asked["Bucket"], _key(asked["Key"]))
    return _status(200)


@_acts_for("CopyObject")
async def _copy_object(visit: Visit, asked: Values) -> dict[str, Any]:
    headers = _metadata(asked) | _grants(asked) | _storage_class(asked)
    headers |= _conditions(asked, "CopySourceIf", "x-amz-copy-source-if-")
    headers["x-amz-copy-source"] = encode_path(f"{asked['SourceBucket']}/{_key(asked['SourceKey'])}")
    if "MetadataDirective" in asked:
        headers["x-amz-metadata-directive"] = asked["MetadataDirective"]
    _, output = await visit.call(
        COPY_OBJECT, asked["DestinationBucket"], _key(asked["DestinationKey"]), headers=headers
    )
    result = output.copy_object_result
    return {"LastModified": result.last_modified, "ETag": result.e_tag}


async def _read(visit: Visit, asked: Values, headers: dict[str, str]) -> dict[str, Any]:
    wants_data = asked["GetData"]
    operation = GET_OBJECT if wants_data else HEAD_OBJECT
    ctx, output = await visit.call(operation, asked["Bucket"], _key(asked["Key"]), headers=headers)
    if ctx.status == HTTPStatus.NOT_MODIFIED:
        condition = "If-None-Match" if "if-none-match" in headers else "If-Modified-Since"
        raise S3Error("PreconditionFailed", Condition=condition)
    data = None
    if wants_data and asked["InlineData"]:
        data = await _inline(output.body, output.content_length)
    elif wants_data:
        visit.answers_with = Attachment(output.body, output.content_length, output.content_type)
    return {
        "Status": _status(ctx.status or 200),
        "Metadata": list(_metadata_entries(output)) if asked["GetMetadata"] else [],
        "Data": data,
        "LastModified": output.last_modified,
        "ETag": output.e_tag,
    }


async def _inline(body: bytes | BlobStream, length: int) -> bytes:
    """An object's bytes, if one message may carry so many."""
    if isinstance(body, bytes):
        if length > MAX_INLINE_BYTES:
            raise _too_large(length)
        return body
    async with contextlib.aclosing(body):
        if length > MAX_INLINE_BYTES:
            raise _too_large(length)
        return b"".join([piece async for piece in body])


def _too_large(length: int) -> S3Error:
    return S3Error("InlineDataTooLarge", ProposedSize=str(length), MaxSizeAllowed=str(MAX_INLINE_BYTES))


def _status(code: int) -> dict[str, Any]:
    return {"Code": code, "Description": HTTPStatus(code).phrase}


def _key(key: str) -> str:
    if not key:
        raise S3Error("InvalidRequest.KeyMissing")
    check_key_length(key)
    return key


def _storage_class(asked: Values) -> dict[str, str]:
    return {"x-amz-storage-class": asked["StorageClass"]} if "StorageClass" in asked else {}


# --- metadata ---------------------------------------------------------------------------------------------------------

_SYSTEM_FIELDS: Final = {
    "content_type": "Content-Type",
    "cache_control": "Cache-Control",
    "content_disposition": "Content-Disposition",
    "content_encoding": "Content-Encoding",
    "content_language": "Content-Language",
    "expires": "Expires",
}
_SYSTEM_HEADERS: Final = {name.lower() for name in _SYSTEM_FIELDS.values()} | {"content-md5"}

_user_name = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch


def _metadata(asked: Values) -> dict[str, str]:
    """Metadata as header fields: those that HTTP has by their names, all others as the user's.

    Raises:
        S3Error: InvalidArgument for a name that comes twice, that no header field can have, or that is one of S3's
            own; for a value that no header field can carry.
    """
    headers: dict[str, str] = {}
    for entry in asked.get("Metadata", ()):
        name, value = entry["Name"].strip(), entry["Value"]
        header = name.lower()
        if header in _SYSTEM_HEADERS:
            # Octets as in a header that was sent: UTF-8 comes back as it came.
            value = value.strip(" \t").encode().decode("latin-1")
            if not is_header_text(value):
                raise S3Error("InvalidArgument.HeaderText", ArgumentName=name, ArgumentValue=entry["Value"])
        else:
            plain = header.removeprefix(META_PREFIX)
            if plain.startswith("x-amz-") or _user_name(plain) is None:
                raise S3Error("InvalidArgument.FieldName", ArgumentName=name, ArgumentValue=value)
            header, value = f"{META_PREFIX}{plain}", write_words(value)
        if header in headers:
            raise S3Error("InvalidArgument.MetadataTwice", ArgumentName=name, ArgumentValue=entry["Value"])
        headers[header] = value
    return headers


def _metadata_entries(output: Any) -> list[dict[str, str]]:
    system = [
        {"Name": name, "Value": _text(value)}
        for field, name in _SYSTEM_FIELDS.items()
        if (value := getattr(output, field)) is not None
    ]
    return system + [{"Name": name, "Value": value} for name, value in (output.metadata or {}).items()]


def _text(value: str) -> str:
    """The text of a header field that was sent as UTF-8, or as it is."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


# --- conditions -------------------------------------------------------------------------------------------------------


def _conditions(asked: Values, before: str, header_before: str) -> dict[str, str]:
    """Conditional elements as header fields, whose times have whole seconds, as do those of objects when compared."""
    headers = {}
    for condition in ("Match", "NoneMatch"):
        tags = asked.get(f"{before}{condition}")
        if tags:
            headers[header_before + _HEADER_NAMES[condition]] = ", ".join(tags)
    for condition in ("ModifiedSince", "UnmodifiedSince"):
        moment = asked.get(f"{before}{condition}")
        if moment is not None:
            headers[header_before + _HEADER_NAMES[condition]] = write_rfc1123(moment.milliseconds)
    return headers


_HEADER_NAMES: Final = {
    "Match": "match",
    "NoneMatch": "none-match",
    "ModifiedSince": "modified-since",
    "UnmodifiedSince": "unmodified-since",
}


def _range(asked: Values) -> dict[str, str]:
    """ByteRangeStart and ByteRangeEnd, both inclusive, as HTTP's Range.

    Raises:
        S3Error: InvalidArgument for what HTTP would ignore: a range that ends before it starts.
    """
    first, last = asked.get("ByteRangeStart"), asked.get("ByteRangeEnd")
    if first is None and last is None:
        return {}
    first = first or 0
    if first < 0 or (last is not None and last < first):
        name = "ByteRangeStart" if first < 0 else "ByteRangeEnd"
        raise S3Error("InvalidArgument.ByteRange", ArgumentName=name, ArgumentValue=str(asked[name]))
    return {"range": f"bytes={first}-{'' if last is None else last}"}
