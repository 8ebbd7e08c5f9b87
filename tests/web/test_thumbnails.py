"""Small pictures over HTTP: made of what is there, the right way up, kept, refused for what is hostile."""

import io
import urllib.parse

import pytest
from PIL import Image

from live import pictures
from live.sse import customer, write_keys
from live.wire import Wire

pytestmark = pytest.mark.server_kinds("embedded-1", "memory-1")


@pytest.fixture
def thumbnail(wire, bucket):
    """``thumbnail("key")``: what a signed link answers."""

    def get(key, **headers):
        target = f"/_/gallery/{bucket}/?thumbnail={urllib.parse.quote(key, safe='')}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return wire.send("GET", wire.presigned("GET", target), named)

    return get


def opened(answer):
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "image/webp"
    return Image.open(io.BytesIO(answer.body))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
@pytest.mark.parametrize("size", [(1200, 800), (40, 30), (30, 2000)])
def test_a_picture_of_any_form_is_made_to_fit(thumbnail, put, form, size):
    put("a", pictures.encoded(pictures.landscape(1, size), form), ContentType=f"image/{form.lower()}")

    small = opened(thumbnail("a"))

    assert max(small.size) == min(512, max(size))
    assert small.size[0] / small.size[1] == pytest.approx(size[0] / size[1], rel=0.1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_picture_of_any_colours_is_made_smaller(thumbnail, put, mode):
    put("a.png", pictures.encoded(pictures.landscape(1, (900, 600)).convert("L").convert(mode), "PNG"))

    assert opened(thumbnail("a.png")).size == (512, 341)


def test_what_is_transparent_stays_so(thumbnail, put):
    put("a.png", pictures.encoded(Image.new("RGBA", (600, 600), (0, 0, 0, 0)), "PNG"))

    assert opened(thumbnail("a.png")).convert("RGBA").getpixel((10, 10))[3] == 0


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(1, (120, 80), (20, 15)), (3, (120, 80), (100, 65)), (6, (80, 120), (60, 20)), (8, (80, 120), (20, 100))],
)
def test_a_picture_is_turned_as_its_camera_was_and_says_nothing_of_the_camera(thumbnail, put, orientation, size, red):
    put("a.jpg", pictures.turned(orientation))

    answer = thumbnail("a.jpg")
    small = opened(answer).convert("RGB")

    assert small.size == size
    assert small.getpixel(red)[1] < 80
    assert small.getpixel((size[0] // 2 + size[0] // 2 - red[0], size[1] - red[1]))[1] > 200
    assert b"camera" not in answer.body
    assert not dict(opened(answer).getexif())


def test_an_overwritten_picture_has_a_new_thumbnail(thumbnail, put):
    put("a.jpg", pictures.encoded(Image.new("RGB", (300, 200), "red")))
    before = thumbnail("a.jpg")
    assert thumbnail("a.jpg", if_none_match=before.headers["etag"]).status == 304
    put("a.jpg", pictures.encoded(Image.new("RGB", (300, 200), "blue")))

    after = thumbnail("a.jpg", if_none_match=before.headers["etag"])

    assert after.headers["etag"] != before.headers["etag"]
    assert opened(before).convert("RGB").getpixel((9, 9))[0] > 200
    assert opened(after).convert("RGB").getpixel((9, 9))[2] > 200


def test_a_bucket_that_is_made_anew_has_new_thumbnails(thumbnail, put, s3, bucket):
    put("a.jpg", pictures.photo(1, (300, 200)))
    before = thumbnail("a.jpg").headers["etag"]
    s3.delete_object(Bucket=bucket, Key="a.jpg")
    assert thumbnail("a.jpg").status == 404
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    put("a.jpg", pictures.photo(1, (300, 200)))

    assert thumbnail("a.jpg").headers["etag"] != before


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("a bomb", pictures.bomb()),
        ("cut short", pictures.photo(1)[:4000]),
        ("no picture", b"<html><script>alert(1)</script>"),
        ("a drawing", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        ("another form", pictures.encoded(Image.new("RGB", (9, 9)), "TIFF")),
        ("empty", b""),
    ],
)
def test_what_is_no_sound_picture_is_refused_and_the_next_one_is_made(thumbnail, put, what, data):
    put("bad.png", data, ContentType="image/png")
    put("good.jpg", pictures.photo(1, (300, 200)))

    for _ in range(2):
        answer = thumbnail("bad.png")
        assert (answer.status, answer.headers["content-type"]) == (415, "text/plain; charset=utf-8"), what
    assert thumbnail("good.jpg").status == 200


@pytest.mark.parametrize(("key", "content_type"), [("a.svg", "image/svg+xml"), ("a.html", "text/html"), ("a.mp4", "")])
def test_other_types_have_no_thumbnail_whatever_is_in_them(thumbnail, put, key, content_type):
    put(key, pictures.photo(1, (300, 200)), ContentType=content_type)

    assert thumbnail(key).status == 415


def test_a_large_picture_in_parts_has_a_thumbnail_too(thumbnail, s3, bucket):
    data = pictures.encoded(Image.effect_noise((2600, 2600), 90), "BMP")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a.bmp", ContentType="image/bmp")["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(data), 5 << 20), 1):
        piece = data[start : start + (5 << 20)]
        told = s3.upload_part(Bucket=bucket, Key="a.bmp", UploadId=upload, PartNumber=number, Body=piece)
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="a.bmp", UploadId=upload, MultipartUpload={"Parts": parts})

    assert len(parts) == 2
    assert opened(thumbnail("a.bmp")).size == (512, 512)


