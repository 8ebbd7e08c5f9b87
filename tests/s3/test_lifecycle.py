"""Lifecycle rules over a real port: kept, told of, and carried out by servers whose days last a second or two.

Source: S3 User Guide, "Managing the lifecycle of objects"; S3 API Reference, PutBucketLifecycleConfiguration.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError

from live.expect import assert_refused, refused
from live.server import wait_until
from live.wire import content_md5

ALL = {"Filter": {"Prefix": ""}, "Status": "Enabled"}
RULES = [
    {"ID": "logs", "Filter": {"Prefix": "log/"}, "Status": "Enabled", "Expiration": {"Days": 30}},
    {
        "ID": "both",
        "Filter": {
            "And": {
                "Prefix": "tmp/",
                "Tags": [{"Key": "env", "Value": "test"}, {"Key": "a", "Value": ""}],
                "ObjectSizeGreaterThan": 1,
                "ObjectSizeLessThan": 10,
            }
        },
        "Status": "Disabled",
        "Expiration": {"Date": datetime(2099, 1, 1, tzinfo=UTC)},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 5},
    },
    {"ID": "tag", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Status": "Enabled", "Expiration": {"Days": 1}},
    {"ID": "size", "Filter": {"ObjectSizeLessThan": 5}, "Status": "Enabled", "Expiration": {"Days": 9}},
    {
        "ID": "rest",
        "Filter": {"Prefix": "rest/"},
        "Status": "Enabled",
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
]


@pytest.fixture
def rule_by(s3, bucket):
    def put_rules(*rules, **members):
        return s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)}, **members
        )

    return put_rules


# --- the configuration --------------------------------------------------------------------------------------------


def test_rules_are_read_as_they_were_put_until_they_are_deleted(s3, bucket, rule_by):
    assert rule_by(*RULES)["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert answer["Rules"] == RULES
    assert answer["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"

    rule_by(RULES[0], TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert answer["Rules"] == RULES[:1]
    assert answer["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    for _ in range(2):
        s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", 404, BucketName=bucket):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_the_older_form_is_read_as_it_was_put_and_rules_without_an_id_get_one(s3, bucket, rule_by):
    older = [{"Prefix": "a/", "Status": "Enabled", "Expiration": {"Days": days}} for days in (1, 2)]
    rule_by(*older)
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert len({rule["ID"] for rule in found}) == 2
    assert [{name: value for name, value in rule.items() if name != "ID"} for rule in found] == older


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ([], "MalformedXML", 400),
        ([{**ALL}], "InvalidRequest", 400),
        ([{**ALL, "Expiration": {"Days": 0}}], "InvalidArgument", 400),
        ([{**ALL, "Expiration": {"Date": datetime(2030, 1, 1, 1, tzinfo=UTC)}}], "InvalidArgument", 400),
        ([{**ALL, "Expiration": {"Days": 1}, "Status": "On"}], "MalformedXML", 400),
        ([{**ALL, "ID": "a", "Expiration": {"Days": 1}}] * 2, "InvalidArgument", 400),
        ([{**ALL, "Expiration": {"Days": 1}}] * 1001, "InvalidRequest", 400),
        ([{**ALL, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}], "NotImplemented", 501),
        (
            [
                {
                    **ALL,
                    "Expiration": {"Days": 9},
                    "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "STANDARD_IA"}],
                }
            ],
            "NotImplemented",
            501,
        ),
    ],
    ids=range(9),
)
def test_rules_that_cannot_be_leave_those_that_are(s3, bucket, rule_by, changed, code, status):
    rule_by(RULES[0])
    with refused(code, status):
        rule_by(*changed)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == RULES[:1]


def test_a_least_size_of_transitions_that_there_is_not_is_refused(wire, bucket):
    rule = b"<Rule><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>"
    body = b"<LifecycleConfiguration>" + rule + b"</LifecycleConfiguration>"
    headers = {"Content-MD5": content_md5(body), "x-amz-transition-default-minimum-object-size": "tiny"}
    assert_refused(wire.signed("PUT", f"/{bucket}?lifecycle", headers, body), "InvalidRequest", 400)
    assert_refused(wire.signed("GET", f"/{bucket}?lifecycle"), "NoSuchLifecycleConfiguration", 404)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (b"<Rule/>", "MalformedXML"),
        (b"<Rule><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>", "MalformedXML"),
        (b"<Rule><Status>Enabled</Status><Prefix/><Expiration/></Rule>", "MalformedXML"),
        (b"<Rule><Status>Enabled</Status><Prefix/><Expiration><Days>x</Days></Expiration></Rule>", "MalformedXML"),
        (b"<Rule><Status>Enabled</Status><Prefix/><Expiration><Days>-1</Days></Expiration></Rule>", "InvalidArgument"),
        (
            b"<Rule><Status>Enabled</Status><Prefix/><Expiration><Days>99999999999</Days></Expiration></Rule>",
            "MalformedXML",
        ),
        (
            b"<Rule><Filter><And><Prefix>a</Prefix></And></Filter><Status>Enabled</Status><Expiration/></Rule>",
            "MalformedXML",
        ),
    ],
    ids=range(7),
)
def test_malformed_documents_have_s3s_codes(wire, bucket, rules, code):
    body = b"<LifecycleConfiguration>" + rules + b"</LifecycleConfiguration>"
    answer = wire.signed("PUT", f"/{bucket}?lifecycle", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, 400)


def test_a_request_without_a_document_is_refused(wire, bucket):
    assert_refused(wire.signed("PUT", f"/{bucket}?lifecycle"), "MissingRequestBodyError", 400)


def test_rules_are_the_owners_business(second, s3, bucket, rule_by):
    rule_by(RULES[0])
    with refused("AccessDenied", 403):
        second.s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    with refused("AccessDenied", 403):
        second.s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("AccessDenied", 403):
        second.s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": RULES})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == RULES[:1]


# --- what is told of them -----------------------------------------------------------------------------------------


def midnight_after(moment, days):
    return (moment + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def told(answer):
    """Date and rule of ``x-amz-expiration``."""
    date, rule_id = re.fullmatch(r'expiry-date="([^"]+)", rule-id="([^"]+)"', answer["Expiration"]).groups()
    return parsedate_to_datetime(date), rule_id


def test_every_answer_about_an_object_tells_when_it_expires(s3, bucket, put, rule_by):
    rule_by(
        {"ID": "a b", "Filter": {"Prefix": "a"}, "Status": "Enabled", "Expiration": {"Days": 3}},
        {"ID": "t", "Filter": {"Tag": {"Key": "k", "Value": "v"}}, "Status": "Enabled", "Expiration": {"Days": 1}},
    )
    answers = [put("a", Metadata={"long": "x" * 1500})]
    head = s3.head_object(Bucket=bucket, Key="a")
    expected = (midnight_after(head["LastModified"], 3), "a%20b")
    answers += [head, s3.get_object(Bucket=bucket, Key="a")]
    target = {"Bucket": bucket, "Key": "a2"}
    answers.append(s3.copy_object(**target, CopySource=f"{bucket}/a"))
    target["UploadId"] = s3.create_multipart_upload(**target)["UploadId"]
    parts = [{"PartNumber": 1, "ETag": s3.upload_part(**target, PartNumber=1, Body=b"x")["ETag"]}]
    answers.append(s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts}))
    later = midnight_after(s3.head_object(Bucket=bucket, Key="a2")["LastModified"], 3)

    assert [told(answer) for answer in answers[:3]] == [expected] * 3
    assert {told(answer)[1] for answer in answers} == {"a%20b"}
    assert {told(answer)[0] for answer in answers} <= {expected[0], later}
    assert "Expiration" not in put("other")
    assert told(put("other", Tagging="k=v"))[1] == "t"
    assert told(put("a", Tagging="k=v"))[1] == "t"  # the earlier of two
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert "Expiration" not in s3.get_object(Bucket=bucket, Key="a")


def test_an_upload_tells_when_it_is_given_up(s3, bucket, rule_by):
    rule_by({**ALL, "ID": "abort", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    target = {"Bucket": bucket, "Key": "key"}
    created = s3.create_multipart_upload(**target)
    initiated = s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["Initiated"]
    listed = s3.list_parts(**target, UploadId=created["UploadId"])
    for answer in (created, listed):
        assert (answer["AbortDate"], answer["AbortRuleId"]) == (midnight_after(initiated, 2), "abort")


# --- carried out --------------------------------------------------------------------------------------------------

DAY = ("--lifecycle-interval-seconds", "1", "--lifecycle-day-seconds")


@pytest.fixture
def short(start_server, clients):
    """A client of a server whose day is this many seconds long."""

    def start(seconds=1, **options):
        server = start_server(flags=(*DAY, str(seconds)), **options)
        return server, clients(server)

    return start


def set_rules(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def keys_of(s3, bucket):
    return [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def history_of(s3, bucket):
    """Sizes of versions and ``x`` for markers, newest first."""
    answer = s3.list_object_versions(Bucket=bucket)
    found = [(each["LastModified"], each["Size"]) for each in answer.get("Versions", [])]
    markers = [(each["LastModified"], "x") for each in answer.get("DeleteMarkers", [])]
    return sorted([what for _, what in found], reverse=True), len(markers)


def test_objects_go_that_a_rule_means_and_no_others(short):
    """S9: nothing is removed that no rule means, and nothing before the moment that was told."""
    _, s3 = short(2)
    s3.create_bucket(Bucket="bucket")
    tags = [{"Key": "env", "Value": "test"}]
    set_rules(
        s3,
        "bucket",
        {"ID": "p", "Filter": {"Prefix": "log/"}, "Status": "Enabled", "Expiration": {"Days": 1}},
        {"ID": "t", "Filter": {"And": {"Prefix": "t", "Tags": tags}}, "Status": "Enabled", "Expiration": {"Days": 1}},
        {"ID": "s", "Filter": {"ObjectSizeGreaterThan": 20_000}, "Status": "Enabled", "Expiration": {"Days": 1}},
        {"ID": "off", "Filter": {"Prefix": ""}, "Status": "Disabled", "Expiration": {"Days": 1}},
    )
    going = {"log/a": {}, "log/b": {}, "t1": {"Tagging": "env=test&x=y"}, "large": {"Body": bytes(20_001)}}
    staying = {"t2": {"Tagging": "env=prod"}, "u1": {"Tagging": "env=test"}, "small": {"Body": bytes(20_000)}}
    told_at = {}
    for key, members in (going | staying).items():
        answer = s3.put_object(Bucket="bucket", Key=key, **members)
        assert ("Expiration" in answer) == (key in going)
        if key in going:
            told_at[key] = told(answer)[0]

    def gone():
        before = datetime.now(UTC)
        there = keys_of(s3, "bucket")
        for key, at in told_at.items():
            assert key in there or datetime.now(UTC) >= at, (key, at, before)
        return there == sorted(staying)

    wait_until(gone, 20)
    for key in going:
        with pytest.raises(ClientError):
            s3.head_object(Bucket="bucket", Key=key)


def test_a_date_that_has_come_means_all_there_is(short):
    _, s3 = short()
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a")
    set_rules(s3, "bucket", {**ALL, "ID": "d", "Expiration": {"Date": datetime(2099, 1, 1, tzinfo=UTC)}})
    s3.put_object(Bucket="bucket", Key="b")
    assert keys_of(s3, "bucket") == ["a", "b"]
    set_rules(s3, "bucket", {**ALL, "ID": "d", "Expiration": {"Date": datetime(2020, 1, 1, tzinfo=UTC)}})
    wait_until(lambda: not keys_of(s3, "bucket"), 20)


def test_a_versioned_bucket_is_emptied_step_by_step_until_it_can_be_deleted(short):
    _, s3 = short()
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for size in (1, 2, 3):
        s3.put_object(Bucket="bucket", Key="key", Body=b"x" * size)
    set_rules(s3, "bucket", {**ALL, "ID": "e", "Expiration": {"Days": 1}})
    wait_until(lambda: not keys_of(s3, "bucket"), 20)
    answer = s3.list_object_versions(Bucket="bucket")
    assert [marker["IsLatest"] for marker in answer["DeleteMarkers"]] == [True]
    assert [version["Size"] for version in answer["Versions"]] == [3, 2, 1]

    set_rules(s3, "bucket", {**ALL, "ID": "n", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    wait_until(lambda: history_of(s3, "bucket") == ([], 1), 20)
    set_rules(s3, "bucket", {**ALL, "ID": "m", "Expiration": {"ExpiredObjectDeleteMarker": True}})
    wait_until(lambda: history_of(s3, "bucket") == ([], 0), 20)
    s3.delete_bucket(Bucket="bucket")


def test_newer_noncurrent_versions_are_kept_by_number(short):
    _, s3 = short()
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    noncurrent = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
    set_rules(s3, "bucket", {**ALL, "ID": "n", "NoncurrentVersionExpiration": noncurrent})
    for size in range(1, 7):
        s3.put_object(Bucket="bucket", Key="key", Body=b"x" * size)
    wait_until(lambda: history_of(s3, "bucket") == ([6, 5, 4], 0), 20)
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"x" * 6


def test_where_versioning_is_suspended_the_null_version_gives_way_to_a_marker(short):
    _, s3 = short()
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket="bucket", Key="key", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="bucket", Key="key", Body=b"null")
    set_rules(s3, "bucket", {**ALL, "ID": "e", "Expiration": {"Days": 1}})
    wait_until(lambda: not keys_of(s3, "bucket"), 20)
    answer = s3.list_object_versions(Bucket="bucket")
    assert [(each["VersionId"], each["IsLatest"]) for each in answer["DeleteMarkers"]] == [("null", True)]
    assert [each["VersionId"] for each in answer["Versions"]] == [kept]


def test_uploads_are_given_up_with_their_parts_and_others_go_on(short):
    _, s3 = short()
    s3.create_bucket(Bucket="bucket")
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    set_rules(s3, "bucket", {"ID": "a", "Filter": {"Prefix": "a/"}, "Status": "Enabled", **abort})
    uploads = {}
    for key in ("a/1", "b/1"):
        uploads[key] = s3.create_multipart_upload(Bucket="bucket", Key=key)["UploadId"]
        s3.upload_part(Bucket="bucket", Key=key, UploadId=uploads[key], PartNumber=1, Body=b"part")
    wait_until(lambda: len(s3.list_multipart_uploads(Bucket="bucket")["Uploads"]) == 1, 20)
    with refused("NoSuchUpload", 404):
        s3.list_parts(Bucket="bucket", Key="a/1", UploadId=uploads["a/1"])
    assert len(s3.list_parts(Bucket="bucket", Key="b/1", UploadId=uploads["b/1"])["Parts"]) == 1


@pytest.mark.crash
def test_one_process_of_several_does_it_and_a_kill_in_the_midst_changes_nothing(short):
    """S9: however often the server is killed, every version that was current gets one marker, and all get one."""
    server, s3 = short(workers=3)
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    count = 400
    for number in range(count):
        s3.put_object(Bucket="bucket", Key=f"{number:04}")
    set_rules(s3, "bucket", {**ALL, "ID": "e", "Expiration": {"Days": 1}})
    server.listen = f"127.0.0.1:{server.port}"
    wait_until(lambda: len(keys_of(s3, "bucket")) < count, 20)
    for _ in range(3):
        server.kill()
        server.start()
    wait_until(lambda: not keys_of(s3, "bucket"), 40)
    answer = s3.list_object_versions(Bucket="bucket")
    assert [each["Key"] for each in answer["DeleteMarkers"]] == [f"{number:04}" for number in range(count)]
    assert len(answer["Versions"]) == count
