"""The bytes of an object on their way to the caller."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from bushel.client.drivers import AsyncDriver
from bushel.client.incoming import Incoming


class AsyncBody:
    """What ``get_object`` gives: iterate over it, or read all; leave it by ``async with`` or ``aclose``.

    Reading to the end compares the length and, where the server tells one, the checksum.
    """

    def __init__(self, driver: AsyncDriver, incoming: Incoming) -> None:
        self._driver = driver
        self._incoming = incoming

    @property
    def length(self) -> int | None:
        """Bytes of it, if the server said so."""
        return self._incoming.length

    async def read(self) -> bytes:
        """All that is left.

        Raises:
            TransportError: The connection ended first.
            IntegrityError: These are not the bytes that the checksum was made of.
        """
        return await self._driver.run(self._incoming.read_all())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._driver.run(self._incoming.read()):
            yield piece

    async def aclose(self) -> None:
        """Read no further."""
        await self._driver.run(self._incoming.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
