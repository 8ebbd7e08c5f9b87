"""The command as a whole: what it says, in how many lines, with which exit status, and how fast it is there."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bushel import __version__
from bushel.cli.main import COMMANDS, main

BUSHEL = Path(sys.executable).with_name("bushel")


def refused(capsys, *arguments):
    """Exit status and the one line on standard error."""
    status = main(arguments)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("\n")
    assert said.err.count("\n") == 1
    return status, said.err.rstrip()


@pytest.mark.parametrize("command", [[str(BUSHEL)], [sys.executable, "-m", "bushel"]])
def test_the_script_and_the_module_are_one_command(command):
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"bushel {__version__}\n", "")


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0

    said = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in said


def test_no_command_shows_the_help_and_is_a_mistake(capsys):
    assert main([]) == 2

    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["srve"], "bushel: No such command 'srve'."),
        (["--wrong"], "bushel: No such option '--wrong'."),
        (["serve"], "bushel serve: Missing argument 'DIR|memory:'."),
        (["serve", "a", "b"], "bushel serve: Got unexpected extra argument (b)"),
        (["serve", "a", "--wrokers", "2"], "bushel serve: No such option '--wrokers'. Did you mean '--workers'?"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(capsys, arguments, line):
    status, said = refused(capsys, *arguments)

    assert status == 2
    assert said.startswith(line)


def test_the_command_is_there_in_a_tenth_of_a_second():
    """Processor time, the best of several, so that a busy machine does not decide; Python by itself takes its share."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}

    def seconds(*command):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=30)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = min(seconds(sys.executable, "-c", "pass") for _ in range(5))
    ours = min(seconds(str(BUSHEL), "--version") for _ in range(5))

    assert ours - bare < 0.1


def test_commands_are_imported_only_when_called_for():
    program = "import sys; from bushel.cli.main import main; main(['--version']); print(*sys.modules)"

    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30).stdout.split()

    assert "bushel.cli.main" in modules
    heavy = {*COMMANDS.values(), "asyncio", "ssl", "lmdb", "msgspec", "awscrt", "uvloop"}
    assert heavy.isdisjoint(modules)
