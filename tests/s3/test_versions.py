"""Versions of objects: null and other versions, delete markers, what each operation makes of them.

Source: S3 User Guide, "Retaining multiple versions of objects with S3 Versioning"; S3 API Reference, the page of each
operation. What is not documented there is S3's recorded answer.
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from live.expect import assert_refused, refused
from live.wire import content_md5

MIB = 1024 * 1024
UNKNOWN = "0" * 32
SIZES = [0, 100, 300_000]


def _set(s3, bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def versioned(s3, bucket):
    _set(s3, bucket, "Enabled")
    return bucket


def listed(s3, bucket, **members):
    """Every version and marker as ``(key, version id, kind, is latest)``, in S3's order within a key."""
    page = s3.list_object_versions(Bucket=bucket, **members)
    both = [(item, "version") for item in page.get("Versions", [])]
    both += [(item, "marker") for item in page.get("DeleteMarkers", [])]
    return [(item["Key"], item["VersionId"], kind, item["IsLatest"]) for item, kind in both]


def _body(s3, bucket, key="key", **members):
    return s3.get_object(Bucket=bucket, Key=key, **members)["Body"].read()


# --- status -------------------------------------------------------------------------------------------------------


def test_a_status_is_what_was_set_last(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended", "Enabled"):
        _set(s3, bucket, status)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status


@pytest.mark.parametrize(
    ("document", "code", "status"),
    [
        ("<VersioningConfiguration/>", "IllegalVersioningConfigurationException", 400),
        ("<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "MalformedXML", 400),
        ("<VersioningConfiguration><Status/></VersioningConfiguration>", "MalformedXML", 400),
        ("<Versioning/>", "MalformedXML", 400),
        ("", "MissingRequestBodyError", 400),
        (
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
            "NotImplemented",
            501,
        ),
    ],
    ids=range(6),
)
def test_what_is_no_status_changes_nothing(wire, s3, bucket, document, code, status):
    body = document.encode()
    answer = wire.signed("PUT", f"/{bucket}?versioning", {"Content-MD5": content_md5(body)}, body)
    assert_refused(answer, code, status)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_mfa_delete_may_be_named_as_disabled(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Disabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_the_status_is_its_owners_business(second, bucket):
    with refused("AccessDenied", 403):
        _set(second.s3, bucket, "Enabled")
    with refused("AccessDenied", 403):
        second.s3.get_bucket_versioning(Bucket=bucket)
    with refused("AccessDenied", 403):
        second.s3.list_object_versions(Bucket=bucket)


# --- put and get --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_every_put_makes_a_version_and_all_of_them_are_read(s3, versioned, put, size):
    bodies = [bytes([number]) * size + b"!" for number in range(4)]
    ids = [put("key", body, Metadata={"n": str(number)})["VersionId"] for number, body in enumerate(bodies)]

    assert len(set(ids)) == 4
    assert all(re.fullmatch(r"[0-9a-v]{32}", each) for each in ids)
    for number, version in enumerate(ids):
        got = s3.get_object(Bucket=versioned, Key="key", VersionId=version)
        assert got["Body"].read() == bodies[number]
        assert (got["VersionId"], got["Metadata"]) == (version, {"n": str(number)})
        head = s3.head_object(Bucket=versioned, Key="key", VersionId=version)
        assert (head["VersionId"], head["ContentLength"]) == (version, size + 1)
    current = s3.get_object(Bucket=versioned, Key="key")
    assert (current["VersionId"], current["Body"].read()) == (ids[-1], bodies[-1])
    expected = [("key", each, "version", each == ids[-1]) for each in reversed(ids)]
    assert listed(s3, versioned) == expected
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=versioned)["Contents"]] == ["key"]


def test_metadata_too_large_for_the_entry_stay_with_their_version(s3, versioned, put):
    ids = [put("key", b"x", Metadata={"m": letter * 1500})["VersionId"] for letter in "abc"]
    for version, letter in zip(ids, "abc", strict=True):
        assert s3.head_object(Bucket=versioned, Key="key", VersionId=version)["Metadata"] == {"m": letter * 1500}
    s3.delete_object(Bucket=versioned, Key="key", VersionId=ids[2])
    assert s3.head_object(Bucket=versioned, Key="key")["Metadata"] == {"m": "b" * 1500}


def test_a_bucket_without_versioning_says_nothing_of_versions(s3, bucket, put):
    assert "VersionId" not in put()
    assert "VersionId" not in s3.get_object(Bucket=bucket, Key="key")
    assert listed(s3, bucket) == [("key", "null", "version", True)]
    answer = s3.delete_object(Bucket=bucket, Key="key")
    assert "VersionId" not in answer
    assert "DeleteMarker" not in answer
    assert listed(s3, bucket) == []


@pytest.mark.parametrize("size", SIZES)
def test_what_was_there_before_versioning_is_the_null_version(s3, bucket, put, size):
    put("key", b"0" * size)
    _set(s3, bucket, "Enabled")
    assert s3.head_object(Bucket=bucket, Key="key")["VersionId"] == "null"
    version = put("key", b"1" * size)["VersionId"]
    assert _body(s3, bucket, VersionId="null") == b"0" * size
    assert listed(s3, bucket) == [("key", version, "version", True), ("key", "null", "version", False)]
    s3.delete_object(Bucket=bucket, Key="key", VersionId=version)
    assert _body(s3, bucket) == b"0" * size
    assert s3.head_object(Bucket=bucket, Key="key")["VersionId"] == "null"


@pytest.mark.parametrize("size", SIZES)
def test_suspended_there_is_one_null_version_at_most(s3, versioned, put, size):
    kept = put("key", b"k" * size)["VersionId"]
    _set(s3, versioned, "Suspended")
    assert put("key", b"1" * size)["VersionId"] == "null"
    assert put("key", b"2" * size)["VersionId"] == "null"
    assert listed(s3, versioned) == [("key", "null", "version", True), ("key", kept, "version", False)]
    _set(s3, versioned, "Enabled")
    newer = put("key", b"3" * size)["VersionId"]
    assert _body(s3, versioned, VersionId="null") == b"2" * size
    _set(s3, versioned, "Suspended")
    put("key", b"4" * size)
    assert [each[1] for each in listed(s3, versioned)] == ["null", newer, kept]
    assert _body(s3, versioned) == b"4" * size
    assert _body(s3, versioned, VersionId=newer) == b"3" * size


@pytest.mark.parametrize("method", ["get_object", "head_object"])
def test_a_version_that_is_not_there(s3, versioned, put, method):
    put()
    call = getattr(s3, method)
    missing = ("NoSuchVersion", 404) if method == "get_object" else ("404", 404)
    malformed = ("InvalidArgument", 400) if method == "get_object" else ("400", 400)
    for key in ("key", "other"):
        with refused(*missing):
            call(Bucket=versioned, Key=key, VersionId=UNKNOWN)
        for wrong in ("x", "0" * 31, "W" * 32, "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"):
            with refused(*malformed):
                call(Bucket=versioned, Key=key, VersionId=wrong)
    with refused(*missing):
        call(Bucket=versioned, Key="key", VersionId="null")


def test_a_version_belongs_to_its_key(s3, versioned, put):
    version = put("key")["VersionId"]
    put("other")
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=versioned, Key="other", VersionId=version)


