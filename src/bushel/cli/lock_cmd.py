"""``bushel lock``: versions that nobody can remove before their time."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from bushel.cli.configuring import Setting, as_json_option, put, tell, told
from bushel.cli.configuring import show as show_bucket
from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET, REMOTE, Remote
from bushel.cli.quantities import DURATION, MOMENT
from bushel.cli.running import run
from bushel.protocol.shapes.object_lock import (
    DefaultRetention,
    ObjectLockConfiguration,
    ObjectLockLegalHold,
    ObjectLockRetention,
    ObjectLockRule,
)

if TYPE_CHECKING:
    from bushel import AsyncClient
    from bushel.protocol.shapes.enums import ObjectLockLegalHoldStatus, ObjectLockRetentionMode

_MODES: "dict[str, ObjectLockRetentionMode]" = {"governance": "GOVERNANCE", "compliance": "COMPLIANCE"}
_DAY_SECONDS = 86_400


async def _get(client: "AsyncClient", bucket: str) -> Any:
    return (await client.get_object_lock_configuration(bucket=bucket)).object_lock_configuration


async def _put(client: "AsyncClient", bucket: str, value: Any) -> None:
    await client.put_object_lock_configuration(bucket=bucket, object_lock_configuration=value)


async def _delete(client: "AsyncClient", bucket: str) -> None:
    """Lock cannot be taken from a bucket, only its default."""
    await _put(client, bucket, ObjectLockConfiguration(object_lock_enabled="Enabled"))


_SETTING = Setting(
    "lock",
    "object lock",
    ObjectLockConfiguration,
    "ObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    _get,
    _put,
    _delete,
)


@click.group("lock", short_help="Show or set how long versions cannot be removed.")
def command() -> None:
    """Show or set how long versions of objects cannot be removed or replaced (object lock).

    What is retained in mode governance can be removed by those who may bypass it (rm --bypass-governance); in mode
    compliance by nobody until its time has come. A bucket needs versions for it.

    \b
    Examples:
      bushel lock default s3://records governance 30d
      bushel lock retain s3://records/2026.pdf compliance --until 2033-01-01
      bushel lock hold s3://records/case-17.pdf on
      bushel lock show s3://records/2026.pdf
      bushel lock release s3://records/draft.pdf --bypass-governance
    """


_place = click.argument("place", metavar="s3://BUCKET/KEY", type=REMOTE)
_version = click.option("--version-id", metavar="ID", help="This version of the object.")
_bypass = click.option("--bypass-governance", is_flag=True, help="Shorten what is retained in mode governance.")


@command.command("show", short_help="Show the lock of a bucket or an object.")
@click.argument("place", metavar="s3://BUCKET[/KEY]", type=REMOTE)
@_version
@as_json_option
@with_connection
def show(place: Remote, version_id: str | None, *, as_json: bool, connection: Connection) -> int:
    """Show the default of a bucket, or retention and legal hold of an object. Exit status 1 if there are none."""
    if not place.key:
        if version_id is not None:
            raise click.UsageError("--version-id is one object's", click.get_current_context())
        return show_bucket(_SETTING, place.bucket, as_json=as_json, connection=connection)

    async def work() -> int:
        from bushel.cli.documents import document_of  # noqa: PLC0415 - not for `--help`
        from bushel.client.errors import ResponseError  # noqa: PLC0415 - not for `--help`

        document: dict[str, Any] = {}
        async with connection.client() as client:
            given: dict[str, Any] = {"bucket": place.bucket, "key": place.key, "version_id": version_id}
            try:
                retention = (await client.get_object_retention(**given)).retention
                if retention is not None:
                    document["Retention"] = document_of(retention)
            except ResponseError as problem:
                if problem.code != "NoSuchObjectLockConfiguration":
                    raise
            try:
                hold = (await client.get_object_legal_hold(**given)).legal_hold
                if hold is not None:
                    document["LegalHold"] = document_of(hold)
            except ResponseError as problem:
                if problem.code != "NoSuchObjectLockConfiguration":
                    raise
        return tell("lock", "retention or legal hold", str(place), document or None, as_json=as_json)

    return run("lock", work)


@command.command("default", short_help="Set how long new versions of a bucket are retained.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@click.argument("mode", metavar="governance|compliance|none", type=click.Choice((*_MODES, "none")))
@click.argument("days", metavar="[DAYS]", type=DURATION, required=False)
@as_json_option
@with_connection
def default(bucket: str, mode: str, days: int | None, *, as_json: bool, connection: Connection) -> int:
    """Retain new versions of a bucket for DAYS (30d), in a mode; none: only those that ask for it."""
    ctx = click.get_current_context()
    if (mode == "none") != (days is None):
        raise click.UsageError("a mode and its DAYS (30d), or none alone", ctx)
    if days is None:
        value = ObjectLockConfiguration(object_lock_enabled="Enabled")
    else:
        if days % _DAY_SECONDS or not days:
            raise click.UsageError("DAYS is a number of whole days: 30d, 2w", ctx)
        retention = DefaultRetention(mode=_MODES[mode], days=days // _DAY_SECONDS)
        value = ObjectLockConfiguration(object_lock_enabled="Enabled", rule=ObjectLockRule(default_retention=retention))
    return put(_SETTING, bucket, value, as_json=as_json, connection=connection)


@command.command("retain", short_help="Retain an object until a time.")
@_place
@click.argument("mode", metavar="governance|compliance", type=click.Choice(tuple(_MODES)))
@click.option("--for", "seconds", type=DURATION, metavar="TIME", help="From now on: 30d.")
@click.option("--until", type=MOMENT, metavar="TIME", help="Until then: 2033-01-01, 2033-01-01T12:00Z.")
@_version
@_bypass
@as_json_option
@with_connection
def retain(
    place: Remote,
    mode: str,
    seconds: int | None,
    until: datetime | None,
    version_id: str | None,
    *,
    bypass_governance: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Keep the newest version of an object (or --version-id) from being removed until a time."""
    if (seconds is None) == (until is None):
        raise click.UsageError("either --for or --until", click.get_current_context())
    if until is None:
        until = datetime.now(UTC) + timedelta(seconds=seconds or 0)
    retention = ObjectLockRetention(mode=_MODES[mode], retain_until_date=round(until.timestamp()) * 1000)
    return _retain(place, retention, version_id, bypass=bypass_governance, as_json=as_json, connection=connection)


