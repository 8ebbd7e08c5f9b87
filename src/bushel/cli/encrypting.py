"""The options that say how objects are encrypted where they are stored, and with whose key they are read."""

import base64
import binascii
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

ALGORITHMS: Final = {"sse-s3": "AES256", "sse-kms": "aws:kms"}
"""What the ways to encrypt are called here, and by S3."""

_KEY_BYTES: Final = 32
_LONGEST_FILE: Final = 128


class _KeyFile(click.ParamType[Any]):
    """A file with a key for SSE-C: its 32 bytes, or these in Base64. Becomes the members that bring it along."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        from bushel.client.customer_keys import customer_key  # noqa: PLC0415 - not for `--help`

        try:
            with Path(value).open("rb") as file:
                found = file.read(_LONGEST_FILE)
        except OSError as problem:
            self.fail(f"{value}: {problem.strerror}", param, ctx)
        if len(found) != _KEY_BYTES:
            try:
                found = base64.b64decode(found.strip(), validate=True)
            except binascii.Error:
                found = b""
        if len(found) != _KEY_BYTES:
            self.fail(f"{value} holds no key: it takes {_KEY_BYTES} bytes, or these in Base64", param, ctx)
        return dict(customer_key(found))


def with_encryption(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how what is stored is encrypted; handed on as ``encryption``, members of PutObject."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        sse: str | None,
        sse_kms_key: str | None,
        sse_c_key: dict[str, Any] | None,
        **options: Any,
    ) -> Any:
        if sse_c_key is not None and (sse or sse_kms_key):
            raise click.UsageError(
                "--sse-c-key encrypts with that key alone, without --sse", click.get_current_context()
            )
        if sse_kms_key is not None and sse == "sse-s3":
            raise click.UsageError("--sse-kms-key goes with --sse sse-kms", click.get_current_context())
        members = dict(sse_c_key or {})
        if sse or sse_kms_key:
            members["server_side_encryption"] = ALGORITHMS[sse or "sse-kms"]
        if sse_kms_key is not None:
            members["ssekms_key_id"] = sse_kms_key
        return command(*arguments, encryption=members, **options)

    found: Callable[..., Any] = wrapped
    for option in (
        click.option(
            "--sse-c-key", type=_KeyFile(), metavar="FILE", help="Encrypt with the key in FILE: 32 bytes, or Base64."
        ),
        click.option("--sse-kms-key", metavar="ID", help="Encrypt with this named key of the server."),
        click.option(
            "--sse",
            type=click.Choice(tuple(ALGORITHMS)),
            help="Encrypt with the server's keys. Default: as the bucket.",
        ),
    ):
        found = option(found)
    return found


def with_reading_key(flag: str = "--sse-c-key") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option for the key that what is read was encrypted with; handed on as ``reading``, members of GetObject."""

    def give(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def wrapped(*arguments: Any, reading_key: dict[str, Any] | None, **options: Any) -> Any:
            return command(*arguments, reading=reading_key or {}, **options)

        return click.option(
            flag, "reading_key", type=_KeyFile(), metavar="FILE", help="Read what was stored with the key in FILE."
        )(wrapped)

    return give


def key_of(members: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the members that bring a key along."""
    return {name: value for name, value in members.items() if name.startswith("sse_customer_")}