def test_an_object_that_a_customers_key_opens_is_not_in_the_gallery(thumbnail, put, wire, bucket):
    put("secret.jpg", pictures.photo(1), **customer())
    put("open.jpg", pictures.photo(1))

    page = wire.send("GET", wire.presigned("GET", f"/_/gallery/{bucket}/")).body

    assert b"open.jpg" in page
    assert b"secret.jpg" not in page
    assert thumbnail("secret.jpg").status == 415


def kept_below(server):
    return [path for path in (server.data / "thumbnails").rglob("*") if path.is_file()]


@pytest.mark.server_kinds("embedded-1")
def test_thumbnails_are_kept_on_disk_and_made_again_where_they_are_lost(start_server, thumbnail_of):
    server = start_server()
    get = thumbnail_of(server, pictures.photo(1))
    first = get()
    (kept,) = kept_below(server)
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.read_bytes().endswith(first.body)
    kept.write_bytes(kept.read_bytes()[:-1] + b"\0")
    assert get().body == first.body, "a file that was damaged is not believed"
    for path in kept_below(server):
        path.unlink()
    assert get().body == first.body
    assert len(kept_below(server)) == 1


@pytest.mark.server_kinds("embedded-1")
def test_thumbnails_of_what_is_encrypted_are_not_written_to_disk(start_server, thumbnail_of, tmp_path):
    server = start_server(flags=("--sse-master-key-file", str(write_keys(tmp_path / "keys.json"))))
    get = thumbnail_of(server, pictures.photo(1), ServerSideEncryption="AES256")

    assert get().body == get().body
    assert kept_below(server) == []


@pytest.mark.server_kinds("embedded-1")
def test_nothing_is_kept_on_disk_where_a_setting_says_so(start_server, thumbnail_of):
    server = start_server(flags=("--thumbnail-cache-bytes", "0"))
    get = thumbnail_of(server, pictures.photo(1))

    assert get().status == 200
    assert kept_below(server) == []


@pytest.fixture
def thumbnail_of(clients):
    """Store a picture on a server; what its thumbnail is asked with."""

    def store(server, data, **members):
        s3 = clients(server)
        s3.create_bucket(Bucket="pictures")
        s3.put_object(Bucket="pictures", Key="a.jpg", Body=data, **members)
        wire = Wire(server.endpoint, server.access_key, server.secret_key)
        return lambda: wire.send("GET", wire.presigned("GET", "/_/gallery/pictures/?thumbnail=a.jpg"))

    return store
