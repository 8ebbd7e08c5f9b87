"""Settings to engine to catalog to service to server: the only file that names a concrete engine.

Nothing is decided here but who is handed what.
"""

import asyncio
import contextlib
import logging
import mmap
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import bushel.service.ops  # noqa: F401 - registers the operations
from bushel.catalog import Catalog, Users
from bushel.catalog.users import ROOT_ID, KeyPair, new_key_pair
from bushel.core import log
from bushel.core.clock import Clock, SystemClock
from bushel.core.credentials import RootNote, read_credentials, write_credentials
from bushel.core.ids import Randomness, SystemRandomness
from bushel.core.settings import CannotStart, Settings
from bushel.core.shared import SharedMemory, SharedTurn
from bushel.engine.api import Engine, EngineError, Full
from bushel.protocol.address import Addressing
from bushel.server import supervisor
from bushel.server.access_log import AccessLog
from bushel.server.health import Health
from bushel.server.http import HttpServer, Limits
from bushel.server.listener import address_of, open_sockets
from bushel.server.own_pages import OwnPages
from bushel.server.pipeline import Pipeline
from bushel.server.proxy import TrustedProxies
from bushel.server.tls import Certificate
from bushel.server.worker import WorkerInfo
from bushel.service.authn import Authenticator
from bushel.service.background.lifecycle import run_lifecycle
from bushel.service.background.sweeper import run_sweeper
from bushel.service.background.torrents import run_torrent_sweeper
from bushel.service.context import Caller, Service
from bushel.service.encryption.keyring import NO_KEYS, KeyFile, KeyringError, KeySource, keys_of
from bushel.service.reads import SLOT_BYTES, ActiveReads
from bushel.service.torrents import Hashing
from bushel.web.hosts import BUILT_IN_DOMAIN, SiteHosts
from bushel.web.sites import Sites
from bushel.web.soap.interface import SoapInterface
from bushel.web.torrents import swarm
from bushel.web.torrents.tracker import Tracker

_log: Final = logging.getLogger(__name__)

MEMORY: Final = "memory:"

ROOT_FILE: Final = "root-credentials"
"""In the data folder: the root key pair, as AWS' shared credentials."""

HOUSEKEEPING_SECONDS: Final = 60

DRAIN_SECONDS: Final = 30
"""How long requests at work may take to finish when the server stops."""


def build(
    settings: Settings,
    catalog: Catalog,
    root_pair: KeyPair,
    reads: ActiveReads,
    *,
    clock: Clock,
    randomness: Randomness,
    shared: SharedMemory,
    hashing: Hashing,
    access_log: AccessLog | None = None,
) -> tuple[Pipeline, Health]:
    """The application of one process over an open catalog.

    Args:
        settings: Of the server.
        catalog: Open.
        root_pair: The operator's.
        reads: The process's slot.
        clock: The process's.
        randomness: The process's.
        shared: What ``shared_memory`` made.
        hashing: The process's, made by ``new_hashing``; whoever calls this closes it before the engine.
        access_log: Where requests are noted.
    """
    own_hosts = [] if settings.public_url is None else [settings.public_url.partition("://")[2]]
    addressing = Addressing(settings.domain, [*own_hosts, BUILT_IN_DOMAIN, *settings.website_domain])
    service = Service(
        catalog,
        clock,
        settings,
        reads,
        randomness=randomness,
        hashing=hashing,
        keys=key_source(settings),
        root=Caller(ROOT_ID, "root", root_pair.access_key, root=True),
        root_secret_key=root_pair.secret_key,
        reserved_bucket_names=addressing.reserved_names,
        public_endpoint=settings.public_url or "",
    )
    health = Health(catalog)
    own_pages = OwnPages({"health": health, "tracker": Tracker(service, shared.view, shared)})
    sites = Sites(service, SiteHosts(settings.website_domain, addressing))
    soap = SoapInterface(service)
    authenticator = Authenticator(service, root_pair)
    pipeline = Pipeline(service, addressing, authenticator, own_pages, sites, randomness, access_log, soap=soap)
    return pipeline, health


def shared_memory() -> SharedMemory:
    """What the processes of a server share beside the store; made before they are forked."""
    return SharedMemory(swarm.MEMORY_BYTES)


def new_hashing(shared: SharedMemory) -> Hashing:
    """The hashing of one process, which takes turns with the others."""
    return Hashing(SharedTurn(shared, swarm.SETS))  # the locks before it are the swarms'


