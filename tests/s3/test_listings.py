"""ListObjects and ListObjectsV2: order, prefix, delimiter, pages, encoding.

Sources: S3 API Reference; User Guide, "Organizing objects using prefixes". Expectations of mixed cases come from
``fold``, a second and naive statement of the rules in this file.
"""

import datetime as dt
import random
from urllib.parse import quote, unquote, unquote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.expect import assert_refused, refused
from live.wire import NAMESPACE

TREE = sorted(
    [
        "a",
        "a/",
        "a/1",
        "a/2",
        "a/b/1",
        "a/b/2",
        "a/b/c/1",
        "a0",
        "b",
        "b//x",
        "b/y",
        "c/",
        "c/d/",
        "photo.jpg",
        "ä/ö",
        "ä/ü",
    ],
    key=lambda key: key.encode(),
)


def fold(keys, prefix="", delimiter="", after=""):
    """What a listing shows, in order: keys and common prefixes, as ``(text, is_prefix)``."""
    shown = []
    for key in sorted(keys, key=lambda key: key.encode()):
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = (key[: cut + len(delimiter)], True) if cut >= 0 else (key, False)
        if entry[0].encode() > after.encode() and entry not in shown:
            shown.append(entry)
    return shown


def shown_by(page):
    entries = [(item["Key"], False) for item in page.get("Contents", [])]
    entries += [(item["Prefix"], True) for item in page.get("CommonPrefixes", [])]
    return sorted(entries, key=lambda entry: entry[0].encode())


@pytest.fixture
def tree(put):
    for key in TREE:
        put(key, key.encode())
    return TREE


def test_every_member_of_a_plain_listing(s3, bucket, put):
    etag = put("key", b"hello")["ETag"]
    page = s3.list_objects_v2(Bucket=bucket)
    assert (page["Name"], page["Prefix"], page["MaxKeys"], page["KeyCount"]) == (bucket, "", 1000, 1)
    assert (page["IsTruncated"], page["EncodingType"]) == (False, "url")  # boto3 asks for the encoding
    [item] = page["Contents"]
    assert (item["Key"], item["ETag"], item["Size"], item["StorageClass"]) == ("key", etag, 5, "STANDARD")
    age = dt.datetime.now(dt.UTC) - item["LastModified"]
    assert dt.timedelta(seconds=-2) < age < dt.timedelta(minutes=1)
    assert "Owner" not in item
    owner = s3.list_buckets()["Owner"]
    fetched = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]["Owner"]
    assert fetched["ID"] == owner["ID"]
    first = s3.list_objects(Bucket=bucket)
    assert (first["Marker"], first["MaxKeys"], first["IsTruncated"]) == ("", 1000, False)
    assert first["Contents"][0]["Owner"]["ID"] == owner["ID"]
    assert "KeyCount" not in first


def test_the_time_in_a_listing_is_that_of_the_object(s3, bucket, put):
    put("key")
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"]
    assert listed.replace(microsecond=0) == s3.head_object(Bucket=bucket, Key="key")["LastModified"]


def test_an_empty_bucket_lists_nothing(s3, bucket):
    page = s3.list_objects_v2(Bucket=bucket)
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)
    assert "Contents" not in page
    assert "CommonPrefixes" not in page


