"""Every setting of the server, once: the fields of ``Settings`` are the table.

``SETTINGS`` is read off them and feeds flags, environment, TOML file, ``--help`` and docs/settings.md. A setting is
here only if something acts on it. The first of these that speaks wins: flag, environment, file, default.

What must not be here: what a setting does (its reader knows), any file but the TOML one, options of a single command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

ENVIRONMENT_PREFIX: Final = "BUSHEL_"

CONFIG_VARIABLE: Final = "BUSHEL_CONFIG"
"""Names the TOML file where ``--config`` does not."""

AUTO_WORKERS: Final = 0
"""Value of ``workers`` that leaves the number to the command."""


class CannotStart(Exception):
    """A reason not to start that the operator can act on. The message is one line; the command exits with 1."""


class SettingsError(CannotStart):
    """A setting that is unknown, malformed or contradicts another."""


class Address(NamedTuple):
    """Where to listen. Port 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Kind(NamedTuple):
    """What values a setting takes.

    Attributes:
        metavar: What ``--help`` shows for the value.
        expects: Completes "... is not" in the error message.
        parse: Makes the value from text (or from the file's number); ``ValueError`` where it cannot.
        file_type: What the TOML file must hold.
    """

    metavar: str
    expects: str
    parse: Callable[[Any], Any]
    file_type: type = str


def _parse_address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(text)
    number = _parse_number(port, 0, 65535)
    if not colon or not host or any(character.isspace() for character in host):
        raise ValueError(text)
    return Address(host, number)


def _parse_number(value: str | int, least: int, most: int) -> int:
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError(value)
    number = int(value)
    if not least <= number <= most:
        raise ValueError(value)
    return number


def _parse_workers(value: str | int) -> int:
    return AUTO_WORKERS if value == "auto" else _parse_number(value, 1, 256)


def _parse_match(pattern: str, text: str) -> str:
    # Compiled when needed: a start without settings would pay a third of this module's import for patterns.
    if not re.fullmatch(pattern, text):
        raise ValueError(text)
    return text


