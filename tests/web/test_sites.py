"""Web sites of buckets, as a reader sees them."""

import json

import pytest

from live.browser import DESK, PHONE, fits

pytestmark = pytest.mark.server_kinds("embedded-1")

HOME = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cider press</title><link rel="stylesheet" href="style.css"><link rel="icon" href="data:,">
<main><h1>Cider press</h1><p id="said">Pressed on Saturdays.</p><a href="apples">Apples</a></main>
<script src="app.js"></script>
"""
STYLE = b"main { max-width: 40rem; margin: 10vh auto; padding: 1rem; font: 1.2rem/1.5 system-ui; color: rgb(1, 2, 3) }"
SCRIPT = b"document.querySelector('#said').textContent += ' Come by!'"


@pytest.fixture
def site(s3, bucket, server):
    """A public bucket that is a site; where it is."""
    everybody = {"Effect": "Allow", "Principal": "*"}
    statements = [
        everybody | {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
        everybody | {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    return f"http://{bucket}.s3-website.localhost:{server.port}"


def test_a_site_works_in_a_browser(browser, site, s3, bucket):
    for key, body in {
        "index.html": HOME,
        "style.css": STYLE,
        "app.js": SCRIPT,
        "apples/index.html": HOME.replace(b"style.css", b"../style.css").replace(b"app.js", b"../app.js"),
    }.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)  # of no type: the ending of the key says it
    with browser.page() as page:
        page.goto(site)
        assert page.title() == "Cider press"
        assert page.inner_text("#said") == "Pressed on Saturdays. Come by!"
        assert page.evaluate("getComputedStyle(document.querySelector('main')).color") == "rgb(1, 2, 3)"
        page.get_by_role("link", name="Apples").click()
        page.wait_for_url(f"{site}/apples/")
        assert page.inner_text("#said") == "Pressed on Saturdays. Come by!"


@pytest.mark.parametrize(
    ("size", "dark"),
    [(DESK, False), (DESK, True), (PHONE, False), (PHONE, True)],
    ids=["desk", "desk-dark", "phone", "phone-dark"],
)
def test_an_error_is_told_to_a_reader(browser, site, size, dark, request):
    with browser.page(size=size, dark=dark) as page:
        answer = page.goto(f"{site}/harvest/2026/a-rather-long-name-{'of-a-page-' * 6}that-is-not-there.html")
        assert answer.status == 404
        assert page.get_by_role("heading", name="404 Not Found").is_visible()
        assert "There is no page at this address" in page.inner_text("main")
        assert fits(page)
        ground, ink = page.evaluate(
            "['backgroundColor', 'color'].map(each => getComputedStyle(document.body)[each].match(/\\d+/g).map(Number))"
        )
        assert (sum(ground) < sum(ink)) is dark
        browser.photograph(page, f"error-{request.node.callspec.id.removeprefix('embedded-1-')}")
    browser.complaints = [each for each in browser.complaints if "404 (Not Found)" not in each]


def test_nothing_in_an_address_becomes_a_part_of_the_page(browser, site):
    with browser.page() as page:
        page.goto(f"{site}/<img src=x onerror=document.title='taken'>/<script>document.title='taken'</script>")
        assert page.title() == "404 Not Found"
        assert page.locator("img, script").count() == 0
        assert "<script>document.title='taken'</script>" in page.inner_text("main")
    browser.complaints = [each for each in browser.complaints if "404 (Not Found)" not in each]
