"""Bushel: an S3 that installs with pip."""

from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bushel.client._async.body import AsyncBody as AsyncBody
    from bushel.client._async.bucket import AsyncBucket as AsyncBucket
    from bushel.client._async.client import AsyncClient as AsyncClient
    from bushel.client._async.objects import AsyncObject as AsyncObject
    from bushel.client._sync.body import Body as Body
    from bushel.client._sync.bucket import Bucket as Bucket
    from bushel.client._sync.client import Client as Client
    from bushel.client._sync.objects import Object as Object
    from bushel.client.errors import BushelError as BushelError

_HOMES: Final = {
    "AsyncBody": "bushel.client._async.body",
    "AsyncBucket": "bushel.client._async.bucket",
    "AsyncClient": "bushel.client._async.client",
    "AsyncObject": "bushel.client._async.objects",
    "Body": "bushel.client._sync.body",
    "Bucket": "bushel.client._sync.bucket",
    "BushelError": "bushel.client.errors",
    "Client": "bushel.client._sync.client",
    "Object": "bushel.client._sync.objects",
}


def __getattr__(name: str) -> Any:
    # A server imports this package too, and has no use for a client.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
