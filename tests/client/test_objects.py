"""Buckets and objects as things, synchronous, on every kind of server."""

import hashlib
import io
import random
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bushel.client import errors
from bushel.client.entries import FolderEntry, ObjectEntry
from bushel.protocol.checksums import ALGORITHMS

BIG = random.Random(7).randbytes(1 << 20) * 12 + b"tail"


def test_a_bucket_is_created_found_and_deleted(client, bucket_names):
    bucket = client.bucket(bucket_names())

    assert not bucket.exists()
    bucket.create()
    assert bucket.exists()
    bucket.create(exist_ok=True)
    assert bucket.name in [each.name for each in client.buckets()]
    assert next(each.created for each in client.buckets() if each.name == bucket.name).year > 2020
    bucket.delete()
    assert not bucket.exists()


@pytest.mark.parametrize(
    "key", ["plain", "a/b/c", "with space+plus", "ünïcode/\N{SNOWMAN}", "..", "a//b", "?query=1&b#c", "%41", "\x01\x02"]
)
def test_any_key_comes_back_as_it_was_stored_in_listings_too(store, key):
    store.put(key, b"hello")

    assert store.get(key) == b"hello"
    assert [each.key for each in store.objects()] == [key]
    store.delete_object(key)
    assert not store.object(key).exists()


def test_headers_and_metadata_are_kept(store):
    store.put(
        "k",
        "text",
        content_type="text/plain",
        cache_control="no-store",
        metadata={"name": "vélo", "plain": "attribute"},
    )
    info = store.object("k").head()

    assert info.content_type == "text/plain"
    assert info.metadata == {"name": "vélo", "plain": "attribute"}
    assert info.members["cache_control"] == "no-store"
    assert info.size == 4
    assert info.checksum is not None
    assert info.checksum[0] == "CRC64NVME"
    assert info.last_modified.tzinfo is not None


