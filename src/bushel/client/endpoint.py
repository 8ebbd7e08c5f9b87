"""From an endpoint, a bucket and a key to a host and a path, and the region that a bucket is in.

Path style puts the bucket into the path, virtual-host style before the host. S3 User Guide, "Virtual hosting of
buckets".
"""

from typing import Final
from urllib.parse import urlsplit

from bushel.client.configuration import AddressingStyle
from bushel.client.errors import ConfigurationError
from bushel.client.http.connection import Origin
from bushel.protocol.address import check_bucket_name, encode_path, uri_encode
from bushel.protocol.errors import S3Error

_AWS_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn")


class Place:
    """Where a request for a bucket goes.

    Attributes:
        origin: The host.
        base: Path before the key, ending in ``/`` (or ``/`` alone).
        in_host: The bucket is part of the host.
    """

    __slots__ = ("base", "in_host", "origin")

    def __init__(self, origin: Origin, base: str, *, in_host: bool) -> None:
        self.origin = origin
        self.base = base
        self.in_host = in_host

    def path(self, key: str | None) -> str:
        """The raw path of a key, or of the bucket itself."""
        if key is None:
            return self.base if self.in_host or len(self.base) == 1 else self.base[:-1]
        return self.base + encode_path(key)


class Endpoint:
    """An S3, seen from outside.

    Args:
        url: ``None``: AWS' endpoint of the region.
        region: Of the client.
        style: ``auto``: virtual-host style on AWS where the name allows it, path style everywhere else.

    Attributes:
        aws: It is AWS' own, where each region has its host.

    Raises:
        ConfigurationError: The URL is none of ``http://HOST[:PORT]`` or ``https://...``.
    """

    def __init__(self, url: str | None, region: str, style: AddressingStyle) -> None:
        self.region = region
        self._style = style
        self._regions: dict[str, str] = {}
        self._places: dict[str | None, Place] = {}
        self._follows_region = url is None
        self.origin, self.base = _parse(_aws_url(region) if url is None else url)
        self.aws = self.origin.host.endswith(_AWS_SUFFIXES)

    def region_of(self, bucket: str | None) -> str:
        """What requests for a bucket are signed for."""
        return self.region if bucket is None else self._regions.get(bucket, self.region)

    def learn_region(self, bucket: str, region: str) -> None:
        """A bucket was found to be elsewhere."""
        self._regions[bucket] = region
        self._places.pop(bucket, None)

    def follow(self, bucket: str, location: str) -> bool:
        """Send a bucket's requests where a redirection says, if that is a host of the same service. Whether it is.

        Nothing else is followed: a signature, and a session token, are for the service that they were made for.
        """
        try:
            origin, _ = _parse(location.partition("?")[0])
        except ConfigurationError:
            return False
        domain = self.origin.host
        if self.aws:
            domain = next(suffix for suffix in _AWS_SUFFIXES if domain.endswith(suffix)).removeprefix(".")
        if origin.scheme != self.origin.scheme or not (origin.host == domain or origin.host.endswith(f".{domain}")):
            return False
        here = self.place(bucket)
        if here.origin == origin:
            return False
        in_host = origin.host.startswith(f"{bucket}.")
        base = self.base if in_host else f"{self.base}{uri_encode(bucket)}/"
        self._places[bucket] = Place(origin, base, in_host=in_host)
        return True

    def place(self, bucket: str | None) -> Place:
        """Where requests for a bucket, or for the service, go to."""
        found = self._places.get(bucket)
        if found is None:
            if len(self._places) >= 4096:
                self._places.clear()
            found = self._places[bucket] = self._place(bucket)
        return found

    def _place(self, bucket: str | None) -> Place:
        origin, base = self.origin, self.base
        if self.aws and bucket in self._regions:
            origin = _parse(_aws_url(self._regions[bucket]))[0]
        if bucket is None:
            return Place(origin, base, in_host=False)
        if self._is_virtual(bucket):
            return Place(origin._replace(host=f"{bucket}.{origin.host}"), base, in_host=True)
        return Place(origin, f"{base}{uri_encode(bucket)}/", in_host=False)

    def _is_virtual(self, bucket: str) -> bool:
        host = self.origin.host
        if self._style == "path" or ":" in host or host.replace(".", "").isdigit():
            return False
        if self._style == "auto" and not self.aws:
            return False
        if self.origin.scheme == "https" and "." in bucket:
            return False  # a wildcard certificate holds for one label
        try:
            check_bucket_name(bucket)
        except S3Error:
            return False
        return True


def _aws_url(region: str) -> str:
    if not region.replace("-", "").isalnum() or not region.isascii():
        raise ConfigurationError(f"{region!r} is no region")
    suffix = ".cn" if region.startswith("cn-") else ""
    return f"https://s3.{region}.amazonaws.com{suffix}"


def _parse(url: str) -> tuple[Origin, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"the endpoint {url!r} is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"the endpoint {url!r} is not http://HOST[:PORT] or https://HOST[:PORT]")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("an endpoint has no user, query or fragment")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    return Origin(parts.scheme, host, port or (443 if parts.scheme == "https" else 80)), parts.path.rstrip("/") + "/"
