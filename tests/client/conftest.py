"""Clients of this library for the servers of the session, and for a server that misbehaves."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import pytest

import bushel
from bushel.client import Retries, TransferOptions
from live.scripted import ScriptedServer

QUICK = Retries(attempts=4, first_seconds=0.001, longest_seconds=0.01)
SMALL_PARTS = TransferOptions(part_bytes=5 << 20, concurrency=4, memory_bytes=20 << 20)


@pytest.fixture
def make_client(server) -> Iterator[Callable[..., bushel.Client]]:
    """Synchronous clients of the server: ``make_client(anonymous=True)``."""
    with contextlib.ExitStack() as held:

        def make(**options) -> bushel.Client:
            pair = (
                {} if options.get("anonymous") else {"access_key": server.access_key, "secret_key": server.secret_key}
            )
            given = {"endpoint": server.endpoint, "environ": {}, "retries": QUICK, "transfers": SMALL_PARTS} | pair
            return held.enter_context(bushel.Client(**(given | options)))

        yield make


@pytest.fixture
def client(make_client) -> bushel.Client:
    return make_client()


@pytest.fixture
def store(client, bucket) -> bushel.Bucket:
    """The test's own bucket, as a thing."""
    return client.bucket(bucket)


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    """Servers that answer as they are told: ``scripted(answer, answer, ...)``."""
    with contextlib.ExitStack() as held:
        yield lambda *answers, **options: held.enter_context(ScriptedServer(*answers, **options))


@pytest.fixture
def make_scripted_client(scripted) -> Iterator[Callable]:
    """A scripted server and a client of it."""
    with contextlib.ExitStack() as held:

        def make(*answers, **options):
            server = scripted(*answers)
            given = {"access_key": "AK", "secret_key": "SK", "environ": {}, "retries": QUICK, "transfers": SMALL_PARTS}
            client = held.enter_context(bushel.Client(server.endpoint, **(given | options)))
            return server, client

        yield make


@pytest.fixture
def run():
    """Run a coroutine to its end."""
    return asyncio.run
