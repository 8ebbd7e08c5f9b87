"""Patterns with ``*`` and ``?``, and policy variables in them.

A pattern is matched in time that grows with the text alone, whatever it looks like: once a piece between two stars has
been found, nothing before it is tried again (the first place is as good as any later one). Owners of buckets write the
patterns and anybody sends the texts.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from msgspec import Struct

Match = Callable[[str], bool]
Lookup = Callable[[str], Sequence[str] | None]
"""From a condition key in lower case to its values in the request; ``None`` where it has none."""

Matches = Callable[[str, Lookup], bool]
"""Whether a text is as a pattern has it, for a request."""

_REMEMBERED: Final = 256
_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT: Final = re.compile(r"([^,]*?)\s*,\s*'([^']*)'\s*")
_ESCAPED: Final = frozenset("*?$")


class Wild(Struct, frozen=True):
    """A text in which ``*`` and ``?`` are wildcards."""

    text: str


class Plain(Struct, frozen=True):
    """A text that means itself."""

    text: str


class Variable(Struct, frozen=True):
    """``${key}`` or ``${key, 'default'}``; the key in lower case."""

    key: str
    default: str | None


Pattern = tuple[Wild | Plain | Variable, ...]
"""A pattern taken apart. Pieces of different kinds are never equal, whatever their texts: patterns are remembered."""


def read_pattern(text: str, *, variables: bool) -> Pattern:
    """Take a pattern apart.

    Args:
        text: As a policy has it.
        variables: Whether the policy's version has variables (2012-10-17); ``${…}`` is text otherwise.

    Raises:
        ValueError: A variable is malformed.
    """
    if not variables or "${" not in text:
        return (Wild(text),)
    pieces: list[Wild | Plain | Variable] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        pieces += (Wild(text[position : found.start()]), _variable(found[1]))
        position = found.end()
    rest = text[position:]
    if "${" in rest:
        raise ValueError(text)
    pieces.append(Wild(rest))
    return tuple(piece for piece in pieces if piece != Wild(""))


def _variable(inner: str) -> Plain | Variable:
    if inner in _ESCAPED:
        return Plain(inner)
    found = _DEFAULT.fullmatch(inner)
    key, default = (found[1].strip(), found[2]) if found else (inner.strip(), None)
    if ":" not in key or "'" in key or "," in key:
        raise ValueError(inner)
    return Variable(key.lower(), default)


def has_variables(pattern: Pattern) -> bool:
    return any(isinstance(piece, Variable) for piece in pattern)


def has_wildcards(pattern: Pattern) -> bool:
    return any(isinstance(piece, Wild) and ("*" in piece.text or "?" in piece.text) for piece in pattern)


def with_variables(pattern: Pattern, compile_text: Callable[[Pattern], Match]) -> Matches:
    """The test of a pattern with variables, which stand for the request's values as plain text.

    Where a variable has neither value nor default, nothing matches. A key of several values is no text that could stand
    in a pattern, so it counts as having none. What was compiled for some values is remembered.
    """
    names = tuple(piece for piece in pattern if isinstance(piece, Variable))
    known: dict[tuple[str, ...], Match] = {}

    def matches(text: str, lookup: Lookup) -> bool:
        found = []
        for variable in names:
            values = lookup(variable.key)
            value = values[0] if values is not None and len(values) == 1 else variable.default
            if value is None:
                return False
            found.append(value)
        chosen = tuple(found)
        test = known.get(chosen)
        if test is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            rest = iter(chosen)
            plain = tuple(Plain(next(rest)) if isinstance(piece, Variable) else piece for piece in pattern)
            test = known[chosen] = compile_text(plain)
        return test(text)

    return matches


def literal(pattern: Pattern) -> str:
    """The text of a pattern without variables, stars and question marks being themselves (StringEquals)."""
    return "".join(piece.text for piece in pattern if not isinstance(piece, Variable))


def split(pattern: Pattern, separator: str, most: int) -> list[Pattern]:
    """The parts of a pattern without variables between its first ``most`` separators."""
    parts: list[list[Wild | Plain | Variable]] = [[]]
    for piece in pattern:
        assert not isinstance(piece, Variable)
        kind, text = type(piece), piece.text
        while len(parts) <= most and separator in text:
            head, _, text = text.partition(separator)
            parts[-1].append(kind(head))
            parts.append([])
        parts[-1].append(kind(text))
    return [tuple(part) for part in parts]


@lru_cache(maxsize=1024)
def matcher(pattern: Pattern) -> Match:
    """The test of a pattern without variables."""
    first, *rest = _segments(pattern)
    if not rest:
        if not has_wildcards(pattern):
            whole = literal(pattern)
            return lambda text: text == whole
        return lambda text: len(text) == first.length and first.is_at(text, 0)
    *middle, last = rest
    middle = [segment for segment in middle if segment.length]
    if not middle and not last.length and first.whole is not None:
        start = first.whole
        return lambda text: text.startswith(start)
    least = first.length + sum(segment.length for segment in middle) + last.length

    def matches(text: str) -> bool:
        stop = len(text) - last.length
        if len(text) < least or not first.is_at(text, 0) or not last.is_at(text, stop):
            return False
        position = first.length
        for segment in middle:
            position = segment.find(text, position, stop)
            if position < 0:
                return False
            position += segment.length
        return True

    return matches


class _Segment:
    """What stands between two stars: texts at their places, any character in between.

    Attributes:
        length: In characters.
        whole: The text, where there is no other character.
    """

    __slots__ = ("_runs", "length", "whole")

    def __init__(self, text: str, any_at: Sequence[int]) -> None:
        self.length = len(text)
        self.whole = None if any_at else text
        edges = [-1, *any_at, len(text)]
        runs = ((before + 1, text[before + 1 : after]) for before, after in pairwise(edges))
        self._runs = tuple(run for run in runs if run[1])

    def is_at(self, text: str, position: int) -> bool:
        """Whether it stands at a position of a text that is long enough."""
        if self.whole is not None:
            return text.startswith(self.whole, position)
        return all(text.startswith(run, position + offset) for offset, run in self._runs)

    def find(self, text: str, start: int, stop: int) -> int:
        """The first place in ``text[start:stop]`` where it stands; -1 where it does not."""
        if self.whole is not None:
            return text.find(self.whole, start, stop)
        return next((place for place in range(start, stop - self.length + 1) if self.is_at(text, place)), -1)


def _segments(pattern: Pattern) -> list[_Segment]:
    segments: list[_Segment] = []
    texts: list[str] = []
    any_at: list[int] = []
    length = 0
    for piece in pattern:
        assert not isinstance(piece, Variable)
        parts = piece.text.split("*") if isinstance(piece, Wild) else [piece.text]
        for number, part in enumerate(parts):
            if number and (texts or not segments):  # two stars are one
                segments.append(_Segment("".join(texts), any_at))
                texts, any_at, length = [], [], 0
            if isinstance(piece, Wild):
                any_at += (length + place for place, character in enumerate(part) if character == "?")
            if part:
                texts.append(part)
                length += len(part)
    segments.append(_Segment("".join(texts), any_at))
    return segments


def compile_pattern(text: str) -> Match:
    """The test of a pattern that has no variables by its kind (an action, a part of an ARN)."""
    return matcher((Wild(text),))
