"""Annotations of objects.

Source: S3 API Reference, PutObjectAnnotation, GetObjectAnnotation, ListObjectAnnotations, DeleteObjectAnnotation.
"""

import hashlib
import threading
from urllib.parse import quote

import pytest

from live.expect import assert_refused, refused
from live.sums import ALGORITHMS, checksum
from live.wire import content_md5

MIB = 1024 * 1024


@pytest.fixture
def annotate(s3, bucket):
    def put_annotation(name="note", payload=b"text", key="key", **members):
        return s3.put_object_annotation(
            Bucket=bucket, Key=key, AnnotationName=name, AnnotationPayload=payload, **members
        )

    return put_annotation


@pytest.fixture
def note(s3, bucket):
    def get_annotation(name="note", key="key", **members):
        answer = s3.get_object_annotation(Bucket=bucket, Key=key, AnnotationName=name, **members)
        return answer["AnnotationPayload"].read()

    return get_annotation


@pytest.fixture
def names(s3, bucket):
    def list_annotations(key="key", **members):
        answer = s3.list_object_annotations(Bucket=bucket, Key=key, **members)
        return [each["AnnotationName"] for each in answer.get("Annotations", [])]

    return list_annotations


@pytest.mark.parametrize("size", [1, 100, 12 * 1024, 12 * 1024 + 1, 300_000, MIB])
def test_what_was_put_is_what_is_read(s3, bucket, put, read, annotate, note, size):
    put(body=b"the object")
    before = s3.head_object(Bucket=bucket, Key="key")
    payload = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    stored = annotate("a note", payload)
    assert (stored["Key"], stored["AnnotationName"]) == ("key", "a note")
    assert stored["ETag"] == f'"{hashlib.md5(payload).hexdigest()}"'
    got = s3.get_object_annotation(Bucket=bucket, Key="key", AnnotationName="a note")
    assert got["AnnotationPayload"].read() == payload
    assert (got["ContentLength"], got["ETag"]) == (size, stored["ETag"])
    annotate("a note", b"shorter")
    assert note("a note") == b"shorter"
    after = s3.head_object(Bucket=bucket, Key="key")
    assert (after["ETag"], after["LastModified"], after["ContentLength"]) == (
        before["ETag"],
        before["LastModified"],
        10,
    )
    assert read() == b"the object"


def test_an_annotation_is_deleted_for_good(s3, bucket, put, annotate, names):
    put()
    annotate("a")
    annotate("b")
    for _ in range(2):
        s3.delete_object_annotation(Bucket=bucket, Key="key", AnnotationName="a")
        assert names() == ["b"]
    with refused("NoSuchAnnotation", 404):
        s3.get_object_annotation(Bucket=bucket, Key="key", AnnotationName="a")


