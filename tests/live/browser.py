"""Debian's Chromium, driven by Playwright: pages opened, measured and photographed as a reader sees them.

Every name that ends in ``.localhost`` or ``.test`` leads to this machine, so that a site can be opened on the name that
it is published on, and no other name leads anywhere: a page that asks the outside for something fails its test.

A page is watched from its birth: what it throws, what it writes to the console as an error and what it fails to load is
kept in ``Browser.complaints``, and a test that leaves with complaints that it did not expect fails.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, sync_playwright


class Size(NamedTuple):
    """What a window shows, in CSS pixels."""

    width: int
    height: int


DESK = Size(1280, 800)
PHONE = Size(390, 844)

_SWITCHES = (
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-sandbox",  # tests run as root in containers, where Chromium does not start with its sandbox
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--font-render-hinting=none",
)


class Browser:
    """One Chromium. ``page()`` opens windows, ``photograph()`` keeps what they show.

    Attributes:
        complaints: What pages threw, logged as errors or failed to load, in order. Tests that provoke some empty it.
        folder: Where photographs go.
    """

    def __init__(self, chromium: Any, folder: Path) -> None:
        self._chromium = chromium
        self.folder = folder
        self.complaints: list[str] = []

    @contextmanager
    def page(self, *, size: Size = DESK, dark: bool = False, touch: bool = False, **options: Any) -> Iterator[Page]:
        """A window that shares no cache and no cookie with another. ``options`` are Playwright's ``new_context``."""
        context = self._chromium.new_context(
            viewport={"width": size.width, "height": size.height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            **options,
        )
        context.set_default_timeout(30_000)
        try:
            page = context.new_page()
            page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))
            page.on("console", self._heard)
            page.on("requestfailed", self._failed)
            yield page
        finally:
            context.close()

    def photograph(self, page: Page, name: str, *, full: bool = False) -> Path:
        """Keep what a window shows (``full``: the whole page) as ``NAME.png``; the file."""
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=full, animations="disabled")
        return path

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page itself let go of it
            self.complaints.append(f"failed: {request.url}: {request.failure}")


def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side, so that a phone has nothing to scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@contextmanager
def chromium_running(folder: Path) -> Iterator[Browser]:
    """Start Chromium and end it. ``SCREENSHOTS`` names a folder for photographs that are to stay.

    While this runs, the thread has a running event loop (Playwright's): nothing can call ``asyncio.run``, so a test
    runs ``bushel`` as a process of its own.
    """
    where = shutil.which("chromium")
    if where is None:
        pytest.fail("chromium is not installed: `make test-packages`")
    kept = os.environ.get("SCREENSHOTS")
    if kept:
        folder = Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=where, args=list(_SWITCHES))
        try:
            yield Browser(chromium, folder)
        finally:
            chromium.close()
