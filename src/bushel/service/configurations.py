"""Configurations of buckets: S3's documents, stored as they are written, read once and remembered.

A bucket's record names the kinds that it has (``BucketRecord.configured``), so that a request which needs none pays one
look at a set that is empty for most buckets. What must not be here: what a configuration means.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from bushel.catalog import Buckets
from bushel.catalog.records import BucketRecord
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import document_writer

T = TypeVar("T")

_REMEMBERED: Final = 256


class Configuration(Generic[T]):
    """One kind of configuration.

    Args:
        kind: Its name in the catalog; stays the same for ever.
        read: From the stored document to what the service works with; pure.
        write: Back.
    """

    def __init__(self, kind: str, read: Callable[[bytes], T], write: Callable[[T], bytes]) -> None:
        self.kind: Final = kind
        self._read = read
        self._write = write
        self._known: dict[bytes, T] = {}
        self._by_revision: dict[tuple[str, int], T] = {}

    async def of(self, buckets: Buckets, bucket: BucketRecord) -> T | None:
        """The bucket's configuration; ``None`` where it has none of this kind.

        It is never older than the record, which is read for every request: a change of any configuration changes the
        record in the same atom. So it is read from the store once for each state of the bucket.
        """
        if self.kind not in bucket.configured:
            return None
        state = (bucket.instance, bucket.revision)
        remembered = self._by_revision.get(state)
        if remembered is not None:
            return remembered
        document = await buckets.configuration(bucket, self.kind)
        if document is None:
            return None
        known = self._known.get(document)
        if known is None:
            known = self._read(document)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[document] = known
        if len(self._by_revision) >= _REMEMBERED:
            self._by_revision.clear()
        self._by_revision[state] = known
        return known

    def document(self, value: T) -> bytes:
        """What is stored of it."""
        return self._write(value)

    async def put(
        self,
        buckets: Buckets,
        bucket: BucketRecord,
        value: T,
        change: Callable[[BucketRecord], BucketRecord] | None = None,
    ) -> None:
        """Store it in place of what the bucket has; ``change`` as in ``Buckets.configure``.

        Raises:
            BucketChanged: The bucket was deleted meanwhile.
        """
        await buckets.configure(bucket, self.kind, self._write(value), change)

    async def delete(
        self, buckets: Buckets, bucket: BucketRecord, change: Callable[[BucketRecord], BucketRecord] | None = None
    ) -> None:
        """Remove it; it need not exist.

        Raises:
            BucketChanged: The bucket was deleted meanwhile.
        """
        if self.kind in bucket.configured or change is not None:
            await buckets.configure(bucket, self.kind, None, change)


def xml_configuration(kind: str, shape: type[T], root: str) -> Configuration[T]:
    """A configuration whose document is the XML form of a shape."""
    return Configuration(kind, document_reader(shape, root), document_writer(shape, root))  # type: ignore[arg-type]
