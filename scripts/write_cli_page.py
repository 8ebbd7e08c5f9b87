"""Write docs/cli.md from the command line's own help. A test holds the page to it."""

from pathlib import Path

import click
import msgspec

from bushel.cli.main import COMMANDS, bushel
from bushel.cli.records import LINES

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"

SERVER = ("serve", "user", "quota", "key")

HEAD = """\
# The command line

<!-- Made by `make docs` from the commands' own help. Edit that. -->

`bushel serve` and its companions run a server; the other verbs talk to it, and to any other S3. Those find endpoint and
keys as every AWS tool does: in `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE` and the
configuration files. A place is `s3://BUCKET/KEY`; a KEY that ends with a slash is a folder, one with `*`, `?`, `[a-z]`
or `**` a pattern (quote it). `-` is standard input or output.

Exit status: 0 done, 1 some of it could not be done (each failure has a line on standard error, and the sum is told),
2 the command line is wrong, 130 interrupted. An interrupted transfer of a large file goes on where it stopped when the
same command is run again.

On a terminal one line shows the progress of everything; where standard output is not a terminal every object has a line
of its own there, and with `--json` an object of JSON.

"""


def page() -> str:
    tools = [name for name in COMMANDS if name not in SERVER]
    text = HEAD + "| verb | |\n|---|---|\n"
    text += "".join(f"| [{name}](#bushel-{name}) | {_short(name)} |\n" for name in [*tools, *SERVER])
    text += "".join(_section(name) for name in tools)
    text += "\n# Running a server\n" + "".join(_section(name) for name in SERVER)
    return text + _schemas()


def _command(name: str) -> click.Command:
    found = bushel.get_command(click.Context(bushel), name)
    assert found is not None
    return found


def _short(name: str) -> str:
    return _command(name).get_short_help_str(200)


def _section(name: str) -> str:
    found = _command(name)
    text = f"\n## bushel {name}\n\n```\n{_help(found, f'bushel {name}')}\n```\n"
    if isinstance(found, click.Group):
        for sub, each in found.commands.items():
            if isinstance(each, click.Group):
                for last, leaf in each.commands.items():
                    text += f"\n```\n{_help(leaf, f'bushel {name} {sub} {last}')}\n```\n"
            else:
                text += f"\n```\n{_help(each, f'bushel {name} {sub}')}\n```\n"
    return text


def _help(command: click.Command, path: str) -> str:
    names = path.split()
    context = click.Context(bushel, info_name=names[0], help_option_names=["-h", "--help"])
    for name in names[1:]:
        context = click.Context(command, info_name=name, parent=context)
    context.terminal_width = 100
    return command.get_help(context)


def _schemas() -> str:
    text = (
        "\n# What --json prints\n\nOne object a line. Members that say nothing are left out; new ones may be added.\n"
    )
    for shape in LINES:
        info = msgspec.inspect.type_info(shape)
        assert isinstance(info, msgspec.inspect.StructType)
        about = (shape.__doc__ or "").strip()
        text += f'\n## "type": "{info.tag}"\n\n{about}\n\n| member | value | |\n|---|---|---|\n'
        for field in info.fields:
            kind, note = _kind(field.type)
            text += f"| `{field.encode_name}` | {kind} | {note} |\n"
    return text


def _kind(found: msgspec.inspect.Type) -> tuple[str, str]:
    note = ""
    if isinstance(found, msgspec.inspect.Metadata):
        note = str((found.extra_json_schema or {}).get("description", ""))
        found = found.type
    if isinstance(found, msgspec.inspect.UnionType):
        found = next(each for each in found.types if not isinstance(each, msgspec.inspect.NoneType))
    if isinstance(found, msgspec.inspect.LiteralType):
        return " \\| ".join(f"`{value}`" for value in found.values), note
    names = {
        msgspec.inspect.StrType: "text",
        msgspec.inspect.IntType: "whole number",
        msgspec.inspect.FloatType: "number",
        msgspec.inspect.BoolType: "true or false",
        msgspec.inspect.DictType: "object of texts",
        msgspec.inspect.ListType: "list of texts",
    }
    return names[type(found)], note


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
