"""What becomes of errors of tasks that work side by side."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def first_error() -> Iterator[None]:
    """Raise the first error of a group instead of the group: the others only follow from it."""
    try:
        yield
    except BaseExceptionGroup as group:
        problem: BaseException = group
        while isinstance(problem, BaseExceptionGroup):
            problem = problem.exceptions[0]
        raise problem from None