def test_ranges_and_conditions_are_of_the_version_named(s3, versioned, put):
    first = put("key", b"0123456789")
    put("key", b"abcdefghij")
    assert _body(s3, versioned, VersionId=first["VersionId"], Range="bytes=3-5") == b"345"
    assert _body(s3, versioned, VersionId=first["VersionId"], IfMatch=first["ETag"]) == b"0123456789"
    with refused("304", 304):
        s3.get_object(Bucket=versioned, Key="key", VersionId=first["VersionId"], IfNoneMatch=first["ETag"])


# --- delete -------------------------------------------------------------------------------------------------------


def test_a_delete_puts_a_marker_on_top(wire, s3, versioned, put):
    version = put("key", b"kept")["VersionId"]
    answer = s3.delete_object(Bucket=versioned, Key="key")
    marker = answer["VersionId"]
    assert answer["DeleteMarker"] is True

    for method in ("GET", "HEAD"):
        gone = wire.signed(method, f"/{versioned}/key")
        assert gone.status == 404
        assert (gone.headers["x-amz-delete-marker"], gone.headers["x-amz-version-id"]) == ("true", marker)
        named = wire.signed(method, f"/{versioned}/key?versionId={marker}")
        assert named.status == 405
        assert named.headers["x-amz-delete-marker"] == "true"
        assert named.headers["x-amz-version-id"] == marker
        assert named.headers["allow"] == "DELETE"
        assert named.headers["last-modified"].endswith(" GMT")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=versioned, Key="key")
    with refused("MethodNotAllowed", 405):
        s3.get_object(Bucket=versioned, Key="key", VersionId=marker)
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    assert _body(s3, versioned, VersionId=version) == b"kept"
    assert sorted(listed(s3, versioned)) == sorted(
        [("key", marker, "marker", True), ("key", version, "version", False)]
    )


