"""Our table and shapes against botocore's model of S3: nothing is missing, elsewhere, or of another type."""

import pytest

from bushel.protocol.codec.fields import Header, HeaderPrefix, Path, Payload, Query, Stream, Text, Xml
from bushel.protocol.codec.members import members_of
from bushel.protocol.operations import NOT_ROUTED, TABLE
from oracle.aws import IMPLEMENTED, SERVICE, field_of, model

# Members that are described otherwise here, and why.
TYPES_OF_OUR_OWN = {
    "expires": "comes back as it came, so it is text and not an instant",
    "response_expires": "comes back as it came, so it is text and not an instant",
}
OPEN_ENUMERATIONS = {
    "BucketCannedACL",  # the User Guide knows more than the model
    "BucketLocationConstraint",  # a region is what the server is set to
}

# Never configured: the members that describe a configuration come with the function that acts on it.
DESCRIBED_LATER = {
    "GetBucketLogging",
    "GetBucketNotificationConfiguration",
    "ListBucketAnalyticsConfigurations",
    "ListBucketIntelligentTieringConfigurations",
    "ListBucketInventoryConfigurations",
    "ListBucketMetricsConfigurations",
}

SELECTING_PARAMETERS = {"uploadId", "partNumber", "id", "annotationName"}
KINDS = {
    "string": {"string"},
    "integer": {"integer"},
    "long": {"integer"},
    "boolean": {"boolean"},
    "timestamp": {"timestamp"},
    "structure": {"structure"},
    "map": {"map"},
    "blob": {"any"},
}


def test_every_operation_is_implemented_or_refused_with_a_reason():
    assert set(SERVICE.operation_names) == set(TABLE) | set(NOT_ROUTED)
    assert not set(TABLE) & set(NOT_ROUTED)
    for operation in TABLE.values():
        assert (operation.input is None) == (operation.refused is not None), operation
    assert all(NOT_ROUTED.values())


@pytest.mark.parametrize("name", TABLE)
def test_an_operation_is_found_where_the_model_says(name):
    operation, theirs = TABLE[name], SERVICE.operation_model(name)
    uri, _, fixed = theirs.http["requestUri"].partition("?")
    resource = {"/": "service", "/{Bucket}": "bucket", "/{Bucket}/{Key+}": "object"}[uri]
    required = [theirs.input_shape.members[each] for each in theirs.input_shape.required_members]
    selectors = {each.serialization.get("name") for each in required} & SELECTING_PARAMETERS
    headers = {each.serialization.get("name") for each in required} & {"x-amz-copy-source"}
    # The type of a query in SQL is no choice: there is one.
    expected = ({each for each in fixed.split("&") if each} - {"select-type=2"}) | selectors

    assert (operation.method, operation.resource) == (theirs.http["method"], resource)
    if operation.refused is None:
        assert operation.query == expected
    else:
        # No two of the refused ones differ by the name of a configuration alone.
        assert operation.query | {"id", "annotationName"} >= expected >= operation.query
    assert operation.headers == headers
    assert operation.status == theirs.http.get("responseCode", 200) or operation.refused


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_every_input_member_is_there(name):
    _compare(IMPLEMENTED[name].input, model(IMPLEMENTED[name]).input_shape, whole=True, request=True)


@pytest.mark.parametrize("name", [name for name, each in IMPLEMENTED.items() if each.never_configured is None])
def test_every_output_member_is_there(name):
    ours, theirs = IMPLEMENTED[name].output, model(IMPLEMENTED[name]).output_shape
    if ours is None:
        assert theirs is None or not theirs.members
    else:
        _compare(ours, theirs, whole=name not in DESCRIBED_LATER)


def _compare(shape, theirs, *, whole, request=False):
    ours = {member.field: member for member in members_of(shape)}
    expected = {field_of(name): (name, member) for name, member in theirs.members.items()}

    assert set(ours) <= set(expected)
    assert not whole or set(ours) == set(expected)
    for field, member in ours.items():
        name, target = expected[field]
        where = f"{shape.__name__}.{field}"
        place, wire = _place(theirs, name, target)
        assert isinstance(member.place, place), where
        assert member.wire.lower() == wire.lower(), where
        assert not request or member.required == (name in theirs.required_members), where
        if target.type_name == "list":
            _compare_list(member, target, where)
            target = target.member
        assert field in TYPES_OF_OUR_OWN or member.kind in KINDS[target.type_name], where
        if target.type_name == "string" and target.name not in OPEN_ENUMERATIONS:
            assert set(member.choices) == set(target.enum), where
        if member.kind == "timestamp":
            assert _is_iso(member) == _is_iso_there(target, member), where
        if member.shape is not None:
            _compare(member.shape, target, whole=whole, request=request)


def _compare_list(member, target, where):
    assert member.is_list, where
    flattened = target.serialization.get("flattened", False)
    if isinstance(member.place, Xml):
        assert (member.place.item is None) == flattened, where
        assert flattened or member.place.item == target.member.serialization.get("name", "member"), where


def _place(shape, name, member):
    location = member.serialization.get("location")
    wire = member.serialization.get("name", name)
    if name == shape.serialization.get("payload"):
        return (Stream, "") if member.type_name == "blob" else (Payload, wire)
    if location is None and member.name == "BucketLocationConstraint" and shape.name == "GetBucketLocationOutput":
        return Text, ""
    if member.serialization.get("xmlAttribute"):
        wire = wire.partition(":")[2]
    return {"uri": Path, "header": Header, "headers": HeaderPrefix, "querystring": Query, None: Xml}[location], wire


def _is_iso(member):
    style = member.moment.style
    return style == "iso8601" or (style is None and isinstance(member.place, Xml))


def _is_iso_there(target, member):
    style = target.serialization.get("timestampFormat")
    return style == "iso8601" or (style is None and isinstance(member.place, Xml))
