"""The HTML of galleries. Nothing that anybody stored or sent gets into it unescaped.

A page's script and style are in it, allowed by their hashes and nothing else, so that there is nothing of its origin to
load that somebody else could have stored.
"""

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bushel.protocol.errors import S3Error
from bushel.protocol.gallery import PATH
from bushel.protocol.message import Response
from bushel.web.gallery.folders import Contents, Item
from bushel.web.gallery.links import Links
from bushel.web.gallery.visit import Visit

LARGEST_UNMADE_BYTES: Final = 1 << 20
"""A picture up to this size is shown itself where no smaller one is made of it: a drawing, or without the library."""

_STYLE: Final = Path(__file__).with_name("gallery.css").read_text(encoding="utf-8")
_SCRIPT: Final = Path(__file__).with_name("gallery.js").read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    (
        "Content-Security-Policy",
        (
            f"default-src 'none'; script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}; img-src 'self' data:; "
            "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "private, no-cache"),
)
_UNLISTED: Final = ("X-Robots-Tag", "noindex")

_DRAWINGS: Final = """\
<svg hidden>
<symbol id="i-folder" viewBox="0 0 24 24"><path d="M3 6.5A1.5 1.5 0 0 1 4.5 5h4.6l2 2.3h8.4A1.5 1.5 0 0 1 21 8.8v8.7\
a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5z"/></symbol>
<symbol id="i-picture" viewBox="0 0 24 24"><path d="M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17"/>\
<circle cx="15.5" cy="9" r="1.5"/></symbol>
<symbol id="i-film" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M10 8.5v7l6-3.5z"/></symbol>
<symbol id="i-sound" viewBox="0 0 24 24"><path d="M9 17.5V6l10-2v11.5"/><circle cx="6.5" cy="17.5" r="2.5"/>\
<circle cx="16.5" cy="15.5" r="2.5"/></symbol>
</svg>
"""


def _icon(name: str) -> str:
    return f'<svg aria-hidden="true"><use href="#i-{name}"/></svg>'


_TAB_ICON: Final = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5" fill="#2f6f4f"/>'
    '<path d="M4 18l5-6 4 4 3-3 4 5z" fill="#fff"/><circle cx="16" cy="8" r="2" fill="#fff"/></svg>'
)

_NOTHING: Final = _icon("picture")

_VIEWER: Final = """\
<dialog id="viewer" aria-label="Viewer">
<div class="stage"></div>
<p class="bar"><span class="about" aria-live="polite"></span>
<a class="original" download>Download</a>
<button type="button" class="close" aria-label="Close">&#x2715;</button></p>
<button type="button" class="previous" aria-label="Previous">&#x2039;</button>
<button type="button" class="next" aria-label="Next">&#x203A;</button>
</dialog>
"""


def folder_page(seen: Visit, shown: Contents, *, thumbnails: bool) -> Response:
    """A page of a folder.

    Args:
        seen: Who looks at what.
        shown: What is there.
        thumbnails: Whether small pictures can be made.
    """
    asked, links = seen.asked, seen.links
    title = asked.prefix.rstrip("/").rpartition("/")[2] or asked.bucket
    body = "".join(
        (
            '<header class="top">\n<nav aria-label="Folders"><ol>\n',
            *_trail(seen),
            "</ol></nav>\n",
            f'<p class="count">{_count(shown, whole=shown.following is None and not asked.after)}</p>\n</header>\n',
            "<main>\n",
            *_folders(shown.folders, asked.prefix, links, thumbnails=thumbnails),
            *_items(shown.items, links, thumbnails=thumbnails),
            _ending(seen, shown),
            "</main>\n",
            "" if thumbnails else f"<footer>{escape(S3Error('NotImplemented.Thumbnails').message)}</footer>\n",
            _VIEWER,
        )
    )
    headers = [*_HEADERS, _UNLISTED] if seen.by_link else list(_HEADERS)
    return Response(200, headers, _document(title, body, script=True))


def error_page(error: S3Error, path: str) -> Response:
    """What a reader is told where there is no page to show."""
    bucket = path[len(PATH) + 1 :].partition("/")[0]
    if error.reason == "AccessDenied.Expired":
        heading, text = "This link has expired", "Ask whoever sent it for another one."
    elif error.status == 403:
        heading = "This gallery is private"
        text = (
            "It opens with a link from whoever keeps it:</p>\n"
            f"<p><code>bushel gallery --expires 12h s3://{escape(bucket)}</code>"
        )
    elif error.code in {"NoSuchBucket", "NoSuchKey"}:
        heading, text = "There is no such gallery", "The address may be misspelt, or the bucket is gone."
    else:
        heading, text = _phrase(error.status), escape(error.message)
    body = (
        f'<main class="notice">\n{_NOTHING}\n<h1>{heading}</h1>\n<p>{text}</p>\n'
        f'<p class="code">{error.status} {escape(error.code)}</p>\n</main>\n'
    )
    return Response(error.status, [*_HEADERS, _UNLISTED, *error.headers], _document(heading, body, script=False))


