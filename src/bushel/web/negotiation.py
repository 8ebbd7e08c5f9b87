"""What is sent of a page: its media type where nobody said one, and the compressed form that lies beside it."""

import functools
import mimetypes
from typing import Final

UNKNOWN: Final = frozenset({"binary/octet-stream", "application/octet-stream"})
"""What S3 and its tools say of bytes that nobody named a type for."""

SIBLINGS: Final = {"br": ".br", "gzip": ".gz"}
"""Codings, the better one first, and what the key of a page compressed so ends with."""

_YOUNGER: Final = {
    ".avif": "image/avif",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".map": "application/json",
    ".flac": "audio/flac",
    ".opus": "audio/ogg",
    ".webm": "video/webm",
}
"""What the table of Python 3.11 does not have, or has under an older name."""

_COMPRESSIBLE: Final = frozenset({
    "application/javascript", "application/json", "application/ld+json", "application/manifest+json",
    "application/rss+xml", "application/atom+xml", "application/wasm", "application/xhtml+xml", "application/xml",
    "font/otf", "font/ttf", "image/svg+xml", "image/x-icon", "image/vnd.microsoft.icon",
})  # fmt: skip


@functools.cache
def _table() -> mimetypes.MimeTypes:
    table = mimetypes.MimeTypes()  # Python's own, whatever the system's files say
    for ending, media_type in _YOUNGER.items():
        table.add_type(media_type, ending)
    return table


def media_type(key: str, stored: str) -> str:
    """The Content-Type of a page: the stored one, or that of the key's ending where nobody had said one."""
    if stored not in UNKNOWN:
        return stored
    guessed, coding = _table().guess_type(f"/{key}", strict=True)
    return stored if guessed is None or coding is not None else guessed


def is_compressible(content_type: str) -> bool:
    """Whether it is worth to look for compressed forms."""
    name = content_type.partition(";")[0].strip().lower()
    return name.startswith("text/") or name in _COMPRESSIBLE


def accepted(header: str) -> list[str]:
    """The codings of ``SIBLINGS`` that an Accept-Encoding takes, the one it likes best first (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for item in header.lower().split(","):
        name, *parameters = [part.strip() for part in item.split(";")]
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        weights["gzip" if name == "x-gzip" else name] = weight
    rest = weights.get("*", 0.0)
    wanted = {coding: weights.get(coding, rest) for coding in SIBLINGS}
    return [coding for coding in sorted(wanted, key=wanted.__getitem__, reverse=True) if wanted[coding] > 0]
