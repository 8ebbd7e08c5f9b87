"""A process that makes small pictures: this module is its program, and nobody else's.

It decodes what anybody may have stored, so it has as little as a process can have: no key in its environment, no file
that it could write, a bound on its memory, and a low priority. Whoever started it (``painter``) bounds its time. It
reads jobs from standard input and writes what became of them to standard output, until the input ends.

A job is ``JOB`` (longest side in pixels, bytes of the picture) and the picture. The answer is ``ANSWER`` (0: here it
is, 1: it cannot be shown; bytes) and a WebP picture or one line that says why not.
"""

import io
import os
import resource
import struct
import sys
import warnings
from typing import Any, Final

JOB: Final = struct.Struct(">HQ")
ANSWER: Final = struct.Struct(">BI")

DONE: Final = 0
REFUSED: Final = 1

MAX_PIXELS: Final = 100_000_000
"""Most pixels of a picture: twice what large cameras make. One is never decoded to find out, its head says."""

MEMORY_BYTES: Final = 1 << 30
"""Most memory that the process may ask for. Of 100 million pixels a PNG takes 400 MB; a JPEG is decoded at an eighth of
its size."""

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")
_QUALITY: Final = 80
_LONGEST_PROFILE: Final = 16 * 1024
"""Longest colour profile that goes along; a thumbnail is not much larger."""

_EXTENDED: Final = frozenset({"RGB", "RGBA", "L", "LA", "CMYK", "YCbCr"})
"""What can be made smaller without being turned into something else first."""


def paint(data: bytes, longest_side: int) -> bytes:
    """The picture as a WebP that fits into a square, the right way up, without what a camera noted in it.

    Raises:
        ValueError, OSError, MemoryError, Exception: It cannot be shown: decoders raise whatever they like.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - read by the process that paints alone

    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels are too many")
        picture: Image.Image = image
        profile = image.info.get("icc_profile")
        if picture.mode.startswith("I;16"):
            picture = picture.point(lambda level: level / 256).convert("L")
        elif picture.mode not in _EXTENDED:
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode in {"CMYK", "YCbCr", "L", "LA"}:
            profile = None  # it is one of other colours than those of the result
            picture = picture.convert("RGBA" if picture.mode == "LA" else "RGB")
        out = io.BytesIO()
        if not isinstance(profile, bytes) or len(profile) > _LONGEST_PROFILE:
            profile = b""
        picture.save(out, "WEBP", quality=_QUALITY, method=4, icc_profile=profile, exif=b"", xmp=b"")
        return out.getvalue()


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    os.nice(10)


def _prepare() -> None:
    """Load every decoder before the first job, and let none of them use more than one thread."""
    from PIL import AvifImagePlugin, Image  # noqa: PLC0415 - see paint

    Image.init()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def _answer(job: bytes, pixels: Any) -> tuple[int, bytes]:
    longest_side, _ = JOB.unpack(job)
    try:
        return DONE, paint(pixels, longest_side)
    except Exception as problem:  # noqa: BLE001 - whatever a decoder makes of what strangers stored
        return REFUSED, f"{type(problem).__name__}: {problem}"[:300].encode("utf-8", "replace")


def main() -> None:
    _confine()
    _prepare()
    jobs, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(job := jobs.read(JOB.size)) == JOB.size:
        length = JOB.unpack(job)[1]
        data = jobs.read(length)
        if len(data) != length:
            return
        status, body = _answer(job, data)
        del data
        answers.write(ANSWER.pack(status, len(body)) + body)
        answers.flush()


if __name__ == "__main__":
    main()
