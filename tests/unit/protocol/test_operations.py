"""What must hold for every record of the table."""

import pytest

from bushel.protocol import operations
from bushel.protocol.codec.members import stream_member
from bushel.protocol.errors import CATALOGUE, S3Error
from bushel.protocol.operations import NOT_ROUTED, TABLE

IMPLEMENTED = [operation for operation in TABLE.values() if operation.refused is None]
REFUSED = [operation for operation in TABLE.values() if operation.refused is not None]


@pytest.mark.parametrize("operation", IMPLEMENTED, ids=lambda each: each.name)
def test_an_implemented_operation_has_what_others_read_from_it(operation):
    constant = getattr(operations, _constant(operation.name))

    assert constant is operation
    assert operation.action.startswith("s3:")
    assert operation.input is not None
    assert operation.status in {200, 204}
    assert (operation.body == "stream") == (stream_member(operation.input) is not None)
    assert operation.streams_output == (operation.output is not None and stream_member(operation.output) is not None)
    assert not operation.streams_output or hasattr(operation.output, "body")
    assert operation.never_configured is None or operation.never_configured in CATALOGUE
    assert operation.never_configured is None or operation.output is None


def _constant(name):
    return "".join(f"_{each}" if each.isupper() else each for each in name).lstrip("_").upper()


@pytest.mark.parametrize("operation", REFUSED, ids=lambda each: each.name)
def test_a_refused_operation_names_itself(operation):
    with pytest.raises(S3Error) as refused:
        operation.read_input("bucket", "key", {}, {}, b"")

    assert (refused.value.code, refused.value.status) == ("NotImplemented", 501)
    assert refused.value.detail == {"Operation": operation.name}
    assert operation.refused


def test_reasons_are_sentences_for_the_compatibility_page():
    for reason in [*NOT_ROUTED.values(), *(operation.refused for operation in REFUSED)]:
        assert len(reason.split()) > 2
        assert not reason.endswith(".")


def test_an_operation_has_no_attributes_but_its_own():
    with pytest.raises(AttributeError):
        _ = operations.PUT_OBJECT.read_inptu
    assert repr(operations.PUT_OBJECT) == "<Operation PutObject>"
