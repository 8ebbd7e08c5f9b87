"""Patterns with ``*`` and ``?``, and policy variables in them.

A pattern is matched in time that grows with the text alone, whatever it looks like: once a piece between two stars has
been found, nothing before it is tried again (the first place is as good as any later one). Owners of buckets write the
patterns and anybody sends the texts.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
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
    if not has_wildcards(pattern):
        whole = literal(pattern)
        return lambda text: text == whole
    parts = [""]
    for piece in pattern:
        assert not isinstance(piece, Variable)
        if isinstance(piece, Plain):
            parts[-1] += re.escape(piece.text)
            continue
        for character in piece.text:
            if character == "*":
                parts.append("")
            else:
                parts[-1] += "." if character == "?" else re.escape(character)
    first, *rest = parts
    if not rest:
        expression = first
    else:
        *inner, last = rest
        expression = first + "".join(f"(?>.*?{part})" for part in inner if part) + ".*" + last
    match = re.compile(expression, re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def compile_pattern(text: str) -> Match:
    """The test of a pattern that has no variables by its kind (an action, a part of an ARN)."""
    return matcher((Wild(text),))
