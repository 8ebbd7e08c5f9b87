"""The table of operations: what the server routes and binds by, and what its documentation is read from."""

from bushel.protocol.operations import (
    access,
    acl,
    annotations,
    attributes,
    bucket,
    configuration,
    cors,
    encryption,
    lifecycle,
    listing,
    multipart,
    object_lock,
    payment,
    refused,
    restore,
    tagging,
    torrent,
    versioning,
    website,
)
from bushel.protocol.operations import object as objects
from bushel.protocol.operations.access import (
    DELETE_BUCKET_OWNERSHIP_CONTROLS,
    DELETE_BUCKET_POLICY,
    DELETE_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_OWNERSHIP_CONTROLS,
    GET_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_PUBLIC_ACCESS_BLOCK,
    PUT_BUCKET_OWNERSHIP_CONTROLS,
    PUT_BUCKET_POLICY,
    PUT_PUBLIC_ACCESS_BLOCK,
)
from bushel.protocol.operations.acl import (
    GET_BUCKET_ACL,
    GET_OBJECT_ACL,
    PUT_BUCKET_ACL,
    PUT_OBJECT_ACL,
)
from bushel.protocol.operations.annotations import (
    DELETE_OBJECT_ANNOTATION,
    GET_OBJECT_ANNOTATION,
    LIST_OBJECT_ANNOTATIONS,
    PUT_OBJECT_ANNOTATION,
)
from bushel.protocol.operations.attributes import GET_OBJECT_ATTRIBUTES
from bushel.protocol.operations.bucket import (
    CREATE_BUCKET,
    DELETE_BUCKET,
    GET_BUCKET_LOCATION,
    HEAD_BUCKET,
    LIST_BUCKETS,
)
from bushel.protocol.operations.configuration import (
    GET_BUCKET_ABAC,
    GET_BUCKET_ACCELERATE_CONFIGURATION,
    GET_BUCKET_ANALYTICS_CONFIGURATION,
    GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION,
    GET_BUCKET_INVENTORY_CONFIGURATION,
    GET_BUCKET_LOGGING,
    GET_BUCKET_METADATA_CONFIGURATION,
    GET_BUCKET_METADATA_TABLE_CONFIGURATION,
    GET_BUCKET_METRICS_CONFIGURATION,
    GET_BUCKET_NOTIFICATION_CONFIGURATION,
    GET_BUCKET_REPLICATION,
    LIST_BUCKET_ANALYTICS_CONFIGURATIONS,
    LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS,
    LIST_BUCKET_INVENTORY_CONFIGURATIONS,
    LIST_BUCKET_METRICS_CONFIGURATIONS,
)
from bushel.protocol.operations.cors import DELETE_BUCKET_CORS, GET_BUCKET_CORS, PUT_BUCKET_CORS
from bushel.protocol.operations.encryption import (
    DELETE_BUCKET_ENCRYPTION,
    GET_BUCKET_ENCRYPTION,
    PUT_BUCKET_ENCRYPTION,
)
from bushel.protocol.operations.lifecycle import (
    DELETE_BUCKET_LIFECYCLE,
    GET_BUCKET_LIFECYCLE_CONFIGURATION,
    PUT_BUCKET_LIFECYCLE_CONFIGURATION,
)
from bushel.protocol.operations.listing import (
    LIST_OBJECTS,
    LIST_OBJECTS_V2,
)
from bushel.protocol.operations.multipart import (
    ABORT_MULTIPART_UPLOAD,
    COMPLETE_MULTIPART_UPLOAD,
    CREATE_MULTIPART_UPLOAD,
    LIST_MULTIPART_UPLOADS,
    LIST_PARTS,
    UPLOAD_PART,
    UPLOAD_PART_COPY,
)
from bushel.protocol.operations.object import (
    COPY_OBJECT,
    DELETE_OBJECT,
    DELETE_OBJECTS,
    GET_OBJECT,
    HEAD_OBJECT,
    PUT_OBJECT,
    RENAME_OBJECT,
)
from bushel.protocol.operations.object_lock import (
    GET_OBJECT_LEGAL_HOLD,
    GET_OBJECT_LOCK_CONFIGURATION,
    GET_OBJECT_RETENTION,
    PUT_OBJECT_LEGAL_HOLD,
    PUT_OBJECT_LOCK_CONFIGURATION,
    PUT_OBJECT_RETENTION,
)
from bushel.protocol.operations.payment import GET_BUCKET_REQUEST_PAYMENT, PUT_BUCKET_REQUEST_PAYMENT
from bushel.protocol.operations.post_form import POST_OBJECT
from bushel.protocol.operations.record import Operation
from bushel.protocol.operations.refused import NOT_ROUTED
from bushel.protocol.operations.restore import RESTORE_OBJECT
from bushel.protocol.operations.tagging import (
    DELETE_BUCKET_TAGGING,
    DELETE_OBJECT_TAGGING,
    GET_BUCKET_TAGGING,
    GET_OBJECT_TAGGING,
    PUT_BUCKET_TAGGING,
    PUT_OBJECT_TAGGING,
)
from bushel.protocol.operations.torrent import GET_OBJECT_TORRENT
from bushel.protocol.operations.versioning import (
    GET_BUCKET_VERSIONING,
    LIST_OBJECT_VERSIONS,
    PUT_BUCKET_VERSIONING,
)
from bushel.protocol.operations.website import DELETE_BUCKET_WEBSITE, GET_BUCKET_WEBSITE, PUT_BUCKET_WEBSITE

