"""What became of the things that a verb moves or removes: lines, progress on a terminal, a summary, the exit status.

On a terminal one line shows the progress of everything; where standard output is not a terminal (or with --verbose)
every thing has a line of its own there. Errors have a line each on standard error, whatever else is shown.
"""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import click

from bushel.cli.quantities import size_text
from bushel.cli.records import SummaryLine, TransferLine, write_json
from bushel.cli.running import os_error_text
from bushel.cli.terminal import complain, shown, write_line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Action = Literal["put", "get", "copy", "delete"]

_MOST_COMPLAINTS: Final = 100
"""Errors that are told one by one; of more, only the number."""


def with_report(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reports."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
        click.option("-v", "--verbose", is_flag=True, help="A line for each object, on a terminal too."),
    ):
        command = option(command)
    return command


class Report:
    """Counts and tells. A context manager: the progress line is there within it.

    Args:
        verb: For messages.
        as_json: Lines of JSON on standard output, no progress.
        quiet: Nothing but errors.
        verbose: A line for each thing on a terminal too.
    """

    def __init__(self, verb: str, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.verb = verb
        self.done = self.failed = self.skipped = self.size = 0
        self._as_json = as_json
        self._quiet = quiet
        terminal = sys.stdout.isatty()
        self._lines = not as_json and not quiet and (verbose or not terminal)
        self._summary = not as_json and not quiet and sys.stderr.isatty()
        self._shows_progress = self._summary
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._total = 0
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        if self._shows_progress:
            from bushel.cli.progress import make_progress  # noqa: PLC0415 - only where somebody looks

            self._progress = make_progress()
            self._progress.start()
            self._task = self._progress.add_task(self.verb, total=None, objects="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    # --- what is going on ------------------------------------------------------------------------------------------

    def expect(self, size: int) -> None:
        """Another thing of so many bytes is to be moved."""
        self._total += size
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, total=self._total)

    def advance(self, count: int) -> None:
        """Bytes were moved; fewer than none where some are moved again."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)

    def succeed(self, line: TransferLine) -> None:
        """A thing was moved, removed, or would be (``planned``)."""
        self.done += 1
        self.size += line.size or 0
        self._tell(line)
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, objects=f"{self.done:,}")

    def skip(self, line: TransferLine) -> None:
        """A thing is as it should be."""
        self.skipped += 1
        self._tell(line)

    def fail(self, line: TransferLine, problem: Exception) -> None:
        """A thing could not be moved. Unexpected errors are the caller's: here come BushelError and OSError."""
        self.failed += 1
        line.status = "failed"
        line.error = os_error_text(problem) if isinstance(problem, OSError) else str(problem)
        line.code = getattr(problem, "code", "") or ""
        what = _with_version(line, line.source or line.target)
        if isinstance(problem, OSError) and problem.filename == (line.source or line.target):
            line.error = problem.strerror or str(problem)
        if self._as_json:
            write_json(line)
            return
        if self.failed <= _MOST_COMPLAINTS:
            self._aside(f"bushel {self.verb}: {what}: {line.error}")
        elif self.failed == _MOST_COMPLAINTS + 1:
            self._aside(f"bushel {self.verb}: and more, counted at the end")

    def finish(self) -> int:
        """Tell the sum; the exit status."""
        seconds = time.monotonic() - self._begun
        if self._as_json:
            write_json(SummaryLine(self.done, self.failed, self.skipped, self.size, round(seconds, 3)))
        elif self.failed or self._summary:
            rate = f" ({size_text(self.size / seconds)}/s)" if self.size and seconds > 0 else ""
            moved = f", {size_text(self.size)} in {seconds:.1f} s{rate}" if self.size else ""
            skipped = f", {self.skipped:,} skipped" if self.skipped else ""
            failed = f", {self.failed:,} FAILED" if self.failed else ""
            complain(f"bushel {self.verb}: {self.done:,} done{skipped}{failed}{moved}")
        return 1 if self.failed else 0

    def _tell(self, line: TransferLine) -> None:
        if self._as_json:
            write_json(line)
        elif self._lines:
            word = {"planned": f"would {line.action}", "skipped": "skip"}.get(line.status, line.action)
            arrow = f"{shown(line.source)} -> {shown(line.target)}" if line.source and line.target else ""
            text = f"{word} {arrow or _with_version(line, shown(line.source or line.target))}"
            if self._progress is not None and sys.stdout.isatty():
                self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
            else:
                write_line(text)

    def _aside(self, text: str) -> None:
        if self._progress is not None:
            self._progress.console.print(shown(text), markup=False, highlight=False, soft_wrap=True)
        else:
            complain(text)


def _with_version(line: TransferLine, what: str) -> str:
    """What is deleted, and which version of it where one was meant."""
    return f"{what} (version {shown(line.version_id)})" if line.action == "delete" and line.version_id else what
