"""``bushel encryption``: what a bucket encrypts its objects with unless they ask for something else."""

from typing import TYPE_CHECKING, Any, cast

import click

from bushel.cli.configuring import Setting, add_remove, add_show, as_json_option, put
from bushel.cli.connection import Connection, with_connection
from bushel.cli.encrypting import ALGORITHMS
from bushel.cli.places import BUCKET
from bushel.protocol.shapes.encryption import (
    ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
)

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.protocol.shapes.enums import ServerSideEncryption


async def _get(client: "AsyncClient", bucket: str) -> Any:
    return (await client.get_bucket_encryption(bucket=bucket)).server_side_encryption_configuration


async def _put(client: "AsyncClient", bucket: str, value: Any) -> None:
    await client.put_bucket_encryption(bucket=bucket, server_side_encryption_configuration=value)


async def _delete(client: "AsyncClient", bucket: str) -> None:
    await client.delete_bucket_encryption(bucket=bucket)


_SETTING = Setting(
    "encryption",
    "default encryption",
    ServerSideEncryptionConfiguration,
    "ServerSideEncryptionConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
    _get,
    _put,
    _delete,
)


@click.group("encryption", short_help="Show or set what a bucket encrypts with.")
def command() -> None:
    """Show, set or remove what a bucket encrypts objects with, unless they ask for something else (put --sse).

    \b
    Examples:
      bushel encryption set s3://pictures sse-s3
      bushel encryption set s3://reports sse-kms reports --bucket-key
      bushel encryption show s3://reports
      bushel encryption remove s3://pictures
    """


add_show(command, _SETTING)


@command.command("set", short_help="Set what a bucket encrypts with.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.argument("algorithm", metavar="sse-s3|sse-kms", type=click.Choice(tuple(ALGORITHMS)))
@click.argument("key", metavar="[KEY]", required=False)
@click.option("--bucket-key", is_flag=True, help="With sse-kms: one key of the bucket's own for many objects.")
@as_json_option
@with_connection
def set_encryption(
    bucket: str, algorithm: str, key: str | None, *, bucket_key: bool, as_json: bool, connection: Connection
) -> int:
    """Encrypt with the server's master key (sse-s3), or with its named key KEY (sse-kms; else its default key)."""
    if algorithm == "sse-s3" and (key or bucket_key):
        raise click.UsageError("a key and --bucket-key go with sse-kms", click.get_current_context())
    by_default = ServerSideEncryptionByDefault(
        sse_algorithm=cast("ServerSideEncryption", ALGORITHMS[algorithm]), kms_master_key_id=key
    )
    rule = ServerSideEncryptionRule(
        apply_server_side_encryption_by_default=by_default, bucket_key_enabled=bucket_key or None
    )
    value = ServerSideEncryptionConfiguration(rules=[rule])
    return put(_SETTING, bucket, value, as_json=as_json, connection=connection)


add_remove(command, _SETTING)
