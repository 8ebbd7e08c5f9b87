"""Put, get, head and delete of whole objects; metadata, content headers, overrides; keys. Source: S3 API Reference."""

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from live.expect import assert_refused, refused
from live.wire import content_md5

MIB = 1024 * 1024

# around the inline limit, one segment, and several segments
SIZES = [
    0,
    1,
    1023,
    10 * 1024,
    12 * 1024,
    12 * 1024 + 1,
    64 * 1024,
    256 * 1024 - 1,
    256 * 1024,
    256 * 1024 + 1,
    5 * MIB + 7,
]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_read_is_what_was_written(s3, bucket, put, read, size):
    data = random.randbytes(size)
    etag = f'"{hashlib.md5(data).hexdigest()}"'
    assert put("key", data)["ETag"] == etag
    assert read("key") == data
    head = s3.head_object(Bucket=bucket, Key="key")
    assert (head["ContentLength"], head["ETag"]) == (size, etag)
    assert head["AcceptRanges"] == "bytes"


def test_the_headers_of_a_plain_object(wire, bucket):
    started = int(datetime.now(UTC).timestamp())
    stored = wire.signed("PUT", f"/{bucket}/key", body=b"hello")
    assert (stored.status, stored.body) == (200, b"")
    answer = wire.signed("GET", f"/{bucket}/key")
    assert (answer.status, answer.body) == (200, b"hello")
    headers = answer.headers
    assert headers["content-length"] == "5"
    assert headers["content-type"] == "binary/octet-stream"  # S3's default, not application/octet-stream
    assert headers["accept-ranges"] == "bytes"
    assert headers["etag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert (
        started - 1 <= parsedate_to_datetime(headers["last-modified"]).timestamp() <= datetime.now(UTC).timestamp() + 1
    )
    assert headers["x-amz-request-id"]
    assert headers["x-amz-id-2"]
    assert "x-amz-version-id" not in headers
    assert "x-amz-storage-class" not in headers  # told for other classes than STANDARD only
    assert "transfer-encoding" not in headers
    head = wire.signed("HEAD", f"/{bucket}/key")
    assert (head.status, head.body) == (200, b"")
    told_anew = {"date", "x-amz-request-id", "x-amz-id-2"}
    assert {k: v for k, v in head.headers.items() if k not in told_anew} == {
        k: v for k, v in headers.items() if k not in told_anew
    }


def test_a_missing_key_is_told_apart_from_a_missing_bucket(s3, bucket, wire):
    with refused("NoSuchKey", 404, Key="no/such key"):
        s3.get_object(Bucket=bucket, Key="no/such key")
    with refused("NoSuchBucket", 404, BucketName="no-such-bucket"):
        s3.get_object(Bucket="no-such-bucket", Key="k")
    answer = wire.signed("HEAD", f"/{bucket}/absent")
    assert (answer.status, answer.body) == (404, b"")


def test_a_put_replaces_everything(s3, bucket, put):
    put("key", b"one", Metadata={"old": "1"}, ContentType="text/plain", CacheControl="no-cache")
    put("key", b"second", Metadata={"new": "2"})
    got = s3.get_object(Bucket=bucket, Key="key")
    assert got["Body"].read() == b"second"
    assert got["Metadata"] == {"new": "2"}
    assert got["ContentType"] == "binary/octet-stream"
    assert "CacheControl" not in got


def test_content_headers_come_back_as_they_were_given(s3, bucket, put):
    given = {
        "ContentType": "text/html; charset=utf-8",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de-CH, en",
        "ContentDisposition": "attachment; filename=\"a b.html\"; filename*=UTF-8''a%20b.html",
        "CacheControl": "max-age=3600, public",
        "Metadata": {"author": "somebody", "x-y_z": "value with  spaces", "empty": ""},
    }
    put("key", b"<p>", **given, Expires="Wed, 21 Oct 2065 07:28:00 GMT")
    for call in (s3.get_object, s3.head_object):
        got = call(Bucket=bucket, Key="key")
        for member, value in given.items():
            assert got[member] == value, member
        assert got["ExpiresString"] == "Wed, 21 Oct 2065 07:28:00 GMT"


