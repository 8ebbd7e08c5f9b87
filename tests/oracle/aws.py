"""botocore as an oracle: its model of S3, its serialiser, its parser, and the way from our shapes to its own."""

import keyword
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from msgspec import Struct
from msgspec.structs import fields

from bushel.protocol.codec.members import Member, members_of
from bushel.protocol.codec.scalars import read_rfc1123
from bushel.protocol.operations import TABLE, Operation
from bushel.protocol.router import route

SERVICE = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
SERIALISER = create_serializer("rest-xml", include_validation=True)
PARSER = create_parser("rest-xml")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IMPLEMENTED = {name: operation for name, operation in TABLE.items() if operation.refused is None}


class Wire(NamedTuple):
    """A request as the router and the binder get it."""

    method: str
    resource: str
    bucket: str | None
    key: str | None
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def model(operation: Operation) -> OperationModel:
    return SERVICE.operation_model(operation.name)


def serialise(name: str, params: dict[str, Any]) -> Wire:
    """What botocore makes of an operation's parameters, without its event handlers."""
    request = SERIALISER.serialize_to_request(params, SERVICE.operation_model(name))
    path, _, fixed = request["url_path"].partition("?")
    query = dict(parse_qsl(fixed, keep_blank_values=True))
    # Round the parameters through their text, which turns numbers and booleans into strings.
    query |= dict(parse_qsl(urlencode(request["query_string"], doseq=True), keep_blank_values=True))
    headers = {key.lower(): str(value) for key, value in request["headers"].items()}
    body = request["body"]
    bucket, _, key = path[1:].partition("/")
    resource = "object" if key else "bucket" if bucket else "service"
    return Wire(
        request["method"],
        resource,
        unquote(bucket) or None,
        unquote(key) or None,
        query,
        headers,
        body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else b"",
    )


def bind(wire: Wire) -> tuple[Operation, Any]:
    """Route and bind a request."""
    operation = route(wire.method, wire.resource, wire.query, wire.headers)
    return operation, operation.read_input(wire.bucket, wire.key, wire.query, wire.headers, wire.body)


def parse(operation: Operation, status: int, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """What botocore makes of an answer."""
    answer = {"status_code": status, "headers": HeadersDict(headers), "body": body, "context": {}}
    parsed = PARSER.parse(answer, model(operation).output_shape)
    del parsed["ResponseMetadata"]
    return parsed


def field_of(name: str) -> str:
    """The attribute that a member of the model is in our shapes: botocore's word, unless Python has it."""
    word = xform_name(name)
    return f"{word}_" if keyword.iskeyword(word) else word


def to_aws(shape: type[Struct], value: Any, aws: Shape) -> dict[str, Any]:
    """Our structure as botocore's dictionary; what is None is left out, and what is empty where empty is nothing."""
    defaults = {field.name: field.default for field in fields(shape)}
    theirs = {field_of(name): (name, member) for name, member in aws.members.items()}
    result = {}
    for member in members_of(shape):
        given = getattr(value, member.field)
        if given is None or (not given and isinstance(given, tuple | dict) and defaults[member.field] is not None):
            continue
        name, target = theirs[member.field]
        result[name] = (
            [_value(member, each, target.member) for each in given] if member.is_list else _value(member, given, target)
        )
    return result


def _value(member: Member, given: Any, target: Shape) -> Any:
    if member.shape is not None:
        return to_aws(member.shape, given, target)
    if member.kind == "timestamp":
        return EPOCH + timedelta(milliseconds=given)
    if target.type_name == "timestamp":
        return EPOCH + timedelta(milliseconds=read_rfc1123(given))
    return given


def without_empties(value: Any) -> Any:
    """Drop what the two sides may leave out or spell out: empty strings, lists and maps."""
    if isinstance(value, dict):
        cleaned = {name: without_empties(each) for name, each in value.items()}
        return {name: each for name, each in cleaned.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [without_empties(each) for each in value]
    return value
