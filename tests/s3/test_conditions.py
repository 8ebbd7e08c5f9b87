"""Conditions on reads and writes. Sources: S3 API Reference; User Guide, "Add preconditions to S3 operations with
conditional requests"; RFC 9110 section 13. "S3 answers so" marks what was recorded from the service, not documented.
Of racers one wins (SEMANTICS.md, S4)."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from live.expect import assert_refused, refused

PAST = "Tue, 01 Jan 2008 00:00:00 GMT"
FUTURE = "Thu, 01 Jan 2099 00:00:00 GMT"
OTHER = '"00000000000000000000000000000000"'


# --- reads --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": "ETAG"}, 200),
        ({"If-Match": "UNQUOTED"}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": OTHER}, 412),
        ({"If-Match": f"{OTHER}, ETAG"}, 200),
        ({"If-None-Match": "ETAG"}, 304),
        ({"If-None-Match": "UNQUOTED"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": OTHER}, 200),
        ({"If-None-Match": f"{OTHER}, ETAG"}, 304),
        ({"If-Modified-Since": PAST}, 200),
        ({"If-Modified-Since": "MODIFIED"}, 304),
        ({"If-Unmodified-Since": PAST}, 412),
        ({"If-Unmodified-Since": "MODIFIED"}, 200),
        ({"If-Unmodified-Since": FUTURE}, 200),
        # the entity tag outweighs the date (API Reference, GetObject; RFC 9110 section 13.2.2)
        ({"If-Match": "ETAG", "If-Unmodified-Since": PAST}, 200),
        ({"If-Match": OTHER, "If-Unmodified-Since": FUTURE}, 412),
        ({"If-None-Match": "ETAG", "If-Modified-Since": PAST}, 304),
        ({"If-None-Match": OTHER, "If-Modified-Since": "MODIFIED"}, 200),
        # a date that is none is ignored (RFC 9110 section 13.1.3)
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Unmodified-Since": "yesterday"}, 200),
    ],
    ids=str,
)
def test_conditions_on_reads(wire, bucket, put, method, headers, status):
    etag = put("key", b"hello")["ETag"]
    modified = wire.signed("HEAD", f"/{bucket}/key").headers["last-modified"]
    sent = {
        name: value.replace("ETAG", etag).replace("UNQUOTED", etag.strip('"')).replace("MODIFIED", modified)
        for name, value in headers.items()
    }
    answer = wire.signed(method, f"/{bucket}/key", sent)
    assert answer.status == status, answer.body
    if status == 304:
        assert answer.body == b""
        assert answer.headers["etag"] == etag
        assert answer.headers["last-modified"] == modified
    if status == 412:
        assert method == "HEAD" or answer.code == "PreconditionFailed"
        assert method == "HEAD" or answer.error["Condition"] in sent
    if status == 200:
        assert answer.body == (b"hello" if method == "GET" else b"")


def test_a_condition_comes_before_the_range(wire, bucket, put):
    put("key", b"0123456789")
    assert wire.signed("GET", f"/{bucket}/key", {"Range": "bytes=2-3", "If-Match": OTHER}).status == 412
    assert wire.signed("GET", f"/{bucket}/key", {"Range": "bytes=99-", "If-Match": OTHER}).status == 412


def test_if_range_gives_the_range_of_the_same_entity_only(wire, bucket, put):
    etag = put("key", b"0123456789")["ETag"]
    same = wire.signed("GET", f"/{bucket}/key", {"Range": "bytes=2-3", "If-Range": etag})
    assert (same.status, same.body) == (206, b"23")
    other = wire.signed("GET", f"/{bucket}/key", {"Range": "bytes=2-3", "If-Range": OTHER})
    assert (other.status, other.body) == (200, b"0123456789")


# --- writes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [5, 100_000])
def test_put_if_nothing_is_there(s3, bucket, put, read, size):
    put("key", b"1" * size, IfNoneMatch="*")
    with refused("PreconditionFailed", 412, Condition="If-None-Match"):
        put("key", b"2" * size, IfNoneMatch="*")
    assert read("key") == b"1" * size
    s3.delete_object(Bucket=bucket, Key="key")
    put("key", b"3" * size, IfNoneMatch="*")
    assert read("key") == b"3" * size


@pytest.mark.parametrize("size", [5, 100_000])
def test_put_if_it_is_still_what_was_read(put, read, size):
    first = put("key", b"1" * size)["ETag"]
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        put("key", b"2" * size, IfMatch=OTHER)
    second = put("key", b"2" * size, IfMatch=first)["ETag"]
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        put("key", b"3" * size, IfMatch=first)
    put("key", b"4" * size, IfMatch=second.strip('"'))
    assert read("key") == b"4" * size


def test_put_if_match_of_nothing_is_no_such_key(put):
    with refused("NoSuchKey", 404, Key="absent"):
        put("absent", b"x", IfMatch=OTHER)


@pytest.mark.parametrize(
    "headers", [{"If-None-Match": OTHER}, {"If-Match": "*"}, {"If-Match": OTHER, "If-None-Match": "*"}], ids=str
)
def test_write_conditions_that_s3_does_not_have(wire, bucket, headers):
    """S3 answers so: NotImplemented, for what RFC 9110 would allow."""
    answer = wire.signed("PUT", f"/{bucket}/key", headers, b"x")
    assert_refused(answer, "NotImplemented", 501)
    assert answer.error["Header"]
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_an_unconditional_put_is_not_touched_by_dates(wire, bucket, put):
    """If-Unmodified-Since is no condition of PutObject: it is refused or has no effect, it never loses the write."""
    put("key", b"old")
    answer = wire.signed("PUT", f"/{bucket}/key", {"If-Unmodified-Since": PAST}, b"new")
    assert (answer.status, wire.signed("GET", f"/{bucket}/key").body) in {(200, b"new"), (501, b"old")}


def _one_part(s3, bucket, body=b"part"):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=body)["ETag"]
    return {
        "Bucket": bucket,
        "Key": "key",
        "UploadId": upload,
        "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]},
    }


def test_complete_if_nothing_is_there(s3, put, bucket, read):
    put("key", b"first")
    parts = _one_part(s3, bucket)
    with refused("PreconditionFailed", 412, Condition="If-None-Match"):
        s3.complete_multipart_upload(**parts, IfNoneMatch="*")
    assert read("key") == b"first"
    s3.complete_multipart_upload(**parts)
    assert read("key") == b"part"


def test_complete_if_it_is_still_what_was_read(s3, put, bucket, read):
    etag = put("key", b"first")["ETag"]
    with refused("PreconditionFailed", 412, Condition="If-Match"):
        s3.complete_multipart_upload(**_one_part(s3, bucket), IfMatch=OTHER)
    made = s3.complete_multipart_upload(**_one_part(s3, bucket), IfMatch=etag)["ETag"]
    assert made.endswith('-1"')
    s3.complete_multipart_upload(**_one_part(s3, bucket, b"next"), IfMatch=made)
    assert read("key") == b"next"


def test_complete_if_match_of_nothing_is_no_such_key(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.complete_multipart_upload(**_one_part(s3, bucket), IfMatch=OTHER)


# --- races --------------------------------------------------------------------------------------------------------


def _attempt(job):
    """The job's value, or the S3 error code."""
    try:
        return job()
    except ClientError as error:
        return error.response["Error"]["Code"]


