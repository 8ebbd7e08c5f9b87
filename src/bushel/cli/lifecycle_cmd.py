"""``bushel lifecycle``: what is removed by itself, and when."""

from typing import TYPE_CHECKING, Any

import click

from bushel.cli.configuring import Setting, add_set, add_show, as_json_option, change, put
from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET, REMOTE, Remote
from bushel.cli.quantities import DURATION, SIZE
from bushel.cli.transfer_options import pairs
from bushel.protocol.shapes.lifecycle import (
    AbortIncompleteMultipartUpload,
    LifecycleConfiguration,
    LifecycleExpiration,
    LifecycleRule,
    LifecycleRuleAndOperator,
    LifecycleRuleFilter,
    NoncurrentVersionExpiration,
)
from bushel.protocol.shapes.tagging import Tag

if TYPE_CHECKING:
    from bushel import AsyncClient

_DAY_SECONDS = 86_400


async def _get(client: "AsyncClient", bucket: str) -> Any:
    return LifecycleConfiguration(rules=(await client.get_bucket_lifecycle_configuration(bucket=bucket)).rules)


async def _put(client: "AsyncClient", bucket: str, value: Any) -> None:
    await client.put_bucket_lifecycle_configuration(bucket=bucket, lifecycle_configuration=value)


async def _delete(client: "AsyncClient", bucket: str) -> None:
    await client.delete_bucket_lifecycle(bucket=bucket)


_SETTING = Setting(
    "lifecycle",
    "lifecycle rules",
    LifecycleConfiguration,
    "LifecycleConfiguration",
    "NoSuchLifecycleConfiguration",
    _get,
    _put,
    _delete,
)


@click.group("lifecycle", short_help="Show or set what is removed by itself, and when.")
def command() -> None:
    """Show, set or remove the lifecycle rules of a bucket: what is removed by itself, and when.

    \b
    Examples:
      bushel lifecycle add s3://logs/2026/ --expire 30d --noncurrent 7d --abort-uploads 3d
      bushel lifecycle add s3://logs --id scratch --tag kind=scratch --expire 1d
      bushel lifecycle show s3://logs > rules.json
      bushel lifecycle set s3://logs rules.json
      bushel lifecycle remove s3://logs --id scratch
    """


add_show(command, _SETTING)
add_set(command, _SETTING)


@command.command("add", short_help="Add a lifecycle rule.")
@click.argument("place", metavar="s3://BUCKET[/PREFIX]", type=REMOTE)
@click.option("--expire", type=DURATION, metavar="DAYS", help="Remove objects so long after they were stored: 30d.")
@click.option("--noncurrent", type=DURATION, metavar="DAYS", help="Remove versions so long after newer ones came: 7d.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="With --noncurrent: so many of the newest stay.")
@click.option("--abort-uploads", type=DURATION, metavar="DAYS", help="Give up uploads so long after they began: 3d.")
@click.option("--lone-markers", is_flag=True, help="Remove markers of deletions that have nothing below.")
@click.option("--tag", "-t", multiple=True, metavar="NAME=VALUE", help="Only objects with this tag.")
@click.option("--larger", type=SIZE, metavar="SIZE", help="Only objects of more bytes.")
@click.option("--smaller", type=SIZE, metavar="SIZE", help="Only objects of fewer bytes.")
@click.option("--id", "rule_id", metavar="ID", help="Name of the rule; takes the place of one that has it.")
@as_json_option
@with_connection
def add(
    place: Remote,
    expire: int | None,
    noncurrent: int | None,
    keep: int | None,
    abort_uploads: int | None,
    tag: tuple[str, ...],
    larger: int | None,
    smaller: int | None,
    rule_id: str | None,
    *,
    lone_markers: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Add a rule to those of a bucket. Times are whole days."""
    ctx = click.get_current_context()
    if expire is None and noncurrent is None and abort_uploads is None and not lone_markers:
        raise click.UsageError("say what is removed: --expire, --noncurrent, --abort-uploads or --lone-markers", ctx)
    if expire is not None and lone_markers:
        raise click.UsageError("--expire or --lone-markers, not both in one rule", ctx)
    if keep is not None and noncurrent is None:
        raise click.UsageError("--keep goes with --noncurrent", ctx)
    days = _days(abort_uploads, "--abort-uploads")
    rule = LifecycleRule(
        id=rule_id,
        status="Enabled",
        filter=_filter(place.key or None, pairs(tag, "--tag"), larger, smaller),
        expiration=_expiration(_days(expire, "--expire"), lone_markers=lone_markers),
        noncurrent_version_expiration=None
        if noncurrent is None
        else NoncurrentVersionExpiration(
            noncurrent_days=_days(noncurrent, "--noncurrent"), newer_noncurrent_versions=keep
        ),
        abort_incomplete_multipart_upload=None
        if days is None
        else AbortIncompleteMultipartUpload(days_after_initiation=days),
    )

    def edit(present: Any) -> Any:
        rules = [] if present is None else list(present.rules)
        kept = [each for each in rules if rule_id is None or each.id != rule_id]
        return LifecycleConfiguration(rules=[*kept, rule])

    return change(_SETTING, place.bucket, edit, as_json=as_json, connection=connection)


@command.command("remove", short_help="Remove lifecycle rules.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.option("--id", "rule_id", metavar="ID", help="Only the rule of this name.")
@as_json_option
@with_connection
def remove(bucket: str, rule_id: str | None, *, as_json: bool, connection: Connection) -> int:
    """Remove the lifecycle rules of a bucket, or one of them."""
    if rule_id is None:
        return put(_SETTING, bucket, None, as_json=as_json, connection=connection)

    def edit(present: Any) -> Any:
        rules = [] if present is None else present.rules
        kept = [each for each in rules if each.id != rule_id]
        if len(kept) == len(rules):
            raise ValueError(f"s3://{bucket} has no rule {rule_id}")
        return LifecycleConfiguration(rules=kept) if kept else None

    return change(_SETTING, bucket, edit, as_json=as_json, connection=connection)


def _days(seconds: int | None, option: str) -> int | None:
    if seconds is not None and (seconds % _DAY_SECONDS or not seconds):
        raise click.UsageError(f"{option} is a number of whole days: 30d, 2w", click.get_current_context())
    return None if seconds is None else seconds // _DAY_SECONDS


def _expiration(days: int | None, *, lone_markers: bool) -> LifecycleExpiration | None:
    if lone_markers:
        return LifecycleExpiration(expired_object_delete_marker=True)
    return None if days is None else LifecycleExpiration(days=days)


def _filter(prefix: str | None, tags: dict[str, str], larger: int | None, smaller: int | None) -> LifecycleRuleFilter:
    """One condition by itself, several together, none as an empty prefix."""
    wanted = [Tag(key=name, value=value) for name, value in tags.items()]
    if sum(each is not None for each in (prefix, larger, smaller)) + len(wanted) > 1:
        both = LifecycleRuleAndOperator(
            prefix=prefix, tags=wanted, object_size_greater_than=larger, object_size_less_than=smaller
        )
        return LifecycleRuleFilter(and_=both)
    if wanted:
        return LifecycleRuleFilter(tag=wanted[0])
    if larger is not None or smaller is not None:
        return LifecycleRuleFilter(object_size_greater_than=larger, object_size_less_than=smaller)
    return LifecycleRuleFilter(prefix=prefix or "")