@command.command("release", short_help="Take the retention from an object.")
@_place
@_version
@_bypass
@as_json_option
@with_connection
def release(
    place: Remote, version_id: str | None, *, bypass_governance: bool, as_json: bool, connection: Connection
) -> int:
    """Take the retention from an object, which S3 allows in mode governance to those who may bypass it."""
    return _retain(
        place, ObjectLockRetention(), version_id, bypass=bypass_governance, as_json=as_json, connection=connection
    )


@command.command("hold", short_help="Set or end the legal hold of an object.")
@_place
@click.argument("status", metavar="on|off", type=click.Choice(("on", "off")))
@_version
@as_json_option
@with_connection
def hold(place: Remote, status: str, version_id: str | None, *, as_json: bool, connection: Connection) -> int:
    """Keep an object from being removed as long as the hold is on."""
    _see(place)
    value: ObjectLockLegalHoldStatus = "ON" if status == "on" else "OFF"

    async def work() -> int:
        async with connection.client() as client:
            await client.put_object_legal_hold(
                bucket=place.bucket,
                key=place.key,
                version_id=version_id,
                legal_hold=ObjectLockLegalHold(status=value),
            )
        told("lock", str(place), {"LegalHold": {"Status": value}}, as_json=as_json)
        return 0

    return run("lock", work)


def _retain(
    place: Remote,
    retention: ObjectLockRetention,
    version_id: str | None,
    *,
    bypass: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    _see(place)

    async def work() -> int:
        from bushel.cli.documents import document_of  # noqa: PLC0415 - not for `--help`

        async with connection.client() as client:
            await client.put_object_retention(
                bucket=place.bucket,
                key=place.key,
                version_id=version_id,
                retention=retention,
                bypass_governance_retention=bypass or None,
            )
        document = document_of(retention)
        told("lock", str(place), {"Retention": document} if document else None, as_json=as_json)
        return 0

    return run("lock", work)


def _see(place: Remote) -> None:
    if place.is_folder or place.is_pattern:
        raise click.UsageError(f"{place} is no object", click.get_current_context())
