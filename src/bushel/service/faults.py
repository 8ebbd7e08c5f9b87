"""What went wrong, as S3 says it: the one place where engine and catalog errors become S3 errors.

An error that nobody expected is InternalError, never a NoSuchKey, and is logged with its traceback.
"""

import logging

from bushel.catalog.buckets import BucketChanged
from bushel.catalog.locks import Locked
from bushel.catalog.uploads import NoSuchUpload
from bushel.engine.api import BlobNotFound, Closed, Corrupt, Full, Gone, Unavailable
from bushel.protocol.errors import S3Error

log = logging.getLogger(__name__)


def as_s3_error(error: Exception) -> S3Error:
    """The answer to a request that failed with ``error``."""
    match error:
        case S3Error():
            return error
        case Gone() | BucketChanged():
            return S3Error("NoSuchBucket")
        case Locked():
            log.info("denied: %s", error)
            refusal = S3Error("AccessDenied.ObjectLocked")
            refusal.logged = True
            return refusal
        case NoSuchUpload():
            return S3Error("NoSuchUpload", UploadId=str(error))
        case Full():
            return S3Error("InsufficientStorage")
        case Unavailable() | Closed():
            return S3Error("ServiceUnavailable")
        case Corrupt() | BlobNotFound():
            log.error("stored data are damaged: %s", error)
            return S3Error("InternalError")
        case _:
            log.error("unexpected error", exc_info=error)
            return S3Error("InternalError")
