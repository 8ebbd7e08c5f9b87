"""The browser that other tests look through."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from live.browser import PHONE, fits

PAGE = b"""<!doctype html><title>%s</title><style>:root{color-scheme:light dark}</style>
<p style="width:1000px">wide"""


class _Pages(BaseHTTPRequestHandler):
    """Says the Host that it was asked as; ``/broken`` throws and asks the outside for a picture."""

    def do_GET(self):
        body = PAGE % self.headers["Host"].encode()
        if self.path == "/broken":
            body = b"<!doctype html><img src=http://example.com/a.png><script>throw new Error('told')</script>"
        self.send_response(200 if self.path in ("/", "/broken") else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_names_below_test_and_localhost_lead_here(browser, port):
    with browser.page() as page:
        for host in ("www.example.test", "photos.localhost", "127.0.0.1"):
            page.goto(f"http://{host}:{port}/")
            assert page.title() == f"{host}:{port}"
    browser.complaints.clear()  # the icon that every browser asks for


def test_windows_have_the_size_and_the_scheme_asked_for(browser, port):
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    with browser.page(size=PHONE, dark=True) as page:
        page.goto(f"http://127.0.0.1:{port}/")
        assert page.evaluate("[innerWidth, innerHeight]") == [390, 844]
        assert page.evaluate(dark)
        assert not fits(page)
        assert browser.photograph(page, "phone").read_bytes().startswith(b"\x89PNG")
    with browser.page() as page:
        page.goto(f"http://127.0.0.1:{port}/")
        assert not page.evaluate(dark)
        assert fits(page)
    browser.complaints.clear()


def test_what_a_page_complains_of_is_heard(browser, port):
    with browser.page() as page:
        page.goto(f"http://127.0.0.1:{port}/broken")
        page.wait_for_load_state("networkidle")
    assert any(each.startswith("thrown: ") and "told" in each for each in browser.complaints)
    assert any("example.com" in each for each in browser.complaints)
    browser.complaints.clear()