def test_they_are_listed_by_name_by_prefix_and_by_pages(s3, bucket, put, annotate, names):
    put()
    assert names() == []
    made = ["z", "a/1", "a/2", "ä", "A", "b" * 512]
    for name in made:
        annotate(name, name.encode())
    expected = sorted(made, key=str.encode)
    assert names() == expected
    assert names(AnnotationPrefix="a/") == ["a/1", "a/2"]
    assert names(AnnotationPrefix="nothing") == []
    found, token = [], {}
    while token is not None:
        page = s3.list_object_annotations(Bucket=bucket, Key="key", MaxAnnotationResults=2, **token)
        assert page["AnnotationCount"] == len(page["Annotations"]) <= 2
        found += [each["AnnotationName"] for each in page["Annotations"]]
        token = {"ContinuationToken": page["NextContinuationToken"]} if "NextContinuationToken" in page else None
    assert found == expected
    entry = s3.list_object_annotations(Bucket=bucket, Key="key", AnnotationPrefix="z")["Annotations"][0]
    assert (entry["Size"], entry["ETag"], entry["ChecksumAlgorithm"]) == (
        1,
        f'"{hashlib.md5(b"z").hexdigest()}"',
        ["CRC32"],
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_checksum_is_checked_kept_and_told(s3, wire, bucket, put, annotate, algorithm):
    put()
    member, value = f"Checksum{algorithm}", checksum(algorithm, b"text")
    assert annotate(**{member: value})[member] == value
    got = s3.get_object_annotation(Bucket=bucket, Key="key", AnnotationName="note", ChecksumMode="ENABLED")
    assert (got[member], got["ChecksumType"]) == (value, "FULL_OBJECT")
    assert got["AnnotationPayload"].read() == b"text"
    wrong = {f"x-amz-checksum-{algorithm.lower()}": checksum(algorithm, b"other")}
    answer = wire.signed("PUT", f"/{bucket}/key?annotation&annotationName=note", wrong, b"new")
    assert_refused(answer, "BadDigest", 400)
    plain = wire.signed("GET", f"/{bucket}/key?annotation&annotationName=note")
    assert plain.body == b"text"
    assert not [name for name in plain.headers if name.startswith("x-amz-checksum")]


def test_a_wrong_md5_stores_nothing(wire, bucket, put, names):
    put()
    target = f"/{bucket}/key?annotation&annotationName=note"
    assert_refused(wire.signed("PUT", target, {"Content-MD5": content_md5(b"other")}, b"text"), "BadDigest", 400)
    assert names() == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "InvalidAnnotationName"),
        ("aws-note", "InvalidAnnotationName"),
        ("S3", "InvalidAnnotationName"),
        ("a\nb", "InvalidAnnotationName"),
        ("n" * 513, "AnnotationNameTooLong"),
        ("ä" * 257, "AnnotationNameTooLong"),
    ],
    ids=range(6),
)
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_what_cannot_be_a_name(wire, bucket, put, read, names, name, code, method):
    put()
    target = f"/{bucket}/key?annotation&annotationName={quote(name)}"
    answer = wire.signed(method, target, body=b"text" if method == "PUT" else b"")
    assert_refused(answer, code, 400)
    assert (read(), names()) == (b"hello", [])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_without_a_name_it_is_not_the_object_that_is_meant(wire, bucket, put, read, method):
    put()
    answer = wire.signed(method, f"/{bucket}/key?annotation", body=b"x" if method == "PUT" else b"")
    assert_refused(answer, "InvalidRequest", 400)
    assert read() == b"hello"


@pytest.mark.parametrize(
    ("payload", "code", "status"),
    [
        (b"", "InvalidRequest", 400),
        (b"x" * (MIB + 1), "EntityTooLarge", 400),
        (b"\xff\xfe", "UnsupportedMediaType", 415),
    ],
    ids=range(3),
)
def test_what_cannot_be_a_payload(wire, bucket, put, names, payload, code, status):
    put()
    target = f"/{bucket}/key?annotation&annotationName=note"
    assert_refused(wire.signed("PUT", target, body=payload), code, status)
    assert names() == []


def test_bad_listings(wire, bucket, put):
    put()
    target = f"/{bucket}/key?annotation"
    assert_refused(wire.signed("GET", f"{target}&max-annotation-results=0"), "InvalidArgument", 400)
    assert_refused(wire.signed("GET", f"{target}&max-annotation-results=1001"), "InvalidArgument", 400)
    assert_refused(wire.signed("GET", f"{target}&continuation-token=%25"), "InvalidArgument", 400)
    assert_refused(wire.signed("GET", f"{target}&annotation-prefix={'p' * 513}"), "InvalidPrefix", 400)


def test_the_object_may_be_required_to_be_a_certain_one(s3, bucket, put, annotate, note):
    etag = put()["ETag"]
    annotate(ObjectIfMatch=etag)
    with refused("PreconditionFailed", 412):
        annotate(payload=b"new", ObjectIfMatch='"other"')
    with refused("PreconditionFailed", 412):
        s3.delete_object_annotation(Bucket=bucket, Key="key", AnnotationName="note", ObjectIfMatch='"other"')
    assert note() == b"text"
    s3.delete_object_annotation(Bucket=bucket, Key="key", AnnotationName="note", ObjectIfMatch=etag)