def root_credentials(settings: Settings, folder: Path | None, randomness: Randomness) -> tuple[KeyPair, RootNote]:
    """The root key pair: the settings', else the folder's, else a new one that the folder keeps.

    Raises:
        CannotStart: The folder's file cannot be read.
    """
    if settings.root_access_key is not None and settings.root_secret_key is not None:
        pair = KeyPair(settings.root_access_key, settings.root_secret_key)
        return pair, RootNote(pair.access_key, None, None)
    if folder is None:
        pair = new_key_pair(randomness)
        return pair, RootNote(pair.access_key, pair.secret_key, None)
    file = folder / ROOT_FILE
    try:
        found = read_credentials(file)
    except FileNotFoundError:
        pair = new_key_pair(randomness)
        write_credentials(file, *pair)
        return pair, RootNote(pair.access_key, pair.secret_key, file)
    if found is None:
        raise CannotStart(f"{file}: no key pair in it; put it back, or remove it to have a new pair made")
    return KeyPair(*found), RootNote(found[0], None, file)


def key_source(settings: Settings, folder: Path | None = None) -> KeySource:
    """Where the keys are that objects are encrypted under.

    Args:
        folder: The data folder, which must not have them in it.

    Raises:
        CannotStart: They cannot be read, or are where the data are.
    """
    try:
        if settings.sse_master_key:
            return keys_of(settings.sse_master_key)
        if settings.sse_master_key_file is None:
            return NO_KEYS
        file = Path(settings.sse_master_key_file)
        if folder is not None and file.resolve().is_relative_to(folder.resolve()):
            raise CannotStart(f"sse_master_key_file {file}: in the data folder, who has the data would have the keys")
        return KeyFile(file)
    except KeyringError as problem:
        setting = "sse_master_key" if settings.sse_master_key else "sse_master_key_file"
        raise CannotStart(f"{setting}: {problem}") from None


@contextlib.asynccontextmanager
async def open_users(folder: Path) -> AsyncIterator[Users]:
    """The users of a data folder, as ``open_catalog`` opens it."""
    async with open_catalog(folder) as catalog:
        yield catalog.users


@contextlib.asynccontextmanager
async def open_catalog(folder: Path) -> AsyncIterator[Catalog]:
    """The catalog of a data folder without its blobs, also while a server runs on it.

    Raises:
        EngineError: It is no data folder, or one of a newer format.
    """
    from bushel.engine.embedded.engine import EmbeddedEngine  # noqa: PLC0415 - a memory store needs no LMDB

    clock, randomness = SystemClock(), SystemRandomness()
    engine = EmbeddedEngine.open(folder, clock=clock, randomness=randomness, index_only=True)
    try:
        yield await Catalog.open(engine, clock, randomness)
    finally:
        await engine.close()


class Plan(NamedTuple):
    """What the worker processes of one server have in common; made before they are forked.

    Attributes:
        folder: The data folder; ``None`` for a memory store.
        reads: A slot for each worker (``service.reads``).
        shared: What they know of swarms, and the turns that they take.
        access_log: Descriptor of the access log, or ``None``.
        website_sockets: One for each worker, where web sites have a port of their own.
    """

    settings: Settings
    folder: Path | None
    root_pair: KeyPair
    reads: mmap.mmap
    shared: SharedMemory
    access_log: int | None
    website_sockets: list[socket.socket]


def serve(settings: Settings, store: str, announce: Callable[[str, RootNote], None]) -> int:
    """Serve a store until told to stop; returns the exit code.

    Args:
        settings: Checked; ``workers`` is a number.
        store: A folder, or ``memory:``.
        announce: Called with the endpoint and the root key pair once every worker serves.

    Raises:
        CannotStart: With one line that says why.
        EngineError: The folder cannot be used, or another server has it.
        OSError: The address cannot be used.
    """
    folder = None if store == MEMORY else Path(store)
    key_source(settings, folder)  # refused here, before the folder is touched
    with contextlib.ExitStack() as held:
        if folder is not None:
            from bushel.engine.embedded.folder import acquire_folder_lock  # noqa: PLC0415 - memory needs none

            held.enter_context(acquire_folder_lock(folder))
        pair, note = root_credentials(settings, folder, SystemRandomness())
        plan = Plan(
            settings,
            folder,
            pair,
            mmap.mmap(-1, SLOT_BYTES * settings.workers),
            shared_memory(),
            _open_access_log(settings),
            [] if settings.website_listen is None else open_sockets(settings.website_listen, settings.workers),
        )
        scheme = "http" if settings.tls_cert is None else "https"

        async def start_worker(sock: socket.socket, info: WorkerInfo) -> None:
            await _work(plan, sock, info)

        supervisor.serve(
            settings.listen,
            settings.workers,
            start_worker,
            SystemClock(),
            ready=lambda address: announce(f"{scheme}://{address}", note),
            stop_seconds=2 * DRAIN_SECONDS,
        )
    return 0


