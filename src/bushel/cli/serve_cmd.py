"""``bushel serve``: settings in, a server running, and what to paste next on standard output."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from bushel.cli.start_message import start_message
from bushel.core.credentials import RootNote
from bushel.core.settings import AUTO_WORKERS, CONFIG_VARIABLE, SETTINGS, CannotStart, Settings, load

MEMORY: Final = "memory:"
"""In place of a folder: keep everything in memory and forget it at the end."""

MOST_AUTO_WORKERS: Final = 8


def _with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command one option for each setting that has a flag."""
    for setting in reversed(list(SETTINGS.values())):
        if setting.flag is None:
            continue
        default = f" Default: {setting.default_text}." if setting.default_text else ""
        command = click.option(
            setting.flag,
            setting.name,
            metavar=setting.kind.metavar,
            multiple=setting.many,
            help=f"{setting.about}{default}",
        )(command)
    return command


_ROOT_VARIABLES: Final = " and ".join(SETTINGS[name].variable for name in ("root_access_key", "root_secret_key"))

_EPILOG: Final = f"""\
Each setting is also a variable (BUSHEL_LISTEN for --listen) and a line of the file (listen = "127.0.0.1:9000"); flags
win over variables, variables over the file. {_ROOT_VARIABLES} replace the stored root key pair;
secrets have no flags, because every process can read command lines."""


@click.command("serve", short_help="Serve a folder as S3.", epilog=_EPILOG)
@click.argument("store", metavar="DIR|memory:")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar=CONFIG_VARIABLE,
    help=f"TOML file with settings. Default: what {CONFIG_VARIABLE} names, if anything.",
)
@_with_settings
def command(store: str, config: Path | None, **flags: Any) -> int:
    """Serve the folder DIR as S3 (it is made if missing), or memory: for a store that is forgotten at the end.

    The first start makes the root key pair. It is shown once on a terminal, and kept in the folder.
    """
    settings = with_worker_count(load(flags, os.environ, config), store)
    _see_that_a_secret_has_a_place(settings, store)
    return _serve(settings, store)


def with_worker_count(settings: Settings, store: str) -> Settings:
    """Settle ``workers``: one process can hold a memory store, a folder is shared by as many as there are CPUs.

    Raises:
        CannotStart: More than one worker is asked for a memory store.
    """
    if settings.workers > 1 and store == MEMORY:
        raise CannotStart(
            f"--workers {settings.workers}: a memory store lives in one process; serve a folder, or drop it"
        )
    if settings.workers != AUTO_WORKERS:
        return settings
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return replace(settings, workers=1 if store == MEMORY else min(usable, MOST_AUTO_WORKERS))


def _serve(settings: Settings, store: str) -> int:
    # The server's half is imported here: a mistyped setting is told at once, and `--help` does not wait for it.
    from bushel.assemble import serve  # noqa: PLC0415
    from bushel.core import log  # noqa: PLC0415
    from bushel.engine.api import EngineError  # noqa: PLC0415
    from bushel.server.tls import Certificate  # noqa: PLC0415

    log.configure(settings.log_level, settings.log_format)
    if settings.tls_cert is not None and settings.tls_key is not None:
        Certificate(settings.tls_cert, settings.tls_key)  # refused here, before the folder is touched
    serving = False

    def announce(endpoint: str, root: RootNote) -> None:
        nonlocal serving
        serving = True
        variable = SETTINGS["root_secret_key"].variable
        sys.stdout.write(
            start_message(
                endpoint,
                store=store,
                region=settings.region,
                access_key=root.access_key,
                secret_key=root.new_secret_key if sys.stdout.isatty() else None,
                file=root.file.absolute() if root.file else None,
                variable=variable if os.environ.get(variable) else None,
            )
        )
        sys.stdout.flush()

    try:
        return serve(settings, store, announce)
    except EngineError as problem:
        if serving:
            raise
        raise CannotStart(str(problem)) from problem
    except OSError as problem:
        if serving:
            raise
        raise CannotStart(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)) from problem


def _see_that_a_secret_has_a_place(settings: Settings, store: str) -> None:
    if store == MEMORY and settings.root_access_key is None and not sys.stdout.isatty():
        raise CannotStart(
            f"a memory store has no folder to keep a new root secret key in, and this is no terminal: "
            f"set {_ROOT_VARIABLES}"
        )
