"""Deletes objects and versions, a thousand in a request, and tells of each."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from bushel.cli.places import Remote
from bushel.cli.records import TransferLine
from bushel.cli.report import Report

if TYPE_CHECKING:
    from bushel import AsyncClient

Named = tuple[str, str | None]
"""A key, and the version of it that is meant; without one the object."""

_BATCH: Final = 1000


async def delete(
    client: "AsyncClient",
    bucket: str,
    named: AsyncIterator[Named],
    report: Report,
    *,
    dry_run: bool = False,
    bypass: bool = False,
) -> None:
    """Delete objects or versions.

    Args:
        client: Where they are.
        bucket: Their bucket.
        named: Keys, and versions of them.
        report: Is told.
        dry_run: Only tell.
        bypass: Of retention in governance mode.
    """
    batch: list[Named] = []
    async for each in named:
        batch.append(each)
        if len(batch) == _BATCH:
            await _delete_batch(client, bucket, batch, report, dry_run=dry_run, bypass=bypass)
            batch = []
    if batch:
        await _delete_batch(client, bucket, batch, report, dry_run=dry_run, bypass=bypass)


async def _delete_batch(
    client: "AsyncClient", bucket: str, batch: list[Named], report: Report, *, dry_run: bool, bypass: bool
) -> None:
    from bushel.client.bulk import delete_versions, version_name  # noqa: PLC0415 - not for `--help`
    from bushel.client.errors import BatchError, BushelError, ResponseError  # noqa: PLC0415 - not for `--help`

    failures: dict[str, Exception] = {}
    if not dry_run:
        try:
            if len(batch) == 1:
                key, version_id = batch[0]
                await client.delete_object(
                    bucket=bucket, key=key, version_id=version_id, bypass_governance_retention=bypass or None
                )
            else:
                await delete_versions(client.session, bucket, batch, bypass=bypass)
        except BatchError as problem:
            failures = {name: ResponseError(code, text) for name, (code, text) in problem.failures.items()}
        except BushelError as problem:
            failures = {version_name(*each): problem for each in batch}
    for key, version_id in batch:
        line = TransferLine(
            "delete", "planned" if dry_run else "done", str(Remote(bucket, key)), version_id=version_id or ""
        )
        failure = failures.get(version_name(key, version_id))
        if failure is None:
            report.succeed(line)
        else:
            report.fail(line, failure)
