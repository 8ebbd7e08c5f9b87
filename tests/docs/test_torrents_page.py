"""The commands of docs/torrents.md work as they are written, and its numbers are those of the code."""

import re
import subprocess
from pathlib import Path

from bushel.protocol.torrent import ANNOUNCE, SCRAPE, SEED, read_torrent
from bushel.service.torrents import AT_ONCE_BYTES, WAIT_SECONDS
from bushel.web.torrents import announcement, swarm, tracker

PAGE = (Path(__file__).parents[2] / "docs" / "torrents.md").read_text(encoding="utf-8")
LINES = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def test_its_commands_work(start_server, tmp_path):
    server = start_server(workers=2)
    (tmp_path / "debian.iso").write_bytes(b"a disk" * 100_000)

    done = subprocess.run(
        ["/bin/sh", "-e"],
        input=LINES,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=server.user_environment(),
        timeout=90,
    )

    assert done.returncode == 0, done.stderr
    found = read_torrent((tmp_path / "debian.iso.torrent").read_bytes())
    assert found.announce == server.endpoint + ANNOUNCE
    assert found.seeds == (f"{server.endpoint}{SEED}{found.info_hash.hex()}/debian.iso",)
    assert done.stdout.splitlines()[-1] == found.magnet(f"{server.endpoint}/disks/debian.iso?torrent")


def test_its_numbers_are_those_of_the_code():
    text = " ".join(PAGE.split())
    assert (tracker.INTERVAL_SECONDS, AT_ONCE_BYTES) == (1800, 1024 * 1024)
    for said in (
        f"`{ANNOUNCE}`",
        f"`{SCRAPE}`",
        f"up to {WAIT_SECONDS} seconds",
        f"at most {announcement.MOST_PEERS} others",
        f"{swarm.SETS * swarm.TORRENTS_OF_A_SET:,} torrents of at most {swarm.PEERS_OF_A_TORRENT} peers",
        f"can be {swarm.MOST_OF_AN_ADDRESS}",
    ):
        assert said in text, said
