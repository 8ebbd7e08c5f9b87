"""What pyproject.toml asks for, what requirements/*.txt pin and what the code imports are the same."""

import ast
import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = {"runtime": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}


def pinned(group):
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("group", ASKED)
def test_what_is_asked_for_is_pinned_as_asked(group):
    pins = pinned(group)

    for asked in map(Requirement, ASKED[group]):
        assert asked.name in pins, "run `make lock`"
        assert asked.specifier.contains(pins[asked.name]), "run `make lock`"


@pytest.mark.parametrize("group", ASKED)
def test_every_pin_has_a_hash(group):
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")

    for entry in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry


def test_groups_that_share_an_environment_agree_on_versions():
    versions = {}
    for group in ("runtime", "build", "test", "check"):
        for name, version in pinned(group).items():
            assert versions.setdefault(name, version) == version


def test_the_package_imports_what_it_asks_for_and_asks_for_what_it_imports():
    imported = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])

    extras = PROJECT["project"].get("optional-dependencies", {}).values()
    asked = {Requirement(text).name for text in itertools.chain(ASKED["runtime"], *extras)}

    # bushel.testing is for those who have pytest and hypothesis already.
    assert imported - set(sys.stdlib_module_names) - {"bushel", "pytest", "hypothesis"} == asked
