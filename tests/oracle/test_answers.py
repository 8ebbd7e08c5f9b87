"""botocore's parser reads what our writers write."""

from types import SimpleNamespace

import pytest
from botocore.handlers import parse_get_bucket_location
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.xml_write import write_error
from bushel.protocol.operations import GET_BUCKET_LOCATION
from oracle.aws import IMPLEMENTED, PARSER, model, parse, to_aws, without_empties
from oracle.strategies import header_text, shapes, token_text, xml_text

WITH_OUTPUT = [name for name, operation in IMPLEMENTED.items() if operation.output is not None]


@pytest.mark.parametrize("name", WITH_OUTPUT)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_is_what_botocore_reads(name, data):
    operation = IMPLEMENTED[name]
    output = data.draw(shapes(operation.output, request=False))
    expected = to_aws(operation.output, output, model(operation).output_shape)

    status, headers, body = operation.write_output(output)
    read = parse(operation, status, headers, body)
    if operation is GET_BUCKET_LOCATION:
        parse_get_bucket_location(read, SimpleNamespace(raw=body, content=body))

    assert without_empties(_comparable(read)) == without_empties(_comparable(expected))
    assert status == (206 if getattr(output, "content_range", None) is not None else operation.status)


def _comparable(answer):
    """Streams aside, and the text of dates that botocore gives beside the date."""
    return {name: value for name, value in answer.items() if name not in {"Body", "ExpiresString"}}


@given(code=token_text, message=xml_text, detail=st.dictionaries(st.sampled_from(["Key", "Condition"]), header_text))
def test_an_error_is_what_botocore_reads(code, message, detail):
    body = write_error(code, message, detail, "request", "host")

    parsed = PARSER.parse({"status_code": 400, "headers": {}, "body": body, "context": {}}, None)

    assert without_empties(parsed["Error"]) == without_empties({"Code": code, "Message": message, **detail})