def _race(jobs):
    """Outcome of each job, all at once."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(_attempt, jobs))


@pytest.mark.parametrize("size", [10, 50_000], ids=["inline", "file"])
def test_one_of_many_racing_creators_wins(s3, bucket, size):
    for turn in range(5):
        key = f"key{turn}"

        def create(number, key=key):
            s3.put_object(Bucket=bucket, Key=key, Body=str(number).encode() * size, IfNoneMatch="*")
            return number

        said = _race([lambda number=number: create(number) for number in range(12)])
        winners = [word for word in said if isinstance(word, int)]
        assert len(winners) == 1, said
        assert {word for word in said if isinstance(word, str)} <= {"PreconditionFailed", "ConditionalRequestConflict"}
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert body == str(winners[0]).encode() * size


def test_a_counter_kept_with_if_match_loses_no_step(s3, bucket, put, read):
    put("counter", b"0")
    steps = 6

    def advance():
        got = s3.get_object(Bucket=bucket, Key="counter")
        body = str(int(got["Body"].read()) + 1).encode()
        return s3.put_object(Bucket=bucket, Key="counter", Body=body, IfMatch=got["ETag"])

    def step():
        done = 0
        while done < steps:
            said = _attempt(advance)
            assert isinstance(said, dict) or said in {"PreconditionFailed", "ConditionalRequestConflict"}
            done += isinstance(said, dict)
        return done

    said = _race([step] * 4)
    assert said == [steps] * 4
    assert read("counter") == str(4 * steps).encode()


def test_one_of_many_racing_completes_wins(s3, bucket):
    bodies = [f"body {number}".encode() for number in range(8)]
    parts = [_one_part(s3, bucket, body) for body in bodies]

    def complete(number):
        s3.complete_multipart_upload(**parts[number], IfNoneMatch="*")
        return number

    said = _race([lambda number=number: complete(number) for number in range(8)])
    winners = [word for word in said if isinstance(word, int)]
    assert len(winners) == 1, said
    assert {word for word in said if isinstance(word, str)} <= {"PreconditionFailed", "ConditionalRequestConflict"}
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == bodies[winners[0]]


def test_one_upload_completed_by_many_at_once_is_one_object(s3, bucket):
    """Racing Completes of one upload: all that succeed tell of the same object; the others say NoSuchUpload."""
    parts = _one_part(s3, bucket, b"the body")
    said = _race([lambda: (s3.complete_multipart_upload(**parts)["ETag"],)] * 6)
    assert any(isinstance(word, tuple) for word in said), said
    assert {word for word in said if isinstance(word, str)} <= {"NoSuchUpload", "OperationAborted"}
    assert len({word for word in said if isinstance(word, tuple)}) == 1
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"the body"


# --- copy sources -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        ({"CopySourceIfMatch": "ETAG"}, None),
        ({"CopySourceIfMatch": OTHER}, "x-amz-copy-source-If-Match"),
        ({"CopySourceIfNoneMatch": OTHER}, None),
        ({"CopySourceIfNoneMatch": "ETAG"}, "x-amz-copy-source-If-None-Match"),
        ({"CopySourceIfNoneMatch": "UNQUOTED"}, "x-amz-copy-source-If-None-Match"),
        ({"CopySourceIfModifiedSince": "past"}, None),
        ({"CopySourceIfModifiedSince": "modified"}, "x-amz-copy-source-If-Modified-Since"),
        ({"CopySourceIfModifiedSince": "future"}, None),  # S3 answers so: a future date is ignored
        ({"CopySourceIfUnmodifiedSince": "modified"}, None),
        ({"CopySourceIfUnmodifiedSince": "past"}, "x-amz-copy-source-If-Unmodified-Since"),
        ({"CopySourceIfMatch": "ETAG", "CopySourceIfUnmodifiedSince": "past"}, None),
        ({"CopySourceIfNoneMatch": "ETAG", "CopySourceIfModifiedSince": "past"}, "x-amz-copy-source-If-None-Match"),
    ],
    ids=str,
)
@pytest.mark.parametrize("part", [False, True], ids=["CopyObject", "UploadPartCopy"])
def test_conditions_on_copy_sources(s3, bucket, put, conditions, failed, part):
    etag = put("source", b"data")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="source")["LastModified"]
    day = dt.timedelta(days=1)
    stand_for = {
        "ETAG": etag,
        "UNQUOTED": etag.strip('"'),
        "modified": modified,
        "past": modified - day,
        "future": modified + day,
    }
    members = {name: stand_for.get(value, value) for name, value in conditions.items()}
    members |= {"Bucket": bucket, "Key": "target", "CopySource": {"Bucket": bucket, "Key": "source"}}
    call = s3.copy_object
    if part:
        call = s3.upload_part_copy
        members |= {"UploadId": s3.create_multipart_upload(Bucket=bucket, Key="target")["UploadId"], "PartNumber": 1}
    if failed is None:
        call(**members)
    else:
        with refused("PreconditionFailed", 412, Condition=failed):
            call(**members)


# --- copy targets and deletions -----------------------------------------------------------------------------------


def test_a_copy_replaces_only_what_its_conditions_allow(s3, bucket, put, read):
    put("source", b"new")
    copy = {"Bucket": bucket, "Key": "key", "CopySource": f"{bucket}/source"}
    with refused("NoSuchKey", 404):
        s3.copy_object(**copy, IfMatch=OTHER)
    s3.copy_object(**copy, IfNoneMatch="*")
    etag = put("key", b"kept")["ETag"]
    for members in ({"IfNoneMatch": "*"}, {"IfMatch": OTHER}):
        with refused("PreconditionFailed", 412):
            s3.copy_object(**copy, **members)
    for members in ({"IfNoneMatch": OTHER}, {"IfMatch": "*"}, {"IfMatch": etag, "IfNoneMatch": "*"}):
        with refused("NotImplemented", 501):
            s3.copy_object(**copy, **members)
    assert read("key") == b"kept"
    s3.copy_object(**copy, IfMatch=etag)
    assert read("key") == b"new"


def test_one_of_many_racing_copies_wins(s3, bucket, put, read):
    for number in range(8):
        put(f"source{number}", str(number).encode() * 20_000)

    def copy(number):
        s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/source{number}", IfNoneMatch="*")
        return number

    said = _race([lambda number=number: copy(number) for number in range(8)])
    winners = [word for word in said if isinstance(word, int)]
    assert len(winners) == 1, said
    assert read("key") == str(winners[0]).encode() * 20_000


def test_of_a_hundred_clients_racing_for_one_key_one_wins(s3, bucket, read):
    """SEMANTICS.md, S4."""

    def create(number):
        s3.put_object(Bucket=bucket, Key="key", Body=str(number).encode(), IfNoneMatch="*")
        return number

    said = _race([lambda number=number: create(number) for number in range(100)])
    winners = [word for word in said if isinstance(word, int)]
    assert len(winners) == 1, said
    assert {word for word in said if isinstance(word, str)} == {"PreconditionFailed"}
    assert read("key") == str(winners[0]).encode()


SECOND = dt.timedelta(seconds=1)


@pytest.fixture(params=["DeleteObject", "DeleteObjects"])
def delete(request, s3, bucket):
    """Delete ``key`` under conditions: ``delete(etag=, size=, time=)``; returns the code of its refusal or nothing."""

    def one(etag=None, size=None, time=None, **members):
        wanted = {"IfMatch": etag, "IfMatchSize": size, "IfMatchLastModifiedTime": time, **members}
        try:
            s3.delete_object(
                Bucket=bucket, Key="key", **{name: value for name, value in wanted.items() if value is not None}
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    def many(etag=None, size=None, time=None, **members):
        wanted = {"Key": "key", "ETag": etag, "Size": size, "LastModifiedTime": time, **members}
        entry = {name: value for name, value in wanted.items() if value is not None}
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [entry]})
        return answer["Errors"][0]["Code"] if "Errors" in answer else None

    return one if request.param == "DeleteObject" else many


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"etag": "ETAG"}, True),
        ({"etag": "UNQUOTED"}, True),
        ({"etag": "*"}, True),
        ({"etag": OTHER}, False),
        ({"size": 5}, True),
        ({"size": 4}, False),
        ({"time": "modified"}, True),
        ({"time": "past"}, False),
        ({"etag": "ETAG", "size": 5, "time": "modified"}, True),
        ({"etag": "ETAG", "size": 6, "time": "modified"}, False),
        ({"etag": OTHER, "size": 5, "time": "modified"}, False),
        ({"etag": "ETAG", "size": 5, "time": "past"}, False),
    ],
    ids=str,
)
def test_an_object_is_deleted_only_if_it_is_what_the_request_says(s3, bucket, put, delete, conditions, holds):
    etag = put("key", b"12345")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="key")["LastModified"]
    stand_for = {"ETAG": etag, "UNQUOTED": etag.strip('"'), "modified": modified, "past": modified - SECOND}
    said = delete(**{name: stand_for.get(value, value) for name, value in conditions.items()})
    assert said == (None if holds else "PreconditionFailed")
    assert ("Contents" in s3.list_objects_v2(Bucket=bucket)) != holds


def test_of_an_object_that_is_not_there_only_if_match_demands_anything(delete):
    assert delete(etag="*") == "NoSuchKey"
    assert delete(etag=OTHER) == "NoSuchKey"
    assert delete(size=5) is None
    assert delete(time=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) is None


def test_with_versions_the_current_one_is_meant(s3, bucket, put, delete):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = put("key", b"old")
    new = put("key", b"new!")
    assert delete(etag=old["ETag"]) == "PreconditionFailed"
    assert delete(etag=old["ETag"], VersionId=old["VersionId"]) == "NotImplemented"
    assert delete(size=4, etag=new["ETag"]) is None
    assert delete(etag="*") == "PreconditionFailed", "a delete marker is there, and no object"
    page = s3.list_object_versions(Bucket=bucket)
    assert (len(page["Versions"]), len(page["DeleteMarkers"])) == (2, 1)


def test_of_many_deletions_of_what_was_read_one_takes_it(s3, bucket, put):
    etag = put("key", b"x")["ETag"]
    said = _race([lambda: s3.delete_object(Bucket=bucket, Key="key", IfMatch=etag)["ResponseMetadata"]] * 8)
    assert sum(isinstance(word, dict) for word in said) == 1
    assert {word for word in said if isinstance(word, str)} == {"NoSuchKey"}


def test_who_may_not_read_an_object_may_not_ask_for_its_tag(s3, second, bucket, put):
    etag = put("key", b"x")["ETag"]
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:DeleteObject"}
    statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    with refused("AccessDenied", 403):
        second.s3.delete_object(Bucket=bucket, Key="key", IfMatch=etag)
    second.s3.delete_object(Bucket=bucket, Key="key", IfMatch="*")
    with refused("AccessDenied", 403):
        second.s3.delete_object(Bucket=bucket, Key="key", IfMatch=etag)


def test_an_upload_is_given_up_only_if_it_began_when_the_request_says(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    (began,) = (each["Initiated"] for each in s3.list_multipart_uploads(Bucket=bucket)["Uploads"])
    names = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    with refused("PreconditionFailed", 412):
        s3.abort_multipart_upload(**names, IfMatchInitiatedTime=began - SECOND)
    s3.abort_multipart_upload(**names, IfMatchInitiatedTime=began)
