"""The operations, one async function each, by resource. Importing this package registers them all."""

from bushel.service.ops import (
    access,
    acl,
    buckets,
    configuration,
    copying,
    deleting,
    encryption,
    listing,
    multipart,
    reading,
    tagging,
    uploads,
    writing,
)

__all__ = [
    "access",
    "acl",
    "buckets",
    "configuration",
    "copying",
    "deleting",
    "encryption",
    "listing",
    "multipart",
    "reading",
    "tagging",
    "uploads",
    "writing",
]
