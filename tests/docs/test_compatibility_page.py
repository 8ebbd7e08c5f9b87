"""docs/compatibility.md is what the table of operations says, and speaks of all that botocore's model has."""

import re
import runpy
from pathlib import Path

import pytest

from bushel.protocol.operations import NOT_ROUTED, TABLE
from oracle.aws import IMPLEMENTED, SERVICE, model

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
WRITER = runpy.run_path(str(ROOT / "scripts" / "write_compatibility_page.py"))


def test_the_page_is_as_make_docs_would_write_it():
    assert WRITER["page"]() == PAGE, "run `make docs`"


def test_every_operation_of_the_model_has_its_row():
    rows = dict(re.findall(r"^\| \[?(\w+)\]?(?:\(#\w+\))? \| [^|]*\| (acts|refused: .)", PAGE, re.MULTILINE))

    assert set(rows) == set(SERVICE.operation_names)
    refused = {name for name, state in rows.items() if state != "acts"}
    assert refused == {name for name, each in TABLE.items() if each.refused is not None} | set(NOT_ROUTED)


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_every_member_of_the_model_is_on_the_page(name):
    section = _section(name)
    for wire in _wires(model(IMPLEMENTED[name]).input_shape):
        assert re.search(rf"[`/]{re.escape(wire)}[`/]", section, re.IGNORECASE), (name, wire)


def test_a_refused_member_says_with_what():
    for name, operation in IMPLEMENTED.items():
        section = _section(name)
        for wire, member in WRITER["members"](operation):
            row = re.search(rf"^\| `{re.escape(wire)}` \| (.*) \|$", section, re.MULTILINE)
            if member.refused is not None:
                assert row, (name, wire)
                assert member.refused.reason.partition(".")[0] in row[1]
            elif member.no_effect is not None:
                assert row, (name, wire)
                assert member.no_effect.why in row[1]
            else:
                assert row is None, (name, wire)


def _section(name):
    _, _, rest = PAGE.partition(f"\n### {name}\n")
    assert rest, f"{name} has no section"
    return rest.partition("\n### ")[0]


def _wires(shape):
    """Header fields and parameters of an input, and the elements that its document begins with."""
    for name, member in shape.members.items():
        match member.serialization.get("location"):
            case "uri":
                continue
            case "headers":
                yield f"{member.serialization['name']}*"
            case None if member.type_name == "blob":
                yield "the body"
            case _:
                yield member.serialization.get("name", name)