def test_they_go_with_the_object(s3, bucket_names, put, bucket, annotate, names):
    put()
    annotate()
    put()
    assert names() == []
    annotate("big", b"x" * MIB)
    s3.delete_object(Bucket=bucket, Key="key")
    for call, members in (
        (s3.get_object_annotation, {"AnnotationName": "big"}),
        (s3.delete_object_annotation, {"AnnotationName": "big"}),
        (s3.put_object_annotation, {"AnnotationName": "big", "AnnotationPayload": b"x"}),
        (s3.list_object_annotations, {}),
    ):
        with refused("NoSuchKey", 404):
            call(Bucket=bucket, Key="key", **members)
    put()
    assert names() == []
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)  # it is empty: nothing of them was left


def test_acl_and_tags_change_without_them(s3, bucket, put, annotate, names):
    put(Metadata={"m": "x" * 900})  # at the limit of what an entry holds of metadata
    annotate("a")
    s3.put_object_acl(Bucket=bucket, Key="key", ACL="public-read")
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    annotate("b")
    assert names() == ["a", "b"]
    head = s3.head_object(Bucket=bucket, Key="key")
    assert (head["Metadata"], head["TagCount"]) == ({"m": "x" * 900}, 1)


@pytest.mark.parametrize("size", [5, 300_000])
def test_a_copy_has_them_unless_they_are_excluded(s3, bucket, put, annotate, note, names, size):
    put("source", b"x" * size)
    annotate("small", b"1", key="source")
    annotate("large", b"y" * MIB, key="source")
    source = {"Bucket": bucket, "Key": "source"}
    s3.copy_object(Bucket=bucket, Key="key", CopySource=source)
    assert names() == ["large", "small"]
    assert (note("large"), note("small")) == (b"y" * MIB, b"1")
    annotate("own")
    s3.copy_object(Bucket=bucket, Key="key", CopySource=source, AnnotationDirective="EXCLUDE")
    assert names() == []
    s3.copy_object(Bucket=bucket, Key="source", CopySource=source, MetadataDirective="REPLACE")
    assert names("source") == ["large", "small"]
    assert note("large", "source") == b"y" * MIB


def test_more_than_a_copy_can_take_over_is_refused(s3, bucket, put, annotate, names):
    put("source")
    for number in range(65):
        annotate(f"{number}", b"z" * MIB, key="source")
    source = {"Bucket": bucket, "Key": "source"}
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="key", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="key", CopySource=source, AnnotationDirective="EXCLUDE")
    assert names() == []


@pytest.mark.server_kinds("memory-1")
def test_an_object_has_a_thousand_at_most(s3, bucket, put, annotate, names):
    put()
    for number in range(1000):
        annotate(f"{number:03}", b"x")
    with refused("AnnotationLimitExceeded", 400):
        annotate("one more", b"x")
    annotate("000", b"in place of another")
    assert len(names()) == 1000


def test_who_may_read_the_object_may_not_read_them(s3, second, anonymous, bucket, put, annotate, bucket_names):
    put(ACL="public-read")
    annotate("secret")
    for client in (second.s3, anonymous):
        for call, members in (
            (client.get_object_annotation, {"AnnotationName": "secret"}),
            (client.delete_object_annotation, {"AnnotationName": "secret"}),
            (client.put_object_annotation, {"AnnotationName": "secret", "AnnotationPayload": b"x"}),
            (client.list_object_annotations, {}),
        ):
            with refused("AccessDenied", 403):
                call(Bucket=bucket, Key="key", **members)
    theirs = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=theirs)
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=theirs, Key="copy", CopySource=f"{bucket}/key")
    second.s3.copy_object(Bucket=theirs, Key="copy", CopySource=f"{bucket}/key", AnnotationDirective="EXCLUDE")


def test_writers_of_many_annotations_at_once_lose_none(s3, bucket, put, annotate, names):
    put()
    threads = [threading.Thread(target=annotate, args=(f"{number:02}", b"x")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names() == [f"{number:02}" for number in range(20)]
