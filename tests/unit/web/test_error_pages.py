"""Error pages: nothing gets into one unescaped."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.web.error_pages import error_page


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)


PLAIN = Tags(error_page(S3Error("NoSuchKey", Key="a"), "r", "h").body.decode()).tags


@given(st.text() | st.sampled_from(["<script>alert(1)</script>", "</li><img src=x onerror=x>", "<!--", "&lt;", "\"'"]))
def test_whatever_a_key_is_the_page_has_the_same_elements(key):
    page = error_page(S3Error("NoSuchKey", Key=key), "r", "h")
    seen = Tags(page.body.decode())
    assert seen.tags == PLAIN
    headers = dict(page.headers)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_page_says_what_s3s_page_says():
    beside = S3Error("NoSuchKey", Key="404.html")
    page = error_page(S3Error("AccessDenied"), "R1", "H1", beside).body.decode()
    seen = "".join(Tags(page).text)
    assert "<title>403 Forbidden</title>" in page
    assert "403 Forbidden" in seen.partition("</style>")[0]
    for item in ("Code: AccessDenied", "Message: Access Denied", "RequestId: R1", "HostId: H1"):
        assert f"<li>{item}</li>" in page.partition("<h2>")[0]
    for item in ("Code: NoSuchKey", "Message: The specified key does not exist.", "Key: 404.html"):
        assert f"<li>{item}</li>" in page.partition("<h2>")[2]


def test_a_page_has_a_style_that_its_policy_knows():
    page = error_page(S3Error("NoSuchKey"), "r", "h")
    style = re.search(r"<style>(.*?)</style>", page.body.decode(), re.DOTALL)[1]
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{known}'" in dict(page.headers)["Content-Security-Policy"]
