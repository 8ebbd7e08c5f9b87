"""What the files of a folder are as pages of a site: checksum, type, how long browsers keep them, compressed forms.

How long (``Cache-Control``): a file that carries a fingerprint of its contents in its name (``app.3f9c2b7d.js``) is
another file when it changes, so it is kept for a year and never asked for again. A page is always asked for again,
which costs a 304 where nothing changed: it names the other files, so it must be of the same publication as they are.
The rest is kept for a few minutes.

What must not be here: buckets.
"""

import asyncio
import codecs
import gzip
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from bushel.cli.moving import guessed_type
from bushel.cli.publications import Piece
from bushel.web.negotiation import SIBLINGS, UNKNOWN, is_compressible, media_type

FOREVER: Final = "public, max-age=31536000, immutable"
ALWAYS_ASK: Final = "no-cache"

_READ_BYTES: Final = 1 << 20
_COMPRESSED_MIN: Final = 512
"""Smaller files fit into one packet as they are."""
_COMPRESSED_MAX: Final = 16 << 20
_WORTH_IT: Final = 0.95

_part = re.compile(r"[.\-_]").split


def has_fingerprint(name: str) -> bool:
    """Whether a file's name carries a fingerprint of its contents, as bundlers write them.

    One part of it, between dots, dashes or underscores, is hexadecimal with letters and digits (8 or more), or has 8
    characters as Base64 does: digits, small letters, and capitals beyond the first. A date or a word is none.
    """
    *parts, _ = _part(name)
    return any(_is_hexadecimal(part) or _is_base64(part) for part in parts[1:])


def _is_hexadecimal(part: str) -> bool:
    letters = sum(each in "abcdef" for each in part)
    digits = sum(each in "0123456789" for each in part)
    return 8 <= len(part) <= 64 and letters + digits == len(part) and letters > 0 and digits > 0


def _is_base64(part: str) -> bool:
    return (
        len(part) == 8
        and part.isascii()
        and part.isalnum()
        and any(each.isdigit() for each in part)
        and any(each.islower() for each in part)
        and any(each.isupper() for each in part[1:])
    )


class Changed(OSError):
    """A file became another one while it was published."""


class Manner(NamedTuple):
    """How files are served.

    Attributes:
        max_age: Seconds for which what is neither a page nor has a fingerprint is kept.
        immutable: Patterns of keys that are kept forever.
        codings: In which to compress: ``gzip``, ``br``.
    """

    max_age: int = 300
    immutable: tuple[str, ...] = ()
    codings: tuple[str, ...] = ()

    def cache_control(self, key: str, content_type: str) -> str:
        """How long browsers keep a file."""
        if content_type.partition(";")[0] in {"text/html", "application/xhtml+xml"}:
            return ALWAYS_ASK
        if has_fingerprint(key.rpartition("/")[2]) or any(fnmatchcase(key, each) for each in self.immutable):
            return FOREVER
        return f"public, max-age={self.max_age}" if self.max_age else ALWAYS_ASK


async def piece_of(path: Path, key: str, manner: Manner) -> Piece:
    """What a file is. Raises OSError."""
    return await asyncio.to_thread(_piece_of, path, key, manner)


def _piece_of(path: Path, key: str, manner: Manner) -> Piece:
    content_type = media_type(key, "application/octet-stream")
    if content_type in UNKNOWN:
        content_type = guessed_type(key.rpartition("/")[2])
    is_text = content_type.startswith("text/")
    decoder = codecs.getincrementaldecoder("utf-8")()
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
            size += len(block)
            is_text = is_text and _goes_on(decoder, block)
    if is_text and _goes_on(decoder, b"", final=True):
        content_type += "; charset=utf-8"  # bytes that are UTF-8 throughout were meant so
    return Piece(digest.hexdigest(), size, content_type, manner.cache_control(key, content_type))


def _goes_on(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


async def bytes_of(path: Path, piece: Piece) -> AsyncIterator[bytes]:
    """A file's bytes, which must be the ones that it was found to be made of.

    Raises:
        Changed: They are others; told at the end, before what was read can be stored.
        OSError: It cannot be read.
    """
    blocks = _blocks(path, piece)
    while block := await asyncio.to_thread(next, blocks, b""):
        yield block


def _blocks(path: Path, piece: Piece) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
            yield block
    if digest.hexdigest() != piece.sha256:
        raise Changed(None, "changed while it was published", str(path))


def is_worth_compressing(piece: Piece) -> bool:
    """Whether a file can have compressed forms."""
    return is_compressible(piece.content_type) and _COMPRESSED_MIN <= piece.size <= _COMPRESSED_MAX


def compressors(codings: tuple[str, ...]) -> dict[str, Callable[[bytes], bytes]]:
    """What compresses, by coding; codings whose library is not installed are left out."""
    found: dict[str, Callable[[bytes], bytes]] = {}
    if "gzip" in codings:
        found["gzip"] = lambda data: gzip.compress(data, 9, mtime=0)
    if "br" in codings:
        try:
            import brotli  # noqa: PLC0415 - an extra
        except ImportError:
            return found
        found["br"] = brotli.compress
    return found


_TYPES: Final = {"gzip": "application/gzip", "br": "application/octet-stream"}
"""Of compressed forms, for who asks for one by its own name; sites serve them with the type of their page."""


async def compressed(
    path: Path, page: Piece, coding: str, compress: Callable[[bytes], bytes]
) -> tuple[bytes, Piece] | None:
    """The compressed form of a file; ``None`` where it would not be much smaller. Raises OSError."""

    def work() -> tuple[bytes, Piece] | None:
        data = b"".join(_blocks(path, page))
        smaller = compress(data)
        if len(smaller) > _WORTH_IT * len(data):
            return None
        sha256 = hashlib.sha256(smaller).hexdigest()
        return smaller, Piece(sha256, len(smaller), _TYPES[coding], page.cache_control, page.sha256)

    return await asyncio.to_thread(work)


def key_of_form(key: str, coding: str) -> str:
    """Where a compressed form lies: beside its page."""
    return key + SIBLINGS[coding]
