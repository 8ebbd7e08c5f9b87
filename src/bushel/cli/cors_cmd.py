"""``bushel cors``: which pages of other origins may use a bucket from a browser."""

from typing import TYPE_CHECKING, Any

import click

from bushel.cli.configuring import Setting, add_remove, add_set, add_show, as_json_option, change
from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.cli.quantities import DURATION
from bushel.protocol.shapes.cors import CorsConfiguration, CorsRule

if TYPE_CHECKING:
    from bushel import AsyncClient

_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


async def _get(client: "AsyncClient", bucket: str) -> Any:
    return CorsConfiguration(cors_rules=(await client.get_bucket_cors(bucket=bucket)).cors_rules)


async def _put(client: "AsyncClient", bucket: str, value: Any) -> None:
    await client.put_bucket_cors(bucket=bucket, cors_configuration=value)


async def _delete(client: "AsyncClient", bucket: str) -> None:
    await client.delete_bucket_cors(bucket=bucket)


_SETTING = Setting(
    "cors",
    "cross-origin rules",
    CorsConfiguration,
    "CORSConfiguration",
    "NoSuchCORSConfiguration",
    _get,
    _put,
    _delete,
)


@click.group("cors", short_help="Show or set which web pages may use a bucket.")
def command() -> None:
    """Show, set or remove the cross-origin rules of a bucket: which web pages may use it from a browser.

    \b
    Examples:
      bushel cors add s3://pictures --origin https://www.example.org
      bushel cors add s3://inbox --origin '*' --method PUT --method POST --header '*' --max-age 1h
      bushel cors show s3://pictures > rules.json
      bushel cors set s3://pictures rules.json
      bushel cors remove s3://pictures
    """


add_show(command, _SETTING)
add_set(command, _SETTING)


@command.command("add", short_help="Add a cross-origin rule.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.option("--origin", multiple=True, required=True, metavar="ORIGIN", help="https://www.example.org; * is any.")
@click.option("--method", multiple=True, type=click.Choice(_METHODS), help="What is allowed. Default: GET and HEAD.")
@click.option("--header", multiple=True, metavar="NAME", help="Request headers that may be sent; * is any.")
@click.option("--expose", multiple=True, metavar="NAME", help="Headers of answers that the page may see.")
@click.option("--max-age", type=DURATION, metavar="TIME", help="How long browsers remember the answer: 1h.")
@click.option("--id", "rule_id", metavar="ID", help="Name of the rule; takes the place of one that has it.")
@as_json_option
@with_connection
def add(
    bucket: str,
    origin: tuple[str, ...],
    method: tuple[str, ...],
    header: tuple[str, ...],
    expose: tuple[str, ...],
    max_age: int | None,
    rule_id: str | None,
    *,
    as_json: bool,
    connection: Connection,
) -> int:
    """Add a rule to those of a bucket. Several of an option may be given."""
    rule = CorsRule(
        id=rule_id,
        allowed_origins=origin,
        allowed_methods=method or ("GET", "HEAD"),
        allowed_headers=header,
        expose_headers=expose,
        max_age_seconds=max_age,
    )

    def edit(present: Any) -> Any:
        rules = [] if present is None else list(present.cors_rules)
        kept = [each for each in rules if rule_id is None or each.id != rule_id]
        return CorsConfiguration(cors_rules=[*kept, rule])

    return change(_SETTING, bucket, edit, as_json=as_json, connection=connection)


add_remove(command, _SETTING)
