"""A server in the test process: on a port of its own, in a thread with an event loop of its own.

What must not be here: what the application is made of (``application``), fixtures (``plugin``).
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bushel.client.drivers import new_event_loop
from bushel.core.clock import Clock
from bushel.server.http import HttpServer, Limits
from bushel.server.proxy import TrustedProxies
from bushel.server.tls import Certificate
from bushel.service.background.lifecycle import run_lifecycle
from bushel.service.background.sweeper import run_sweeper
from bushel.testing.application import ACCESS_KEY, REGION, SECRET_KEY, Application, open_application, settings_of

if TYPE_CHECKING:
    from bushel import AsyncClient, Client

_START_SECONDS: Final = 10
_DRAIN_SECONDS: Final = 5


class RunningServer:
    """A server that can be talked to until it is left.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``, or ``https`` with the setting ``tls_cert``.
        access_key: Of a caller who may do everything.
        secret_key: The same caller's.
        region: What requests are signed for.
    """

    def __init__(self, endpoint: str, access_key: str, secret_key: str, region: str) -> None:
        self.endpoint = endpoint
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region

    def __repr__(self) -> str:
        return f"<RunningServer {self.endpoint}>"

    def client(self, **options: Any) -> "Client":
        """A synchronous client of it; options as for ``bushel.Client``."""
        from bushel import Client  # noqa: PLC0415 - one of two is used

        return Client(**self._options(options))

    def async_client(self, **options: Any) -> "AsyncClient":
        """An asynchronous client of it; options as for ``bushel.AsyncClient``."""
        from bushel import AsyncClient  # noqa: PLC0415 - one of two is used

        return AsyncClient(**self._options(options))

    @property
    def environ(self) -> dict[str, str]:
        """Variables by which any S3 tool finds it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {"endpoint": self.endpoint, "region": self.region, "environ": {}}
        if not options.get("anonymous"):
            given |= {"access_key": self.access_key, "secret_key": self.secret_key}
        return given | options


@contextlib.contextmanager
def server(
    folder: str | Path | None = None, *, port: int = 0, clock: Clock | None = None, **settings: Any
) -> Iterator[RunningServer]:
    """Serve in this process: ``with bushel.testing.server() as s: s.client().bucket("b").create()``.

    Args:
        folder: A data folder, made if it is not there; ``None``: in memory, forgotten at the end.
        port: 0: a free one.
        clock: Instead of the system's.
        **settings: Of ``bushel serve``, by name, where they are to be others than the defaults.

    Raises:
        CannotStart: The certificate cannot be used.
        EngineError: The folder cannot be used, or a server has it.
        OSError: The port is taken.
        TypeError: There is no such setting.
    """
    chosen = settings_of(settings)
    sock = socket.create_server(("127.0.0.1", port))
    loop = new_event_loop()
    stopping = asyncio.Event()
    started = threading.Event()
    problems: list[BaseException] = []

    async def serve() -> None:
        async with open_application(None if folder is None else Path(folder), chosen, clock) as application:
            await _serve(application, sock, started, stopping)

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        except BaseException as problem:  # noqa: BLE001 - told to whoever waits
            problems.append(problem)
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            sock.close()
            started.set()

    thread = threading.Thread(target=run, name="bushel-testing", daemon=True)
    thread.start()
    started.wait(_START_SECONDS)
    try:
        if problems:
            raise problems[0]
        yield RunningServer(
            f"{'http' if chosen.tls_cert is None else 'https'}://127.0.0.1:{sock.getsockname()[1]}",
            chosen.root_access_key or ACCESS_KEY,
            chosen.root_secret_key or SECRET_KEY,
            REGION if chosen.region == "any" else chosen.region,
        )
    finally:
        if not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it ended in between
                loop.call_soon_threadsafe(stopping.set)
        thread.join()
    if problems:
        raise problems[0]


async def _serve(
    application: Application, sock: socket.socket, started: threading.Event, stopping: asyncio.Event
) -> None:
    pipeline, settings = application.pipeline, application.settings
    limits = Limits(header_seconds=settings.header_timeout_seconds, idle_seconds=settings.idle_timeout_seconds)
    proxies = TrustedProxies(settings.trusted_proxy) if settings.trusted_proxy else None
    serving = HttpServer(pipeline, pipeline.render_error, application.clock, limits=limits, proxies=proxies)
    tls = None
    if settings.tls_cert is not None and settings.tls_key is not None:
        tls = Certificate(settings.tls_cert, settings.tls_key).context
    sweeper = run_sweeper(
        application.catalog,
        application.clock,
        application.reads,
        grace_seconds=settings.garbage_grace_seconds,
        interval_seconds=settings.sweep_interval_seconds,
    )
    lifecycle = run_lifecycle(
        application.catalog,
        application.clock,
        day_seconds=settings.lifecycle_day_seconds,
        interval_seconds=settings.lifecycle_interval_seconds,
    )
    chores = [asyncio.create_task(chore) for chore in (sweeper, lifecycle)]
    await serving.listen(sock, tls)
    started.set()
    await stopping.wait()
    application.health.draining = True
    await serving.drain(_DRAIN_SECONDS)
    for chore in chores:
        chore.cancel()
    await asyncio.gather(*chores, return_exceptions=True)