@pytest.mark.parametrize("size", SIZES)
def test_removing_the_marker_brings_the_older_version_back(s3, versioned, put, size):
    put("key", b"0" * size)
    version = put("key", b"1" * size)["VersionId"]
    first, second = (s3.delete_object(Bucket=versioned, Key="key")["VersionId"] for _ in range(2))

    answer = s3.delete_object(Bucket=versioned, Key="key", VersionId=second)
    assert (answer["VersionId"], answer["DeleteMarker"]) == (second, True)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=versioned, Key="key")
    s3.delete_object(Bucket=versioned, Key="key", VersionId=first)
    got = s3.get_object(Bucket=versioned, Key="key")
    assert (got["VersionId"], got["Body"].read()) == (version, b"1" * size)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=versioned)["Contents"]] == ["key"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_version_removed_is_gone_and_the_others_stay(s3, versioned, put, size, which):
    ids = [put("key", bytes([number]) * size)["VersionId"] for number in range(3)]
    answer = s3.delete_object(Bucket=versioned, Key="key", VersionId=ids[which])
    assert answer["VersionId"] == ids[which]
    assert "DeleteMarker" not in answer
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=versioned, Key="key", VersionId=ids[which])
    left = [number for number in range(3) if number != which]
    assert _body(s3, versioned) == bytes([left[-1]]) * size
    assert [each[1] for each in listed(s3, versioned)] == [ids[number] for number in reversed(left)]
    s3.delete_object(Bucket=versioned, Key="key", VersionId=ids[which])


def test_a_delete_of_nothing_makes_a_marker_but_of_no_version_nothing(s3, versioned):
    s3.delete_object(Bucket=versioned, Key="key", VersionId=UNKNOWN)
    s3.delete_object(Bucket=versioned, Key="key", VersionId="null")
    assert listed(s3, versioned) == []
    with refused("InvalidArgument", 400):
        s3.delete_object(Bucket=versioned, Key="key", VersionId="x")
    marker = s3.delete_object(Bucket=versioned, Key="key")
    assert marker["DeleteMarker"] is True
    assert listed(s3, versioned) == [("key", marker["VersionId"], "marker", True)]


@pytest.mark.parametrize("size", SIZES)
def test_suspended_a_delete_replaces_the_null_version_by_a_null_marker(s3, bucket, put, size):
    put("key", b"0" * size)
    _set(s3, bucket, "Enabled")
    version = put("key", b"1" * size)["VersionId"]
    _set(s3, bucket, "Suspended")
    for _ in range(2):
        answer = s3.delete_object(Bucket=bucket, Key="key")
        assert (answer["DeleteMarker"], answer["VersionId"]) == (True, "null")
        assert sorted(listed(s3, bucket)) == sorted(
            [("key", "null", "marker", True), ("key", version, "version", False)]
        )
    put("key", b"2" * size)
    assert listed(s3, bucket) == [("key", "null", "version", True), ("key", version, "version", False)]
    s3.delete_object(Bucket=bucket, Key="key")
    answer = s3.delete_object(Bucket=bucket, Key="key", VersionId="null")
    assert (answer["DeleteMarker"], answer["VersionId"]) == (True, "null")
    assert _body(s3, bucket) == b"1" * size


