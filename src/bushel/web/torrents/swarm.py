"""Who takes part in which torrent, in memory that all processes of a server share. Nothing of it is kept on a disk.

The memory is a table of fixed size, so that no flood of announcements makes it grow: sets of a few torrents, and in
each torrent a few peers. A torrent lies in the set that its info-hash points at. Where a set is full, the torrent that
was announced longest ago gives way; where a torrent is full, the peer that was. What one network address can hold of a
torrent is bounded too, so that one liar does not drive all others out.

A set is changed under its lock, which the system releases when its holder dies. A slot is empty before it is written
and says last that it is not, so a process that is killed half way leaves an empty one.

What must not be here: HTTP, which info-hashes there may be.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

SETS: Final = 256
TORRENTS_OF_A_SET: Final = 8
PEERS_OF_A_TORRENT: Final = 128
MOST_OF_AN_ADDRESS: Final = 16
"""Peers of one IPv4 address, or of one /64 of IPv6, in one torrent: a few people behind one router."""

_SLOT: Final = struct.Struct("=I16sH20sB5x")  # until, address, port, peer id, whether it has everything
_HEAD: Final = struct.Struct("=20sII4x")  # info-hash, when announced, downloads that were completed
_WHEN: Final = struct.Struct("=I")
_TORRENT_BYTES: Final = _HEAD.size + PEERS_OF_A_TORRENT * _SLOT.size
MEMORY_BYTES: Final = SETS * TORRENTS_OF_A_SET * _TORRENT_BYTES
"""12.6 MB; what was never used takes no memory."""

_EMPTY: Final = bytes(_TORRENT_BYTES)
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Peer(NamedTuple):
    """One who takes part.

    Attributes:
        address: 16 bytes; IPv4 as IPv6 writes it (``::ffff:192.0.2.1``).
        peer_id: 20 bytes, the client's own.
        has_all: It has every piece.
    """

    address: bytes
    port: int
    peer_id: bytes
    has_all: bool

    @property
    def is_ipv4(self) -> bool:
        return self.address.startswith(_MAPPED)


class Counts(NamedTuple):
    """How many have all of a torrent, how many do not yet, and how often it was completed."""

    complete: int
    incomplete: int
    completed: int


class Swarms:
    """The torrents that are shared now.

    Args:
        memory: MEMORY_BYTES of it, zero at first.
        expiry_seconds: How long one is a peer after its last announcement.
    """

    def __init__(self, memory: memoryview, expiry_seconds: int) -> None:
        self._memory = memory
        self._expiry_seconds = expiry_seconds

    @staticmethod
    def lock_of(info_hash: bytes) -> int:
        """The number of the lock that is to be held while anything is asked about a torrent."""
        return int.from_bytes(info_hash[:4], "big") % SETS

    def announce(self, info_hash: bytes, peer: Peer, now_seconds: int, *, completed: bool) -> Counts:
        """Note that a peer takes part.

        Args:
            info_hash: 20 bytes.
            peer: Known by its address and port.
            now_seconds: On a clock that all processes share and that starts at 1 or later.
            completed: It says that it has just got the last piece.
        """
        at = self._place(info_hash, now_seconds)
        slots = self._slots(at)
        place, old = _slot_for(slots, peer, now_seconds)
        slot = at + _HEAD.size + place * _SLOT.size
        _WHEN.pack_into(self._memory, slot, 0)
        _SLOT.pack_into(self._memory, slot, 0, peer.address, peer.port, peer.peer_id, peer.has_all)
        _WHEN.pack_into(self._memory, slot, now_seconds + self._expiry_seconds)
        if completed and old is not None and not old[4]:
            _, _, count = _HEAD.unpack_from(self._memory, at)
            _WHEN.pack_into(self._memory, at + 24, min(count + 1, 0xFFFF_FFFF))
        return self._counts(at, now_seconds)

    def leave(self, info_hash: bytes, peer: Peer, now_seconds: int) -> Counts:
        """Note that a peer takes part no more."""
        at = self._find(info_hash)
        if at is None:
            return Counts(0, 0, 0)
        for place, slot in enumerate(self._slots(at)):
            if slot[1] == peer.address and slot[2] == peer.port:
                _WHEN.pack_into(self._memory, at + _HEAD.size + place * _SLOT.size, 0)
        return self._counts(at, now_seconds)

    def counts(self, info_hash: bytes, now_seconds: int) -> Counts:
        at = self._find(info_hash)
        return Counts(0, 0, 0) if at is None else self._counts(at, now_seconds)

    def others(
        self, info_hash: bytes, peer: Peer, now_seconds: int, most: int, pick: Callable[[int], int]
    ) -> list[Peer]:
        """Some peers that are of use to one: no others that have everything to one that has.

        Args:
            info_hash: 20 bytes.
            peer: Who asks.
            now_seconds: As above.
            most: How many.
            pick: A number below the one given, at random.
        """
        at = self._find(info_hash)
        if at is None or most <= 0:
            return []
        found = [slot for slot in self._slots(at) if slot[0] > now_seconds and not (peer.has_all and slot[4])]
        if len(found) > most:
            first = pick(len(found))
            found = (found[first:] + found[:first])[: most + 1]
        address, port = peer.address, peer.port
        others = [slot for slot in found if slot[1] != address or slot[2] != port][:most]
        return [Peer(slot[1], slot[2], slot[3], bool(slot[4])) for slot in others]

    def _slots(self, at: int) -> list[tuple[int, bytes, int, bytes, int]]:
        return list(_SLOT.iter_unpack(self._memory[at + _HEAD.size : at + _TORRENT_BYTES]))

    def _counts(self, at: int, now_seconds: int) -> Counts:
        has_all = [slot[4] for slot in self._slots(at) if slot[0] > now_seconds]
        complete = sum(has_all)
        return Counts(complete, len(has_all) - complete, _HEAD.unpack_from(self._memory, at)[2])

    def _set(self, info_hash: bytes) -> range:
        first = self.lock_of(info_hash) * TORRENTS_OF_A_SET * _TORRENT_BYTES
        return range(first, first + TORRENTS_OF_A_SET * _TORRENT_BYTES, _TORRENT_BYTES)

    def _find(self, info_hash: bytes) -> int | None:
        return next((at for at in self._set(info_hash) if self._memory[at : at + 20] == info_hash), None)

    def _place(self, info_hash: bytes, now_seconds: int) -> int:
        """Where a torrent is, or is from now on."""
        at = self._find(info_hash)
        if at is None:
            at = min(self._set(info_hash), key=lambda each: _HEAD.unpack_from(self._memory, each)[1])
            self._memory[at : at + _TORRENT_BYTES] = _EMPTY
            _WHEN.pack_into(self._memory, at + 20, now_seconds)
            self._memory[at : at + 20] = info_hash
        _WHEN.pack_into(self._memory, at + 20, now_seconds)
        return at


def _slot_for(
    slots: list[tuple[int, bytes, int, bytes, int]], peer: Peer, now_seconds: int
) -> tuple[int, tuple[int, bytes, int, bytes, int] | None]:
    """Which slot a peer gets, and what is known of it."""
    network, port = _network(peer.address), peer.port
    theirs = []
    for place, slot in enumerate(slots):
        if slot[1].startswith(network) and slot[0] > now_seconds:
            if slot[2] == port and slot[1] == peer.address:
                return place, slot
            theirs.append(place)
    among = theirs if len(theirs) >= MOST_OF_AN_ADDRESS else range(len(slots))
    return min(among, key=lambda place: slots[place][0]), None


def _network(address: bytes) -> bytes:
    """What the addresses of one owner begin with. Nobody has a whole network that begins as IPv4 addresses do."""
    return address[:8] if any(address[:8]) else address
