"""Where a request points: host and raw target to bucket and key, and back. The one place for percent-encoding.

Keys are kept as sent: no dot segments are removed, no slashes merged, ``+`` in a path is a plus sign (S3 User Guide,
"Creating object key names"). Nothing here knows operations, signatures, or whether a bucket exists.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bushel.protocol.errors import S3Error

MAX_KEY_BYTES = 1024

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_UNRESERVED_AND_SLASH = _UNRESERVED + b"/"
_ENCODED = [chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in range(256)]
_ENCODED_IN_PATH = [*_ENCODED]
_ENCODED_IN_PATH[ord("/")] = "/"
_HEX_DIGITS = "0123456789abcdefABCDEF"
_DECODED = {(high + low).encode(): bytes((int(high + low, 16),)) for high in _HEX_DIGITS for low in _HEX_DIGITS}


def uri_encode(value: str) -> str:
    """Encode all but the unreserved characters, as UTF-8, in upper-case hex (S3 API Reference, "UriEncode()")."""
    octets = value.encode()
    if not octets.translate(None, _UNRESERVED):
        return value
    return "".join([_ENCODED[octet] for octet in octets])


def encode_path(path: str) -> str:
    """Like ``uri_encode``, but slashes stay."""
    octets = path.encode()
    if not octets.translate(None, _UNRESERVED_AND_SLASH):
        return path
    return "".join([_ENCODED_IN_PATH[octet] for octet in octets])


def decode_path(raw: str) -> str:
    """The text of a raw path or a piece of one.

    Raises:
        S3Error: ``InvalidURI`` where an escape is malformed or the octets are not UTF-8.
    """
    if raw.isascii():
        # Slashes are by far the most frequent escape; the replacement is right if nothing escaped remains.
        plain = raw.replace("%2F", "/")
        if "%" not in plain:
            return plain
    try:
        return _octets(raw).decode()
    except (KeyError, UnicodeError):
        raise _invalid_uri(raw) from None


def normalized_path(raw: str) -> str:
    """The raw path in S3's own encoding, whatever the client chose to escape; an escaped slash stays escaped."""
    octets = raw.encode("latin-1", "replace")
    if not octets.translate(None, _UNRESERVED_AND_SLASH):
        return raw
    try:
        return "/".join(["".join([_ENCODED[octet] for octet in _octets(segment)]) for segment in raw.split("/")])
    except (KeyError, UnicodeError):
        return raw


def parse_query(raw: str) -> dict[str, str]:
    """Names and values of a raw query, decoded. ``+`` is a space, ``?acl`` has the value ``""``, the first one wins.

    Raises:
        S3Error: ``InvalidURI`` where an escape is malformed or the octets are not UTF-8.
    """
    found: dict[str, str] = {}
    if not raw:
        return found
    octets = not raw.isascii()
    for pair in raw.split("&"):
        name, _, value = pair.partition("=")
        if octets or "%" in pair or "+" in pair:
            name = _decode_query(name)
            value = _decode_query(value)
        if pair and name not in found:
            found[name] = value
    return found


def sorted_query(raw: str, without: str = "&") -> str:
    """The query as Signature Version 4 wants it of a client that sent it in S3's encoding: sorted by name, value.

    Args:
        raw: As it stands in the target.
        without: Pairs that begin with this are left out.
    """
    if "\x01" in raw:
        return canonical_query(raw, without)
    # The equals sign gives way to the least character, so that a name sorts before the longer ones that begin with it.
    pairs = [pair.replace("=", "\x01", 1) for pair in raw.split("&") if pair and not pair.startswith(without)]
    pairs.sort()
    if raw.count("=") < len(pairs):
        pairs = [pair if "\x01" in pair else pair + "=" for pair in pairs]
    return "&".join(pairs).replace("\x01", "=")


def canonical_query(raw: str, without: str = "&") -> str:
    """The query as Signature Version 4 wants it, whatever the client chose to escape.

    Raises:
        S3Error: ``InvalidURI`` where an escape is malformed.
    """
    pairs: list[tuple[str, str]] = []
    for pair in raw.split("&"):
        name, _, value = pair.partition("=")
        if pair and not pair.startswith(without):
            pairs.append((_recode(name), _recode(value)))
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs])


def encode_query(parameters: Iterable[tuple[str, str]]) -> str:
    """A raw query, in S3's encoding, in the order given."""
    return "&".join([f"{uri_encode(name)}={uri_encode(value)}" for name, value in parameters])


def _octets(raw: str) -> bytes:
    """The octets that a raw target stands for. KeyError: malformed escape; UnicodeError: not octets at all."""
    first, *escaped = raw.encode("latin-1").split(b"%")
    if not escaped:
        return first
    pieces = [first]
    for piece in escaped:
        pieces.append(_DECODED[piece[:2]])
        pieces.append(piece[2:])
    return b"".join(pieces)


def _decode_query(raw: str) -> str:
    if "+" in raw:
        raw = raw.replace("+", " ")
    return decode_path(raw)


def _recode(raw: str) -> str:
    try:
        return "".join([_ENCODED[octet] for octet in _octets(raw.replace("+", " "))])
    except (KeyError, UnicodeError):
        raise _invalid_uri(raw) from None


