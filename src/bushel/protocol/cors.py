"""Cross-origin requests: which rules a bucket can have, and what a rule says to a request. Pure.

A rule is compiled once; the first one that matches origin, method and requested headers decides. What must not be here:
where rules are kept, whether a caller may do what is asked (CORS speaks to browsers, it permits nothing here).

Source: S3 User Guide, "Using cross-origin resource sharing" and "Elements of a CORS configuration"; where these are
silent, what others recorded of S3's answers.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.cors import CorsConfiguration, CorsRule

MAX_RULES: Final = 100
MAX_ID_LENGTH: Final = 255
METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})

VARY: Final = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")

Fields = list[tuple[str, str]]
"""Header fields, in the order to send."""

_MAX_AGE_LIMIT: Final = 2**31
# RFC 9110 section 5.6.2.
_token: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch


def check_cors(configuration: CorsConfiguration) -> None:
    """Refuse rules that a bucket cannot have.

    Raises:
        S3Error: InvalidRequest with what is wrong; MalformedXML for an age that is none.
    """
    rules = configuration.cors_rules
    if len(rules) > MAX_RULES:
        raise S3Error("InvalidRequest.CorsRules")
    ids = [rule.id for rule in rules if rule.id is not None]
    if len(set(ids)) < len(ids):
        raise S3Error("InvalidRequest.CorsIds")
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: CorsRule) -> None:
    if rule.id is not None and len(rule.id) > MAX_ID_LENGTH:
        raise S3Error("InvalidRequest.CorsId")
    for method in rule.allowed_methods:
        if method not in METHODS:
            raise S3Error("InvalidRequest", message=_UNSUPPORTED_METHOD + method)
    for name, patterns in (("AllowedOrigin", rule.allowed_origins), ("AllowedHeader", rule.allowed_headers)):
        for pattern in patterns:
            if pattern.count("*") > 1:
                raise S3Error("InvalidRequest", message=f'{name} "{pattern}" can not have more than one wildcard.')
    for header in rule.allowed_headers:
        if not _token(header):
            raise S3Error("InvalidRequest", message=f'AllowedHeader "{header}" contains invalid character.')
    for header in rule.expose_headers:
        if "*" in header:
            wildcard = "contains wildcard. We currently do not support wildcard for ExposeHeader."
            raise S3Error("InvalidRequest", message=f'ExposeHeader "{header}" {wildcard}')
        if not _token(header):
            raise S3Error("InvalidRequest", message=f'ExposeHeader "{header}" contains invalid character.')
    if rule.max_age_seconds is not None and not 0 <= rule.max_age_seconds < _MAX_AGE_LIMIT:
        raise S3Error("MalformedXML")


_UNSUPPORTED_METHOD: Final = "Found unsupported HTTP method in CORS config. Unsupported method is "


class _Pattern(NamedTuple):
    """What stands before and after the star; ``after`` is ``None`` without one."""

    before: str
    after: str | None

    def matches(self, text: str) -> bool:
        before, after = self
        if after is None:
            return text == before
        return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


def _pattern(text: str) -> _Pattern:
    before, star, after = text.partition("*")
    return _Pattern(before, after if star else None)


class _Rule(NamedTuple):
    """A compiled rule.

    Attributes:
        origins: Patterns, and whether each is the star alone.
        methods: That are allowed.
        headers: Patterns in lower case.
        allow_methods: Value of the answer's field.
        fields: What the answer has beside origin, methods and requested headers.
    """

    origins: tuple[tuple[_Pattern, bool], ...]
    methods: frozenset[str]
    headers: tuple[_Pattern, ...]
    allow_methods: str
    fields: tuple[tuple[str, str], ...]

    def origin(self, origin: str) -> str | None:
        """What to answer to an origin; ``None`` where the rule does not have it."""
        for pattern, everybody in self.origins:
            if pattern.matches(origin):
                return "*" if everybody else origin
        return None

    def has_headers(self, names: Sequence[str]) -> bool:
        return all(_token(name) and any(pattern.matches(name) for pattern in self.headers) for name in names)


class Cors:
    """A bucket's rules, compiled.

    Attributes:
        configuration: As they were put.
    """

    __slots__ = ("_rules", "configuration")

    def __init__(self, configuration: CorsConfiguration) -> None:
        self.configuration: Final = configuration
        self._rules = tuple(_compile(rule) for rule in configuration.cors_rules)

    def allow(self, origin: str, method: str, requested_headers: str | None) -> Fields | None:
        """What a browser is told of a request.

        Args:
            origin: Value of ``Origin``.
            method: Value of ``Access-Control-Request-Method``; of an ordinary request without it, its own method.
            requested_headers: Value of ``Access-Control-Request-Headers``, which S3 heeds in ordinary requests too.

        Returns:
            Header fields of the answer; ``None`` where no rule matches.
        """
        names = [name.strip().lower() for name in requested_headers.split(",")] if requested_headers else []
        for rule in self._rules:
            if method not in rule.methods:
                continue
            allowed = rule.origin(origin)
            if allowed is None or not rule.has_headers(names):
                continue
            fields = [("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Methods", rule.allow_methods)]
            if names:
                fields.append(("Access-Control-Allow-Headers", ", ".join(names)))
            fields += rule.fields
            if allowed != "*":
                # Browsers take no answer to a request with credentials that allows every origin.
                fields.append(("Access-Control-Allow-Credentials", "true"))
            fields.append(VARY)
            return fields
        return None


def _compile(rule: CorsRule) -> _Rule:
    fields = []
    if rule.expose_headers:
        fields.append(("Access-Control-Expose-Headers", ", ".join(rule.expose_headers)))
    if rule.max_age_seconds is not None:
        fields.append(("Access-Control-Max-Age", str(rule.max_age_seconds)))
    return _Rule(
        tuple((_pattern(origin), origin == "*") for origin in rule.allowed_origins),
        frozenset(rule.allowed_methods),
        tuple(_pattern(header.lower()) for header in rule.allowed_headers),
        ", ".join(rule.allowed_methods),
        tuple(fields),
    )


def preflight(cors: Cors | None, origin: str, method: str | None, requested_headers: str | None, kind: str) -> Fields:
    """The answer to the question of a browser whether it may send a request.

    Args:
        cors: The bucket's rules.
        origin: Value of ``Origin``.
        method: Value of ``Access-Control-Request-Method``.
        requested_headers: Value of ``Access-Control-Request-Headers``.
        kind: What the path names: ``BUCKET`` or ``OBJECT``.

    Raises:
        S3Error: AccessForbidden where the bucket has no rules or none matches, BadRequest for a method that is none.
    """
    if cors is None:
        raise S3Error("AccessForbidden.CORS", Method=method or "OPTIONS", ResourceType="BUCKET")
    if method not in METHODS:
        raise S3Error("BadRequest", message=f"Invalid Access-Control-Request-Method: {method or 'null'}")
    fields = cors.allow(origin, method, requested_headers)
    if fields is None:
        raise S3Error("AccessForbidden.NotAllowed", Method=method, ResourceType=kind)
    return fields
