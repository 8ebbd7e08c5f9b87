"""Quotas: how much a bucket may hold, and how much all buckets of a user may hold together.

A bucket with a quota says so in its record, like any configuration, so that a write to one without pays a look at an
empty set. A user's quota is noted with the user and copied to each of their buckets: first the user, then the buckets,
so that a set that was cut short is finished by setting it again, and a bucket made meanwhile gets it from the user.

What must not be here: what a write that does not fit is answered.
"""

from typing import Final

import msgspec

from bushel.catalog.buckets import Buckets
from bushel.catalog.layout import BYTES_COUNTER, OBJECTS_COUNTER
from bushel.catalog.records import BucketRecord, UserRecord
from bushel.catalog.users import NoSuchUser, Users
from bushel.engine.api import Engine

OF_BUCKET: Final = "quota"
OF_OWNER: Final = "owner-quota"
"""Kinds of configuration."""


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """The most that there may be; ``None`` is no limit."""

    max_bytes: int | None = None
    max_objects: int | None = None


class Used(msgspec.Struct, frozen=True):
    """What there is: versions count as objects, annotations and the parts of finished uploads as bytes."""

    bytes: int
    objects: int


write_limits: Final = msgspec.json.Encoder().encode
read_limits: Final = msgspec.json.Decoder(Limits).decode


class NoSuchBucket(Exception):
    """No bucket of that name."""


class Quotas:
    """The quotas of a store."""

    def __init__(self, engine: Engine, buckets: Buckets, users: Users) -> None:
        self._engine = engine
        self._buckets = buckets
        self._users = users

    async def set_bucket(self, name: str, limits: Limits | None) -> None:
        """Give a bucket a quota, or take it away, from the next request on.

        Raises:
            NoSuchBucket: No bucket of that name.
            BucketChanged: It was deleted meanwhile.
        """
        bucket = await self._bucket(name)
        await self._buckets.configure(bucket, OF_BUCKET, None if limits is None else write_limits(limits))

    async def set_user(self, name: str, limits: Limits | None) -> None:
        """Give the buckets of a user a quota together, or take it away, from the next request on.

        Raises:
            NoSuchUser: No user of that name.
        """
        user = await self._users.set_quota(name, b"" if limits is None else write_limits(limits))
        for bucket in await self._buckets.owned_by(user.id):
            await self.take_over(bucket, user)

    async def take_over(self, bucket: BucketRecord, owner: UserRecord | None) -> None:
        """Let the owner's quota act on a bucket.

        Raises:
            BucketChanged: It was deleted meanwhile.
        """
        quota = owner.quota if owner is not None else b""
        if quota or OF_OWNER in bucket.configured:
            await self._buckets.configure(bucket, OF_OWNER, quota or None)

    async def of_bucket(self, name: str) -> tuple[Limits | None, Used]:
        """A bucket's quota and what is in the bucket.

        Raises:
            NoSuchBucket: No bucket of that name.
        """
        bucket = await self._bucket(name)
        document = await self._buckets.configuration(bucket, OF_BUCKET)
        return None if document is None else read_limits(document), await self.used(bucket)

    async def of_user(self, name: str) -> tuple[Limits | None, Used]:
        """A user's quota and what is in their buckets.

        Raises:
            NoSuchUser: No user of that name.
        """
        user = await self._users.get(name)
        if user is None:
            raise NoSuchUser(name)
        return read_limits(user.quota) if user.quota else None, await self.used_by(user.id)

    async def used(self, bucket: BucketRecord) -> Used:
        """What is in a bucket."""
        counters = await self._engine.counters(bucket.partition)
        return Used(counters.get(BYTES_COUNTER, 0), counters.get(OBJECTS_COUNTER, 0))

    async def used_by(self, owner: str) -> Used:
        """What is in all buckets of an owner."""
        each = [await self.used(bucket) for bucket in await self._buckets.owned_by(owner)]
        return Used(sum(used.bytes for used in each), sum(used.objects for used in each))

    async def _bucket(self, name: str) -> BucketRecord:
        bucket = await self._buckets.get(name)
        if bucket is None:
            raise NoSuchBucket(name)
        return bucket
