"""Shipped for tests: a server in the test process, a client with a server in it, and what engines are tested with.

``server``, ``client`` and ``async_client`` are here; pytest finds the fixtures of ``plugin`` by itself.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bushel.testing.in_process import HandlerTransport as HandlerTransport
    from bushel.testing.in_process import async_client as async_client
    from bushel.testing.in_process import client as client
    from bushel.testing.serving import RunningServer as RunningServer
    from bushel.testing.serving import server as server

_HOMES: Final = {
    "HandlerTransport": "bushel.testing.in_process",
    "RunningServer": "bushel.testing.serving",
    "async_client": "bushel.testing.in_process",
    "client": "bushel.testing.in_process",
    "server": "bushel.testing.serving",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - who tests an engine needs no server

    return getattr(import_module(home), name)