def _parse_choice(choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ValueError(text)
    return text


def _parse_domain(text: str) -> str:
    name = text.lower().removesuffix(".")
    # A last label of digits alone is an address (RFC 3696 section 2), and those have no buckets in front.
    if len(name) > 253 or name.rpartition(".")[2].isdigit():
        raise ValueError(text)
    return _parse_match(_DOMAIN, name)


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network  # noqa: PLC0415 - few servers have a proxy to trust, all pay for an import

    return ip_network(text)


def _parse_url(text: str) -> str:
    # A path in front of the bucket would be part of what clients sign, and no client knows how to add it.
    return _parse_match(_URL, text).removesuffix("/")


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_URL: Final = r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?"
_REGION: Final = r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"
# A credential is split at "/" (Signature V4), at ":" (V2) and at "," and "=" (the Authorization header's list).
_ACCESS_KEY: Final = r"[A-Za-z0-9_.-]{3,128}"
_SECRET_KEY: Final = r"[!-~]{8,128}"  # noqa: S105 - the form of one
_LINE: Final = r"[^\x00-\x1f]+"

ADDRESS: Final = Kind("HOST:PORT", "an address such as 127.0.0.1:9000 or [::1]:9000", _parse_address)
WORKERS: Final = Kind("N", "a number from 1 to 256, or auto", _parse_workers)
DOMAIN: Final = Kind("NAME", "a host name such as s3.example.org", _parse_domain)
REGION: Final = Kind("REGION", "a region's name such as us-east-1, or any", partial(_parse_match, _REGION))
URL: Final = Kind("URL", "a URL without a path such as https://s3.example.org", _parse_url)
NETWORK: Final = Kind("CIDR", "a network such as 10.0.0.0/8 or 127.0.0.1/32", _parse_network)
PATH: Final = Kind("FILE", "a file's name", partial(_parse_match, _LINE))
ACCESS_LOG: Final = Kind("off|-|FILE", "off, - or a file's name", partial(_parse_match, _LINE))
ACCESS_KEY: Final = Kind("KEY", "3 to 128 of A-Z a-z 0-9 _ . -", partial(_parse_match, _ACCESS_KEY))
SSE_KEY: Final = Kind("KEY", "256 bits in Base64", partial(_parse_match, r"[A-Za-z0-9+/]{43}="))
SECRET_KEY: Final = Kind(
    "SECRET", "8 to 128 printable ASCII characters without spaces", partial(_parse_match, _SECRET_KEY)
)


def _whole(metavar: str, least: int, most: int) -> Kind:
    return Kind(metavar, f"a number from {least} to {most}", partial(_parse_number, least=least, most=most), int)


def _one_of(*choices: str) -> Kind:
    return Kind("|".join(choices), f"one of {', '.join(choices)}", partial(_parse_choice, choices))


def _setting(kind: Kind, default: Any, about: str, *, many: bool = False, secret: bool = False) -> Any:
    note = {"kind": kind, "about": about, "many": many, "secret": secret}
    return field(default=default, repr=not secret, metadata=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one server, checked. Made by ``load``; tests may construct it."""

    listen: Address = _setting(  # noqa: RUF009 - an Address is immutable
        ADDRESS, Address("127.0.0.1", 9000), "Address to serve on; port 0 picks a free one."
    )
    workers: int = _setting(
        WORKERS,
        AUTO_WORKERS,
        "Worker processes. auto: one for each CPU, at most 8, and 1 for memory: (which cannot be shared).",
    )
    domain: tuple[str, ...] = _setting(
        DOMAIN,
        (),
        "Host name under which buckets are sub-domains (BUCKET.NAME), besides localhost and s3.localhost.",
        many=True,
    )
    website_domain: tuple[str, ...] = _setting(
        DOMAIN,
        (),
        "Host name under which buckets are web sites (BUCKET.NAME), besides s3-website.localhost.",
        many=True,
    )
    website_listen: Address | None = _setting(  # noqa: RUF009 - an Address is immutable
        ADDRESS, None, "Address on which nothing but web sites is served; they are served on listen too."
    )
    region: str = _setting(REGION, "us-east-1", "Region this server is; any: take whatever region a client names.")
    public_url: str | None = _setting(
        URL, None, "URL by which clients reach this server, used wherever a link is printed."
    )
    trusted_proxy: tuple[IPv4Network | IPv6Network, ...] = _setting(
        NETWORK, (), "Network of proxies whose X-Forwarded-For, -Proto and -Host are believed.", many=True
    )
    tls_cert: str | None = _setting(PATH, None, "Certificate chain (PEM) to serve HTTPS with; needs tls-key.")
    tls_key: str | None = _setting(PATH, None, "Private key (PEM) of tls-cert.")
    root_access_key: str | None = _setting(
        ACCESS_KEY, None, "Replaces the stored root access key; needs root_secret_key.", secret=True
    )
    root_secret_key: str | None = _setting(
        SECRET_KEY, None, "Replaces the stored root secret key; needs root_access_key.", secret=True
    )
    sse_master_key_file: str | None = _setting(
        PATH,
        None,
        "File outside the data folder, readable by its owner alone, with the keys that objects are encrypted under; "
        "`bushel key` makes it.",
    )
    sse_master_key: tuple[str, ...] = _setting(
        SSE_KEY,
        (),
        "Master key for encryption with AES256, instead of a file; older ones that still open objects may follow it.",
        many=True,
        secret=True,
    )
    max_buckets_per_user: int = _setting(_whole("N", 1, 1_000_000), 100, "Buckets that one user may own.")
    new_bucket_defaults: str = _setting(
        _one_of("classic", "aws"),
        "classic",
        "What a new bucket has. classic: nothing but its ACL; aws: BucketOwnerEnforced and all public access blocks.",
    )
    inline_limit_bytes: int = _setting(
        _whole("BYTES", 0, 65536),
        12288,
        "Objects up to this size live in the index, larger ones in files. More than three pages fragments the index.",
    )
    garbage_grace_seconds: int = _setting(
        _whole("SECONDS", 0, 31_536_000),
        600,
        "How long the bytes of overwritten and deleted objects stay at least; downloads under way keep them longer.",
    )
    sweep_interval_seconds: int = _setting(
        _whole("SECONDS", 1, 86400), 60, "Pause between two rounds of deleting bytes that nothing names any more."
    )
    thumbnail_cache_bytes: int = _setting(
        _whole("BYTES", 0, 1 << 40),
        256 << 20,
        "Most that thumbnails of galleries take in the data folder; 0 keeps a few of them, in memory.",
    )
    lifecycle_interval_seconds: int = _setting(
        _whole("SECONDS", 1, 86400),
        60,
        "Pause between two looks whether the lifecycle rules of a bucket are to be acted on.",
    )
    lifecycle_day_seconds: int = _setting(
        _whole("SECONDS", 1, 86400),
        86400,
        "How long a day of lifecycle rules is. Shorter ones are for tests: objects are deleted sooner.",
    )
    header_timeout_seconds: int = _setting(
        _whole("SECONDS", 1, 3600), 30, "Time that a client has to send a request's head."
    )
    idle_timeout_seconds: int = _setting(
        _whole("SECONDS", 1, 3600), 60, "Time that a connection may rest between requests."
    )
    log_level: str = _setting(_one_of("debug", "info", "warning", "error"), "info", "Least event worth a line.")
    log_format: str = _setting(_one_of("text", "json"), "text", "How a line of the log (standard error) looks.")
    access_log: str = _setting(PATH, "off", "Where each request gets a line: off, - (standard error) or a file's name.")


class Setting(NamedTuple):
    """One row of the table."""

    name: str
    kind: Kind
    default: Any
    about: str
    many: bool
    secret: bool

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def flag(self) -> str | None:
        """``None`` for a secret: command lines are seen by every process of the machine."""
        return None if self.secret else "--" + self.name.replace("_", "-")

    @property
    def default_text(self) -> str:
        """As ``--help`` and the documentation say it; empty where there is none."""
        if self.default in (None, ()):
            return ""
        return "auto" if self.kind is WORKERS else str(self.default)


SETTINGS: Final[Mapping[str, Setting]] = {
    entry.name: Setting(name=entry.name, default=entry.default, **entry.metadata) for entry in fields(Settings)
}


def load(
    flags: Mapping[str, str | Sequence[str] | None], environment: Mapping[str, str], file: Path | None = None
) -> Settings:
    """Gather the settings of one start.

    Args:
        flags: Setting name to what the command line said (a list where the setting may be given more than once);
            ``None`` or an empty list where it said nothing.
        environment: All of the process's variables; an empty one counts as not set.
        file: The TOML file, or ``None``.

    Raises:
        SettingsError: With one line that names the place, the problem and what would be right.
    """
    values = _from_file(file) if file else {}
    values |= _from_environment(environment)
    for name, said in flags.items():
        if said is not None and said != ():
            setting = SETTINGS[name]
            values[name] = _value(setting, said if isinstance(said, str) else list(said), f"{setting.flag}")
    settings = Settings(**values)
    _check_pair(settings.root_access_key, settings.root_secret_key, "root_access_key", "root_secret_key")
    if settings.sse_master_key and settings.sse_master_key_file is not None:
        raise SettingsError("sse_master_key and sse_master_key_file are both set: one place has the keys")
    _check_pair(settings.tls_cert, settings.tls_key, "tls_cert", "tls_key")
    return settings


def _check_pair(first: str | None, second: str | None, first_name: str, second_name: str) -> None:
    if (first is None) == (second is None):
        return
    there, missing = (first_name, second_name) if second is None else (second_name, first_name)
    setting = SETTINGS[missing]
    by = f"set {setting.variable}" if setting.secret else f"give {setting.flag}"
    raise SettingsError(f"{there} is set without {missing}: {by} too, or neither")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or not text or _is_foreign(variable):
            continue
        setting = SETTINGS.get(variable.removeprefix(ENVIRONMENT_PREFIX).lower())
        if setting is None or setting.variable != variable:
            raise SettingsError(
                f"{variable}: no such setting{_hint(variable.upper(), [s.variable for s in SETTINGS.values()])}"
            )
        said = [part.strip() for part in text.split(",")] if setting.many else text
        values[setting.name] = _value(setting, said, variable)
    return values


def _is_foreign(variable: str) -> bool:
    # Kubernetes tells every container about a service named "bushel" in variables of these names.
    return variable == CONFIG_VARIABLE or re.fullmatch(r"BUSHEL_(SERVICE_.*|PORT(_.*)?)", variable) is not None


def _from_file(file: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - most starts have no file

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"{file}: {problem.strerror}") from None
    except ValueError as problem:
        raise SettingsError(f"{file}: not TOML: {problem}") from None
    values = {}
    for name, said in table.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise SettingsError(
                f"{file}: {name}: no such setting{_hint(name.lower().replace('-', '_'), list(SETTINGS))}"
            )
        place = f"{file}: {name}"
        if setting.many != isinstance(said, list):
            raise SettingsError(f"{place}: {'a list is needed' if setting.many else 'one value is needed, not a list'}")
        for item in said if setting.many else [said]:
            good = (int, str) if setting.kind is WORKERS else (setting.kind.file_type,)
            if type(item) not in good:
                raise SettingsError(f"{place}: not {setting.kind.expects}")
        values[name] = _value(setting, said, place)
    return values


def _value(setting: Setting, said: Any, place: str) -> Any:
    if setting.many:
        return tuple(_one(setting, item, place) for item in said)
    return _one(setting, said, place)


def _one(setting: Setting, said: Any, place: str) -> Any:
    try:
        return setting.kind.parse(said)
    except ValueError:
        shown = "the value" if setting.secret else repr(said)
        raise SettingsError(f"{place}: {shown} is not {setting.kind.expects}") from None


def _hint(name: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else "; `bushel serve --help` and docs/settings.md list them"
