"""Which hosts are web sites: names below a domain of sites, and buckets that are named as their own domain."""

from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple

from bushel.protocol.address import Addressing, host_name

# *.localhost means this machine by RFC 6761 section 6.3, so these need no setting up.
BUILT_IN_DOMAIN: Final = "s3-website.localhost"

_BUCKET_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


class Speaks(Enum):
    """What a host speaks."""

    S3 = "S3"
    SITE = "site"
    SITE_OF_A_BUCKET_OF_ITS_NAME = "site, if there is a bucket of this name and it is one"


class Host(NamedTuple):
    """One host: what it speaks, and whose site it is; no bucket for the domain of the sites itself."""

    speaks: Speaks
    bucket: str = ""


_S3: Final = Host(Speaks.S3)


class SiteHosts:
    """Tells hosts apart by their names alone.

    ``<bucket>.<website domain>`` is the site of a bucket; where domains of S3 and of sites end one another, the longer
    one counts. The service's own names and addresses never are the site of a bucket.

    Args:
        domains: Of sites.
        addressing: Of S3.
    """

    def __init__(self, domains: Iterable[str], addressing: Addressing) -> None:
        self._domains = frozenset({BUILT_IN_DOMAIN, *map(host_name, domains)})
        self._own = addressing.own_hosts - self._domains
        endings = [(f".{each}", Speaks.SITE) for each in self._domains]
        endings += [(ending, Speaks.S3) for ending in addressing.endings if ending[1:] not in self._domains]
        self._endings = sorted(endings, key=lambda ending: len(ending[0]), reverse=True)

    def __getitem__(self, host: str) -> Host:
        """What a host speaks on the port of S3; with or without its port."""
        name = host_name(host)
        if name in self._domains:
            return Host(Speaks.SITE)
        if name in self._own or _is_address(name):
            return _S3
        for ending, speaks in self._endings:
            if name.endswith(ending):
                return _S3 if speaks is Speaks.S3 else Host(speaks, name.removesuffix(ending))
        if 3 <= len(name) <= 63 and _BUCKET_CHARACTERS.issuperset(name):
            return Host(Speaks.SITE_OF_A_BUCKET_OF_ITS_NAME, name)
        return _S3

    def on_port_of_sites(self, host: str) -> str:
        """The bucket whose site a host is where nothing but sites is served; empty where it is none's."""
        found = self[host]
        if found.speaks is not Speaks.S3:
            return found.bucket
        name = host_name(host)
        if name not in self._own:
            for ending, _ in self._endings:
                if name.endswith(ending):
                    return name.removesuffix(ending)
        return ""


def _is_address(name: str) -> bool:
    return name.startswith("[") or name.replace(".", "").isdigit()
