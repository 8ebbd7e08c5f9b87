"""``bushel completion``: the script by which a shell completes verbs and options."""

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the script for a shell's completions.")
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print what makes a shell complete the verbs and options of this command.

    \b
    Examples:
      bushel completion bash >> ~/.bashrc
      bushel completion zsh > ~/.zfunc/_bushel
      bushel completion fish > ~/.config/fish/completions/bushel.fish
    """
    from bushel.cli.main import bushel  # noqa: PLC0415 - which imports this

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(bushel, {}, "bushel", "_BUSHEL_COMPLETE").source())
    return 0
