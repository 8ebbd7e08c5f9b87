"""A folder published as a site, as a reader sees it: the first time, changed, and back again."""

import shutil
from pathlib import Path

import pytest

from live.browser import DESK, PHONE, fits
from live.shell import Shell

pytestmark = pytest.mark.server_kinds("embedded-1")

EXAMPLE = Path(__file__).parents[2] / "examples" / "site"


@pytest.fixture
def shell(server, monkeypatch):
    """Commands as processes of their own: the browser's event loop runs in this one."""
    keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    return Shell({"AWS_ENDPOINT_URL": server.endpoint, **keys}, "beside", monkeypatch)


@pytest.fixture
def publish(shell, bucket):
    """Publish a folder; where it is."""

    def run(folder, *options):
        return shell("site", "publish", folder, f"s3://{bucket}", "--public", *options).lines[-1]

    return run


@pytest.mark.parametrize(
    ("size", "dark"),
    [(DESK, False), (DESK, True), (PHONE, False), (PHONE, True)],
    ids=["desk", "desk-dark", "phone", "phone-dark"],
)
def test_the_example_is_a_site_that_one_likes_to_look_at(browser, publish, size, dark, request):
    address = publish(EXAMPLE, "--compress")
    kind = request.node.callspec.id.removeprefix("embedded-1-")
    with browser.page(size=size, dark=dark) as page:
        loaded = []
        page.on("response", lambda answer: loaded.append((answer.status, answer.headers.get("content-encoding"))))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert {status for status, _ in loaded} == {200}
        assert any(coding in {"br", "gzip"} for _, coding in loaded)
        assert page.evaluate("document.querySelector('header img').naturalWidth") > 0
        assert fits(page)
        browser.photograph(page, f"site-{kind}", full=True)

        page.get_by_role("link", name="About this page").click()
        page.wait_for_url(f"{address}about/")
        page.get_by_role("link", name="Back to the calendar").click()
        page.wait_for_url(address)
        assert browser.complaints == []

        answer = page.goto(f"{address}pears/conference.html")
        assert answer.status == 403  # whoever may not list a bucket is not told what is not there
        assert page.get_by_role("heading", name="Not in this orchard").is_visible()
        assert fits(page)
        browser.photograph(page, f"site-missing-{kind}")
    browser.complaints = [each for each in browser.complaints if "403 (Forbidden)" not in each]


def test_a_reader_who_comes_again_sees_what_is_published_now(browser, publish, shell, bucket, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(EXAMPLE, folder)
    address = publish(folder, "--name", "one")
    with browser.page() as page:
        page.goto(address)
        assert page.get_by_role("heading", name="The Orchard Calendar").is_visible()
        (folder / "index.html").write_text(
            (folder / "index.html").read_text(encoding="utf-8").replace("Orchard Calendar", "Cider Calendar"),
            encoding="utf-8",
        )
        publish(folder, "--name", "two")
        page.goto(address)
        assert page.get_by_role("heading", name="The Cider Calendar").is_visible()
        shell("site", "rollback", f"s3://{bucket}")
        page.goto(address)
        assert page.get_by_role("heading", name="The Orchard Calendar").is_visible()


@pytest.mark.skipif(
    "not __import__('os').environ.get('WRITE_PICTURES')", reason="writes the picture of docs/tutorial.md"
)
def test_the_picture_of_the_documentation(browser, publish):
    from PIL import Image

    with browser.page() as page:
        page.goto(publish(EXAMPLE))
        page.wait_for_load_state("networkidle")
        shot = browser.photograph(page, "docs")
    Image.open(shot).save(Path(__file__).parents[2] / "docs" / "site.webp", quality=80, method=6)