class Unseekable(io.RawIOBase):
    """What a pipe is to a reader: pieces of odd sizes, no length."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece, self._rest = self._rest[: min(size, 70_001)], self._rest[min(size, 70_001) :]
        return piece


async def _asynchronous(data: bytes):
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


@pytest.mark.parametrize("size", [0, 1, 100_000, 5 << 20, (5 << 20) + 1, len(BIG)])
@pytest.mark.parametrize(
    "kind", ["bytes", "bytearray", "memoryview", "path", "file", "BytesIO", "pipe", "list", "async"]
)
def test_whatever_holds_bytes_can_be_stored(store, tmp_path, kind, size):
    data = BIG[:size]
    file = tmp_path / "file"
    file.write_bytes(data)
    with file.open("rb") as opened:
        given = {
            "bytes": data,
            "bytearray": bytearray(data),
            "memoryview": memoryview(data),
            "path": file,
            "file": opened,
            "BytesIO": io.BytesIO(data),
            "pipe": Unseekable(data),
            "list": [data[start : start + 77_777] for start in range(0, size, 77_777)],
            "async": _asynchronous(data),
        }[kind]
        stored = store.put("k", given)

    assert stored.size == size
    assert store.get("k") == data
    assert (stored.e_tag.endswith('-3"')) == (size == len(BIG))
    assert stored.checksum == store.object("k").head().checksum
    assert not list(store.uploads())


def test_what_is_no_bytes_cannot_be_stored(store, tmp_path):
    (tmp_path / "text").write_text("text")
    with (tmp_path / "text").open() as opened, pytest.raises(TypeError, match="binary"):
        store.put("k", opened)
    with pytest.raises(TypeError, match="int cannot be stored"):
        store.put("k", 7)
    with pytest.raises(TypeError, match="not int"):
        store.put("k", [b"good", 7])
    with pytest.raises(IsADirectoryError):
        store.put("k", tmp_path)
    with pytest.raises(FileNotFoundError):
        store.put("k", tmp_path / "missing")

    assert not list(store.objects())


def test_a_failing_iterator_leaves_nothing_behind(store):
    def pieces():
        yield bytes(11 << 20)
        raise RuntimeError("the tape broke")

    with pytest.raises(RuntimeError, match="the tape broke"):
        store.put("k", pieces())

    assert not list(store.objects())
    assert not list(store.uploads())


@pytest.mark.parametrize("size", [0, 10, 10 << 20, len(BIG)])
def test_an_object_is_brought_into_files_and_streams(store, tmp_path, size):
    data = BIG[:size]
    store.put("k", data)
    seen = []
    target = tmp_path / "target"
    target.write_bytes(b"what was there before")

    info = store.object("k").download(target, progress=seen.append)
    assert target.read_bytes() == data
    assert info.size == size
    assert sum(seen) == size
    with (tmp_path / "other").open("wb") as opened:
        store.object("k").download(opened)
    assert (tmp_path / "other").read_bytes() == data
    assert b"".join(store.object("k").stream()) == data
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other", "target"]


def test_a_file_that_was_there_stays_if_the_object_is_not(store, tmp_path):
    (tmp_path / "f").write_bytes(b"mine")
    with pytest.raises(errors.NoSuchKey):
        store.object("missing").download(tmp_path / "f")

    assert (tmp_path / "f").read_bytes() == b"mine"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_a_stream_can_be_left_in_the_middle(store):
    store.put("k", BIG)
    for _ in range(70):  # more often than there are connections
        for _piece in store.object("k").stream():
            break

    assert store.get("k") == BIG


def test_a_range_is_read(store):
    store.put("k", BIG)
    with store._client.get_object(bucket=store.name, key="k", range="bytes=10-19").body as body:
        assert body.read() == BIG[10:20]


def test_conditions_hold(store):
    e_tag = store.put("k", b"one", if_none_match="*").e_tag
    with pytest.raises(errors.PreconditionFailed):
        store.put("k", b"two", if_none_match="*")
    with pytest.raises(errors.PreconditionFailed):
        store.put("k", BIG, if_none_match="*")
    with pytest.raises(errors.NotModified):
        store.get("k", if_none_match=e_tag)

    assert store.get("k") == b"one"
    assert not list(store.uploads())


def test_listings_go_on_over_pages(store):
    names = [f"{folder}/{number:02}" for folder in "abc" for number in range(7)]
    for name in reversed(names):
        store.put(name, name)

    assert [each.key for each in store.objects(page_size=4)] == names
    assert [each.key for each in store.objects("b/", page_size=3)] == names[7:14]
    assert [each.key for each in store.objects(start_after="c/05")] == ["c/06"]
    assert list(store.ls()) == [FolderEntry("a/"), FolderEntry("b/"), FolderEntry("c/")]
    assert all(isinstance(each, ObjectEntry) for each in store.ls("a/"))
    assert store.delete_objects(each.key for each in store.objects("a/")) == 7
    assert store.empty() == 14
    assert not list(store.objects())


def test_an_object_is_copied_by_the_server(store, client):
    store.put("k", BIG, content_type="a/b", metadata={"x": "y"})
    copied = store.object("k").copy_to(store.object("copy"))

    assert copied.size == len(BIG)
    assert store.get("copy") == BIG
    assert store.object("copy").head().metadata == {"x": "y"}
    store.object("k").copy_to(store.object("bare"), metadata_directive="REPLACE", content_type="c/d", size=len(BIG))
    assert store.object("bare").head().metadata == {}
    assert store.object("bare").head().content_type == "c/d"


def test_an_object_is_copied_through_this_machine_between_clients(store, make_client):
    store.put("k", BIG, content_type="a/b", metadata={"x": "y"})
    other = make_client().bucket(store.name)
    store.object("k").copy_to(other.object("copy"))

    assert other.get("copy") == BIG
    assert other.object("copy").head().content_type == "a/b"
    assert other.object("copy").head().metadata == {"x": "y"}


def test_large_copies_go_in_parts(store, monkeypatch):
    from bushel.client.transfers import copy

    monkeypatch.setattr(copy, "MAX_COPY_BYTES", 5 << 20)
    monkeypatch.setattr(copy, "_COPY_PART_BYTES", 5 << 20)
    store.put("k", BIG, content_type="a/b", metadata={"x": "y"})
    store.object("k").copy_to(store.object("copy"))

    assert store.get("copy") == BIG
    assert store.object("copy").head().e_tag.endswith('-3"')
    assert store.object("copy").head().metadata == {"x": "y"}


def test_a_url_grants_what_was_signed_and_no_more(store, make_client):
    store.put("a key", b"secret")
    for version in (2, 4):
        url = store.object("a key").presign(
            expires_seconds=60, signature_version=version, response_content_type="text/x"
        )
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"secret"
            assert answer.headers["content-type"] == "text/x"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url.replace("a%20key", "another"))
        caught.value.close()
        assert caught.value.code == 403
    allowed = store.object("new").presign_put(content_type="text/y", metadata={"by": "url"})
    request = urllib.request.Request(allowed.url, b"by url", dict(allowed.headers), method=allowed.method)
    urllib.request.urlopen(request).close()
    assert store.object("new").head().metadata == {"by": "url"}
    assert "Signature" not in repr(allowed)


def test_forms_upload_what_they_were_signed_for(store, make_client):
    form = store.presign_post(
        "inbox/${filename}",
        max_bytes=5,
        fields={"x-amz-meta-by": "form"},
        conditions=[["starts-with", "$Content-Type", ""]],
    )
    assert "Signature" not in repr(form)

    def send(body: bytes) -> int:
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {**form.fields, "Content-Type": "text/z"}.items()
        ]
        head = "".join(parts) + '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        data = head.encode() + body + b"\r\n--b--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        try:
            with urllib.request.urlopen(urllib.request.Request(form.url, data, kind)) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    assert send(b"12345") == 204
    assert store.object("inbox/a.txt").head().metadata == {"by": "form"}
    assert send(b"123456") == 400
    with pytest.raises(errors.NoCredentials):
        make_client(anonymous=True).bucket(store.name).presign_post("k")
    for wrong in ({"expires_seconds": 0}, {"max_bytes": -1}):
        with pytest.raises(ValueError, match=r"second|bytes"):
            store.presign_post("k", **wrong)


def test_parts_can_be_presigned(store, client):
    upload = client.create_multipart_upload(bucket=store.name, key="k")
    part = client.presign("UploadPart", bucket=store.name, key="k", upload_id=upload.upload_id, part_number=1)
    with urllib.request.urlopen(urllib.request.Request(part.url, b"bytes", method="PUT")) as answer:
        assert answer.headers["etag"] == f'"{hashlib.md5(b"bytes").hexdigest()}"'
    with pytest.raises(ValueError, match="no operation"):
        client.presign("GetAnything", bucket=store.name)


def test_access_control_lists_say_who_may_read(store, make_client):
    store.put("k", b"for all", acl="public-read")
    store.put("mine", b"for me")
    nobody = make_client(anonymous=True).bucket(store.name)

    assert store.object("k").is_public()
    assert nobody.get("k") == b"for all"
    with urllib.request.urlopen(store.object("k").url) as answer:
        assert answer.read() == b"for all"
    assert not store.object("mine").is_public()
    with pytest.raises(errors.AccessDenied):
        nobody.get("mine")
    store.object("k").set_acl("private")
    with pytest.raises(errors.AccessDenied):
        nobody.get("k")
    store.set_acl("public-read")
    assert [each.key for each in nobody.objects()] == ["k", "mine"]
    assert any(each.everybody_reads for each in store.grants())


def test_errors_tell_what_the_server_said(store, client, make_client):
    with pytest.raises(errors.NoSuchKey) as caught:
        store.get("missing")
    problem = caught.value
    assert (problem.code, problem.status, problem.operation) == ("NoSuchKey", 404, "GetObject")
    assert (problem.bucket, problem.key) == (store.name, "missing")
    assert problem.request_id
    assert problem.message
    assert problem.request_id in str(problem)
    assert isinstance(problem, errors.NotFound)
    with pytest.raises(errors.NoSuchBucket):
        client.bucket("no-such-bucket-here").get("k")
    with pytest.raises(errors.NoSuchKey):
        store.object("missing").head()
    store.put("k", b"")
    with pytest.raises(errors.BucketNotEmpty):
        store.delete()


def test_wrong_keys_are_told_apart_from_denials(server, make_client, bucket):
    with pytest.raises(errors.WrongKeys) as caught:
        make_client(access_key="AKNOBODY", secret_key="nothing").bucket(bucket).get("k")
    assert caught.value.code == "InvalidAccessKeyId"
    with pytest.raises(errors.WrongKeys) as caught:
        make_client(secret_key="wrong").bucket(bucket).put("k", b"x")
    assert caught.value.code == "SignatureDoesNotMatch"


def test_nothing_shows_a_secret(client, server):
    shown = repr(client) + str(client) + repr(client.session.configuration) + str(client.session.configuration)

    assert server.access_key in shown
    assert server.secret_key not in shown


def test_a_text_is_no_list_of_keys(store):
    with pytest.raises(TypeError):
        store.delete_objects("keys")


def test_parts_by_streams_carry_a_checksum_in_the_trailer(make_client, bucket):
    """put_object of a stream is sent once, in aws-chunked coding, signed or not."""
    for sign in (False, True):
        client = make_client(sign_payload=sign)
        output = client.put_object(bucket=bucket, key="k", body=io.BytesIO(BIG))

        assert output.checksum_crc64_nvme is not None
        assert client.bucket(bucket).get("k") == BIG
        assert client.head_object(bucket=bucket, key="k").content_encoding is None


def test_the_length_of_a_stream_must_be_known_to_put_object(client, bucket):
    with pytest.raises(ValueError, match="length"):
        client.put_object(bucket=bucket, key="k", body=iter([b"x"]))
    client.put_object(bucket=bucket, key="k", body=iter([b"abc"]), content_length=3)
    with pytest.raises(ValueError, match="1 bytes before"):
        client.put_object(bucket=bucket, key="k", body=iter([b"abc"]), content_length=4)


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, None])
def test_every_checksum_goes_up_and_is_compared_down(make_client, bucket, tmp_path, algorithm):
    store = make_client(checksum=algorithm).bucket(bucket)
    for size in (10, len(BIG)):
        stored = store.put("k", BIG[:size])
        assert store.get("k") == BIG[:size]
        store.object("k").download(tmp_path / "f")
        assert Path(tmp_path / "f").read_bytes() == BIG[:size]
        if algorithm is not None and size == 10:
            assert stored.checksum == store.object("k").head().checksum
            assert stored.checksum[0] == algorithm


def test_an_annotation_is_a_stream_of_another_name(client, store):
    store.put("k", b"object")
    target = {"bucket": store.name, "key": "k", "annotation_name": "note"}

    client.put_object_annotation(**target, annotation_payload=b"text")

    with client.get_object_annotation(**target).annotation_payload as stream:
        assert stream.read() == b"text"
    assert store.get("k") == b"object"
