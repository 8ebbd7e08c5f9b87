"""What ``put``, ``get``, ``cp`` and ``mv`` have in common: from parsed arguments to everything moved."""

from collections.abc import Sequence

from bushel.cli.connection import Connection
from bushel.cli.globs import Selection
from bushel.cli.moving import Mover, Wishes
from bushel.cli.places import Place, Stream
from bushel.cli.report import Report
from bushel.cli.running import run
from bushel.cli.transfers import Route


def move(
    report: Report,
    connection: Connection,
    sources: Sequence[Place],
    target: Place,
    wishes: Wishes,
    *,
    selection: Selection,
    recursive: bool = False,
    target_connection: Connection | None = None,
) -> int:
    """Move everything; the exit status."""

    async def work() -> int:
        async with connection.client() as source:
            there = source if target_connection in (None, connection) else target_connection.client()
            try:
                route = Route(
                    target,
                    wishes,
                    several=len(sources) > 1,
                    selection=selection,
                    report=report,
                    recursive=recursive,
                )
                mover = Mover(source, there, report, wishes)
                with report:
                    await mover.move_all(route.steps(source, sources))
            finally:
                if there is not source:
                    await there.aclose()
        return report.finish()

    return run(report.verb, work)


def quiet_for(target: Place, *, quiet: bool) -> bool:
    """Nothing is said between the bytes of an object on standard output."""
    return quiet or isinstance(target, Stream)
