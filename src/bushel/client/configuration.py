"""Which endpoint, region and key pair a client uses: explicit arguments, then the environment, then a profile.

The order and the names are the AWS tools' own, so that one set-up serves them all. Source: AWS SDKs and Tools Reference
Guide, "Settings reference" and "Service-specific endpoints". Nothing is written; files are read once.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from bushel.client.errors import ConfigurationError
from bushel.client.profiles import Files, Settings, read_files

AddressingStyle = Literal["auto", "path", "virtual"]

DEFAULT_REGION: Final = "us-east-1"

_MOST_ATTEMPTS: Final = 1000
"""So that a number which was mistyped is no endless wait; pauses grow to 20 seconds."""

_ELSEWHERE: Final = ("sso_session", "sso_account_id", "role_arn", "credential_process", "web_identity_token_file")
"""Settings of a profile whose keys come from another service or program, which this library does not ask."""


class Credentials(NamedTuple):
    """A key pair. Its text never shows the secrets.

    Attributes:
        token: Session token of a temporary pair.
    """

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials(access_key={self.access_key!r})"


class Configuration(NamedTuple):
    """What a client talks to, and as whom.

    Attributes:
        endpoint: URL; ``None``: AWS, by region.
        region: What requests are signed for.
        credentials: ``None``: requests are not signed.
        reason: Why there are no credentials, for the error of the first request that needs them; ``None`` if anonymous.
        addressing_style: Where the bucket's name goes.
        ca_bundle: File of certificates to trust instead of the system's.
        attempts: How often a request is sent at most; ``None`` where nobody says.
    """

    endpoint: str | None
    region: str
    credentials: Credentials | None
    reason: str | None
    addressing_style: AddressingStyle
    ca_bundle: str | None
    attempts: int | None = None


def resolve(
    environ: Mapping[str, str],
    *,
    endpoint: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    session_token: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    anonymous: bool = False,
    addressing_style: AddressingStyle | None = None,
    ca_bundle: str | None = None,
) -> Configuration:
    """Put together what was said explicitly, in the environment and in files.

    A profile that is named explicitly goes before key pairs of the environment; one that the environment names does
    not.

    Raises:
        ConfigurationError: Half a key pair, a profile that is not there, a file that cannot be read, an unknown style,
            no number of attempts.
    """
    wanted = profile or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    complete = access_key is not None and endpoint is not None and region is not None and not wanted
    files = Files({}, {}) if complete else read_files(environ)
    name = wanted or "default"
    if wanted and wanted not in files.profiles:
        raise ConfigurationError(f"there is no profile {wanted!r} in the AWS configuration files")
    settings = files.profiles.get(name, {})
    reason = None
    credentials = None
    if anonymous:
        if access_key is not None or secret_key is not None:
            raise ConfigurationError("a client is anonymous or has a key pair, not both")
    else:
        credentials = _pair("the arguments", access_key, secret_key, session_token)
        if credentials is None and profile is None:
            credentials = _pair(
                "the environment",
                environ.get("AWS_ACCESS_KEY_ID") or None,
                environ.get("AWS_SECRET_ACCESS_KEY") or None,
                environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN") or None,
            )
        if credentials is None:
            credentials = _pair(
                f"the profile {name!r}",
                settings.get("aws_access_key_id") or None,
                settings.get("aws_secret_access_key") or None,
                settings.get("aws_session_token") or settings.get("aws_security_token") or None,
            )
        if credentials is None:
            reason = _why_none(name, settings)
    return Configuration(
        endpoint or _endpoint(environ, files, settings),
        region
        or environ.get("AWS_REGION")
        or environ.get("AWS_DEFAULT_REGION")
        or settings.get("region")
        or DEFAULT_REGION,
        credentials,
        reason,
        addressing_style or _style(settings),
        ca_bundle or environ.get("AWS_CA_BUNDLE") or settings.get("ca_bundle") or None,
        _attempts(environ, settings),
    )


def _pair(source: str, access_key: str | None, secret_key: str | None, token: str | None) -> Credentials | None:
    if access_key is None and secret_key is None:
        return None
    if access_key is None or secret_key is None:
        missing = "access key" if access_key is None else "secret key"
        raise ConfigurationError(f"{source} have half a key pair: the {missing} is missing")
    return Credentials(access_key, secret_key, token)


def _why_none(name: str, settings: Settings) -> str:
    for each in _ELSEWHERE:
        if each in settings:
            return (
                f"the profile {name!r} has its keys from {each}, which is not supported; export them with "
                f"'aws configure export-credentials --profile {name} --format env'"
            )
    return (
        "no key pair was found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, give access_key and "
        "secret_key, or be anonymous"
    )


def _endpoint(environ: Mapping[str, str], files: Files, settings: Settings) -> str | None:
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    named = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if named:
        return named
    if settings.get("ignore_configured_endpoint_urls", "").lower() == "true":
        return None
    services = settings.get("services")
    if services:
        if services not in files.services:
            raise ConfigurationError(f"there is no section [services {services}] in the AWS configuration file")
        named = files.services[services].get("s3.endpoint_url")
    return named or settings.get("s3.endpoint_url") or settings.get("endpoint_url") or None


def _attempts(environ: Mapping[str, str], settings: Settings) -> int | None:
    """Source: AWS SDKs and Tools Reference Guide, "Retry behavior". The first attempt is counted."""
    text = environ.get("AWS_MAX_ATTEMPTS") or settings.get("max_attempts")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST_ATTEMPTS):
        raise ConfigurationError(
            f"AWS_MAX_ATTEMPTS or max_attempts is a number from 1 to {_MOST_ATTEMPTS}, not {text!r}"
        )
    return int(text)


def _style(settings: Settings) -> AddressingStyle:
    style = settings.get("s3.addressing_style", "auto")
    if style not in {"auto", "path", "virtual"}:
        raise ConfigurationError(f"addressing_style is auto, path or virtual, not {style!r}")
    return style  # type: ignore[return-value] # checked above
