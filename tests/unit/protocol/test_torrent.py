"""Torrent files and magnet links (BEP 3, 9, 19)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.bencode import Malformed, decode, encode
from bushel.protocol.torrent import (
    MAX_BYTES,
    MOST_PIECES,
    SMALLEST_PIECE_BYTES,
    info_hash_of,
    info_of,
    name_of,
    piece_bytes_of,
    read_torrent,
    torrent_file,
)


@given(st.integers(1, MAX_BYTES))
def test_pieces_are_as_short_as_their_number_allows(size):
    length = piece_bytes_of(size)
    assert length.bit_count() == 1
    assert -(-size // length) <= MOST_PIECES
    assert length == SMALLEST_PIECE_BYTES or -(-size // (length // 2)) > MOST_PIECES


@given(st.text(min_size=1))
def test_a_name_is_one_file_in_one_folder(key):
    name = name_of(key)
    assert name
    assert name.strip(". ")
    assert not set(name) & set('/\\<>:"|?*')
    assert name.isprintable() or all(ord(each) >= 32 for each in name)
    assert len(name.encode("utf-8", "surrogatepass")) <= 200


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("images/debian.iso", "debian.iso"),
        ("folder/", "folder"),
        ("a/..", "a"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("..", "object"),
        ("///", "object"),
        ("new\nline", "new_line"),
        ("umläut.txt", "umläut.txt"),
        ("ä" * 300, "ä" * 100),
    ],
)
def test_names_of_keys(key, name):
    assert name_of(key) == name


def test_a_file_says_what_it_was_made_of():
    hashes = hashlib.sha1(b"a" * SMALLEST_PIECE_BYTES).digest() + hashlib.sha1(b"a").digest()
    info = info_of("a b.iso", SMALLEST_PIECE_BYTES + 1, SMALLEST_PIECE_BYTES, hashes, b"here")
    raw = torrent_file(info, "http://s3.example/_/tracker/announce", ["http://s3.example/b/a%20b.iso"], 1000)

    found = read_torrent(raw)

    assert decode(raw)[b"creation date"] == 1000
    assert found.info_hash == info_hash_of(info) == hashlib.sha1(info).digest()
    assert found[1:] == (
        "a b.iso",
        SMALLEST_PIECE_BYTES + 1,
        SMALLEST_PIECE_BYTES,
        "http://s3.example/_/tracker/announce",
        ("http://s3.example/b/a%20b.iso",),
    )
    assert found.magnet("http://s3.example/b/a%20b.iso?torrent") == (
        f"magnet:?xt=urn:btih:{found.info_hash.hex()}&dn=a%20b.iso&xl=262145"
        "&tr=http%3A%2F%2Fs3.example%2F_%2Ftracker%2Fannounce"
        "&ws=http%3A%2F%2Fs3.example%2Fb%2Fa%2520b.iso"
        "&xs=http%3A%2F%2Fs3.example%2Fb%2Fa%2520b.iso%3Ftorrent"
    )


def test_torrents_of_others_are_read_too():
    info = {b"length": 1, b"name": b"x", b"piece length": 16384, b"pieces": bytes(20), b"private": 1}
    found = read_torrent(encode({b"info": info, b"url-list": b"http://one.example/x"}))
    assert found.info_hash == hashlib.sha1(encode(info)).digest()
    assert (found.announce, found.seeds) == ("", ("http://one.example/x",))
    assert "&tr=" not in found.magnet()


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", encode([]), encode({b"info": 1}), encode({b"info": {b"files": [], b"name": b"x"}})],
)
def test_what_is_no_torrent_of_one_file_is_refused(raw):
    with pytest.raises(Malformed):
        read_torrent(raw)
