"""The galleries of one process, loaded when the first one is looked at: most processes show none."""

from pathlib import Path
from typing import TYPE_CHECKING

from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.protocol.message import Request, Response
from bushel.service.authn import Authenticator
from bushel.service.context import Service

if TYPE_CHECKING:
    from bushel.web.gallery.gallery import Gallery


class GalleryInterface:
    """Stands for the galleries.

    Args:
        service: Of the process.
        authenticator: Checks the links that open galleries of private buckets.
        folder: Where thumbnails are kept; ``None``: in memory only.
        cache_bytes: As many of them.
        clock: Of the process.
        randomness: Of the process.
    """

    def __init__(
        self,
        service: Service,
        authenticator: Authenticator,
        folder: Path | None,
        cache_bytes: int,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._service = service
        self._authenticator = authenticator
        self._folder = folder
        self._cache_bytes = cache_bytes
        self._clock = clock
        self._randomness = randomness
        self._gallery: Gallery | None = None

    async def answer(self, request: Request) -> Response:
        """As ``Gallery.answer``."""
        if self._gallery is None:
            self._gallery = self._open()
        return await self._gallery.answer(request)

    def _open(self) -> "Gallery":
        from bushel.web.gallery.cache import FolderCache  # noqa: PLC0415 - see above
        from bushel.web.gallery.gallery import Gallery  # noqa: PLC0415

        thumbnails: FolderCache | None = None
        if self._folder is not None and self._cache_bytes:
            thumbnails = FolderCache(self._folder, self._cache_bytes, self._clock, self._randomness)
        return Gallery(self._service, self._authenticator, thumbnails)

    async def close(self) -> None:
        """End what goes on beside requests; none may be at work."""
        if self._gallery is not None:
            await self._gallery.close()