__all__ = [
    "ABORT_MULTIPART_UPLOAD",
    "COMPLETE_MULTIPART_UPLOAD",
    "COPY_OBJECT",
    "CREATE_BUCKET",
    "CREATE_MULTIPART_UPLOAD",
    "DELETE_BUCKET",
    "DELETE_BUCKET_CORS",
    "DELETE_BUCKET_ENCRYPTION",
    "DELETE_BUCKET_LIFECYCLE",
    "DELETE_BUCKET_OWNERSHIP_CONTROLS",
    "DELETE_BUCKET_POLICY",
    "DELETE_BUCKET_TAGGING",
    "DELETE_BUCKET_WEBSITE",
    "DELETE_OBJECT",
    "DELETE_OBJECTS",
    "DELETE_OBJECT_ANNOTATION",
    "DELETE_OBJECT_TAGGING",
    "DELETE_PUBLIC_ACCESS_BLOCK",
    "GET_BUCKET_ABAC",
    "GET_BUCKET_ACCELERATE_CONFIGURATION",
    "GET_BUCKET_ACL",
    "GET_BUCKET_ANALYTICS_CONFIGURATION",
    "GET_BUCKET_CORS",
    "GET_BUCKET_ENCRYPTION",
    "GET_BUCKET_INTELLIGENT_TIERING_CONFIGURATION",
    "GET_BUCKET_INVENTORY_CONFIGURATION",
    "GET_BUCKET_LIFECYCLE_CONFIGURATION",
    "GET_BUCKET_LOCATION",
    "GET_BUCKET_LOGGING",
    "GET_BUCKET_METADATA_CONFIGURATION",
    "GET_BUCKET_METADATA_TABLE_CONFIGURATION",
    "GET_BUCKET_METRICS_CONFIGURATION",
    "GET_BUCKET_NOTIFICATION_CONFIGURATION",
    "GET_BUCKET_OWNERSHIP_CONTROLS",
    "GET_BUCKET_POLICY",
    "GET_BUCKET_POLICY_STATUS",
    "GET_BUCKET_REPLICATION",
    "GET_BUCKET_REQUEST_PAYMENT",
    "GET_BUCKET_TAGGING",
    "GET_BUCKET_VERSIONING",
    "GET_BUCKET_WEBSITE",
    "GET_OBJECT",
    "GET_OBJECT_ACL",
    "GET_OBJECT_ANNOTATION",
    "GET_OBJECT_ATTRIBUTES",
    "GET_OBJECT_LEGAL_HOLD",
    "GET_OBJECT_LOCK_CONFIGURATION",
    "GET_OBJECT_RETENTION",
    "GET_OBJECT_TAGGING",
    "GET_OBJECT_TORRENT",
    "GET_PUBLIC_ACCESS_BLOCK",
    "HEAD_BUCKET",
    "HEAD_OBJECT",
    "LIST_BUCKETS",
    "LIST_BUCKET_ANALYTICS_CONFIGURATIONS",
    "LIST_BUCKET_INTELLIGENT_TIERING_CONFIGURATIONS",
    "LIST_BUCKET_INVENTORY_CONFIGURATIONS",
    "LIST_BUCKET_METRICS_CONFIGURATIONS",
    "LIST_MULTIPART_UPLOADS",
    "LIST_OBJECTS",
    "LIST_OBJECTS_V2",
    "LIST_OBJECT_ANNOTATIONS",
    "LIST_OBJECT_VERSIONS",
    "LIST_PARTS",
    "NOT_ROUTED",
    "POST_OBJECT",
    "PUT_BUCKET_ACL",
    "PUT_BUCKET_CORS",
    "PUT_BUCKET_ENCRYPTION",
    "PUT_BUCKET_LIFECYCLE_CONFIGURATION",
    "PUT_BUCKET_OWNERSHIP_CONTROLS",
    "PUT_BUCKET_POLICY",
    "PUT_BUCKET_REQUEST_PAYMENT",
    "PUT_BUCKET_TAGGING",
    "PUT_BUCKET_VERSIONING",
    "PUT_BUCKET_WEBSITE",
    "PUT_OBJECT",
    "PUT_OBJECT_ACL",
    "PUT_OBJECT_ANNOTATION",
    "PUT_OBJECT_LEGAL_HOLD",
    "PUT_OBJECT_LOCK_CONFIGURATION",
    "PUT_OBJECT_RETENTION",
    "PUT_OBJECT_TAGGING",
    "PUT_PUBLIC_ACCESS_BLOCK",
    "RENAME_OBJECT",
    "RESTORE_OBJECT",
    "TABLE",
    "UPLOAD_PART",
    "UPLOAD_PART_COPY",
    "Operation",
]

TABLE: dict[str, Operation] = {
    operation.name: operation
    for group in (
        bucket.OPERATIONS,
        objects.OPERATIONS,
        listing.OPERATIONS,
        multipart.OPERATIONS,
        access.OPERATIONS,
        acl.OPERATIONS,
        tagging.OPERATIONS,
        versioning.OPERATIONS,
        encryption.OPERATIONS,
        attributes.OPERATIONS,
        payment.OPERATIONS,
        restore.OPERATIONS,
        cors.OPERATIONS,
        lifecycle.OPERATIONS,
        annotations.OPERATIONS,
        torrent.OPERATIONS,
        website.OPERATIONS,
        object_lock.OPERATIONS,
        configuration.OPERATIONS,
        refused.OPERATIONS,
    )
    for operation in group
}
"""Every operation of S3's model, by name. Beside it there is one that the model does not have, ``POST_OBJECT``."""
