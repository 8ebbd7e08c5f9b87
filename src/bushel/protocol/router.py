"""From a request to its operation: the largest set of discriminators that the request satisfies wins.

Discriminators are query parameters (``?acl``, ``list-type=2``) and one header (``x-amz-copy-source``). A request that
names two sub-resources, or one that its resource or method does not have, is refused here and never taken for the plain
operation: ``PUT /bucket/key?inventory`` must not write an object. Parameters that are no discriminator of any operation
are ignored, as S3 ignores them (``x-id`` among them).

What S3 answers to contradictions was measured by others against it: "Conflicting query string parameters", a 405 with
``Allow`` for a sub-resource that lacks the method, a 400 for parts and uploads without a key.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from bushel.protocol.codec.bind import header_in_query, is_query_signed
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import POST_OBJECT, TABLE, Operation
from bushel.protocol.operations.record import Resource
from bushel.protocol.post_form import is_form

_HEADER: Final = "x-amz-copy-source"
_RESOURCES: Final[tuple[Resource, ...]] = ("service", "bucket", "object")
_METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE")

# Discriminators that count beside a sub-resource, or with one value; by themselves they are parameters, or nothing.
_AUXILIARY: Final = frozenset({"annotationName", "id", "list-type", "partNumber"})


# What S3 says of these where the path names no object.
_WITHOUT_KEY: Final = {"uploadId": "InvalidRequest.KeyMissing", "torrent": "RequestTorrentOfBucketError"}


def _names(operations: Iterable[Operation]) -> frozenset[str]:
    return frozenset(name.partition("=")[0] for each in operations for name in each.query)


_EVERY_DISCRIMINATOR: Final = _names(TABLE.values())
_SUBRESOURCES: Final = {
    resource: _names(each for each in TABLE.values() if each.resource == resource) - _AUXILIARY
    for resource in _RESOURCES
}


class _Routes:
    """The operations of one resource under one method.

    Attributes:
        plain: The one without discriminators, and the one with the header alone.
        valued: Those that only one value of an auxiliary parameter makes, by ``name=value``.
        by_subresource: The others, the largest set of discriminators first.
    """

    __slots__ = ("by_subresource", "plain", "plain_with_header", "valued")

    def __init__(self, resource: Resource, method: str) -> None:
        operations = [each for each in TABLE.values() if each.resource == resource and each.method == method]
        self.plain = next((each for each in operations if not each.query and not each.headers), None)
        self.plain_with_header = next((each for each in operations if not each.query and each.headers), self.plain)
        self.valued = {text: each for each in operations for text in each.query if len(each.query) == 1 and "=" in text}
        self.by_subresource = {
            name: sorted((each for each in operations if name in each.query), key=_specificity, reverse=True)
            for name in _names(operations) - _AUXILIARY
        }


def _specificity(operation: Operation) -> int:
    return len(operation.query) + len(operation.headers)


_ROUTES: Final = {resource: {method: _Routes(resource, method) for method in _METHODS} for resource in _RESOURCES}


def route(method: str, resource: Resource, query: Mapping[str, str], headers: Mapping[str, str]) -> Operation:
    """The operation that a request asks for, refused ones included.

    Args:
        method: HTTP method, upper case.
        resource: What the path names.
        query: Parameters, percent-decoded; the first value of one that came more than once.
        headers: Fields by lower-case name.

    Raises:
        S3Error: MethodNotAllowed (with ``Allow``), InvalidArgument or InvalidRequest for contradictions,
            PreconditionFailed for a POST to a bucket that is no form, AccessForbidden for cross-origin preflights.
    """
    routes = _ROUTES[resource].get(method)
    if routes is None:
        raise _unknown_method(method, resource, headers)
    if query and not _EVERY_DISCRIMINATOR.isdisjoint(query):
        return _select(routes, method, resource, query, headers)
    return _plain(routes, method, resource, query, headers)


def _plain(
    routes: _Routes, method: str, resource: Resource, query: Mapping[str, str], headers: Mapping[str, str]
) -> Operation:
    found = routes.plain
    if found is not routes.plain_with_header and _has_header(query, headers):
        found = routes.plain_with_header
    if found is None:
        if resource == "bucket" and method == "POST":
            return _form_upload(headers)
        raise _method_not_allowed(method, resource.upper(), _plain_methods(resource))
    return found


def _has_header(query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    if _HEADER in headers:
        return True
    return bool(query) and is_query_signed(query) and any(header_in_query(name) == _HEADER for name in query)


def _select(
    routes: _Routes, method: str, resource: Resource, query: Mapping[str, str], headers: Mapping[str, str]
) -> Operation:
    """The operation of a request that has discriminators in its query."""
    named = _EVERY_DISCRIMINATOR.intersection(query)
    subresources = named - _AUXILIARY
    if not subresources:
        return _without_subresource(routes, named, method, resource, query, headers)
    name, *others = sorted(subresources)
    if others:
        raise _conflict(subresources)
    if name not in _SUBRESOURCES[resource]:
        raise S3Error(_WITHOUT_KEY[name]) if name in _WITHOUT_KEY else _unexpected(name)
    if "annotationName" in named and name != "annotation":
        raise _conflict({name, "annotationName"})
    part = "partNumber" in named
    if part and name != "uploadId":
        raise _conflict({name, "partNumber"})
    for operation in routes.by_subresource.get(name, ()):
        if part and "partNumber" not in operation.query:
            break  # whoever names a part means a part, never the whole upload
        if operation.query <= named and (not operation.headers or _has_header(query, headers)):
            return operation
    if part:
        raise _method_not_allowed(method, "PART", ["PUT"])
    if name == "annotation" and name in routes.by_subresource:
        raise S3Error("InvalidRequest.AnnotationName")
    if name in routes.by_subresource:
        raise S3Error("InvalidArgument.UploadIdAlone", ArgumentName=name, ArgumentValue=query[name])
    allowed = [each for each, other in _ROUTES[resource].items() if name in other.by_subresource]
    raise _method_not_allowed(method, name.upper(), allowed)


def _without_subresource(
    routes: _Routes,
    named: frozenset[str],
    method: str,
    resource: Resource,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> Operation:
    for name in named:
        found = routes.valued.get(f"{name}={query[name]}")
        if found is not None:
            return found
    if "partNumber" in named:
        if resource != "object":
            raise S3Error("InvalidRequest.KeyName")
        if method not in {"GET", "HEAD"}:
            value = query["partNumber"]
            raise S3Error("InvalidArgument.PartNumberAlone", ArgumentName="partNumber", ArgumentValue=value)
    if "annotationName" in named and resource == "object":
        raise _unexpected("annotationName")
    return _plain(routes, method, resource, query, headers)


def _conflict(names: Iterable[str]) -> S3Error:
    first, *_ = ordered = sorted(names)
    return S3Error(
        "InvalidArgument.ConflictingQuery",
        message=f"Conflicting query string parameters: {', '.join(ordered)}",
        ArgumentName="ResourceType",
        ArgumentValue=first,
    )


def _unexpected(name: str) -> S3Error:
    return S3Error("InvalidArgument.UnexpectedQuery", ArgumentName="ResourceType", ArgumentValue=name)


def _method_not_allowed(method: str, resource_type: str, allowed: Iterable[str]) -> S3Error:
    return S3Error(
        "MethodNotAllowed", headers=[("Allow", ", ".join(allowed))], Method=method, ResourceType=resource_type
    )


def _form_upload(headers: Mapping[str, str]) -> Operation:
    if not is_form(headers.get("content-type", "")):
        condition = "Bucket POST must be of the enclosure-type multipart/form-data"
        raise S3Error("PreconditionFailed", Condition=condition)
    return POST_OBJECT


def _plain_methods(resource: Resource) -> list[str]:
    return [each for each, routes in _ROUTES[resource].items() if routes.plain is not None]


def _unknown_method(method: str, resource: Resource, headers: Mapping[str, str]) -> S3Error:
    if method != "OPTIONS":
        return _method_not_allowed(method, resource.upper(), _plain_methods(resource))
    if not headers.get("origin"):
        return S3Error("BadRequest.Origin")
    asked = headers.get("access-control-request-method", "")
    return S3Error("AccessForbidden.CORS", Method=asked, ResourceType=resource.upper())
