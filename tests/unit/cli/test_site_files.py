"""What files are as pages: types, how long they are kept, compressed forms."""

import asyncio
import gzip
import hashlib
import sys

import pytest

from bushel.cli.site_files import (
    ALWAYS_ASK,
    FOREVER,
    Changed,
    Manner,
    bytes_of,
    compressed,
    compressors,
    has_fingerprint,
    is_worth_compressing,
    piece_of,
)


@pytest.mark.parametrize(
    "name",
    ["app.3f9c2b7d.js", "index-BkH2d9aX.css", "main.0a1b2c3d4e5f60718293.js", "logo_3f9c2b7d.svg", "a.3f9c2b7d.js.map"],
)
def test_fingerprints_are_seen(name):
    assert has_fingerprint(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "app.js",
            "report-20260131.pdf",
            "deadbeef.js",
            "my.facade12",
            "a-Settings.js",
            "Version1.txt",
            "x-Version1.js",
        ),
        *("photo-12345678.jpg", "3f9c2b7d.js", "jquery-3.7.1.min.js", "a-abcdefab.js", "IMG_20260131.JPG", ""),
    ],
)
def test_dates_words_and_versions_are_no_fingerprints(name):
    assert not has_fingerprint(name)


def test_pages_are_asked_for_again_and_the_rest_is_kept():
    manner = Manner(60, ("fonts/*",))
    assert manner.cache_control("a.html", "text/html; charset=utf-8") == ALWAYS_ASK
    assert manner.cache_control("a.3f9c2b7d.html", "text/html") == ALWAYS_ASK
    assert manner.cache_control("js/app.3f9c2b7d.js", "text/javascript") == FOREVER
    assert manner.cache_control("3f9c2b7d1.d/app.js", "text/javascript") == "public, max-age=60"
    assert manner.cache_control("fonts/a.woff2", "font/woff2") == FOREVER
    assert Manner(0).cache_control("a.png", "image/png") == ALWAYS_ASK


@pytest.mark.parametrize(
    ("key", "data", "content_type"),
    [
        ("a.html", "ä".encode(), "text/html; charset=utf-8"),
        ("a.html", "ä".encode("latin-1"), "text/html"),
        ("a.html", "ä".encode()[:1], "text/html"),
        ("a.txt", b"", "text/plain; charset=utf-8"),
        ("a.js", b"1", "text/javascript; charset=utf-8"),
        ("a.css", b"1", "text/css; charset=utf-8"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
        ("a.json", b"1", "application/json"),
        ("a.tar.gz", b"1", "application/gzip"),
        ("a.woff2", b"1", "font/woff2"),
        ("LICENSE", b"1", "application/octet-stream"),
    ],
)
def test_types_come_from_the_ending_and_the_bytes(tmp_path, key, data, content_type):
    (tmp_path / "f").write_bytes(data)
    piece = asyncio.run(piece_of(tmp_path / "f", key, Manner()))
    assert (piece.content_type, piece.size, piece.sha256) == (content_type, len(data), hashlib.sha256(data).hexdigest())


def test_a_file_that_changes_is_never_taken_for_what_it_was(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"a" * 3_000_000)
    piece = asyncio.run(piece_of(path, "f", Manner()))

    async def read():
        return b"".join([block async for block in bytes_of(path, piece)])

    assert asyncio.run(read()) == b"a" * 3_000_000
    path.write_bytes(b"a" * 2_999_999 + b"b")
    with pytest.raises(Changed):
        asyncio.run(read())


def test_what_gets_smaller_is_compressed_and_the_same_way_every_time(tmp_path):
    import brotli

    path = tmp_path / "a.css"
    path.write_bytes(b"body { color: green }\n" * 100)
    page = asyncio.run(piece_of(path, "a.css", Manner()))
    assert is_worth_compressing(page)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
    found = compressors(("gzip", "br"))
    assert list(found) == ["gzip", "br"]
    for coding, compress in found.items():
        data, form = asyncio.run(compressed(path, page, coding, compress))
        assert unpack[coding](data) == path.read_bytes()
        assert (form.compressed_from, form.size, form.cache_control) == (page.sha256, len(data), page.cache_control)
        assert asyncio.run(compressed(path, page, coding, compress)) == (data, form)
    assert asyncio.run(compressed(path, page, "gzip", lambda data: data)) is None


@pytest.mark.parametrize(("key", "size"), [("a.png", 4096), ("a.css", 100), ("a.zip", 4096)])
def test_what_is_small_or_compressed_already_is_left_as_it_is(tmp_path, key, size):
    (tmp_path / "f").write_bytes(b"a" * size)
    assert not is_worth_compressing(asyncio.run(piece_of(tmp_path / "f", key, Manner())))


def test_without_brotli_there_is_gzip(monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert list(compressors(("gzip", "br"))) == ["gzip"]