def test_aws_chunked_is_not_part_of_the_stored_encoding(wire, bucket):
    """Content-Encoding ``aws-chunked`` describes the transfer; ``aws-chunked,gzip`` is stored as ``gzip``."""
    unsigned = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    headers = {
        "Content-Encoding": "aws-chunked,gzip",
        "X-Amz-Decoded-Content-Length": "5",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    stored = wire.signed("PUT", f"/{bucket}/key", headers, unsigned, payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert stored.status == 200, stored.body
    got = wire.signed("GET", f"/{bucket}/key")
    assert (got.body, got.headers["content-encoding"]) == (b"hello", "gzip")


def test_metadata_names_are_lower_case_and_repeated_fields_are_joined(wire, bucket):
    headers = {"X-Amz-Meta-MiXeD": "Value", "x-amz-meta-list": "a,b"}
    assert wire.signed("PUT", f"/{bucket}/key", headers, b"x").status == 200
    got = wire.signed("GET", f"/{bucket}/key").headers
    assert got["x-amz-meta-mixed"] == "Value"
    assert got["x-amz-meta-list"] == "a,b"


def test_metadata_may_have_two_kib_and_no_more(put, read, bucket, s3):
    """User Guide, "Working with object metadata": the sum of bytes of names and values is at most 2 KB."""
    put("key", b"x", Metadata={"k": "v" * 2047})
    assert s3.head_object(Bucket=bucket, Key="key")["Metadata"] == {"k": "v" * 2047}
    with refused("MetadataTooLarge", 400):
        put("key", b"y", Metadata={"k": "v" * 2048})
    assert read("key") == b"x"


def test_response_overrides_change_the_answer_not_the_object(s3, bucket, put):
    put("key", b"x", ContentType="text/plain")
    got = s3.get_object(
        Bucket=bucket,
        Key="key",
        ResponseContentType="application/x-other",
        ResponseContentLanguage="fr",
        ResponseExpires="Wed, 21 Oct 2065 07:28:00 GMT",
        ResponseCacheControl="no-store",
        ResponseContentDisposition='attachment; filename="x y.txt"',
        ResponseContentEncoding="identity",
    )
    assert got["Body"].read() == b"x"
    assert got["ContentType"] == "application/x-other"
    assert got["ContentLanguage"] == "fr"
    assert got["ExpiresString"] == "Wed, 21 Oct 2065 07:28:00 GMT"
    assert got["CacheControl"] == "no-store"
    assert got["ContentDisposition"] == 'attachment; filename="x y.txt"'
    assert got["ContentEncoding"] == "identity"
    assert s3.head_object(Bucket=bucket, Key="key")["ContentType"] == "text/plain"


def test_response_overrides_need_a_signature(s3, wire, bucket, put):
    put("key", b"x", ACL="public-read")
    assert wire.send("GET", f"/{bucket}/key").status == 200
    assert_refused(wire.send("GET", f"/{bucket}/key?response-content-type=text/html"), "InvalidRequest", 400)


def test_an_override_cannot_split_the_response(wire, bucket, put):
    put("key", b"x")
    answer = wire.signed("GET", f"/{bucket}/key?response-content-type=a%0D%0AX-Evil:%201")
    assert "x-evil" not in answer.headers
    assert answer.status == 400


ODD_KEYS = [
    "a",
    "a b",
    "a+b",
    "a%20b",
    "a%b",
    "100%",
    "slash/",
    "/leading",
    "//",
    "a//b",
    "dot/./dot",
    "up/../up",
    "..",
    ".",
    "q?x=y&z",
    "hash#tag",
    "semi;colon",
    "colon:at@dollar$,comma=equals",
    "quote'double\"back`tick",
    "<xml>&amp;",
    "tab\tnewline\nreturn\r",
    "del\x7f",
    "umlaut-ä",
    "composed-\u00e9-decomposed-e\u0301",
    "cjk-漢字",
    "emoji-😀",
    "rtl-\u202eabc",
    "bom-\ufeff",
    "max-\U0010ffff",
    "tilde~star*(paren)!",
    "[brackets]{braces}|^\\",
    "soap",
    "_/health/live",
    "k" * 1024,
    "ä" * 512,
    "😀" * 256,
]


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
def test_a_key_is_any_utf8_of_up_to_1024_bytes(s3, bucket, put, read, key):
    put(key, key.encode())
    assert read(key) == key.encode()
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(key.encode())
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert read("copy") == key.encode()
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert [item["Key"] for item in answer["Deleted"]] == [key]
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key=key)


def test_a_key_may_have_characters_that_xml_cannot_carry(s3, bucket, put, read):
    """Listed percent-encoded where the client asks for ``encoding-type=url``, as boto3 does."""
    keys = ["control-\x01\x02\x1f", "nonchar-\ufffe\uffff"]
    for key in keys:
        put(key, key.encode())
        assert read(key) == key.encode()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == keys
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_keys_that_differ_in_normal_form_or_case_are_different(put, read):
    put("\u00e9", b"composed")
    put("e\u0301", b"decomposed")
    put("A", b"upper")
    put("a", b"lower")
    assert [read("\u00e9"), read("e\u0301"), read("A"), read("a")] == [b"composed", b"decomposed", b"upper", b"lower"]


def test_a_key_of_1025_bytes_is_too_long(wire, bucket):
    answer = wire.signed("PUT", f"/{bucket}/{'k' * 1025}", body=b"x")
    assert_refused(answer, "KeyTooLongError", 400, MaxSizeAllowed="1024", Size="1025")
    assert_refused(wire.signed("GET", f"/{bucket}/{'%C3%A4' * 513}"), "KeyTooLongError", 400)


def test_a_key_that_is_not_utf8_is_refused(wire, bucket):
    for broken in ("%FF", "a%C3", "%ED%A0%80", "%F5%80%80%80"):
        answer = wire.signed("PUT", f"/{bucket}/{broken}", body=b"x")
        assert (answer.status, answer.code) in {(400, "InvalidURI"), (400, "InvalidArgument")}, answer.body


def test_content_length_must_be_there(wire, bucket):
    headers = wire.signed_headers("PUT", f"/{bucket}/key", payload_hash="UNSIGNED-PAYLOAD")
    answer = wire.send("PUT", f"/{bucket}/key", {**headers, "Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n")
    assert_refused(answer, "MissingContentLength", 411)


def test_more_than_five_gib_in_one_put_is_refused_before_the_body(wire, bucket):
    size = 5 * 1024 * MIB + 1
    headers = {"Content-Length": str(size), "Expect": "100-continue"}
    signed = wire.signed_headers("PUT", f"/{bucket}/key", headers, payload_hash="UNSIGNED-PAYLOAD")
    answer = wire.send("PUT", f"/{bucket}/key", signed)
    assert_refused(answer, "EntityTooLarge", 400, MaxSizeAllowed=str(5 * 1024 * MIB))


def test_content_md5_is_held_against_the_body(wire, bucket):
    good = {"Content-MD5": content_md5(b"hello")}
    assert wire.signed("PUT", f"/{bucket}/key", good, b"hello").status == 200
    assert_refused(wire.signed("PUT", f"/{bucket}/other", good, b"HELLO"), "BadDigest", 400)
    for malformed in ("not base64!", "AAAA", ""):
        answer = wire.signed("PUT", f"/{bucket}/other", {"Content-MD5": malformed}, b"hello")
        assert_refused(answer, "InvalidDigest", 400)
    assert wire.signed("HEAD", f"/{bucket}/other").status == 404


def test_the_signed_hash_is_held_against_the_body(wire, bucket):
    wrong = hashlib.sha256(b"other").hexdigest()
    for size in (5, 100_000):
        answer = wire.signed("PUT", f"/{bucket}/key", body=b"x" * size, payload_hash=wrong)
        assert_refused(answer, "XAmzContentSHA256Mismatch", 400, ClientComputedContentSHA256=wrong)
    assert wire.signed("HEAD", f"/{bucket}/key").status == 404


def test_readers_never_see_a_mixture(server, clients, bucket, put):
    """One PUT wins whole: no reader ever sees a mixture, a prefix, or an object without its metadata."""
    client = clients(server)
    sizes = (100, 11_000, 40_000, 300_000)
    put("key", b"0" * sizes[0], Metadata={"digit": "0"})

    def write(digit):
        for turn in range(12):
            body = str(digit).encode() * sizes[(turn + digit) % len(sizes)]
            client.put_object(Bucket=bucket, Key="key", Body=body, Metadata={"digit": str(digit)})

    def look(_):
        for _ in range(40):
            got = client.get_object(Bucket=bucket, Key="key")
            body = got["Body"].read()
            assert len(body) == got["ContentLength"]
            assert len(body) in sizes
            assert body == got["Metadata"]["digit"].encode() * len(body)
            assert got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(write, digit) for digit in range(1, 4)] + [pool.submit(look, None) for _ in range(3)]
        for job in jobs:
            job.result()


def test_what_was_acknowledged_is_read_and_listed_at_once(server, clients, bucket):
    """Read-after-write and list-after-write, for every operation, whichever worker answers."""
    writer, reader = clients(server), clients(server, user_agent_extra="another-connection-pool")
    for number in range(30):
        key = f"k{number}"
        writer.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert reader.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        assert reader.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] >= 1
        writer.delete_object(Bucket=bucket, Key=key)
        assert reader.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0