def _invalid_uri(raw: str) -> S3Error:
    return S3Error("InvalidURI", URI=raw)


class Address(NamedTuple):
    """What a request points at.

    Attributes:
        bucket: ``None`` for the service itself.
        key: ``None`` for a bucket or the service.
        on_service_host: The host was one of the service's own (path style), not a bucket's (virtual-host style).
    """

    bucket: str | None
    key: str | None
    on_service_host: bool


# *.localhost means this machine by RFC 6761 section 6.3, so these need no setting up.
_BUILT_IN_DOMAINS = ("s3.localhost", "localhost")
_REMEMBERED_HOSTS = 4096


# A third of the time of Address(...), and every request makes one.
_address = tuple.__new__


class Addressing:
    """Which hosts are the service's own and which name a bucket.

    ``<bucket>.<domain>`` addresses a bucket for every domain, the longest domain first; a domain itself, the service's
    own host names, IP literals and every host not heard of are the service's.
    """

    def __init__(self, domains: Iterable[str] = (), own_hosts: Iterable[str] = ()) -> None:
        names = {host_name(domain) for domain in domains} | set(_BUILT_IN_DOMAINS)
        self._own = frozenset(names | {host_name(host) for host in own_hosts})
        self._suffixes = tuple("." + name for name in sorted(names, key=len, reverse=True))
        self._bucket_of: dict[str, str | None] = {}

    @property
    def own_hosts(self) -> frozenset[str]:
        """Names of the service itself."""
        return self._own

    @property
    def endings(self) -> tuple[str, ...]:
        """What names of buckets' hosts end with, a dot first; the longest one first."""
        return self._suffixes

    @property
    def reserved_names(self) -> frozenset[str]:
        """Bucket names that could not be told from the service: its hosts, their labels before a domain, ``soap``."""
        labels = {host.removesuffix(suffix) for host in self._own for suffix in self._suffixes if host.endswith(suffix)}
        return frozenset(self._own | labels | {"soap"})

    def resolve(self, host: str, path: str) -> Address:
        """Host (with or without port) and raw path to bucket and key.

        Raises:
            S3Error: ``InvalidURI``, ``KeyTooLongError``; ``InvalidBucketName`` where a path has a key and no bucket.
        """
        bucket = self._bucket_of[host] if host in self._bucket_of else self._learn(host)
        if not path.startswith("/"):
            raise _invalid_uri(path)
        if bucket is not None:
            return _address(Address, (bucket, _key(path[1:]), False))
        if path == "/":
            return _address(Address, (None, None, True))
        _, name, *rest = path.split("/", 2)
        if not name:
            raise S3Error("InvalidBucketName", BucketName="")
        key = _key(rest[0]) if rest else None
        return _address(Address, (name if "%" not in name and name.isascii() else decode_path(name), key, True))

    def _learn(self, host: str) -> str | None:
        name = host_name(host)
        bucket: str | None = None
        if name not in self._own and not name.startswith("[") and not name.replace(".", "").isdigit():
            for suffix in self._suffixes:
                if name.endswith(suffix):
                    bucket = name.removesuffix(suffix) or None
                    break
        if len(self._bucket_of) >= _REMEMBERED_HOSTS:
            self._bucket_of.clear()
        self._bucket_of[host] = bucket
        return bucket


def host_name(authority: str) -> str:
    """Lower case, without port and without the root's dot."""
    if authority.startswith("["):
        name = authority.partition("]")[0] + "]"
    else:
        name = authority.partition(":")[0].removesuffix(".")
    return name.lower()


def _key(raw: str) -> str | None:
    key = raw if "%" not in raw and raw.isascii() else decode_path(raw)
    if len(raw) > MAX_KEY_BYTES:
        check_key_length(key)
    return key or None


def check_key_length(key: str) -> None:
    """Refuse a key of more than 1,024 bytes in UTF-8.

    Raises:
        S3Error: ``KeyTooLongError``.
    """
    size = len(key.encode())
    if size > MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", Size=str(size), MaxSizeAllowed=str(MAX_KEY_BYTES))


_BUCKET_NAME_OCTETS = b"abcdefghijklmnopqrstuvwxyz0123456789.-"
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")


def check_bucket_name(name: str, reserved: Iterable[str] = ()) -> None:
    """The rules for names of general purpose buckets (S3 User Guide, "General purpose bucket naming rules").

    Beyond the page's list, each dot-separated label begins and ends with a letter or number: S3 refuses ``a.-b`` too.

    Raises:
        S3Error: ``InvalidBucketName``.
    """
    if (
        not 3 <= len(name) <= 63
        or not name.isascii()
        or name.encode().translate(None, _BUCKET_NAME_OCTETS)
        or any(not label or label.startswith("-") or label.endswith("-") for label in name.split("."))
        or _looks_like_ipv4(name)
        or name.startswith(_RESERVED_PREFIXES)
        or name.endswith(_RESERVED_SUFFIXES)
        or name in reserved
    ):
        raise S3Error("InvalidBucketName", BucketName=name)


def _looks_like_ipv4(name: str) -> bool:
    labels = name.split(".")
    return len(labels) == 4 and all(label.isdigit() for label in labels)
