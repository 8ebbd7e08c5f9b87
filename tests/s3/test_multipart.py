"""Multipart uploads: order, sizes, listing, abort, copies of parts. Sources: S3 API Reference; User Guide,
"Uploading and copying objects using multipart upload" and its table of limits."""

import contextlib
import hashlib
import random

import pytest

from live.expect import assert_refused, refused
from live.wire import NAMESPACE

MIB = 1024 * 1024
BIG = random.randbytes(5 * MIB)


def multipart_etag(parts: list[bytes]) -> str:
    inner = b"".join(hashlib.md5(part).digest() for part in parts)
    return f'"{hashlib.md5(inner).hexdigest()}-{len(parts)}"'


@pytest.fixture
def begin(s3, bucket):
    """Create an upload; its id."""
    return lambda key="key", **members: s3.create_multipart_upload(Bucket=bucket, Key=key, **members)["UploadId"]


@pytest.fixture
def part(s3, bucket):
    """Upload one part; what Complete wants to hear of it."""

    def upload(upload_id, number, body, key="key", **members):
        answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body, **members)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    return upload


@pytest.fixture
def complete(s3, bucket):
    def finish(upload_id, parts, key="key", **members):
        return s3.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, **members
        )

    return finish


def test_parts_become_one_object(s3, server, bucket, begin, part, complete, read):
    upload = begin(Metadata={"m": "1"}, ContentType="text/x", CacheControl="no-cache")
    bodies = [BIG, BIG[::-1] + b"!", b"the end"]
    parts = [part(upload, number, body) for number, body in enumerate(bodies, 1)]
    assert [item["ETag"] for item in parts] == [f'"{hashlib.md5(body).hexdigest()}"' for body in bodies]
    with refused("NoSuchKey", 404):
        read()
    answer = complete(upload, parts)
    assert answer["ETag"] == multipart_etag(bodies)
    assert (answer["Bucket"], answer["Key"]) == (bucket, "key")
    assert answer["Location"] == f"{server.endpoint}/{bucket}/key"
    assert read() == b"".join(bodies)
    head = s3.head_object(Bucket=bucket, Key="key")
    assert head["ContentLength"] == sum(map(len, bodies))
    assert (head["Metadata"], head["ContentType"], head["CacheControl"]) == ({"m": "1"}, "text/x", "no-cache")
    assert head["ETag"] == multipart_etag(bodies)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_parts_in_any_order_of_arrival_and_with_gaps(begin, part, complete, read):
    upload = begin()
    third, first = part(upload, 9000, b"end"), part(upload, 17, BIG)
    complete(upload, [first, third])
    assert read() == BIG + b"end"


def test_a_part_sent_again_replaces_the_first(begin, part, complete, read):
    upload = begin()
    old = part(upload, 1, b"old")
    new = part(upload, 1, b"new and longer")
    with refused("InvalidPart", 400):
        complete(upload, [old])
    complete(upload, [new])
    assert read() == b"new and longer"


def test_parts_that_are_not_named_are_dropped(begin, part, complete, read, s3, bucket):
    upload = begin()
    part(upload, 1, b"unwanted")
    complete(upload, [part(upload, 2, b"wanted")])
    assert read() == b"wanted"
    with refused("NoSuchUpload", 404):
        s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)


def test_an_empty_part_makes_an_empty_object(begin, part, complete, read):
    upload = begin()
    answer = complete(upload, [part(upload, 1, b"")])
    assert answer["ETag"] == multipart_etag([b""])
    assert read() == b""


def test_all_parts_but_the_last_need_five_mib(begin, part, complete, read):
    upload = begin()
    parts = [part(upload, 1, BIG), part(upload, 2, BIG[:-1]), part(upload, 3, b"end")]
    with refused("EntityTooSmall", 400, PartNumber="2", MinSizeAllowed=str(5 * MIB), ProposedSize=str(5 * MIB - 1)):
        complete(upload, parts)
    complete(upload, parts[::2])  # the upload is still there
    assert read() == BIG + b"end"


def test_parts_must_be_named_in_order(begin, part, complete):
    upload = begin()
    first, second = part(upload, 1, BIG), part(upload, 2, b"end")
    with refused("InvalidPartOrder", 400):
        complete(upload, [second, first])
    with refused("InvalidPartOrder", 400):
        complete(upload, [first, first])
    complete(upload, [first, second])


def test_a_part_that_was_not_uploaded_is_invalid(begin, part, complete):
    upload = begin()
    first = part(upload, 1, b"x")
    with refused("InvalidPart", 400, PartNumber="2"):
        complete(upload, [first, {"PartNumber": 2, "ETag": first["ETag"]}])
    with refused("InvalidPart", 400, PartNumber="1"):
        complete(upload, [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}])
    complete(upload, [{"PartNumber": 1, "ETag": first["ETag"].strip('"')}])


