"""``bushel block``: whether ACLs and policies can make a bucket public at all."""

from typing import TYPE_CHECKING, Any

import click

from bushel.cli.configuring import Setting, add_remove, add_show, as_json_option, put
from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.protocol.shapes.access import PublicAccessBlockConfiguration

if TYPE_CHECKING:
    from bushel import AsyncClient


async def _get(client: "AsyncClient", bucket: str) -> Any:
    return (await client.get_public_access_block(bucket=bucket)).public_access_block_configuration


async def _put(client: "AsyncClient", bucket: str, value: Any) -> None:
    await client.put_public_access_block(bucket=bucket, public_access_block_configuration=value)


async def _delete(client: "AsyncClient", bucket: str) -> None:
    await client.delete_public_access_block(bucket=bucket)


_SETTING = Setting(
    "block",
    "public access block",
    PublicAccessBlockConfiguration,
    "PublicAccessBlockConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    _get,
    _put,
    _delete,
)


@click.group("block", short_help="Show or set whether a bucket can be public at all.")
def command() -> None:
    """Show, set or remove the public access block of a bucket, which no ACL and no policy gets around.

    \b
    Examples:
      bushel block set s3://reports
      bushel block set s3://pictures --new-acls --new-policies
      bushel block show s3://pictures
      bushel block remove s3://pictures
    """


add_show(command, _SETTING)


@command.command("set", short_help="Set the public access block.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.option("--new-acls", is_flag=True, help="Refuse ACLs that make public (BlockPublicAcls).")
@click.option("--acls", is_flag=True, help="Ignore what ACLs make public (IgnorePublicAcls).")
@click.option("--new-policies", is_flag=True, help="Refuse policies that make public (BlockPublicPolicy).")
@click.option("--policies", is_flag=True, help="Ignore what public policies grant (RestrictPublicBuckets).")
@as_json_option
@with_connection
def set_block(
    bucket: str,
    *,
    new_acls: bool,
    acls: bool,
    new_policies: bool,
    policies: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Block what the options say, and nothing else; without any of them all four."""
    everything = not (new_acls or acls or new_policies or policies)
    value = PublicAccessBlockConfiguration(
        block_public_acls=new_acls or everything,
        ignore_public_acls=acls or everything,
        block_public_policy=new_policies or everything,
        restrict_public_buckets=policies or everything,
    )
    return put(_SETTING, bucket, value, as_json=as_json, connection=connection)


add_remove(command, _SETTING)
