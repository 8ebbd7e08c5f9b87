"""Which proxy stands before an origin, by the environment's usual variables.

``https_proxy``, ``http_proxy``, ``all_proxy`` and ``no_proxy`` in lower or upper case, except ``HTTP_PROXY``, which a
web server may have set from a request's header (CVE-2016-5385).
"""

import base64
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bushel.client.errors import ConfigurationError


class Proxy(NamedTuple):
    """A proxy.

    Attributes:
        authorization: Value of ``Proxy-Authorization``; a secret.
    """

    host: str
    port: int
    authorization: str | None

    def __repr__(self) -> str:
        return f"Proxy({self.host}:{self.port})"


def proxy_for(scheme: str, host: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for an origin, or ``None``.

    Raises:
        ConfigurationError: The variable holds no URL of an HTTP proxy.
    """
    names = [f"{scheme}_proxy", "all_proxy"]
    url = next((found for name in names if (found := _variable(name, environ))), "")
    if not url or _bypassed(host, _variable("no_proxy", environ)):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise ConfigurationError(f"the proxy for {scheme} must be http://HOST:PORT")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, port, authorization)


def _variable(name: str, environ: Mapping[str, str]) -> str:
    found = environ.get(name, "")
    return found if found or name == "http_proxy" else environ.get(name.upper(), "")


def _bypassed(host: str, no_proxy: str) -> bool:
    for each in no_proxy.split(","):
        name = each.strip().lower().removeprefix(".").partition(":")[0]
        if name == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
    return False
