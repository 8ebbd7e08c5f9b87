"""``/_/health/live`` and ``/_/health/ready``: for load balancers and supervisors, unsigned.

Live: this process answers. Ready: it can read its store and is not shutting down.
"""

import logging
from typing import Final

from bushel.catalog import Catalog
from bushel.engine.api import EngineError
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response

LIVE: Final = "/_/health/live"
READY: Final = "/_/health/ready"

_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
_NEVER_KEPT: Final = ("Cache-Control", "no-store")

_log: Final = logging.getLogger(__name__)


class Health:
    """Answers for one process. ``draining`` is set when it begins to shut down."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.draining = False

    async def answer(self, request: Request) -> Response:
        """The answer to a request under the server's own path.

        Raises:
            S3Error: MethodNotAllowed, NoSuchKey for any other path.
        """
        if request.path not in {LIVE, READY}:
            raise S3Error("NoSuchKey", Key=request.path)
        if request.method not in {"GET", "HEAD"}:
            raise S3Error("MethodNotAllowed", headers=[("Allow", "GET, HEAD")])
        if request.path == LIVE or await self._is_ready():
            return Response(200, [_TEXT, _NEVER_KEPT], b"ok\n")
        return Response(503, [_TEXT, _NEVER_KEPT], b"not ready\n")

    async def _is_ready(self) -> bool:
        if self.draining:
            return False
        try:
            await self._catalog.buckets.get("health")
        except EngineError as error:
            _log.warning("not ready: %s", error)
            return False
        return True