def test_keys_are_in_order_of_utf8_bytes(s3, bucket, put):
    keys = [
        "a",
        "B",
        "Z",
        "z",
        "a b",
        "a!",
        "ä",
        "é",
        "e\u0301",
        "漢",
        "\uff61",
        "😀",
        "~",
        "0",
        "10",
        "9",
        "a/b",
        "a.b",
        "\u007f",
        " ",
    ]
    for key in random.sample(keys, len(keys)):
        put(key)
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(keys, key=lambda key: key.encode())


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("prefix", "delimiter"),
    [
        ("", ""),
        ("a", ""),
        ("a/", ""),
        ("", "/"),
        ("a", "/"),
        ("a/", "/"),
        ("a/b/", "/"),
        ("b/", "/"),
        ("b", "//"),
        ("", "b"),
        ("", "o"),
        ("zz", "/"),
        ("ä", "/"),
        ("ä/", "/"),
        ("", "ö"),
        ("c/", "/"),
        ("c", "d/"),
        ("", ".jpg"),
    ],
)
def test_prefix_and_delimiter(s3, bucket, tree, version, prefix, delimiter):
    call = s3.list_objects_v2 if version == 2 else s3.list_objects
    page = call(Bucket=bucket, Prefix=prefix, **({"Delimiter": delimiter} if delimiter else {}))
    expected = fold(tree, prefix, delimiter)
    assert shown_by(page) == expected
    assert page.get("Delimiter", "") == delimiter
    if version == 2:
        assert page["KeyCount"] == len(expected)


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
@pytest.mark.parametrize("delimiter", ["", "/", "b"])
def test_v2_pages_show_everything_once(s3, bucket, tree, page_size, delimiter):
    seen, token = [], None
    while True:
        members = {"ContinuationToken": token} if token else {}
        page = s3.list_objects_v2(Bucket=bucket, Delimiter=delimiter, MaxKeys=page_size, **members)
        entries = shown_by(page)
        assert len(entries) == page["KeyCount"] <= page_size
        seen += entries
        assert page.get("ContinuationToken") == token
        if not page["IsTruncated"]:
            assert "NextContinuationToken" not in page
            break
        assert entries
        token = page["NextContinuationToken"]
    assert seen == fold(tree, "", delimiter)


@pytest.mark.parametrize("page_size", [1, 2, 3])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_v1_pages_show_everything_once(s3, bucket, tree, page_size, delimiter):
    seen, marker = [], ""
    while True:
        page = s3.list_objects(Bucket=bucket, Delimiter=delimiter, MaxKeys=page_size, Marker=marker)
        entries = shown_by(page)
        seen += entries
        if not page["IsTruncated"]:
            break
        assert ("NextMarker" in page) == bool(delimiter)  # API Reference: only with a delimiter
        marker = page.get("NextMarker") or entries[-1][0]
        assert marker == entries[-1][0]
    assert seen == fold(tree, "", delimiter)


@pytest.mark.parametrize("after", ["", "a", "a/", "a/b", "a/b/", "a/b/c", "a0", "b/", "zz", "ä/", "\U0010ffff"])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_start_after_and_marker_need_not_exist(s3, bucket, tree, after, delimiter):
    """A marker inside a common prefix still shows the prefix; a marker that is the prefix covers it."""
    two = s3.list_objects_v2(Bucket=bucket, StartAfter=after, Delimiter=delimiter)
    one = s3.list_objects(Bucket=bucket, Marker=after, Delimiter=delimiter)
    later = [key for key in tree if key.encode() > after.encode()]
    expected = fold(later, "", delimiter)
    if delimiter:  # keys after a marker that ends with the delimiter are rolled into a prefix that is not shown again
        expected = [entry for entry in expected if not (entry[1] and entry[0] == after)]
    assert shown_by(two) == expected
    assert [item["Key"] for item in one.get("Contents", [])] == [key for key, is_prefix in expected if not is_prefix]
    assert two.get("StartAfter", "") == after


def test_the_token_outweighs_start_after(s3, bucket, tree):
    first = s3.list_objects_v2(Bucket=bucket, MaxKeys=4, StartAfter="a/1")
    second = s3.list_objects_v2(Bucket=bucket, StartAfter="zzz", ContinuationToken=first["NextContinuationToken"])
    assert shown_by(first) + shown_by(second) == fold(tree, after="a/1")


def test_a_page_of_nothing(s3, bucket, tree):
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (page["MaxKeys"], page["KeyCount"], page["IsTruncated"]) == (0, 0, False)
    assert "Contents" not in page


