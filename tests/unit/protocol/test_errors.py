"""The catalogue of errors, and that it is complete."""

import ast
from pathlib import Path

import pytest

import bushel
from bushel.protocol.errors import CATALOGUE, S3Error

SOURCES = sorted(Path(bushel.__file__).parent.rglob("*.py"))


def _raised():
    """Every reason that stands as a literal where an S3Error is made."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "S3Error" and node.args:
                reason = node.args[0]
                if isinstance(reason, ast.Constant):
                    yield reason.value, f"{source.name}:{node.lineno}"


def test_every_reason_that_is_raised_is_in_the_catalogue():
    assert [(reason, where) for reason, where in _raised() if reason not in CATALOGUE] == []


@pytest.mark.parametrize("reason", CATALOGUE)
def test_an_entry_has_a_code_a_status_and_a_text(reason):
    status, message = CATALOGUE[reason]
    code, _, word = reason.partition(".")

    assert code.isalnum()
    assert not word or word.isalnum()
    assert status == 304 or 400 <= status <= 599
    assert message or reason == "InvalidArgument.CannedACL"  # S3's own is empty


def test_an_error_carries_code_status_message_and_detail():
    error = S3Error("NoSuchKey", Key="a", headers=[("x-amz-delete-marker", "true")])

    assert (error.code, error.status, error.message) == ("NoSuchKey", 404, "The specified key does not exist.")
    assert (error.detail, error.headers) == ({"Key": "a"}, [("x-amz-delete-marker", "true")])
    assert str(error) == "NoSuchKey: The specified key does not exist."


def test_a_reason_with_a_word_has_the_code_before_it():
    assert S3Error("InvalidArgument.PartNumber").code == "InvalidArgument"


def test_a_message_is_filled_from_the_detail():
    error = S3Error("InvalidArgument.NotInteger", ArgumentName="max-keys", ArgumentValue="{x}")

    assert error.message == "Provided max-keys not an integer or within integer range"


def test_a_message_of_ones_own_is_taken_as_it_is():
    assert S3Error("InvalidArgument", message="{not} filled").message == "{not} filled"


def test_an_unknown_reason_is_a_mistake():
    with pytest.raises(KeyError):
        S3Error("NoSuchReason")
