"""A bucket as a thing: what is in it, and itself."""

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from bushel.client import bulk, history, listings
from bushel.client._async.objects import AsyncObject
from bushel.client.entries import (
    FolderEntry,
    GrantEntry,
    ObjectEntry,
    UploadEntry,
    VersionEntry,
    grant_entries,
    tagging_of,
    tags_of,
)
from bushel.client.errors import NoSuchBucket, ResponseError
from bushel.client.members_generated import CreateMembers, DeleteMembers, GetMembers, PutMembers
from bushel.client.presigning import PresignedPost, plain_url, presign_post
from bushel.client.sources import Data
from bushel.client.transfers.upload import Progress, Stored
from bushel.protocol.shapes.enums import BucketCannedACL, BucketVersioningStatus
from bushel.protocol.shapes.versioning import VersioningConfiguration

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

    def presign_post(
        self,
        key: str,
        *,
        expires_seconds: int = 3600,
        max_bytes: int | None = None,
        fields: Mapping[str, str] | None = None,
        conditions: Iterable[Mapping[str, str] | Sequence[str | int]] = (),
    ) -> PresignedPost:
        """A form by which a browser may upload a file for a while; nothing is asked of the server.

        Args:
            key: Of the object; at its end, ``${filename}`` stands for the name of the visitor's file.
            expires_seconds: How long the form is valid.
            max_bytes: The largest file.
            fields: Further fields, each of which must have exactly this value: ``{"acl": "public-read"}``.
            conditions: For fields that the visitor fills in: ``["starts-with", "$Content-Type", "image/"]``.

        Raises:
            NoCredentials: There is nothing to sign with.
            ValueError: The time or the size is out of bounds.
        """
        return presign_post(
            self._client.session,
            self.name,
            key,
            expires_seconds=expires_seconds,
            max_bytes=max_bytes,
            fields=fields,
            conditions=conditions,
        )

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

    async def empty(self, *, versions: bool = False) -> int:
        """Delete every object and abort every upload in it; the number of objects. Raises BatchError.

        Args:
            versions: Delete every version and delete marker for good; else versions stay where the bucket keeps them.
        """
        return await self._client.driver.run(bulk.empty_bucket(self._client.session, self.name, versions=versions))

    async def versioning(self) -> BucketVersioningStatus | None:
        """Whether it keeps versions: ``Enabled``, ``Suspended``, or ``None``: it never did."""
        return (await self._client.get_bucket_versioning(bucket=self.name)).status

    async def set_versioning(self, status: BucketVersioningStatus) -> None:
        """Keep versions (``Enabled``), or make no further ones (``Suspended``)."""
        await self._client.put_bucket_versioning(
            bucket=self.name, versioning_configuration=VersioningConfiguration(status=status)
        )

    async def tags(self) -> dict[str, str]:
        """Its tags; none is no error."""
        try:
            output = await self._client.get_bucket_tagging(bucket=self.name)
        except ResponseError as problem:
            if problem.code == "NoSuchTagSet":
                return {}
            raise
        return tags_of(output.tag_set)

    async def set_tags(self, tags: Mapping[str, str]) -> None:
        """Replace its tags; by none, to have none."""
        if tags:
            await self._client.put_bucket_tagging(bucket=self.name, tagging=tagging_of(tags))
        else:
            await self._client.delete_bucket_tagging(bucket=self.name)

    async def policy(self) -> str | None:
        """Its policy, a document of JSON; ``None``: it has none."""
        try:
            return (await self._client.get_bucket_policy(bucket=self.name)).policy
        except ResponseError as problem:
            if problem.code == "NoSuchBucketPolicy":
                return None
            raise

    async def set_policy(self, policy: str | Mapping[str, Any] | None) -> None:
        """Replace its policy: by a document of JSON, as text or as what is to be written so, or by none."""
        if policy is None:
            await self._client.delete_bucket_policy(bucket=self.name)
        else:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            await self._client.put_bucket_policy(bucket=self.name, policy=text)

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

    async def delete_versions(
        self,
        versions: Iterable[tuple[str, str]] | AsyncIterable[tuple[str, str]],
        *,
        bypass_governance_retention: bool = False,
    ) -> int:
        """Delete versions and delete markers (key and version id of each) for good, a thousand at a time; their number.

        Raises:
            BatchError: Some are still there; its failures are by ``key?versionId=id``.
        """
        return await self._client.driver.run(
            bulk.delete_versions(self._client.session, self.name, versions, bypass=bypass_governance_retention)
        )

    async def objects(
        self,
        prefix: str = "",
        *,
        start_after: str | None = None,
        page_size: int | None = None,
        at: datetime | None = None,
    ) -> AsyncIterator[ObjectEntry]:
        """Every object whose key begins with the prefix, in the order of keys.

        Args:
            prefix: Beginning of keys.
            start_after: Only keys behind this one.
            page_size: Objects (with ``at`` versions) that are asked for at once; 1,000 at most and by default.
            at: As the bucket stood at this moment, by its versions.
        """
        session = self._client.session
        pages = (
            listings.objects(session, self.name, prefix=prefix, start_after=start_after, page_size=page_size)
            if at is None
            else history.objects_at(session, self.name, at, prefix=prefix, start_after=start_after, page_size=page_size)
        )
        async for page in self._client.driver.each(pages):
            for each in page:
                if isinstance(each, ObjectEntry):
                    yield each

    async def ls(
        self, prefix: str = "", *, delimiter: str = "/", page_size: int | None = None, at: datetime | None = None
    ) -> AsyncIterator[ObjectEntry | FolderEntry]:
        """One level: objects and folders, in the order of keys on each page.

        With ``at`` as the bucket stood at that moment, for which every version below is looked at.
        """
        session = self._client.session
        pages = (
            listings.objects(session, self.name, prefix=prefix, delimiter=delimiter, page_size=page_size)
            if at is None
            else history.objects_at(session, self.name, at, prefix=prefix, delimiter=delimiter, page_size=page_size)
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
        """Every version of every object, the newest of a key first, and the markers of deletions."""
        pages = listings.versions(self._client.session, self.name, prefix=prefix)
        async for page in self._client.driver.each(pages):
            for each in page:
                yield each
