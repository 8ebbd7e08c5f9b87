"""Lifecycle rules of buckets, kept, and what they say of an object that is told of.

What must not be here: what a rule means (``protocol.lifecycle``), who carries it out (``background.lifecycle``).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bushel.catalog.records import BucketRecord, ObjectEntry, UploadRecord
from bushel.protocol.address import uri_encode
from bushel.protocol.codec.xml_read import document_reader
from bushel.protocol.codec.xml_write import document_writer
from bushel.protocol.lifecycle import NOBODYS_TAGS, Lifecycle
from bushel.protocol.shapes.enums import TransitionDefaultMinimumObjectSize
from bushel.protocol.shapes.lifecycle import StoredLifecycle
from bushel.service.configurations import Configuration
from bushel.service.context import Context

_read = document_reader(StoredLifecycle, "LifecycleConfiguration")
_write = document_writer(StoredLifecycle, "LifecycleConfiguration")


class Rules(NamedTuple):
    """A bucket's rules, and what S3 keeps beside them."""

    lifecycle: Lifecycle
    minimum_object_size: TransitionDefaultMinimumObjectSize


def _rules_of(document: bytes) -> Rules:
    stored = _read(document)
    return Rules(Lifecycle(stored.rules), stored.transition_default_minimum_object_size)


def _document_of(rules: Rules) -> bytes:
    return _write(
        StoredLifecycle(rules=rules.lifecycle.rules, transition_default_minimum_object_size=rules.minimum_object_size)
    )


LIFECYCLE: Final[Configuration[Rules]] = Configuration("lifecycle", _rules_of, _document_of)


def tags_of(entry: ObjectEntry) -> Mapping[str, str]:
    """An entry's tags; none where its metadata are not with it."""
    return NOBODYS_TAGS if entry.metadata is None else entry.metadata.tags


async def expiration_of(ctx: Context, bucket: BucketRecord, key: str, entry: ObjectEntry) -> str | None:
    """What ``x-amz-expiration`` says of a current version; ``None`` where no rule expires it.

    Callers look first whether the bucket is configured at all: most are not.
    """
    rules = await LIFECYCLE.of(ctx.catalog.buckets, bucket)
    if rules is None:
        return None
    lifecycle = rules.lifecycle
    if entry.metadata is None and lifecycle.asks_for_tags:
        entry = await ctx.catalog.objects.head(bucket, key) or entry
    day_ms = ctx.service.rules.lifecycle_day_seconds * 1000
    expiry = lifecycle.expiry(key.encode(), entry.size, tags_of(entry), entry.last_modified, day_ms)
    return None if expiry is None else expiry.header()


async def abortion_of(ctx: Context, bucket: BucketRecord, key: str, upload: UploadRecord) -> dict[str, Any]:
    """When an upload is given up, and by which rule, as members of an answer; none where no rule does."""
    rules = await LIFECYCLE.of(ctx.catalog.buckets, bucket)
    if rules is None:
        return {}
    day_ms = ctx.service.rules.lifecycle_day_seconds * 1000
    expiry = rules.lifecycle.upload_expiry(key.encode(), upload.initiated, day_ms)
    return {} if expiry is None else {"abort_date": expiry.at, "abort_rule_id": uri_encode(expiry.rule_id)}
