"""``bushel quota``: how much buckets and users may store. Works beside a running server, which acts on it from the next
request on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click
import msgspec

from bushel.assemble import open_catalog
from bushel.catalog import Catalog
from bushel.catalog.buckets import BucketChanged
from bushel.catalog.quotas import OF_BUCKET, Limits, NoSuchBucket, Used
from bushel.catalog.users import NoSuchUser
from bushel.cli.quantities import SizeType, size_text
from bushel.cli.users import DATA
from bushel.engine.api import EngineError

_Result = TypeVar("_Result")

MAX: Final = 2**63 - 1


def _whose(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--user", metavar="NAME", help="All buckets of this user together.")(command)
    return click.option("--bucket", metavar="NAME", help="This bucket.")(command)


@click.group("quota", short_help="Limit what buckets and users may store.")
def command() -> None:
    """Limit what buckets and users may store, also while it is served: a change acts on the next request."""


@command.command("set", short_help="Set the quota of a bucket or of a user.")
@_whose
@click.option("--max-size", type=SizeType(), metavar="SIZE", help="Bytes at most: 4096, 10G, 1.5TiB.")
@click.option("--max-objects", type=click.IntRange(0, MAX), metavar="N", help="Objects at most; each version is one.")
@DATA
def set_quota(bucket: str | None, user: str | None, max_size: int | None, max_objects: int | None, data: Path) -> None:
    """Set the quota of a bucket or of a user, in place of the one there is."""
    if max_size is None and max_objects is None:
        raise click.UsageError("--max-size or --max-objects says how much", click.get_current_context())
    if max_size is not None and max_size > MAX:
        raise click.UsageError(f"--max-size is at most {MAX}", click.get_current_context())
    _set(bucket, user, Limits(max_size, max_objects), data)


@command.command("clear", short_help="Take a quota away.")
@_whose
@DATA
def clear(bucket: str | None, user: str | None, data: Path) -> None:
    """Take the quota of a bucket or of a user away; there need not be one."""
    _set(bucket, user, None, data)


@command.command("show", short_help="Show quotas and what is used of them.")
@_whose
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@DATA
def show(bucket: str | None, user: str | None, as_json: bool, data: Path) -> None:
    """Show the quotas of a bucket, of a user, or all quotas, and what is used of each."""
    if bucket is not None and user is not None:
        raise click.UsageError("--bucket and --user do not go together", click.get_current_context())

    async def work(catalog: Catalog) -> list[_Quota]:
        quotas = catalog.quotas
        if bucket is not None:
            return [_Quota("bucket", bucket, *await quotas.of_bucket(bucket))]
        if user is not None:
            return [_Quota("user", user, *await quotas.of_user(user))]
        buckets = [each.name for each in await catalog.buckets.all() if OF_BUCKET in each.configured]
        users = [each.name for each in await catalog.users.all() if each.quota]
        found = [_Quota("bucket", name, *await quotas.of_bucket(name)) for name in buckets]
        return found + [_Quota("user", name, *await quotas.of_user(name)) for name in users]

    found = _with_catalog(data, work)
    if as_json:
        for each in found:
            print(msgspec.json.encode(each.facts()).decode())
        return
    rows = [("OF", "NAME", "SIZE", "MAX SIZE", "OBJECTS", "MAX OBJECTS"), *(each.row() for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


class _Quota(NamedTuple):
    of: str
    name: str
    limits: Limits | None
    used: Used

    def facts(self) -> dict[str, Any]:
        limits = self.limits or Limits()
        return {
            "of": self.of,
            "name": self.name,
            "bytes": self.used.bytes,
            "max_bytes": limits.max_bytes,
            "objects": self.used.objects,
            "max_objects": limits.max_objects,
        }

    def row(self) -> tuple[str, ...]:
        _, _, size, max_size, objects, max_objects = self.facts().values()
        return (
            *(self.of, self.name, size_text(size), "none" if max_size is None else size_text(max_size)),
            *(str(objects), "none" if max_objects is None else str(max_objects)),
        )


def _set(bucket: str | None, user: str | None, limits: Limits | None, data: Path) -> None:
    async def work(catalog: Catalog) -> None:
        if bucket is not None:
            await catalog.quotas.set_bucket(bucket, limits)
        elif user is not None:
            await catalog.quotas.set_user(user, limits)

    if (bucket is None) == (user is None):
        raise click.UsageError("either --bucket or --user says whose quota it is", click.get_current_context())
    _with_catalog(data, work)


def _with_catalog(data: Path, work: Callable[[Catalog], Awaitable[_Result]]) -> _Result:
    """Do ``work`` with the catalog of a folder.

    Raises:
        ClickException: It cannot be done; one line says why.
    """

    async def run() -> _Result:
        async with open_catalog(data) as catalog:
            return await work(catalog)

    try:
        return asyncio.run(run())
    except NoSuchUser as problem:
        raise click.ClickException(f"no user {problem} in {data}") from None
    except (NoSuchBucket, BucketChanged) as problem:
        raise click.ClickException(f"no bucket {problem} in {data}") from None
    except EngineError as problem:
        raise click.ClickException(str(problem)) from None
