"""Buckets themselves: list, create, look at, delete, tell where they are."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from bushel.protocol.codec.fields import Between, Header, Payload, Query, Refused, Text, Timestamp, Xml
from bushel.protocol.shapes.enums import BucketNamespace, BucketType, DataRedundancy, LocationType
from bushel.protocol.shapes.members import (
    BucketCannedACLHeader,
    BucketName,
    ExpectedBucketOwnerHeader,
    GrantFullControlHeader,
    GrantReadACPHeader,
    GrantReadHeader,
    GrantWriteACPHeader,
    GrantWriteHeader,
    ObjectOwnershipHeader,
    Owner,
)
from bushel.protocol.shapes.tagging import Tag


class ListBucketsInput(Struct, frozen=True, kw_only=True):
    max_buckets: Annotated[int | None, Query("max-buckets"), Between(1, 10000)] = None
    continuation_token: Annotated[str | None, Query("continuation-token")] = None
    prefix: Annotated[str | None, Query("prefix")] = None
    bucket_region: Annotated[str | None, Query("bucket-region")] = None


class Bucket(Struct, frozen=True, kw_only=True):
    name: str | None = None
    creation_date: Timestamp | None = None
    bucket_region: str | None = None
    bucket_arn: str | None = None


class ListBucketsOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "ListAllMyBucketsResult"

    owner: Owner | None = None
    buckets: Annotated[Sequence[Bucket], Xml(item="Bucket")] = ()
    continuation_token: str | None = None
    prefix: str | None = None


class LocationInfo(Struct, frozen=True, kw_only=True):
    type: LocationType | None = None
    name: str | None = None


class BucketInfo(Struct, frozen=True, kw_only=True):
    data_redundancy: DataRedundancy | None = None
    type: BucketType | None = None


class CreateBucketConfiguration(Struct, frozen=True, kw_only=True):
    location_constraint: str | None = None
    location: Annotated[LocationInfo | None, Refused()] = None
    bucket: Annotated[BucketInfo | None, Refused()] = None
    tags: Annotated[Sequence[Tag], Xml(item="Tag")] = ()


class CreateBucketInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    acl: BucketCannedACLHeader = None
    create_bucket_configuration: Annotated[CreateBucketConfiguration | None, Payload("CreateBucketConfiguration")] = (
        None
    )
    grant_full_control: GrantFullControlHeader = None
    grant_read: GrantReadHeader = None
    grant_read_acp: GrantReadACPHeader = None
    grant_write: GrantWriteHeader = None
    grant_write_acp: GrantWriteACPHeader = None
    object_lock_enabled_for_bucket: Annotated[bool | None, Header("x-amz-bucket-object-lock-enabled")] = None
    object_ownership: ObjectOwnershipHeader = None
    bucket_namespace: Annotated[
        BucketNamespace | None, Header("x-amz-bucket-namespace"), Refused(allow=("global",))
    ] = None


class CreateBucketOutput(Struct, frozen=True, kw_only=True):
    location: Annotated[str | None, Header("Location")] = None
    bucket_arn: Annotated[str | None, Header("x-amz-bucket-arn")] = None


class HeadBucketInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class HeadBucketOutput(Struct, frozen=True, kw_only=True):
    bucket_arn: Annotated[str | None, Header("x-amz-bucket-arn")] = None
    bucket_location_type: Annotated[LocationType | None, Header("x-amz-bucket-location-type")] = None
    bucket_location_name: Annotated[str | None, Header("x-amz-bucket-location-name")] = None
    bucket_region: Annotated[str | None, Header("x-amz-bucket-region")] = None
    access_point_alias: Annotated[bool | None, Header("x-amz-access-point-alias")] = None


class DeleteBucketInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetBucketLocationInput(Struct, frozen=True, kw_only=True):
    bucket: BucketName
    expected_bucket_owner: ExpectedBucketOwnerHeader = None


class GetBucketLocationOutput(Struct, frozen=True, kw_only=True):
    root: ClassVar[str] = "LocationConstraint"

    location_constraint: Annotated[str | None, Text()] = None
