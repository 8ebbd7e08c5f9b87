"""Lines to standard output and error, safe to look at: names that others chose cannot move the cursor or fake lines."""

import sys
from datetime import datetime
from typing import Final

_CONTROLS: Final = (*range(32), *range(127, 160))
_REORDERING: Final = (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # Unicode's bidi controls
_ESCAPES: Final = (
    {code: f"\\x{code:02x}" for code in _CONTROLS}
    | {code: f"\\u{code:04x}" for code in _REORDERING}
    | {ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}
)


def shown(text: str) -> str:
    """A name or a message as it may be printed: control characters escaped, lone surrogates too."""
    return text.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode()


def moment_text(moment: datetime) -> str:
    """A time for people: local, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def iso_text(moment: datetime) -> str:
    """A time for programs: ISO 8601, UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def write_line(line: str) -> None:
    sys.stdout.write(line + "\n")


def complain(line: str) -> None:
    """One line on standard error."""
    sys.stdout.flush()
    sys.stderr.write(shown(line) + "\n")
    sys.stderr.flush()
