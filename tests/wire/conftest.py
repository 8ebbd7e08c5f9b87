"""Fixtures that start servers with an application of the test's own, on uvloop and on asyncio's own loop."""

from collections.abc import Callable, Iterator

import pytest

from bushel.server.http import Application, Limits
from wire.served import LOOPS, Served, Told


@pytest.fixture(params=LOOPS)
def serve(request) -> Iterator[Callable[..., Served]]:
    """``serve(application, limits=Limits(...))`` starts a server."""
    running: list[Served] = []

    def start(application: Application, **options) -> Served:
        running.append(Served(application, request.param, **options))
        return running[-1]

    yield start
    for served in running:
        served.end()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def quick() -> Limits:
    """Limits that tests can wait for."""
    return Limits(
        header_seconds=0.2,
        idle_seconds=0.2,
        body_seconds=0.2,
        write_seconds=0.2,
        linger_seconds=0.2,
        tick_seconds=0.05,
    )
