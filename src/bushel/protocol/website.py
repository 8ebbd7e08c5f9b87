"""What web sites mean: which configurations can be, and where a request to one is sent instead.

Sources: S3 API Reference, PutBucketWebsite; S3 User Guide, "Hosting a static website using Amazon S3" and
"Configuring a webpage redirect"; the texts of refusals are S3's own, as projects that test against it record them.
"""

import re
from typing import Final, NamedTuple

from bushel.protocol.address import encode_path
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.website import Redirect, RoutingRule, WebsiteConfiguration

MAX_ROUTING_RULES: Final = 50
MAX_REDIRECT_LOCATION_BYTES: Final = 2048

MOVED: Final = 301

PUBLICATIONS: Final = ".bushel-site/"
"""Beginning of the keys where earlier publications of a site are kept: no site serves them."""

CONTENT_SHA256: Final = "bushel-sha256"
"""Name of the user metadata that says what a page's bytes are, in lower-case hexadecimal."""

COMPRESSED_FROM: Final = "bushel-compressed-from"
"""Name of the user metadata of a compressed form: its page's ``CONTENT_SHA256``."""

_PROTOCOLS: Final = frozenset({"http", "https"})

# A name or an address, and a port. Whatever else stood there would say where the browser goes.
_host = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?").fullmatch


def check_website(site: WebsiteConfiguration) -> None:
    """Refuse a configuration that S3 refuses.

    Raises:
        S3Error: InvalidArgument, InvalidRequest, MalformedXML.
    """
    everything = site.redirect_all_requests_to
    if everything is not None:
        if site.index_document is not None or site.error_document is not None or site.routing_rules is not None:
            raise S3Error("MalformedXML")
        if not everything.host_name:
            raise _argument("RedirectAllRequestsTo", everything.host_name, "The Redirect HostName is not well formed")
        _check_target(everything.host_name, everything.protocol)
        return
    if site.index_document is None:
        message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        raise _argument("IndexDocument", "null", message)
    suffix = site.index_document.suffix
    if not suffix or "/" in suffix:
        raise _argument("IndexDocument", suffix, "The IndexDocument Suffix is not well formed")
    if site.error_document is not None and not site.error_document.key:
        raise _argument("ErrorDocument", "", "The ErrorDocument Key is not well formed")
    rules = site.routing_rules
    if rules is None:
        return
    if not rules:
        raise S3Error("MalformedXML")
    if len(rules) > MAX_ROUTING_RULES:
        raise _invalid(
            f"{len(rules)} routing rules provided, the number of routing rules in a website configuration "
            f"is limited to {MAX_ROUTING_RULES}."
        )
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: RoutingRule) -> None:
    redirect, condition = rule.redirect, rule.condition
    if redirect == Redirect():
        raise S3Error("MalformedXML")
    if redirect.replace_key_with is not None and redirect.replace_key_prefix_with is not None:
        raise _invalid("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    _check_target(redirect.host_name, redirect.protocol)
    code = redirect.http_redirect_code
    if code is not None and not (_is_status(code) and 300 < int(code) < 400):
        raise _invalid(f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.")
    if condition is None:
        return
    error = condition.http_error_code_returned_equals
    if error is None and condition.key_prefix_equals is None:
        raise _invalid(
            "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't "
            "be present."
        )
    if error is not None and not (_is_status(error) and 400 <= int(error) < 600):
        raise _invalid(f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX.")


def _check_target(host_name: str | None, protocol: str | None) -> None:
    if protocol is not None and protocol not in _PROTOCOLS:
        raise _invalid(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        )
    # S3 takes any text. What is no host cannot be put into an address: refused where it is set, not where it is used.
    if host_name is not None and _host(host_name) is None:
        raise _argument("HostName", host_name, "The HostName of a redirect must be a host name.")


def _is_status(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def check_redirect_location(location: str) -> None:
    """Refuse a value of x-amz-website-redirect-location that S3 refuses.

    Raises:
        S3Error: InvalidRedirectLocation.
    """
    if not location.startswith(("/", "http://", "https://")):
        raise S3Error("InvalidRedirectLocation")
    if len(location.encode()) > MAX_REDIRECT_LOCATION_BYTES:
        raise S3Error("InvalidRedirectLocation.Length")


class Asked(NamedTuple):
    """What a request to a web site asked for, as far as redirects look at it.

    Attributes:
        scheme: ``http`` or ``https``.
        host: With port, as asked for.
        key: What the path names, before any index document.
        query: Raw, without the question mark.
    """

    scheme: str
    host: str
    key: str
    query: str


class Target(NamedTuple):
    """Where a request is sent instead."""

    status: int
    location: str


def redirect_of_all(site: WebsiteConfiguration, asked: Asked) -> Target | None:
    """Where every request of the site goes; ``None`` for a site of its own."""
    everything = site.redirect_all_requests_to
    if everything is None:
        return None
    return Target(MOVED, _url(everything.protocol or asked.scheme, everything.host_name, asked.key, asked.query))


def redirect_before(site: WebsiteConfiguration, asked: Asked) -> Target | None:
    """Where the rules send a request that nobody has tried to answer."""
    for rule in site.routing_rules or ():
        condition = rule.condition
        if condition is None or (
            condition.http_error_code_returned_equals is None and _has_prefix(asked, condition.key_prefix_equals)
        ):
            return _target(rule, asked)
    return None


def redirect_after(site: WebsiteConfiguration, asked: Asked, status: int) -> Target | None:
    """Where the rules send a request that could not be answered."""
    for rule in site.routing_rules or ():
        condition = rule.condition
        if (
            condition is not None
            and condition.http_error_code_returned_equals == str(status)
            and _has_prefix(asked, condition.key_prefix_equals)
        ):
            return _target(rule, asked)
    return None


def _has_prefix(asked: Asked, prefix: str | None) -> bool:
    return prefix is None or asked.key.startswith(prefix)


def _target(rule: RoutingRule, asked: Asked) -> Target:
    redirect = rule.redirect
    key = asked.key
    if redirect.replace_key_with is not None:
        key = redirect.replace_key_with
    elif redirect.replace_key_prefix_with is not None:
        prefix = (rule.condition.key_prefix_equals if rule.condition is not None else None) or ""
        key = redirect.replace_key_prefix_with + key.removeprefix(prefix)
    url = _url(redirect.protocol or asked.scheme, redirect.host_name or asked.host, key, asked.query)
    return Target(int(redirect.http_redirect_code or MOVED), url)


def _url(scheme: str, host: str, key: str, query: str) -> str:
    return f"{scheme}://{host}{path_of(key)}{'?' if query else ''}{query}"


def path_of(key: str) -> str:
    """The path of a key: one that begins with a slash must not read as a host."""
    path = encode_path(key)
    return f"/%2F{path[1:]}" if path.startswith("/") else f"/{path}"


def _argument(name: str, value: str, message: str) -> S3Error:
    return S3Error("InvalidArgument", message=message, ArgumentName=name, ArgumentValue=value)


def _invalid(message: str) -> S3Error:
    return S3Error("InvalidRequest", message=message)
