"""GetObjectAttributes. Source: S3 API Reference, GetObjectAttributes."""

import hashlib

import pytest

from live.expect import assert_refused, refused
from live.sums import checksum, composite
from live.wire import NAMESPACE

PIECE = 5 * 1024 * 1024
ALL = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]


def test_each_attribute_is_told_where_it_is_named(s3, bucket, put):
    put(body=b"hello", ChecksumSHA256=checksum("SHA256", b"hello"))
    expected = {
        "ETag": hashlib.md5(b"hello").hexdigest(),
        "Checksum": {"ChecksumSHA256": checksum("SHA256", b"hello"), "ChecksumType": "FULL_OBJECT"},
        "StorageClass": "STANDARD",
        "ObjectSize": 5,
    }
    head = s3.head_object(Bucket=bucket, Key="key")
    for names in (ALL, *([name] for name in ALL)):
        told = s3.get_object_attributes(Bucket=bucket, Key="key", ObjectAttributes=names)
        del told["ResponseMetadata"]
        assert told.pop("LastModified") == head["LastModified"]
        assert told == {name: value for name, value in expected.items() if name in names}


def test_the_answer_is_the_document_that_s3_sends(wire, bucket, put):
    put()
    answer = wire.signed("GET", f"/{bucket}/key?attributes", {"x-amz-object-attributes": "ObjectSize, ETag"})
    assert answer.xml.tag == NAMESPACE + "GetObjectAttributesResponse"
    assert answer.text("ObjectSize") == "5"
    assert answer.text("ETag") == hashlib.md5(b"hello").hexdigest()


@pytest.fixture
def in_parts(s3, bucket):
    def upload(pieces, **members):
        target = {"Bucket": bucket, "Key": "key"}
        target["UploadId"] = s3.create_multipart_upload(**target, **members)["UploadId"]
        kept = ("ETag", f"Checksum{members.get('ChecksumAlgorithm', '')}")
        parts = []
        for number, piece in pieces.items():
            algorithm = {"ChecksumAlgorithm": members["ChecksumAlgorithm"]} if members else {}
            answer = s3.upload_part(**target, PartNumber=number, Body=piece, **algorithm)
            parts.append({"PartNumber": number} | {name: answer[name] for name in kept if name in answer})
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})

    return upload


def test_the_parts_of_a_composite_checksum_are_listed_by_pages(s3, bucket, in_parts):
    pieces = {3: b"a" * PIECE, 5: b"b" * PIECE, 9: b"c"}
    in_parts(pieces, ChecksumAlgorithm="XXHASH3")
    ask = {"Bucket": bucket, "Key": "key", "ObjectAttributes": ["ObjectParts", "Checksum"]}
    told = s3.get_object_attributes(**ask)
    whole = composite("XXHASH3", [*pieces.values()]).partition("-")[0]
    assert told["Checksum"] == {"ChecksumXXHASH3": whole, "ChecksumType": "COMPOSITE"}
    listed = [
        {"PartNumber": number, "Size": len(piece), "ChecksumXXHASH3": checksum("XXHASH3", piece)}
        for number, piece in pieces.items()
    ]
    assert told["ObjectParts"] == {
        "TotalPartsCount": 3,
        "PartNumberMarker": 0,
        "NextPartNumberMarker": 9,
        "MaxParts": 1000,
        "IsTruncated": False,
        "Parts": listed,
    }
    first = s3.get_object_attributes(**ask, MaxParts=2)["ObjectParts"]
    assert (first["IsTruncated"], first["NextPartNumberMarker"], first["Parts"]) == (True, 5, listed[:2])
    second = s3.get_object_attributes(**ask, MaxParts=2, PartNumberMarker=5)["ObjectParts"]
    assert (second["IsTruncated"], second["PartNumberMarker"], second["Parts"]) == (False, 5, listed[2:])
    beyond = s3.get_object_attributes(**ask, PartNumberMarker=9)["ObjectParts"]
    assert (beyond["IsTruncated"], beyond["NextPartNumberMarker"], "Parts" in beyond) == (False, 0, False)
    none = s3.get_object_attributes(**ask, MaxParts=0)["ObjectParts"]
    assert (none["IsTruncated"], none["MaxParts"], "Parts" in none) == (False, 0, False)


@pytest.mark.parametrize("members", [{}, {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}], ids=range(2))
def test_the_parts_of_a_full_object_checksum_are_counted(s3, bucket, in_parts, members):
    in_parts({1: b"a" * PIECE, 2: b"b"}, **members)
    told = s3.get_object_attributes(Bucket=bucket, Key="key", ObjectAttributes=["ObjectParts", "Checksum"])
    assert told["ObjectParts"] == {"TotalPartsCount": 2}
    algorithm = members.get("ChecksumAlgorithm", "CRC64NVME")
    whole = checksum(algorithm, b"a" * PIECE + b"b")
    assert told["Checksum"] == {f"Checksum{algorithm}": whole, "ChecksumType": "FULL_OBJECT"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "InvalidRequest"),
        ({"x-amz-object-attributes": ""}, "InvalidRequest"),
        ({"x-amz-object-attributes": ", "}, "InvalidRequest"),
        ({"x-amz-object-attributes": "Owner"}, "InvalidArgument"),
        ({"x-amz-object-attributes": "ETag,etag"}, "InvalidArgument"),
        ({"x-amz-object-attributes": "ETag", "x-amz-max-parts": "many"}, "InvalidArgument"),
        ({"x-amz-object-attributes": "ETag", "x-amz-max-parts": "-1"}, "InvalidArgument"),
        ({"x-amz-object-attributes": "ETag", "x-amz-part-number-marker": "-1"}, "InvalidArgument"),
    ],
    ids=range(8),
)
def test_what_asks_for_no_attribute_is_refused(wire, bucket, put, headers, code):
    put()
    assert_refused(wire.signed("GET", f"/{bucket}/key?attributes", headers), code, 400)


def test_who_may_read_the_object_may_know_them(s3, anonymous, second, bucket, put):
    ask = {"Bucket": bucket, "Key": "key", "ObjectAttributes": ["ETag"]}
    with refused("NoSuchKey", 404):
        s3.get_object_attributes(**ask)
    with refused("AccessDenied", 403):
        second.s3.get_object_attributes(**ask)
    put()
    with refused("AccessDenied", 403):
        anonymous.get_object_attributes(**ask)
    s3.put_object_acl(Bucket=bucket, Key="key", ACL="public-read")
    assert anonymous.get_object_attributes(**ask)["ETag"] == hashlib.md5(b"hello").hexdigest()
