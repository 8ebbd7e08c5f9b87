"""The operations, one async function each, by resource. Importing this package registers them all."""

from bushel.service.ops import (
    access,
    acl,
    attributes,
    buckets,
    configuration,
    copying,
    cors,
    deleting,
    listing,
    multipart,
    payment,
    reading,
    restore,
    tagging,
    uploads,
    writing,
)

__all__ = [
    "access",
    "acl",
    "attributes",
    "buckets",
    "configuration",
    "copying",
    "cors",
    "deleting",
    "listing",
    "multipart",
    "payment",
    "reading",
    "restore",
    "tagging",
    "uploads",
    "writing",
]