def test_many_are_deleted_each_by_its_own_rule(s3, versioned, put):
    kept, gone = put("both", b"1")["VersionId"], put("both", b"2")["VersionId"]
    put("marked")
    marker = s3.delete_object(Bucket=versioned, Key="removed")["VersionId"]
    asked = [
        {"Key": "both", "VersionId": gone},
        {"Key": "marked"},
        {"Key": "removed", "VersionId": marker},
        {"Key": "never", "VersionId": UNKNOWN},
        {"Key": "wrong", "VersionId": "x"},
    ]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": asked})
    by_key = {item["Key"]: item for item in answer["Deleted"]}
    assert by_key["both"] == {"Key": "both", "VersionId": gone}
    new = by_key["marked"].pop("DeleteMarkerVersionId")
    assert by_key["marked"] == {"Key": "marked", "DeleteMarker": True}
    assert by_key["removed"] == {
        "Key": "removed",
        "VersionId": marker,
        "DeleteMarker": True,
        "DeleteMarkerVersionId": marker,
    }
    assert by_key["never"] == {"Key": "never", "VersionId": UNKNOWN}
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [("wrong", "NoSuchVersion")]
    left = {(key, version) for key, version, _, _ in listed(s3, versioned)}
    assert ("both", kept) in left
    assert ("marked", new) in left
    assert ("removed", marker) not in left


def test_a_bucket_with_versions_is_not_deleted(s3, bucket_names):
    name = bucket_names()
    s3.create_bucket(Bucket=name)
    _set(s3, name, "Enabled")
    version = s3.put_object(Bucket=name, Key="key", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=name, Key="key")["VersionId"]
    for each in (version, marker):
        with refused("BucketNotEmpty", 409):
            s3.delete_bucket(Bucket=name)
        s3.delete_object(Bucket=name, Key="key", VersionId=each)
    s3.delete_bucket(Bucket=name)


# --- copies, parts, access control --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_a_version_is_copied_also_onto_its_own_key(s3, versioned, put, size):
    old = put("key", b"o" * size, Metadata={"m": "old"})["VersionId"]
    put("key", b"n" * size)
    source = {"Bucket": versioned, "Key": "key", "VersionId": old}
    answer = s3.copy_object(Bucket=versioned, Key="key", CopySource=source)
    assert answer["CopySourceVersionId"] == old
    got = s3.get_object(Bucket=versioned, Key="key")
    assert (got["VersionId"], got["Body"].read()) == (answer["VersionId"], b"o" * size)
    assert got["Metadata"] == {"m": "old"}
    assert len(listed(s3, versioned)) == 3
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=versioned, Key="key", CopySource={"Bucket": versioned, "Key": "key"})


def test_a_delete_marker_is_no_source(s3, versioned, put):
    put()
    marker = s3.delete_object(Bucket=versioned, Key="key")["VersionId"]
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=versioned, Key="to", CopySource={"Bucket": versioned, "Key": "key"})
    source = {"Bucket": versioned, "Key": "key", "VersionId": marker}
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=versioned, Key="to", CopySource=source)
    with refused("NoSuchVersion", 404):
        s3.copy_object(Bucket=versioned, Key="to", CopySource=source | {"VersionId": UNKNOWN})


def test_parts_of_versions_and_versions_of_parts(s3, versioned, put):
    old = put("source", b"o" * 100)["VersionId"]
    put("source", b"n" * 100)
    made = []
    for first in (b"1", b"2"):
        upload = s3.create_multipart_upload(Bucket=versioned, Key="key")["UploadId"]
        names = {"Bucket": versioned, "Key": "key", "UploadId": upload}
        one = s3.upload_part(PartNumber=1, Body=first * 5 * MIB, **names)["ETag"]
        source = {"Bucket": versioned, "Key": "source", "VersionId": old}
        two = s3.upload_part_copy(PartNumber=2, CopySource=source, **names)
        assert two["CopySourceVersionId"] == old
        parts = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two["CopyPartResult"]["ETag"]}]
        answer = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **names)
        made.append(answer["VersionId"])
    for first, version in zip((b"1", b"2"), made, strict=True):
        assert _body(s3, versioned, VersionId=version) == first * 5 * MIB + b"o" * 100
        got = s3.get_object(Bucket=versioned, Key="key", VersionId=version, PartNumber=2)
        assert (got["Body"].read(), got["PartsCount"]) == (b"o" * 100, 2)
    s3.delete_object(Bucket=versioned, Key="key", VersionId=made[1])
    assert _body(s3, versioned) == b"1" * 5 * MIB + b"o" * 100


