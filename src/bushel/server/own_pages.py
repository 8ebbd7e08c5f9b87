"""The server's own pages, below ``/_/`` on its own hosts: each has a segment of its own, and answers by itself."""

from collections.abc import Mapping
from typing import Final, Protocol

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request, Response

PREFIX: Final = "/_/"
"""``_`` can be no bucket."""


class Page(Protocol):
    """What answers below one segment."""

    async def answer(self, request: Request) -> Response:
        """Raises S3Error, which is answered as S3 would."""


class OwnPages:
    """Pages by the segment after ``/_/``."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = dict(pages)

    async def answer(self, request: Request) -> Response:
        """The answer to a request whose path begins with ``/_/``.

        Raises:
            S3Error: NoSuchKey where nothing is there; whatever the page raises.
        """
        page = self._pages.get(request.path[len(PREFIX) :].partition("/")[0])
        if page is None:
            raise S3Error("NoSuchKey", Key=request.path)
        return await page.answer(request)