def test_more_than_a_thousand_are_never_given(s3, bucket, put):
    from concurrent.futures import ThreadPoolExecutor

    keys = [f"{number:05}" for number in range(1105)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, keys))
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)
    assert (page["MaxKeys"], page["KeyCount"], page["IsTruncated"]) == (1000, 1000, True)
    rest = s3.list_objects_v2(Bucket=bucket, ContinuationToken=page["NextContinuationToken"])
    assert [item["Key"] for item in page["Contents"] + rest["Contents"]] == keys
    folded = s3.list_objects_v2(Bucket=bucket, Delimiter="0", Prefix="0")
    assert shown_by(folded) == fold(keys, "0", "0")


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "99999999999999999999", "2147483648"])
def test_max_keys_is_a_number(wire, bucket, value):
    answer = wire.signed("GET", f"/{bucket}?list-type=2&max-keys={value}")
    assert_refused(answer, "InvalidArgument", 400, ArgumentName="max-keys", ArgumentValue=value)


def test_a_token_that_was_not_given_out_is_refused(s3, bucket):
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="made up")


def test_an_empty_token_is_refused(wire, bucket):
    answer = wire.signed("GET", f"/{bucket}?list-type=2&continuation-token=")
    assert_refused(answer, "InvalidArgument", 400)


def test_an_encoding_that_is_none(wire, bucket):
    assert_refused(wire.signed("GET", f"/{bucket}?encoding-type=base64"), "InvalidArgument", 400)


def test_url_encoding_of_keys_prefixes_and_markers(wire, bucket, put):
    for key in ("d i/r+%/a b", "d i/r+%/ä&<", "z*~()'!@$,;:=-_."):
        put(key)
    answer = wire.signed("GET", f"/{bucket}?delimiter=%2F&encoding-type=url&marker=a%20%2B&prefix=")
    assert answer.text("EncodingType") == "url"
    assert unquote(answer.text("Marker").replace("+", " ")) == "a +"
    prefixes = [item.text for item in answer.xml.iterfind(f"{NAMESPACE}CommonPrefixes/{NAMESPACE}Prefix")]
    assert prefixes == ["d%20i/"]  # a space to every decoder
    keys = wire.signed("GET", f"/{bucket}?encoding-type=url&list-type=2&prefix={quote('d i/r+%/', safe='')}")
    raw = [item.text for item in keys.xml.iterfind(f"{NAMESPACE}Contents/{NAMESPACE}Key")]
    assert all(text.isascii() for text in raw)
    assert [unquote(text.replace("+", " ")) for text in raw] == ["d i/r+%/a b", "d i/r+%/ä&<"]
    assert all("/" in text for text in raw)  # S3 leaves the slash
    plain = wire.signed("GET", f"/{bucket}?list-type=2&prefix=d")
    assert plain.text("EncodingType") is None
    assert [item.text for item in plain.xml.iterfind(f"{NAMESPACE}Contents/{NAMESPACE}Key")] == [
        "d i/r+%/a b",
        "d i/r+%/ä&<",
    ]


def test_an_encoded_plus_in_a_query_is_a_plus(wire, bucket, put):
    """%2B in a query is a plus sign."""
    put("a+b")
    assert wire.signed("GET", f"/{bucket}?list-type=2&prefix=a%2Bb").text("KeyCount") == "1"


# --- keys of 1,024 bytes ------------------------------------------------------------------------------------------