def test_every_version_has_its_own_access_control_list(s3, anonymous, versioned, put):
    old = put("key", b"old")["VersionId"]
    new = put("key", b"new")["VersionId"]
    s3.put_object_acl(Bucket=versioned, Key="key", VersionId=old, ACL="public-read")
    assert _body(anonymous, versioned, VersionId=old) == b"old"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=versioned, Key="key")
    assert len(s3.get_object_acl(Bucket=versioned, Key="key", VersionId=old)["Grants"]) == 2
    assert len(s3.get_object_acl(Bucket=versioned, Key="key", VersionId=new)["Grants"]) == 1
    s3.put_object_acl(Bucket=versioned, Key="key", ACL="public-read")
    assert _body(anonymous, versioned) == b"new"
    marker = s3.delete_object(Bucket=versioned, Key="key")["VersionId"]
    with refused("MethodNotAllowed", 405):
        s3.get_object_acl(Bucket=versioned, Key="key", VersionId=marker)
    with refused("NoSuchVersion", 404):
        s3.put_object_acl(Bucket=versioned, Key="key", VersionId=UNKNOWN, ACL="private")
    assert _body(anonymous, versioned, VersionId=new) == b"new"


def test_conditions_look_at_the_current_version(s3, versioned, put):
    etag = put("key", b"1")["ETag"]
    with refused("PreconditionFailed", 412):
        put("key", b"2", IfNoneMatch="*")
    s3.delete_object(Bucket=versioned, Key="key")
    with refused("NoSuchKey", 404):
        put("key", b"2", IfMatch=etag)
    assert put("key", b"2", IfNoneMatch="*")["VersionId"]


# --- listing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(s3, bucket, put):
    """A bucket of keys with and without history: the expected listing."""
    expected = []
    for key in ("a", "b/1", "b/2", "z"):
        put(key, b"before")
    _set(s3, bucket, "Enabled")
    before = {key: [("null", "version")] for key in ("a", "b/1", "b/2", "z")}
    for key in ("b/2", "c d", "ä"):
        for number in range(3):
            before.setdefault(key, []).insert(0, (put(key, str(number).encode())["VersionId"], "version"))
    for key in ("b/1", "c d", "only"):
        marker = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
        before.setdefault(key, []).insert(0, (marker, "marker"))
    for key in sorted(before, key=str.encode):
        expected += [(key, version, kind, at == 0) for at, (version, kind) in enumerate(before[key])]
    return expected


def _pages(s3, bucket, **members):
    shown, prefixes = [], []
    markers = {}
    while True:
        page = s3.list_object_versions(Bucket=bucket, **members, **markers)
        both = [(item, "version") for item in page.get("Versions", [])]
        both += [(item, "marker") for item in page.get("DeleteMarkers", [])]
        assert len(both) + len(page.get("CommonPrefixes", [])) <= members.get("MaxKeys", 1000)
        shown += [(item["Key"], item["VersionId"], kind, item["IsLatest"]) for item, kind in both]
        prefixes += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        if not page["IsTruncated"]:
            return shown, prefixes
        markers = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            markers["VersionIdMarker"] = page["NextVersionIdMarker"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize(("prefix", "delimiter"), [("", ""), ("", "/"), ("b", ""), ("b/", "/"), ("b", "/"), ("x", "")])
def test_pages_of_any_size_show_everything_once(s3, bucket, tree, size, prefix, delimiter):
    shown, prefixes = _pages(s3, bucket, MaxKeys=size, Prefix=prefix, Delimiter=delimiter)
    wanted = [each for each in tree if each[0].startswith(prefix)]
    folded = [each for each in wanted if delimiter and delimiter in each[0][len(prefix) :]]
    assert sorted(shown) == sorted(each for each in wanted if each not in folded)
    assert prefixes == (["b/"] if folded else [])


def test_markers_of_versions(wire, s3, bucket, tree):
    ids = [version for key, version, _, _ in tree if key == "c d"]
    after = [each[1] for each in listed(s3, bucket, KeyMarker="c d", VersionIdMarker=ids[1], Prefix="c")]
    assert after == ids[2:]
    assert [each[0] for each in listed(s3, bucket, KeyMarker="only")] == ["z", "ä", "ä", "ä"]
    assert [each[0] for each in listed(s3, bucket, KeyMarker="a", VersionIdMarker="null", MaxKeys=1)] == ["b/1"]
    assert_refused(wire.signed("GET", f"/{bucket}?versions&version-id-marker={ids[0]}"), "InvalidArgument", 400)
    for wrong in ("", "x"):
        answer = wire.signed("GET", f"/{bucket}?versions&key-marker=a&version-id-marker={wrong}")
        assert_refused(answer, "InvalidArgument", 400)
    assert_refused(wire.signed("GET", f"/{bucket}?versions&max-keys=-1"), "InvalidArgument", 400)


def test_nothing_is_listed_of_nothing_wanted(s3, bucket, tree):
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=0)
    assert page["IsTruncated"] is False
    assert "Versions" not in page


