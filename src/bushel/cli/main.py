"""The command ``bushel``: finds the subcommand, and turns every refusal into one line and an exit status.

Exit status 0: done. 1: refused, for a reason outside the command line (a setting, a folder, a port, a user). 2: the
command line is wrong. 130: interrupted.

What must not be here: any subcommand's options or work. Those are in one ``*_cmd.py`` each, imported when called for,
so that ``bushel serve`` does not wait for what only others need.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Final

import click

from bushel import __version__
from bushel.core.settings import CannotStart

COMMANDS: Final = {
    name: f"bushel.cli.{name}_cmd"
    for name in (
        *("serve", "user", "quota", "key"),
        *("mb", "rb", "ls", "put", "get", "cat", "head", "cp", "mv", "rm", "sync"),
        *("stat", "du", "tree", "find", "presign", "acl", "gallery", "site", "torrent", "completion"),
    )
}
"""Subcommand to the module that has it as ``command``."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = importlib.import_module(module).command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def bushel() -> None:
    """S3 object storage: a server for one folder, and the tools for it and for any other S3."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` unless given) and return its exit status."""
    try:
        status = bushel.main(arguments, prog_name="bushel", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        print(problem.format_message(), file=sys.stderr)
        return 2
    except click.ClickException as problem:
        where = problem.ctx.command_path if isinstance(problem, click.UsageError) and problem.ctx else "bushel"
        return _refuse(f"{where}: {problem.format_message()}", problem.exit_code)
    except CannotStart as problem:
        return _refuse(f"bushel: {problem}", 1)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return status if isinstance(status, int) else 0


def _refuse(line: str, status: int) -> int:
    print(" ".join(line.split()), file=sys.stderr)
    return status
