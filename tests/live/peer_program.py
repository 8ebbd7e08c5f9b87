"""A BitTorrent client of one torrent, run by the system's Python, which has Debian's libtorrent.

``peer_program.py FILE|MAGNET FOLDER [cautious]`` takes part until standard input ends. Every line that it prints is
JSON: its state, whenever that has changed.
"""

import json
import select
import sys

import libtorrent

SETTINGS = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
    "alert_mask": libtorrent.alert.category_t.all_categories,
}


def state_of(handle, said):
    status = handle.status()
    kinds = [peer.connection_type for peer in handle.get_peer_info()]
    return {
        "state": str(status.state),
        "finished": status.is_seeding,
        "had": status.total_wanted_done,
        "info_hash": str(handle.info_hash()),
        "trackers": [each["url"] for each in handle.trackers() if each["verified"]],
        "web_seeds": sum(kind == libtorrent.peer_info.web_seed for kind in kinds),
        "errors": said,
    }


def main() -> None:
    source, folder, *cautious = sys.argv[1:]
    # libtorrent asks no tracker on its own machine, and no web seed there whose URL has a query: here all are.
    session = libtorrent.session(SETTINGS | {"ssrf_mitigation": bool(cautious)})
    if source.startswith("magnet:"):
        parameters = libtorrent.parse_magnet_uri(source)
    else:
        parameters = libtorrent.add_torrent_params()
        parameters.ti = libtorrent.torrent_info(source)
    parameters.save_path = folder
    handle = session.add_torrent(parameters)
    told, errors = None, []
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        errors += [each.message() for each in session.pop_alerts() if "error" in each.what() or "failed" in each.what()]
        state = state_of(handle, errors)
        if state != told:
            print(json.dumps(state), flush=True)
            told = state


main()
