"""Objects shared by BitTorrent, with libtorrent on both ends: from the server alone, and from one peer to another."""

import random

import pytest

from bushel.protocol.bencode import decode, encode
from live.peers import Peer
from live.wire import Wire

pytestmark = pytest.mark.clients

DATA = random.Random(19).randbytes(9_000_001)


@pytest.fixture
def peer(tmp_path):
    started = []

    def start(source, **options):
        started.append(Peer(source, tmp_path / f"peer-{len(started)}", **options))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture
def wire(start_server):
    server = start_server(workers=4)
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    assert wire.signed("PUT", "/disks").status == 200
    return wire


@pytest.fixture
def torrent_of(wire, tmp_path):
    def get(path, *, web_seeds=True):
        raw = wire.send("GET", f"{path}?torrent").body
        if not web_seeds:
            raw = encode({name: value for name, value in decode(raw).items() if name != b"url-list"})
        file = tmp_path / f"{'with' if web_seeds else 'without'}.torrent"
        file.write_bytes(raw)
        return file

    return get


PATHS = ["/disks/images/debian%20%2B%20ums%C3%A4umt.iso", "/disks/folder/"]


@pytest.mark.parametrize("versioned", [False, True], ids=["plain", "versioned"])
@pytest.mark.parametrize("path", PATHS)
def test_it_completes_from_the_server_alone(wire, peer, torrent_of, path, versioned):
    if versioned:
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert wire.signed("PUT", "/disks?versioning", body=body).status == 200
    assert wire.signed("PUT", path, {"x-amz-acl": "public-read"}, DATA).status == 200

    alone = peer(torrent_of(path))

    alone.wait_until_it_has_all()
    (file,) = alone.folder.iterdir()
    assert file.read_bytes() == DATA


def test_where_versions_are_kept_it_completes_also_after_the_object_was_overwritten(wire, peer, torrent_of):
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert wire.signed("PUT", "/disks?versioning", body=body).status == 200
    assert wire.signed("PUT", "/disks/debian.iso", {"x-amz-acl": "public-read"}, DATA).status == 200
    torrent = torrent_of("/disks/debian.iso")
    assert wire.signed("PUT", "/disks/debian.iso", {"x-amz-acl": "public-read"}, DATA[::-1]).status == 200

    late = peer(torrent)

    late.wait_until_it_has_all()
    assert (late.folder / "debian.iso").read_bytes() == DATA


def test_where_versions_are_kept_a_cautious_client_takes_the_plain_url(wire, peer, torrent_of):
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert wire.signed("PUT", "/disks?versioning", body=body).status == 200
    assert wire.signed("PUT", "/disks/debian.iso", {"x-amz-acl": "public-read"}, DATA).status == 200

    cautious = peer(torrent_of("/disks/debian.iso"), cautious=True)

    cautious.wait_until_it_has_all()
    assert (cautious.folder / "debian.iso").read_bytes() == DATA


def test_one_peer_has_it_from_another(wire, peer, torrent_of):
    assert wire.signed("PUT", "/disks/debian.iso", {"x-amz-acl": "public-read"}, DATA).status == 200
    first = peer(torrent_of("/disks/debian.iso"))
    first.wait_until_it_has_all()
    first.wait_for("an announcement", lambda state: state["trackers"])

    second = peer(torrent_of("/disks/debian.iso", web_seeds=False))

    state = second.wait_until_it_has_all()
    assert not any(each["web_seeds"] for each in second.states)
    assert (second.folder / "debian.iso").read_bytes() == DATA
    assert state["info_hash"] == first.states[-1]["info_hash"]


def test_a_magnet_link_gets_everything_from_a_peer(wire, peer, torrent_of):
    """Who has a link alone asks a peer for the pieces' hashes (BEP 9), so the first one needs the file."""
    assert wire.signed("PUT", "/disks/debian.iso", {"x-amz-acl": "public-read"}, DATA).status == 200
    first = peer(torrent_of("/disks/debian.iso"))
    first.wait_until_it_has_all()
    state = first.wait_for("an announcement", lambda state: state["trackers"])

    second = peer(f"magnet:?xt=urn:btih:{state['info_hash']}&tr={state['trackers'][0]}")

    second.wait_until_it_has_all()
    assert (second.folder / "debian.iso").read_bytes() == DATA
