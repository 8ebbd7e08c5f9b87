"""Every promise of SEMANTICS.md is quoted, by its number, in the tests that hold it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES = re.findall(r"^## (S\d+)\. ", (ROOT / "SEMANTICS.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_promises_are_numbered_without_gaps():
    assert [f"S{number}" for number in range(1, len(PROMISES) + 1)] == PROMISES


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_held_by_a_test_that_quotes_it(promise):
    here = Path(__file__)
    quoted = re.compile(rf"\b{promise}\b(?!\d)")
    holders = [
        file
        for file in (ROOT / "tests").rglob("test_*.py")
        if file != here and quoted.search(file.read_text(encoding="utf-8"))
    ]

    assert holders, f"no test quotes {promise}"
