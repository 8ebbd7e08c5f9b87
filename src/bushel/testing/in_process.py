"""A way from a client to a server without a socket: the client's requests go straight into the pipeline.

The fastest test there is, and one that needs no port. What is not tested by it is HTTP.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bushel.client.errors import TransportError
from bushel.client.http.connection import Body, Buffer, Origin
from bushel.core.clock import Clock
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.testing.application import ACCESS_KEY, REGION, SECRET_KEY, Application, open_application, settings_of

if TYPE_CHECKING:
    from bushel import AsyncClient, Client


class HandedBody:
    """A request's body as the pipeline reads it (``protocol.message.Body``)."""

    def __init__(self, body: Body, length: int | None) -> None:
        self.length = length
        self._pieces = _each(body)

    async def read(self) -> bytes:
        try:
            while True:
                piece = await anext(self._pieces)
                if piece:
                    return bytes(piece)
        except StopAsyncIteration:
            return b""
        except Exception as problem:
            raise S3Error("IncompleteBody") from problem  # as if the client had gone away


async def _each(body: Body) -> AsyncIterator[Buffer]:
    if isinstance(body, Sequence):
        for piece in body:
            yield piece
    else:
        async for piece in body:
            yield piece


class HandedAnswer:
    """The pipeline's response as the client reads it."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes | AsyncIterator[bytes]) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        for name, value in headers:
            lower = name.lower()
            self.headers[lower] = f"{self.headers[lower]}, {value}" if lower in self.headers else value
        if isinstance(body, bytes):
            self.headers.setdefault("content-length", str(len(body)))
        self._body = body

    async def read(self) -> bytes:
        if isinstance(self._body, bytes):
            piece, self._body = self._body, b""
            return piece
        try:
            return await anext(self._body)
        except StopAsyncIteration:
            self._body = b""
            return b""
        except Exception as problem:
            raise TransportError(f"the server gave up in the middle of its answer: {problem}") from problem

    def discard(self) -> None:
        self._body = b""


class HandlerTransport:
    """A ``client.http.pool.Transport`` that has the server in it; opened with the first request.

    Args:
        folder: A data folder; ``None``: in memory.
        clock: The server's; ``None``: the system's.
        **settings: Of ``bushel serve``, by name.
    """

    def __init__(self, folder: str | Path | None = None, *, clock: Clock | None = None, **settings: Any) -> None:
        self._folder = None if folder is None else Path(folder)
        self._clock = clock
        self._settings = settings_of(settings)
        self._held = contextlib.AsyncExitStack()
        self._application: Application | None = None

    async def send(
        self,
        origin: Origin,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Body,
        *,
        expect: bool = False,  # noqa: ARG002 - the body is asked for piece by piece anyway
    ) -> HandedAnswer:
        if self._application is None:
            opening = open_application(self._folder, self._settings, self._clock)
            self._application = await self._held.enter_async_context(opening)
        length = headers.get("content-length")
        path, _, query = target.partition("?")
        request = Request(
            method,
            path,
            query,
            dict(headers),
            HandedBody(body, 0 if length is None else int(length)),
            host=origin.authority,
            peer="127.0.0.1",
            secure=origin.scheme == "https",
        )
        response = await self._application.pipeline(request)
        if method == "HEAD":
            return HandedAnswer(response.status, response.headers, b"")
        return HandedAnswer(response.status, response.headers, response.body)

    async def close(self) -> None:
        await self._held.aclose()


def client(folder: str | Path | None = None, **options: Any) -> "Client":
    """A synchronous client with a server in it; options as for ``bushel.Client``."""
    from bushel import Client  # noqa: PLC0415 - one of two is used

    return Client(**_options(folder, options))


def async_client(folder: str | Path | None = None, **options: Any) -> "AsyncClient":
    """An asynchronous client with a server in it; options as for ``bushel.AsyncClient``."""
    from bushel import AsyncClient  # noqa: PLC0415 - one of two is used

    return AsyncClient(**_options(folder, options))


def _options(folder: str | Path | None, options: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {"endpoint": "http://localhost", "region": REGION, "environ": {}}
    if not options.get("anonymous"):
        given |= {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    return given | {"transport": HandlerTransport(folder)} | options
