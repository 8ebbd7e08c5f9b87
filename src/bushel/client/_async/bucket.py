"""A bucket as a thing: what is in it, and itself."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from bushel.client import bulk, listings
from bushel.client._async.objects import AsyncObject
from bushel.client.entries import FolderEntry, GrantEntry, ObjectEntry, UploadEntry, VersionEntry, grant_entries
from bushel.client.errors import NoSuchBucket
from bushel.client.members_generated import CreateMembers, DeleteMembers, GetMembers, PutMembers
from bushel.client.presigning import plain_url
from bushel.client.sources import Data
from bushel.client.transfers.upload import Progress, Stored
from bushel.protocol.shapes.enums import BucketCannedACL

if TYPE_CHECKING:
    from bushel.client._async.client import AsyncClient


class AsyncBucket:
    """A bucket. Every method that asks the server raises BushelError.

    Attributes:
        name: Its name.
        created: When, if a listing told it.
    """

    def __init__(self, client: "AsyncClient", name: str, *, created: datetime | None = None) -> None:
        self.name = name
        self.created = created
        self._client = client

    def __repr__(self) -> str:
        return f"<AsyncBucket {self.name}>"

    def object(self, key: str, *, version_id: str | None = None) -> AsyncObject:
        """An object by its key; nothing is asked of the server."""
        return AsyncObject(self._client, self.name, key, version_id=version_id)

    # --- the bucket itself ----------------------------------------------------------------------------------------

    async def create(self, *, exist_ok: bool = False, **members: Unpack[CreateMembers]) -> None:
        """Create it, in the client's region.

        Args:
            exist_ok: It is no error if the caller has it already.
            **members: Further members of CreateBucket.

        Raises:
            BucketAlreadyExists: It is there, yours or somebody else's.
        """
        await self._client.driver.run(
            bulk.create_bucket(self._client.session, self.name, dict(members), exist_ok=exist_ok)
        )

    async def exists(self) -> bool:
        """Whether it is there (and the caller may know that)."""
        try:
            await self._client.head_bucket(bucket=self.name)
        except NoSuchBucket:
            return False
        return True

    async def delete(self) -> None:
        """Delete it, which must be empty. Raises BucketNotEmpty."""
        await self._client.delete_bucket(bucket=self.name)

    async def empty(self) -> int:
        """Delete every object and abort every upload in it; the number of objects. Raises BatchError."""
        return await self._client.driver.run(bulk.empty_bucket(self._client.session, self.name))

    async def grants(self) -> list[GrantEntry]:
        """Whom its access control list grants what."""
        return grant_entries((await self._client.get_bucket_acl(bucket=self.name)).grants)

    async def set_acl(self, acl: BucketCannedACL) -> None:
        """Replace its access control list by a canned one: ``private``, ``public-read``..."""
        await self._client.put_bucket_acl(bucket=self.name, acl=acl)

    @property
    def url(self) -> str:
        """Its plain URL."""
        return plain_url(self._client.session, self.name)

    # --- what is in it --------------------------------------------------------------------------------------------

    async def put(
        self, key: str, data: Data, *, progress: Progress | None = None, **members: Unpack[PutMembers]
    ) -> Stored:
        """Store an object; see ``AsyncObject.put``."""
        return await self.object(key).put(data, progress=progress, **members)

    async def get(self, key: str, **members: Unpack[GetMembers]) -> bytes:
        """The bytes of an object; see ``AsyncObject.get``."""
        return await self.object(key).get(**members)

    async def delete_object(self, key: str, **members: Unpack[DeleteMembers]) -> None:
        """Delete an object; none being there is no error."""
        await self.object(key).delete(**members)

    async def delete_objects(self, keys: Iterable[str] | AsyncIterable[str]) -> int:
        """Delete many, a thousand at a time; their number.

        Raises:
            BatchError: Some are still there. The others are deleted.
        """
        return await self._client.driver.run(bulk.delete_objects(self._client.session, self.name, keys))

    async def objects(
        self, prefix: str = "", *, start_after: str | None = None, page_size: int | None = None
    ) -> AsyncIterator[ObjectEntry]:
        """Every object whose key begins with the prefix, in the order of keys.

        Args:
            prefix: Beginning of keys.
            start_after: Only keys behind this one.
            page_size: Objects that are asked for at once; 1,000 at most and by default.
        """
        pages = listings.objects(
            self._client.session, self.name, prefix=prefix, start_after=start_after, page_size=page_size
        )
        async for page in self._client.driver.each(pages):
            for each in page:
                if isinstance(each, ObjectEntry):
                    yield each

    async def ls(
        self, prefix: str = "", *, delimiter: str = "/", page_size: int | None = None
    ) -> AsyncIterator[ObjectEntry | FolderEntry]:
        """One level: objects and folders, in the order of keys on each page."""
        pages = listings.objects(
            self._client.session, self.name, prefix=prefix, delimiter=delimiter, page_size=page_size
        )
        async for page in self._client.driver.each(pages):
            for each in page:
                yield each

    async def uploads(self, prefix: str = "") -> AsyncIterator[UploadEntry]:
        """Uploads in parts that are under way, or were forgotten."""
        pages = listings.uploads(self._client.session, self.name, prefix=prefix)
        async for page in self._client.driver.each(pages):
            for each in page:
                yield each

    async def versions(self, prefix: str = "") -> AsyncIterator[VersionEntry]:
        """Every version of every object, the newest of a key first, and the markers of deletions.

        Raises:
            NotSupported: Versions are not listed here.
        """
        pages = listings.versions(self._client.session, self.name, prefix=prefix)
        async for page in self._client.driver.each(pages):
            for each in page:
                yield each
