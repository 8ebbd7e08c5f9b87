"""botocore's serialiser feeds our router and binder."""

import base64

import pytest
from botocore import xform_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.members import members_of
from bushel.protocol.errors import CATALOGUE, S3Error
from oracle.aws import EPOCH, IMPLEMENTED, bind, model, serialise, to_aws
from oracle.strategies import shapes

SAMPLES = {"string": "name", "integer": 1, "long": 1, "boolean": True, "timestamp": EPOCH}


@pytest.mark.parametrize("name", IMPLEMENTED)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_botocore_sends_is_read(name, data):
    operation = IMPLEMENTED[name]
    sent = data.draw(shapes(operation.input, request=True))

    found, read = bind(serialise(name, to_aws(operation.input, sent, model(operation).input_shape)))

    assert found is operation
    assert _without_body(read) == _without_body(sent)


def _without_body(value):
    return {field: getattr(value, field) for field in value.__struct_fields__ if field != "body"}


def _refused_members():
    for name, operation in IMPLEMENTED.items():
        for path in _paths(operation.input):
            yield pytest.param(name, path, id=f"{name}-{'.'.join(member.field for member in path)}")


def _paths(shape, before=()):
    for member in members_of(shape):
        if member.refused is not None:
            yield (*before, member)
        elif member.shape is not None:
            yield from _paths(member.shape, (*before, member))


@pytest.mark.parametrize(("name", "path"), list(_refused_members()))
def test_every_refused_member_is_refused_by_its_name(name, path):
    operation = IMPLEMENTED[name]
    shape = model(operation).input_shape
    params = _required(shape)
    _put(params, shape, path)

    with pytest.raises(S3Error) as refused:
        bind(serialise(name, params))

    last = path[-1]
    assert refused.value.reason in CATALOGUE
    assert refused.value.reason.removesuffix(".Element") == last.refused.reason
    assert last.wire in refused.value.detail.values()


def _required(shape):
    """The least that the model wants of a structure."""
    return {name: _sample(shape.members[name]) for name in shape.required_members}


def _sample(shape):
    match shape.type_name:
        case "structure":
            return _required(shape)
        case "list":
            return [_sample(shape.member)]
        case "string" if shape.enum:
            return shape.enum[0]
        case other:
            return SAMPLES[other]


def _put(params, shape, path):
    """Set the last member of the path to a value that is not allowed."""
    (member, *rest) = path
    name, target = next((name, each) for name, each in shape.members.items() if xform_name(name) == member.field)
    if not rest:
        params[name] = _refused_value(member, target)
    elif target.type_name == "list":
        params[name] = params.get(name) or [_required(target.member)]
        _put(params[name][0], target.member, rest)
    else:
        params.setdefault(name, _required(target))
        _put(params[name], target, rest)


def _refused_value(member, target):
    if member.choices:
        return next(each for each in member.choices if each not in member.refused.allow)
    return _sample(target)


def test_the_body_of_a_stream_is_handed_on_as_it_is():
    body = object()

    read = IMPLEMENTED["PutObject"].read_input("bucket", "key", {}, {}, body)

    assert read.body is body


def test_a_checksum_in_base64_is_read_as_it_was_sent():
    digest = base64.b64encode(bytes(4)).decode()
    params = {"Bucket": "bucket", "Key": "key", "ChecksumCRC32": digest, "ChecksumAlgorithm": "CRC32"}

    _, read = bind(serialise("PutObject", params))

    assert (read.checksum_crc32, read.checksum_algorithm) == (digest, "CRC32")
