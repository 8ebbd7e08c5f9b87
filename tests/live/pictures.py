"""Pictures, films and sounds made for tests: landscapes of a few shapes, each number another one."""

import io
import math
import random
import struct
import wave

from PIL import Image, ImageDraw, ImageFilter

_SKIES = (
    ((255, 214, 165), (98, 120, 170)),
    ((250, 176, 140), (90, 70, 120)),
    ((226, 240, 250), (96, 160, 214)),
    ((255, 236, 200), (240, 140, 100)),
    ((210, 226, 232), (60, 98, 130)),
    ((190, 200, 225), (24, 30, 62)),
)
_LANDS = ((86, 122, 88), (120, 138, 92), (66, 104, 118), (150, 112, 84), (84, 92, 128), (104, 130, 120))


def landscape(number: int, size: tuple[int, int] = (1200, 800)) -> Image.Image:
    """A sky with a sun and hills, drawn at a fixed width and scaled."""
    chance = random.Random(number)
    width, height = 900, round(900 * size[1] / size[0])
    low, high = _SKIES[number % len(_SKIES)]
    sky = Image.linear_gradient("L").resize((width, height))
    picture = Image.composite(Image.new("RGB", (width, height), low), Image.new("RGB", (width, height), high), sky)
    glow = Image.new("RGBA", (width, height), (255, 250, 225, 0))
    sun = ImageDraw.Draw(glow)
    x, y, radius = chance.randrange(width // 6, width * 5 // 6), chance.randrange(height // 6, height // 2), 46
    sun.ellipse((x - 110, y - 110, x + 110, y + 110), fill=(255, 250, 225, 70))
    sun.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 250, 230, 255))
    glow = glow.filter(ImageFilter.GaussianBlur(9))
    picture.paste(glow, mask=glow)
    draw = ImageDraw.Draw(picture)
    land = _LANDS[(number * 7 + number // 6) % len(_LANDS)]
    for layer in range(4):
        base, rise = height * (0.52 + layer * 0.13), height * (0.13 - layer * 0.015)
        waves = [(chance.uniform(1, 4 + layer * 2), chance.uniform(0, 6.3), chance.uniform(0.25, 1)) for _ in range(3)]
        ridge = [
            (
                step,
                base
                - rise * sum(share * math.sin(step / width * often * 6.3 + phase) for often, phase, share in waves) / 2,
            )
            for step in range(0, width + 6, 6)
        ]
        haze = 0.62 - layer * 0.2
        colour = tuple(
            round(low[i] * max(0, haze) + land[i] * (1 - max(0, haze)) * (1 - layer * 0.12)) for i in range(3)
        )
        draw.polygon([(0, height), *ridge, (width, height)], fill=colour)
    return picture.resize(size, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image, form: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def photo(number: int = 0, size: tuple[int, int] = (1200, 800), **options) -> bytes:
    """A JPEG."""
    return encoded(landscape(number, size), quality=88, **options)


def turned(orientation: int) -> bytes:
    """A JPEG 120 by 80, red in its upper left quarter as it is stored, which EXIF says is to be turned."""
    picture = Image.new("RGB", (120, 80), "white")
    picture.paste((220, 0, 0), (0, 0, 60, 40))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "camera of a test"
    return encoded(picture, quality=95, exif=exif)


def bomb() -> bytes:
    """A PNG of 900 million pixels in a hundred kilobytes."""
    return encoded(Image.new("1", (30_000, 30_000)), "PNG")


def sound(seconds: float = 1.0) -> bytes:
    """A WAV of one tone."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        count = round(8000 * seconds)
        file.writeframes(b"".join(struct.pack("<h", round(9000 * math.sin(step * 0.35))) for step in range(count)))
    return out.getvalue()


def size_of(data: bytes) -> tuple[str, tuple[int, int]]:
    """Format and size of a picture."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.format, picture.size
