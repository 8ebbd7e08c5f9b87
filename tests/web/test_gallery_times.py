"""Galleries over time, with a clock that a test moves; and of very many objects."""

import asyncio
import html
import json
import re
import time
import urllib.error
import urllib.request

import pytest

import bushel.testing
from bushel.catalog.objects import Draft
from bushel.catalog.records import Metadata
from bushel.client.presigning import gallery_link
from bushel.protocol import sigv4
from bushel.protocol.message import BytesBody, Request
from bushel.testing.application import open_application, settings_of
from bushel.testing.clock import ManualClock
from live import pictures

FILE = re.compile(r'href="([^"]*file=[^"]*)"')
SMALL = re.compile(r'<img src="([^"]*thumbnail=[^"]*)"')
MORE = re.compile(r'<a rel="next" href="([^"]*)"')


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_a_link_and_all_that_it_opened_ends_when_its_time_is_over(tmp_path):
    clock = ManualClock()
    with bushel.testing.server(tmp_path / "data", clock=clock) as server:
        client = bushel.Client(
            server.endpoint,
            access_key=server.access_key,
            secret_key=server.secret_key,
            region=server.region,
            environ={},
        )
        with client:
            client.session.now_ns = clock.now_ns
            client.bucket("pictures").create()
            client.bucket("pictures").object("2026/a.jpg").put(pictures.photo(1, (300, 200)))
            link = gallery_link(client.session, "pictures", "2026/", expires_seconds=3600)
        clock.advance(600)
        code, _, page = status(link)
        assert code == 200
        file, small = (server.endpoint + html.unescape(found.search(page)[1]) for found in (FILE, SMALL))
        for url in (file, small):
            code, headers, _ = status(url)
            assert (code, headers["Cache-Control"]) == (200, "private, max-age=3000"), "kept no longer than the link"
        clock.advance(3000)
        assert [status(url)[0] for url in (link, file, small)] == [200, 200, 200]
        clock.advance(1)
        code, _, page = status(link)
        assert code == 403
        assert "This link has expired" in page
        assert [status(url)[0] for url in (file, small)] == [403, 403]


@pytest.mark.parametrize("seconds", [0, 604_801])
def test_a_link_is_good_for_a_second_to_seven_days(seconds):
    with bushel.testing.server() as server, server.client() as client, pytest.raises(ValueError, match="604800"):
        gallery_link(client.session, "pictures", "", expires_seconds=seconds)


def test_without_pillow_pictures_are_shown_themselves_and_a_line_says_why(monkeypatch):
    monkeypatch.setattr("bushel.web.gallery.gallery.is_available", lambda: False)
    with bushel.testing.server() as server, server.client() as client:
        client.bucket("pictures").create()
        client.bucket("pictures").object("a.jpg").put(pictures.photo(1, (300, 200)))
        client.bucket("pictures").object("large.jpg").put(bytes(1_100_000))
        code, _, page = status(gallery_link(client.session, "pictures", "", expires_seconds=60))
        grant = re.search(r"grant=[\w-]+", page)[0]
        code_of_thumbnail, _, text = status(f"{server.endpoint}/_/gallery/pictures/?thumbnail=a.jpg&{grant}")

    assert code == 200
    assert re.findall(r'<img src="[^"]*\?(\w+=[\w.]+)', page) == ["file=a.jpg"]
    assert "pip install &#x27;bushel[web]&#x27;" in page
    assert (code_of_thumbnail, text.count("\n")) == (501, 1)
    assert "pip install 'bushel[web]'" in text


COUNT = 100_000
SMALL_COUNT = 1_000


async def _ask(application, target):
    path, _, query = target.partition("?")
    started = time.process_time()
    response = await application.pipeline(Request("GET", path, query, {"host": "127.0.0.1"}, host="127.0.0.1"))
    assert response.status == 200, response.body
    return response.body.decode(), time.process_time() - started


@pytest.mark.timeout(300)
def test_a_page_of_a_hundred_thousand_pictures_is_as_large_and_as_quick_as_one_of_a_thousand():
    """Three kinds of buckets: all pictures; pictures behind as many notes; a folder for each picture."""

    async def fill(application, name, keys):
        bucket = await application.catalog.buckets.get(name)
        for key in keys:
            metadata = Metadata("text/plain" if key.endswith(".txt") else "image/jpeg")
            await application.catalog.objects.put(bucket, key, Draft(1, "e" * 32, bucket.owner, metadata, data=b"1"))

    async def run():
        async with open_application(None, settings_of({})) as application:
            pages = {}
            for name, keys in (
                ("small", (f"{number:07}.jpg" for number in range(SMALL_COUNT))),
                ("pictures", (f"{number:07}.jpg" for number in range(COUNT))),
                ("folders", (f"{number:07}/a.jpg" for number in range(COUNT // 10))),
                ("behind", (f"{number:07}.txt" if number < 5000 else f"{number:07}.jpg" for number in range(5100))),
            ):
                await _make_public(application, name)
                await fill(application, name, keys)
                pages[name] = [await _ask(application, f"/_/gallery/{name}/") for _ in range(5)]
            quickest = {name: min(seconds for _, seconds in asked) for name, asked in pages.items()}
            for name, asked in pages.items():
                assert len(asked[0][0]) < 100_000, name
                assert quickest[name] < 8 * quickest["small"] + 0.02, quickest
            middle, seconds = await _ask(application, "/_/gallery/pictures/?after=0050000.jpg")
            assert 'data-name="0050001.jpg"' in middle
            assert seconds < 8 * quickest["small"] + 0.02
            shown, target, walked = [], "/_/gallery/behind/", 0
            while target:
                page, _ = await _ask(application, target)
                shown += re.findall(r'data-name="([^"]*)"', page)
                target = html.unescape(found[1]) if (found := MORE.search(page)) else ""
                walked += 1
            assert len(shown) == 100
            assert walked <= 4, "bounded pages, though nothing of them is shown"

    asyncio.run(run())


async def _make_public(application, name):
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    for query, body in (("", b""), ("policy", policy)):
        headers = {"host": "127.0.0.1", "content-length": str(len(body))}
        request = Request("PUT", f"/{name}", query, headers, BytesBody(body), host="127.0.0.1")
        sigv4.sign(
            request,
            access_key=application.settings.root_access_key,
            secret=application.settings.root_secret_key,
            region="us-east-1",
            now_ns=application.clock.now_ns(),
            content_sha256="UNSIGNED-PAYLOAD",
        )
        response = await application.pipeline(request)
        assert response.status in (200, 204), response.body
