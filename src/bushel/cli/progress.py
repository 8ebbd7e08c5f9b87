"""The one progress line: everything of this call together, its rate and the time that is left."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column


def make_progress() -> Progress:
    """A progress line on standard error that is gone when it stops; narrow terminals lose the bar first."""
    console = Console(stderr=True)
    columns = [TextColumn("{task.description}", table_column=Column(no_wrap=True))]
    if console.width >= 70:
        columns.append(BarColumn(bar_width=None))  # type: ignore[arg-type] # any column goes into the list
    columns.append(DownloadColumn(binary_units=True, table_column=Column(no_wrap=True)))  # type: ignore[arg-type]
    if console.width >= 45:
        columns.append(TransferSpeedColumn(table_column=Column(no_wrap=True)))  # type: ignore[arg-type]
    if console.width >= 60:
        columns.append(TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)))  # type: ignore[arg-type]
        columns.append(TextColumn("{task.fields[objects]}", table_column=Column(no_wrap=True)))
    return Progress(*columns, console=console, transient=True, expand=True)
