"""An object as a thing."""

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Unpack

from bushel.client import reading
from bushel.client.entries import ObjectInfo, object_info
from bushel.client.errors import NotFound
from bushel.client.members_generated import DeleteMembers, GetMembers, HeadMembers, PutMembers
from bushel.client.reading import Writable
from bushel.client.sources import Data
from bushel.client.transfers.upload import Progress, Stored, upload

if TYPE_CHECKING:
    from bushel.client._async.client import AsyncClient


class AsyncObject:
    """An object, there or not. Every method that asks the server raises BushelError.

    Attributes:
        bucket: The bucket's name.
        key: Its key.
        version_id: The version that is meant; ``None``: the newest.
    """

    def __init__(self, client: "AsyncClient", bucket: str, key: str, *, version_id: str | None = None) -> None:
        self.bucket = bucket
        self.key = key
        self.version_id = version_id
        self._client = client
        self._driver = client.driver
        self._transfers = client.transfers

    def __repr__(self) -> str:
        return f"<AsyncObject {self.bucket}/{self.key}>"

    async def put(self, data: Data, *, progress: Progress | None = None, **members: Unpack[PutMembers]) -> Stored:
        """Store it, whole or not at all; in parts if it is large.

        Args:
            data: Bytes, text, the file at a path, an object with ``read``, or an iterator of bytes.
            progress: Called with numbers of bytes as they are stored.
            **members: Further members of PutObject: ``content_type``, ``metadata``, ``acl``, ``if_none_match``...

        Raises:
            ObjectChanged: The file changed while it was read.
            PreconditionFailed: A condition did not hold.
            OSError: The file cannot be read.
        """
        return await self._driver.run(
            upload(self._client.session, self.bucket, self.key, data, self._transfers, dict(members), progress)
        )

    async def get(self, **members: Unpack[GetMembers]) -> bytes:
        """Its bytes, all of them in memory.

        Raises:
            NoSuchKey: It is not there.
            IntegrityError: What came is not what was stored.
            ObjectChanged: It was replaced in between.
        """
        return await self._driver.run(
            reading.read_all(self._client.session, self.bucket, self.key, self._transfers, self._of_version(members))
        )

    async def stream(self, *, progress: Progress | None = None, **members: Unpack[GetMembers]) -> AsyncIterator[bytes]:
        """Its bytes in order, in pieces of any size; a large object is read ahead in bounded memory.

        Only when the last piece came is it known that all of them are right. Raises as ``get``.
        """
        pieces = reading.stream(
            self._client.session, self.bucket, self.key, self._transfers, self._of_version(members), progress
        )
        async for piece in self._driver.each(pieces):
            yield piece

    async def download(
        self,
        target: os.PathLike[str] | str | Writable,
        *,
        progress: Progress | None = None,
        **members: Unpack[GetMembers],
    ) -> ObjectInfo:
        """Bring it into a file, or into something that has ``write``.

        A file is made whole or not at all: what was there before stays until the object has come and was checked.

        Raises:
            OSError: The file cannot be written.
        """
        return await self._driver.run(
            reading.download_to(
                self._client.session,
                self.bucket,
                self.key,
                target,
                self._transfers,
                self._of_version(members),
                progress,
            )
        )

    async def head(self, **members: Unpack[HeadMembers]) -> ObjectInfo:
        """What the server tells of it without its bytes. Raises NoSuchKey."""
        if self.version_id is not None:
            members.setdefault("version_id", self.version_id)
        output = await self._client.head_object(bucket=self.bucket, key=self.key, checksum_mode="ENABLED", **members)
        return object_info(self.key, output)

    async def exists(self) -> bool:
        """Whether it is there (and the caller may know that)."""
        try:
            await self.head()
        except NotFound:
            return False
        return True

    async def delete(self, **members: Unpack[DeleteMembers]) -> None:
        """Delete it; none being there is no error."""
        if self.version_id is not None:
            members.setdefault("version_id", self.version_id)
        await self._client.delete_object(bucket=self.bucket, key=self.key, **members)

    def _of_version(self, members: GetMembers) -> dict[str, object]:
        given: dict[str, object] = dict(members)
        if self.version_id is not None:
            given.setdefault("version_id", self.version_id)
        return given
