"""The operations, one async function each, by resource. Importing this package registers them all."""

from bushel.service.ops import (
    acl,
    buckets,
    configuration,
    copying,
    deleting,
    listing,
    multipart,
    reading,
    tagging,
    uploads,
    versioning,
    writing,
)

__all__ = [
    "acl",
    "buckets",
    "configuration",
    "copying",
    "deleting",
    "listing",
    "multipart",
    "reading",
    "tagging",
    "uploads",
    "versioning",
    "writing",
]