def test_complete_needs_parts(wire, bucket, begin, part):
    upload = begin()
    part(upload, 1, b"x")
    target = f"/{bucket}/key?uploadId={upload}"
    for body in (
        b"",
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
        b"<Wrong/>",
        b"<CompleteMultipartUpload>",
    ):
        answer = wire.signed("POST", target, body=body)
        assert answer.status == 400, answer.body
        assert answer.code in {"MalformedXML", "InvalidRequest"}, answer.body


def test_complete_answers_xml_in_s3s_namespace(wire, bucket, begin, part):
    upload = begin()
    etag = part(upload, 1, b"x")["ETag"]
    body = (
        f"<CompleteMultipartUpload><Part><ETag>{etag}</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
    )
    answer = wire.signed("POST", f"/{bucket}/key?uploadId={upload}", body=body.encode())
    assert answer.status == 200
    assert answer.xml.tag == NAMESPACE + "CompleteMultipartUploadResult"
    assert answer.text("ETag") == multipart_etag([b"x"])


def test_an_aborted_upload_is_gone(s3, bucket, begin, part, complete):
    upload = begin()
    first = part(upload, 1, BIG)
    answer = s3.abort_multipart_upload(Bucket=bucket, Key="key", UploadId=upload)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    for call in (
        lambda: part(upload, 2, b"x"),
        lambda: complete(upload, [first]),
        lambda: s3.list_parts(Bucket=bucket, Key="key", UploadId=upload),
        lambda: s3.abort_multipart_upload(Bucket=bucket, Key="key", UploadId=upload),
    ):
        with refused("NoSuchUpload", 404):
            call()


def test_an_upload_belongs_to_its_key_and_bucket(s3, bucket, begin, part, bucket_names):
    upload = begin("one")
    with refused("NoSuchUpload", 404):
        part(upload, 1, b"x", key="two")
    other = bucket_names()
    s3.create_bucket(Bucket=other)
    with refused("NoSuchUpload", 404):
        s3.upload_part(Bucket=other, Key="one", UploadId=upload, PartNumber=1, Body=b"x")


@pytest.mark.parametrize("upload", ["x", "", "a" * 2000, "%00", "..%2F..", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_an_upload_id_that_is_none(wire, bucket, upload):
    answer = wire.signed("PUT", f"/{bucket}/key?partNumber=1&uploadId={upload}", body=b"x")
    assert (answer.status, answer.code) in {(404, "NoSuchUpload"), (400, "InvalidArgument")}, answer.body


@pytest.mark.parametrize("number", ["0", "-1", "10001", "x", "1.5", "", "99999999999999999999"])
def test_part_numbers_are_1_to_10000(wire, bucket, begin, number):
    answer = wire.signed("PUT", f"/{bucket}/key?partNumber={number}&uploadId={begin()}", body=b"x")
    assert_refused(answer, "InvalidArgument", 400)


def test_parts_are_listed_in_pages(s3, bucket, begin, part):
    upload = begin()
    numbers = [1, 2, 5, 7, 8, 10_000]
    for number in reversed(numbers):
        part(upload, number, b"x" * number)
    listing = s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)
    assert [item["PartNumber"] for item in listing["Parts"]] == numbers
    assert [item["Size"] for item in listing["Parts"]] == numbers
    assert listing["Parts"][1]["ETag"] == f'"{hashlib.md5(b"xx").hexdigest()}"'
    assert (listing["IsTruncated"], listing["MaxParts"], listing["StorageClass"]) == (False, 1000, "STANDARD")
    assert listing["Initiator"]["ID"] == listing["Owner"]["ID"] == s3.list_buckets()["Owner"]["ID"]
    first = s3.list_parts(Bucket=bucket, Key="key", UploadId=upload, MaxParts=4)
    assert [item["PartNumber"] for item in first["Parts"]] == numbers[:4]
    assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 7)
    rest = s3.list_parts(Bucket=bucket, Key="key", UploadId=upload, PartNumberMarker=first["NextPartNumberMarker"])
    assert [item["PartNumber"] for item in rest["Parts"]] == numbers[4:]
    assert rest["PartNumberMarker"] == 7


