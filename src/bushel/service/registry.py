"""Which function implements which operation. What does not fit the operation's record is refused at import."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from bushel.protocol.operations import Operation
from bushel.service.context import Context

Handler = Callable[[Context, Any], Awaitable[Any]]
F = TypeVar("F", bound=Handler)

HANDLERS: Final[dict[str, Handler]] = {}
"""Handlers by operation name. Filled by importing ``bushel.service.ops``."""


def implements(operation: Operation) -> Callable[[F], F]:
    """Register an operation's function: ``async def <name_in_snake_case>(ctx, request: <Input>) -> <Output>``.

    Raises:
        TypeError: Name or annotations are not the operation's, or it has a function already.
    """

    def register(function: F) -> F:
        expected = snake_case(operation.name)
        found = inspect.signature(function)
        parameters = [parameter.annotation for parameter in found.parameters.values()]
        if function.__name__ != expected:
            raise TypeError(f"{operation.name} is implemented by {expected}, not {function.__name__}")
        if parameters != [Context, operation.input] or found.return_annotation != operation.output:
            raise TypeError(f"{expected} takes (Context, {operation.input}) and returns {operation.output}")
        if operation.name in HANDLERS:
            raise TypeError(f"{operation.name} is implemented twice")
        HANDLERS[operation.name] = function
        return function

    return register


def snake_case(name: str) -> str:
    """``ListObjectsV2`` -> ``list_objects_v2``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
