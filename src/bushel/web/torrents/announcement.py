"""What clients say to the tracker: the query of an announcement or a scrape, read strictly. Pure.

Sources: BEP 3 (the query), BEP 7 (IPv6), BEP 23 (compact answers), BEP 48 (scrape). Addresses in a query (``ip``,
``ipv6``) are not read: a peer is where its request comes from.
"""

from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from bushel.web.torrents.swarm import Peer

USUAL_PEERS: Final = 50
MOST_PEERS: Final = 100
MOST_SCRAPED: Final = 64
"""Info-hashes of one scrape."""

_HASH_BYTES: Final = 20
_EVENTS: Final = frozenset({"", "started", "stopped", "completed", "paused", "empty"})


class Unreadable(Exception):
    """The query is not what it has to be; the text is for the client's user."""


class Announcement(NamedTuple):
    """One peer's word.

    Attributes:
        info_hash: 20 bytes.
        event: ``started``, ``stopped``, ``completed`` or empty.
        wanted: How many others are to be told, within bounds.
        compact: Peers are told as addresses and ports alone.
        with_ids: Where they are not compact, they are told with their ids.
    """

    info_hash: bytes
    peer: Peer
    event: str
    wanted: int
    compact: bool
    with_ids: bool


def read_announcement(query: str, address: str) -> Announcement:
    """Read an announcement.

    Args:
        query: Raw. Its strings are octets, not text.
        address: Where it comes from.

    Raises:
        Unreadable: Something is missing or cannot be.
    """
    fields: dict[str, bytes] = {}
    for name, value in _pairs(query):
        fields.setdefault(name, value)
    info_hash, peer_id = fields.get("info_hash", b""), fields.get("peer_id", b"")
    if len(info_hash) != _HASH_BYTES:
        raise Unreadable("info_hash must be 20 bytes")
    if len(peer_id) != _HASH_BYTES:
        raise Unreadable("peer_id must be 20 bytes")
    port = _number(fields, "port")
    if port is None or not 1 <= port <= 65535:
        raise Unreadable("port must be a number from 1 to 65535")
    left = _number(fields, "left")
    event = fields.get("event", b"").decode("latin-1")
    if event not in _EVENTS:
        raise Unreadable("event must be started, stopped or completed")
    wanted = _number(fields, "numwant")
    if wanted is None or wanted < 0:
        wanted = USUAL_PEERS
    # Who does not say how much is left has something to get: a magnet link's client knows no size at first.
    peer = Peer(_packed(address), port, peer_id, left == 0)
    return Announcement(
        info_hash,
        peer,
        event if event in {"started", "stopped", "completed"} else "",
        min(wanted, MOST_PEERS),
        fields.get("compact") != b"0",
        fields.get("no_peer_id", b"0") in {b"0", b""},
    )


def read_scrape(query: str) -> list[bytes]:
    """The info-hashes of a scrape, each once.

    Raises:
        Unreadable: There are none, too many, or one cannot be.
    """
    hashes = list(dict.fromkeys(value for name, value in _pairs(query) if name == "info_hash"))
    if not hashes:
        raise Unreadable("a scrape names the torrents that it asks for (info_hash)")
    if len(hashes) > MOST_SCRAPED:
        raise Unreadable(f"a scrape names at most {MOST_SCRAPED} torrents")
    if any(len(each) != _HASH_BYTES for each in hashes):
        raise Unreadable("info_hash must be 20 bytes")
    return hashes


def _pairs(query: str) -> list[tuple[str, bytes]]:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return [(name, unquote_to_bytes(value.replace("+", " ").encode("latin-1", "replace"))) for name, _, value in pairs]


def _number(fields: dict[str, bytes], name: str) -> int | None:
    """A number that is there; negative ones too, which some clients send for "as you like".

    Raises:
        Unreadable: It is none.
    """
    text = fields.get(name)
    if text is None:
        return None
    if len(text) > 20 or not text.removeprefix(b"-").isdigit():
        raise Unreadable(f"{name} must be a number")
    return int(text)


def _packed(address: str) -> bytes:
    try:
        parsed = ip_address(address)
    except ValueError:
        raise Unreadable("peers have an IP address") from None
    return parsed.packed if isinstance(parsed, IPv6Address) else bytes(10) + b"\xff\xff" + parsed.packed