def _certificate(settings: Settings) -> Certificate | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return Certificate(settings.tls_cert, settings.tls_key)


def _open_access_log(settings: Settings) -> int | None:
    if settings.access_log == "off":
        return None
    if settings.access_log == "-":
        return 2
    try:
        return os.open(settings.access_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as problem:
        raise CannotStart(f"--access-log {settings.access_log}: {problem.strerror}") from None


async def _work(plan: Plan, sock: socket.socket, info: WorkerInfo) -> None:
    """One worker process, from opening the store to closing it."""
    settings = plan.settings
    log.configure(settings.log_level, settings.log_format)
    clock, randomness = SystemClock(), SystemRandomness()
    async with _engine(plan, clock, randomness) as (engine, chores):
        with _refusing_to_start(plan.folder):
            catalog = await Catalog.open(engine, clock, randomness)
        reads = ActiveReads(memoryview(plan.reads), info.index)
        access_log = None if plan.access_log is None else AccessLog(plan.access_log, clock)
        hashing = new_hashing(plan.shared)
        application, health = build(
            settings,
            catalog,
            plan.root_pair,
            reads,
            clock=clock,
            randomness=randomness,
            shared=plan.shared,
            hashing=hashing,
            access_log=access_log,
        )
        stall_seconds = settings.idle_timeout_seconds
        limits = Limits(
            header_seconds=settings.header_timeout_seconds,
            idle_seconds=stall_seconds,
            body_seconds=stall_seconds,
            write_seconds=stall_seconds,
        )
        proxies = TrustedProxies(settings.trusted_proxy) if settings.trusted_proxy else None
        server = HttpServer(application, application.render_error, clock, limits=limits, proxies=proxies)
        servers = [server]
        if info.index == 0:
            chores.append(
                lambda: run_sweeper(
                    catalog,
                    clock,
                    reads,
                    grace_seconds=settings.garbage_grace_seconds,
                    interval_seconds=settings.sweep_interval_seconds,
                )
            )
            chores.append(lambda: run_torrent_sweeper(catalog))
            chores.append(
                lambda: run_lifecycle(
                    catalog,
                    clock,
                    day_seconds=settings.lifecycle_day_seconds,
                    interval_seconds=settings.lifecycle_interval_seconds,
                )
            )
        certificate = _certificate(settings)
        if certificate is not None:
            info.on_reload(certificate.reload)
            chores.append(certificate.watch)
        tls = None if certificate is None else certificate.context
        await server.listen(sock, tls)
        if plan.website_sockets:
            sites = HttpServer(application.answer_site, application.render_error, clock, limits=limits, proxies=proxies)
            servers.append(sites)
            await sites.listen(plan.website_sockets[info.index], tls)
            if info.index == 0:
                _log.info("web sites alone are served on %s", address_of(plan.website_sockets[0]))
        tasks = [asyncio.create_task(chore()) for chore in chores]
        info.ready()
        await info.stopping.wait()
        health.draining = True
        await asyncio.gather(*(each.drain(DRAIN_SECONDS) for each in servers))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hashing.close()


@contextlib.contextmanager
def _refusing_to_start(folder: Path | None) -> Iterator[None]:
    """A store that cannot be opened is a reason not to start, in the words of one line, whichever process meets it."""
    try:
        yield
    except Full as problem:
        raise CannotStart(f"{folder}: {problem}") from problem
    except EngineError as problem:
        raise CannotStart(str(problem)) from problem
    except OSError as problem:
        raise CannotStart(f"{problem.filename or folder}: {problem.strerror}") from problem


Chores = list[Callable[[], Coroutine[Any, Any, None]]]


@contextlib.asynccontextmanager
async def _engine(plan: Plan, clock: Clock, randomness: Randomness) -> AsyncIterator[tuple[Engine, Chores]]:
    """The process's engine, and what it wants done now and then."""
    if plan.folder is None:
        from bushel.engine.memory.engine import MemoryEngine  # noqa: PLC0415 - one of two is used

        memory = MemoryEngine(clock=clock, randomness=randomness)
        yield memory, []
        await memory.close()
        return
    from bushel.engine.embedded.engine import EmbeddedEngine  # noqa: PLC0415 - one of two is used

    with _refusing_to_start(plan.folder):
        embedded = EmbeddedEngine.open(plan.folder, clock=clock, randomness=randomness)

    async def keep_house() -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            await embedded.housekeeping()

    try:
        yield embedded, [keep_house]
    finally:
        await embedded.close()
