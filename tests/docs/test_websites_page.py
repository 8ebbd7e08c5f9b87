"""The lines of docs/websites.md make the sites that the page tells of."""

import re
import subprocess
from pathlib import Path

import pytest

from live.wire import Wire

PAGE = (Path(__file__).parents[2] / "docs" / "websites.md").read_text(encoding="utf-8")


@pytest.mark.clients
def test_its_lines_work_as_they_are_written(start_server, tmp_path):
    server = start_server()
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("index.html", "404.html"):
        (pages / name).write_text(name, encoding="utf-8")
    (tmp_path / "old.html").write_text("old", encoding="utf-8")
    for name, document in re.findall(r"^```json (\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        (tmp_path / f"{name}.json").write_text(document, encoding="utf-8")
    lines = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines += re.findall(r"`(aws s3 cp old\.html .*)`", PAGE)

    done = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=server.user_environment(),
        timeout=90,
    )

    assert done.returncode == 0, done.stderr
    wire = Wire(server.endpoint, server.access_key, server.secret_key)

    def visit(path):
        return wire.send("GET", path, host=f"cider.s3-website.localhost:{server.port}")

    assert visit("/").body == b"index.html"
    assert (visit("/missing").status, visit("/missing").body) == (404, b"404.html")
    assert visit("/old.html").headers["location"] == "/new.html"
    assert visit("/blog/a").headers["location"].endswith("/news/a")
    assert visit("/shop/a").headers["location"] == "https://shop.example.org/shop/a"
