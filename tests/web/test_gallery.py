"""The gallery over HTTP: what is shown to whom, by which links, and what is sent with it."""

import html
import re
import urllib.parse
from typing import NamedTuple

import boto3
import pytest

from live import pictures
from live.wire import Wire

TILE = re.compile(r'<a class="item ([^"]*)" href="([^"]*)"[^>]*data-name="([^"]*)"')
SMALL = re.compile(r'<img src="([^"]*thumbnail=[^"]*)"')
FOLDER = re.compile(r'<a class="folder" href="([^"]*)"')
MORE = re.compile(r'<a rel="next" href="([^"]*)"')


class Shown(NamedTuple):
    """A page as it was answered."""

    status: int
    headers: dict
    text: str

    @property
    def names(self):
        return [html.unescape(name) for _, _, name in TILE.findall(self.text)]

    @property
    def files(self):
        return [html.unescape(href) for _, href, _ in TILE.findall(self.text)]

    @property
    def thumbnails(self):
        return [html.unescape(src) for src in SMALL.findall(self.text)]

    @property
    def folders(self):
        return [html.unescape(href) for href in FOLDER.findall(self.text)]

    @property
    def following(self):
        return next((html.unescape(href) for href in MORE.findall(self.text)), None)


@pytest.fixture
def look(wire):
    """``look("/bucket/")``: a page of a gallery, as anybody sees it."""

    def get(target, method="GET", **headers):
        answer = wire.send(method, target if target.startswith("/_/") else f"/_/gallery{target}", headers)
        return Shown(answer.status, answer.headers, answer.body.decode())

    return get


@pytest.fixture
def public(s3, bucket):
    """A bucket that everybody may list and read."""
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": '
        f'["s3:ListBucket", "s3:GetObject"], "Resource": ["{arn}", "{arn}/*"]}}]}}',
    )
    return bucket


def signed(wire, target, **options):
    return wire.presigned("GET", f"/_/gallery{target}", **options)


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_a_page_shows_the_pictures_that_are_in_the_bucket_now(look, public, put, s3):
    assert "nothing to see here yet" in look(f"/{public}/").text
    put("one.jpg", pictures.photo(1), ContentType="image/jpeg")
    put("two.png", b"\x89PNG", ContentType="image/png")
    assert look(f"/{public}").names == ["one.jpg", "two.png"]
    s3.delete_object(Bucket=public, Key="one.jpg")
    assert look(f"/{public}/").names == ["two.png"]


def test_what_is_shown_is_decided_by_the_type_that_was_stored_and_by_the_name_where_there_is_none(look, public, put):
    put("a.dat", b"1", ContentType="image/jpeg")
    put("b.webp", b"1")
    put("c.jpg", b"1", ContentType="text/html")
    put("d.mp4", b"1", ContentType="application/octet-stream")
    put("e.txt", b"1")
    put("f.mp3", b"1", ContentType="audio/mpeg")
    put("g.png", b"", ContentType="image/png")
    put("h.SVG", b"<svg/>", ContentType="image/svg+xml; charset=utf-8")

    page = look(f"/{public}/")

    assert [(kind, name) for kind, _, name in TILE.findall(page.text)] == [
        ("picture", "a.dat"),
        ("picture", "b.webp"),
        ("film", "d.mp4"),
        ("sound", "f.mp3"),
        ("picture", "h.SVG"),
    ]
    assert "3 pictures &middot; 1 film &middot; 1 sound" in page.text


def test_folders_lead_into_each_other(look, public, put):
    put("a.jpg", b"1")
    put("x/b.jpg", b"1")
    put("x/y/c.jpg", b"1")

    page = look(f"/{public}/")
    below = look(page.folders[0])

    assert page.names == ["a.jpg"]
    assert page.folders == [f"/_/gallery/{public}/x/"]
    assert below.names == ["b.jpg"]
    assert look(below.folders[0]).names == ["c.jpg"]
    assert f'<a href="/_/gallery/{public}/">{public}</a>' in below.text
    assert look(f"/{public}/x").names == ["b.jpg"]


@pytest.mark.parametrize(
    "folder",
    ["../", "./", "a//", "%2e%2e/", "ü b+c/", "?q#f/", "'\"<i>/", "d" * 250 + "/" + "e" * 250 + "/" + "ä" * 240 + "/"],
)
def test_folders_of_any_name_can_be_looked_into_and_their_pictures_read(look, wire, public, put, folder):
    put(f"{folder}p.svg", b"<svg/>", ContentType="image/svg+xml")

    links = look(f"/{public}/").folders
    while "p.svg" not in (page := look(links[0])).names:
        links = page.folders

    # As a browser makes a URL of it: dot segments are gone by then.
    resolved = urllib.parse.urljoin(wire.endpoint, page.files[0]).removeprefix(wire.endpoint)
    assert wire.send("GET", resolved).body == b"<svg/>"


