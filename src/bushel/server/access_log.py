"""One line for each request, where the operator asked for it: who, what, how it ended. Never a secret.

The query is left out: presigned URLs carry signatures there. Lines are written in one call each, so that the processes
of a server can share a file.
"""

import logging
import os
import time
from typing import Final

from bushel.core.clock import Clock
from bushel.protocol.message import Request, Response
from bushel.protocol.operations import Operation

_log: Final = logging.getLogger(__name__)

_ESCAPED: Final = str.maketrans({'"': "%22", " ": "%20", "\n": "%0A", "\r": "%0D"})


class AccessLog:
    """Appends to a file descriptor."""

    def __init__(self, descriptor: int, clock: Clock) -> None:
        self._descriptor = descriptor
        self._clock = clock
        self._failing = False

    def write(self, request: Request, response: Response, operation: Operation | None, request_id: str) -> None:
        """Write the line: time, peer, operation, method, path, status, bytes announced, request id."""
        moment = time.gmtime(self._clock.now_ns() // 1_000_000_000)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
        length = len(response.body) if isinstance(response.body, bytes) else _announced(response)
        name = operation.name if operation is not None else "-"
        path = request.path.translate(_ESCAPED)
        line = f'{stamp} {request.peer} {name} "{request.method} {path}" {response.status} {length} {request_id}\n'
        try:
            os.write(self._descriptor, line.encode("utf-8", "replace"))
        except OSError as problem:
            # The disk is full, or the reader of a pipe has gone: that must not make a failure of what was done.
            if not self._failing:
                _log.error("the access log has gaps from here on: %s", problem.strerror)
            self._failing = True
        else:
            self._failing = False


def _announced(response: Response) -> str:
    return next((value for name, value in response.headers if name == "Content-Length"), "-")
