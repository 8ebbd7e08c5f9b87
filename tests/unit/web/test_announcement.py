"""What clients say to a tracker (BEP 3, 7, 23, 48)."""

import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.web.torrents.announcement import (
    MOST_PEERS,
    MOST_SCRAPED,
    USUAL_PEERS,
    Unreadable,
    read_announcement,
    read_scrape,
)

HASH = bytes(range(236, 256))
PEER_ID = b"-LT2080-" + bytes(range(12))
NEEDED = {"info_hash": HASH, "peer_id": PEER_ID, "port": "6881"}


def query(**fields):
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in (NEEDED | fields).items() if value is not None)


def read(address="192.0.2.7", **fields):
    return read_announcement(query(**fields), address)


def test_what_is_said_is_read():
    said = read(left="0", event="completed", numwant="7", compact="0", no_peer_id="1", uploaded="1", downloaded="2")
    assert said.info_hash == HASH
    assert said.peer == (bytes(10) + b"\xff\xff\xc0\x00\x02\x07", 6881, PEER_ID, True)
    assert said[2:] == ("completed", 7, False, False)


def test_what_is_not_said_is_as_clients_expect():
    assert read()[2:] == ("", USUAL_PEERS, True, True)
    assert not read().peer.has_all
    assert not read(left="1").peer.has_all
    assert not read(left="-1").peer.has_all


@given(st.binary(min_size=20, max_size=20), st.sampled_from(["", "!$'()*,;:@/ "]))
def test_an_info_hash_is_octets_however_they_are_written(info_hash, safe):
    text = quote(info_hash, safe=safe)
    assert read_announcement(f"info_hash={text}&peer_id={quote(PEER_ID)}&port=1", "::1").info_hash == info_hash
    plus = text.replace("%20", "+")
    assert read_announcement(f"info_hash={plus}&peer_id={quote(PEER_ID)}&port=1", "::1").info_hash == info_hash


@pytest.mark.parametrize(
    ("asked", "told"), [("0", 0), ("1", 1), ("-1", USUAL_PEERS), ("99999999999999999", MOST_PEERS)]
)
def test_how_many_are_told_is_bounded(asked, told):
    assert read(numwant=asked).wanted == told


@pytest.mark.parametrize(
    ("address", "packed"),
    [
        ("2001:db8::1", bytes.fromhex("20010db8000000000000000000000001")),
        ("::ffff:192.0.2.7", bytes(10) + b"\xff\xff\xc0\x00\x02\x07"),
        ("fe80::1%eth0", bytes.fromhex("fe800000000000000000000000000001")),
    ],
)
def test_a_peer_is_where_it_comes_from_and_not_where_it_says(address, packed):
    assert read(address, ip="198.51.100.9", ipv6="2001:db8::bad").peer.address == packed


@pytest.mark.parametrize(
    "fields",
    [
        {"info_hash": None},
        {"info_hash": HASH[:19]},
        {"info_hash": HASH + b"x"},
        {"info_hash": HASH.hex()},
        {"peer_id": None},
        {"peer_id": b"short"},
        {"port": None},
        {"port": "0"},
        {"port": "65536"},
        {"port": "-1"},
        {"port": "http"},
        {"port": "9" * 5000},
        {"port": "²"},
        {"left": "some"},
        {"numwant": "1e9"},
        {"event": "exploded"},
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused(fields):
    with pytest.raises(Unreadable):
        read(**fields)


@pytest.mark.parametrize("address", ["", "unix:", "somewhere"])
def test_a_peer_has_an_address(address):
    with pytest.raises(Unreadable, match="address"):
        read(address)


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_any_query_is_read_or_refused(text):
    for reader in (lambda: read_announcement(text, "192.0.2.1"), lambda: read_scrape(text)):
        with contextlib.suppress(Unreadable):
            reader()


def test_a_scrape_names_torrents_once_each():
    others = [HASH, PEER_ID, HASH]
    assert read_scrape("&".join(f"info_hash={quote(each)}" for each in others)) == [HASH, PEER_ID]


@pytest.mark.parametrize(
    "text",
    ["", "info_hash=short", "&".join(f"info_hash={number:020}" for number in range(MOST_SCRAPED + 1))],
    ids=["none", "short", "too many"],
)
def test_a_scrape_that_asks_for_nothing_or_too_much_is_refused(text):
    with pytest.raises(Unreadable):
        read_scrape(text)