def test_names_and_metadata_that_are_html_stay_text(look, public, put):
    hostile = "<script>alert(1)<!--\"'&<img src=x onerror=alert(1)>"
    put(f"{hostile}.jpg", b"1", ContentType="image/jpeg", Metadata={"title": "<b>bold</b>"})
    put(f"{hostile}/in.jpg", b"1", ContentType="image/jpeg")
    folder = f"/{public}/{urllib.parse.quote(hostile + '/', safe='')}"

    for page in (look(f"/{public}/"), look(folder), look("/%3Cscript%3Ealert(1)%3C%2Fscript%3E/")):
        assert page.text.count("<script>") == (1 if page.status == 200 else 0)
        assert "<img src=x" not in page.text
        assert "<b>bold" not in page.text
    assert look(f"/{public}/").names == [f"{hostile}.jpg"]


def test_a_page_allows_its_own_script_and_style_and_nothing_of_anybody_else(look, public):
    page = look(f"/{public}/")
    policy = page.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+';", policy)
    assert "unsafe" not in policy
    assert "base-uri 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r'(src|href)="(https?:)?//', page.text)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_gallery_is_read_and_nothing_else(wire, public, method):
    answer = wire.send(method, f"/_/gallery/{public}/")

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_heads_are_answered_as_the_pages_are(wire, look, public, put):
    put("a.wav", b"12345")
    page = look(f"/{public}/")
    head = wire.send("HEAD", f"/_/gallery/{public}/")
    of_file = wire.send("HEAD", page.files[0])

    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == page.headers["content-length"]
    assert (of_file.status, of_file.headers["content-length"], of_file.headers["content-type"]) == (
        200,
        "5",
        "audio/wav",
    )


def test_a_gallery_of_no_bucket_is_not_found(look):
    for path in ("/", "", "//", "/no-such-bucket-here/"):
        page = look(path)
        assert page.status == 404, path
        assert "There is no such gallery" in page.text


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.server_kinds("memory-1", "embedded-1")
def test_pages_follow_each_other_until_everything_was_shown_once(look, public, put):
    wanted = [f"{number:04}.jpg" for number in range(310)]
    for name in wanted:
        put(name, b"1", ContentType="image/jpeg")
    put("0100-folder/x.jpg", b"1")

    names, folders, link, pages = [], [], f"/{public}/", 0
    while link:
        page = look(link)
        pages += 1
        assert len(page.names) + len(page.folders) <= 180
        names += page.names
        folders += page.folders
        link = page.following

    assert names == wanted
    assert folders == [f"/_/gallery/{public}/0100-folder/"]
    assert pages >= 2


# --- files ------------------------------------------------------------------------------------------------------------


