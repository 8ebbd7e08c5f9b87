"""The gallery as somebody sees it who has only a browser: led by keys, mouse and finger, on a desk and on a phone."""

import json
import re
import urllib.parse
from pathlib import Path

import pytest

from live import pictures
from live.browser import DESK, PHONE, fits

pytestmark = pytest.mark.server_kinds("embedded-1")

SIZES = [(1200, 800), (800, 1200), (1200, 900), (1400, 700)]


@pytest.fixture
def public(s3, bucket_names):
    """``public(name, pictures=8)``: a bucket that everybody may list, with pictures that everybody may read."""

    def make(name, photos=0):
        s3.create_bucket(Bucket=bucket_names(name=name))
        arn = f"arn:aws:s3:::{name}"
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": [arn, f"{arn}/*"],
        }
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        for number in range(photos):
            store(s3, name, f"coast-{number:03}.jpg", pictures.photo(number, SIZES[number % 4]))
        return name

    return make


def store(s3, bucket, key, body, content_type="image/jpeg"):
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def settled(page):
    """Wait until no request is under way and every picture in sight is there."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        "() => [...document.images].every(i => i.complete || i.getBoundingClientRect().top > innerHeight)"
    )


def shown(page):
    """The name in the viewer; empty where it is closed."""
    return page.evaluate("document.querySelector('#viewer[open] .about')?.firstChild.textContent ?? ''")


def wait_for(page, name):
    page.wait_for_function(
        "name => (document.querySelector('#viewer[open] .about')?.firstChild.textContent ?? '') === name", arg=name
    )


# --- what it looks like -----------------------------------------------------------------------------------------------


@pytest.fixture
def holiday(s3, public):
    """A bucket as people have them: pictures of all shapes, folders, a sound, and text that is no picture."""
    name = public("holiday", 26)
    for number, folder in enumerate(("Autumn", "Spring & <summer>", "Winter walks")):
        for each in range(3):
            store(s3, name, f"{folder}/{each}.jpg", pictures.photo(40 + 5 * number + each))
    store(s3, name, "waves.wav", pictures.sound(), "audio/wav")
    store(s3, name, "notes.txt", b"no picture", "text/plain")
    return name


@pytest.mark.parametrize(
    ("look", "size", "dark"),
    [("light", DESK, False), ("dark", DESK, True), ("phone", PHONE, False), ("phone-dark", PHONE, True)],
)
def test_every_page_fits_its_window_and_has_nothing_to_complain_of(
    browser, server, s3, public, bucket_names, holiday, look, size, dark
):
    public("empty-gallery")
    s3.create_bucket(Bucket=bucket_names(name="private-gallery"))
    with browser.page(size=size, dark=dark, touch=size is PHONE) as page:
        page.goto(f"{server.endpoint}/_/gallery/{holiday}/")
        settled(page)
        assert fits(page)
        assert page.locator("h1").inner_text() == "holiday"
        assert page.locator(".count").inner_text() == "3 folders · 26 pictures · 1 sound"
        assert page.locator(".folder").all_inner_texts() == ["Autumn", "Spring & <summer>", "Winter walks"]
        assert page.evaluate("[...document.querySelectorAll('.cover img')].every(i => i.naturalWidth === 512)")
        lightness = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", lightness)[:3])) < 200) == dark
        browser.photograph(page, f"gallery-{look}")
        page.locator(".item").nth(2).click()
        settled(page)
        assert fits(page)
        browser.photograph(page, f"gallery-{look}-single")
        page.goto(f"{server.endpoint}/_/gallery/{holiday}/Spring%20%26%20%3Csummer%3E/")
        settled(page)
        assert page.locator("nav li").all_inner_texts() == ["holiday", "Spring & <summer>"]
        browser.photograph(page, f"gallery-{look}-folder")
        page.goto(f"{server.endpoint}/_/gallery/empty-gallery/")
        assert page.get_by_text("There is nothing to see here yet").is_visible()
        assert fits(page)
        browser.photograph(page, f"gallery-{look}-empty")
        page.goto(f"{server.endpoint}/_/gallery/private-gallery/")
        assert page.get_by_text("This gallery is private").is_visible()
        assert fits(page)
        browser.photograph(page, f"gallery-{look}-private")
    assert len(browser.complaints) == 1
    assert "403" in browser.complaints.pop()


def test_what_cannot_be_made_smaller_has_an_icon_and_a_name(browser, server, s3, public):
    name = public("damaged")
    store(s3, name, "bomb.png", pictures.bomb(), "image/png")
    store(s3, name, "cut-short.jpg", pictures.photo(1)[:3000])
    store(s3, name, "good.jpg", pictures.photo(2))
    with browser.page() as page:
        page.goto(f"{server.endpoint}/_/gallery/{name}/")
        page.wait_for_function("() => document.querySelectorAll('.blank').length >= 4")  # two tiles, two pictures
        settled(page)
        assert page.locator(".item.blank").all_inner_texts() == ["bomb.png", "cut-short.jpg"]
        assert not page.locator(".item.blank img").first.is_visible()
        browser.photograph(page, "gallery-damaged")
    assert {complaint.partition("status of ")[2][:3] for complaint in browser.complaints} == {"415"}
    browser.complaints.clear()


# --- one at a time ----------------------------------------------------------------------------------------------------


def test_the_viewer_is_led_by_the_keyboard(browser, server, public):
    public("keys", 4)
    here = f"{server.endpoint}/_/gallery/keys/"
    with browser.page() as page:
        page.goto(here)
        page.locator(".item").nth(1).focus()
        page.keyboard.press("Enter")
        wait_for(page, "coast-001.jpg")
        assert page.url == f"{here}#coast-001.jpg"
        for key, name in (
            ("ArrowRight", "coast-002.jpg"),
            ("ArrowLeft", "coast-001.jpg"),
            ("End", "coast-003.jpg"),
            ("ArrowRight", "coast-003.jpg"),
            ("Home", "coast-000.jpg"),
            ("ArrowLeft", "coast-000.jpg"),
            ("PageDown", "coast-001.jpg"),
            ("ArrowRight", "coast-002.jpg"),
        ):
            page.keyboard.press(key)
            wait_for(page, name)
        assert page.locator(".about small").inner_text().startswith("3 of 4 · ")
        page.wait_for_function("() => document.querySelector('.stage img:not(.small)').naturalWidth === 1200")
        page.keyboard.press("Escape")
        wait_for(page, "")
        assert page.url == here
        assert page.evaluate("document.activeElement.dataset.name") == "coast-002.jpg"
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("document.activeElement.dataset.name") == "coast-001.jpg"


def test_the_viewer_is_led_by_the_mouse_and_by_the_browsers_own_buttons(browser, server, public):
    public("mouse", 3)
    here = f"{server.endpoint}/_/gallery/mouse/"
    with browser.page() as page:
        page.goto(here)
        page.locator(".item").first.click()
        wait_for(page, "coast-000.jpg")
        assert not page.locator(".previous").is_visible()
        page.locator(".next").click()
        page.locator(".next").click()
        wait_for(page, "coast-002.jpg")
        assert not page.locator(".next").is_visible()
        assert page.locator(".original").get_attribute("download") == "coast-002.jpg"
        page.locator(".close").click()
        wait_for(page, "")
        page.locator(".item").nth(1).click()
        wait_for(page, "coast-001.jpg")
        page.go_back()
        wait_for(page, "")
        page.go_forward()
        wait_for(page, "coast-001.jpg")


def test_the_address_of_a_picture_leads_to_it(browser, server, s3, public):
    public("address", 2)
    store(s3, "address", "ü #1 100%.jpg", pictures.photo(7))
    with browser.page() as page:
        page.goto(f"{server.endpoint}/_/gallery/address/")
        page.locator(".item").nth(2).click()
        wait_for(page, "ü #1 100%.jpg")
        address = page.url
    with browser.page() as page:
        page.goto(address)
        wait_for(page, "ü #1 100%.jpg")
        page.keyboard.press("Escape")
        wait_for(page, "")
        page.goto(f"{server.endpoint}/_/gallery/address/#%E0%A4")
        assert shown(page) == ""


def swipe(page, client, across, down=0):
    """A finger that is put down, moved and lifted."""
    x, y = 195 - across / 2, 400
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x + across * step / 8, "y": y + down * step / 8}
        client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_viewer_is_led_by_swipes_on_a_phone(browser, server, public):
    public("swipes", 3)
    with browser.page(size=PHONE, touch=True) as page:
        client = page.context.new_cdp_session(page)
        page.goto(f"{server.endpoint}/_/gallery/swipes/")
        page.locator(".item").first.tap()
        wait_for(page, "coast-000.jpg")
        swipe(page, client, -200)
        wait_for(page, "coast-001.jpg")
        swipe(page, client, -20)
        swipe(page, client, 200)
        wait_for(page, "coast-000.jpg")
        swipe(page, client, 200)
        swipe(page, client, -200)
        wait_for(page, "coast-001.jpg")
        assert page.evaluate("document.querySelector('.stage').style.transform") == ""


def test_a_sound_plays_in_the_viewer_and_stops_with_it(browser, server, s3, public):
    public("sounds")
    store(s3, "sounds", "a.wav", pictures.sound(20), "audio/wav")
    with browser.page() as page:
        asked = []
        page.on(
            "request", lambda request: asked.append(request.headers.get("range")) if "file=" in request.url else None
        )
        page.goto(f"{server.endpoint}/_/gallery/sounds/")
        page.locator(".item").click()
        page.wait_for_function("() => document.querySelector('audio').readyState >= 1")
        assert round(page.evaluate("document.querySelector('audio').duration")) == 20
        page.evaluate("document.querySelector('audio').currentTime = 12")
        page.wait_for_function("() => document.querySelector('audio').currentTime >= 12")
        assert asked[0] == "bytes=0-"
        page.keyboard.press("Escape")
        wait_for(page, "")
        assert page.locator("audio").count() == 0
    browser.complaints.clear()


# --- many of them -----------------------------------------------------------------------------------------------------


def test_pictures_are_loaded_when_they_come_near_and_pages_when_the_end_does(browser, server, s3, public):
    name = public("many")
    small = pictures.photo(1, (90, 60))
    for number in range(300):
        store(s3, name, f"{number:04}.jpg", small)
    with browser.page(size=PHONE) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.endpoint}/_/gallery/{name}/")
        settled(page)
        at_first = {url for url in asked if "thumbnail=" in url}
        tiles = page.locator(".item").count()
        assert 0 < len(at_first) < tiles < 300
        while page.locator(".more").count():
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            page.wait_for_timeout(50)
        assert page.locator(".item").count() == 300
        names = page.evaluate("[...document.querySelectorAll('.item')].map(i => i.dataset.name)")
        assert names == [f"{number:04}.jpg" for number in range(300)]
        page.locator(".item").last.click()
        wait_for(page, "0299.jpg")
        address = page.url
    assert "after=" in address
    with browser.page() as page:
        page.goto(address)
        wait_for(page, "0299.jpg")


def test_the_last_picture_of_a_page_leads_to_the_first_of_the_next(browser, server, s3, public):
    name = public("ends")
    for number in range(130):
        store(s3, name, f"{number:04}.gif", b"GIF", "image/gif")
    with browser.page(size=PHONE) as page:
        page.goto(f"{server.endpoint}/_/gallery/{name}/#0119.gif")
        wait_for(page, "0119.gif")
        page.keyboard.press("ArrowRight")
        wait_for(page, "0120.gif")
    browser.complaints.clear()


def test_without_scripts_links_lead_to_everything(browser, server, s3, public):
    name = public("plain")
    for number in range(130):
        store(s3, name, f"{number:04}.jpg", pictures.photo(1, (90, 60)))
    with browser.page(java_script_enabled=False) as page:
        page.goto(f"{server.endpoint}/_/gallery/{name}/")
        page.get_by_text("More").click()
        page.get_by_title("0129.jpg").or_(page.locator("[data-name='0129.jpg']")).click()
        assert "file=0129.jpg" in page.url


# --- what somebody stored ---------------------------------------------------------------------------------------------


def test_no_script_of_somebody_else_runs_on_a_page(browser, server, s3, public):
    name = public("hostile")
    attack = "\"><img src=x onerror=\"document.title='run'\"><script>document.title='run'<"
    store(s3, name, f"{attack}.jpg", pictures.photo(1))
    store(s3, name, f"{attack}/x.jpg", pictures.photo(2))
    script = b'<script>parent.document.title="run"</script>'
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'run\'">' + script + b"</svg>"
    store(s3, name, "drawing.svg", svg, "image/svg+xml")
    with browser.page() as page:
        page.goto(f"{server.endpoint}/_/gallery/{name}/")
        settled(page)
        page.locator(".item").first.click()
        wait_for(page, f"{attack}.jpg")
        page.keyboard.press("ArrowRight")
        wait_for(page, "drawing.svg")
        assert page.title() == "hostile"
        page.goto(f"{server.endpoint}/_/gallery/{name}/?file=drawing.svg")
        assert "run" not in page.title()
        page.goto(f"{server.endpoint}/_/gallery/{name}/{urllib.parse.quote(attack)}/")
        settled(page)
        assert page.title() == attack
    # the sandbox says so of the drawing's script
    assert all("sandboxed" in complaint or "Content Security Policy" in complaint for complaint in browser.complaints)
    browser.complaints.clear()


def test_a_signed_link_opens_everything_and_tells_nobody_of_itself(browser, server, s3, wire, bucket_names):
    name = bucket_names(name="private-pictures")
    s3.create_bucket(Bucket=name)
    store(s3, name, "2026/a.jpg", pictures.photo(1))
    store(s3, name, "2026/deep/b.jpg", pictures.photo(2))
    link = server.endpoint + wire.presigned("GET", f"/_/gallery/{name}/2026/")
    with browser.page() as page:
        page.goto(link)
        settled(page)
        assert page.evaluate("[...document.images].every(i => i.naturalWidth > 0)")
        page.locator(".item").click()
        wait_for(page, "a.jpg")
        page.wait_for_function("() => document.querySelector('.stage img:not(.small)').naturalWidth === 1200")
        page.keyboard.press("Escape")
        wait_for(page, "")
        page.locator(".folder").click()
        settled(page)
        assert page.locator(".item").get_attribute("data-name") == "b.jpg"
        assert page.evaluate("document.referrer") == ""
        page.locator("nav a").click()
        settled(page)
        assert page.locator("h1").inner_text() == "2026"


@pytest.mark.skipif(
    "not __import__('os').environ.get('WRITE_PICTURES')", reason="writes the picture of docs/gallery.md"
)
def test_the_picture_of_the_documentation(browser, server, holiday):
    from PIL import Image

    with browser.page() as page:
        page.goto(f"{server.endpoint}/_/gallery/{holiday}/")
        settled(page)
        shot = browser.photograph(page, "docs")
    Image.open(shot).save(Path(__file__).parents[2] / "docs" / "gallery.webp", quality=80, method=6)
