"""Tags of objects, by their own operations and by the headers of those that write objects.

Source: S3 API Reference, PutObjectTagging, PutObject, CopyObject; S3 User Guide, "Categorizing your objects using
tags".
"""

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5


def _tags(count=1, **tags):
    pairs = tags or {f"k{number}": "v" for number in range(count)}
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs.items()]}


@pytest.fixture
def tags_of(s3, bucket):
    def get(key="key", client=s3):
        return {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}

    return get


def test_what_was_put_is_what_is_read_until_it_is_deleted(s3, bucket, put, tags_of):
    put()
    assert tags_of() == {}
    assert "TagCount" not in s3.head_object(Bucket=bucket, Key="key")
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(team="green", cost="", **{"a b": "ä/ö"}))
    assert tags_of() == {"team": "green", "cost": "", "a b": "ä/ö"}
    assert s3.head_object(Bucket=bucket, Key="key")["TagCount"] == 3
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(10))
    assert s3.get_object(Bucket=bucket, Key="key")["TagCount"] == 10
    s3.delete_object_tagging(Bucket=bucket, Key="key")
    assert tags_of() == {}
    s3.delete_object_tagging(Bucket=bucket, Key="key")
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(a="b"))
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": []})
    assert tags_of() == {}


@pytest.mark.parametrize("size", [5, 100_000])
def test_tagging_changes_nothing_else(s3, bucket, put, read, tags_of, size):
    put(body=b"x" * size, Metadata={"m": "1"}, ACL="public-read", CacheControl="no-cache")
    before = s3.head_object(Bucket=bucket, Key="key")
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(**{f"k{n}": "v" * 256 for n in range(10)}))
    after = s3.head_object(Bucket=bucket, Key="key")
    assert after.pop("TagCount") == 10
    assert {k: v for k, v in after.items() if k != "ResponseMetadata"} == {
        k: v for k, v in before.items() if k != "ResponseMetadata"
    }
    assert read() == b"x" * size
    s3.put_object_acl(Bucket=bucket, Key="key", ACL="private")
    assert len(tags_of()) == 10


def test_they_come_with_the_object_and_go_with_it(s3, bucket, put, tags_of):
    put(Tagging="a=1&b=%C3%A4&c")
    assert tags_of() == {"a": "1", "b": "ä", "c": ""}
    put()
    assert tags_of() == {}
    s3.delete_object(Bucket=bucket, Key="key")
    for call in (s3.get_object_tagging, s3.delete_object_tagging):
        with refused("NoSuchKey", 404):
            call(Bucket=bucket, Key="key")
    with refused("NoSuchKey", 404):
        s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags())


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("a&&b=&", {"a": "", "b": ""}),
        ("&", {}),
        ("a+b=%C3%A4%2B", {"a b": "ä+"}),
        ("a=b=c", {"a": "b=c"}),
        ("user@host=x:y/z-1_2.3", {"user@host": "x:y/z-1_2.3"}),
    ],
    ids=range(9),
)
def test_the_header_is_a_query(wire, bucket, tags_of, header, tags):
    assert wire.signed("PUT", f"/{bucket}/key", {"x-amz-tagging": header}, b"x").status == 200
    assert tags_of() == tags


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("=", "InvalidArgument"),
        ("=v", "InvalidArgument"),
        ("a%=b", "InvalidArgument"),
        ("a=%zz", "InvalidArgument"),
        ("a=%FF", "InvalidArgument"),
        ("a=1&a=2", "InvalidArgument"),
        ("a=1&%61=2", "InvalidArgument"),
        ("a(=1", "InvalidTag"),
        ("a=1$", "InvalidTag"),
        ("aws:a=1", "InvalidTag"),
        ("k" * 129, "InvalidTag"),
        ("k=" + "v" * 257, "InvalidTag"),
        ("&".join(f"k{n}" for n in range(11)), "BadRequest"),
    ],
    ids=range(13),
)
@pytest.mark.parametrize("operation", ["put", "copy", "create upload"])
def test_what_is_no_set_of_tags_stores_nothing(wire, bucket, put, header, code, operation):
    put("source")
    fields = {"x-amz-tagging": header}
    if operation == "put":
        answer = wire.signed("PUT", f"/{bucket}/key", fields, b"x")
    elif operation == "copy":
        fields |= {"x-amz-copy-source": f"{bucket}/source", "x-amz-tagging-directive": "REPLACE"}
        answer = wire.signed("PUT", f"/{bucket}/key", fields)
    else:
        answer = wire.signed("POST", f"/{bucket}/key?uploads", fields)
    assert_refused(answer, code, 400)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"k" * 129: "v"}, "InvalidTag"),
        ({"k": "v" * 257}, "InvalidTag"),
        ({"k!": "v"}, "InvalidTag"),
        ({"AWS:k": "v"}, "InvalidTag"),
        ({f"k{number}": "v" for number in range(11)}, "BadRequest"),
    ],
    ids=range(5),
)
def test_a_refused_document_leaves_what_there_was(s3, bucket, put, tags_of, tags, code):
    put(Tagging="kept=yes")
    with refused(code, 400):
        s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(**tags))
    assert tags_of() == {"kept": "yes"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Tagging/>", "MalformedXML"),
        (b"", "MissingRequestBodyError"),
        (b"<Tagging><TagSet>" + 2 * b"<Tag><Key>a</Key><Value/></Tag>" + b"</TagSet></Tagging>", "InvalidTag"),
    ],
    ids=range(3),
)
def test_malformed_documents_have_s3s_codes(wire, bucket, put, body, code):
    put()
    answer = wire.signed("PUT", f"/{bucket}/key?tagging", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)