def test_a_listing_tells_what_a_version_is(s3, versioned, put):
    etag = put("a b", b"12345")["ETag"]
    page = s3.list_object_versions(Bucket=versioned, EncodingType="url", Prefix="a ", Delimiter="+")
    (version,) = page["Versions"]
    assert (version["ETag"], version["Size"], version["StorageClass"]) == (etag, 5, "STANDARD")
    assert version["ChecksumAlgorithm"] == ["CRC32"]
    assert version["ChecksumType"] == "FULL_OBJECT"
    assert version["Owner"]["ID"]
    assert (version["Key"], page["Prefix"], page["Delimiter"]) == ("a%20b", "a%20", "%2B")
    s3.delete_object(Bucket=versioned, Key="a b")
    (marker,) = s3.list_object_versions(Bucket=versioned)["DeleteMarkers"]
    assert set(marker) == {"Owner", "Key", "VersionId", "IsLatest", "LastModified"}


def test_a_bucket_is_emptied_page_by_page(s3, bucket, tree):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}):
        both = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in both]
        assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert listed(s3, bucket) == []


# --- together -----------------------------------------------------------------------------------------------------


def test_versions_that_race_are_all_kept(s3, versioned):
    def one(number):
        return s3.put_object(Bucket=versioned, Key="key", Body=str(number).encode())["VersionId"], number

    with ThreadPoolExecutor(8) as pool:
        made = dict(pool.map(one, range(60)))
    assert {each[1] for each in listed(s3, versioned)} == set(made)
    for version, number in made.items():
        assert _body(s3, versioned, VersionId=version) == str(number).encode()
    assert sum(each[3] for each in listed(s3, versioned)) == 1


def test_whatever_races_with_the_status_leaves_one_null_version_and_every_other(s3, bucket):
    """Puts and deletes that began before versioning did must not remove what has a version id."""
    keys = [f"k{number}" for number in range(4)]

    def put(number):
        key = keys[number % 4]
        if number % 5 == 4:
            return key, s3.delete_object(Bucket=bucket, Key=key).get("VersionId")
        return key, s3.put_object(Bucket=bucket, Key=key, Body=bytes(20_000)).get("VersionId")

    def turn(number):
        _set(s3, bucket, ("Enabled", "Suspended")[number % 2])

    with ThreadPoolExecutor(12) as pool:
        changes = [
            pool.submit(put, number) if number % 9 or number < 40 else pool.submit(turn, number)
            for number in range(160)
        ]
        made = [change.result() for change in changes if change.result() is not None]
    shown = listed(s3, bucket)
    for key in keys:
        ids = [version for listed_key, version, _, _ in shown if listed_key == key]
        assert ids.count("null") <= 1
        assert len(ids) == len(set(ids))
        assert {version for made_key, version in made if made_key == key and version not in {None, "null"}} <= set(ids)
        assert sum(latest for listed_key, _, _, latest in shown if listed_key == key) == bool(ids)
    for key, version, kind, latest in shown:
        if kind == "version":
            assert len(_body(s3, bucket, key, VersionId=version)) == 20_000
        if latest:
            try:
                current = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
            except ClientError as error:
                current = error.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"]
            assert current == version
