"""Named payloads that belong to a version of an object: put, get, list, delete."""

import base64
import binascii
from typing import Any

from bushel.catalog.annotations import TooManyAnnotations, VersionGone
from bushel.catalog.objects import Condition
from bushel.catalog.records import AnnotationRecord, BucketRecord, Checksum, ObjectEntry
from bushel.protocol.annotations import MAX_LISTED, MAX_PAYLOAD_BYTES, check_name, check_payload, check_prefix
from bushel.protocol.conditions import check_write
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import (
    DELETE_OBJECT_ANNOTATION,
    GET_OBJECT_ANNOTATION,
    LIST_OBJECT_ANNOTATIONS,
    PUT_OBJECT_ANNOTATION,
)
from bushel.protocol.shapes.annotations import (
    AnnotationEntry,
    DeleteObjectAnnotationInput,
    DeleteObjectAnnotationOutput,
    GetObjectAnnotationInput,
    GetObjectAnnotationOutput,
    ListObjectAnnotationsInput,
    ListObjectAnnotationsOutput,
    PutObjectAnnotationInput,
    PutObjectAnnotationOutput,
)
from bushel.service.annotations import PERMISSION
from bushel.service.authz import require_object
from bushel.service.checksums import checksum_member
from bushel.service.context import Context
from bushel.service.quotas import require_room
from bushel.service.registry import implements
from bushel.service.versions import find_version, told_version


@implements(PUT_OBJECT_ANNOTATION)
async def put_object_annotation(ctx: Context, request: PutObjectAnnotationInput) -> PutObjectAnnotationOutput:
    """Store the body under the annotation's name, in place of what is there."""
    name = request.annotation_name
    check_name(name)
    bucket, version = await _object(ctx, request)
    condition = _condition(request.key, request.object_if_match)
    if condition is not None:
        condition(version)
    body = ctx.payload
    if bucket.configured:
        await require_room(ctx, bucket, body.length, objects=0)
    payload = await body.read_all(MAX_PAYLOAD_BYTES)
    check_payload(payload)
    checksum = Checksum(*body.checksum)
    try:
        record = await ctx.catalog.annotations.put(
            bucket, request.key, version, name, payload, body.md5, checksum, condition
        )
    except VersionGone:
        raise S3Error("OperationAborted") from None
    except TooManyAnnotations:
        raise S3Error("AnnotationLimitExceeded") from None
    return PutObjectAnnotationOutput(
        key=request.key,
        annotation_name=name,
        object_version_id=told_version(bucket, version),
        e_tag=_etag(record),
        checksum_type=checksum.type,
        **checksum_member(checksum.algorithm, checksum.digest),
    )


@implements(GET_OBJECT_ANNOTATION)
async def get_object_annotation(ctx: Context, request: GetObjectAnnotationInput) -> GetObjectAnnotationOutput:
    """An annotation's payload."""
    check_name(request.annotation_name)
    bucket, version = await _object(ctx, request)
    found = await ctx.catalog.annotations.get(bucket, request.key, version, request.annotation_name)
    if found is None:
        raise S3Error("NoSuchAnnotation", AnnotationName=request.annotation_name)
    record, payload = found
    checksum: dict[str, Any] = {}
    if request.checksum_mode is not None:
        kept = record.checksum
        checksum = {"checksum_type": kept.type, **checksum_member(kept.algorithm, kept.digest)}
    return GetObjectAnnotationOutput(
        annotation_payload=payload,
        object_version_id=told_version(bucket, version),
        last_modified=record.last_modified,
        content_length=record.size,
        e_tag=_etag(record),
        **checksum,
    )


@implements(LIST_OBJECT_ANNOTATIONS)
async def list_object_annotations(ctx: Context, request: ListObjectAnnotationsInput) -> ListObjectAnnotationsOutput:
    """An object's annotations in order of their names."""
    prefix = request.annotation_prefix or ""
    check_prefix(prefix)
    after = _name_after(request.continuation_token)
    bucket, version = await _object(ctx, request)
    records = [
        record
        for record in await ctx.catalog.annotations.listed(bucket, request.key, version)
        if record.name.startswith(prefix) and record.name.encode() > after
    ]
    most = request.max_annotation_results or MAX_LISTED
    page = records[:most]
    return ListObjectAnnotationsOutput(
        annotations=[
            AnnotationEntry(
                annotation_name=record.name,
                last_modified=record.last_modified,
                e_tag=_etag(record),
                checksum_algorithm=_algorithms(record),
                size=record.size,
            )
            for record in page
        ],
        bucket=bucket.name,
        key=request.key,
        object_version_id=told_version(bucket, version),
        annotation_prefix=request.annotation_prefix,
        max_annotation_results=most,
        annotation_count=len(page),
        continuation_token=request.continuation_token,
        next_continuation_token=_token(page[-1].name) if len(records) > len(page) else None,
    )


@implements(DELETE_OBJECT_ANNOTATION)
async def delete_object_annotation(ctx: Context, request: DeleteObjectAnnotationInput) -> DeleteObjectAnnotationOutput:
    """Remove an annotation for good. Deleting what is not there succeeds."""
    check_name(request.annotation_name)
    bucket, version = await _object(ctx, request)
    condition = _condition(request.key, request.object_if_match)
    try:
        await ctx.catalog.annotations.delete(bucket, request.key, version, request.annotation_name, condition)
    except VersionGone:
        raise S3Error("OperationAborted") from None
    return DeleteObjectAnnotationOutput(object_version_id=told_version(bucket, version))


async def _object(ctx: Context, request: Any) -> tuple[BucketRecord, ObjectEntry]:
    """The version whose annotations are meant, which the caller may read and change."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    entry = await find_version(ctx, bucket, request.key, request.version_id)
    require_object(ctx, entry, PERMISSION)
    return bucket, entry


def _condition(key: str, if_match: str | None) -> Condition | None:
    if if_match is None:
        return None

    def condition(current: ObjectEntry | None) -> None:
        check_write(key, None if current is None else current.etag, if_match, None)

    return condition


def _etag(record: AnnotationRecord) -> str:
    return f'"{record.md5.hex()}"'


def _algorithms(record: AnnotationRecord) -> Any:
    return (record.checksum.algorithm,)


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(b"1" + name.encode()).decode()


def _name_after(token: str | None) -> bytes:
    if token is None:
        return b""
    try:
        raw = base64.b64decode(token.encode(), b"-_", validate=True)
    except (binascii.Error, UnicodeError):
        raw = b""
    if raw[:1] != b"1":
        raise S3Error("InvalidArgument.ContinuationToken", ArgumentName="continuation-token")
    return raw[1:]
