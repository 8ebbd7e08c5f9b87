"""An object as a thing."""

import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from bushel.client import history, reading
from bushel.client.entries import (
    GrantEntry,
    ObjectInfo,
    VersionEntry,
    grant_entries,
    object_info,
    tagging_of,
    tags_of,
)
from bushel.client.errors import NotFound
from bushel.client.members_generated import CopyMembers, DeleteMembers, GetMembers, HeadMembers, PutMembers
from bushel.client.presigning import Presigned, SignatureVersion, plain_url
from bushel.client.reading import Writable
from bushel.client.sources import Data
from bushel.client.transfers import copy as copying
from bushel.client.transfers.journal import UploadJournal
from bushel.client.transfers.resume import abandon, upload_file
from bushel.client.transfers.upload import Progress, Stored, upload
from bushel.protocol.shapes.enums import ObjectCannedACL

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
        self.client = client
        self._driver = client.driver
        self._transfers = client.transfers

    def __repr__(self) -> str:
        return f"<AsyncObject {self.bucket}/{self.key}>"

    async def put(
        self,
        data: Data,
        *,
        progress: Progress | None = None,
        resume: os.PathLike[str] | str | None = None,
        **members: Unpack[PutMembers],
    ) -> Stored:
        """Store it, whole or not at all; in parts if it is large.

        Args:
            data: Bytes, text, the file at a path, an object with ``read``, or an iterator of bytes.
            progress: Called with numbers of bytes as they are stored.
            resume: A file for a note, where ``data`` is a path. If the upload is interrupted, its parts stay at the
                server, and a call with the same note goes on; ``give_up`` has the server forget them.
            **members: Further members of PutObject: ``content_type``, ``metadata``, ``acl``, ``if_none_match``...

        Raises:
            ObjectChanged: The file changed while it was read.
            PreconditionFailed: A condition did not hold.
            OSError: The file cannot be read.
        """
        if resume is not None:
            if not isinstance(data, os.PathLike):
                raise TypeError("only the file at a path can be gone on with")
            return await self._driver.run(
                upload_file(
                    self.client.session,
                    self.bucket,
                    self.key,
                    Path(data),
                    self._transfers,
                    dict(members),
                    progress,
                    UploadJournal(Path(resume)),
                )
            )
        return await self._driver.run(
            upload(self.client.session, self.bucket, self.key, data, self._transfers, dict(members), progress)
        )

    async def give_up(self, resume: os.PathLike[str] | str) -> bool:
        """Have the server forget an upload that was interrupted, and remove its note. Whether there was one."""
        return await self._driver.run(abandon(self.client.session, UploadJournal(Path(resume))))

    async def get(self, **members: Unpack[GetMembers]) -> bytes:
        """Its bytes, all of them in memory.

        Raises:
            NoSuchKey: It is not there.
            IntegrityError: What came is not what was stored.
            ObjectChanged: It was replaced in between.
        """
        return await self._driver.run(
            reading.read_all(self.client.session, self.bucket, self.key, self._transfers, self._of_version(members))
        )

    async def stream(self, *, progress: Progress | None = None, **members: Unpack[GetMembers]) -> AsyncIterator[bytes]:
        """Its bytes in order, in pieces of any size; a large object is read ahead in bounded memory.

        Only when the last piece came is it known that all of them are right. Raises as ``get``.
        """
        pieces = reading.stream(
            self.client.session, self.bucket, self.key, self._transfers, self._of_version(members), progress
        )
        async for piece in self._driver.each(pieces):
            yield piece

    async def download(
        self,
        target: os.PathLike[str] | str | Writable,
        *,
        progress: Progress | None = None,
        resume: bool = False,
        **members: Unpack[GetMembers],
    ) -> ObjectInfo:
        """Bring it into a file, or into something that has ``write``.

        A file is made whole or not at all: what was there before stays until the object has come and was checked.

        Args:
            target: A path, or an object with ``write``.
            progress: Called with numbers of bytes as they come.
            resume: If it breaks off, keep what came beside the target (hidden), for the next call to go on with.
            **members: Further members of GetObject.

        Raises:
            OSError: The file cannot be written.
        """
        return await self._driver.run(
            reading.download_to(
                self.client.session,
                self.bucket,
                self.key,
                target,
                self._transfers,
                self._of_version(members),
                progress,
                resume=resume,
            )
        )

    async def head(self, **members: Unpack[HeadMembers]) -> ObjectInfo:
        """What the server tells of it without its bytes. Raises NoSuchKey."""
        if self.version_id is not None:
            members.setdefault("version_id", self.version_id)
        output = await self.client.head_object(bucket=self.bucket, key=self.key, checksum_mode="ENABLED", **members)
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
        await self.client.delete_object(bucket=self.bucket, key=self.key, **members)

    # --- versions and tags ----------------------------------------------------------------------------------------

    async def version_at(self, at: datetime) -> "AsyncObject":
        """The version that it was at a moment, as a thing of its own.

        Raises:
            NoSuchKey: It was not there then.
            ValueError: The moment is without its time zone.
        """
        found = await self._driver.run(history.version_at(self.client.session, self.bucket, self.key, at))
        return AsyncObject(self.client, self.bucket, self.key, version_id=found.version_id)

    async def undo(self) -> VersionEntry:
        """Take the last step back: remove its newest version, or the marker of its deletion, for good.

        Returns:
            What was removed.

        Raises:
            NoSuchKey: There is no version of it.
            NotVersioned: The bucket keeps no versions.
        """
        return await self._driver.run(history.undo(self.client.session, self.bucket, self.key))

    async def tags(self) -> dict[str, str]:
        """Its tags. Raises NoSuchKey."""
        output = await self.client.get_object_tagging(bucket=self.bucket, key=self.key, version_id=self.version_id)
        return tags_of(output.tag_set)

    async def set_tags(self, tags: Mapping[str, str]) -> None:
        """Replace its tags; by none, to have none. Raises NoSuchKey."""
        await self.client.put_object_tagging(
            bucket=self.bucket, key=self.key, version_id=self.version_id, tagging=tagging_of(tags)
        )

    # --- copies ---------------------------------------------------------------------------------------------------

    async def copy_to(
        self,
        target: "AsyncObject",
        *,
        progress: Progress | None = None,
        size: int | None = None,
        **members: Unpack[CopyMembers],
    ) -> Stored:
        """Copy it. The server does it where both objects belong to one client; else it comes through this machine.

        Args:
            target: What is to become a copy.
            progress: Called with numbers of bytes as they are there.
            size: Of this object, if it is known, which saves asking.
            **members: Further members of CopyObject.

        Raises:
            ObjectChanged: It was replaced in between.
        """
        origin = copying.Origin(self.client.session, self.bucket, self.key, self.version_id)
        return await self._driver.run(
            copying.copy(
                origin,
                target.client.session,
                target.bucket,
                target.key,
                self._transfers,
                dict(members),
                progress,
                size,
            )
        )

    # --- who may read it ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Its plain URL, which works for everybody if it is public."""
        return plain_url(self.client.session, self.bucket, self.key)

    def presign(
        self, *, expires_seconds: int = 3600, signature_version: SignatureVersion = 4, **members: Unpack[GetMembers]
    ) -> str:
        """A URL by which anybody can read it for a while; see ``AsyncClient.presign``."""
        given = self._of_version(members)
        return self.client.presign(
            "GetObject",
            expires_seconds=expires_seconds,
            signature_version=signature_version,
            bucket=self.bucket,
            key=self.key,
            **given,
        ).url

    def presign_put(
        self, *, expires_seconds: int = 3600, signature_version: SignatureVersion = 4, **members: Unpack[PutMembers]
    ) -> Presigned:
        """A URL by which anybody can store it for a while, with the headers that must be sent along."""
        return self.client.presign(
            "PutObject",
            expires_seconds=expires_seconds,
            signature_version=signature_version,
            bucket=self.bucket,
            key=self.key,
            **members,
        )

    async def grants(self) -> list[GrantEntry]:
        """Whom its access control list grants what."""
        output = await self.client.get_object_acl(bucket=self.bucket, key=self.key, version_id=self.version_id)
        return grant_entries(output.grants)

    async def set_acl(self, acl: ObjectCannedACL) -> None:
        """Replace its access control list by a canned one: ``private``, ``public-read``..."""
        await self.client.put_object_acl(bucket=self.bucket, key=self.key, version_id=self.version_id, acl=acl)

    async def is_public(self) -> bool:
        """Whether its access control list lets everybody read it."""
        return any(each.everybody_reads for each in await self.grants())

    def _of_version(self, members: GetMembers) -> dict[str, Any]:
        given: dict[str, Any] = dict(members)
        if self.version_id is not None:
            given.setdefault("version_id", self.version_id)
        return given
