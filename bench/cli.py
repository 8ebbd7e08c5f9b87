"""How long the tools take: ``bushel put`` and ``get`` beside ``aws s3 cp`` and rclone, in turns, in one run.

``make bench-cli``. The same server (a fresh folder, two workers), the same files, the same number of requests at once;
what each brings back is compared with what was sent. Wall time of whole commands; the ratios are what to compare.
aws comes from PyPI, rclone from Debian.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.__main__ import CREDENTIALS, Void, start_bushel

AT_ONCE = 32
FASTER_THAN_AWS = 3.0
BUSHEL = Path(sys.executable).with_name("bushel")
AWS = Path(sys.executable).with_name("aws")


def make_files(folder: Path, count: int, size: int) -> Path:
    """Files of random bytes, a hundred in a folder."""
    for number in range(count):
        file = folder / f"{number // 100:03d}" / f"{number:05d}"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            for _ in range(max(1, size >> 20)):
                out.write(os.urandom(min(size, 1 << 20)))
    return folder


def configure(folder: Path, endpoint: str) -> dict[str, str]:
    """Settings of all three: endpoint, keys, and so many requests at once."""
    (folder / "aws").write_text(f"[default]\nregion = us-east-1\ns3 =\n  max_concurrent_requests = {AT_ONCE}\n")
    (folder / "rclone").write_text(
        f"[s3]\ntype = s3\nprovider = Other\nendpoint = {endpoint}\nregion = us-east-1\nenv_auth = true\n"
        "upload_concurrency = 4\nchunk_size = 8M\n"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RCLONE_", "BUSHEL_"))}
    return own | {
        "AWS_CONFIG_FILE": str(folder / "aws"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "RCLONE_CONFIG": str(folder / "rclone"),
        "XDG_STATE_HOME": str(folder / "state"),
    }


def commands(tool: str, source: Path, place: str, target: Path) -> tuple[list[str], list[str]]:
    """Up and down."""
    rclone = ["rclone", "copy", f"--transfers={AT_ONCE}", f"--checkers={AT_ONCE}", "--no-traverse", "-q"]
    return {
        "bushel": (
            [str(BUSHEL), "put", "-q", str(source), f"s3://{place}/"],
            [str(BUSHEL), "get", "-q", f"s3://{place}/", str(target)],
        ),
        "aws": (
            [str(AWS), "s3", "cp", "--recursive", "--only-show-errors", str(source), f"s3://{place}/"],
            [str(AWS), "s3", "cp", "--recursive", "--only-show-errors", f"s3://{place}/", str(target)],
        ),
        "rclone": ([*rclone, str(source), f"s3:{place}"], [*rclone, f"s3:{place}", str(target)]),
    }[tool]


def timed(command: list[str], environment: dict[str, str]) -> float:
    os.sync()  # nobody waits for what another wrote before
    began = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Void(f"{command[0]} failed: {done.stderr[-500:]}")
    return time.monotonic() - began


def measure(folder: Path, rounds: int, count: int, size: int, environment: dict[str, str], name: str) -> bool:
    """One set of files; whether the limits are kept."""
    source = make_files(folder / name, count, size)
    took: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds):
        for tool in ("bushel", "rclone", "aws"):
            target = folder / "back"
            up, down = commands(tool, source, f"bench/{name}-{tool}-{turn}", target)
            took.setdefault((tool, "up"), []).append(timed(up, environment))
            took.setdefault((tool, "down"), []).append(timed(down, environment))
            if subprocess.run(["diff", "-rq", str(source), str(target)], capture_output=True, check=False).returncode:
                raise Void(f"{tool} did not bring back what it sent")
            shutil.rmtree(target)
    middle = {each: statistics.median(seconds) for each, seconds in took.items()}
    kept = True
    print(f"\n{name}\n{'':12}{'seconds':>10}{'of bushel':>12}{'limit':>8}")
    for way in ("up", "down"):
        for tool, limit in (("bushel", 0.0), ("rclone", 1.0), ("aws", FASTER_THAN_AWS)):
            ratio = middle[tool, way] / middle["bushel", way]
            kept = kept and ratio >= limit
            told = f"{limit:g}" if limit else ""
            print(f"{tool:7}{way:5}{middle[tool, way]:10.2f}{ratio:12.2f}{told:>8}", flush=True)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=10_000, help="files of 10 KiB")
    parser.add_argument("--large", type=int, default=4, help="files of 256 MiB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bushel-bench-cli-") as name:
        folder = Path(name)
        server = start_bushel(folder / "data")
        try:
            environment = configure(folder, server.endpoint)
            timed([str(BUSHEL), "mb", "bench"], environment)
            kept = [
                measure(folder, options.rounds, count, size, environment, name)
                for count, size, name in (
                    (options.small, 10 << 10, f"{options.small}-x-10-KiB"),
                    (options.large, 256 << 20, f"{options.large}-x-256-MiB"),
                )
                if count
            ]
        except Void as problem:
            print(f"void: {problem}", file=sys.stderr)
            return 1
        finally:
            server.stop()
    if not all(kept):
        print("\na limit was not kept", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
