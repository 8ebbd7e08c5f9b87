"""Patterns for keys and paths: ``*`` and ``?`` stay within a folder, ``**`` does not, ``[a-z]`` is one character."""

import re
from collections.abc import Sequence
from typing import Final

_WILD: Final = re.compile(r"[*?\[]")


def is_pattern(text: str) -> bool:
    return _WILD.search(text) is not None


def fixed_prefix(pattern: str) -> str:
    """What every match begins with: the pattern up to its first wildcard."""
    found = _WILD.search(pattern)
    return pattern if found is None else pattern[: found.start()]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression to be matched with ``fullmatch``."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            pieces.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            pieces.append(".*")
            at += 2
        elif pattern[at] == "*":
            pieces.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            pieces.append("[^/]")
            at += 1
        elif pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            pieces.append(f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]")
            at = end + 1
        else:
            pieces.append(re.escape(pattern[at]))
            at += 1
    try:
        return re.compile("".join(pieces), re.DOTALL)
    except re.error:
        raise ValueError(f"{pattern!r} is no pattern") from None


class Selection:
    """Which of the things below a place are meant: all, or those that an ``include`` matches; never an ``exclude``'s.

    A pattern with a slash is compared with the whole path below the place, one without with the last name of it.

    Raises:
        ValueError: A pattern makes no sense.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include = [_matcher(each) for each in include]
        self._exclude = [_matcher(each) for each in exclude]

    def takes(self, relative: str) -> bool:
        """Whether the thing at this path, ``/`` between its names, is meant."""
        name = relative.rpartition("/")[2]
        if self._include and not any(each.fullmatch(relative if deep else name) for deep, each in self._include):
            return False
        return not any(each.fullmatch(relative if deep else name) for deep, each in self._exclude)


def _matcher(pattern: str) -> tuple[bool, re.Pattern[str]]:
    return "/" in pattern, compile_pattern(pattern.removeprefix("/"))
