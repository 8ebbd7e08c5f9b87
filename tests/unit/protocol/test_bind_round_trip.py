"""The client's binding is the inverse of the server's: nothing is lost on either way."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.fields import Stream
from bushel.protocol.codec.members import members_of
from bushel.protocol.operations import TABLE
from bushel.protocol.router import route
from oracle.strategies import ANY_METADATA, shapes

IMPLEMENTED = {name: operation for name, operation in TABLE.items() if operation.refused is None}
settings.register_profile("shapes", max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings.get_profile("shapes")


@pytest.mark.parametrize("name", IMPLEMENTED)
@settings(MANY)
@given(data=st.data())
def test_an_input_survives_its_request(name, data):
    operation = IMPLEMENTED[name]
    sent = data.draw(shapes(operation.input, request=True, metadata=ANY_METADATA))

    request = operation.write_input(sent)
    found = route(operation.method, operation.resource, request.query, request.headers)
    stream = next((each.field for each in members_of(operation.input) if isinstance(each.place, Stream)), "")
    payload = getattr(sent, stream, None) if operation.body == "stream" else request.document
    read = found.read_input(request.bucket, request.key, request.query, request.headers, payload)

    assert found is operation
    assert read == sent


@pytest.mark.parametrize("name", [name for name, operation in IMPLEMENTED.items() if operation.output is not None])
@settings(MANY)
@given(data=st.data())
def test_an_output_survives_its_answer(name, data):
    operation = IMPLEMENTED[name]
    told = data.draw(shapes(operation.output, request=False, metadata=ANY_METADATA))

    status, headers, body = operation.write_output(told)
    read = operation.read_output(status, {header.lower(): value for header, value in headers}, body)

    assert _without_empty_text(read) == _without_empty_text(told)


def _without_empty_text(output):
    """An empty text of a root is no text: a location that S3 leaves empty is us-east-1."""
    if getattr(output, "location_constraint", None) == "":
        return type(output)()
    return output
