"""docs/settings.md is what the table of settings says."""

import runpy
from pathlib import Path

import pytest

from bushel.core.settings import SETTINGS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_page_is_as_make_docs_would_write_it():
    writer = runpy.run_path(str(ROOT / "scripts" / "write_settings_page.py"))

    assert writer["page"]() == PAGE, "run `make docs`"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_page_explains_the_setting(name):
    setting = SETTINGS[name]

    assert f"## {name}\n" in PAGE
    assert f"`{setting.variable}`" in PAGE
    assert setting.about in PAGE
