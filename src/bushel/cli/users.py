"""What the commands about users share: the folder, and the users in it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import click

from bushel.assemble import open_users
from bushel.catalog.users import NoSuchPolicy, NoSuchUser, UserExists, Users
from bushel.engine.api import EngineError

_Result = TypeVar("_Result")

DATA: Final = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="The folder that is served, or an empty one that will be.",
)


def with_users(data: Path, work: Callable[[Users], Awaitable[_Result]]) -> _Result:
    """Do ``work`` with the users of a folder.

    Raises:
        ClickException: It cannot be done; one line says why.
    """

    async def run() -> _Result:
        async with open_users(data) as users:
            return await work(users)

    try:
        return asyncio.run(run())
    except NoSuchUser as problem:
        raise click.ClickException(f"no user {problem} in {data}") from None
    except NoSuchPolicy as problem:
        raise click.ClickException(f"the user has no policy {problem}") from None
    except (UserExists, ValueError, EngineError) as problem:
        raise click.ClickException(str(problem)) from None