def test_a_copy_has_the_sources_tags_or_those_of_the_request(s3, bucket, put, tags_of):
    put("source", Tagging="old=1")
    source = {"Bucket": bucket, "Key": "source"}
    s3.copy_object(Bucket=bucket, Key="a", CopySource=source)
    assert tags_of("a") == {"old": "1"}
    s3.copy_object(Bucket=bucket, Key="b", CopySource=source, Tagging="new=2")
    assert tags_of("b") == {"old": "1"}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, Tagging="new=2", TaggingDirective="REPLACE")
    assert tags_of("c") == {"new": "2"}
    s3.copy_object(Bucket=bucket, Key="d", CopySource=source, TaggingDirective="REPLACE")
    assert tags_of("d") == {}
    s3.copy_object(Bucket=bucket, Key="e", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "1"})
    assert tags_of("e") == {"old": "1"}
    assert s3.head_object(Bucket=bucket, Key="e")["Metadata"] == {"m": "1"}


def test_an_upload_in_parts_has_the_tags_it_was_begun_with(s3, bucket, tags_of):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", Tagging="a=1&b=2")["UploadId"]
    target = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    part = s3.upload_part(**target, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert tags_of() == {"a": "1", "b": "2"}
    assert s3.head_object(Bucket=bucket, Key="key")["TagCount"] == 2


def test_who_may_read_an_object_may_not_read_its_tags(s3, second, anonymous, bucket, put, tags_of):
    put(ACL="public-read", Tagging="secret=1")
    for client in (second.s3, anonymous):
        assert "TagCount" not in client.get_object(Bucket=bucket, Key="key")
        with refused("AccessDenied", 403):
            client.get_object_tagging(Bucket=bucket, Key="key")
        with refused("AccessDenied", 403):
            client.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags())
        with refused("AccessDenied", 403):
            client.delete_object_tagging(Bucket=bucket, Key="key")
    s3.put_object_acl(Bucket=bucket, Key="key", GrantFullControl=f"id={second.id}")
    assert tags_of(client=second.s3) == {"secret": "1"}
    second.s3.put_object_tagging(Bucket=bucket, Key="key", Tagging=_tags(theirs="2"))
    assert tags_of() == {"theirs": "2"}


def test_tags_are_not_copied_by_who_may_not_read_them(second, bucket, put, bucket_names):
    put(ACL="public-read", Tagging="secret=1")
    theirs = bucket_names(second.s3)
    second.s3.create_bucket(Bucket=theirs)
    source = {"Bucket": bucket, "Key": "key"}
    with refused("AccessDenied", 403):
        second.s3.copy_object(Bucket=theirs, Key="copy", CopySource=source)
    second.s3.copy_object(Bucket=theirs, Key="copy", CopySource=source, TaggingDirective="REPLACE")
    assert second.s3.get_object_tagging(Bucket=theirs, Key="copy")["TagSet"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_version_that_cannot_be_is_refused(wire, bucket, put, method):
    put()
    body = b"<Tagging><TagSet/></Tagging>" if method == "PUT" else b""
    headers = {"Content-MD5": content_md5(body)} if body else {}
    assert_refused(wire.signed(method, f"/{bucket}/key?tagging&versionId=other", headers, body), "InvalidArgument", 400)