def test_films_and_sounds_are_sent_in_ranges(wire, look, public, put):
    film = bytes(range(256)) * 2000
    put("a.mp4", film, ContentType="video/mp4")
    link = look(f"/{public}/").files[0]

    whole = wire.send("GET", link)
    part = wire.send("GET", link, {"Range": "bytes=1000-1999"})
    end = wire.send("GET", link, {"Range": "bytes=-100"})
    never = wire.send("GET", link, {"Range": "bytes=9999999-"})

    assert (whole.status, whole.body, whole.headers["accept-ranges"]) == (200, film, "bytes")
    assert (part.status, part.body) == (206, film[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(film)}"
    assert (end.status, end.body) == (206, film[-100:])
    assert never.status == 416


def test_a_file_is_not_sent_again_to_who_has_it(wire, look, public, put):
    etag = put("a.jpg", b"1")["ETag"]
    link = look(f"/{public}/").files[0]

    answer = wire.send("GET", link, {"If-None-Match": etag})

    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_stored_is_sent_as_a_medium_in_a_sandbox_whatever_it_says_of_itself(wire, public, put, method):
    put(
        "x.jpg",
        b"<script>alert(1)</script>",
        ContentType="image/jpeg; charset=text/html",
        ContentDisposition="inline; filename=x.html",
        CacheControl="public, max-age=99999",
        Metadata={"evil": "yes"},
    )
    answer = wire.send(method, f"/_/gallery/{public}/?file=x.jpg")

    assert answer.status == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none';")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "content-disposition" not in answer.headers
    assert "x-amz-meta-evil" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+html", "application/xhtml+xml", "text/xml", "image/"])
def test_what_is_no_medium_is_not_sent(wire, public, put, content_type):
    put("page.jpg", b"<script>alert(1)</script>" * 1000, ContentType=content_type)

    answer = wire.send("GET", f"/_/gallery/{public}/?file=page.jpg")

    assert answer.status == 415
    assert b"<script>" not in answer.body
    assert answer.headers["content-type"].startswith("text/plain")


def test_only_the_hosts_of_the_service_have_galleries(wire, public, put):
    put("_/gallery/x.txt", b"an object")
    host = f"{public}.s3.localhost:{wire.netloc.rpartition(':')[2]}"

    answer = wire.send("GET", "/_/gallery/x.txt", host=host)

    assert (answer.status, answer.body) == (200, b"an object")


# --- rights -----------------------------------------------------------------------------------------------------------


def test_a_private_bucket_has_a_page_that_says_so(look, bucket, put):
    put("a.jpg", pictures.photo(1))

    page = look(f"/{bucket}/")

    assert page.status == 403
    assert "This gallery is private" in page.text
    assert f"bushel gallery --expires 12h s3://{bucket}" in page.text
    assert "a.jpg" not in page.text
    for query in ("file=a.jpg", "thumbnail=a.jpg", "cover="):
        answer = look(f"/{bucket}/?{query}")
        assert (answer.status, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8"), query


def test_a_bucket_that_is_public_by_its_acls_shows_the_objects_that_are(look, s3, bucket, put):
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    put("open.jpg", pictures.photo(1), ACL="public-read")
    put("secret.jpg", pictures.photo(2))

    page = look(f"/{bucket}/")

    assert page.names == ["open.jpg"]
    assert look(page.thumbnails[0], "HEAD").status == 200
    assert look(f"/{bucket}/?thumbnail=secret.jpg").status == 403
    assert look(f"/{bucket}/?file=secret.jpg").status == 403


def test_a_bucket_that_may_be_read_but_not_listed_has_no_page(look, s3, bucket, put):
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
        f'"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}}]}}',
    )
    put("a.wav", b"1")

    assert look(f"/{bucket}/").status == 403
    assert look(f"/{bucket}/?cover=").status == 403
    assert look(f"/{bucket}/?file=a.wav").status == 200


def test_a_statement_that_denies_takes_a_picture_out_of_the_page(look, s3, public, put):
    policy = s3.get_bucket_policy(Bucket=public)["Policy"]
    deny = (
        f', {{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{public}/hid*"}}]'
    )
    s3.put_bucket_policy(Bucket=public, Policy=policy[: policy.rindex("]", 0, policy.rindex("}"))] + deny + "}")
    put("hidden.jpg", pictures.photo(1))
    put("seen.jpg", pictures.photo(2))

    assert look(f"/{public}/").names == ["seen.jpg"]
    assert look(f"/{public}/?thumbnail=hidden.jpg").status == 403


def test_a_thumbnail_that_is_kept_is_not_shown_once_the_picture_is_private(look, s3, public, put):
    put("a.jpg", pictures.photo(1))
    link = look(f"/{public}/").thumbnails[0]
    assert look(link, "HEAD").status == 200
    s3.delete_bucket_policy(Bucket=public)

    assert look(link).status == 403


def test_who_has_no_name_does_not_pay(look, s3, public, put):
    put("a.jpg", b"1")
    s3.put_bucket_request_payment(Bucket=public, RequestPaymentConfiguration={"Payer": "Requester"})

    assert look(f"/{public}/").status == 403


# --- signed links -----------------------------------------------------------------------------------------------------


def test_a_signed_link_opens_a_private_gallery_with_all_that_is_in_it(look, wire, bucket, put):
    photo = pictures.photo(1)
    put("a.jpg", photo)
    put("x/b.jpg", pictures.photo(2))

    page = look(signed(wire, f"/{bucket}/"))

    assert page.status == 200
    assert page.names == ["a.jpg"]
    assert "noindex" in page.headers["x-robots-tag"]
    assert wire.send("GET", page.files[0]).body == photo
    small = wire.send("GET", page.thumbnails[0])
    assert pictures.size_of(small.body) == ("WEBP", (512, 341))
    below = look(page.folders[0])
    assert below.names == ["b.jpg"]
    assert wire.send("GET", below.thumbnails[0]).status == 200
    assert look(f"/{bucket}/").status == 403


def test_a_link_to_a_folder_opens_nothing_above_or_beside_it(look, wire, bucket, put):
    put("top.jpg", b"1")
    put("in/a.jpg", b"1")
    put("in/deep/b.jpg", b"1")
    put("inside.jpg", b"1")

    page = look(signed(wire, f"/{bucket}/in/"))
    grant = urllib.parse.parse_qs(urllib.parse.urlsplit(page.files[0]).query)["grant"][0]

    assert page.names == ["a.jpg"]
    assert f'"/_/gallery/{bucket}/?grant' not in page.text, "no way up"
    assert look(page.folders[0]).names == ["b.jpg"]
    for target in (
        f"/{bucket}/?grant={grant}",
        f"/{bucket}/?file=top.jpg&grant={grant}",
        f"/{bucket}/in/?file=inside.jpg&grant={grant}",
        f"/{bucket}/in/?thumbnail=top.jpg&grant={grant}",
        f"/{bucket}/in/?cover=&grant={grant}",
        f"/other-bucket/in/?grant={grant}",
    ):
        assert look(target).status == 403, target
    assert look(signed(wire, f"/{bucket}/in/?file=top.jpg")).status == 403


def test_a_signature_covers_the_gallery_that_it_was_made_for(look, wire, bucket, put):
    put("in/a.jpg", b"1")
    link = signed(wire, f"/{bucket}/in/")

    for changed in (
        link.replace("/in/?", "/?"),
        link.replace("Expires=300", "Expires=3000"),
        link + "&file=in%2Fa.jpg",
        link.replace("/_/gallery/", "/"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
    ):
        assert changed != link
        assert look(changed).status == 403 if changed.startswith("/_/") else wire.send("GET", changed).status == 403


@pytest.mark.parametrize("change", ["until", "root", "mac", "cut", "nonsense", "empty-mac", "other-key", "long"])
def test_a_grant_that_was_changed_opens_nothing(look, wire, server, bucket, put, change):
    import base64

    import msgspec

    put("in/a.jpg", b"1")
    page = look(signed(wire, f"/{bucket}/in/"))
    grant = urllib.parse.parse_qs(urllib.parse.urlsplit(page.files[0]).query)["grant"][0]
    raw = base64.urlsafe_b64decode(grant + "==")
    mac, said = raw[:32], msgspec.msgpack.decode(raw[32:])
    match change:
        case "until":
            said[3] += 3600
        case "root":
            said[5] = ""
        case "mac":
            mac = bytes((mac[0] ^ 1,)) + mac[1:]
        case "empty-mac":
            mac = b""
        case "other-key":
            said[0] = "AKIAXXXXXXXXXXXXXXXX"
    changed = base64.urlsafe_b64encode(mac + msgspec.msgpack.encode(said)).rstrip(b"=").decode()
    changed = {"cut": grant[:-3], "nonsense": "%00%ff".replace("%ff", "%C3%BF"), "long": "A" * 9000}.get(
        change, changed
    )

    assert look(f"/{bucket}/in/?grant={grant}").status == 200
    assert look(f"/{bucket}/in/?grant={changed}").status == 403


def test_a_link_has_the_rights_of_whoever_signed_it(look, person, s3, bucket, put):
    put("a.jpg", b"1")
    guest = person("guest")

    assert look(signed(guest.wire, f"/{bucket}/")).status == 403
    s3.put_bucket_acl(Bucket=bucket, GrantRead=f"id={guest.id}")
    page = look(signed(guest.wire, f"/{bucket}/"))
    assert (page.status, page.names) == (200, [])
    s3.put_object_acl(Bucket=bucket, Key="a.jpg", GrantRead=f"id={guest.id}")
    page = look(signed(guest.wire, f"/{bucket}/"))
    assert page.names == ["a.jpg"]
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert look(page.files[0]).status == 200
    assert look(f"/{bucket}/?{page.files[0].rpartition('&')[2]}").status == 403


def test_a_link_ends_with_the_key_that_signed_it(look, start_server):
    server = start_server()
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    s3 = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="GUESTUSERKEY00000000",
        aws_secret_access_key="guest/secret+of+a/test",
    )
    server.add_user("guest", "GUESTUSERKEY00000000", "guest/secret+of+a/test")
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="a.jpg", Body=b"1")
    guest = Wire(server.endpoint, "GUESTUSERKEY00000000", "guest/secret+of+a/test")
    page = wire.send("GET", signed(guest, "/pictures/"))
    file = html.unescape(TILE.findall(page.body.decode())[0][1])
    assert wire.send("GET", file).body == b"1"

    server.bushel("user", "disable", "guest", "--data", str(server.data))

    assert wire.send("GET", file).status == 403


@pytest.mark.parametrize("by", ["header", "v2 header", "v2 query", "both"])
def test_other_ways_to_sign_open_no_gallery(wire, look, bucket, put, by):
    put("a.jpg", b"1")
    target = f"/_/gallery/{bucket}/"
    match by:
        case "header":
            answer = wire.signed("GET", target)
        case "v2 header":
            answer = wire.signed("GET", target, version=2)
        case "v2 query":
            answer = wire.send("GET", wire.presigned("GET", target, version=2))
        case "both":
            answer = wire.send("GET", wire.presigned("GET", f"{target}?grant=x"))

    assert answer.status == 400
    assert b"Signature Version 4" in answer.body
