"""A setting that is accepted is acted upon."""

import ast
from pathlib import Path

import bushel
from bushel.core.settings import SETTINGS

PACKAGE = Path(bushel.__file__).parent


def test_every_setting_is_read_by_something():
    """A setting that nothing reads would be accepted and ignored."""
    read = {
        node.attr
        for file in PACKAGE.rglob("*.py")
        if file.parent != PACKAGE / "cli" and file != PACKAGE / "core" / "settings.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(("settings", "rules"))
    }

    assert set(SETTINGS) - read == set()
