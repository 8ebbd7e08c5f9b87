"""What a gallery shows, by the type that an object was stored with, or by its name where that says nothing.

What a browser is told is never the type that was stored but one of these, so that nothing here can be a page.
"""

from typing import Final, Literal, NamedTuple

Kind = Literal["picture", "film", "sound"]


class Medium(NamedTuple):
    """How an object is shown.

    Attributes:
        kind: What shows it.
        content_type: What a browser is told it is.
        paintable: Whether a smaller picture can be made of it. A drawing (SVG) is a program for whoever draws it: that
            is left to browsers, which run it without scripts and without anything from outside.
    """

    kind: Kind
    content_type: str
    paintable: bool = False


_MEDIA: Final[dict[str, Medium]] = {
    "image/jpeg": Medium("picture", "image/jpeg", True),
    "image/jpg": Medium("picture", "image/jpeg", True),
    "image/pjpeg": Medium("picture", "image/jpeg", True),
    "image/png": Medium("picture", "image/png", True),
    "image/gif": Medium("picture", "image/gif", True),
    "image/webp": Medium("picture", "image/webp", True),
    "image/avif": Medium("picture", "image/avif", True),
    "image/bmp": Medium("picture", "image/bmp", True),
    "image/svg+xml": Medium("picture", "image/svg+xml"),
    "video/mp4": Medium("film", "video/mp4"),
    "video/quicktime": Medium("film", "video/mp4"),  # the same boxes, and browsers play what they know of them
    "video/x-m4v": Medium("film", "video/mp4"),
    "video/webm": Medium("film", "video/webm"),
    "video/ogg": Medium("film", "video/ogg"),
    "audio/mpeg": Medium("sound", "audio/mpeg"),
    "audio/mp3": Medium("sound", "audio/mpeg"),
    "audio/mp4": Medium("sound", "audio/mp4"),
    "audio/x-m4a": Medium("sound", "audio/mp4"),
    "audio/aac": Medium("sound", "audio/aac"),
    "audio/ogg": Medium("sound", "audio/ogg"),
    "audio/opus": Medium("sound", "audio/ogg"),
    "audio/flac": Medium("sound", "audio/flac"),
    "audio/x-flac": Medium("sound", "audio/flac"),
    "audio/wav": Medium("sound", "audio/wav"),
    "audio/x-wav": Medium("sound", "audio/wav"),
    "audio/webm": Medium("sound", "audio/webm"),
}

_BY_ENDING: Final[dict[str, str]] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/opus",
    "flac": "audio/flac",
    "wav": "audio/wav",
}

_SAYS_NOTHING: Final = frozenset({"", "binary/octet-stream", "application/octet-stream"})
"""S3's own type for what was stored without one, and what tools say that do not know."""


def medium_of(key: str, stored_type: str) -> Medium | None:
    """How an object is shown; ``None`` for one that a gallery passes over."""
    content_type = stored_type.partition(";")[0].strip().lower()
    if content_type in _SAYS_NOTHING:
        _, dot, ending = key.rpartition("/")[2].rpartition(".")
        content_type = _BY_ENDING.get(ending.lower(), "") if dot else ""
    return _MEDIA.get(content_type)
