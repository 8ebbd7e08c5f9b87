"""Errors as pages: what S3's web sites say of one, for a reader. Nothing that a client sent gets into one unescaped.

A page is whole in itself: it loads nothing, runs nothing, and no other site can frame it.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Final

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Response

_STYLE: Final = """
:root { color-scheme: light dark;
  --ground: #faf8f4; --ink: #24211c; --faint: #6f675b; --line: #e4ddd1; --mark: #a3401f }
@media (prefers-color-scheme: dark) {
  :root { --ground: #1a1815; --ink: #ece6db; --faint: #a39a8b; --line: #37332c; --mark: #f0936b }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100dvh; display: grid; align-items: center; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif }
main { width: 100%; max-width: 42rem; margin: 0 auto; padding: 3rem 1.5rem }
h1 { margin: 0; font-size: clamp(1.375rem, 5vw, 1.75rem); font-weight: 600; line-height: 1.2 }
h1 span { display: block; margin-bottom: .25rem; font-size: clamp(4.5rem, 20vw, 7.5rem); font-weight: 700;
  line-height: 1; letter-spacing: -.04em; color: var(--mark) }
h2 { margin: 2rem 0 0; font-size: 1rem; font-weight: 600 }
p { margin: .75rem 0 0; color: var(--faint); text-wrap: balance }
ul { margin: 2rem 0 0; padding: 1.25rem 0 0; list-style: none; border-top: 1px solid var(--line); color: var(--faint);
  font: .8125rem/1.9 ui-monospace, monospace; overflow-wrap: anywhere }
h2 + ul { margin-top: .75rem }
"""

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
)

_SAID: Final = {
    403: "This page is not open to everybody.",
    404: "There is no page at this address. It may have moved, or the address may be mistyped.",
    405: "Pages can be read here, and that is all.",
}
"""What a reader is told of an error, by status."""

_SAID_OF_OURS: Final = "Something went wrong on this side. Trying again in a moment may help."
_SAID_OF_OTHERS: Final = "This request could not be answered."


def error_fields(error: S3Error) -> list[tuple[str, str]]:
    """The header fields that tell a client which error stands behind the page."""
    fields = [("x-amz-error-code", error.code)]
    if error.message.isascii() and error.message.isprintable():
        fields.append(("x-amz-error-message", error.message))
    return fields


def error_page(error: S3Error, request_id: str, host_id: str, beside: S3Error | None = None) -> Response:
    """The page of an error.

    Args:
        error: What it is about.
        request_id: Of the request.
        host_id: Of the server.
        beside: Why the site's own page for errors is not shown.
    """
    status, phrase = error.status, _phrase(error.status)
    said = _SAID.get(status) or (_SAID_OF_OURS if status >= 500 else _SAID_OF_OTHERS)
    items = _items(error) + _item("RequestId", request_id) + _item("HostId", host_id)
    also = ""
    if beside is not None:
        also = (
            "<h2>An Error Occurred While Attempting to Retrieve a Custom Error Document</h2>\n"
            f"<ul>\n{_items(beside)}</ul>\n"
        )
    body = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{status} {phrase}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1><span>{status}</span> {phrase}</h1>\n<p>{said}</p>\n<ul>\n{items}</ul>\n{also}"
        "</main>\n</body>\n</html>\n"
    )
    return Response(error.status, [*_HEADERS, *error_fields(error), *error.headers], body.encode("utf-8", "replace"))


def _items(error: S3Error) -> str:
    items = _item("Code", error.code) + _item("Message", error.message)
    return items + "".join(_item(name, value) for name, value in error.detail.items())


def _item(name: str, value: str) -> str:
    return f"<li>{escape(name)}: {escape(value)}</li>\n"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
