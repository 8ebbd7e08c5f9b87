"""Torrents as BitTorrent describes them: piece lengths, names, the info dictionary, the file, the magnet link. Pure.

Sources: BEP 3 (the file), BEP 9 (magnet links), BEP 19 (``url-list``: servers that have the bytes).
What must not be here: peers (``bushel.web.torrents``), where piece hashes are kept.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bushel.protocol.bencode import Malformed, decode, encode

MEDIA_TYPE: Final = "application/x-bittorrent"

ANNOUNCE: Final = "/_/tracker/announce"
SCRAPE: Final = "/_/tracker/scrape"
"""Paths of the tracker, on the service's own hosts."""

MAX_BYTES: Final = 5 * 1024**3
"""Objects of so many bytes and more have no torrent (S3 User Guide, "Using BitTorrent": less than 5 GB)."""

HASH_BYTES: Final = 20
SMALLEST_PIECE_BYTES: Final = 256 * 1024
MOST_PIECES: Final = 2048
"""40 KiB of hashes. Clients fetch whole pieces, so they should be no larger than this asks for."""

_MOST_NAME_BYTES: Final = 200


def piece_bytes_of(size: int) -> int:
    """How long the pieces of an object are: a power of two."""
    length = SMALLEST_PIECE_BYTES
    while length * MOST_PIECES < size:
        length *= 2
    return length


def name_of(key: str) -> str:
    """What clients name the file of a key: its last segment, as a name that is one on every system.

    A key is anybody's choice: ``../`` must lead nowhere, and control characters must not reach terminals.
    """
    segments = [each for each in key.replace("\\", "/").split("/") if each.strip(". ")]
    name = (
        "".join("_" if ord(each) < 32 or 127 <= ord(each) < 160 or each in '<>:"|?*' else each for each in segments[-1])
        if segments
        else ""
    )
    while len(name.encode()) > _MOST_NAME_BYTES:
        name = name[:-1]
    return name.strip() or "object"


def info_of(name: str, size: int, piece_bytes: int, hashes: bytes, source: bytes) -> bytes:
    """The info dictionary, whose SHA-1 names the torrent.

    Args:
        name: Of the file.
        size: Of the object.
        piece_bytes: Of each piece but the last.
        hashes: SHA-1 of each piece, one after the other.
        source: What sets this torrent apart from all others of equal bytes.
    """
    assert len(hashes) == HASH_BYTES * -(-size // piece_bytes)
    return encode(
        {
            b"length": size,
            b"name": name.encode(),
            b"piece length": piece_bytes,
            b"pieces": hashes,
            b"source": source,
        }
    )


def info_hash_of(info: bytes) -> bytes:
    return hashlib.sha1(info, usedforsecurity=False).digest()


def torrent_file(info: bytes, announce: str, seeds: Sequence[str], made_seconds: int) -> bytes:
    """The file.

    Args:
        info: The encoded info dictionary.
        announce: URL of the tracker.
        seeds: URLs that have the file's bytes.
        made_seconds: When the hashes were made, since 1970.
    """
    return encode(
        {
            b"announce": announce.encode(),
            b"created by": b"Bushel",
            b"creation date": made_seconds,
            b"info": decode(info),
            b"url-list": [seed.encode() for seed in seeds],
        }
    )


class Metainfo(NamedTuple):
    """What a torrent file says.

    Attributes:
        info_hash: 20 bytes.
        announce: URL of the tracker; empty where there is none.
        seeds: URLs that have the bytes.
    """

    info_hash: bytes
    name: str
    size: int
    piece_bytes: int
    announce: str
    seeds: tuple[str, ...]

    def magnet(self, source: str = "") -> str:
        """The magnet link.

        Args:
            source: URL of the torrent file itself, for clients that fetch it there.
        """
        pairs = [("dn", self.name), ("xl", str(self.size))]
        pairs += [("tr", self.announce)] if self.announce else []
        pairs += [("ws", seed) for seed in self.seeds]
        pairs += [("xs", source)] if source else []
        return f"magnet:?xt=urn:btih:{self.info_hash.hex()}" + "".join(
            f"&{name}={quote(text, '')}" for name, text in pairs
        )


def read_torrent(raw: bytes) -> Metainfo:
    """Read a torrent file of one object.

    Raises:
        Malformed: It is none.
    """
    found = decode(raw)
    info = found.get(b"info") if isinstance(found, dict) else None
    if not isinstance(info, dict):
        raise Malformed("no info dictionary")
    name, size, piece_bytes = info.get(b"name"), info.get(b"length"), info.get(b"piece length")
    if not (isinstance(name, bytes) and isinstance(size, int) and isinstance(piece_bytes, int)):
        raise Malformed("not the torrent of one file")
    seeds = found.get(b"url-list", [])
    return Metainfo(
        info_hash_of(encode(info)),
        name.decode(errors="replace"),
        size,
        piece_bytes,
        _text(found.get(b"announce")),
        tuple(_text(each) for each in (seeds if isinstance(seeds, list) else [seeds])),
    )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""
