"""What verbs for a setting of a bucket have in common: to show it, to set it from a file, to remove it.

What must not be here: any setting (each has its ``*_cmd.py``).
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click
import msgspec
from msgspec import Struct

from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET
from bushel.cli.records import SettingLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import complain, shown, write_line

if TYPE_CHECKING:
    from bushel import AsyncClient

as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


class Setting(NamedTuple):
    """A kind of setting, and how it is read and written.

    Attributes:
        verb: What it is called.
        about: What a bucket has of it: "cross-origin rules".
        shape: Of its document.
        root: Root element of its document.
        missing: S3's code of the answer where there is none.
        get: The document of a bucket; ``None`` where there is none.
        put: Replaces it.
        delete: Removes it.
    """

    verb: str
    about: str
    shape: type[Struct]
    root: str
    missing: str
    get: "Callable[[AsyncClient, str], Awaitable[Any]]"
    put: "Callable[[AsyncClient, str, Any], Awaitable[None]]"
    delete: "Callable[[AsyncClient, str], Awaitable[None]]"


async def found(setting: Setting, client: "AsyncClient", bucket: str) -> Any:
    """The document of a bucket; ``None`` where there is none. Raises BushelError."""
    from bushel.client.errors import ResponseError  # noqa: PLC0415 - not for `--help`

    try:
        return await setting.get(client, bucket)
    except ResponseError as problem:
        if problem.code == setting.missing:
            return None
        raise


def show(setting: Setting, bucket: str, *, as_json: bool, connection: Connection) -> int:
    """Print the document of a bucket; the exit status, 1 where there is none."""
    from bushel.cli.documents import document_of  # noqa: PLC0415 - not for `--help`

    async def work() -> int:
        async with connection.client() as client:
            value = await found(setting, client, bucket)
        document = None if value is None else document_of(value)
        return tell(setting.verb, setting.about, f"s3://{bucket}", document, as_json=as_json)

    return run(setting.verb, work)


def change(
    setting: Setting,
    bucket: str,
    edit: Callable[[Any], Any],
    *,
    as_json: bool,
    connection: Connection,
) -> int:
    """Replace the document of a bucket; the exit status.

    Args:
        setting: Its kind.
        bucket: Whose.
        edit: Makes the new document of the present one (``None`` where there is none); ``None``: there is to be none.
            Raises ValueError.
        as_json: Print a line of JSON.
        connection: Where to.
    """
    from bushel.cli.documents import document_of  # noqa: PLC0415 - not for `--help`

    async def work() -> int:
        async with connection.client() as client:
            value = edit(await found(setting, client, bucket))
            if value is None:
                await setting.delete(client, bucket)
            else:
                await setting.put(client, bucket, value)
        told(setting.verb, f"s3://{bucket}", None if value is None else document_of(value), as_json=as_json)
        return 0

    return run(setting.verb, work)


def put(setting: Setting, bucket: str, value: Any, *, as_json: bool, connection: Connection) -> int:
    """Set a document, whatever there is; the exit status. ``None`` removes it."""
    from bushel.cli.documents import document_of  # noqa: PLC0415 - not for `--help`

    async def work() -> int:
        async with connection.client() as client:
            await (setting.delete(client, bucket) if value is None else setting.put(client, bucket, value))
        told(setting.verb, f"s3://{bucket}", None if value is None else document_of(value), as_json=as_json)
        return 0

    return run(setting.verb, work)


def tell(verb: str, about: str, place: str, document: dict[str, Any] | None, *, as_json: bool) -> int:
    """Print what a place has of a setting; the exit status."""
    if as_json:
        write_json(SettingLine(place, verb, "none" if document is None else "shown", document or {}))
    elif document is None:
        complain(f"bushel {verb}: {place} has no {about}")
    else:
        write_line(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    return 1 if document is None else 0


def told(verb: str, place: str, document: dict[str, Any] | None, *, as_json: bool) -> None:
    """Print what became of a setting."""
    if as_json:
        write_json(SettingLine(place, verb, "removed" if document is None else "set", document or {}))
    else:
        write_line(f"{'removed' if document is None else 'set'} {verb} of {shown(place)}")


def add_show(group: click.Group, setting: Setting) -> None:
    """Give a group the command that shows the setting."""

    @group.command("show", short_help=f"Show the {setting.about} of a bucket.")
    @click.argument("bucket", metavar="BUCKET", type=BUCKET)
    @as_json_option
    @with_connection
    def show_command(bucket: str, *, as_json: bool, connection: Connection) -> int:
        return show(setting, bucket, as_json=as_json, connection=connection)

    show_command.help = (
        f"Show the {setting.about} of a bucket as JSON, which set takes. Exit status 1 if there are none."
    )


def add_set(group: click.Group, setting: Setting) -> None:
    """Give a group the command that sets the setting from a file."""

    @group.command("set", short_help=f"Replace the {setting.about} of a bucket.")
    @click.argument("bucket", metavar="BUCKET", type=BUCKET)
    @click.argument("file", metavar="FILE", type=click.File("rb"))
    @as_json_option
    @with_connection
    def set_command(bucket: str, file: BinaryIO, *, as_json: bool, connection: Connection) -> int:
        from bushel.cli.documents import read_document  # noqa: PLC0415 - not for `--help`

        try:
            value = read_document(setting.shape, setting.root, file.read())
        except ValueError as problem:
            raise click.ClickException(f"{getattr(file, 'name', '-')}: {problem}") from None
        return put(setting, bucket, value, as_json=as_json, connection=connection)

    set_command.help = (
        f"Replace the {setting.about} of a bucket by those in FILE (- is standard input): JSON as show writes it and "
        f"every AWS tool knows it, or XML ({setting.root})."
    )


def add_remove(group: click.Group, setting: Setting) -> None:
    """Give a group the command that removes the setting."""

    @group.command("remove", short_help=f"Remove the {setting.about} of a bucket.")
    @click.argument("bucket", metavar="BUCKET", type=BUCKET)
    @as_json_option
    @with_connection
    def remove_command(bucket: str, *, as_json: bool, connection: Connection) -> int:
        return put(setting, bucket, None, as_json=as_json, connection=connection)

    remove_command.help = f"Remove the {setting.about} of a bucket; there need not be any."