def test_the_longest_keys_are_listed_in_order(s3, bucket, put):
    """LMDB's own keys end at 511 bytes: neighbours that differ after that are the interesting ones."""
    stems = ["k" * length for length in (1, 400, 470, 500, 505, 509, 510, 511, 512, 513, 600, 1000, 1022)]
    keys = sorted(
        {stem + tail for stem in stems for tail in ("", "!", "a", "~")} | {"k" * 1024, "j" * 1024, "l" * 1024}
    )
    for key in random.sample(keys, len(keys)):
        put(key, str(len(key)).encode())
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [item["Key"] for item in listed] == keys
    seen, token = [], {}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, MaxKeys=5, **token)
        seen += [item["Key"] for item in page["Contents"]]
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert seen == keys
    for after in ("k" * 510, "k" * 511, "k" * 600, "k" * 1024):
        page = s3.list_objects_v2(Bucket=bucket, StartAfter=after)
        assert [item["Key"] for item in page.get("Contents", [])] == [key for key in keys if key > after]
    for prefix in ("k" * 512, "k" * 1000, "k" * 1024):
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        assert [item["Key"] for item in page.get("Contents", [])] == [key for key in keys if key.startswith(prefix)]


def test_long_keys_fold_at_a_delimiter(s3, bucket, put):
    keys = [f"{'d' * n}/{'x' * m}" for n in (1, 500, 511, 512, 1000) for m in (1, 20)] + ["d" * 1023 + "/", "d" * 600]
    for key in keys:
        put(key)
    for page_size in (1, 3, 1000):
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": page_size}
        )
        assert [entry for page in pages for entry in shown_by(page)] == fold(keys, "", "/")
    inside = s3.list_objects_v2(Bucket=bucket, Prefix="d" * 512 + "/", Delimiter="/")
    assert shown_by(inside) == fold(keys, "d" * 512 + "/", "/")


_text = st.text(alphabet="ab/é\U0001f600%+ ", min_size=1, max_size=6)
_stem = st.sampled_from(["", "a/", "s" * 505, "s" * 1000])


@pytest.mark.server_kinds("embedded-1", "memory-1")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.sets(st.builds(str.__add__, _stem, _text), min_size=1, max_size=12),
    prefix=st.one_of(st.just(""), _text, _stem),
    delimiter=st.sampled_from(["", "/", "a", "é", "//"]),
    page_size=st.integers(1, 5),
    data=st.data(),
)
def test_any_listing_is_what_the_rules_say(s3, bucket_names, keys, prefix, delimiter, page_size, data):
    bucket = bucket_names()
    s3.create_bucket(Bucket=bucket)
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    seen, token = [], {}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter=delimiter, MaxKeys=page_size, **token)
        seen += shown_by(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert seen == fold(keys, prefix, delimiter)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    s3.delete_bucket(Bucket=bucket)


def test_listing_while_keys_come_and_go_shows_all_that_stay(s3, bucket, put):
    """A scan is no snapshot, but what is there from beginning to end is listed exactly once."""
    from concurrent.futures import ThreadPoolExecutor

    stay = [f"{number:03}-stay" for number in range(60)]
    for key in stay:
        put(key)

    def churn(number):
        for turn in range(40):
            key = f"{(number * 7 + turn * 13) % 60:03}-{number}"
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
            s3.delete_object(Bucket=bucket, Key=key)

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(churn, number) for number in range(3)]
        while not all(job.done() for job in jobs):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            assert keys == sorted(set(keys))
            assert [key for key in keys if key.endswith("stay")] == stay
        for job in jobs:
            job.result()


def test_an_empty_delimiter_is_not_told(s3, bucket, put):
    put("a/b")
    for call in (s3.list_objects, s3.list_objects_v2):
        page = call(Bucket=bucket, Delimiter="")
        assert [each["Key"] for each in page["Contents"]] == ["a/b"]
        assert "Delimiter" not in page
    assert "Delimiter" not in s3.list_multipart_uploads(Bucket=bucket, Delimiter="")


@pytest.mark.parametrize("prefix", ["\n", "a b", "ä/%41+1", "\x01"])
def test_the_prefix_comes_back(s3, bucket, prefix):
    """botocore decodes it in the second form only; who decodes it in the first must get the same."""
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Prefix"] == prefix
    told = s3.list_objects(Bucket=bucket, Prefix=prefix)["Prefix"]
    assert unquote_plus(told) == unquote(told) == prefix
    if not set(prefix) & set("%+\x01"):
        assert told == prefix