def short_error(error: S3Error) -> Response:
    """The same for what is no page: a picture, a film."""
    text = f"{error.code}: {error.message}\n".encode("utf-8", "replace")
    kept = [field for field in _HEADERS if field[0] != "Content-Type"]
    return Response(error.status, [("Content-Type", "text/plain; charset=utf-8"), *kept, *error.headers], text)


def _document(title: str, body: str, *, script: bool) -> bytes:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<link rel="icon" href="{_TAB_ICON}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n{_DRAWINGS}{body}"
        + (f"<script>{_SCRIPT}</script>\n" if script else "")
        + "</html>\n"
    ).encode("utf-8", "replace")


def _trail(seen: Visit) -> Iterator[str]:
    """The way from the root of what the viewer may see to the folder that is shown."""
    asked, root = seen.asked, seen.root
    steps = [(root.rstrip("/").rpartition("/")[2] or asked.bucket, root)]
    place = root
    for part in asked.prefix[len(root) :].split("/")[:-1]:
        place += f"{part}/"
        steps.append((part, place))
    for name, prefix in steps[:-1]:
        yield f'<li><a href="{escape(seen.links.folder(prefix))}">{_shown(name)}</a></li>\n'
    yield f'<li aria-current="page"><h1>{_shown(steps[-1][0])}</h1></li>\n'


def _shown(name: str) -> str:
    """A name as text: one that is empty is still something that can be clicked on."""
    return escape(name) or "&#x2215;"


def _count(shown: Contents, *, whole: bool) -> str:
    if not whole:
        return ""
    said = []
    for count, one, many in (
        (len(shown.folders), "folder", "folders"),
        (sum(item.medium.kind == "picture" for item in shown.items), "picture", "pictures"),
        (sum(item.medium.kind == "film" for item in shown.items), "film", "films"),
        (sum(item.medium.kind == "sound" for item in shown.items), "sound", "sounds"),
    ):
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    return " &middot; ".join(said)


def _folders(folders: list[str], prefix: str, links: Links, *, thumbnails: bool) -> Iterator[str]:
    yield '<ul class="folders">\n'
    for folder in folders:
        cover = ""
        if thumbnails:
            cover = f'<img src="{escape(links.cover(folder))}" alt="" loading="lazy" decoding="async">'
        icon = _icon("folder")
        yield (
            f'<li><a class="folder" href="{escape(links.folder(folder))}"><span class="cover">{icon}{cover}</span>'
            f"<span>{_shown(folder[len(prefix) : -1])}</span></a></li>\n"
        )
    yield "</ul>\n"


def _items(items: list[Item], links: Links, *, thumbnails: bool) -> Iterator[str]:
    yield '<ul class="items">\n'
    for item in items:
        name = escape(item.name)
        small = _small(item, links, thumbnails=thumbnails)
        image = f'<img src="{escape(small)}" alt="{name}" loading="lazy" decoding="async">' if small else ""
        yield (
            f'<li><a class="item {item.medium.kind}" href="{escape(links.file(item.key, item.version))}"'
            f' data-kind="{item.medium.kind}" data-name="{name}" data-about="{_about(item)}">'
            f"{_icon(item.medium.kind)}{image}<span>{name}</span></a></li>\n"
        )
    yield "</ul>\n"


def _small(item: Item, links: Links, *, thumbnails: bool) -> str:
    """What a tile shows; empty where that is only an icon."""
    if item.medium.kind != "picture":
        return ""
    if item.medium.paintable and thumbnails:
        return links.thumbnail(item.key, item.version)
    return links.file(item.key, item.version) if item.size <= LARGEST_UNMADE_BYTES else ""


def _about(item: Item) -> str:
    try:
        day = datetime.fromtimestamp(item.last_modified // 1000, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        day = ""
    return f"{_size(item.size)}, {day}" if day else _size(item.size)


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    amount, units = size / 1000, ["TB", "GB", "MB", "kB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop()
    return f"{amount:.0f} {units[-1]}" if amount >= 99.5 else f"{amount:.1f} {units[-1]}"


def _ending(seen: Visit, shown: Contents) -> str:
    asked, links = seen.asked, seen.links
    if shown.following is not None:
        return (
            f'<p class="more"><a rel="next" href="{escape(links.folder(asked.prefix, shown.following))}">More</a></p>\n'
        )
    if not shown.folders and not shown.items and not asked.after:
        return (
            f'<div class="notice">{_NOTHING}<h2>There is nothing to see here yet</h2>'
            "<p>Pictures, films and sounds appear as soon as they are stored.</p></div>\n"
        )
    return ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
