"""docs/gallery.md says what galleries do: its limits are those of the code, and its policy opens one."""

import json
import re
from pathlib import Path

from PIL import Image

from bushel.core.settings import SETTINGS
from bushel.protocol.policy import read_policy
from bushel.protocol.policy.public import is_public
from bushel.web.gallery import cache, page, painter, painting, thumbnails

DOCS = Path(__file__).parents[2] / "docs"
PAGE = " ".join((DOCS / "gallery.md").read_text(encoding="utf-8").split())


def test_its_limits_are_those_of_the_code():
    for said in (
        f"at most {thumbnails.SIDE} pixels to a side",
        f"| objects up to | {thumbnails.MAX_INPUT_BYTES >> 20} MiB |",
        f"| pictures up to | {painting.MAX_PIXELS // 1_000_000} million pixels |",
        f"| time for each | {painter.SECONDS} seconds |",
        f"may use {painting.MEMORY_BYTES >> 30} GiB of memory",
        f"| waiting | {thumbnails.QUEUE} in each worker process",
        f"at most {SETTINGS['thumbnail_cache_bytes'].default >> 20} MiB in all (`thumbnail_cache_bytes`)",
        f"after {cache.FORGOTTEN_SECONDS // 86_400} days without being looked at",
        f"show pictures up to {page.LARGEST_UNMADE_BYTES >> 20} MiB themselves",
    ):
        assert said in PAGE, said


def test_its_policy_makes_a_bucket_public():
    document = re.search(r"```json(.*?)```", (DOCS / "gallery.md").read_text(encoding="utf-8"), re.DOTALL)[1]

    assert is_public(read_policy(document.strip().encode(), "pictures"))
    assert json.loads(document)["Statement"][0]["Action"] == ["s3:ListBucket", "s3:GetObject"]


def test_its_picture_is_there_and_of_modest_size():
    (name,) = re.findall(r"!\[[^\]]*\]\((\S+)\)", PAGE)

    with Image.open(DOCS / name) as picture:
        assert picture.size == (1280, 800)
    assert (DOCS / name).stat().st_size < 100_000
