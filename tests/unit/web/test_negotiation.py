"""Media types and compressed forms."""

import pytest

from bushel.web.negotiation import accepted, is_compressible, media_type


@pytest.mark.parametrize(
    ("key", "stored", "told"),
    [
        ("index.html", "binary/octet-stream", "text/html"),
        ("a/b.CSS", "application/octet-stream", "text/css"),
        ("app.js", "binary/octet-stream", "text/javascript"),
        ("a.mjs", "binary/octet-stream", "text/javascript"),
        ("a.svg", "binary/octet-stream", "image/svg+xml"),
        ("a.webp", "binary/octet-stream", "image/webp"),
        ("a.avif", "binary/octet-stream", "image/avif"),
        ("a.woff2", "binary/octet-stream", "font/woff2"),
        ("a.wasm", "binary/octet-stream", "application/wasm"),
        ("site.webmanifest", "binary/octet-stream", "application/manifest+json"),
        ("index.html", "text/plain", "text/plain"),
        ("index.html", "text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("a.tar.gz", "binary/octet-stream", "binary/octet-stream"),
        ("README", "binary/octet-stream", "binary/octet-stream"),
        ("http://x/?a.html", "binary/octet-stream", "text/html"),
        ("data:text/html,x", "binary/octet-stream", "binary/octet-stream"),
    ],
)
def test_a_type_is_told_by_the_ending_only_where_nobody_said_one(key, stored, told):
    assert media_type(key, stored) == told


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("", []),
        ("gzip, deflate, br, zstd", ["br", "gzip"]),
        ("gzip", ["gzip"]),
        ("x-gzip", ["gzip"]),
        ("br;q=0.5, gzip;q=1.0", ["gzip", "br"]),
        ("br;q=0, gzip", ["gzip"]),
        ("*", ["br", "gzip"]),
        ("*;q=0", []),
        ("gzip;q=0, *", ["br"]),
        ("identity", []),
        ("GZIP ; Q=0.3", ["gzip"]),
        ("br;q=x, gzip;q=nan", []),
        (";;;,,,=", []),
    ],
)
def test_codings_in_the_order_in_which_they_are_liked(header, codings):
    assert accepted(header) == codings


def test_what_is_worth_compressing():
    assert all(map(is_compressible, ["text/html", "Text/CSS; charset=utf-8", "application/json", "image/svg+xml"]))
    assert not any(map(is_compressible, ["image/png", "application/zip", "", "video/mp4"]))