def test_uploads_are_listed_by_key_and_age(s3, bucket, begin):
    ids = {key: begin(key) for key in ("b", "a/1", "a/2", "c")}
    twice = begin("b")
    listing = s3.list_multipart_uploads(Bucket=bucket)
    listed = [(item["Key"], item["UploadId"]) for item in listing["Uploads"]]
    assert [key for key, _ in listed] == ["a/1", "a/2", "b", "b", "c"]
    assert {upload for key, upload in listed if key == "b"} == {ids["b"], twice}
    assert listed[2] == ("b", ids["b"])  # API Reference: within a key by time of initiation
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [item["Prefix"] for item in folded["CommonPrefixes"]] == ["a/"]
    assert [item["Key"] for item in folded["Uploads"]] == ["b", "b", "c"]
    assert [item["Key"] for item in s3.list_multipart_uploads(Bucket=bucket, Prefix="a")["Uploads"]] == ["a/1", "a/2"]


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_uploads_are_paged_without_loss(s3, bucket, begin, page):
    expected = sorted((key, begin(key)) for key in ["a", "b", "b", "b", "c d", "ä"])
    listed, markers = [], {}
    while True:
        answer = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=page, **markers)
        uploads = answer.get("Uploads", [])
        assert len(uploads) <= page
        listed += [(item["Key"], item["UploadId"]) for item in uploads]
        if not answer["IsTruncated"]:
            break
        markers = {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer["NextUploadIdMarker"]}
        assert len(listed) <= len(expected)
    assert sorted(listed) == expected


def test_parts_copied_from_objects(s3, bucket, put, begin, complete, read, part):
    put("source", BIG + b"tail")
    upload = begin()
    copied = s3.upload_part_copy(
        Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, CopySource=f"{bucket}/source"
    )["CopyPartResult"]
    assert copied["ETag"] == f'"{hashlib.md5(BIG + b"tail").hexdigest()}"'
    assert copied["LastModified"]
    ranged = s3.upload_part_copy(
        Bucket=bucket,
        Key="key",
        UploadId=upload,
        PartNumber=2,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange=f"bytes={5 * MIB - 2}-{5 * MIB + 1}",
    )["CopyPartResult"]
    s3.delete_object(Bucket=bucket, Key="source")
    complete(upload, [{"PartNumber": 1, "ETag": copied["ETag"]}, {"PartNumber": 2, "ETag": ranged["ETag"]}])
    assert read() == BIG + b"tail" + BIG[-2:] + b"ta"


@pytest.mark.parametrize(
    "spec",
    ["0-8", "bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4", "bytes=-", "bytes=-2", "bytes=1-", "bytes=0-100"],
)
def test_the_range_of_a_copied_part_is_first_to_last_inside_the_source(s3, bucket, put, begin, spec):
    put("source", b"0123456789")
    with refused("InvalidArgument", 400, ArgumentName="x-amz-copy-source-range", ArgumentValue=spec):
        s3.upload_part_copy(
            Bucket=bucket,
            Key="key",
            UploadId=begin(),
            PartNumber=1,
            CopySource=f"{bucket}/source",
            CopySourceRange=spec,
        )


def test_the_object_stays_what_it_was_while_an_upload_runs(put, read, begin, part, complete):
    put("key", b"old")
    upload = begin()
    parts = [part(upload, 1, b"new")]
    assert read() == b"old"
    complete(upload, parts)
    assert read() == b"new"


def test_the_total_size_is_held_against_what_the_client_says(begin, part, complete):
    upload = begin()
    parts = [part(upload, 1, b"12345")]
    with refused("InvalidRequest", 400):
        complete(upload, parts, MpuObjectSize=6)
    complete(upload, parts, MpuObjectSize=5)


def test_complete_may_be_repeated_by_a_client_that_lost_the_answer(s3, begin, part, complete, read):
    """API Reference: CompleteMultipartUpload is idempotent for a while; at worst it says NoSuchUpload, never harm."""
    upload = begin()
    parts = [part(upload, 1, b"x")]
    first = complete(upload, parts)
    again = None
    with contextlib.suppress(s3.exceptions.NoSuchUpload):
        again = complete(upload, parts)
    assert again is None or again["ETag"] == first["ETag"]
    assert read() == b"x"


def test_other_users_cannot_touch_an_upload(second, s3, bucket, begin, part):
    upload = begin()
    part(upload, 1, b"x")
    for call in (
        lambda: second.s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"y"),
        lambda: second.s3.abort_multipart_upload(Bucket=bucket, Key="key", UploadId=upload),
        lambda: second.s3.list_parts(Bucket=bucket, Key="key", UploadId=upload),
        lambda: second.s3.list_multipart_uploads(Bucket=bucket),
        lambda: second.s3.create_multipart_upload(Bucket=bucket, Key="key"),
    ):
        with refused("AccessDenied", 403):
            call()
    assert len(s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)["Parts"]) == 1


def test_an_upload_id_marker_wants_a_key_marker_and_the_form_of_an_id(wire, bucket, begin):
    begin("a")
    answer = wire.signed("GET", f"/{bucket}?uploads&upload-id-marker=unheard")
    assert (answer.text("Upload/Key"), answer.text("UploadIdMarker")) == ("a", "")
    answer = wire.signed("GET", f"/{bucket}?uploads&key-marker=a&upload-id-marker=unheard")
    assert_refused(answer, "InvalidArgument", 400)
    assert answer.error["ArgumentName"] == "upload-id-marker"
