"""What a request says of encryption, and what S3 refuses in it. Pure; nothing here encrypts.

Codes, texts and the order of refusals are S3's as recorded by projects that run their tests against it (LocalStack,
aws-sdk-go#2724, aws-cli#6906, aws-sdk-ruby#1084). A customer's key is in no error and no log.
"""

import base64
import binascii
import hashlib
from typing import Any, Final, NamedTuple

from bushel.protocol.errors import S3Error

AES256: Final = "AES256"
CUSTOMER_KEY_BYTES: Final = 32

_ARGUMENT: Final = "x-amz-server-side-encryption"


class CustomerKey(NamedTuple):
    """The key of one request that brings its own (SSE-C). ``md5`` is in Base64, as answers repeat it."""

    key: bytes
    md5: str


def names_customer_key(request: Any) -> bool:
    """Whether the request has any header of SSE-C for the object that it names."""
    return (
        request.sse_customer_algorithm is not None
        or request.sse_customer_key is not None
        or request.sse_customer_key_md5 is not None
    )


def customer_key(request: Any) -> CustomerKey | None:
    """The key for the object that a request reads or writes.

    Raises:
        S3Error: InvalidEncryptionAlgorithmError; InvalidArgument for half a set of headers, a key whose MD5 is another
            than the one sent, and one that is not of 256 bits.
    """
    return _customer_key(request.sse_customer_algorithm, request.sse_customer_key, request.sse_customer_key_md5)


def source_customer_key(request: Any) -> CustomerKey | None:
    """The key for the source of a copy. Raises as ``customer_key``."""
    return _customer_key(
        request.copy_source_sse_customer_algorithm,
        request.copy_source_sse_customer_key,
        request.copy_source_sse_customer_key_md5,
    )


def _customer_key(algorithm: str | None, key: str | None, md5: str | None) -> CustomerKey | None:
    if algorithm is None:
        if key is None and md5 is None:
            return None
        raise _refusal("InvalidArgument.CustomerAlgorithm")
    if algorithm != AES256:
        raise _refusal("InvalidEncryptionAlgorithmError", algorithm)
    if key is None:
        raise _refusal("InvalidArgument.CustomerKeyMissing")
    if md5 is None:
        raise _refusal("InvalidArgument.CustomerKeyMD5Missing")
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise _refusal("InvalidArgument.CustomerKey") from None
    if base64.b64encode(hashlib.md5(raw, usedforsecurity=False).digest()).decode() != md5:
        raise _refusal("InvalidArgument.CustomerKeyMD5")
    if len(raw) != CUSTOMER_KEY_BYTES:
        raise _refusal("InvalidArgument.CustomerKey")
    return CustomerKey(raw, md5)


def _refusal(reason: str, value: str = "null") -> S3Error:
    return S3Error(reason, ArgumentName=_ARGUMENT, ArgumentValue=value)
