"""Swarms in memory of a fixed size, held against a dictionary that has no bounds where the bounds are not met."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.web.torrents.swarm import (
    MEMORY_BYTES,
    MOST_OF_AN_ADDRESS,
    PEERS_OF_A_TORRENT,
    SETS,
    TORRENTS_OF_A_SET,
    Counts,
    Peer,
    Swarms,
)

EXPIRY = 100
ONE, TWO = b"\x01" * 20, b"\x02" * 20


def new_swarms():
    return Swarms(memoryview(bytearray(MEMORY_BYTES)), EXPIRY)


def peer(number, port=6881, *, has_all=False):
    return Peer(bytes(10) + b"\xff\xff" + number.to_bytes(4, "big"), port, b"p" * 20, has_all)


def everybody(swarms, info_hash, now):
    return set(swarms.others(info_hash, peer(0xFFFF_FFFF), now, 10_000, lambda count: 0))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["announce", "complete", "leave"]),
            st.sampled_from([ONE, TWO]),
            st.integers(1, 6),
            st.integers(1, 3),
            st.integers(0, 60),
        ),
        max_size=40,
    )
)
def test_a_swarm_is_who_announced_and_neither_left_nor_went_silent(steps):
    swarms, expected, completed, now = new_swarms(), {ONE: {}, TWO: {}}, {ONE: 0, TWO: 0}, 1
    for what, info_hash, number, port, pause in steps:
        now += pause
        known = {at: (who, until) for at, (who, until) in expected[info_hash].items() if until > now}
        expected[info_hash] = known
        me = peer(number, port, has_all=what == "complete")
        if what == "leave":
            counts = swarms.leave(info_hash, me, now)
            known.pop((number, port), None)
        else:
            counts = swarms.announce(info_hash, me, now, completed=what == "complete")
            before = known.get((number, port))
            completed[info_hash] += what == "complete" and before is not None and not before[0].has_all
            known[number, port] = (me, now + EXPIRY)
        have = sum(who.has_all for who, _ in known.values())
        assert counts[:2] == (have, len(known) - have)
        assert swarms.counts(info_hash, now) == (*counts[:2], completed[info_hash])
        assert everybody(swarms, info_hash, now) == {who for who, _ in known.values()}


def test_who_has_everything_is_told_who_has_not():
    swarms = new_swarms()
    for number in range(4):
        swarms.announce(ONE, peer(number, has_all=number < 2), 1, completed=False)
    assert set(swarms.others(ONE, peer(0, has_all=True), 1, 50, lambda _: 0)) == {peer(2), peer(3)}
    assert set(swarms.others(ONE, peer(2), 1, 50, lambda _: 0)) == {
        peer(0, has_all=True),
        peer(1, has_all=True),
        peer(3),
    }


def test_everybody_is_told_to_somebody_when_few_are_asked_for():
    swarms = new_swarms()
    for number in range(20):
        swarms.announce(ONE, peer(number), 1, completed=False)
    chance = random.Random(3)
    told = [swarms.others(ONE, peer(0), 1, 3, chance.randrange) for _ in range(100)]
    assert {len(each) for each in told} == {3}
    assert {each for some in told for each in some} == {peer(number) for number in range(1, 20)}
    assert swarms.others(ONE, peer(0), 1, 0, chance.randrange) == []


def test_a_full_torrent_lets_go_of_who_announced_longest_ago():
    swarms = new_swarms()
    for number in range(PEERS_OF_A_TORRENT + 5):
        counts = swarms.announce(ONE, peer(number), 1 + number % 50, completed=False)
    assert counts == Counts(0, PEERS_OF_A_TORRENT, 0)
    swarms.announce(ONE, peer(9999), 60, completed=False)
    assert peer(9999) in everybody(swarms, ONE, 60)
    assert len(everybody(swarms, ONE, 60)) == PEERS_OF_A_TORRENT


@pytest.mark.parametrize("liar", [peer(77).address, bytes.fromhex("20010db8000000010000000000000001")], ids=["4", "6"])
def test_one_address_cannot_drive_all_others_out(liar):
    swarms = new_swarms()
    honest = {peer(number) for number in range(10)}
    for each in honest:
        swarms.announce(ONE, each, 1, completed=False)
    for port in range(1, 1000):
        # Of IPv6 a network counts as one address: its owner has all of them.
        address = liar if liar.startswith(bytes(10)) else liar[:8] + port.to_bytes(8, "big")
        swarms.announce(ONE, Peer(address, port, b"x" * 20, False), 2, completed=False)
    assert honest <= everybody(swarms, ONE, 2)
    assert len(everybody(swarms, ONE, 2) - honest) == MOST_OF_AN_ADDRESS


def test_the_address_of_this_machine_is_no_network_that_others_belong_to():
    swarms = new_swarms()
    for number in range(40):
        swarms.announce(ONE, peer(number), 1, completed=False)
    for port in range(1, 40):
        swarms.announce(ONE, Peer(bytes(15) + b"\1", port, b"x" * 20, False), 2, completed=False)
    assert {peer(number) for number in range(40)} <= everybody(swarms, ONE, 2)


def test_a_flood_of_torrents_takes_the_place_of_the_one_announced_longest_ago():
    swarms = new_swarms()
    of_one_set = [ONE[:4] + number.to_bytes(16, "big") for number in range(TORRENTS_OF_A_SET + 1)]
    assert len({swarms.lock_of(each) for each in of_one_set}) == 1
    for now, info_hash in enumerate(of_one_set, 1):
        swarms.announce(info_hash, peer(1), now, completed=False)
    assert [len(everybody(swarms, each, 10)) for each in of_one_set] == [0] + [1] * TORRENTS_OF_A_SET


def test_asking_keeps_nothing():
    memory = bytearray(MEMORY_BYTES)
    swarms = Swarms(memoryview(memory), EXPIRY)
    swarms.counts(ONE, 1)
    swarms.leave(ONE, peer(1), 1)
    swarms.others(ONE, peer(1), 1, 50, lambda _: 0)
    assert memory == bytes(MEMORY_BYTES)


@given(st.binary(min_size=20, max_size=20))
def test_every_torrent_has_a_lock_and_a_place(info_hash):
    swarms = new_swarms()
    assert 0 <= swarms.lock_of(info_hash) < SETS
    swarms.announce(info_hash, peer(1), 1, completed=False)
    assert everybody(swarms, info_hash, 1) == {peer(1)}
