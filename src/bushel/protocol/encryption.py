"""What a request says of encryption, and what S3 refuses in it. Pure; nothing here encrypts.

Codes, texts and the order of refusals are S3's as recorded by projects that run their tests against it (LocalStack,
aws-sdk-go#2724, aws-cli#6906, aws-sdk-ruby#1084). A customer's key is in no error and no log.
"""

import base64
import binascii
import hashlib
from typing import Any, Final, NamedTuple

import msgspec

from bushel.protocol.errors import S3Error

AES256: Final = "AES256"
KMS: Final = "aws:kms"
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


class Asked(NamedTuple):
    """SSE-S3 or SSE-KMS as a request asks for it, or a bucket for its objects.

    Attributes:
        algorithm: AES256 or KMS.
        key_id: What names the key for KMS; ``None`` for the default key.
        context: The encryption context for KMS, as the request has it.
        bucket_key: ``None`` where the request leaves it to the bucket.
    """

    algorithm: str
    key_id: str | None = None
    context: str | None = None
    bucket_key: bool | None = None


def names_encryption(request: Any) -> bool:
    """Whether a request that writes has any header about encryption."""
    return (
        request.server_side_encryption is not None
        or request.sse_customer_algorithm is not None
        or request.sse_customer_key is not None
        or request.sse_customer_key_md5 is not None
        or request.ssekms_key_id is not None
        or request.ssekms_encryption_context is not None
        or request.bucket_key_enabled is not None
    )


def asked_encryption(request: Any) -> Asked | None:
    """What a request asks for beside SSE-C; ``None`` where it leaves it to the bucket.

    Raises:
        S3Error: InvalidArgument for headers of SSE-KMS with another method, and for two methods.
    """
    algorithm = request.server_side_encryption
    if algorithm is not None and names_customer_key(request):
        raise _refusal("InvalidArgument.TwoEncryptions", algorithm)
    if algorithm != KMS and (request.ssekms_key_id is not None or request.ssekms_encryption_context is not None):
        raise _refusal("InvalidArgument.KMSHeaders", algorithm or "null")
    if algorithm is None:
        return None
    return Asked(algorithm, request.ssekms_key_id, request.ssekms_encryption_context, request.bucket_key_enabled)


def context_digest(text: str | None) -> bytes:
    """Digest of an encryption context, whatever the order of its pairs; empty for ``None``.

    Raises:
        S3Error: InvalidArgument for what is not the Base64 of a JSON object of strings.
    """
    if text is None:
        return b""
    try:
        pairs = msgspec.json.decode(base64.b64decode(text, validate=True), type=dict[str, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise S3Error(
            "InvalidArgument.EncryptionContext",
            ArgumentName="x-amz-server-side-encryption-context",
            ArgumentValue=text,
        ) from None
    return hashlib.sha256(msgspec.json.encode(sorted(pairs.items()))).digest()


def key_name(key_id: str, region: str, account: str) -> str:
    """The name in a key id, an alias, or the ARN of either.

    Args:
        key_id: As a request or a bucket names the key.
        region: Of the bucket: a key of another one cannot be used (S3 User Guide, "Using SSE-KMS").
        account: Whose keys there are.

    Raises:
        S3Error: KMS.NotFoundException for an ARN that cannot be of a key here.
    """
    name = key_id
    if key_id.startswith("arn:"):
        fields = key_id.split(":", 5)
        if len(fields) != 6 or fields[2] != "kms":
            raise S3Error("KMS.NotFoundException", message="Invalid arn")
        if fields[3] != region:
            raise S3Error("KMS.NotFoundException", message=f"Invalid arn {fields[3]}")
        if fields[4] != account:
            raise S3Error("KMS.NotFoundException", message=f"Key '{key_id}' does not exist")
        name = fields[5].removeprefix("key/")
    return name.removeprefix("alias/")


def _refusal(reason: str, value: str = "null") -> S3Error:
    return S3Error(reason, ArgumentName=_ARGUMENT, ArgumentValue=value)
