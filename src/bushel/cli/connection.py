"""Where a command goes to: the options that every verb has for it, and the client that is made of them."""

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from bushel.cli.quantities import SIZE

if TYPE_CHECKING:
    from bushel import AsyncClient

PART_BYTES: Final = 8 << 20
PARTS_AT_ONCE: Final = 4
LARGE_AT_ONCE: Final = 2
"""Objects in parts on their way at once: with parts of 8 MiB, 64 MiB of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An endpoint, and as whom. What is not given comes from the environment and the AWS configuration files."""

    endpoint: str | None = None
    profile: str | None = None
    region: str | None = None
    anonymous: bool = False
    verify: bool = True
    ca_bundle: str | None = None
    bandwidth: int | None = None

    def client(self, environ: Mapping[str, str] | None = None) -> "AsyncClient":
        """A client. Raises ConfigurationError."""
        from bushel import AsyncClient  # noqa: PLC0415 - not for `--help`
        from bushel.client import TransferOptions  # noqa: PLC0415 - not for `--help`
        from bushel.client.configuration import resolve  # noqa: PLC0415 - not for `--help`
        from bushel.client.http.pool import HttpTransport, Transport  # noqa: PLC0415 - not for `--help`
        from bushel.client.http.throttle import ThrottledTransport  # noqa: PLC0415 - not for `--help`

        environ = os.environ if environ is None else environ
        transport: Transport | None = None
        if self.bandwidth is not None:
            ca_bundle = resolve(
                environ,
                endpoint=self.endpoint,
                region=self.region,
                profile=self.profile,
                anonymous=self.anonymous,
                ca_bundle=self.ca_bundle,
            ).ca_bundle
            bare = HttpTransport(environ, verify=self.verify, ca_bundle=ca_bundle)
            transport = ThrottledTransport(bare, self.bandwidth)
        return AsyncClient(
            self.endpoint,
            profile=self.profile,
            region=self.region,
            anonymous=self.anonymous,
            verify=self.verify,
            ca_bundle=self.ca_bundle,
            transport=transport,
            transfers=TransferOptions(
                part_bytes=PART_BYTES, concurrency=PARTS_AT_ONCE, memory_bytes=PART_BYTES * PARTS_AT_ONCE
            ),
            environ=environ,
        )

    def other(self, endpoint: str | None, profile: str | None, region: str | None) -> "Connection":
        """The target's, where it is another than the source's."""
        return replace(
            self,
            endpoint=endpoint or (None if profile else self.endpoint),
            profile=profile or self.profile,
            region=region or (None if endpoint or profile else self.region),
        )


_OPTIONS: Final = (
    click.option("--endpoint", metavar="URL", help="The S3 to talk to. Default: AWS_ENDPOINT_URL, else AWS."),
    click.option("--profile", metavar="NAME", help="Profile of the AWS configuration files. Default: AWS_PROFILE."),
    click.option("--region", metavar="REGION", help="What requests are signed for. Default: AWS_REGION."),
    click.option("--anonymous", is_flag=True, help="Sign nothing: what is public needs no key."),
    click.option("--no-verify", is_flag=True, help="Do not check the endpoint's certificate."),
    click.option("--ca-bundle", metavar="FILE", help="Trust these certificates instead of the system's."),
    click.option(
        "--bandwidth", type=SIZE, metavar="RATE", help="At most so many bytes a second, both ways: 500K, 10MB."
    ),
)


def with_connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and hand it what they make as ``connection``."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        endpoint: str | None,
        profile: str | None,
        region: str | None,
        anonymous: bool,
        no_verify: bool,
        ca_bundle: str | None,
        bandwidth: int | None,
        **options: Any,
    ) -> Any:
        if bandwidth == 0:
            raise click.UsageError("--bandwidth 0 would let nothing pass", click.get_current_context())
        connection = Connection(
            endpoint=endpoint,
            profile=profile,
            region=region,
            anonymous=anonymous,
            verify=not no_verify,
            ca_bundle=ca_bundle,
            bandwidth=bandwidth,
        )
        return command(*arguments, connection=connection, **options)

    found: Callable[..., Any] = wrapped
    for option in reversed(_OPTIONS):
        found = option(found)
    return found
