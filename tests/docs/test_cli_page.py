"""docs/cli.md is what the commands say of themselves, and every verb shows how it is used."""

import runpy
from pathlib import Path

import click
import pytest

from bushel.cli.main import COMMANDS, bushel

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
TOOLS = [name for name in COMMANDS if name not in {"serve", "user", "quota", "key"}]


def test_the_page_is_as_make_docs_would_write_it():
    writer = runpy.run_path(str(ROOT / "scripts" / "write_cli_page.py"))

    assert writer["page"]() == PAGE, "run `make docs`"


def _verbs():
    """Every verb by its words, with the text that has its examples: those of a group one by one, which may share it."""
    for name in TOOLS:
        command = bushel.get_command(click.Context(bushel), name)
        assert command is not None
        if isinstance(command, click.Group):
            for sub, each in command.commands.items():
                yield f"{name} {sub}", (each, f"{command.help}\n{each.help}")
        else:
            yield name, (command, command.help or "")


VERBS = dict(_verbs())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_examples_that_its_options_understand(name):
    """Each example's options are the verb's own."""
    command, text = VERBS[name]
    examples = [line.strip() for line in text.splitlines() if f"bushel {name}" in line]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}

    assert examples
    for example in examples:
        own = example.partition(f"bushel {name}")[2].partition("|")[0].partition(")")[0]
        used = {word.partition("=")[0] for word in own.split() if word.startswith("-") and word != "-"}
        assert used <= known, example
