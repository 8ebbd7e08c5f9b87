"""What reverse proxies say about the client behind them, believed only from the networks named by the operator.

``X-Forwarded-For``, ``-Proto`` and ``-Host`` are a habit, not a standard (RFC 7239 is, and proxies do not send it).
What must not be here: links that the server prints (``--public-url`` settles those).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from bushel.protocol.message import Request
from bushel.server.head import lower_host


class TrustedProxies:
    """Networks whose hosts are believed."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = tuple(networks)

    def trusts(self, address: str) -> bool:
        parsed = _parse(address)
        return parsed is not None and self._contains(parsed)

    def believe(self, request: Request) -> None:
        """Correct ``peer``, ``secure`` and ``host`` of a request whose peer is trusted.

        Where proxies stand in a row, ``-For`` is a list, and each is trusted in turn from the last one on. Of
        ``-Proto`` and ``-Host`` the last value counts: the nearest proxy's, which no client can forge.

        Raises:
            S3Error: The host forwarded is malformed.
        """
        headers = request.headers
        forwarded = headers.get("x-forwarded-for")
        if forwarded is not None:
            for hop in reversed(forwarded.split(",")):
                address = _parse(hop.strip())
                if address is None:
                    break
                request.peer = str(address)
                if not self._contains(address):
                    break
        scheme = headers.get("x-forwarded-proto")
        if scheme is not None:
            request.secure = scheme.rpartition(",")[2].strip().lower() == "https"
        host = headers.get("x-forwarded-host")
        if host is not None:
            host = host.rpartition(",")[2].strip()
            request.host = lower_host(host)
            headers["host"] = host  # the one that the client's signature covers

    def _contains(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port, as proxies write them."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
